"""A transaction in hand: what it pays for is locked, and follows what becomes of it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.models import Checkout
from marketplace.kit.announcements import announce
from marketplace.kit.errors import NotFoundError
from marketplace.kit.events import publish
from marketplace.orders.models import Order
from marketplace.payments.covering import Cover, cover_of, tell_of_cover
from marketplace.payments.events import OrderPaymentsFollowed
from marketplace.payments.lost import call_off_others
from marketplace.payments.models import TransactionItem
from marketplace.payments.surplus import Taken, give_back_later
from marketplace.payments.transactions import refresh_order

ATTEMPTS = 3


@dataclass(slots=True)
class Held:
    """A transaction and what it pays for, as they were when they were locked. Made by `hold`."""

    transaction: TransactionItem
    taken: Taken
    checkout: Checkout | None = None
    order: Order | None = None
    cover: Cover | None = None
    refunded_minor: int = 0


async def hold(session: AsyncSession, token: UUID) -> Held:
    """Lock a transaction, and before it the checkout or order that it pays for. Raises NotFoundError.

    A checkout may become an order while its lock is waited for: then it is the order that is locked.
    """
    for _ in range(ATTEMPTS):
        found = await session.execute(
            select(TransactionItem.checkout_id, TransactionItem.order_id).where(
                TransactionItem.token == token
            )
        )
        row = found.one_or_none()
        if row is None:
            break
        checkout_id, order_id = row
        checkout = await _locked(session, Checkout, checkout_id)
        order = await _locked(session, Order, order_id)
        transaction = await session.scalar(
            select(TransactionItem).where(TransactionItem.token == token).with_for_update(),
            execution_options={"populate_existing": True},
        )
        if transaction is not None and (transaction.checkout_id, transaction.order_id) == (
            checkout_id,
            order_id,
        ):
            cover = None if checkout is None else await cover_of(session, checkout)
            refunded = 0 if order is None else order.total_refunded_minor
            return Held(transaction, Taken.of(transaction), checkout, order, cover, refunded)
    raise NotFoundError("There is no such payment.", field="id")


async def _locked(session: AsyncSession, model: type[Any], key: UUID | None) -> Any:
    if key is None:
        return None
    return await session.scalar(
        select(model).where(model.id == key).with_for_update(key_share=True),
        execution_options={"populate_existing": True},
    )


async def follow(session: AsyncSession, held: Held) -> None:
    """Write what an order's payments come to now, and tell of what they have brought it or a checkout to."""
    if held.order is not None:
        order = held.order
        await refresh_order(session, order)
        await give_back_later(session, order, held.transaction, held.taken)
        await announce(session, "ORDER_UPDATED", order)
        if order.total_refunded_minor > held.refunded_minor:
            await announce(session, "ORDER_REFUNDED", order)
            if held.refunded_minor < order.total_gross_minor <= order.total_refunded_minor:
                await announce(session, "ORDER_FULLY_REFUNDED", order)
        await publish(session, OrderPaymentsFollowed(order.id))
    if held.checkout is not None and held.cover is not None:
        total, after = held.checkout.total_gross_minor, await cover_of(session, held.checkout)
        await tell_of_cover(session, held.checkout, total, held.cover, after)
        if held.cover.promised_minor < total <= after.promised_minor:
            await call_off_others(session, held.checkout.id)
