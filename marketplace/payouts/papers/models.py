"""Tables of papers that carry a number of a series without gaps. Once issued they stay (`ddl.py`)."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.kit import clock
from marketplace.kit.models import Base, IntegerKey
from marketplace.vendors.models import Vendor


class PaperKind(StrEnum):
    COMMISSION_INVOICE = "COMMISSION_INVOICE"
    """Of the marketplace to a seller, for a month."""
    COMMISSION_CREDIT_NOTE = "COMMISSION_CREDIT_NOTE"
    """Commission that the marketplace gives back, because buyers were paid back."""
    SALE_INVOICE = "SALE_INVOICE"
    """Of a seller to the buyer of its part of an order."""


class PaperSeries(Base):
    """The last number of a series in a year. The row is locked by whoever takes the next one, until its paper
    is committed with it: a number that was rolled back is the next one's.
    """

    __tablename__ = "paper_series"

    series: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class IssuedPaper(IntegerKey, Base):
    """A numbered paper. `content` is all that it says besides, as it was that day."""

    __tablename__ = "issued_paper"
    __table_args__ = (
        UniqueConstraint("series", "year", "sequence"),
        Index(
            "uq_issued_paper_of_month",
            "vendor_id",
            "month",
            "currency",
            "kind",
            unique=True,
            postgresql_where=text("month IS NOT NULL"),
        ),
        Index(
            "uq_issued_paper_of_sale",
            "vendor_order_id",
            unique=True,
            postgresql_where=text("vendor_order_id IS NOT NULL"),
        ),
        Index(None, "vendor_id", "issued_at", "id"),
        Index(None, "issued_at", "id"),
        CheckConstraint("gross_minor = net_minor + vat_minor", name="adds_up"),
        CheckConstraint(
            "(month IS NULL) = (kind = 'SALE_INVOICE') AND (vendor_order_id IS NULL) = (month IS NOT NULL)",
            name="of_a_month_or_of_a_sale",
        ),
    )

    kind: Mapped[PaperKind]
    series: Mapped[str]
    year: Mapped[int]
    sequence: Mapped[int]
    number: Mapped[str] = mapped_column(unique=True)
    """Series, year and sequence, as people write them: `FC-2026-000012`."""
    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendor.id"))
    vendor_order_id: Mapped[UUID | None] = mapped_column(ForeignKey("vendor_order.id"))
    month: Mapped[date | None]
    """The first day of the month that it is for."""
    issued_at: Mapped[datetime] = mapped_column(default=clock.now)
    currency: Mapped[str] = mapped_column(CHAR(3))
    net_minor: Mapped[int]
    vat_minor: Mapped[int]
    gross_minor: Mapped[int]
    content: Mapped[dict[str, Any]]

    vendor: Mapped[Vendor] = relationship(lazy="raise")


class PaperEntry(Base):
    """Which paper an entry of the ledger is on: on one only, whoever issues."""

    __tablename__ = "paper_entry"

    entry_id: Mapped[int] = mapped_column(ForeignKey("journal_entry.id"), primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("issued_paper.id"), index=True)
