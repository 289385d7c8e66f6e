"""How prices, dates, weights and places are written in a reader's language."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, format_percent
from babel.units import format_unit

from marketplace.kit.money import MINOR_DIGITS
from marketplace.pages.languages import Language

Json = Mapping[str, Any]
"""An object of the API's answer."""

GRAMS_PER_KILOGRAM = 1000

LETTER_AT_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)")
"""Where CLDR puts a space between a currency that is spelled out and its amount, and Babel doesn't."""


def money(amount: Json, locale: Locale) -> str:
    """`{amount, currency}` as people write it: with its currency's decimals, never more."""
    exact = Decimal(str(amount["amount"]))
    currency = str(amount["currency"])
    rounded = exact.quantize(Decimal(1).scaleb(-MINOR_DIGITS.get(currency, 2)))
    return LETTER_AT_DIGIT.sub("\xa0", format_currency(rounded, currency, locale=locale))


def day(moment: str, locale: Locale) -> str:
    return str(format_date(datetime.fromisoformat(moment), "long", locale=locale))


def day_and_hour(moment: str, locale: Locale) -> str:
    return str(format_datetime(datetime.fromisoformat(moment), "long", locale=locale))


def weight(of: Json, locale: Locale) -> str:
    """A Saleor `Weight` in grams below a kilogram, in kilograms from there on."""
    grams = Decimal(str(of["value"])) * (GRAMS_PER_KILOGRAM if of["unit"] == "KG" else 1)
    if grams < GRAMS_PER_KILOGRAM:
        return str(format_unit(round(grams), "mass-gram", "short", locale=locale))
    kilograms = round(grams / GRAMS_PER_KILOGRAM, 1).normalize()
    return str(format_unit(kilograms, "mass-kilogram", "short", locale=locale))


UNITS = {"MM": "length-millimeter", "CM": "length-centimeter", "M": "length-meter", "G": "mass-gram"} | {
    "KG": "mass-kilogram",
    "LITER": "volume-liter",
    "SQ_CM": "area-square-centimeter",
    "SQ_M": "area-square-meter",
}
"""What CLDR calls the units that things here are measured in."""


def measure(of: str, unit: str | None, locale: Locale) -> str:
    """A number as an attribute has it, in the attribute's unit; as it stands where it is no number."""
    try:
        exact = Decimal(of)
    except InvalidOperation:
        return of
    if unit in UNITS:
        return str(format_unit(exact, UNITS[unit], "short", locale=locale))
    return number(exact, locale)


def number(of: float | Decimal, locale: Locale) -> str:
    return str(format_decimal(of, locale=locale))


def percent(of: float, locale: Locale) -> str:
    return str(format_percent(of, locale=locale))


def country(code: str, locale: Locale) -> str:
    return str(locale.territories.get(code, code))


def translated(node: Json, name: str) -> str:
    """A text of the node in the page's language where someone wrote it, else as its seller did."""
    translation = node.get("translation") or {}
    return str(translation.get(name) or node.get(name) or "")


def region_name(region: Json, language: Language) -> str:
    return str(region["nameAr"] if language.code == "ar" and region.get("nameAr") else region["name"])
