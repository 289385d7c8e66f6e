"""Money for which nobody gets anything is given back: of checkouts that nobody completes, where a channel
wants it so, of those that are gone, and what was paid twice. What is promised is called off, what was paid is
paid back, by whoever carries the payment out.
"""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Interval, Select, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from marketplace.checkout.models import Checkout
from marketplace.kit import clock
from marketplace.kit.database import Database
from marketplace.kit.errors import DomainError
from marketplace.kit.jobs import enqueue
from marketplace.kit.settings import Settings
from marketplace.markets.models import Channel
from marketplace.orders.models import Order
from marketplace.payments.actions import Action, ask_for_action
from marketplace.payments.covering import RELEASE
from marketplace.payments.finding_out import put
from marketplace.payments.gateways.known import outside_gateways
from marketplace.payments.models import TransactionAction, TransactionEvent, TransactionItem
from marketplace.payments.models import TransactionEventType as Type

HOUR = literal(timedelta(hours=1), Interval())
AT_ONCE = 200
"""Payments that are found due at a time; the rest is found the next time."""
MOST_TRIES = 5
REST = timedelta(hours=6)
"""Before it is tried once more, after it could not be given back."""
_ASKED = {TransactionAction.CANCEL: Type.CANCEL_REQUEST, TransactionAction.REFUND: Type.REFUND_REQUEST}

_WAIT = Channel.release_funds_after_hours * HOUR

log = structlog.get_logger(__name__)


async def queue_due(session: AsyncSession, settings: Settings) -> int:
    """Have payments given back that are due, each by a job of its own; gives how many."""
    now = clock.now()
    due = await session.scalars(
        _due(settings, now).where(TransactionItem.updated_at <= literal(now) - _WAIT).limit(AT_ONCE)
    )
    tokens = [*due.all(), *(await session.scalars(_of_nothing(settings, now))).all()]
    for token in tokens:
        await enqueue(session, RELEASE, queueing_lock=f"release:{token}", token=token)
    return len(tokens)


async def release(database: Database, settings: Settings, token: UUID) -> None:
    """Give a payment back, if it still is due. The checkout stays, and can be paid anew."""
    for kind in _ASKED:
        async with database.transaction() as session:
            this = TransactionItem.token == token, _amount_of(kind) > 0
            reasons = (each(settings, clock.now()).where(*this) for each in (_due, _of_nothing, _second))
            if not [each for each in reasons if await session.scalar(each) is not None]:
                continue
            try:
                asked = await ask_for_action(session, settings, token, Action(kind))
            except DomainError as refused:
                log.warning("a payment can't be given back", token=str(token), why=str(refused))
                continue
        await put(database, asked)


def _due(settings: Settings, now: datetime) -> Select[UUID]:
    """Payments that somebody outside holds for checkouts which have not changed for as long as their channel
    waits. One that could not be given back is tried again some hours later, a few times.
    """
    return (
        select(TransactionItem.token)
        .join(Checkout, Checkout.id == TransactionItem.checkout_id)
        .join(Channel, Channel.id == Checkout.channel_id)
        .where(
            Channel.release_funds_for_expired_checkouts,
            or_(
                Channel.release_funds_cut_off_date.is_(None),
                Checkout.created_at >= Channel.release_funds_cut_off_date,
            ),
            or_(TransactionItem.app_id.is_not(None), _is_of_house(settings)),
            Checkout.updated_at <= literal(now) - _WAIT,
            *_can_be_given_back(now),
        )
        .order_by(TransactionItem.id)
    )


def _of_nothing(settings: Settings, now: datetime) -> Select[UUID]:
    """Payments that were made for a checkout which is gone: nobody can have anything for them."""
    return (
        select(TransactionItem.token)
        .where(
            TransactionItem.order_id.is_(None),
            TransactionItem.checkout_id.is_(None),
            TransactionItem.app_id.is_(None),
            _is_of_house(settings),
            *_can_be_given_back(now),
        )
        .order_by(TransactionItem.id)
        .limit(AT_ONCE)
    )


def _second(settings: Settings, now: datetime) -> Select[UUID]:
    """Payments of orders that are covered without them."""
    other = aliased(TransactionItem)
    covered = (
        select(func.sum(other.authorized_minor + other.charged_minor))
        .where(other.order_id == Order.id, other.id != TransactionItem.id)
        .correlate(Order, TransactionItem)
        .scalar_subquery()
    )
    return (
        select(TransactionItem.token)
        .join(Order, Order.id == TransactionItem.order_id)
        .where(
            TransactionItem.app_id.is_(None),
            _is_of_house(settings),
            covered >= Order.total_gross_minor,
            *_can_be_given_back(now),
        )
    )


def _is_of_house(settings: Settings) -> ColumnElement[bool]:
    return TransactionItem.gateway.in_(list(outside_gateways(settings)))


def _can_be_given_back(now: datetime) -> tuple[ColumnElement[bool], ...]:
    request = aliased(TransactionEvent)
    tries = (
        select(func.count())
        .where(request.transaction_id == TransactionItem.id, request.type.in_(_ASKED.values()))
        .correlate(TransactionItem)
    )
    return (
        TransactionItem.authorized_minor + TransactionItem.charged_minor > 0,
        tries.scalar_subquery() < MOST_TRIES,
        tries.where(request.created_at > now - REST).scalar_subquery() == 0,
    )


def _amount_of(kind: TransactionAction) -> ColumnElement[int]:
    """What can be given back in this way."""
    amounts = {
        TransactionAction.CANCEL: TransactionItem.authorized_minor,
        TransactionAction.REFUND: TransactionItem.charged_minor,
    }
    return amounts[kind].expression
