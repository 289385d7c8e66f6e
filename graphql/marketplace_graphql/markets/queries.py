"""Root fields of markets."""

from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Text, any_, exists, func, literal, true
from strawberry import ID

from marketplace.markets.models import Channel as ChannelModel
from marketplace.markets.models import TaxRate
from marketplace.people.permissions import Permission
from marketplace_graphql.inputs import MetadataFilter, has_metadata
from marketplace_graphql.kernel import (
    CountableConnection,
    Filter,
    OrderDirection,
    Sorting,
    connection,
    each,
    enum,
    input_type,
    object_type,
    related,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.languages import CountryCode
from marketplace_graphql.markets.settings import OrderSettings
from marketplace_graphql.markets.settings import order_settings as settings_of_orders
from marketplace_graphql.markets.types import (
    Channel,
    TaxClass,
    TaxConfiguration,
    TaxCountryConfiguration,
    country_configuration,
    in_force_on,
    taxed_countries,
)
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


@input_type
class TaxClassFilterInput:
    """Which tax classes are listed."""

    metadata: list[MetadataFilter] | None
    """Those that have all of these entries."""
    ids: list[ID] | None
    countries: list[CountryCode] | None
    """Those with a rate of their own in one of these countries."""


@enum
class TaxClassSortField(Enum):
    """What tax classes can be sorted by."""

    NAME = "NAME"


@input_type
class TaxClassSortingInput:
    """How tax classes are sorted."""

    direction: OrderDirection
    field: TaxClassSortField


def _taxed_in(row: Any, countries: Any, ctx: Any) -> ColumnElement[bool]:
    rate = aliased(TaxRate)
    codes = [code.value for code in countries]
    there = exists().where(
        rate.tax_class_id == row.id, rate.country_code.in_(codes), in_force_on(rate, func.date(ctx.now))
    )
    return there.correlate_except(rate)


tax_class_filter = Filter(
    TaxClassFilterInput,
    {
        "metadata": has_metadata,
        "ids": lambda row, ids, ctx: row.id == any_(ctx.key(ids, "TaxClass")),
        "countries": _taxed_in,
    },
)
tax_class_order = Sorting(TaxClassSortingInput, {TaxClassSortField.NAME: lambda row, ctx: row.name})


@object_type
class MarketsQueries:
    """Where things are sold."""

    channels: list[Channel] | None = related(lambda root, channel, ctx: true(), allowed=staff_only)
    """All channels."""
    tax_classes: CountableConnection[TaxClass] | None = connection(
        filter=tax_class_filter, sort_by=tax_class_order, allowed=staff_only
    )
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

    @value(allowed=staff_only)
    def tax_country_configuration(
        root: Any,
        ctx: Any,
        country_code: CountryCode,
    ) -> TaxCountryConfiguration | None:
        """What classes of goods are taxed in one country."""
        return country_configuration(literal(country_code.value, Text()), ctx)

    @value(allowed=staff_only)
    def tax_country_configurations(root: Any, ctx: Any) -> list[TaxCountryConfiguration] | None:
        """What classes of goods are taxed, country by country."""
        countries = taxed_countries(ctx)
        return each(countries, country_configuration(countries.c.code, ctx), order_by=countries.c.code)

    @related(needs=Permission.MANAGE_SHIPPING)
    def shipping_zone(
        root: Any, zone: Any, ctx: Any, id: ID, channel: str | None = None
    ) -> ShippingZone | None:
        """One shipping zone."""
        return zone.id == ctx.key(id, "ShippingZone")

    @value(needs=Permission.MANAGE_ORDERS, deprecated="Use `Channel.orderSettings`.")
    def order_settings(root: Any, ctx: Any) -> OrderSettings | None:
        """What happens to orders in the first channel that is open, by slug."""
        channel = aliased(ChannelModel)
        return each(
            channel, settings_of_orders(channel), where=channel.is_active.is_(True), order_by=channel.slug
        )
