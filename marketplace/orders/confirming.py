"""Staff confirm what a channel does not confirm by itself. Only then do its sellers hear of it."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.app_taxes import lacks_taxes
from marketplace.kit.announcements import announce
from marketplace.kit.errors import InvalidError
from marketplace.kit.events import publish
from marketplace.kit.jobs import enqueue
from marketplace.orders.asking_for_taxes import check_taxes
from marketplace.orders.events import OrderConfirmed
from marketplace.orders.history import note
from marketplace.orders.locks import lock_whole, refresh_status
from marketplace.orders.models import Order, OrderLine, OrderStatus


async def confirm(session: AsyncSession, order_id: UUID, user_id: int | None) -> Order:
    """Confirm an order; its buyer and its sellers are written to. Raises NotFoundError, InvalidError,
    TaxesUnknownError.
    """
    order, parts = await lock_whole(session, order_id)
    if order.status is not OrderStatus.UNCONFIRMED:
        raise InvalidError("This order does not wait to be confirmed.", field="id")
    lines = await session.scalar(select(func.count()).where(OrderLine.order_id == order.id))
    if not lines:
        raise InvalidError("There is nothing in this order.", field="id")
    if lacks_taxes(order.tax_answer):
        await check_taxes(session, order, parts)
    order.status = OrderStatus.UNFULFILLED
    await refresh_status(session, order)
    note(session, order, "CONFIRMED", user_id)
    await session.flush()
    await publish(session, OrderConfirmed(order.id, user_id))
    await enqueue(session, "orders.follow_confirmation", order_id=order.id)
    await announce(session, "ORDER_CONFIRMED", order)
    return order
