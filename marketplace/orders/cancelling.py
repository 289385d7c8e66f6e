"""Calling off what has not left yet: one seller's part of an order, or the whole of it."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.inventory.allocations import lock_sold, release
from marketplace.kit.announcements import announce
from marketplace.kit.events import publish
from marketplace.orders.errors import CannotCancelOrderError, VendorOrderStatusError
from marketplace.orders.events import VendorOrderCanceled
from marketplace.orders.letters import OrderLetter, write_to_buyer
from marketplace.orders.locks import (
    line_ids_of,
    lines_of,
    lock_part,
    lock_whole,
    pieces_of,
    refresh_status,
)
from marketplace.orders.models import Order, OrderEvent, OrderStatus, VendorOrder, VendorOrderStatus
from marketplace.orders.owing import OVER, owed_minor
from marketplace.orders.parcels import note
from marketplace.orders.status import Pieces

__all__ = ["OVER", "cancel_order", "cancel_part", "owed_minor"]

NEVER_PLACED = frozenset({OrderStatus.DRAFT, OrderStatus.EXPIRED})


async def cancel_part(
    session: AsyncSession, vendor_order_id: UUID, *, user_id: int | None = None
) -> VendorOrder:
    """Call off one seller's part; its pieces are for sale again. Told twice, it is so once.

    Raises NotFoundError, and VendorOrderStatusError where something of it has left.
    """
    order, part = await lock_part(session, vendor_order_id)
    if part.status is VendorOrderStatus.CANCELED:
        return part
    if not _has_all(part, await pieces_of(session, order.id)):
        raise VendorOrderStatusError("Something of it has left already.", field="id")
    await _call_off(session, part, user_id)
    await refresh_status(session, order)
    if order.status is OrderStatus.CANCELED:
        await tell_of_cancelling(session, order, user_id)
    await publish(session, VendorOrderCanceled(part.id))
    return part


async def cancel_order(session: AsyncSession, order_id: UUID, *, user_id: int | None = None) -> Order:
    """Call off a whole order. Raises NotFoundError, and CannotCancelOrderError where something has left or
    nothing is left to call off.
    """
    order, parts = await lock_whole(session, order_id)
    standing = [part for part in parts if part.status not in OVER]
    pieces = await pieces_of(session, order.id)
    if not standing or order.status in NEVER_PLACED or not all(_has_all(part, pieces) for part in standing):
        raise CannotCancelOrderError("This order can't be called off any more.", field="order")
    await lock_sold(session, await line_ids_of(session, order.id))
    for part in standing:
        await _call_off(session, part, user_id)
    await refresh_status(session, order)
    await tell_of_cancelling(session, order, user_id)
    for part in standing:
        await publish(session, VendorOrderCanceled(part.id))
    return order


async def tell_of_cancelling(session: AsyncSession, order: Order, user_id: int | None) -> None:
    """Write it into the order's history, and to the buyer; announce it."""
    session.add(OrderEvent(order_id=order.id, type="CANCELED", user_id=user_id))
    await session.flush()
    await announce(session, "ORDER_CANCELLED", order)
    await announce(session, "ORDER_UPDATED", order)
    await write_to_buyer(session, order, OrderLetter.ORDER_CANCELED, user_id)


def _has_all(part: VendorOrder, pieces: Mapping[UUID, Pieces]) -> bool:
    """Whether nothing of it is with anybody, or about to leave."""
    is_open = part.status in {VendorOrderStatus.UNFULFILLED, VendorOrderStatus.PARTIALLY_FULFILLED}
    its = pieces.get(part.id, Pieces())
    return is_open and not its.away and not its.waiting


async def _call_off(session: AsyncSession, part: VendorOrder, user_id: int | None) -> None:
    lines = await lines_of(session, part)
    await release(session, [line.id for line in lines])
    part.status = VendorOrderStatus.CANCELED
    note(session, part, "FULFILLMENT_RESTOCKED_ITEMS", user_id, what="canceled")
