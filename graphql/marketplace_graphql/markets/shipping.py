"""Ways to ship, where they are offered: each with the price it has there."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Text, and_, case, func, select
from strawberry import ID

from marketplace.markets import models
from marketplace.markets.models import ShippingMethodListing, ShippingZone, zone_channel
from marketplace_graphql.kernel import (
    JSONString,
    Node,
    ObjectWithMetadata,
    enum,
    expression,
    never_null,
    node,
    null_when,
    related,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.sql import global_id
from marketplace_graphql.languages import InLanguage, LanguageCodeEnum
from marketplace_graphql.markets.offered_methods import OfferedMethod
from marketplace_graphql.values import Money, Weight, money, weight

if TYPE_CHECKING:
    from marketplace_graphql.markets.zones import ShippingMethodTranslatableContent

enum(models.ShippingMethodType, name="ShippingMethodTypeEnum")

_OFFERED_BY_ITSELF = "Set on the shipping method; what is offered respects it already."


@node(models.ShippingMethodTranslation)
class ShippingMethodTranslation(Node, InLanguage):
    """A shipping method in another language."""

    name: str | None
    description: JSONString | None
    translatable_content: "ShippingMethodTranslatableContent | None" = related(
        lambda row, method, ctx: method.id == row.shipping_method_id
    )
    """What it was translated from."""


@node(OfferedMethod, order_by=lambda row, ctx: (row.price_minor, row.id, row.app_method_id))
class ShippingMethod(Node, ObjectWithMetadata):
    """A way in which goods can travel to their buyer, at its price."""

    id: ID = expression(lambda row, ctx: never_null(_id(row)))
    """An app's method has one of its own: `app:<the app's identifier>:<the app's own id>`."""
    name: str
    description: JSONString | None
    type: models.ShippingMethodType | None = expression(
        lambda row, ctx: row.type, deprecated="What a price depends on is the seller's business."
    )
    minimum_delivery_days: int | None
    maximum_delivery_days: int | None
    minimum_order_weight: Weight | None = value(
        lambda row, ctx: null_when(row.minimum_weight_grams.is_(None), weight(row.minimum_weight_grams)),
        deprecated=_OFFERED_BY_ITSELF,
    )
    maximum_order_weight: Weight | None = value(
        lambda row, ctx: null_when(row.maximum_weight_grams.is_(None), weight(row.maximum_weight_grams)),
        deprecated=_OFFERED_BY_ITSELF,
    )
    minimum_order_price: Money | None = value(
        lambda row, ctx: _listed_limit(row, ctx, "minimum_order_price_minor"), deprecated=_OFFERED_BY_ITSELF
    )
    maximum_order_price: Money | None = value(
        lambda row, ctx: _listed_limit(row, ctx, "maximum_order_price_minor"), deprecated=_OFFERED_BY_ITSELF
    )
    price: Money = value(lambda row, ctx: money(row.price_minor, row.currency))
    """For all parcels together, as prices are entered in the channel."""
    active: bool = expression(lambda row, ctx: never_null(row.refusal.is_(None)))
    """Whether it can be chosen: an app may say that it can't. What can't carry the goods is not offered."""
    message: str | None = expression(lambda row, ctx: func.coalesce(row.refusal, ""))
    """Why it can't be chosen, in the app's words."""

    @related
    def translation(
        row: Any,
        translation: Any,
        ctx: Any,
        language_code: LanguageCodeEnum,
    ) -> ShippingMethodTranslation | None:
        """Its texts in another language."""
        wanted = getattr(language_code, "value", language_code)
        return and_(translation.shipping_method_id == row.id, translation.language_code == wanted)


def _id(row: Any) -> ColumnElement[str]:
    of_app = func.encode(func.convert_to(row.app_method_id, "UTF8"), "base64", type_=Text)
    return case(
        (row.app_method_id.is_(None), global_id("ShippingMethod", row.id)),
        else_=func.translate(of_app, "\n", "", type_=Text),
    )


def methods_of_channel(method: Any, channel_id: Any, country_code: Any = None) -> ColumnElement[bool]:
    """Offered methods of a channel at their prices there; of those zones of it that go to a country."""
    way, zone = aliased(models.ShippingMethod), aliased(ShippingZone)
    goes = [zone_channel.c.channel_id == channel_id, way.id == method.id]
    if country_code is not None:
        goes.append(country_code == func.any(zone.country_codes))
    reaches = (
        select(way.id)
        .join(zone, zone.id == way.zone_id)
        .join(zone_channel, zone_channel.c.zone_id == zone.id)
        .where(*goes)
        .correlate_except(way, zone, zone_channel)
        .exists()
    )
    return and_(method.channel_id == channel_id, reaches)


def _listed_limit(row: Any, ctx: Any, column: str) -> Any:
    listing = aliased(ShippingMethodListing)
    limit = (
        select(getattr(listing, column))
        .where(listing.method_id == row.id, listing.channel_id == ctx.channel.id)
        .correlate_except(listing)
        .scalar_subquery()
    )
    return null_when(limit.is_(None), money(limit, row.currency))
