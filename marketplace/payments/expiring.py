"""Orders that nobody confirmed or paid expire: their pieces are for sale again. Later they are deleted."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Interval, delete, exists, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.inventory.allocations import lock_sold, release
from marketplace.kit import clock
from marketplace.kit.announcements import announce
from marketplace.kit.events import publish
from marketplace.markets.models import Channel
from marketplace.orders.events import VendorOrderCanceled
from marketplace.orders.locks import line_ids_of, lock_whole
from marketplace.orders.models import Order, OrderEvent, OrderStatus, VendorOrderStatus
from marketplace.payments.models import TransactionItem
from marketplace.pricing.voucher_use import give_back_use

MINUTE, DAY = (literal(each, Interval()) for each in (timedelta(minutes=1), timedelta(days=1)))
BATCH = 100
"""Orders that expire, or are deleted, in one transaction."""


async def expire_due(session: AsyncSession) -> int:
    """Let orders expire whose channel's time is over; gives how many. For a periodic job.

    Those are orders that wait to be confirmed and of which nothing is paid, promised or under way.
    """
    now = clock.now()
    due = await session.scalars(
        select(Order.id)
        .join(Channel, Channel.id == Order.channel_id)
        .where(
            Order.status == OrderStatus.UNCONFIRMED,
            Channel.expire_orders_after_minutes.is_not(None),
            Order.created_at + Channel.expire_orders_after_minutes * MINUTE <= now,
            ~_has_money(),
        )
        .order_by(Order.created_at)
        .limit(BATCH)
    )
    return sum([await _expire(session, order_id, now) for order_id in due.all()])


async def _expire(session: AsyncSession, order_id: UUID, now: datetime) -> bool:
    """Whether it has; it may have been paid or confirmed while we waited for it."""
    order, parts = await lock_whole(session, order_id)
    paid = await session.scalar(select(Order.id).where(Order.id == order_id, _has_money()))
    if order.status is not OrderStatus.UNCONFIRMED or paid is not None:
        return False
    line_ids = await line_ids_of(session, order.id)
    await lock_sold(session, line_ids)
    await release(session, line_ids)
    standing = [part for part in parts if part.status is VendorOrderStatus.UNFULFILLED]
    for part in standing:
        part.status = VendorOrderStatus.CANCELED
    order.status, order.expired_at = OrderStatus.EXPIRED, now
    session.add(OrderEvent(order_id=order.id, type="EXPIRED"))
    if order.voucher_code is not None:
        await give_back_use(session, order.voucher_code, order.user_email)
    await session.flush()
    for part in standing:
        await publish(session, VendorOrderCanceled(part.id))
    await announce(session, "ORDER_EXPIRED", order)
    return True


async def delete_expired(session: AsyncSession) -> int:
    """Delete expired orders that their channel does not keep any longer; gives how many. Those that a gateway
    has told anything of stay.
    """
    due = await session.scalars(
        select(Order.id)
        .join(Channel, Channel.id == Order.channel_id)
        .where(
            Order.status == OrderStatus.EXPIRED,
            Order.expired_at + Channel.delete_expired_orders_after_days * DAY <= clock.now(),
            ~exists().where(TransactionItem.order_id == Order.id),
        )
        .order_by(Order.created_at)
        .limit(BATCH)
        .with_for_update(of=Order, skip_locked=True)
    )
    gone = list(due)
    await session.execute(
        delete(Order).where(Order.id.in_(gone)), execution_options={"synchronize_session": False}
    )
    return len(gone)


def _has_money() -> ColumnElement[bool]:
    """Whether something of an order is paid, promised, or about to be."""
    money = TransactionItem
    amounts = (
        money.authorized_minor
        + money.authorize_pending_minor
        + money.charged_minor
        + money.charge_pending_minor
    )
    return exists().where(money.order_id == Order.id, amounts > 0)
