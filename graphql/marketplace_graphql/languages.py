"""Languages and countries by their codes, as CLDR (through Babel) knows them."""

import json
import re
from collections.abc import Iterable, Mapping
from enum import Enum

from babel import Locale, localedata
from sqlalchemy import ColumnElement, Text, cast, func, literal
from sqlalchemy.dialects.postgresql import JSONB

from marketplace.kit.errors import InvalidError
from marketplace_graphql.kernel.fields import column, value
from marketplace_graphql.kernel.parts import Named, named
from marketplace_graphql.kernel.types import enum, object_type

OLDER_LANGUAGE_CODES = ("KOK_IN",)
"""Saleor still has them; CLDR has moved on."""
_language_names = {code.upper(): code.lower().replace("_", "-") for code in localedata.locale_identifiers()}
_language_names |= {code: code.lower().replace("_", "-") for code in OLDER_LANGUAGE_CODES}
LanguageCodeEnum = enum(Enum("LanguageCodeEnum", dict(sorted(_language_names.items()))))  # type: ignore[arg-type]

ENGLISH_COUNTRY_NAMES: dict[str, str] = {
    code: name
    for code, name in sorted(Locale("en").territories.items())
    if re.fullmatch(r"[A-Z]{2}", code) and code not in {"EZ", "QO", "UN", "XA", "XB", "ZZ"}
}
CountryCode = enum(Enum("CountryCode", {code: code for code in ENGLISH_COUNTRY_NAMES}))  # type: ignore[arg-type]


def country_codes(given: Iterable[str], field: str = "countries") -> list[str]:
    """Codes of countries that there are, in capitals and in order. Raises InvalidError."""
    codes = sorted({code.upper() for code in given})
    unknown = [code for code in codes if code not in ENGLISH_COUNTRY_NAMES]
    if unknown:
        raise InvalidError(f"There is no country {', '.join(unknown)}.", field=field)
    return codes


@object_type
class LanguageDisplay:
    """A language, and what it is called in English."""

    code: LanguageCodeEnum  # type: ignore[valid-type]
    language: str


@object_type
class ReducedRate:
    """A tax rate for some kind of goods."""

    rate: float
    """In percent."""
    rate_type: str


@object_type
class VAT:
    """What a country taxes goods."""

    country_code: str
    standard_rate: float | None
    """In percent."""
    reduced_rates: list[ReducedRate]


@object_type
class CountryDisplay:
    """A country, and what it is called in English."""

    code: str
    """ISO 3166-1 alpha-2."""
    country: str
    vat: VAT | None = column(deprecated="Always null: `TaxClass.countries` says what goods are taxed.")


def country(code: ColumnElement[str], called: Mapping[str, str] = ENGLISH_COUNTRY_NAMES) -> dict[str, object]:
    """The parts of a `CountryDisplay`; `called` are the countries' names by code."""
    names = json.dumps(called, ensure_ascii=False)
    return {
        "code": code,
        "vat": None,
        "country": lambda: func.coalesce(
            cast(literal(names, Text()), JSONB).op("->>", return_type=Text())(code), code, type_=Text
        ),
    }


def language(code: ColumnElement[str]) -> dict[str, object]:
    """The parts of a `LanguageDisplay`."""
    names = {name: _english_name(name) for name in _language_names.values()}
    return {
        "code": language_code(code),
        "language": lambda: cast(literal(json.dumps(names, ensure_ascii=False), Text()), JSONB).op(
            "->>", return_type=Text()
        )(code),
    }


def language_code(code: ColumnElement[str]) -> Named:
    """A `LanguageCodeEnum` of a code as we keep it: `ar-ma` is AR_MA."""
    return named(func.translate(func.upper(code), "-", "_", type_=Text))


def _english_name(code: str) -> str:
    parsed = Locale("en").languages.get(code.replace("-", "_")) or Locale("en").languages.get(
        code.split("-", maxsplit=1)[0]
    )
    return parsed or code


@object_type
class InLanguage:
    """What translations have in common, whatever they translate."""

    language: LanguageDisplay = value(lambda row, ctx: language(row.language_code))
