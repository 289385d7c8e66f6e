"""Tables of commission and payouts. The ledger's own stand in `ledger.py`. Amounts are minor units."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalog.models import Category
from marketplace.kit import clock
from marketplace.kit.models import Base, IntegerKey, Timestamped, UuidKey
from marketplace.orders.models import OrderLine, VendorOrder
from marketplace.people.models import User
from marketplace.vendors.models import PayoutMethod, Programme, Vendor


class CommissionRule(IntegerKey, Timestamped, Base):
    """A rate for the sales of a seller, a programme or a category; the most specific in force wins."""

    __tablename__ = "commission_rule"
    __table_args__ = (
        CheckConstraint("rate_bp BETWEEN 0 AND 10000", name="rate_in_range"),
        Index(None, "vendor_id", "programme_id", "category_id", "valid_from"),
    )

    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendor.id", ondelete="CASCADE"))
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programme.id", ondelete="CASCADE"))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id", ondelete="CASCADE"))
    rate_bp: Mapped[int]
    """Basis points of the goods' price with tax: 800 is 8 %."""
    vat_rate_bp: Mapped[int] = mapped_column(default=2000)
    """VAT on the commission itself."""
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    """The first day on which it no longer holds."""

    vendor: Mapped[Vendor | None] = relationship(lazy="raise")
    programme: Mapped[Programme | None] = relationship(lazy="raise")
    category: Mapped[Category | None] = relationship(lazy="raise")


class LineCommission(Base):
    """The commission of one order line, frozen at the sale."""

    __tablename__ = "line_commission"

    order_line_id: Mapped[UUID] = mapped_column(
        ForeignKey("order_line.id", ondelete="CASCADE"), primary_key=True
    )
    vendor_order_id: Mapped[UUID] = mapped_column(
        ForeignKey("vendor_order.id", ondelete="CASCADE"), index=True
    )
    currency: Mapped[str] = mapped_column(CHAR(3))
    rate_bp: Mapped[int]
    commission_minor: Mapped[int]
    vat_rate_bp: Mapped[int]
    vat_minor: Mapped[int]

    order_line: Mapped[OrderLine] = relationship(lazy="raise")


class VendorEarning(Base):
    """What one vendor order brings its seller: sales less commission and VAT on it. Frozen at the sale."""

    __tablename__ = "vendor_earning"
    __table_args__ = (
        CheckConstraint("earning_minor = sales_minor - commission_minor - vat_minor", name="adds_up"),
        Index(None, "vendor_id"),
        Index(
            "ix_vendor_earning_not_released",
            "vendor_order_id",
            postgresql_where=text("released_at IS NULL"),
        ),
    )

    vendor_order_id: Mapped[UUID] = mapped_column(
        ForeignKey("vendor_order.id", ondelete="CASCADE"), primary_key=True
    )
    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendor.id"))
    currency: Mapped[str] = mapped_column(CHAR(3))
    sales_minor: Mapped[int]
    """The goods with tax, without delivery: delivery is the carrier's."""
    commission_minor: Mapped[int]
    vat_minor: Mapped[int]
    earning_minor: Mapped[int]
    released_at: Mapped[datetime | None]
    """When the ledger made it payable. Kept so that the release job finds what is still held by an index."""

    vendor_order: Mapped[VendorOrder] = relationship(lazy="raise")
    vendor: Mapped[Vendor] = relationship(lazy="raise")


class EarningReversal(Base):
    """What a refund takes back of an earning: its share of the commission and of the VAT on it is given back.

    Booked once the seller has earned: at once after a delivery, with the delivery before it, and never for
    what never arrives.
    """

    __tablename__ = "earning_reversal"
    __table_args__ = (
        CheckConstraint("earning_minor = goods_minor - commission_minor - vat_minor", name="adds_up"),
    )

    part_refund_id: Mapped[int] = mapped_column(ForeignKey("part_refund.id"), primary_key=True)
    vendor_order_id: Mapped[UUID] = mapped_column(ForeignKey("vendor_order.id"), index=True)
    currency: Mapped[str] = mapped_column(CHAR(3))
    goods_minor: Mapped[int]
    shipping_minor: Mapped[int]
    """Of the delivery, of which nothing is the seller's."""
    commission_minor: Mapped[int]
    vat_minor: Mapped[int]
    earning_minor: Mapped[int]
    booked_at: Mapped[datetime | None]

    vendor_order: Mapped[VendorOrder] = relationship(lazy="raise")


class PayoutRunStatus(StrEnum):
    DRAFT = "DRAFT"
    REVIEWED = "REVIEWED"
    """One member of staff has looked through it; another approves it."""
    APPROVED = "APPROVED"
    SENT = "SENT"
    CLOSED = "CLOSED"
    """Every payout of it is paid, failed or returned."""
    CANCELED = "CANCELED"


class PayoutRun(IntegerKey, Timestamped, Base):
    """Payouts sent together, each its seller's way: made by one member of staff, approved by another."""

    __tablename__ = "payout_run"
    __table_args__ = (
        CheckConstraint("approved_by_id IS NULL OR approved_by_id <> created_by_id", name="four_eyes"),
        CheckConstraint(
            "approved_by_id IS NULL OR (reviewed_by_id IS NOT NULL AND reviewed_by_id <> approved_by_id)",
            name="two_persons",
        ),
        UniqueConstraint("currency", "drafted_for"),
        Index(None, "status", "id"),
    )

    status: Mapped[PayoutRunStatus] = mapped_column(default=PayoutRunStatus.DRAFT)
    currency: Mapped[str] = mapped_column(CHAR(3))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    """None of one that the schedule made."""
    drafted_for: Mapped[date | None]
    """The day of the schedule that it was made for: one run a day and currency."""
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reviewed_at: Mapped[datetime | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    approved_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    message_id: Mapped[str | None] = mapped_column(unique=True)
    """The bank file's MsgId: the same whenever the file is made again."""
    pain001_path: Mapped[str | None]
    csv_path: Mapped[str | None]
    is_demo: Mapped[bool] = mapped_column(default=False)

    created_by: Mapped[User | None] = relationship(foreign_keys=[created_by_id], lazy="raise")
    reviewed_by: Mapped[User | None] = relationship(foreign_keys=[reviewed_by_id], lazy="raise")
    approved_by: Mapped[User | None] = relationship(foreign_keys=[approved_by_id], lazy="raise")
    payouts: Mapped[list["Payout"]] = relationship(back_populates="run", lazy="raise")


class PayoutStatus(StrEnum):
    PENDING = "PENDING"
    SENT = "SENT"
    PAID = "PAID"
    FAILED = "FAILED"
    RETURNED = "RETURNED"


class PayoutRhythm(StrEnum):
    """How often the schedule drafts runs of a currency."""

    BY_HAND = "BY_HAND"
    """Never: staff make them."""
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"


class PayoutTerms(Base):
    """When sellers are paid in a currency, and from how much on, unless they chose a minimum themselves."""

    __tablename__ = "payout_terms"
    __table_args__ = (
        CheckConstraint("minimum_minor >= 0", name="minimum_not_negative"),
        CheckConstraint(
            "CASE rhythm WHEN 'WEEKLY' THEN day BETWEEN 1 AND 7 WHEN 'MONTHLY' THEN day BETWEEN 1 AND 28"
            " ELSE day IS NULL END",
            name="day_of_rhythm",
        ),
    )

    currency: Mapped[str] = mapped_column(CHAR(3), primary_key=True)
    minimum_minor: Mapped[int] = mapped_column(default=0)
    rhythm: Mapped[PayoutRhythm] = mapped_column(default=PayoutRhythm.BY_HAND)
    day: Mapped[int | None]
    """Of the week, Monday is 1, or of the month: none that some months lack."""
    drafted_for: Mapped[date | None]
    """The last day for which the schedule has drafted, or found nobody to pay."""


class Payout(UuidKey, Timestamped, Base):
    """One seller's money in one run."""

    __tablename__ = "payout"
    __table_args__ = (
        UniqueConstraint("run_id", "vendor_id"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(
            "(method = 'BANK_TRANSFER') = (account_number_encrypted IS NOT NULL)", name="goes_to_an_account"
        ),
        CheckConstraint(
            "(method = 'STRIPE_TRANSFER') = (stripe_account_id IS NOT NULL)",
            name="goes_to_an_account_at_stripe",
        ),
        CheckConstraint("returned_minor BETWEEN 0 AND amount_minor", name="returned_in_range"),
        Index(None, "vendor_id", "created_at"),
        Index(None, "status", "created_at"),
    )

    number: Mapped[int] = mapped_column(Identity(), unique=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("payout_run.id"))
    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendor.id"))
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int]
    status: Mapped[PayoutStatus] = mapped_column(default=PayoutStatus.PENDING)
    method: Mapped[PayoutMethod] = mapped_column(default=PayoutMethod.BANK_TRANSFER)
    end_to_end_id: Mapped[str] = mapped_column(unique=True)
    """What the bank's answer names it by; at most 35 characters."""
    account_holder: Mapped[str] = mapped_column(default="")
    account_number_encrypted: Mapped[bytes | None]
    """Of bank transfers only: other ways need no account."""
    account_number_ending: Mapped[str] = mapped_column(default="")
    stripe_account_id: Mapped[str | None]
    """Where a transfer at Stripe goes: acct_..."""
    returned_minor: Mapped[int] = mapped_column(default=0, server_default="0")
    """What came back in part of a payout that stays paid. All of it at once: the payout is RETURNED."""
    sent_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it failed or came back."""
    reason: Mapped[str] = mapped_column(default="")
    """Why it failed or came back, in the bank's words."""
    statements: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Storage keys of the PDF by language code."""

    run: Mapped[PayoutRun] = relationship(back_populates="payouts", lazy="raise")
    vendor: Mapped[Vendor] = relationship(lazy="raise")
    lines: Mapped[list["PayoutLine"]] = relationship(back_populates="payout", lazy="raise")


class PayoutLine(IntegerKey, Base):
    """A vendor order's earning (or a refund, negative) that a payout carries.

    It names the journal entry that made the money payable. A payout that came back leaves its entries to be
    carried by the seller's next one.
    """

    __tablename__ = "payout_line"
    __table_args__ = (
        UniqueConstraint("payout_id", "entry_id"),
        Index(None, "entry_id"),
        Index(None, "vendor_order_id"),
    )

    payout_id: Mapped[UUID] = mapped_column(ForeignKey("payout.id", ondelete="CASCADE"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("journal_entry.id"))
    vendor_order_id: Mapped[UUID | None] = mapped_column(ForeignKey("vendor_order.id"))
    amount_minor: Mapped[int]
    description: Mapped[str] = mapped_column(default="")

    payout: Mapped[Payout] = relationship(back_populates="lines", lazy="raise")
    vendor_order: Mapped[VendorOrder | None] = relationship(lazy="raise")


class DisputeCharge(IntegerKey, Base):
    """What of a lost dispute staff have charged to a seller's part: the next payout takes it."""

    __tablename__ = "dispute_charge"
    __table_args__ = (CheckConstraint("amount_minor > 0", name="amount_positive"),)

    dispute_id: Mapped[int] = mapped_column(ForeignKey("stripe_dispute.id"), index=True)
    vendor_order_id: Mapped[UUID] = mapped_column(ForeignKey("vendor_order.id"), index=True)
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int]
    reason: Mapped[str]
    """Why, in words for the seller."""
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    returned_at: Mapped[datetime | None]
    """When the bank decided for us after all, and the seller got it back."""

    vendor_order: Mapped[VendorOrder] = relationship(lazy="raise")
