"""Tables of what Stripe tells us of."""

from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from marketplace.kit.models import Base
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
