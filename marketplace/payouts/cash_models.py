"""Tables of payouts that sellers fetch in cash, and of the box that the cash is in."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.kit import clock
from marketplace.kit.models import Base, IntegerKey, Timestamped
from marketplace.payouts.models import Payout
from marketplace.people.models import User


class CashPickup(Timestamped, Base):
    """A payout that waits at the counter, and who has fetched it. No national identity number is kept: a code
    that only the seller was told, and a member's name, say who may have it, and who had it.
    """

    __tablename__ = "cash_pickup"
    __table_args__ = (
        CheckConstraint(
            "handed_over_at IS NULL OR (handed_over_by_id IS NOT NULL AND received_by_name <> '')",
            name="known_who_gave_and_took",
        ),
        Index("ix_cash_pickup_waiting", "fetch_by", postgresql_where=text("handed_over_at IS NULL")),
    )

    payout_id: Mapped[UUID] = mapped_column(ForeignKey("payout.id"), primary_key=True)
    code_encrypted: Mapped[bytes]
    """What the seller shows at the counter, as bank details are kept: no backup gives cash away."""
    code_number: Mapped[int] = mapped_column(default=1)
    """How many codes there have been: a lost one is replaced."""
    wrong_codes: Mapped[int] = mapped_column(default=0)
    """How often another was tried since."""
    receipt_check: Mapped[str]
    """Stands on the receipt and here, and nowhere else: so a receipt is known to be ours."""
    receipts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Storage keys of the PDF by language code."""
    fetch_by: Mapped[datetime]
    handed_over_at: Mapped[datetime | None]
    handed_over_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    received_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    received_by_name: Mapped[str] = mapped_column(default="")
    """As it was then: members leave."""

    payout: Mapped[Payout] = relationship(lazy="raise")
    handed_over_by: Mapped[User | None] = relationship(foreign_keys=[handed_over_by_id], lazy="raise")


class CashBoxMovement(IntegerKey, Base):
    """Cash that was fetched from the bank into the box (positive), or brought back. One reference is one."""

    __tablename__ = "cash_box_movement"
    __table_args__ = (
        UniqueConstraint("currency", "reference"),
        CheckConstraint("amount_minor <> 0", name="amount_not_zero"),
    )

    currency: Mapped[str] = mapped_column(CHAR(3))
    amount_minor: Mapped[int]
    reference: Mapped[str]
    """The bank's, of the withdrawal or the deposit."""
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
