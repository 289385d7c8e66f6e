"""Lists of drafts."""

from typing import Any

from marketplace.orders.models import OrderStatus
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import CountableConnection, connection, object_type
from marketplace_graphql.order_editing.filters import draft_filter, draft_where
from marketplace_graphql.orders.conditions import own
from marketplace_graphql.orders.filters import order_sorting
from marketplace_graphql.orders.finding import order_found
from marketplace_graphql.orders.types import Order


@object_type
class OrderEditingQueries:
    """Orders that staff are putting together."""

    @connection(
        filter=draft_filter,
        where=draft_where,
        sort_by=order_sorting,
        search=order_found,
        order_by=lambda row, ctx: row.created_at.desc(),
        needs=Permission.MANAGE_ORDERS,
    )
    def draft_orders(root: Any, order: Any, ctx: Any) -> CountableConnection[Order] | None:
        """Orders that staff are putting together."""
        return own(order, lambda row: row.status == OrderStatus.DRAFT, ctx, along="created_at")
