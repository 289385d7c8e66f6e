"""Tables of paying at the door: a channel's rules, the orders that are paid so, and carriers' sheets."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.kit.models import Base, IntegerKey, Timestamped
from marketplace.markets.models import Channel
from marketplace.orders.models import Order
from marketplace.payments.models import CashRemittance
from marketplace.people.models import User


class CashRules(Base):
    """Which checkouts of a channel may be paid at the door, and which of its orders wait to be confirmed.

    Whether any may at all is said by the channel itself. Amounts are minor units of its currency.
    """

    __tablename__ = "cash_rules"
    __table_args__ = (
        CheckConstraint("minimum_minor >= 0 AND maximum_minor > 0", name="amounts_positive"),
        CheckConstraint("minimum_minor <= maximum_minor", name="minimum_first"),
        CheckConstraint("most_refusals >= 0 AND most_open_orders > 0", name="counts_in_range"),
        CheckConstraint("refusal_months BETWEEN 1 AND 60", name="months_in_range"),
        CheckConstraint("remind_after_hours > 0", name="reminds_later"),
        CheckConstraint("cancel_after_hours > remind_after_hours", name="cancels_after_reminding"),
    )

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True)
    country_codes: Mapped[list[str]] = mapped_column(default=list, server_default=text("'{}'"))
    """Where parcels are paid at the door; none: wherever a carrier takes cash."""
    minimum_minor: Mapped[int | None]
    maximum_minor: Mapped[int | None]
    most_refusals: Mapped[int | None]
    """A buyer with more orders refused at the door within `refusal_months` pays otherwise."""
    refusal_months: Mapped[int] = mapped_column(default=12)
    most_open_orders: Mapped[int | None]
    """A buyer with so many orders that are still to be paid at the door pays otherwise."""
    confirms_every_order: Mapped[bool] = mapped_column(default=False)
    confirms_first_order: Mapped[bool] = mapped_column(default=False)
    """As long as a buyer has not paid at the door once."""
    confirms_above_minor: Mapped[int | None]
    remind_after_hours: Mapped[int] = mapped_column(default=24)
    cancel_after_hours: Mapped[int] = mapped_column(default=72)

    channel: Mapped[Channel] = relationship(lazy="raise")


class Confirmation(StrEnum):
    """Whether the buyer has said that the order is meant."""

    NOT_NEEDED = "NOT_NEEDED"
    WAITING = "WAITING"
    CONFIRMED = "CONFIRMED"
    DECLINED = "DECLINED"
    """The buyer called it off."""
    EXPIRED = "EXPIRED"
    """Nothing was heard of the buyer in time."""


class ConfirmedBy(StrEnum):
    """How it was heard."""

    LINK = "LINK"
    """By the link of a message."""
    STAFF = "STAFF"
    """By somebody of the staff, who has called."""


_BUYER = ("user_id", "email_hash", "phone_hash")


def _of_a_buyer(what: str, condition: str) -> list[Index]:
    """What finds a buyer's orders by each of the three things that a buyer is known by."""
    return [
        Index(f"ix_cash_order_{key}_{what}", key, what, postgresql_where=text(condition)) for key in _BUYER
    ]


class CashOrder(Base):
    """An order that is paid at the door: whose it is, what became of it, and whether it was confirmed.

    A buyer is known by account, e-mail address and telephone number; the latter two as hashes, which is
    enough to count by and says less than the order itself.
    """

    __tablename__ = "cash_order"
    __table_args__ = (
        *_of_a_buyer("refused_at", "refused_at IS NOT NULL"),
        *_of_a_buyer("paid_at", "paid_at IS NOT NULL"),
        *_of_a_buyer("is_open", "is_open"),
        Index("ix_cash_order_remind_at", "remind_at", postgresql_where=text("confirmation = 'WAITING'")),
        Index("ix_cash_order_cancel_at", "cancel_at", postgresql_where=text("confirmation = 'WAITING'")),
    )

    order_id: Mapped[UUID] = mapped_column(
        ForeignKey("customer_order.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    email_hash: Mapped[str | None]
    phone_hash: Mapped[str | None]
    is_open: Mapped[bool] = mapped_column(default=True)
    """Whether cash is still to be had for some of its parcels."""
    refused_at: Mapped[datetime | None]
    """When the last of its parcels was refused that was."""
    paid_at: Mapped[datetime | None]
    """When cash was paid for one of its parcels first."""
    confirmation: Mapped[Confirmation] = mapped_column(default=Confirmation.NOT_NEEDED)
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[ConfirmedBy | None]
    confirmed_by_user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL")
    )
    """Who of the staff."""
    note: Mapped[str] = mapped_column(default="")
    """What staff wrote down of the call."""
    link_key: Mapped[UUID | None] = mapped_column(Uuid, unique=True)
    """What the buyer's link names the order by; the order says whether it can still be answered."""
    remind_at: Mapped[datetime | None]
    """When the buyer is to be reminded; none: that was done."""
    cancel_at: Mapped[datetime | None]

    order: Mapped[Order] = relationship(lazy="raise")
    confirmed_by_user: Mapped[User | None] = relationship(foreign_keys=[confirmed_by_user_id], lazy="raise")


class CashSheetStatus(StrEnum):
    """How far a carrier's sheet is."""

    READ = "READ"
    """Nothing is booked yet."""
    BOOKED = "BOOKED"


class CashSheet(IntegerKey, Timestamped, Base):
    """A carrier's list of the parcels whose cash it hands over, with what each line was found to be.

    The same file under the same reference is the same sheet, however often it is sent.
    """

    __tablename__ = "cash_sheet"
    __table_args__ = (
        UniqueConstraint("carrier", "reference", "file_hash"),
        Index(None, "carrier", "file_hash"),
        Index(None, "carrier", "created_at"),
        Index(None, "reference"),
        Index(None, "status", "created_at"),
        Index(None, "created_at", "id"),
    )

    carrier: Mapped[str]
    reference: Mapped[str]
    currency: Mapped[str] = mapped_column(CHAR(3))
    file_name: Mapped[str] = mapped_column(default="")
    file_hash: Mapped[str]
    status: Mapped[CashSheetStatus] = mapped_column(default=CashSheetStatus.READ)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    """As `matching.Line` writes them, in the order of the sheet."""
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    """Who sent it."""
    booked_at: Mapped[datetime | None]
    remittance_id: Mapped[int | None] = mapped_column(ForeignKey("cash_remittance.id"), index=True)

    user: Mapped[User | None] = relationship(lazy="raise")
    remittance: Mapped[CashRemittance | None] = relationship(lazy="raise")
