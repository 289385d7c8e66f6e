"""Objects that have no table: amounts, weights, pictures. Domains build them with the functions here."""

from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, Numeric, Text, case, cast, func, literal

from marketplace.kit.money import MINOR_DIGITS
from marketplace.kit.money import Money as Amount
from marketplace_graphql.kernel.types import enum, object_type

Parts = dict[str, Any]
"""What a `value` field is made of: Python field names, and SQL expressions or further parts."""

USUAL_DIGITS = 2
"""Of nearly all currencies: only the others are told apart in SQL."""


@object_type
class Money:
    """An exact amount of money in one currency."""

    currency: str
    """ISO 4217 code."""
    amount: float
    """The amount in whole units of the currency, exact to its smallest unit."""
    fractional_amount: int
    """The same amount in the currency's smallest unit."""
    fraction_digits: int
    """How many decimals the currency has."""


@object_type
class TaxedMoney:
    """A price with and without its tax."""

    currency: str
    """ISO 4217 code."""
    gross: Money
    """Tax included."""
    net: Money
    """Before tax."""
    tax: Money
    """The tax alone: gross less net."""


@object_type
class TaxedMoneyRange:
    """From the lowest to the highest of several prices."""

    start: TaxedMoney | None
    """The lowest."""
    stop: TaxedMoney | None
    """The highest."""


@object_type
class MoneyRange:
    """From the lowest to the highest of several amounts."""

    start: Money | None
    """The lowest."""
    stop: Money | None
    """The highest."""


@enum
class WeightUnitsEnum(Enum):
    """Units of weight."""

    G = "G"
    LB = "LB"
    OZ = "OZ"
    KG = "KG"
    TONNE = "TONNE"


@object_type
class Weight:
    """A weight and its unit."""

    unit: WeightUnitsEnum
    """What the value counts: kilograms in this shop."""
    value: float
    """How many units."""


@enum
class ThumbnailFormatEnum(Enum):
    """File formats that a small picture can be had in."""

    ORIGINAL = "ORIGINAL"
    AVIF = "AVIF"
    WEBP = "WEBP"


@object_type
class Image:
    """A picture."""

    url: str
    """Where it is."""
    alt: str | None
    """What it shows, for those who can't see it."""


@object_type
class File:
    """A file that can be fetched."""

    url: str
    """Where it is."""
    content_type: str | None
    """Its media type."""


def money(minor: ColumnElement[Any], currency: ColumnElement[Any]) -> Parts:
    """A `Money` of an amount in minor units. Multiplication keeps it exact: 1250 centimes are 12.50 MAD."""
    return {
        "currency": currency,
        "amount": major_amount(minor, currency),
        "fractional_amount": minor,
        "fraction_digits": _by_digits(currency, lambda digits: literal(digits, Integer())),
    }


def exact_money(amount: Amount) -> dict[str, Any]:
    """A `Money` that Python has worked out."""
    return {
        "currency": amount.currency,
        "amount": float(amount.amount),
        "fractional_amount": amount.minor,
        "fraction_digits": -int(amount.amount.as_tuple().exponent),
    }


def major_amount(minor: ColumnElement[Any], currency: ColumnElement[Any]) -> ColumnElement[Any]:
    """An amount in minor units as an exact number of the currency's own unit."""
    return cast(minor, Numeric) * _by_digits(currency, _unit)


def in_minor(amount: ColumnElement[Any], currency: ColumnElement[Any]) -> ColumnElement[Any]:
    """An amount in the currency's own unit, as a client says it, in minor units: with what is finer."""
    return cast(amount, Numeric) * _by_digits(currency, lambda digits: literal(10**digits, Numeric()))


def taxed_money(gross: ColumnElement[Any], net: ColumnElement[Any], currency: ColumnElement[Any]) -> Parts:
    """A `TaxedMoney` of two amounts in minor units; their difference is the tax, so all adds up."""
    return {
        "currency": currency,
        "gross": lambda: money(gross, currency),
        "net": lambda: money(net, currency),
        "tax": lambda: money(gross - net, currency),
    }


def weight(grams: ColumnElement[Any]) -> Parts:
    """A `Weight` in kilograms, the shop's unit."""
    return {
        "unit": literal(WeightUnitsEnum.KG.value, Text()),
        "value": cast(grams, Numeric) * literal(0.001, Numeric(asdecimal=False)),
    }


def day(moment: ColumnElement[Any]) -> ColumnElement[Any]:
    """The day that a moment falls on, in UTC, as Saleor's older fields give it."""
    return cast(func.timezone("UTC", moment), Date)


def rate(basis_points: ColumnElement[Any]) -> ColumnElement[Any]:
    """A rate as the fraction that Saleor gives: 2000 basis points are 0.2."""
    return cast(basis_points, Numeric) * literal(0.0001, Numeric(asdecimal=False))


def _unit(digits: int) -> ColumnElement[Any]:
    return literal(10**-digits if digits else 1, Numeric(asdecimal=False))


def _by_digits(currency: ColumnElement[Any], made: Any) -> ColumnElement[Any]:
    unusual = {code: made(digits) for code, digits in MINOR_DIGITS.items() if digits != USUAL_DIGITS}
    return case(unusual, value=currency, else_=made(USUAL_DIGITS))
