"""Root fields of orders, and the orders of a user."""

from typing import Any

from sqlalchemy import BigInteger, and_, cast, func, select
from strawberry import ID

from marketplace.orders.models import Order as OrderRow
from marketplace.orders.models import OrderStatus
from marketplace_graphql.catalog.sales import ReportingPeriod
from marketplace_graphql.kernel import (
    UUID,
    CountableConnection,
    connection,
    null_when,
    object_type,
    related,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.orders.conditions import own
from marketplace_graphql.orders.events import OrderEvent
from marketplace_graphql.orders.filters import (
    customer_order_where,
    order_filter,
    order_sorting,
)
from marketplace_graphql.orders.finding import order_found
from marketplace_graphql.orders.types import Order
from marketplace_graphql.orders.vendor_orders import VendorOrderQueries
from marketplace_graphql.orders.visibility import NOT_PLACED, STAFF
from marketplace_graphql.orders.where import order_where
from marketplace_graphql.rules import by_key
from marketplace_graphql.values import TaxedMoney, taxed_money

NOT_COUNTED = (OrderStatus.DRAFT, OrderStatus.UNCONFIRMED, OrderStatus.EXPIRED, OrderStatus.CANCELED)


@object_type
class OrdersQueries(VendorOrderQueries):
    """What was bought."""

    @related
    def order(
        root: Any,
        order: Any,
        ctx: Any,
        id: ID | None = None,
        external_reference: str | None = None,
    ) -> Order | None:
        """One order. Whoever knows its id, which can't be guessed, may read it, as in Saleor."""
        if external_reference is not None and not ctx.requester.has(STAFF):
            # Another system's references can be guessed.
            return and_(
                by_key(order, ctx, "Order", id, external_reference=external_reference),
                order.user_id == ctx.requester.user_id,
            )
        return by_key(order, ctx, "Order", id, external_reference=external_reference)

    @related(deprecated="Use `order`.")
    def order_by_token(root: Any, order: Any, ctx: Any, token: UUID) -> Order | None:
        """One order. Its token is what its id is made of."""
        return and_(order.id == token, order.status != NOT_PLACED[0])

    @connection(
        filter=order_filter,
        where=order_where,
        sort_by=order_sorting,
        search=order_found,
        order_by=lambda row, ctx: row.created_at.desc(),
        channel=True,
        needs=STAFF,
    )
    def orders(root: Any, order: Any, ctx: Any) -> CountableConnection[Order] | None:
        """All orders that were placed."""
        placed = order.status.not_in([NOT_PLACED[0]])
        if not ctx.channel.given:
            return placed
        there = own(order, lambda row: row.channel_id == ctx.channel.id, ctx, along="created_at")
        return and_(placed, there)

    @connection(
        order_by=lambda row, ctx: (row.at.desc(), row.id.desc()), needs=STAFF, deprecated="Use `orders`."
    )
    def homepage_events(root: Any, event: Any, ctx: Any) -> CountableConnection[OrderEvent] | None:
        """What has happened lately: orders that were placed, and paid in full."""
        return event.type.in_(["PLACED", "PLACED_FROM_DRAFT", "ORDER_FULLY_PAID"])

    @value(needs=STAFF, deprecated="Use `orders`.")
    def orders_total(
        root: Any, ctx: Any, period: ReportingPeriod | None = None, channel: str | None = None
    ) -> TaxedMoney | None:
        """What the orders of a channel come to, those that were called off left out."""
        order = aliased(OrderRow)
        rules = [order.channel_id == ctx.channel.id, order.status.not_in(NOT_COUNTED)]
        if period is not None:
            unit = "day" if period is ReportingPeriod.TODAY else "month"
            rules.append(order.created_at >= func.date_trunc(unit, ctx.now, "UTC"))

        def total(minor: Any) -> Any:
            summed = select(cast(func.coalesce(func.sum(minor), 0), BigInteger)).where(*rules)
            return summed.correlate_except(order).scalar_subquery()

        gross, net = total(order.total_gross_minor), total(order.total_net_minor)
        return null_when(ctx.channel.currency.is_(None), taxed_money(gross, net, ctx.channel.currency))


@object_type
class OrdersOfUser:
    """What a user has bought: a part of `User`."""

    @connection(where=customer_order_where, order_by=lambda row, ctx: row.created_at.desc())
    def orders(user: Any, order: Any, ctx: Any) -> CountableConnection[Order] | None:
        """Orders that the user has placed, the latest first."""
        own = order.user_id == user.id
        if ctx.requester.has(STAFF):
            return own
        return and_(own, user.id == ctx.requester.user_id, order.status.not_in(NOT_PLACED))
