"""Sellers' parts of an order once pieces of them have moved: their status, and what other rooms are told."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.events import publish
from marketplace.orders.events import (
    VendorOrderCanceled,
    VendorOrderFulfilled,
    VendorOrderRefused,
    VendorOrderReturned,
)
from marketplace.orders.locks import pieces_of, refresh_status
from marketplace.orders.models import Order, VendorOrder, VendorOrderStatus
from marketplace.orders.status import HANDED_OVER, Pieces, status_of_part

_TOLD = {
    VendorOrderStatus.FULFILLED: VendorOrderFulfilled,
    VendorOrderStatus.CANCELED: VendorOrderCanceled,
    VendorOrderStatus.REFUSED: VendorOrderRefused,
    VendorOrderStatus.RETURNED: VendorOrderReturned,
}


async def refresh_parts(
    session: AsyncSession, order: Order, parts: Iterable[VendorOrder], now: datetime
) -> None:
    """Write the statuses of parts whose pieces have moved, and of their locked order; tell what has changed.

    A part whose last piece was taken back is over: called off, refused, or returned, by how far it had come.
    """
    pieces = await pieces_of(session, order.id)
    changed = []
    for part in parts:
        status = status_of_part(pieces.get(part.id, Pieces()), part.status)
        if status is part.status:
            continue
        part.status, part.updated_at = status, now
        changed.append(part)
        if status is VendorOrderStatus.UNFULFILLED:
            part.shipped_at = None
        elif status in HANDED_OVER or status is VendorOrderStatus.PARTIALLY_FULFILLED:
            part.shipped_at = part.shipped_at or now
    await refresh_status(session, order)
    for part in changed:
        if part.status in _TOLD:
            await publish(session, _TOLD[part.status](part.id))
