"""Each seller's part of an order: what Saleor lacks."""

from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Integer, Text, any_, cast, func, literal, or_, select, true
from strawberry import ID

from marketplace.orders import models
from marketplace.orders.models import VendorOrderStatus
from marketplace_graphql.catalog.making import too_late
from marketplace_graphql.inputs import DateRangeInput
from marketplace_graphql.kernel import (
    AUTHENTICATED,
    AUTHENTICATED_APP,
    CountableConnection,
    DateTime,
    Filter,
    Node,
    OrderDirection,
    Sorting,
    column,
    connection,
    enum,
    expression,
    input_type,
    never_null,
    node,
    object_type,
    related,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.orders.enums import in_english
from marketplace_graphql.orders.filters import days
from marketplace_graphql.orders.finding import numbered
from marketplace_graphql.orders.lines import Fulfillment, OrderLine
from marketplace_graphql.orders.tracking import ParcelTracking, tracking_of
from marketplace_graphql.orders.visibility import (
    STAFF,
    bought,
    knows_buyer,
    of_own_sale,
    vendor_order_visible,
)
from marketplace_graphql.payments.types import CashCollection
from marketplace_graphql.payouts.breakdown import BreakdownOfVendorOrder
from marketplace_graphql.payouts.fields import EarningOfVendorOrder
from marketplace_graphql.values import TaxedMoney, Weight, taxed_money, weight

if TYPE_CHECKING:
    from marketplace_graphql.orders.types import Order
    from marketplace_graphql.people.types import Address
    from marketplace_graphql.vendors.types import Vendor


def order_of(row: Any, ctx: Any) -> Any:
    """The order that a vendor order is a part of, joined."""
    return ctx.joined(row, models.Order, lambda order: order.id == row.order_id, key="its order")


def _taxed(name: str) -> Any:
    return value(
        lambda row, ctx: taxed_money(
            getattr(row, f"{name}_gross_minor"), getattr(row, f"{name}_net_minor"), row.currency
        )
    )


@node(models.VendorOrder, visible=vendor_order_visible, order_by=lambda row, ctx: row.position)
class VendorOrder(Node, EarningOfVendorOrder, BreakdownOfVendorOrder):
    """One seller's part of an order, with its own parcel, status and earnings."""

    number: str = expression(lambda row, ctx: never_null(vendor_order_number(row, ctx)))
    """What people call it: the order's number and the part's, `1042-1`."""
    status: VendorOrderStatus
    status_display: str = expression(lambda row, ctx: never_null(in_english(row.status)))
    """The status in English."""
    created: DateTime = column("created_at")
    vendor: "Vendor" = related(shown=True)
    order: "Order | None" = related()
    """The whole; a seller sees its own part only."""
    lines: list[OrderLine] = related()
    subtotal: TaxedMoney = _taxed("subtotal")
    """The seller's goods."""
    shipping_price: TaxedMoney = _taxed("shipping")
    """The seller's parcel."""
    total: TaxedMoney = _taxed("total")
    """Goods and parcel."""
    weight: Weight = value(lambda row, ctx: weight(row.weight_grams))
    fulfillments: list[Fulfillment] = related()
    """Parcels that have left."""
    minimum_delivery_days: int | None
    """Days from the order to the door as the buyer was told, time to make it included."""
    maximum_delivery_days: int | None
    exceeds_legal_delivery_time: bool = expression(
        lambda row, ctx: never_null(too_late(row.maximum_delivery_days))
    )
    """Whether the buyer has agreed to more than the thirty days of law 31-08."""
    expected_by: DateTime | None = expression(
        lambda row, ctx: (
            row.created_at + func.make_interval(0, 0, 0, cast(row.maximum_delivery_days, Integer))
        )
    )
    """When it should have arrived, as the buyer was told."""
    tracking: list[ParcelTracking] = value(lambda row, ctx: tracking_of(row))
    """Where its parcels can be followed, once they have left."""
    shipped_at: DateTime | None
    """When the last of it was handed to the carrier."""
    delivered_at: DateTime | None
    """When the buyer received it."""
    withdrawal_ends_at: DateTime | None
    """Until when the buyer may change their mind."""
    shipping_address: "Address | None" = related(
        lambda row, address, ctx: address.id == _for_whom(row, ctx, models.Order.shipping_address_id)
    )
    """Where it goes."""
    shipping_method_name: str | None = expression(
        lambda row, ctx: _of_order(row, models.Order.shipping_method_name)
    )
    customer_note: str | None = expression(lambda row, ctx: _for_whom(row, ctx, models.Order.customer_note))
    """What the buyer wanted the sellers to know."""
    cash: CashCollection | None = related(lambda row, cash, ctx: cash.vendor_order_id == row.id)
    """What the carrier is to collect at the door, where it is paid there."""


def _of_order(row: Any, attribute: Any) -> ColumnElement[Any]:
    order = aliased(models.Order)
    return (
        select(getattr(order, attribute.key))
        .where(order.id == row.order_id)
        .correlate_except(order)
        .scalar_subquery()
    )


def _for_whom(row: Any, ctx: Any, attribute: Any) -> ColumnElement[Any]:
    """Something of the order that its seller, its buyer and staff may read, nobody else."""
    order = aliased(models.Order)
    allowed = or_(knows_buyer(order, ctx), of_own_sale(row.id, ctx))
    return (
        select(getattr(order, attribute.key))
        .where(order.id == row.order_id, allowed)
        .correlate_except(order)
        .scalar_subquery()
    )


def vendor_order_number(row: Any, ctx: Any) -> ColumnElement[str]:
    """`1042-1`."""
    number: ColumnElement[str] = cast(_of_order(row, models.Order.number), Text).concat(
        literal("-", Text()).concat(cast(row.position, Text))
    )
    return number


@input_type
class VendorOrderFilterInput:
    """Which vendor orders are listed."""

    ids: list[ID] | None
    vendors: list[ID] | None
    """Those of some sellers."""
    statuses: list[VendorOrderStatus] | None
    search: str | None
    """A number: of the order, or of the part."""
    created: DateRangeInput | None


@enum
class VendorOrderSortField(Enum):
    """What vendor orders can be sorted by."""

    CREATED_AT = "CREATED_AT"
    STATUS = "STATUS"


@input_type
class VendorOrderSortingInput:
    """How vendor orders are sorted."""

    direction: OrderDirection
    field: VendorOrderSortField


vendor_order_filter = Filter(
    VendorOrderFilterInput,
    {
        "ids": lambda row, ids, ctx: row.id == any_(ctx.key(ids, "VendorOrder")),
        "vendors": lambda row, ids, ctx: row.vendor_id == any_(ctx.key(ids, "Vendor")),
        "statuses": lambda row, statuses, ctx: row.status.in_(statuses),
        "search": lambda row, term, ctx: _numbered(row, term),
        "created": days(lambda row: row.created_at),
    },
)
vendor_order_order = Sorting(
    VendorOrderSortingInput,
    {
        VendorOrderSortField.CREATED_AT: lambda row, ctx: row.created_at,
        VendorOrderSortField.STATUS: lambda row, ctx: (row.status, row.created_at),
    },
)


def _numbered(row: Any, term: Any) -> ColumnElement[bool]:
    order = aliased(models.Order)
    whole, part = func.split_part(term, "-", 1), func.split_part(term, "-", 2)
    orders = select(order.id).where(numbered(order, whole))
    found: ColumnElement[bool] = row.order_id.in_(orders) & (
        (part == "") | (cast(row.position, Text) == part)
    )
    return found


def _own(row: Any, ctx: Any) -> ColumnElement[bool]:
    """What the lists of somebody hold: everything, a seller's sales, or what they have bought.

    A seller's members find what they have bought themselves among their orders.
    """
    if ctx.requester.has(STAFF):
        return true()
    if ctx.requester.is_vendor:
        sold: ColumnElement[bool] = row.vendor_id == any_(ctx.requester.vendor_ids)
        return sold
    return bought(row.order_id, ctx)


@object_type
class VendorOrderQueries:
    """Sellers' parts of orders."""

    @related
    def vendor_order(root: Any, vendor_order: Any, ctx: Any, id: ID) -> VendorOrder | None:
        """One seller's part of an order: for its buyer, the seller's members and staff."""
        wanted = vendor_order.id == ctx.key(id, "VendorOrder")
        if ctx.requester.is_vendor:
            return wanted
        return wanted & _own(vendor_order, ctx)

    @connection(
        filter=vendor_order_filter,
        sort_by=vendor_order_order,
        order_by=lambda row, ctx: row.created_at.desc(),
        needs=(AUTHENTICATED, AUTHENTICATED_APP),
    )
    def vendor_orders(root: Any, vendor_order: Any, ctx: Any) -> CountableConnection[VendorOrder] | None:
        """Sellers' parts of orders: all of them to staff, a seller's own to its members."""
        return _own(vendor_order, ctx)
