"""A seller's parcel: packed and handed over, delivered, or refused at the door."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.inventory.allocations import Taken, consume, restock
from marketplace.kit import clock
from marketplace.kit.errors import InvalidError
from marketplace.kit.events import publish
from marketplace.orders.errors import FulfillQuantityError, NothingToFulfillError, VendorOrderStatusError
from marketplace.orders.events import VendorOrderDelivered, VendorOrderRefused
from marketplace.orders.locks import lines_of, lock_part, refresh_status
from marketplace.orders.models import (
    Fulfillment,
    FulfillmentLine,
    FulfillmentStatus,
    OrderLine,
    OrderStatus,
    VendorOrder,
    VendorOrderStatus,
)
from marketplace.orders.parcels import note, note_parcel, note_tracking, tell_of_parcels, write_parcel
from marketplace.orders.parts import refresh_parts
from marketplace.orders.rules import check_paid, fulfilment_rules

WITHDRAWAL_DAYS = 7
"""From the day on which the buyer received it (law 31-08)."""
NEW_STATUS = {True: FulfillmentStatus.FULFILLED, False: FulfillmentStatus.WAITING_FOR_APPROVAL}
"""Of a new parcel, by whether parcels need no approval."""


async def fulfil(
    session: AsyncSession,
    vendor_order_id: UUID,
    quantities: Mapping[UUID, int] | None = None,
    *,
    tracking_number: str = "",
    notify: bool = True,
    user_id: int | None = None,
) -> Fulfillment:
    """Hand pieces to the carrier, from wherever they lie: so many of each order line, or all that is left.

    They leave the shelf, unless the shop wants parcels approved first. Raises NotFoundError,
    NothingToFulfillError, FulfillQuantityError, UnpaidOrderError.
    """
    order, part = await lock_part(session, vendor_order_id)
    if order.status is OrderStatus.UNCONFIRMED:
        raise NothingToFulfillError("This order has to be confirmed first.", field="id")
    lines = {line.id: line for line in await lines_of(session, part)}
    leaving = _leaving(part, lines, quantities)
    rules = await fulfilment_rules(session)
    if rules.auto_approve and not rules.allow_unpaid:
        await check_paid(session, order)
    if rules.auto_approve:
        taken = await consume(session, leaving)
    else:
        taken = [Taken(line_id, None, quantity) for line_id, quantity in leaving.items()]
    now = clock.now()
    parcel = await write_parcel(
        session,
        order,
        part,
        taken,
        now,
        tracking_number=tracking_number,
        status=NEW_STATUS[rules.auto_approve],
    )
    for line_id, quantity in leaving.items():
        lines[line_id].quantity_fulfilled += quantity
    note_parcel(session, part, parcel, sum(leaving.values()), user_id)
    if parcel.tracking_number:
        note_tracking(session, order, part, parcel, user_id)
    await refresh_parts(session, order, [part], now)
    await tell_of_parcels(session, order, [parcel], user_id, notify=notify)
    return parcel


async def deliver(
    session: AsyncSession,
    vendor_order_id: UUID,
    *,
    delivered_at: datetime | None = None,
    user_id: int | None = None,
) -> VendorOrder:
    """The carrier confirms: the buyer has the parcel. Told twice, it is so once.

    From then on the buyer has seven days to withdraw. Raises NotFoundError, VendorOrderStatusError, and
    InvalidError for a moment before it was handed over, or one that is still to come.
    """
    order, part = await lock_part(session, vendor_order_id)
    if part.status is VendorOrderStatus.DELIVERED:
        return part
    _must_be_on_its_way(part)
    now = clock.now()
    at = delivered_at or now
    if at > now or (part.shipped_at is not None and at < part.shipped_at):
        raise InvalidError(
            "It can't have been delivered then: say when, between handing over and now.", field="deliveredAt"
        )
    part.status = VendorOrderStatus.DELIVERED
    part.delivered_at = at
    part.withdrawal_ends_at = at + timedelta(days=WITHDRAWAL_DAYS)
    await session.execute(
        update(Fulfillment)
        .where(Fulfillment.vendor_order_id == part.id, Fulfillment.status == FulfillmentStatus.FULFILLED)
        .values(delivered_at=at, updated_at=now),
        execution_options={"synchronize_session": False},
    )
    note(session, part, "OTHER", user_id, what="delivered")
    await refresh_status(session, order)
    await publish(session, VendorOrderDelivered(part.id))
    return part


async def refuse(session: AsyncSession, vendor_order_id: UUID, *, user_id: int | None = None) -> VendorOrder:
    """The buyer did not take the parcel: its pieces come back onto the shelf, and nothing is paid for it.

    Told twice, it is so once. Raises NotFoundError, VendorOrderStatusError.
    """
    order, part = await lock_part(session, vendor_order_id)
    if part.status is VendorOrderStatus.REFUSED:
        return part
    _must_be_on_its_way(part)
    sent = await session.execute(
        select(FulfillmentLine.order_line_id, FulfillmentLine.stock_id, func.sum(FulfillmentLine.quantity))
        .join(FulfillmentLine.fulfillment)
        .where(Fulfillment.vendor_order_id == part.id, Fulfillment.status == FulfillmentStatus.FULFILLED)
        .group_by(FulfillmentLine.order_line_id, FulfillmentLine.stock_id)
    )
    await restock(session, [Taken(line_id, stock_id, int(quantity)) for line_id, stock_id, quantity in sent])
    await session.execute(
        update(Fulfillment)
        .where(Fulfillment.vendor_order_id == part.id, Fulfillment.status == FulfillmentStatus.FULFILLED)
        .values(status=FulfillmentStatus.RETURNED, updated_at=clock.now()),
        execution_options={"synchronize_session": False},
    )
    part.status = VendorOrderStatus.REFUSED
    note(session, part, "FULFILLMENT_RETURNED", user_id, what="refused")
    await refresh_status(session, order)
    await publish(session, VendorOrderRefused(part.id))
    return part


def _must_be_on_its_way(part: VendorOrder) -> None:
    if part.status is not VendorOrderStatus.FULFILLED:
        raise VendorOrderStatusError(
            f"Only a parcel that the carrier has can arrive; this one is {part.status.lower()}.", field="id"
        )


def _leaving(
    part: VendorOrder, lines: Mapping[UUID, OrderLine], quantities: Mapping[UUID, int] | None
) -> dict[UUID, int]:
    """What leaves, checked against what is left."""
    left = {line.id: line.quantity - line.quantity_fulfilled for line in lines.values()}
    if part.status not in {VendorOrderStatus.UNFULFILLED, VendorOrderStatus.PARTIALLY_FULFILLED}:
        raise NothingToFulfillError(
            f"Nothing of it is left to hand over: it is {part.status.lower()}.", field="id"
        )
    if quantities is None:
        return {line_id: quantity for line_id, quantity in left.items() if quantity}
    if any(quantity < 0 for quantity in quantities.values()) or not any(quantities.values()):
        raise FulfillQuantityError("At least one piece, please.", field="lines")
    excessive = [line_id for line_id, quantity in quantities.items() if quantity > left.get(line_id, 0)]
    if excessive:
        raise NothingToFulfillError("So many pieces are not left to hand over.", field="lines")
    return {line_id: quantity for line_id, quantity in quantities.items() if quantity}
