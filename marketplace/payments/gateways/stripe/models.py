"""Tables of what Stripe tells us of."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CHAR, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kit import clock
from marketplace.kit.models import Base, IntegerKey
from marketplace.payments.gateways.notices import Notice, Refusals


class StripeEvent(Notice, Base):
    """Something that Stripe has told us of, kept before it is worked on. Told twice, kept once.

    Of the object that it is about, only names, amounts and states are kept: no buyer's name, address or card.
    """

    __tablename__ = "stripe_event"
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "received_at", postgresql_where=text("status = 'WAITING'")),
    )

    type: Mapped[str]
    account: Mapped[str | None]
    """The connected account that it happened in; None: our own."""
    is_live: Mapped[bool]
    subject: Mapped[dict[str, Any]]
    """What it is about."""


class StripeRefusal(Refusals, Base):
    """How many webhooks a day had that were not signed by Stripe, or not in time."""

    __tablename__ = "stripe_refusal"


class MovementKind(StrEnum):
    """What has moved money on our balance at Stripe."""

    CHARGE = "CHARGE"
    REFUND = "REFUND"
    DISPUTE = "DISPUTE"
    PAYOUT = "PAYOUT"
    """To our bank, or back from it where the bank did not take it."""
    TRANSFER = "TRANSFER"
    """To a seller's account at Stripe, or back from it."""
    TOP_UP = "TOP_UP"
    """Out of our bank."""
    FEE = "FEE"
    """Of the account, not of a payment."""
    OTHER = "OTHER"
    """Whatever else Stripe does: it is for people to look into."""


OF_PAYMENTS = (MovementKind.CHARGE, MovementKind.REFUND, MovementKind.DISPUTE)
OF_THE_ACCOUNT = (MovementKind.PAYOUT, MovementKind.TRANSFER, MovementKind.TOP_UP, MovementKind.FEE)
"""They are booked whatever has been sold."""


class StripeMovement(Base):
    """A balance transaction: what Stripe's own books say has moved. Copied once and never changed, but for
    the payment that it turns out to be of. Amounts are minor units; what lowers the balance is negative.
    """

    __tablename__ = "stripe_movement"
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "transaction_id", "kind"),
        Index(None, "source_id"),
        Index(None, "currency"),
        Index("ix_stripe_movement_of_transfer", "payment", postgresql_where=text("kind = 'TRANSFER'")),
        Index(
            "ix_stripe_movement_of_nobody",
            "payment",
            postgresql_where=text("transaction_id IS NULL AND kind IN ('CHARGE', 'REFUND', 'DISPUTE')"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    """Stripe's own: txn_..."""
    kind: Mapped[MovementKind]
    type: Mapped[str]
    """As Stripe calls it."""
    created_at: Mapped[datetime]
    currency: Mapped[str] = mapped_column(CHAR(3))
    """Of the balance. Stripe changes money into it that was paid in a currency the account does not hold."""
    amount_minor: Mapped[int]
    fee_minor: Mapped[int]
    paid_currency: Mapped[str] = mapped_column(CHAR(3))
    """Of the payment."""
    paid_minor: Mapped[int]
    """The same amount as it was before Stripe changed it."""
    source_id: Mapped[str | None]
    """The charge, refund, dispute, payout or transfer: ch_..., re_..., du_..., po_..., tr_..."""
    payment: Mapped[str | None]
    """The payment intent, or the transfer, that it is of."""
    transaction_id: Mapped[int | None] = mapped_column(ForeignKey("transaction_item.id"))
    """Our payment."""


class StripeReading(IntegerKey, Base):
    """How far Stripe's books have been read. There is one row."""

    __tablename__ = "stripe_reading"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    read_until: Mapped[datetime]
    """All that was booked before is read."""
    window_ends: Mapped[datetime | None]
    """Where the books are being read back from, while there is more of them than is read at once."""
    after: Mapped[str | None]
    """The movement in that window before which to go on."""


class StripePayoutStatus(StrEnum):
    PENDING = "PENDING"
    IN_TRANSIT = "IN_TRANSIT"
    PAID = "PAID"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


class StripePayout(Base):
    """Money that Stripe pays out of our balance to our bank."""

    __tablename__ = "stripe_payout"
    __table_args__ = (
        Index(None, "arrives_at", postgresql_where=text("status IN ('PENDING', 'IN_TRANSIT')")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    """Stripe's own: po_..."""
    status: Mapped[StripePayoutStatus]
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int]
    created_at: Mapped[datetime]
    arrives_at: Mapped[datetime]
    """When Stripe expects the bank to have it."""
    reason: Mapped[str] = mapped_column(default="")
    """Why the bank did not take it, as a code of Stripe's."""


class StripeTransfer(Base):
    """Money of our balance that was transferred to a seller's account at Stripe."""

    __tablename__ = "stripe_transfer"
    __table_args__ = (
        Index(None, "created_at"),
        Index("ix_stripe_transfer_of_ours", "transfer_group", unique=True, postgresql_where=text("is_ours")),
        CheckConstraint("reversed_minor BETWEEN 0 AND amount_minor", name="reversed_in_range"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    """Stripe's own: tr_..."""
    transfer_group: Mapped[str]
    """What we asked for it by: it names a payout. Empty where somebody else has made it."""
    destination: Mapped[str]
    """The seller's account: acct_..."""
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int]
    reversed_minor: Mapped[int] = mapped_column(default=0)
    """So much of it has come back."""
    is_ours: Mapped[bool] = mapped_column(default=False)
    """Whether it pays a payout, and is booked. One that nobody here asked for is for people to look into."""
    created_at: Mapped[datetime]


class DisputeStatus(StrEnum):
    """How a dispute stands. What begins with WARNING is an inquiry, which takes no money."""

    WARNING_NEEDS_RESPONSE = "WARNING_NEEDS_RESPONSE"
    WARNING_UNDER_REVIEW = "WARNING_UNDER_REVIEW"
    WARNING_CLOSED = "WARNING_CLOSED"
    NEEDS_RESPONSE = "NEEDS_RESPONSE"
    UNDER_REVIEW = "UNDER_REVIEW"
    WON = "WON"
    LOST = "LOST"
    OTHER = "OTHER"


class StripeDispute(IntegerKey, Base):
    """A buyer asks the bank for a payment back, and we may answer with evidence at Stripe."""

    __tablename__ = "stripe_dispute"
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "status", "created_at"),
        Index(None, "looked_at", postgresql_where=text("status NOT IN ('WON', 'LOST', 'WARNING_CLOSED')")),
        Index(
            None,
            "evidence_due_at",
            postgresql_where=text("status IN ('NEEDS_RESPONSE', 'WARNING_NEEDS_RESPONSE')"),
        ),
    )

    reference: Mapped[str] = mapped_column(unique=True)
    """Stripe's own: du_..."""
    transaction_id: Mapped[int] = mapped_column(ForeignKey("transaction_item.id"), index=True)
    status: Mapped[DisputeStatus]
    reason: Mapped[str]
    """As the bank gives it: fraudulent, product_not_received, ..."""
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int]
    evidence_due_at: Mapped[datetime | None]
    """Until when we may answer."""
    created_at: Mapped[datetime]
    is_withdrawn: Mapped[bool] = mapped_column(default=False)
    """Whether the bank has taken the money back."""
    looked_at: Mapped[datetime] = mapped_column(default=clock.now)
    """When Stripe was asked last."""
    reminders: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """How far staff have been reminded to answer: 1 at its opening, 2 three days before, 3 a day before."""


class PaymentDifference(IntegerKey, Base):
    """Of what Stripe's books and ours said different things when they were last compared, each night."""

    __tablename__ = "payment_difference"
    __table_args__ = (Index(None, "what", "reference", unique=True),)

    what: Mapped[str]
    """charge, refund, dispute, payout, transfer, currency, or unknown."""
    reference: Mapped[str]
    """What Stripe calls it."""
    currency: Mapped[str] = mapped_column(CHAR(3))
    at_gateway_minor: Mapped[int]
    here_minor: Mapped[int]
    found_at: Mapped[datetime] = mapped_column(default=clock.now)
    """When it was found first."""
