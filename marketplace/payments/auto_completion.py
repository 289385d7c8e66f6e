"""Checkouts that are paid in full and that their buyers don't complete become orders by themselves, where a
channel wants it so.
"""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import Interval, Select, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.errors import TaxesUnknownError
from marketplace.checkout.models import Checkout
from marketplace.kit import clock
from marketplace.kit.errors import DomainError, Errors
from marketplace.kit.jobs import enqueue
from marketplace.markets.channels import OLDEST_COMPLETED
from marketplace.markets.models import Channel
from marketplace.payments.completion import complete
from marketplace.payments.models import TransactionItem

MINUTE = literal(timedelta(minutes=1), Interval())
AT_ONCE = 500
"""Checkouts that are found due at a time; the rest is found the next time."""

COMPLETE, ASK_FOR_TAXES = "payments.complete_checkout", "payments.ask_for_taxes"

log = structlog.get_logger(__name__)


async def queue_due(session: AsyncSession) -> int:
    """Have those completed that are due, each by a job of its own; gives how many. For a periodic job."""
    due = await session.scalars(_due(clock.now()).limit(AT_ONCE))
    keys = due.all()
    for key in keys:
        await queue(session, key)
    return len(keys)


async def queue(session: AsyncSession, checkout_id: UUID, *, was_asked: bool = False) -> None:
    """Have a checkout completed by a job."""
    await enqueue(
        session,
        COMPLETE,
        queueing_lock=f"complete:{checkout_id}",
        checkout_id=checkout_id,
        was_asked=was_asked,
    )


async def is_due(session: AsyncSession, checkout_id: UUID) -> bool:
    """Whether a checkout is to become an order by itself now."""
    return await session.scalar(_due(clock.now()).where(Checkout.id == checkout_id)) is not None


async def complete_if_due(session: AsyncSession, checkout_id: UUID, *, was_asked: bool = False) -> None:
    """Complete a checkout, if it still is due. What can't be bought as it is waits until it is changed.

    Where an app has to say its taxes first, it is asked, and then it is tried again; `was_asked`: once.
    """
    now = clock.now()
    if not await is_due(session, checkout_id):
        return
    try:
        async with session.begin_nested():
            await complete(session, checkout_id)
    except (DomainError, Errors) as refused:
        if isinstance(refused, TaxesUnknownError) and not was_asked:
            await enqueue(session, ASK_FOR_TAXES, queueing_lock=f"tax:{checkout_id}", checkout_id=checkout_id)
            return
        log.info("a paid checkout can't be completed", checkout_id=str(checkout_id), why=str(refused))
        await session.execute(
            update(Checkout)
            .where(Checkout.id == checkout_id)
            .values(completion_tried_at=now, updated_at=Checkout.updated_at),
            execution_options={"synchronize_session": False},
        )


def _due(now: datetime) -> Select[UUID]:
    """Checkouts that have been paid or promised in full for as long as their channel waits.

    One that could not be completed is tried again once it, or what is paid of it, has changed.
    """
    paid = (
        select(
            TransactionItem.checkout_id.label("checkout_id"),
            func.sum(TransactionItem.authorized_minor + TransactionItem.charged_minor).label("minor"),
            func.max(TransactionItem.updated_at).label("at"),
        )
        .where(TransactionItem.checkout_id.is_not(None))
        .group_by(TransactionItem.checkout_id)
        .subquery("paid")
    )
    delay = func.coalesce(Channel.automatic_completion_delay_minutes, 0) * MINUTE
    return (
        select(Checkout.id)
        .join(paid, paid.c.checkout_id == Checkout.id)
        .join(Channel, Channel.id == Checkout.channel_id)
        .where(
            Channel.is_active,
            Channel.automatically_complete_fully_paid_checkouts,
            Checkout.created_at >= Channel.automatic_completion_cut_off_date,
            Checkout.updated_at >= now - OLDEST_COMPLETED,
            paid.c.minor >= Checkout.total_gross_minor,
            func.greatest(paid.c.at, Checkout.updated_at) + delay <= now,
            or_(
                Checkout.completion_tried_at.is_(None),
                Checkout.completion_tried_at < func.greatest(paid.c.at, Checkout.updated_at),
            ),
        )
        .order_by(Checkout.created_at)
    )
