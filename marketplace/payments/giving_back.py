"""A job gives back what an order's payments have too much of: see `surplus.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.content.reasons import Why
from marketplace.kit import clock
from marketplace.kit.database import Database
from marketplace.kit.errors import DomainError
from marketplace.kit.jobs import enqueue
from marketplace.kit.settings import Settings
from marketplace.orders.models import Order
from marketplace.payments.actions import KINDS, Action, ask_for_action
from marketplace.payments.asked import Asked
from marketplace.payments.finding_out import put
from marketplace.payments.gateways.known import outside_gateways
from marketplace.payments.models import TransactionAction, TransactionEvent, TransactionItem
from marketplace.payments.surplus import GIVE_BACK, NOT_SOLD, to_be_paid_minor

WHY = "The order is paid for already: this was too much."
MOST_TRIES = 5
"""Of one payment."""
REST = timedelta(hours=6)
"""Before it is looked whether it did go back, and tried once more."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Step:
    token: UUID
    kind: TransactionAction
    amount_minor: int


async def give_back(
    database: Database, settings: Settings, order_id: UUID, token: UUID, most_minor: int
) -> None:
    """Call off, or pay back, what is too much. Done twice, nothing goes back twice: what is on its way back
    is too much no longer.
    """
    tried: dict[UUID, int] = {}
    while (asked := await _ask_next(database, settings, order_id, token, most_minor, tried)) is not None:
        await put(database, asked)
    if tried:  # A bank may send it back, or nobody was there.
        async with database.transaction() as session:
            await enqueue(
                session,
                GIVE_BACK,
                run_at=clock.now() + REST,
                lock=f"surplus:{order_id}",
                order_id=order_id,
                token=token,
                most_minor=most_minor,
            )


async def _ask_next(
    database: Database,
    settings: Settings,
    order_id: UUID,
    token: UUID,
    most_minor: int,
    tried: dict[UUID, int],
) -> Asked | None:
    while True:
        async with database.transaction() as session:
            step = await _next(session, settings, order_id, token, most_minor, tried)
            if step is None:
                return None
            tried[step.token] = step.amount_minor
            try:
                return await ask_for_action(
                    session, settings, step.token, Action(step.kind, step.amount_minor, Why(WHY))
                )
            except DomainError as refused:
                log.warning("what is too much can't be given back", order=str(order_id), why=str(refused))


async def _next(
    session: AsyncSession,
    settings: Settings,
    order_id: UUID,
    token: UUID,
    most_minor: int,
    tried: dict[UUID, int],
) -> _Step | None:
    """What is to be given back next, the order locked. Promises first: calling them off moves no money. One
    of which a part is needed stays: no more than that part will be charged.
    """
    order = await session.get(Order, order_id, with_for_update={"key_share": True}, populate_existing=True)
    if order is None:
        return None
    payments = await _payments(session, order_id, token)
    if order.status in NOT_SOLD:  # The others are for staff to decide.
        payments = [one for one in payments if one.token == token]
    surplus = sum(one.authorized_minor + one.charged_minor for one in payments) - to_be_paid_minor(order)
    left = min(surplus, most_minor - sum(tried.values()))  # What could not go back now is tried later.
    ours = outside_gateways(settings)
    untried = [
        one for one in payments if one.app_id is None and one.gateway in ours and one.token not in tried
    ]
    for one in untried:
        if 0 < one.authorized_minor <= left and await _may_be_tried(session, one, TransactionAction.CANCEL):
            return _Step(one.token, TransactionAction.CANCEL, one.authorized_minor)
    for one in untried:
        amount = min(one.charged_minor, left)
        if amount > 0 and await _may_be_tried(session, one, TransactionAction.REFUND):
            return _Step(one.token, TransactionAction.REFUND, amount)
    return None


async def _payments(session: AsyncSession, order_id: UUID, token: UUID) -> Sequence[TransactionItem]:
    """Of an order: the one that was too much, then the others, newest first."""
    found = await session.scalars(
        select(TransactionItem)
        .where(TransactionItem.order_id == order_id)
        .order_by(TransactionItem.token != token, TransactionItem.id.desc()),
        execution_options={"populate_existing": True},
    )
    return found.all()


async def _may_be_tried(session: AsyncSession, payment: TransactionItem, kind: TransactionAction) -> bool:
    tries = await session.scalar(
        select(func.count()).where(
            TransactionEvent.transaction_id == payment.id,
            TransactionEvent.type == KINDS[kind],
            TransactionEvent.message == WHY,
        )
    )
    return (tries or 0) < MOST_TRIES
