"""Which orders a requester may see.

Saleor's rule is that whoever knows an order's id, which can't be guessed, may read it: so an anonymous buyer
can come back to it. Lists are narrower. Members of sellers are the exception: of orders that they have not
placed themselves they see their own parts, and nothing else.
"""

from typing import Any

from sqlalchemy import ColumnElement, any_, false, literal, or_, select, true

from marketplace.orders.invoice_models import Invoice
from marketplace.orders.models import (
    Fulfillment,
    FulfillmentLine,
    Order,
    OrderLine,
    OrderStatus,
    VendorOrder,
)
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import of_channels, owned
from marketplace_graphql.kernel.reader.aliases import aliased

STAFF = Permission.MANAGE_ORDERS
NOT_PLACED = (OrderStatus.DRAFT, OrderStatus.UNCONFIRMED)


def order_visible(row: Any, ctx: Any) -> ColumnElement[bool]:
    """A seller's member sees no stranger's order as a whole: it says what others sold."""
    if ctx.requester.is_vendor and not ctx.requester.has(STAFF):
        own: ColumnElement[bool] = row.user_id == ctx.requester.user_id
        return own
    return true()


def knows_buyer(order: Any, ctx: Any) -> ColumnElement[bool]:
    """Whether the requester may read who an order is for: addresses, e-mail, what they wrote.

    A guest has nothing but the order's id to come back with. Who has an account signs in: their orders' ids
    open nothing personal to whoever comes by them.
    """
    if ctx.requester.has(STAFF):
        return true()
    return or_(order.user_id.is_(None), order.user_id == ctx.requester.user_id)


def vendor_order_visible(row: Any, ctx: Any) -> ColumnElement[bool]:
    """To members of sellers: their own sales, and the parts of what they have bought themselves."""
    if ctx.requester.has(STAFF, Permission.MANAGE_PAYOUTS):
        return true()
    if ctx.requester.is_vendor:
        return or_(row.vendor_id == any_(ctx.requester.vendor_ids), bought(row.order_id, ctx))
    return true()


def part_visible(row: Any, ctx: Any) -> ColumnElement[bool]:
    """Lines and fulfilments, with the vendor order they belong to."""
    if ctx.requester.is_vendor and not ctx.requester.has(STAFF):
        return or_(of_own_sale(row.vendor_order_id, ctx), bought(row.order_id, ctx))
    return true()


def of_own_sale(vendor_order_id: Any, ctx: Any) -> ColumnElement[bool]:
    """Whether the requester works for the vendor order's seller."""
    if not ctx.requester.is_vendor:
        return false()
    part = aliased(VendorOrder)
    return (
        select(literal(1))
        .where(part.id == vendor_order_id, part.vendor_id == any_(ctx.requester.vendor_ids))
        .correlate_except(part)
        .exists()
    )


def bought(order_id: Any, ctx: Any) -> ColumnElement[bool]:
    """Whether the requester is the order's buyer."""
    if ctx.requester.is_anonymous:
        return false()
    order = aliased(Order)
    return (
        select(literal(1))
        .where(order.id == order_id, order.user_id == ctx.requester.user_id)
        .correlate_except(order)
        .exists()
    )


@of_channels(Order)
def order_in(row: Any, channel_ids: Any) -> ColumnElement[bool]:
    """Staff who work in some channels only have nothing to do with orders of others, as in Saleor."""
    placed: ColumnElement[bool] = row.channel_id == any_(channel_ids)
    return placed


@of_channels(VendorOrder)
@of_channels(OrderLine)
@of_channels(Fulfillment)
@of_channels(Invoice)
def part_in(row: Any, channel_ids: Any) -> ColumnElement[bool]:
    """A part of an order, with it."""
    order = aliased(Order)
    placed = select(literal(1)).where(order.id == row.order_id, order.channel_id == any_(channel_ids))
    return placed.correlate_except(order).exists()


@owned(VendorOrder)
def own_sale(row: Any, vendor_ids: tuple[int, ...]) -> ColumnElement[bool]:
    own: ColumnElement[bool] = row.vendor_id.in_(vendor_ids)
    return own


@owned(FulfillmentLine)
def in_own_parcel(row: Any, vendor_ids: tuple[int, ...]) -> ColumnElement[bool]:
    """Pieces in a parcel, with the parcel."""
    parcels = (
        select(Fulfillment.id)
        .join(VendorOrder, VendorOrder.id == Fulfillment.vendor_order_id)
        .where(VendorOrder.vendor_id.in_(vendor_ids))
    )
    own: ColumnElement[bool] = row.fulfillment_id.in_(parcels)
    return own


@owned(OrderLine)
@owned(Fulfillment)
def part_of_own_sale(row: Any, vendor_ids: tuple[int, ...]) -> ColumnElement[bool]:
    """A line or a parcel, with its vendor order."""
    sales = select(VendorOrder.id).where(VendorOrder.vendor_id.in_(vendor_ids))
    own: ColumnElement[bool] = row.vendor_order_id.in_(sales)
    return own
