"""Saleor's cursors: base64 of a JSON list of the sort keys' texts, the primary key last."""

import base64
import binascii
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Float,
    Integer,
    Numeric,
    Text,
    Uuid,
    and_,
    cast,
    func,
    or_,
    tuple_,
)
from sqlalchemy.sql.type_api import TypeEngine

from marketplace_graphql.kernel.errors import QueryError
from marketplace_graphql.kernel.reader.parameters import Encode, Inputs, Parameter, text

if TYPE_CHECKING:
    from marketplace_graphql.kernel.reader.keys import Key

INVALID = "Received cursor is invalid."


def encoded(keys: list[ColumnElement[Any]]) -> ColumnElement[Any]:
    """The cursor of a row with these sort keys."""
    values = func.json_build_array(*[cast(key, Text) for key in keys])
    as_bytes = func.convert_to(cast(values, Text), "UTF8")
    return func.translate(func.encode(as_bytes, "base64"), "\n", "", type_=Text)


def beyond(
    keys: list["Key"], cursor: Parameter, *, downwards: bool, marks: Sequence[Parameter] | None = None
) -> ColumnElement[bool]:
    """Whether a row comes after the cursor's, in the direction that the list is read.

    `marks` are the keys' values in it, if these are only some of its keys.
    NULL counts as larger than everything, as PostgreSQL sorts it.
    """
    marks = parts(keys, cursor) if marks is None else marks
    if all(key.never_null and key.descending is keys[0].descending for key in keys):
        here = tuple_(*[key.expression for key in keys])
        there = tuple_(*marks)
        return here < there if downwards is not keys[0].descending else here > there
    condition: ColumnElement[bool] | None = None
    for key, mark in reversed(list(zip(keys, marks, strict=True))):
        past = _past(key, mark, downwards=downwards is not key.descending)
        if condition is None:
            condition = past
        else:
            same = key.expression == mark if key.never_null else key.expression.is_not_distinct_from(mark)
            condition = or_(past, and_(same, condition))
    if condition is None:
        raise ValueError("a list is sorted at least by its primary key")
    return condition


def parts(keys: list["Key"], cursor: Parameter) -> list[Parameter]:
    """The keys' values in a cursor."""
    return [_part(cursor, index, len(keys), key) for index, key in enumerate(keys)]


def _past(key: "Key", mark: Parameter, *, downwards: bool) -> ColumnElement[bool]:
    expression = key.expression
    plainly = expression < mark if downwards else expression > mark
    if key.never_null:
        return plainly
    if downwards:
        return or_(plainly, and_(expression.is_not(None), mark.is_(None)))
    return or_(plainly, and_(expression.is_(None), mark.is_not(None)))


def _part(cursor: Parameter, index: int, count: int, key: "Key") -> Parameter:
    type_ = key.expression.type
    check = _checked(type_)

    def getter(inputs: Inputs) -> Any:
        parts = _decoded(str(cursor.getter(inputs)))
        if len(parts) != count or (parts[index] is None and key.never_null):
            raise QueryError(INVALID)
        return parts[index]

    return Parameter((*cursor.source_key, "cursor", index, count), type_, getter, check, cursor.path)


def _decoded(cursor: str) -> list[Any]:
    try:
        parts = orjson.loads(base64.b64decode(cursor, validate=True))
    except (binascii.Error, ValueError):
        raise QueryError(INVALID) from None
    if not isinstance(parts, list) or not all(part is None or isinstance(part, str) for part in parts):
        raise QueryError(INVALID)
    return parts


def _checked(type_: TypeEngine[Any]) -> Encode:
    """The part as it stands, once it is sure that PostgreSQL can read it as the key's type."""

    def encode(part: Any) -> str:
        try:
            _read(type_, part)
        except (ValueError, InvalidOperation, OverflowError):
            raise QueryError(INVALID) from None
        return text(part)

    return encode


def _read(type_: TypeEngine[Any], part: str) -> object:
    match type_:
        case Integer() | BigInteger():
            number = int(part)
            if not -(2**63) <= number < 2**63:
                raise ValueError(part)
            return number
        case Numeric() | Float():
            return Decimal(part)
        case DateTime():
            return part if part in ("infinity", "-infinity") else datetime.fromisoformat(part)
        case Date():
            return date.fromisoformat(part)
        case Uuid():
            return UUID(part)
        case Boolean():
            if part not in ("true", "false"):
                raise ValueError(part)
    return part
