"""Who is asked to work for a seller, and who of the staff acts for one."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kit import clock
from marketplace.kit.models import Base, UuidKey
from marketplace.vendors.models import MemberRole


class VendorInvitation(UuidKey, Base):
    """Somebody who is asked by e-mail to work for a seller. Its key is what the letter's link says."""

    __tablename__ = "vendor_invitation"
    __table_args__ = (
        Index(None, "vendor_id", "created_at"),
        Index(
            "uq_vendor_invitation_open",
            "vendor_id",
            text("lower(email)"),
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendor.id", ondelete="CASCADE"))
    email: Mapped[str]
    role: Mapped[MemberRole]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    invited_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    accepted_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    closed_at: Mapped[datetime | None]
    """When it was accepted, or taken back."""


class VendorDelegation(UuidKey, Base):
    """A member of the staff who acts for a seller, with its consent and for a while."""

    __tablename__ = "vendor_delegation"
    __table_args__ = (
        Index(None, "agent_id", "ends_at"),
        Index(None, "vendor_id", "asked_at"),
        CheckConstraint("ends_at > starts_at", name="for_a_while"),
    )

    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendor.id", ondelete="CASCADE"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    days: Mapped[int]
    """For how long, from the consent on."""
    consented_at: Mapped[datetime | None]
    consented_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it was declined, or ended before its time."""
