"""Tables of rates of exchange, and of what of sellers' money was changed from one currency into another."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CHAR, CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.kit import clock
from marketplace.kit.models import Base, IntegerKey
from marketplace.people.models import User
from marketplace.vendors.models import Vendor


class ExchangeRate(IntegerKey, Base):
    """What one unit of a currency is in another, from a day on until the next one that is known."""

    __tablename__ = "exchange_rate"
    __table_args__ = (
        CheckConstraint("rate > 0", name="rate_positive"),
        UniqueConstraint("source", "target", "day"),
    )

    source: Mapped[str] = mapped_column(CHAR(3))
    target: Mapped[str] = mapped_column(CHAR(3))
    day: Mapped[date]
    rate: Mapped[Decimal] = mapped_column(Numeric(18, 8))
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    set_at: Mapped[datetime] = mapped_column(default=clock.now)

    set_by: Mapped[User | None] = relationship(lazy="raise")


class Conversion(IntegerKey, Base):
    """What was payable to a seller in one currency is payable in another."""

    __tablename__ = "conversion"
    __table_args__ = (Index(None, "vendor_id", "id"),)

    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendor.id"))
    source: Mapped[str] = mapped_column(CHAR(3))
    target: Mapped[str] = mapped_column(CHAR(3))
    source_minor: Mapped[int]
    """Negative, where more was taken back than had become payable since the last one."""
    target_minor: Mapped[int]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)

    vendor: Mapped[Vendor] = relationship(lazy="raise")


class ConversionLine(Base):
    """An entry that had made something payable, or less so, at the rate of its order's day."""

    __tablename__ = "conversion_line"
    __table_args__ = (Index(None, "conversion_id"), Index(None, "vendor_order_id"))

    entry_id: Mapped[int] = mapped_column(ForeignKey("journal_entry.id"), primary_key=True)
    """Each is changed once."""
    conversion_id: Mapped[int] = mapped_column(ForeignKey("conversion.id"))
    vendor_order_id: Mapped[UUID] = mapped_column(ForeignKey("vendor_order.id"))
    rate: Mapped[Decimal] = mapped_column(Numeric(18, 8))
    source_minor: Mapped[int]
    target_minor: Mapped[int]
