"""Root fields of sales."""

from typing import Any

from sqlalchemy import and_, true
from strawberry import ID

from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import CountableConnection, connection, object_type, related
from marketplace_graphql.sales.types import (
    Sale,
    SaleTranslatableContent,
    listed,
    sale_filter,
    sale_found,
    sale_order,
)

TYPES = (SaleTranslatableContent,)
NEEDS = Permission.MANAGE_DISCOUNTS


@object_type
class SalesQueries:
    """Promotions that were made as sales."""

    @related(needs=NEEDS, deprecated="Use `promotion`.")
    def sale(root: Any, sale: Any, ctx: Any, id: ID, channel: str | None = None) -> Sale | None:
        """One sale, with its value in a channel if one is named."""
        return and_(sale.id == ctx.key(id, "Sale"), sale.is_sale)

    @connection(
        filter=sale_filter,
        sort_by=sale_order,
        order_by=lambda row, ctx: row.created_at.desc(),
        channel=True,
        needs=NEEDS,
        deprecated="Use `promotions`.",
        outdated={"query": "Use `filter.search`."},
    )
    def sales(root: Any, sale: Any, ctx: Any, query: str | None = None) -> CountableConnection[Sale] | None:
        """All sales, the latest first; with a channel, those that take something off there."""
        found = true() if query is None else sale_found(sale, query, ctx)
        return and_(sale.is_sale, found, listed(sale, ctx) if ctx.channel.given else true())
