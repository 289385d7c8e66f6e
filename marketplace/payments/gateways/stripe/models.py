"""Tables of what Stripe tells us of."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kit import clock
from marketplace.kit.models import Base


class StripeEventStatus(StrEnum):
    WAITING = "WAITING"
    DONE = "DONE"
    IGNORED = "IGNORED"
    """It is about nothing of ours."""
    REFUSED = "REFUSED"
    """It does not fit: of another account, or a test where money is real. It is for people to look into."""


class StripeEvent(Base):
    """Something that Stripe has told us of, kept before it is worked on. Told twice, kept once.

    Of the object that it is about, only names, amounts and states are kept: no buyer's name, address or card.
    """

    __tablename__ = "stripe_event"
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "received_at", postgresql_where=text("status = 'WAITING'")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    """Stripe's own: evt_..."""
    type: Mapped[str]
    account: Mapped[str | None]
    """The connected account that it happened in; None: our own."""
    is_live: Mapped[bool]
    created_at: Mapped[datetime]
    """When it happened at Stripe."""
    received_at: Mapped[datetime] = mapped_column(default=clock.now)
    subject: Mapped[dict[str, Any]]
    """What it is about."""
    status: Mapped[StripeEventStatus] = mapped_column(default=StripeEventStatus.WAITING)
    message: Mapped[str] = mapped_column(default="")
    worked_at: Mapped[datetime | None]


class StripeRefusal(Base):
    """How many webhooks a day had that were not signed by Stripe, or not in time."""

    __tablename__ = "stripe_refusal"

    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]
