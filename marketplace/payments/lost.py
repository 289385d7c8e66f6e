"""Requests to gateways of this house of which nobody knows what came: they are found by looking, and asked
about until it is known. Nothing is lost where a process dies, a line breaks, or a webhook never comes.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.jobs import enqueue
from marketplace.payments.models import GatewayCall, TransactionEvent, TransactionEventType, TransactionItem
from marketplace.payments.transactions import covered_minor

FIRST_LOOK = timedelta(minutes=10)
"""After so long a buyer who has begun to pay has paid, given up, or is at it still."""
LONGEST_WAIT = timedelta(hours=6)
GIVEN_UP_AFTER = timedelta(hours=23)
"""Stripe remembers the keys of requests for a day: later the same key might move money a second time."""
LONGEST_PROMISE = timedelta(days=31)
"""So long a promise is looked after: no card keeps one for longer."""
AT_ONCE = 200
"""Requests that are looked at in one go; the rest is found the next time."""
FIND_OUT = "payments.find_out"


async def find_out_later(
    session: AsyncSession, transaction: TransactionItem, request: TransactionEvent, wait: timedelta
) -> None:
    """See to it that what comes of a request is found out, though nobody may live to tell. One that is asked
    for once more, because it had failed, is begun anew.
    """
    now = clock.now()
    anew = {"asked_at": now, "due_at": now + wait, "tries": 1, "calls_off": False, "answered_at": None}
    await session.execute(
        upsert(GatewayCall)
        .values(transaction_id=transaction.id, request_id=request.id, **anew)
        .on_conflict_do_update(index_elements=[GatewayCall.request_id], set_=anew)
    )


async def is_looked_after(session: AsyncSession, request: TransactionEvent) -> bool:
    """Whether what comes of a request is, or was, to be found out."""
    known = await session.scalar(select(GatewayCall.id).where(GatewayCall.request_id == request.id))
    return known is not None


async def queue_due(session: AsyncSession) -> int:
    """Have those found out that are due, each by a job of its own; gives how many. For a periodic job."""
    due = await session.scalars(
        select(GatewayCall.id)
        .where(GatewayCall.answered_at.is_(None), GatewayCall.due_at <= clock.now())
        .order_by(GatewayCall.due_at)
        .limit(AT_ONCE)
    )
    keys = due.all()
    for key in keys:
        await enqueue(session, FIND_OUT, queueing_lock=f"find_out:{key}", call_id=key)
    return len(keys)


async def forget(session: AsyncSession, request: TransactionEvent) -> None:
    """There is nothing to find out of a request: the gateway has no payment that anybody could pay."""
    await session.execute(
        update(GatewayCall)
        .where(GatewayCall.request_id == request.id, GatewayCall.answered_at.is_(None))
        .values(answered_at=clock.now())
    )


async def call_off_soon(session: AsyncSession, transactions: Sequence[TransactionItem]) -> None:
    """Payments that were begun are not needed any more: nobody shall pay them in a forgotten window."""
    idle = [one.id for one in transactions if not covered_minor(one)]
    if idle:
        await session.execute(
            update(GatewayCall)
            .where(GatewayCall.transaction_id.in_(idle), GatewayCall.answered_at.is_(None))
            .values(calls_off=True, due_at=clock.now())
        )


async def call_off_others(session: AsyncSession, checkout_id: UUID) -> None:
    """A locked checkout is covered: what was begun in other windows is not needed any more."""
    found = await session.scalars(select(TransactionItem).where(TransactionItem.checkout_id == checkout_id))
    await call_off_soon(session, found.all())


async def bring_forward(session: AsyncSession, transaction: TransactionItem) -> None:
    """A payment's actions whose answers were lost are found out at once: something has become known of it."""
    waiting = await session.scalars(
        select(GatewayCall.id)
        .join(TransactionEvent, TransactionEvent.id == GatewayCall.request_id)
        .where(
            GatewayCall.transaction_id == transaction.id,
            GatewayCall.answered_at.is_(None),
            TransactionEvent.counts,
            TransactionEvent.psp_reference.startswith(str(transaction.token)),
        )
    )
    for key in waiting.all():
        await enqueue(session, FIND_OUT, queueing_lock=f"find_out:{key}", call_id=key)


async def is_unknown(session: AsyncSession, transaction: TransactionItem, kind: TransactionEventType) -> bool:
    """Whether nobody knows yet what came of the same request: asked for anew, money could move twice.

    What the payment was begun with is no such request: what is promised by now can be charged.
    """
    begun = select(func.min(TransactionEvent.id)).where(TransactionEvent.transaction_id == transaction.id)
    unknown = await session.scalar(
        select(GatewayCall.id)
        .join(TransactionEvent, TransactionEvent.id == GatewayCall.request_id)
        .where(
            GatewayCall.transaction_id == transaction.id,
            GatewayCall.answered_at.is_(None),
            TransactionEvent.type == kind,
            TransactionEvent.id != begun.scalar_subquery(),
        )
        .limit(1)
    )
    return unknown is not None


def put_off(call: GatewayCall) -> None:
    """Ask again, later each time."""
    call.tries += 1
    call.due_at = clock.now() + min(timedelta(minutes=2**call.tries), LONGEST_WAIT)


def is_given_up(call: GatewayCall, now: datetime) -> bool:
    return call.asked_at + GIVEN_UP_AFTER <= now
