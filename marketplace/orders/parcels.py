"""Writing parcels, and what is told of them: the order's history, letters, announcements."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.inventory.allocations import Taken
from marketplace.inventory.models import Stock
from marketplace.kit.announcements import announce
from marketplace.kit.errors import InvalidError
from marketplace.orders.letters import OrderLetter, write_to_buyer
from marketplace.orders.models import (
    Fulfillment,
    FulfillmentLine,
    FulfillmentStatus,
    Order,
    OrderEvent,
    OrderStatus,
    VendorOrder,
)

TRACKING_LENGTH = 255
"""As in Saleor."""


async def write_parcel(
    session: AsyncSession,
    order: Order,
    part: VendorOrder,
    taken: Sequence[Taken],
    now: datetime,
    *,
    tracking_number: str = "",
    status: FulfillmentStatus = FulfillmentStatus.FULFILLED,
    warehouse_id: UUID | None = None,
) -> Fulfillment:
    """A parcel with its pieces; it leaves from where the first of them do, unless a store room is named. The
    caller has locked the order. Raises InvalidError for what is no tracking number.
    """
    tracking_number = checked_tracking(tracking_number)
    if warehouse_id is None:
        warehouse_id = await room_of(session, [piece.stock_id for piece in taken])
    before = await session.scalar(
        select(func.coalesce(func.max(Fulfillment.fulfillment_order), 0)).where(
            Fulfillment.order_id == order.id
        )
    )
    parcel = Fulfillment(
        order_id=order.id,
        vendor_order_id=part.id,
        fulfillment_order=(before or 0) + 1,
        tracking_number=tracking_number,
        status=status,
        warehouse_id=warehouse_id,
        created_at=now,
        updated_at=now,
    )
    session.add(parcel)
    await session.flush()
    if taken:
        await session.execute(
            insert(FulfillmentLine),
            [
                {
                    "fulfillment_id": parcel.id,
                    "order_line_id": piece.line_id,
                    "stock_id": piece.stock_id,
                    "quantity": piece.quantity,
                }
                for piece in taken
            ],
        )
    return parcel


def checked_tracking(number: str) -> str:
    """A tracking number as it is kept. Raises InvalidError."""
    number = number.strip()
    if len(number) > TRACKING_LENGTH:
        raise InvalidError(f"At most {TRACKING_LENGTH} characters, please.", field="trackingNumber")
    return number


async def room_of(session: AsyncSession, stock_ids: Sequence[int | None]) -> UUID | None:
    """The store room of the first of these stocks."""
    counted = [stock_id for stock_id in stock_ids if stock_id is not None]
    if not counted:
        return None
    return await session.scalar(select(Stock.warehouse_id).where(Stock.id == counted[0]))


def composed_id(order: Order, parcel: Fulfillment) -> str:
    """What people call a parcel: `1042-1`."""
    return f"{order.number}-{parcel.fulfillment_order}"


def note(
    session: AsyncSession, part: VendorOrder, event_type: str, user_id: int | None, **parameters: object
) -> None:
    """Write into the order's history what happened to a part of it."""
    session.add(
        OrderEvent(
            order_id=part.order_id,
            vendor_order_id=part.id,
            type=event_type,
            user_id=user_id,
            parameters=parameters,
        )
    )


def note_parcel(
    session: AsyncSession, part: VendorOrder, parcel: Fulfillment, pieces: int, user_id: int | None
) -> None:
    """Write into the order's history that a parcel has left, or waits for approval."""
    waits = parcel.status is FulfillmentStatus.WAITING_FOR_APPROVAL
    note(
        session,
        part,
        "FULFILLMENT_AWAITS_APPROVAL" if waits else "FULFILLMENT_FULFILLED_ITEMS",
        user_id,
        fulfillment_id=parcel.id,
        tracking_number=parcel.tracking_number,
        quantity=pieces,
    )


def note_tracking(
    session: AsyncSession, order: Order, part: VendorOrder, parcel: Fulfillment, user_id: int | None
) -> None:
    note(
        session,
        part,
        "TRACKING_UPDATED",
        user_id,
        message=parcel.tracking_number,
        fulfillment_id=parcel.id,
        composed_id=composed_id(order, parcel),
    )


async def tell_of_parcels(
    session: AsyncSession, order: Order, parcels: Sequence[Fulfillment], user_id: int | None, *, notify: bool
) -> None:
    """Announce new parcels, and write to the buyer of those that have left. The order's status is written."""
    await announce(session, "FULFILLMENT_CREATED", *parcels)
    tracked = [parcel for parcel in parcels if parcel.tracking_number]
    await announce(session, "FULFILLMENT_TRACKING_NUMBER_UPDATED", *tracked)
    left = [parcel for parcel in parcels if parcel.status is FulfillmentStatus.FULFILLED]
    if order.status is OrderStatus.FULFILLED:
        await announce(session, "FULFILLMENT_APPROVED", *left)
        await announce(session, "ORDER_FULFILLED", order)
    await announce(session, "ORDER_UPDATED", order)
    if notify:
        for parcel in left:
            await _confirm(session, order, parcel, user_id)


async def tell_of_approval(
    session: AsyncSession, order: Order, parcel: Fulfillment, user_id: int | None, *, notify: bool
) -> None:
    """Announce that a parcel which waited has left, and write to the buyer. The order's status is written."""
    await announce(session, "FULFILLMENT_APPROVED", parcel)
    if order.status is OrderStatus.FULFILLED:
        await announce(session, "ORDER_FULFILLED", order)
    await announce(session, "ORDER_UPDATED", order)
    if notify:
        await _confirm(session, order, parcel, user_id)


async def _confirm(session: AsyncSession, order: Order, parcel: Fulfillment, user_id: int | None) -> None:
    await write_to_buyer(session, order, OrderLetter.PARCEL_SENT, user_id, about=parcel.id)
