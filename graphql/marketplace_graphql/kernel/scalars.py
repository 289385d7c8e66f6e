"""Saleor's scalars: how they are written, read, and what they are in SQL."""

import datetime as dt
import decimal
import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NewType

import orjson
import strawberry
from graphql import GraphQLError, ValueNode, value_from_ast_untyped
from sqlalchemy import BigInteger, Float, Numeric, Text, Uuid
from sqlalchemy import Date as SqlDate
from sqlalchemy import DateTime as SqlDateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.type_api import TypeEngine
from strawberry.types.scalar import ScalarDefinition

from marketplace.kit.uploads import UploadedFile

DateTime = NewType("DateTime", dt.datetime)
Date = NewType("Date", dt.date)
Decimal = NewType("Decimal", decimal.Decimal)
PositiveDecimal = NewType("PositiveDecimal", decimal.Decimal)
UUID = NewType("UUID", uuid.UUID)
JSONString = NewType("JSONString", str)
JSON = NewType("JSON", object)
GenericScalar = NewType("GenericScalar", object)
Metadata = NewType("Metadata", dict)  # type: ignore[type-arg]
PositiveInt = NewType("PositiveInt", int)
Minute = NewType("Minute", int)
Hour = NewType("Hour", int)
Day = NewType("Day", int)
WeightScalar = NewType("WeightScalar", float)
Upload = NewType("Upload", object)
AnyScalar = NewType("AnyScalar", object)

LONGEST_NUMBER = 30
"""Digits: far beyond any amount of money, and short enough not to be a burden."""


def _moment(value: object) -> dt.datetime:
    if not isinstance(value, str):
        raise GraphQLError(f"DateTime cannot represent value: {value!r}")
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        raise GraphQLError(f"DateTime cannot represent value: {value!r}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _day(value: object) -> dt.date:
    if not isinstance(value, str):
        raise GraphQLError(f"Date cannot represent value: {value!r}")
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise GraphQLError(f"Date cannot represent value: {value!r}") from None


def _decimal(value: object) -> decimal.Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | decimal.Decimal):
        raise GraphQLError(f"Decimal cannot represent value: {value!r}")
    try:
        number = decimal.Decimal(str(value))
    except decimal.InvalidOperation:
        raise GraphQLError(f"Decimal cannot represent value: {value!r}") from None
    if not number.is_finite() or abs(number.adjusted()) > LONGEST_NUMBER:
        raise GraphQLError(f"Decimal cannot represent value: {value!r}")
    return number


def _positive_decimal(value: object) -> decimal.Decimal:
    number = _decimal(value)
    if number < 0:
        raise GraphQLError("Value cannot be lower than 0.")
    return number


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**31 - 1:
        raise GraphQLError(f"Int cannot represent value: {value!r}")
    return value


def _positive_int(value: object) -> int:
    number = _whole(value)
    if number < 0:
        raise GraphQLError("Value cannot be lower than 0.")
    return number


def _uuid(value: object) -> uuid.UUID:
    try:
        return uuid.UUID(str(value))
    except ValueError:
        raise GraphQLError(f"UUID cannot represent value: {value!r}") from None


def _json_text(value: object) -> object:
    """JSONString comes as a string that holds JSON, and is the parsed value here."""
    if not isinstance(value, str):
        raise GraphQLError("JSONString cannot represent a value that is no string.")
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        raise GraphQLError("JSONString cannot represent a string that is no JSON.") from None


def _grams(value: object) -> float:
    """A weight in kilograms, or `{unit, value}`; in grams here."""
    unit, amount = "KG", value
    if isinstance(value, Mapping):
        unit, amount = str(value.get("unit", "KG")).upper(), value.get("value")
    number = float(_decimal(amount))
    if unit not in GRAMS_PER_UNIT or not math.isfinite(number):
        raise GraphQLError(f"Unsupported value: {value!r}")
    return number * GRAMS_PER_UNIT[unit]


GRAMS_PER_UNIT = {"G": 1.0, "KG": 1000.0, "LB": 453.59237, "OZ": 28.349523125, "TONNE": 1_000_000.0}


def _upload(value: object) -> UploadedFile:
    if not isinstance(value, UploadedFile):
        raise GraphQLError("Upload must be a file of a multipart request.")
    return value


def _as_is(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Scalar:
    """How one scalar is parsed from JSON, serialised from Python, and bound in SQL."""

    parse: Any
    serialize: Any
    sql: TypeEngine[Any]
    description: str


def _jsonable(value: object) -> object:
    return float(value) if isinstance(value, decimal.Decimal) else value


SCALARS: dict[Any, Scalar] = {
    DateTime: Scalar(
        _moment,
        lambda value: value.isoformat(),
        SqlDateTime(timezone=True),
        "A moment, ISO 8601 with its offset.",
    ),
    Date: Scalar(_day, lambda value: value.isoformat(), SqlDate(), "A day, ISO 8601."),
    Decimal: Scalar(_decimal, float, Numeric(), "An exact number, written as a JSON number."),
    PositiveDecimal: Scalar(_positive_decimal, float, Numeric(), "An exact number that is not below zero."),
    UUID: Scalar(_uuid, str, Uuid(), "A UUID."),
    JSONString: Scalar(
        _json_text, lambda value: orjson.dumps(value).decode(), JSONB(), "JSON, written as a string."
    ),
    JSON: Scalar(_as_is, _as_is, JSONB(), "JSON of any form."),
    GenericScalar: Scalar(_as_is, _as_is, JSONB(), "A value of any type."),
    Metadata: Scalar(_as_is, _as_is, JSONB(), "An object of strings."),
    PositiveInt: Scalar(_positive_int, int, BigInteger(), "A whole number that is not below zero."),
    Minute: Scalar(_whole, int, BigInteger(), "A number of minutes."),
    Hour: Scalar(_whole, int, BigInteger(), "A number of hours."),
    Day: Scalar(_whole, int, BigInteger(), "A number of days."),
    WeightScalar: Scalar(
        _grams, _jsonable, Float(53), "A weight: a number of kilograms, or `{unit, value}`."
    ),
    Upload: Scalar(_upload, str, Text(), "A file sent along in a multipart request."),
    AnyScalar: Scalar(_as_is, _as_is, JSONB(), "Any value."),
}

GRAPHQL_NAMES = {AnyScalar: "_Any"}

SQL_TYPES: dict[str, TypeEngine[Any]] = {
    "Int": BigInteger(),
    "Float": Float(53),
    "String": Text(),
    "ID": Text(),
    **{GRAPHQL_NAMES.get(python, python.__name__): scalar.sql for python, scalar in SCALARS.items()},
}
"""What an argument of a scalar is cast to, by the scalar's GraphQL name."""


def definitions() -> dict[Any, ScalarDefinition]:
    """For Strawberry: each scalar by the Python name that annotations use."""
    made: dict[Any, ScalarDefinition] = {}
    for python, scalar in SCALARS.items():

        def parse_literal(
            node: ValueNode, variables: dict[str, Any] | None = None, scalar: Scalar = scalar
        ) -> Any:
            return scalar.parse(value_from_ast_untyped(node, variables))

        made[python] = strawberry.scalar(
            name=GRAPHQL_NAMES.get(python, python.__name__),
            description=scalar.description,
            serialize=scalar.serialize,
            parse_value=scalar.parse,
            parse_literal=parse_literal,
        )
    return made
