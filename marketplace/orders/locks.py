"""Taking hold of an order's parts. The order itself is always locked first, then its vendor orders."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import NotFoundError
from marketplace.orders.models import Order, OrderLine, OrderStatus, VendorOrder
from marketplace.orders.status import status_of_order

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


async def refresh_status(session: AsyncSession, order: Order) -> None:
    """Write the status that the parts of a locked order make. One that is to be confirmed waits on."""
    await session.flush()
    parts = await session.scalars(select(VendorOrder.status).where(VendorOrder.order_id == order.id))
    status = status_of_order(parts.all())
    if order.status is not OrderStatus.UNCONFIRMED or status is not OrderStatus.UNFULFILLED:
        order.status = status
    order.updated_at = clock.now()
    await session.flush()
