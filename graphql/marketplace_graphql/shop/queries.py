"""The root field that tells a client what kind of shop it is talking to."""

from importlib.metadata import version
from typing import Any

import phonenumbers
from sqlalchemy import ARRAY, Integer, Text, cast, column, func, literal, true, values
from sqlalchemy.sql.elements import ColumnElement
from strawberry import ID

from marketplace_graphql.kernel import each, never_null, null_when, object_type, value
from marketplace_graphql.kernel.reader.sql import global_id
from marketplace_graphql.languages import (
    ENGLISH_COUNTRY_NAMES,
    CountryDisplay,
    LanguageDisplay,
    country,
    language,
)
from marketplace_graphql.values import WeightUnitsEnum

SHOP_KEY = 1
"""There is one shop."""
NAME = "SIL Marketplace"
DEFAULT_COUNTRY = "MA"
LANGUAGES = ("ar", "en", "fr")
"""What listings and pages are written in."""
PIECES_PER_CHECKOUT = 50
SALEOR_SCHEMA = "3.23"
"""The version of Saleor whose contract this API keeps."""


@object_type
class Domain:
    """Where the shop is on the web."""

    host: str
    ssl_enabled: bool
    """Whether it is reached over TLS."""
    url: str


@object_type
class Shop:
    """The shop: its name, its languages, where it is at home."""

    id: ID
    name: str
    description: str | None
    domain: Domain
    languages: list[LanguageDisplay]
    """What its texts may be had in."""
    countries: list[CountryDisplay]
    """All countries that an address may be in."""
    default_country: CountryDisplay | None
    phone_prefixes: list[str]
    """Of all countries, without the plus sign."""
    header_text: str | None
    default_weight_unit: WeightUnitsEnum | None
    track_inventory_by_default: bool | None
    fulfillment_auto_approve: bool
    """Whether a parcel counts as sent when it is made up."""
    fulfillment_allow_unpaid: bool
    """Whether a parcel may be sent before it is paid: cash on delivery is."""
    limit_quantity_per_checkout: int | None
    """Pieces of one variant that a checkout may hold."""
    display_gross_prices: bool
    version: str
    """Of this program."""
    schema_version: str
    """Of the Saleor API that this one keeps to."""


@object_type
class ShopQueries:
    """The shop as a whole."""

    @value
    def shop(root: Any, ctx: Any) -> Shop:
        """What kind of shop this is."""
        return {
            "id": lambda: global_id("Shop", literal(SHOP_KEY, Integer())),
            "name": _text(NAME),
            "description": null_when(true(), _text("")),
            "domain": lambda: _domain(ctx),
            "languages": lambda: _each_code(LANGUAGES, language),
            "countries": lambda: _each_code(tuple(ENGLISH_COUNTRY_NAMES), country),
            "default_country": lambda: country(_text(DEFAULT_COUNTRY)),
            "phone_prefixes": lambda: never_null(_phone_prefixes()),
            "header_text": null_when(true(), _text("")),
            "default_weight_unit": _text(WeightUnitsEnum.KG.value),
            "track_inventory_by_default": true(),
            "fulfillment_auto_approve": true(),
            "fulfillment_allow_unpaid": true(),
            "limit_quantity_per_checkout": literal(PIECES_PER_CHECKOUT, Integer()),
            "display_gross_prices": true(),
            "version": lambda: _text(version("sil-marketplace")),
            "schema_version": _text(SALEOR_SCHEMA),
        }


def _text(text: str) -> ColumnElement[str]:
    return cast(literal(text, Text()), Text)


def _domain(ctx: Any) -> dict[str, Any]:
    url = ctx.setting("public_url")
    return {
        "host": func.split_part(func.split_part(url, "://", 2), "/", 1),
        "ssl_enabled": url.startswith("https://"),
        "url": url,
    }


def _each_code(codes: tuple[str, ...], parts: Any) -> Any:
    listed = values(column("code", Text), column("place", Integer), name="codes").data(
        [(code, place) for place, code in enumerate(codes)]
    )
    return each(listed, parts(listed.c.code), order_by=listed.c.place)


def _phone_prefixes() -> ColumnElement[Any]:
    prefixes = ",".join(map(str, sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)))
    listed: ARRAY[Any] = ARRAY(Text())
    return cast(literal(f"{{{prefixes}}}", Text()), listed)
