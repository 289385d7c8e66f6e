"""What staff say of shipping zones and of ways to ship."""

from collections.abc import Mapping
from typing import Any

from strawberry import ID

from marketplace.catalog.descriptions import clean_description
from marketplace.kit.errors import DomainError, InvalidError, RequiredError
from marketplace.markets import models
from marketplace.markets.models import TaxClass
from marketplace.markets.shipping_methods import ListingSaid
from marketplace_graphql.kernel import Info, JSONString, changes, input_type
from marketplace_graphql.kernel.scalars import PositiveDecimal, WeightScalar
from marketplace_graphql.languages import country_codes


@input_type
class ShippingZoneCreateInput:
    """A shipping zone."""

    name: str | None
    """Only staff see it."""
    description: str | None
    countries: list[str] | None
    """ISO 3166-1 alpha-2."""
    default: bool | None
    """Whether it gets all countries that no other zone has now. There is one such zone at most."""
    add_warehouses: list[ID] | None
    """Store rooms whose parcels go there."""
    add_channels: list[ID] | None
    """Channels that deliver there."""


@input_type
class ShippingZoneUpdateInput(ShippingZoneCreateInput):
    """What changes of a shipping zone."""

    remove_warehouses: list[ID] | None
    """Store rooms whose parcels go there no more."""
    remove_channels: list[ID] | None
    """Channels that deliver there no more: the prices of its methods in them go, too."""


@input_type
class ShippingPostalCodeRulesCreateInputRange:
    """Postal codes from the first to the last."""

    start: str
    end: str | None
    """Left out: all that come after the first."""


@input_type
class ShippingPriceInput:
    """A way to ship."""

    name: str | None
    description: JSONString | None
    """EditorJS blocks."""
    minimum_order_weight: WeightScalar | None
    """Of one parcel."""
    maximum_order_weight: WeightScalar | None
    """Of one parcel."""
    maximum_delivery_days: int | None
    minimum_delivery_days: int | None
    type: models.ShippingMethodType | None
    shipping_zone: ID | None
    """Where it goes."""
    add_postal_code_rules: list[ShippingPostalCodeRulesCreateInputRange] | None
    delete_postal_code_rules: list[ID] | None
    inclusion_type: models.PostalCodeInclusion | None
    """Whether the added postal codes are served, or are not."""
    tax_class: ID | None
    """What its price is taxed as."""


@input_type
class ShippingPriceExcludeProductsInput:
    """What a way to ship does not carry."""

    products: list[ID]


@input_type
class ShippingPriceTranslationInput:
    """The texts of a way to ship in another language."""

    name: str | None
    description: JSONString | None


@input_type
class ShippingMethodChannelListingAddInput:
    """What a way to ship costs in a channel, and for which orders it is offered there."""

    channel_id: ID
    price: PositiveDecimal | None
    """Of a parcel of up to a kilogram; each seller's goods are a parcel of their own."""
    minimum_order_price: PositiveDecimal | None
    maximum_order_price: PositiveDecimal | None


@input_type
class ShippingMethodChannelListingInput:
    """In which channels a way to ship is offered, and in which no more."""

    add_channels: list[ShippingMethodChannelListingAddInput] | None
    remove_channels: list[ID] | None


def zone_columns(sent: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a zone itself. Raises InvalidError for a country that there is not."""
    columns = {name: sent[name] for name in ("name", "description") if name in sent}
    if sent.get("countries") is not None:
        columns["country_codes"] = country_codes(sent["countries"])
    if "default" in sent:
        columns["is_default"] = sent["default"]
    return columns


async def method_columns(info: Info, given: ShippingPriceInput) -> dict[str, Any]:
    """What is said of a way to ship itself. Raises InvalidError, NotFoundError."""
    sent = changes(given)
    columns = {
        column: sent[name]
        for name, column in (
            ("name", "name"),
            ("type", "type"),
            ("minimum_order_weight", "minimum_weight_grams"),
            ("maximum_order_weight", "maximum_weight_grams"),
            ("minimum_delivery_days", "minimum_delivery_days"),
            ("maximum_delivery_days", "maximum_delivery_days"),
        )
        if name in sent
    }
    if "description" in sent:
        columns["description"] = rich_text(sent["description"])
    if "tax_class" in sent:
        named = sent["tax_class"]
        found = await info.find(TaxClass, named, field_name="taxClass") if named else None
        columns["tax_class_id"] = found.id if found else None
    return columns


def rich_text(description: object) -> dict[str, Any] | None:
    """EditorJS blocks as they are kept. Raises InvalidError."""
    if not description:
        return None
    if not isinstance(description, dict):
        raise InvalidError("A description is a document of EditorJS: {blocks: [...]}.", field="description")
    return clean_description(description)


async def listings_said(
    info: Info, given: ShippingMethodChannelListingInput
) -> tuple[list[ListingSaid], list[int]]:
    """What is said of prices in channels, and the channels that have none any more.

    Raises DomainError (DUPLICATED_INPUT_ITEM), NotFoundError.
    """
    added, removed = list(given.add_channels or ()), list(given.remove_channels or ())
    named = [each.channel_id for each in added]
    for twice, field in (
        (set(named) & set(removed), "input"),
        ({each for each in named if named.count(each) > 1}, "addChannels"),
        ({each for each in removed if removed.count(each) > 1}, "removeChannels"),
    ):
        if twice:
            message = "A channel is named twice."
            raise DomainError(message, field=field, code="DUPLICATED_INPUT_ITEM", channels=sorted(twice))
    channels = await info.find_many(models.Channel, named, field_name="channelId")
    said = []
    for each, channel in zip(added, channels, strict=True):
        sent = changes(each)
        sent.pop("channel_id")
        said.append(ListingSaid(channel, **sent, given=frozenset(sent)))
    return said, [info.key(each, "Channel") for each in removed]


def ranges(given: ShippingPriceInput) -> list[tuple[str, str | None]]:
    """The postal codes that are added."""
    sent = changes(given).get("add_postal_code_rules") or ()
    return [(each["start"], each.get("end")) for each in sent]


def required_zone(given: ShippingPriceInput) -> str:
    """Where a new way to ship goes. Raises RequiredError."""
    zone = changes(given).get("shipping_zone")
    if not zone:
        raise RequiredError("Say where it goes.", field="shippingZone")
    return str(zone)
