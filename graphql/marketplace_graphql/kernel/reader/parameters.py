"""Bound parameters of a compiled statement: where each value comes from at each request.

Every value travels as text (or null) and is cast in the statement. So the types that the server sees never
change from one request to the next, and the prepared statement is found again.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, BigInteger, ColumnElement, Integer, Uuid
from sqlalchemy.sql.type_api import TypeEngine

from marketplace.kit.errors import InvalidError
from marketplace.kit.ids import int_pk, split_global_id, uuid_pk
from marketplace_graphql.kernel.errors import NO_NUL, Path, QueryError

if TYPE_CHECKING:
    from marketplace_graphql.kernel.requester import Requester


@dataclass
class Inputs:
    """All that a statement's parameters may be taken from: what differs between two requests of one shape."""

    variables: Mapping[str, Any]
    requester: "Requester"
    now: datetime
    language: str = "en"
    channel_slug: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    keys: Sequence[object] = ()


Getter = Callable[[Inputs], Any]
Encode = Callable[[Any], str | None]


class Parameter(ColumnElement[Any]):
    """A value that is only known at the request. Stands in any SQL expression."""

    __visit_name__ = "reader_parameter"
    inherit_cache = False

    def __init__(
        self, key: tuple[Any, ...], type_: TypeEngine[Any], getter: Getter, encode: Encode, path: Path = ()
    ) -> None:
        self.source_key = key
        self.type = type_
        self.getter = getter
        self.encode = encode
        self.path = path

    @property
    def is_list(self) -> bool:
        return isinstance(self.type, ARRAY)

    def converted(self, name: str, item_type: TypeEngine[Any], encode: Encode) -> "Parameter":
        """The same value, of each item of a list, as something else: a global id as a key."""
        key = (*self.source_key, name)
        if self.is_list:
            return Parameter(key, ARRAY(item_type), self.getter, array_of(encode), self.path)
        return Parameter(key, item_type, self.getter, encode, self.path)

    def value(self, inputs: Inputs) -> str | None:
        given = self.getter(inputs)
        return None if given is None else self.encode(given)


class BindError(Exception):
    """A parameter's value can't be what its field wants; `path` is the field's, without list indexes."""

    def __init__(self, error: QueryError, path: Path) -> None:
        super().__init__(error.message)
        self.error = error
        self.path = path


def values_of(parameters: Sequence[Parameter], inputs: Inputs) -> list[str | None]:
    """The values to send, in order. Raises BindError."""
    values: list[str | None] = []
    for parameter in parameters:
        try:
            values.append(parameter.value(inputs))
        except QueryError as error:
            raise BindError(error, parameter.path) from error
        except InvalidError as error:
            raise BindError(QueryError(error.message), parameter.path) from error
    return values


def text(value: object) -> str:
    """A scalar as PostgreSQL reads it."""
    match value:
        case str():
            if "\x00" in value:
                raise QueryError(NO_NUL)
            return value
        case bool():
            return "true" if value else "false"
        case float():
            if not math.isfinite(value):
                raise QueryError("A number must be finite.")
            return repr(value)
        case int() | Decimal() | UUID():
            return str(value)
        case datetime() | date():
            return value.isoformat()
    return orjson.dumps(value).decode()


def array_of(encode: Encode) -> Encode:
    """A list as the text of a PostgreSQL array."""

    def encoded(items: Sequence[Any]) -> str:
        parts = []
        for item in items:
            part = None if item is None else encode(item)
            if part is None:
                parts.append("NULL")
            else:
                escaped = part.replace("\\", "\\\\").replace('"', '\\"')
                parts.append(f'"{escaped}"')
        return "{" + ",".join(parts) + "}"

    return encoded


def key_of(type_names: tuple[str, ...], key_type: TypeEngine[Any]) -> Encode:
    """A global id of one of the given types as the text of its primary key. Raises InvalidError."""

    def encoded(global_id: object) -> str:
        if isinstance(key_type, Uuid):
            return str(uuid_pk(str(global_id), *type_names))
        if isinstance(key_type, Integer | BigInteger):
            return str(int_pk(str(global_id), *type_names))
        type_name, key = split_global_id(str(global_id))
        if type_name not in type_names:
            raise InvalidError(f"Invalid ID: {global_id}. Expected: {' or '.join(type_names)}.", field="id")
        return text(key)

    return encoded


def type_named_by(global_id: str) -> str | None:
    """The type's name in a global id, None where it is no global id."""
    try:
        return split_global_id(global_id)[0]
    except InvalidError:
        return None
