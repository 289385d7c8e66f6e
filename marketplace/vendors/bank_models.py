"""Changes of where sellers are paid: asked for, confirmed, undone."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Enum, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kit import clock
from marketplace.kit.models import Base, UuidKey
from marketplace.vendors.models import BankAccountKind


class BankChangeStatus(StrEnum):
    WAITING = "WAITING"
    """For the second confirmation."""
    CONFIRMED = "CONFIRMED"
    UNDONE = "UNDONE"
    """Whoever was told of it says that the seller never asked for it."""
    CANCELED = "CANCELED"
    """Another was asked for, or it was declined."""


_IS_WAITING = "status = 'WAITING'"


class BankChange(UuidKey, Base):
    """An account that a seller is to be paid into instead of another. Its key is what the links say."""

    __tablename__ = "bank_change"
    __table_args__ = (
        Index(None, "vendor_id", "asked_at"),
        Index(
            "uq_bank_change_waiting", "vendor_id", unique=True, postgresql_where=text("status = 'WAITING'")
        ),
        CheckConstraint(
            "(previous_kind IS NULL) = (previous_number_encrypted IS NULL)", name="previous_is_whole"
        ),
    )

    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendor.id", ondelete="CASCADE"))
    status: Mapped[BankChangeStatus] = mapped_column(default=BankChangeStatus.WAITING)
    kind: Mapped[BankAccountKind]
    holder: Mapped[str]
    bank_name: Mapped[str] = mapped_column(default="")
    number_encrypted: Mapped[bytes]
    number_ending: Mapped[str] = mapped_column(String(4))
    contact_email: Mapped[str] = mapped_column(default="")
    """Who is asked to confirm it, and told of it."""
    contact_phone: Mapped[str] = mapped_column(default="")
    asked_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    confirm_before: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    """When it was confirmed or given up."""
    undo_before: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    previous_kind: Mapped[BankAccountKind | None] = mapped_column(
        Enum(BankAccountKind, native_enum=False, length=40, create_constraint=True, name="previous_kind")
    )
    """What was there before it, to be put back; nothing where it was the first."""
    previous_holder: Mapped[str] = mapped_column(default="")
    previous_bank_name: Mapped[str] = mapped_column(default="")
    previous_number_encrypted: Mapped[bytes | None]
    previous_number_ending: Mapped[str] = mapped_column(default="")
