"""How staff say where the shop delivers to, by which means, and at which price."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from strawberry import ID
from strawberry.utils.str_converters import to_camel_case

from marketplace.catalog.models import Product
from marketplace.inventory import serving
from marketplace.inventory.models import Warehouse
from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, Errors, InvalidError
from marketplace.kit.ids import to_global_id
from marketplace.markets import linking, models, shipping_methods, shipping_zones
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import (
    Info,
    bulk_deletion,
    changes,
    deletion,
    error_type,
    mutation,
    object_type,
)
from marketplace_graphql.languages import ENGLISH_COUNTRY_NAMES, LanguageCodeEnum
from marketplace_graphql.markets.shipping_inputs import (
    ShippingMethodChannelListingInput,
    ShippingPriceExcludeProductsInput,
    ShippingPriceInput,
    ShippingPriceTranslationInput,
    ShippingZoneCreateInput,
    ShippingZoneUpdateInput,
    listings_said,
    method_columns,
    ranges,
    required_zone,
    rich_text,
    zone_columns,
)
from marketplace_graphql.translations import TranslationError

NEEDS = Permission.MANAGE_SHIPPING
ZONE, METHOD = "ShippingZone", "ShippingMethodType"
AT_ONCE = 1000
"""Store rooms, channels, products or rules in one mutation."""
BOTH: dict[str, Any] = {
    "shipping_method": "ShippingMethodType | None",
    "shipping_zone": "ShippingZone | None",
}

ShippingError = error_type(
    "ShippingError",
    (
        "ALREADY_EXISTS",
        "GRAPHQL_ERROR",
        "INVALID",
        "MAX_LESS_THAN_MIN",
        "NOT_FOUND",
        "REQUIRED",
        "UNIQUE",
        "DUPLICATED_INPUT_ITEM",
    ),
    twin="shippingErrors",
    warehouses=list[ID] | None,
    channels=list[ID] | None,
)


@object_type
class ShippingZoneChanges:
    """Shipping zones."""

    @mutation(returns=ZONE, errors=ShippingError, needs=NEEDS, tells="SHIPPING_ZONE_CREATED")
    async def shipping_zone_create(self, info: Info, input: ShippingZoneCreateInput) -> models.ShippingZone:
        """Makes a shipping zone. Sellers' store rooms send there at once, the shop's own once put in."""
        sent = changes(input)
        channels = await _keys(info, models.Channel, sent, "add_channels")
        rooms = await _keys(info, Warehouse, sent, "add_warehouses")
        await _check_shared_channel(info, rooms, set(channels))
        columns = zone_columns(sent)
        zone = await shipping_zones.open_zone(info.session, columns, ENGLISH_COUNTRY_NAMES.keys())
        await linking.deliver_to(info.session, channels, [zone.id])
        await serving.put_into_zone(info.session, zone.id, rooms)
        return zone

    @mutation(returns=ZONE, errors=ShippingError, needs=NEEDS, tells="SHIPPING_ZONE_UPDATED")
    async def shipping_zone_update(
        self, info: Info, id: ID, input: ShippingZoneUpdateInput
    ) -> models.ShippingZone:
        """Changes a shipping zone."""
        sent = changes(input)
        _check_unlike(sent)
        zone = await info.find(models.ShippingZone, id, lock=True)
        channels = await _keys(info, models.Channel, sent, "add_channels")
        without = await _keys(info, models.Channel, sent, "remove_channels")
        rooms = await _keys(info, Warehouse, sent, "add_warehouses")
        closed = await _keys(info, Warehouse, sent, "remove_warehouses")
        before = await linking.channels_of(info.session, zone.id)
        await _check_shared_channel(info, rooms, (before | set(channels)) - set(without))
        columns = zone_columns(sent)
        await shipping_zones.change_zone(info.session, zone, columns, ENGLISH_COUNTRY_NAMES.keys())
        await linking.deliver_to(info.session, channels, [zone.id])
        await linking.stop_delivering_to(info.session, without, [zone.id])
        await serving.put_into_zone(info.session, zone.id, rooms)
        await serving.take_out_of_zone(info.session, zone.id, closed)
        return zone

    shipping_zone_delete = deletion(
        models.ShippingZone,
        shipping_zones.delete_zones,
        doc="Deletes a shipping zone with its ways to ship.",
        errors=ShippingError,
        needs=NEEDS,
        tells="SHIPPING_ZONE_DELETED",
    )
    shipping_zone_bulk_delete = bulk_deletion(
        models.ShippingZone,
        shipping_zones.delete_zones,
        doc="Deletes shipping zones with their ways to ship.",
        errors=ShippingError,
        needs=NEEDS,
        tells="SHIPPING_ZONE_DELETED",
    )


@object_type
class ShippingPriceChanges:
    """Ways to ship."""

    @mutation(returns=BOTH, errors=ShippingError, needs=NEEDS, tells="SHIPPING_PRICE_CREATED")
    async def shipping_price_create(self, info: Info, input: ShippingPriceInput) -> dict[str, object]:
        """Adds a way to ship to a zone. It is offered once it has a price in a channel."""
        zone = await info.find(models.ShippingZone, required_zone(input), field_name="shippingZone")
        columns = await method_columns(info, input)
        method = await shipping_methods.create_method(info.session, zone.id, columns)
        await _set_postal_codes(info, method, input)
        return {"shipping_method": method, "shipping_zone": zone}

    @mutation(returns=BOTH, errors=ShippingError, needs=NEEDS, tells="SHIPPING_PRICE_UPDATED")
    async def shipping_price_update(self, info: Info, id: ID, input: ShippingPriceInput) -> dict[str, object]:
        """Changes a way to ship."""
        method = await info.find(models.ShippingMethod, id, lock=True)
        columns = await method_columns(info, input)
        named = changes(input).get("shipping_zone")
        if named:
            zone = await info.find(models.ShippingZone, named, field_name="shippingZone")
            columns["zone_id"] = zone.id
        await shipping_methods.change_method(info.session, method, columns)
        await _set_postal_codes(info, method, input)
        return {"shipping_method": method, "shipping_zone": await _zone_of(info, method)}

    @mutation(returns=BOTH, errors=ShippingError, needs=NEEDS)
    async def shipping_price_delete(self, info: Info, id: ID) -> dict[str, object]:
        """Deletes a way to ship. Orders keep its name."""
        method = await info.find(models.ShippingMethod, id, lock=True)
        await announce(info.session, "SHIPPING_PRICE_DELETED", method)
        info.afterwards(lambda: shipping_methods.delete_methods(info.session, [method]))
        return {"shipping_method": method, "shipping_zone": await _zone_of(info, method)}

    shipping_price_bulk_delete = bulk_deletion(
        models.ShippingMethod,
        shipping_methods.delete_methods,
        doc="Deletes ways to ship.",
        errors=ShippingError,
        needs=NEEDS,
        tells="SHIPPING_PRICE_DELETED",
    )

    @mutation(
        returns=METHOD,
        field="shipping_method",
        errors=ShippingError,
        needs=NEEDS,
        tells="SHIPPING_PRICE_UPDATED",
    )
    async def shipping_method_channel_listing_update(
        self, info: Info, id: ID, input: ShippingMethodChannelListingInput
    ) -> models.ShippingMethod:
        """Says what a way to ship costs in channels of its zone."""
        sent = changes(input)
        for name in ("add_channels", "remove_channels"):
            info.at_most(AT_ONCE, sent.get(name) or (), to_camel_case(name))
        method = await info.find(models.ShippingMethod, id, lock=True)
        said, removed = await listings_said(info, input)
        await shipping_methods.set_listings(info.session, method, said, removed)
        return method

    @mutation(
        returns=METHOD,
        field="shipping_method",
        errors=ShippingError,
        needs=NEEDS,
        tells="SHIPPING_PRICE_UPDATED",
    )
    async def shipping_price_exclude_products(
        self, info: Info, id: ID, input: ShippingPriceExcludeProductsInput
    ) -> models.ShippingMethod:
        """Has a way to ship not be offered for carts that have one of these products."""
        method = await info.find(models.ShippingMethod, id, lock=True)
        await shipping_methods.exclude(info.session, method, await _products(info, input.products))
        return method

    @mutation(
        returns=METHOD,
        field="shipping_method",
        errors=ShippingError,
        needs=NEEDS,
        tells="SHIPPING_PRICE_UPDATED",
    )
    async def shipping_price_remove_product_from_exclude(
        self, info: Info, id: ID, products: list[ID]
    ) -> models.ShippingMethod:
        """Has a way to ship carry products again."""
        method = await info.find(models.ShippingMethod, id, lock=True)
        await shipping_methods.include(info.session, method, await _products(info, products))
        return method

    @mutation(
        returns=METHOD,
        field="shipping_method",
        errors=replace(TranslationError, twin="translationErrors"),
        needs=Permission.MANAGE_TRANSLATIONS,
    )
    async def shipping_price_translate(
        self,
        info: Info,
        id: ID,
        input: ShippingPriceTranslationInput,
        language_code: LanguageCodeEnum,
    ) -> models.ShippingMethod:
        """Says a way to ship in another language."""
        method = await info.find(models.ShippingMethod, id)
        texts = changes(input)
        if "description" in texts:
            texts["description"] = rich_text(texts["description"])
        await shipping_methods.translate(info.session, method, language_code.value, texts)
        return method


async def _zone_of(info: Info, method: models.ShippingMethod) -> models.ShippingZone:
    return await info.session.get_one(models.ShippingZone, method.zone_id)


async def _set_postal_codes(info: Info, method: models.ShippingMethod, input: ShippingPriceInput) -> None:
    sent = changes(input)
    added, removed = ranges(input), sent.get("delete_postal_code_rules") or ()
    info.at_most(AT_ONCE, added, "addPostalCodeRules")
    info.at_most(AT_ONCE, removed, "deletePostalCodeRules")
    await shipping_methods.set_postal_codes(
        info.session,
        method,
        added=added,
        removed=[info.key(each, "ShippingMethodPostalCodeRule") for each in removed],
        inclusion=sent.get("inclusion_type"),
    )


async def _products(info: Info, ids: Sequence[str]) -> list[int]:
    """The keys of those products that there are: who manages shipping need not see them."""
    info.at_most(AT_ONCE, ids, "products")
    keys = [info.key(each, "Product") for each in ids]
    return list(await info.session.scalars(select(Product.id).where(Product.id.in_(keys))))


async def _keys(info: Info, model: type[Any], sent: dict[str, Any], name: str) -> list[Any]:
    ids = sent.get(name) or []
    info.at_most(AT_ONCE, ids, to_camel_case(name))
    rows = await info.find_many(model, dict.fromkeys(ids), field_name=to_camel_case(name))
    return [row.id for row in rows]


def _check_unlike(sent: dict[str, Any]) -> None:
    """Nothing may be put in and taken out at once. Raises Errors."""
    errors: list[DomainError] = []
    for name in ("warehouses", "channels"):
        both = set(sent.get(f"add_{name}") or ()) & set(sent.get(f"remove_{name}") or ())
        if both:
            details = {name: sorted(both)}
            message = "The same can't be put in and taken out."
            errors.append(DomainError(message, field=name, code="DUPLICATED_INPUT_ITEM", **details))
    if errors:
        raise Errors(errors)


async def _check_shared_channel(info: Info, rooms: Collection[Any], channels: Collection[int]) -> None:
    """A store room sends to a zone through a channel that both have. Raises InvalidError."""
    apart = await serving.without_shared_channel(info.session, rooms, channels) if rooms else []
    if apart:
        raise InvalidError(
            "These store rooms serve none of the zone's channels.",
            field="addWarehouses",
            warehouses=[to_global_id("Warehouse", key) for key in apart],
        )
