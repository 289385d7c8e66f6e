"""Where the shop delivers to, and by which means: as staff set it up, not as it is offered to a cart."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, func, select
from strawberry import ID

from marketplace.inventory.serving import serves_zone
from marketplace.markets import models
from marketplace.markets.models import ShippingMethodListing, zone_channel
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import (
    AUTHENTICATED,
    AUTHENTICATED_APP,
    CountableConnection,
    Filter,
    JSONString,
    Node,
    ObjectWithMetadata,
    column,
    connection,
    enum,
    expression,
    input_type,
    never_null,
    node,
    null_when,
    related,
    translated,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.sql import global_id
from marketplace_graphql.languages import CountryDisplay
from marketplace_graphql.markets.shipping import ShippingMethodTranslation
from marketplace_graphql.markets.types import Channel, TaxClass, countries_of
from marketplace_graphql.values import Money, MoneyRange, Weight, money, weight

if TYPE_CHECKING:
    from marketplace_graphql.catalog.products import Product
    from marketplace_graphql.inventory.types import Warehouse

enum(models.PostalCodeInclusion, name="PostalCodeRuleInclusionTypeEnum")


@node(models.PostalCodeRule, order_by=lambda row, ctx: row.start)
class ShippingMethodPostalCodeRule(Node):
    """A range of postal codes that a method serves, or does not serve."""

    start: str | None
    """The first of them."""
    end: str | None
    """The last of them; null: all that come after the first."""
    inclusion_type: models.PostalCodeInclusion | None = column("inclusion")
    """Whether the method serves these alone, or all but these."""


def _limit(amount: Any, currency: Any) -> Any:
    return null_when(amount.is_(None), money(amount, currency))


@node(ShippingMethodListing, order_by=lambda row, ctx: row.channel_id)
class ShippingMethodChannelListing(Node):
    """What a method costs in one channel, and for which orders it is offered there."""

    channel: Channel = related()
    price: Money | None = value(lambda row, ctx: money(row.parcel_price_minor, row.currency))
    """Of a parcel of up to a kilogram; each seller's goods are a parcel of their own."""
    minimum_order_price: Money | None = value(
        lambda row, ctx: _limit(row.minimum_order_price_minor, row.currency)
    )
    maximum_order_price: Money | None = value(
        lambda row, ctx: _limit(row.maximum_order_price_minor, row.currency)
    )


def _listing(row: Any, ctx: Any) -> Any:
    return ctx.joined(
        row,
        ShippingMethodListing,
        lambda listing: and_(listing.method_id == row.id, listing.channel_id == ctx.channel.id),
        key="method listing",
    )


def _listed(row: Any, ctx: Any, limit: str) -> Any:
    listing = _listing(row, ctx)
    return _limit(getattr(listing, limit), listing.currency)


@node(models.ShippingMethod, order_by=lambda row, ctx: (row.name, row.id))
class ShippingMethodType(Node, ObjectWithMetadata):
    """A way to ship as staff set it up: for which orders, whereto, at which price."""

    name: str
    description: JSONString | None
    type: models.ShippingMethodType | None
    translation = translated("ShippingMethodTranslation")
    channel_listings: list[ShippingMethodChannelListing] | None = related(
        lambda row, listing, ctx: listing.method_id == row.id, needs=Permission.MANAGE_SHIPPING
    )
    """Its price in each channel."""
    minimum_order_price: Money | None = value(lambda row, ctx: _listed(row, ctx, "minimum_order_price_minor"))
    """In the channel in force."""
    maximum_order_price: Money | None = value(lambda row, ctx: _listed(row, ctx, "maximum_order_price_minor"))
    """In the channel in force."""
    postal_code_rules: list[ShippingMethodPostalCodeRule] | None = related(
        lambda row, rule, ctx: rule.method_id == row.id
    )
    """The postal codes it serves, or does not."""
    minimum_order_weight: Weight | None = value(
        lambda row, ctx: null_when(row.minimum_weight_grams.is_(None), weight(row.minimum_weight_grams))
    )
    """Of one parcel."""
    maximum_order_weight: Weight | None = value(
        lambda row, ctx: null_when(row.maximum_weight_grams.is_(None), weight(row.maximum_weight_grams))
    )
    """Of one parcel."""
    minimum_delivery_days: int | None
    maximum_delivery_days: int | None
    tax_class: TaxClass | None = related(needs=(AUTHENTICATED, AUTHENTICATED_APP))
    """What its price is taxed as."""
    collects_cash: bool
    """Whether its carrier takes the money at the door."""

    @connection(needs=Permission.MANAGE_SHIPPING)
    def excluded_products(row: Any, product: Any, ctx: Any) -> "CountableConnection[Product] | None":
        """What it does not carry: it is not offered for a cart that has one of these."""
        excluded = models.excluded_product
        refused = select(excluded.c.product_id).where(excluded.c.method_id == row.id)
        return product.id.in_(refused.correlate_except(excluded))


@node(models.ShippingMethod)
class ShippingMethodTranslatableContent(Node):
    """The texts of a way to ship that can be translated."""

    shipping_method_id: ID = expression(lambda row, ctx: never_null(global_id("ShippingMethodType", row.id)))
    name: str
    description: JSONString | None
    translation: ShippingMethodTranslation | None = translated("ShippingMethodTranslation")
    shipping_method: ShippingMethodType | None = related(
        lambda row, method, ctx: method.id == row.id, deprecated="Ask for the shipping method itself."
    )


def _price_range(zone: Any, ctx: Any) -> Any:
    method, listing = aliased(models.ShippingMethod), aliased(ShippingMethodListing)

    def extreme(pick: Any) -> ColumnElement[Any]:
        return (
            select(pick(listing.parcel_price_minor))
            .join(method, method.id == listing.method_id)
            .where(method.zone_id == zone.id, listing.channel_id == ctx.channel.id)
            .correlate_except(method, listing)
            .scalar_subquery()
        )

    lowest, highest = extreme(func.min), extreme(func.max)
    return null_when(
        lowest.is_(None),
        {
            "start": lambda: money(lowest, ctx.channel.currency),
            "stop": lambda: money(highest, ctx.channel.currency),
        },
    )


def _channels_of(zone: Any) -> Any:
    return select(zone_channel.c.channel_id).where(zone_channel.c.zone_id == zone.id)


@node(models.ShippingZone, order_by=lambda row, ctx: (row.name, row.id))
class ShippingZone(Node, ObjectWithMetadata):
    """Countries that the same ways to ship go to."""

    name: str
    description: str | None
    default: bool = column("is_default")
    """Whether it was given all countries that no other zone had."""
    countries: list[CountryDisplay] = value(lambda row, ctx: _countries(row))
    price_range: MoneyRange | None = value(_price_range)
    """The cheapest and the dearest parcel in the channel in force."""
    shipping_methods: list[ShippingMethodType] | None = related(
        lambda row, method, ctx: method.zone_id == row.id
    )
    warehouses: "list[Warehouse]" = related(lambda row, warehouse, ctx: serves_zone(warehouse.id, row.id))
    """Where parcels may come from."""
    channels: list[Channel] = related(
        lambda row, channel, ctx: channel.id.in_(_channels_of(row).correlate_except(zone_channel))
    )
    """Where it is on offer."""


def _countries(zone: Any) -> Any:
    same = aliased(models.ShippingZone)
    return countries_of(same.id == zone.id, zone=same)


@input_type
class ShippingZoneFilterInput:
    """Which shipping zones are listed."""

    search: str | None
    """A part of the name."""
    channels: list[ID] | None
    """Those that are on offer in one of these channels."""


def _on_offer_in(row: Any, ids: Any, ctx: Any) -> ColumnElement[bool]:
    zones = select(zone_channel.c.zone_id).where(
        zone_channel.c.channel_id == func.any(ctx.key(ids, "Channel"))
    )
    found: ColumnElement[bool] = row.id.in_(zones.correlate_except(zone_channel))
    return found


shipping_zone_filter = Filter(
    ShippingZoneFilterInput,
    {
        "search": lambda row, term, ctx: row.name.icontains(term, autoescape=False),
        "channels": _on_offer_in,
    },
)
