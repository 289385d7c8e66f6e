"""What a buyer has to pay for an order besides gift cards. The one place that says it."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from marketplace.orders.models import Order, OrderLine, VendorOrder, VendorOrderStatus
from marketplace.orders.refunds import GrantedRefund, GrantedRefundLine, PartRefund

OVER = frozenset({VendorOrderStatus.CANCELED, VendorOrderStatus.REFUSED, VendorOrderStatus.RETURNED})


async def owed_minor(session: AsyncSession, order: Order) -> int:
    """As `owed_of` says it of a row."""
    given: dict[str, UUID] = {"order_id": order.id}
    return int(await session.scalar(_owed_of_one(), given) or 0)


@cache
def _owed_of_one() -> Select[Any]:
    """Put together once: every step of a payment asks it, and putting it together takes longer than it."""
    row = aliased(Order)
    return select(owed_of(row)).where(row.id == bindparam("order_id", type_=Uuid))


def owed_of(order: Any) -> ColumnElement[int]:
    """All of an order, less what was called off, refused or returned, less what is not asked for at the door
    any more, and less the refunds that staff have granted. Nothing is taken off twice.
    """
    given_up, spared = _given_up(order), _spared(order)
    return func.greatest(order.total_gross_minor - given_up - spared - granted_elsewhere(order), 0)


def _given_up(order: Any) -> ColumnElement[int]:
    part = aliased(VendorOrder)
    return (
        select(func.coalesce(func.sum(part.total_gross_minor - part.gift_card_minor), 0))
        .where(part.order_id == order.id, part.status.in_(OVER))
        .correlate_except(part)
        .scalar_subquery()
    )


def _spared(order: Any) -> ColumnElement[int]:
    """What carriers ask less for parts that stand."""
    part, refund = aliased(VendorOrder), aliased(PartRefund)
    return (
        select(func.coalesce(func.sum(refund.goods_minor + refund.shipping_minor), 0))
        .select_from(part)
        .join(refund, refund.vendor_order_id == part.id)
        .where(part.order_id == order.id, part.status.not_in(OVER), refund.was_paid.is_(False))
        .correlate_except(part, refund)
        .scalar_subquery()
    )


def granted_elsewhere(order: Any) -> ColumnElement[int]:
    """What is granted, apart from lines of parts of which nothing is owed anyway."""
    grant, line, order_line, part = (
        aliased(GrantedRefund),
        aliased(GrantedRefundLine),
        aliased(OrderLine),
        aliased(VendorOrder),
    )
    of_given_up = (
        select(func.coalesce(func.sum(order_line.total_gross_minor * line.quantity / order_line.quantity), 0))
        .select_from(line)
        .join(order_line, order_line.id == line.order_line_id)
        .join(part, part.id == order_line.vendor_order_id)
        .where(line.granted_refund_id == grant.id, part.status.in_(OVER))
        .correlate_except(line, order_line, part)
        .scalar_subquery()
    )
    return (
        select(func.coalesce(func.sum(func.greatest(grant.amount_minor - of_given_up, 0)), 0))
        .where(grant.order_id == order.id)
        .correlate_except(grant)
        .scalar_subquery()
    )
