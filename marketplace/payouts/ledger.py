"""The ledger's tables: double entry, appended to and never changed.

A journal entry is a set of postings that add up to zero in each currency. PostgreSQL itself refuses postings
that do not, an entry without any, and every update or delete of either table (`ddl.py`). Each entry
carries the unique key of the event that caused it, so that an event told twice is written once.
Debits are positive, credits negative. Balances are sums of postings, and nothing else is a balance.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CHAR, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.kit import clock
from marketplace.kit.models import Base, IntegerKey


class Account(StrEnum):
    """The chart of accounts. `docs/ledger.md` shows the entries of every event."""

    BANK = "BANK"
    """Asset: the marketplace's bank account."""
    CASH_BOX = "CASH_BOX"
    """Asset: cash at the counter, for sellers who fetch their payouts."""
    CARRIER_RECEIVABLE = "CARRIER_RECEIVABLE"
    """Asset: cash that carriers collected and owe."""
    GATEWAY_RECEIVABLE = "GATEWAY_RECEIVABLE"
    """Asset: payments that gateways have taken and not handed over."""
    GATEWAY_IN_TRANSIT = "GATEWAY_IN_TRANSIT"
    """Asset: what a gateway has paid out and our bank has not got yet."""
    CURRENCY_EXCHANGE = "CURRENCY_EXCHANGE"
    """Neither: what gateways have changed from one currency into another, of both."""
    CHARGEBACKS = "CHARGEBACKS"
    """Asset: payments that buyers' banks have taken back and that are disputed."""
    CUSTOMER_ADVANCES = "CUSTOMER_ADVANCES"
    """Liability: what buyers have paid and not got yet. Where parcels come before their money, buyers owe."""
    VENDOR_HELD = "VENDOR_HELD"
    """Liability: earned by sellers, not payable yet."""
    VENDOR_PAYABLE = "VENDOR_PAYABLE"
    """Liability: payable to sellers now."""
    PAYOUT_IN_TRANSIT = "PAYOUT_IN_TRANSIT"
    """Liability: set aside for payouts under way."""
    VENDOR_DEBT = "VENDOR_DEBT"
    """Asset: what sellers owe and pay share by share of their payouts."""
    DELIVERY_PAYABLE = "DELIVERY_PAYABLE"
    """Liability: delivery charges collected for carriers."""
    COMMISSION_REVENUE = "COMMISSION_REVENUE"
    """Revenue: the marketplace's commission, without VAT."""
    VAT_PAYABLE = "VAT_PAYABLE"
    """Liability: VAT on commission."""
    GIFT_CARDS = "GIFT_CARDS"
    """Liability: what gift cards can still buy, or have paid of parcels that are under way."""
    GIFT_CARD_EXPENSE = "GIFT_CARD_EXPENSE"
    """Expense: gift cards that staff gave away."""
    GATEWAY_FEES = "GATEWAY_FEES"
    """Expense: what gateways keep for their service."""
    CHARGEBACK_LOSS = "CHARGEBACK_LOSS"
    """Expense: payments that buyers' banks have taken back for good."""
    DEBT_LOSS = "DEBT_LOSS"
    """Expense: what sellers owed and the marketplace bears."""
    CASH_DIFFERENCE = "CASH_DIFFERENCE"
    """Expense: remittances that were short (or, negative, over)."""


class JournalEntry(IntegerKey, Base):
    __tablename__ = "journal_entry"
    __table_args__ = (Index(None, "at"), Index(None, "vendor_order_id"), Index(None, "payout_id"))

    key: Mapped[str] = mapped_column(unique=True)
    """The event that caused it, as `delivered:<vendor order>`."""
    kind: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    description: Mapped[str] = mapped_column(default="")
    vendor_order_id: Mapped[UUID | None] = mapped_column(ForeignKey("vendor_order.id"))
    payout_id: Mapped[UUID | None] = mapped_column(ForeignKey("payout.id"))

    postings: Mapped[list["Posting"]] = relationship(back_populates="entry", lazy="raise")


class Posting(IntegerKey, Base):
    __tablename__ = "posting"
    __table_args__ = (
        CheckConstraint("amount_minor <> 0", name="amount_not_zero"),
        CheckConstraint(
            "vendor_id IS NOT NULL OR account NOT IN"
            " ('VENDOR_HELD', 'VENDOR_PAYABLE', 'PAYOUT_IN_TRANSIT', 'VENDOR_DEBT')",
            name="names_its_vendor",
        ),
        Index(None, "entry_id"),
        Index("ix_posting_balance", "vendor_id", "account", "currency", postgresql_include=["amount_minor"]),
        Index(
            "ix_posting_vendor",
            "vendor_id",
            "id",
            postgresql_where=text("vendor_id IS NOT NULL"),
            postgresql_include=["account", "currency", "amount_minor"],
        ),
        Index("ix_posting_account", "account", "currency", postgresql_include=["amount_minor"]),
    )

    entry_id: Mapped[int] = mapped_column(ForeignKey("journal_entry.id"))
    account: Mapped[Account]
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendor.id"))
    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int]

    entry: Mapped[JournalEntry] = relationship(back_populates="postings", lazy="raise")
