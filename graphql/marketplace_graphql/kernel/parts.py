"""What a `value` may be made of, besides SQL expressions and dicts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.sql.elements import Grouping, Label


@dataclass(frozen=True)
class NullWhen:
    condition: ColumnElement[bool]
    parts: Any


@dataclass(frozen=True)
class Either:
    condition: ColumnElement[bool]
    parts: Any
    otherwise: Any


@dataclass(frozen=True)
class One:
    on: Callable[[Any], ColumnElement[bool]]
    order_by: Callable[[Any], Any] | None


@dataclass(frozen=True)
class Many:
    on: Callable[[Any], ColumnElement[bool]]
    order_by: Callable[[Any], Any] | None
    limit: int
    type_name: str | None


@dataclass(frozen=True)
class Cases:
    alternatives: tuple[tuple[ColumnElement[bool], Any], ...]


@dataclass(frozen=True)
class SeenAs:
    type_name: str
    thing: Any


@dataclass(frozen=True)
class Each:
    source: Any
    parts: Any
    where: ColumnElement[bool] | None
    order_by: Any
    limit: "int | ColumnElement[int]"


@dataclass(frozen=True)
class RawJson:
    expression: ColumnElement[Any]


@dataclass(frozen=True)
class Typed:
    type_name: str
    parts: Any


@dataclass(frozen=True)
class NeverNull:
    expression: ColumnElement[Any]


@dataclass(frozen=True)
class MissingLast:
    expression: ColumnElement[Any]


@dataclass(frozen=True)
class InTurn:
    lists: tuple[tuple[ColumnElement[bool], tuple[Any, ...]], ...]


@dataclass(frozen=True)
class Named:
    expression: Any


def named(expression: ColumnElement[Any]) -> Named:
    """An enum given by its members' names already, not by their values."""
    return Named(expression)


def null_when(condition: ColumnElement[bool], parts: Any) -> NullWhen:
    """The parts, or null where the condition holds."""
    return NullWhen(condition, parts)


def either(condition: ColumnElement[bool], parts: Any, otherwise: Any) -> Either:
    """One thing where a condition holds, another where it doesn't: types of a union, say."""
    return Either(condition, parts, otherwise)


def one(on: Callable[[Any], ColumnElement[bool]], *, order_by: Callable[[Any], Any] | None = None) -> One:
    """A row in the middle of a value, of the model that the GraphQL type at this place reads."""
    return One(on, order_by)


def many(
    on: Callable[[Any], ColumnElement[bool]],
    *,
    order_by: Callable[[Any], Any] | None = None,
    limit: int = 1000,
    type_name: str | None = None,
) -> Many:
    """Rows in the middle of a value: a list of the GraphQL type at this place.

    Where that is a union or an interface over several tables, `type_name` says which of its types these are.
    """
    return Many(on, order_by, limit, type_name)


def cases(*alternatives: tuple[ColumnElement[bool], Any]) -> Cases:
    """The parts that stand beside the first condition that holds; null where none does."""
    return Cases(alternatives)


def seen_as(type_name: str, thing: Any) -> SeenAs:
    """An object of a type that reads no table: its fields are declared on `thing`, which they get as `row`.

    So fields in the middle of a value can have arguments. At an interface or union it says which type it is.
    """
    return SeenAs(type_name, thing)


def each(
    source: Any,
    parts: Any,
    *,
    where: ColumnElement[bool] | None = None,
    order_by: Any = (),
    limit: int | ColumnElement[int] = 1000,
) -> Each:
    """A list with one item for each row of anything that can stand in FROM.

    Where the type is no list, it is made of the first row, and null where there is none.
    """
    return Each(source, parts, where, order_by, limit)


def raw_json(expression: ColumnElement[Any]) -> RawJson:
    """JSON that already has the form of the GraphQL type: nothing below it can be left out or renamed."""
    return RawJson(expression)


def typed(type_name: str, parts: Any) -> Typed:
    """The parts of one type of a union or interface."""
    return Typed(type_name, parts)


def never_null(expression: ColumnElement[Any]) -> NeverNull:
    """Says of an expression that it has a value in every row. As a sort key it makes pages index-friendly."""
    return NeverNull(expression)


def missing_last(expression: ColumnElement[Any]) -> MissingLast:
    """A sort key whose rows without a value come last, whether the list goes up or down.

    Serve it with two indexes: on `lowest_if_missing` and on `highest_if_missing` (`kit.models`).
    """
    return MissingLast(expression)


def in_turn(*lists: tuple[ColumnElement[bool], tuple[Any, ...]]) -> InTurn:
    """The sort key of lists that are read one after the other, whether each goes up or down.

    Each is a condition, which says what is in it, and its own keys: of the same types in all, never null, the
    last of them unique. Each is a walk along an index of its own. What no condition holds of is not listed.
    """
    return InTurn(lists)


def unwrapped(expression: Any) -> tuple[Any, bool]:
    """An expression without its `never_null`, and whether it had one."""
    if isinstance(expression, NeverNull):
        return expression.expression, True
    return expression, False


Parts = Mapping[str, Any]
"""Python field name -> part."""


def bare(expression: Any) -> Any:
    """An expression without labels and brackets around it."""
    while isinstance(expression, Label | Grouping):
        expression = expression.element
    return expression
