"""The table of sellers' accounts at Stripe."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import CHAR, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.kit.models import Base, IntegerKey, Timestamped
from marketplace.vendors.models import Vendor


class Capability(StrEnum):
    """Whether Stripe lets an account do something."""

    ACTIVE = "ACTIVE"
    PENDING = "PENDING"
    """Stripe looks at what the seller has told."""
    INACTIVE = "INACTIVE"


class ConnectedAccount(IntegerKey, Timestamped, Base):
    """A seller's own account at Stripe, as Stripe said last that it stands. One for each seller.

    Who the seller is, and its bank account, are told to Stripe and kept there: nothing of it comes here.
    """

    __tablename__ = "connected_account"
    __table_args__ = (
        CheckConstraint("account_id IS NOT NULL OR NOT payouts_enabled", name="payable_if_there"),
        Index(
            "ix_connected_account_looked_after",
            "checked_at",
            postgresql_where=text("disconnected_at IS NULL AND account_id IS NOT NULL"),
        ),
    )

    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendor.id", ondelete="CASCADE"), unique=True)
    account_id: Mapped[str | None] = mapped_column(unique=True)
    """Stripe's own: acct_...; none while it is being asked for, or since it is gone."""
    request_key: Mapped[UUID] = mapped_column(default=uuid4, unique=True)
    """By which it is asked for: another one once Stripe has refused, or it is gone."""
    country_code: Mapped[str] = mapped_column(CHAR(2))
    details_submitted: Mapped[bool] = mapped_column(default=False)
    charges_enabled: Mapped[bool] = mapped_column(default=False)
    payouts_enabled: Mapped[bool] = mapped_column(default=False)
    """Whether Stripe pays out to the seller's bank."""
    transfers: Mapped[Capability] = mapped_column(default=Capability.INACTIVE)
    """Whether money can be transferred into it."""
    requirements: Mapped[list[str]] = mapped_column(default=list)
    """What Stripe still wants to know, by its names."""
    disabled_reason: Mapped[str] = mapped_column(default="")
    due_by: Mapped[datetime | None]
    """Until when Stripe wants to know it."""
    payable_from: Mapped[datetime]
    """Before it nothing is paid into it: the time in which a seller can say that it never asked for it."""
    checked_at: Mapped[datetime | None]
    """When Stripe was asked last: what it said to an earlier question changes nothing."""
    disconnected_at: Mapped[datetime | None]
    """Since when the seller is not paid into it any more, because somebody here said so, or it is gone."""

    vendor: Mapped[Vendor] = relationship(lazy="raise")

    @property
    def is_ready(self) -> bool:
        """Whether Stripe lets us pay the seller into it."""
        return (
            self.disconnected_at is None
            and self.account_id is not None
            and self.payouts_enabled
            and self.transfers is Capability.ACTIVE
        )
