"""Root fields of checkouts."""

from typing import Any

from strawberry import ID

from marketplace_graphql.checkout.types import Checkout
from marketplace_graphql.kernel import (
    UUID,
    object_type,
    related,
)
from marketplace_graphql.rules import by_key


@object_type
class CheckoutQueries:
    """What people mean to buy."""

    @related
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
