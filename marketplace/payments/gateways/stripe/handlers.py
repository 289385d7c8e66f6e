"""What is done about Stripe's events, by their types.

Another module takes on more of them by `@handles("charge.dispute.created")` on a function like those below,
and by being imported where the workers import theirs (a room's `jobs.py`). A handler opens its own
transactions, asks Stripe for the present state with none open, and may be called again for the same event.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError
from marketplace.kit.ids import uuid_pk
from marketplace.kit.jobs import Work
from marketplace.payments.finding_out import look
from marketplace.payments.gateways.notices import NoticeStatus, RefusedNoticeError, work_once
from marketplace.payments.gateways.stripe.gateway import GATEWAY_ID, stripe_gateway
from marketplace.payments.gateways.stripe.models import StripeEvent
from marketplace.payments.gateways.stripe.state import TRANSACTION
from marketplace.payments.models import TransactionItem

PAYMENT_TYPES = (
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.succeeded",
    "charge.refunded",
    "charge.refund.updated",
    "refund.created",
    "refund.failed",
    "refund.updated",
)
"""What tells that a payment may have changed."""

Handler = Callable[[Work, StripeEvent], Awaitable[NoticeStatus | None]]
"""What has become of the event: None stands for DONE."""

registry: dict[str, Handler] = {}


def handles(*types: str) -> Callable[[Handler], Handler]:
    """Have a function work on the events of these types. Each type has one handler."""

    def decorate(handler: Handler) -> Handler:
        for kind in types:
            known = registry.setdefault(kind, handler)
            if known.__qualname__ != handler.__qualname__:
                raise ValueError(f"two handlers for Stripe's {kind}")
        return handler

    return decorate


async def work_on(work: Work, event_id: str) -> None:
    """Work on an event that was kept. Worked on twice, nothing is done twice."""
    await work_once(work.database, StripeEvent, event_id, lambda event: _handle(work, event))


async def _handle(work: Work, event: StripeEvent) -> NoticeStatus:
    gateway, handler = stripe_gateway(work.settings), registry.get(event.type)
    if gateway is None or handler is None:
        return NoticeStatus.IGNORED
    if event.is_live is not gateway.api.is_live:
        real = "real" if event.is_live else "a test"
        raise RefusedNoticeError(f"This event is {real}, and our key is not.")
    return await handler(work, event) or NoticeStatus.DONE


@handles(*PAYMENT_TYPES)
async def follow_payment(work: Work, event: StripeEvent) -> NoticeStatus | None:
    """Find out how the payment stands that an event is about, whatever the event itself says of it."""
    if event.account is not None:
        raise RefusedNoticeError(f"This payment is of another account: {event.account}.")
    reference = _payment_in(event.subject)
    if reference is None:
        return NoticeStatus.IGNORED
    async with work.database.transaction() as session:
        token = await _token_of(session, reference, event.subject)
    if token is None:
        return NoticeStatus.IGNORED  # Of something else that is sold by the same account.
    await look(work.database, work.settings, token, reference=reference)
    return None


def _payment_in(subject: dict[str, Any]) -> str | None:
    """The payment intent that an object belongs to, or is."""
    found = subject["id"] if subject.get("object") == "payment_intent" else subject.get("payment_intent")
    return found if isinstance(found, str) else None


async def _token_of(session: AsyncSession, reference: str, subject: dict[str, Any]) -> UUID | None:
    """The payment that goes by a reference; or which it was made for, where its name was never answered."""
    token: UUID | None = await session.scalar(
        select(TransactionItem.token).where(
            TransactionItem.psp_reference == reference, TransactionItem.gateway == GATEWAY_ID
        )
    )
    if token is not None:
        return token
    try:
        named = uuid_pk(str((subject.get("metadata") or {}).get(TRANSACTION)), "TransactionItem")
    except DomainError:
        return None
    row = (
        await session.execute(
            select(TransactionItem.token, TransactionItem.psp_reference).where(
                TransactionItem.token == named, TransactionItem.gateway == GATEWAY_ID
            )
        )
    ).one_or_none()
    if row is None:
        return None
    if row.psp_reference is not None:
        raise RefusedNoticeError(f"{reference} says that it is for a payment that is {row.psp_reference}.")
    return named
