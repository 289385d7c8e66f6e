"""Root fields of markets."""

from typing import Any

from sqlalchemy import true
from strawberry import ID

from marketplace_graphql.kernel import (
    CountableConnection,
    connection,
    object_type,
    related,
)
from marketplace_graphql.markets.types import Channel, TaxClass
from marketplace_graphql.rules import by_key, staff_only


@object_type
class MarketsQueries:
    """Where things are sold."""

    channels: list[Channel] | None = related(lambda root, channel, ctx: true(), allowed=staff_only)
    """All channels."""
    tax_classes: CountableConnection[TaxClass] | None = connection(allowed=staff_only)
    """Goods and services that are taxed alike."""

    @related
    def channel(
        root: Any,
        channel: Any,
        ctx: Any,
        id: ID | None = None,
        slug: str | None = None,
    ) -> Channel | None:
        """One channel, by id or slug."""
        return by_key(channel, ctx, "Channel", id, slug=slug)

    @related(allowed=staff_only)
    def tax_class(root: Any, tax_class: Any, ctx: Any, id: ID) -> TaxClass | None:
        """One tax class."""
        return tax_class.id == ctx.key(id, "TaxClass")
