"""Tables of what sellers owe the marketplace: where refunds after a payout exceed what was earned since."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CHAR, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.kit import clock
from marketplace.kit.models import Base, IntegerKey
from marketplace.payouts.ledger import Account
from marketplace.people.models import User
from marketplace.vendors.models import Vendor


class DebtDecision(StrEnum):
    """What staff decide of a debt."""

    WAIT = "WAIT"
    """What the seller earns next goes into it, as it does anyway; looked at again on a day."""
    SPREAD = "SPREAD"
    """Only a share of each payout goes into it from now on."""
    WRITE_OFF = "WRITE_OFF"
    """The marketplace bears it."""
    PAID_IN = "PAID_IN"
    """The seller has paid it into the bank."""


class VendorDebtDecision(IntegerKey, Base):
    """A decision about what a seller owes. It is never changed: a later one is another."""

    __tablename__ = "vendor_debt_decision"
    __table_args__ = (
        CheckConstraint("(kind = 'WAIT') = (amount_minor = 0)", name="amount_of_what_is_booked"),
        CheckConstraint("(kind = 'SPREAD') = (share_bp IS NOT NULL)", name="share_of_what_is_spread"),
        CheckConstraint("share_bp BETWEEN 1 AND 10000", name="share_in_range"),
        UniqueConstraint("currency", "reference"),
        Index(None, "vendor_id", "currency", "id"),
    )

    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendor.id"))
    currency: Mapped[str] = mapped_column(CHAR(3))
    kind: Mapped[DebtDecision]
    amount_minor: Mapped[int]
    account: Mapped[Account]
    """Where the debt stood: `VENDOR_PAYABLE`, or `VENDOR_DEBT` where it had been spread before."""
    share_bp: Mapped[int | None]
    """Basis points of each payout that go into it at most: 2000 is 20 %."""
    review_on: Mapped[date | None]
    """When it is to be looked at again."""
    reason: Mapped[str]
    reference: Mapped[str | None]
    """The bank's, of what was paid in: one payment is booked once."""
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)

    vendor: Mapped[Vendor] = relationship(lazy="raise")
    decided_by: Mapped[User | None] = relationship(lazy="raise")


class DebtInstalment(IntegerKey, Base):
    """What was kept of a seller's next payout for a debt that is spread."""

    __tablename__ = "debt_instalment"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index(None, "vendor_id", "currency"),
    )

    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendor.id"))
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=clock.now)
