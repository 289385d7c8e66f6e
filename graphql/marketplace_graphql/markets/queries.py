"""Root fields of markets."""

from typing import Any

from sqlalchemy import any_, true
from strawberry import ID

from marketplace.people.permissions import Permission
from marketplace_graphql.inputs import MetadataFilter, has_metadata
from marketplace_graphql.kernel import (
    CountableConnection,
    Filter,
    connection,
    input_type,
    object_type,
    related,
)
from marketplace_graphql.markets.types import Channel, TaxClass, TaxConfiguration
from marketplace_graphql.markets.zones import ShippingZone, shipping_zone_filter
from marketplace_graphql.rules import by_key, staff_only


@input_type
class TaxConfigurationFilterInput:
    """Which channels' taxes are listed."""

    metadata: list[MetadataFilter] | None
    """Those that have all of these entries."""
    ids: list[ID] | None


tax_configuration_filter = Filter(
    TaxConfigurationFilterInput,
    {
        "metadata": has_metadata,
        "ids": lambda row, ids, ctx: row.id == any_(ctx.key(ids, "TaxConfiguration")),
    },
)


@object_type
class MarketsQueries:
    """Where things are sold."""

    channels: list[Channel] | None = related(lambda root, channel, ctx: true(), allowed=staff_only)
    """All channels."""
    tax_classes: CountableConnection[TaxClass] | None = connection(allowed=staff_only)
    """Goods and services that are taxed alike."""
    tax_configurations: CountableConnection[TaxConfiguration] | None = connection(
        filter=tax_configuration_filter, allowed=staff_only
    )
    """How channels deal with taxes."""
    shipping_zones: CountableConnection[ShippingZone] | None = connection(
        filter=shipping_zone_filter, channel=True, needs=Permission.MANAGE_SHIPPING
    )
    """Where the shop delivers to."""

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

    @related(allowed=staff_only)
    def tax_configuration(root: Any, configuration: Any, ctx: Any, id: ID) -> TaxConfiguration | None:
        """How one channel deals with taxes."""
        return configuration.id == ctx.key(id, "TaxConfiguration")

    @related(needs=Permission.MANAGE_SHIPPING)
    def shipping_zone(
        root: Any, zone: Any, ctx: Any, id: ID, channel: str | None = None
    ) -> ShippingZone | None:
        """One shipping zone."""
        return zone.id == ctx.key(id, "ShippingZone")
