"""Root fields of checkouts."""

from typing import Any

from sqlalchemy import true
from strawberry import ID

from marketplace.people.permissions import Permission
from marketplace_graphql.checkout.filters import checkout_filter, checkout_sorting
from marketplace_graphql.checkout.types import Checkout, CheckoutLine
from marketplace_graphql.kernel import UUID, CountableConnection, connection, object_type, related
from marketplace_graphql.rules import by_key


@object_type
class CheckoutQueries:
    """What people mean to buy."""

    @connection(
        order_by=lambda row, ctx: row.created_at.desc(),
        channel=True,
        filter=checkout_filter,
        sort_by=checkout_sorting,
        needs=(Permission.MANAGE_CHECKOUTS, Permission.HANDLE_PAYMENTS),
    )
    def checkouts(root: Any, checkout: Any, ctx: Any) -> CountableConnection[Checkout] | None:
        """All checkouts that have not become orders, the latest first."""
        return checkout.channel_id == ctx.channel.id if ctx.channel.given else true()

    @connection(order_by=lambda row, ctx: (row.created_at, row.id), needs=Permission.MANAGE_CHECKOUTS)
    def checkout_lines(root: Any, line: Any, ctx: Any) -> CountableConnection[CheckoutLine] | None:
        """All lines of all checkouts, the oldest first."""
        return true()

    @related(outdated={"token": "Use `id`."})
    def checkout(
        root: Any,
        checkout: Any,
        ctx: Any,
        id: ID | None = None,
        token: UUID | None = None,
    ) -> Checkout | None:
        """One checkout. Whoever knows the id of one without a customer may read it."""
        if token is not None and id is None:
            return checkout.id == token
        return by_key(checkout, ctx, "Checkout", id)
