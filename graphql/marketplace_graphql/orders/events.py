"""What happened to an order, as staff read it."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, Float, Integer, Text, Uuid, cast, func, select
from sqlalchemy import column as sql_column
from sqlalchemy.dialects.postgresql import JSONB

from marketplace.orders import models
from marketplace.people.permissions import Permission
from marketplace_graphql.apps.visibility import MANAGES, its_own
from marketplace_graphql.inventory.types import Warehouse
from marketplace_graphql.kernel import (
    DateTime,
    Node,
    PositiveDecimal,
    column,
    each,
    expression,
    node,
    null_when,
    object_type,
    one,
    related,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.orders.enums import OrderEventsEmailsEnum, OrderEventsEnum
from marketplace_graphql.orders.lines import FulfillmentLine, OrderLine
from marketplace_graphql.orders.vendor_orders import VendorOrder
from marketplace_graphql.pricing.discounts import DiscountValueTypeEnum
from marketplace_graphql.values import Money, money

if TYPE_CHECKING:
    from marketplace_graphql.apps.types import App
    from marketplace_graphql.orders.types import Order
    from marketplace_graphql.people.types import User


@object_type
class OrderEventDiscountObject:
    """A discount that was given or changed."""

    value_type: DiscountValueTypeEnum
    value: PositiveDecimal
    reason: str | None
    amount: Money | None
    """What it came to."""
    old_value_type: DiscountValueTypeEnum | None
    old_value: PositiveDecimal | None
    old_amount: Money | None


@object_type
class OrderEventOrderLineObject:
    """A line that something happened to."""

    quantity: int | None
    """How many of its pieces."""
    order_line: OrderLine | None
    item_name: str | None
    """What it was called then."""
    discount: OrderEventDiscountObject | None


def _told(name: str, type_: Any = Text) -> Any:
    """A declaration of what the event's parameters say under a name."""
    return expression(lambda row, ctx: cast(row.parameters[name].astext, type_))


def _discount(told: Any) -> Any:
    """A discount in JSON: `value_type`, `value`, `reason`, `amount_minor`, `currency`, and as it was before:
    `old_value_type`, `old_value`, `old_amount_minor`.
    """

    def amount(name: str) -> Any:
        minor = cast(told[name].astext, BigInteger)
        return null_when(minor.is_(None), money(minor, told["currency"].astext))

    return null_when(
        told["value"].astext.is_(None),
        {
            "value_type": told["value_type"].astext,
            "value": cast(told["value"].astext, Float),
            "reason": told["reason"].astext,
            "amount": lambda: amount("amount_minor"),
            "old_value_type": told["old_value_type"].astext,
            "old_value": cast(told["old_value"].astext, Float),
            "old_amount": lambda: amount("old_amount_minor"),
        },
    )


def _lines(row: Any, ctx: Any) -> Any:
    """Lines in JSON: `quantity`, `order_line_id`, `item_name` and `discount` of each."""
    told = (
        func.jsonb_array_elements(row.parameters["lines"])
        .table_valued(sql_column("line", JSONB))
        .render_derived()
    )
    line = told.c.line
    return null_when(
        row.parameters["lines"].is_(None),
        each(
            told,
            {
                "quantity": cast(line["quantity"].astext, Integer),
                "order_line": one(
                    lambda order_line: order_line.id == cast(line["order_line_id"].astext, Uuid)
                ),
                "item_name": line["item_name"].astext,
                "discount": lambda: _discount(line["discount"]),
            },
        ),
    )


def _fulfilment(row: Any) -> ColumnElement[int]:
    return cast(row.parameters["fulfillment_id"].astext, BigInteger)


@node(models.OrderEvent, order_by=lambda row, ctx: row.id)
class OrderEvent(Node):
    """Something that happened to an order."""

    date: DateTime | None = column("at")
    type: OrderEventsEnum | None
    user: "User | None" = related()
    """Who did it, if it was a person."""
    app: "App | None" = related(
        lambda row, app, ctx: app.id == row.app_id, needs=(MANAGES, Permission.MANAGE_ORDERS), allowed=its_own
    )
    """The app that did it, if it was one."""
    message: str | None = expression(
        lambda row, ctx: func.coalesce(row.parameters["message"].astext, row.parameters["what"].astext)
    )
    """What was said, or what happened where `type` has no word for it."""
    email: str | None = _told("email")
    """Where a letter went."""
    email_type: OrderEventsEmailsEnum | None = _told("email_type")
    """Which letter it was."""
    amount: float | None = _told("amount", Float)
    """How much money it was, in the order's currency."""
    payment_id: str | None = _told("payment_id")
    payment_gateway: str | None = _told("payment_gateway")
    quantity: int | None = _told("quantity", Integer)
    """How many pieces."""
    composed_id: str | None = _told("composed_id")
    """The parcel, as people call it: the order's number and the parcel's."""
    invoice_number: str | None = _told("invoice_number")
    transaction_reference: str | None = _told("transaction_reference")
    """What the payment's provider calls it."""
    shipping_costs_included: bool | None = _told("shipping_costs_included", Boolean)
    """Whether the delivery was paid back, too."""
    reference: str | None = _told("reference")
    """What another system calls it."""
    lines: list[OrderEventOrderLineObject] | None = value(_lines)
    """What it happened to, where it were some lines only."""
    discount: OrderEventDiscountObject | None = value(lambda row, ctx: _discount(row.parameters["discount"]))
    fulfilled_items: list[FulfillmentLine] | None = related(
        lambda row, line, ctx: line.fulfillment_id == _fulfilment(row)
    )
    """What left, where something left."""
    warehouse: Warehouse | None = related(
        lambda row, warehouse, ctx: warehouse.id == cast(row.parameters["warehouse_id"].astext, Uuid)
    )
    """Where pieces came back to."""
    vendor_order: VendorOrder | None = related()
    """The seller's part that it happened to, if it was one alone."""
    related_order: "Order | None" = related(
        lambda row, order, ctx: order.id == cast(row.parameters["related_order_id"].astext, Uuid)
    )
    """The order that this one was made from, or that was made from it."""
    # The last of its kind: from here on the name is the field's.
    related: "OrderEvent | None" = related(
        lambda row, event, ctx: event.id == cast(row.parameters["related_event_id"].astext, BigInteger)
    )
    """The event that this one is about: the note that it changes, say."""

    @expression
    def oversold_items(row: Any, ctx: Any) -> list[str] | None:
        """What was sold though it was not there: nothing is."""
        items = func.jsonb_array_elements_text(row.parameters["oversold_items"]).column_valued("item")
        return func.array(select(items).scalar_subquery())

    @expression
    def order_number(row: Any, ctx: Any) -> str | None:
        """The order's number."""
        order = aliased(models.Order)
        return (
            select(cast(order.number, Text))
            .where(order.id == row.order_id)
            .correlate_except(order)
            .scalar_subquery()
        )
