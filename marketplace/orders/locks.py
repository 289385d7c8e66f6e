"""Taking hold of an order's parts. The order itself is always locked first, then its vendor orders."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, and_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import NotFoundError
from marketplace.orders.models import (
    Fulfillment,
    FulfillmentLine,
    FulfillmentStatus,
    Order,
    OrderLine,
    OrderStatus,
    VendorOrder,
)
from marketplace.orders.status import Pieces, status_of_pieces

FRESH = {"populate_existing": True}


async def lock_part(session: AsyncSession, vendor_order_id: UUID) -> tuple[Order, VendorOrder]:
    """A vendor order and its order, both locked. Raises NotFoundError."""
    order_id = select(VendorOrder.order_id).where(VendorOrder.id == vendor_order_id).scalar_subquery()
    order = await session.scalar(
        select(Order).where(Order.id == order_id).with_for_update(key_share=True), execution_options=FRESH
    )
    if order is None:
        raise NotFoundError("There is no such vendor order.", field="id")
    part = await session.scalar(
        select(VendorOrder).where(VendorOrder.id == vendor_order_id).with_for_update(key_share=True),
        execution_options=FRESH,
    )
    if part is None:
        raise NotFoundError("There is no such vendor order.", field="id")
    return order, part


async def lock_whole(session: AsyncSession, order_id: UUID) -> tuple[Order, list[VendorOrder]]:
    """An order and all its vendor orders, locked. Raises NotFoundError."""
    order = await session.scalar(
        select(Order).where(Order.id == order_id).with_for_update(key_share=True), execution_options=FRESH
    )
    if order is None:
        raise NotFoundError("There is no such order.", field="id")
    parts = await session.scalars(
        select(VendorOrder)
        .where(VendorOrder.order_id == order_id)
        .order_by(VendorOrder.position)
        .with_for_update(key_share=True),
        execution_options=FRESH,
    )
    return order, list(parts)


async def lines_of(session: AsyncSession, part: VendorOrder) -> list[OrderLine]:
    """A locked vendor order's lines, read afresh."""
    lines = await session.scalars(
        select(OrderLine).where(OrderLine.vendor_order_id == part.id).order_by(OrderLine.position),
        execution_options=FRESH,
    )
    return list(lines)


async def line_ids_of(session: AsyncSession, order_id: UUID) -> list[UUID]:
    """The keys of all lines of an order, whoever sells them."""
    return list(await session.scalars(select(OrderLine.id).where(OrderLine.order_id == order_id)))


_RETURNED = (FulfillmentStatus.RETURNED, FulfillmentStatus.REFUNDED_AND_RETURNED)
_AWAY = (FulfillmentStatus.FULFILLED, FulfillmentStatus.REFUNDED)
_BACK = (*_RETURNED, FulfillmentStatus.REPLACED)


async def pieces_of(session: AsyncSession, order_id: UUID) -> dict[UUID, Pieces]:
    """Where the pieces of an order are, by vendor order. One statement."""
    await session.flush()
    rows = await session.execute(_pieces_by_part(), {"order_id": order_id})
    return {part_id: Pieces(*(int(each) for each in counts)) for part_id, *counts in rows}


@cache
def _pieces_by_part() -> Select[Any]:
    """Put together once: every step of an order asks it, and putting it together takes longer than it."""
    status, has_left = Fulfillment.status, FulfillmentLine.has_left.is_(True)
    order_id = bindparam("order_id", type_=Uuid)

    def count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(FulfillmentLine.quantity).filter(and_(*conditions)), 0)

    packed = (
        select(
            OrderLine.vendor_order_id.label("part_id"),
            count(status == FulfillmentStatus.WAITING_FOR_APPROVAL).label("waiting"),
            count(status.in_(_AWAY), has_left).label("away"),
            count(status.in_(_BACK), has_left).label("back"),
            count(status != FulfillmentStatus.CANCELED, FulfillmentLine.has_left.is_(False)).label(
                "withdrawn"
            ),
            count(status.in_(_RETURNED)).label("returned"),
            count(status == FulfillmentStatus.REPLACED).label("replaced"),
        )
        .select_from(FulfillmentLine)
        .join(Fulfillment, Fulfillment.id == FulfillmentLine.fulfillment_id)
        .join(OrderLine, OrderLine.id == FulfillmentLine.order_line_id)
        .where(Fulfillment.order_id == order_id)
        .group_by(OrderLine.vendor_order_id)
        .subquery()
    )
    names = ("waiting", "away", "back", "withdrawn", "returned", "replaced")
    ordered = (
        select(
            OrderLine.vendor_order_id.label("part_id"),
            func.sum(OrderLine.quantity).label("ordered"),
            func.sum(OrderLine.quantity_fulfilled).label("in_parcels"),
        )
        .where(OrderLine.order_id == order_id)
        .group_by(OrderLine.vendor_order_id)
        .subquery()
    )
    return select(
        ordered.c.part_id,
        ordered.c.ordered,
        ordered.c.in_parcels,
        *[func.coalesce(packed.c[name], 0) for name in names],
    ).outerjoin(packed, packed.c.part_id == ordered.c.part_id)


async def refresh_status(session: AsyncSession, order: Order) -> None:
    """Write the status that the parts of a locked order make. One that is to be confirmed waits on."""
    pieces = await pieces_of(session, order.id)
    parts = await session.execute(
        select(VendorOrder.id, VendorOrder.status).where(VendorOrder.order_id == order.id)
    )
    found = status_of_pieces([(status, pieces.get(part_id, Pieces())) for part_id, status in parts])
    waits = order.status is OrderStatus.UNCONFIRMED and found is OrderStatus.UNFULFILLED
    order.status = order.status if found is None or waits else found
    order.updated_at = clock.now()
    await session.flush()
