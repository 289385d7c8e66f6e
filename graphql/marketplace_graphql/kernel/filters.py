"""`filter`, `where` and `sortBy`: an input, and next to it what each of its fields means in SQL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, any_, not_, or_

Meaning = Callable[[Any, Any, Any], "ColumnElement[bool] | None"]
"""(row, value, ctx) -> predicate, or None for no restriction. `value` is never null."""


def in_channel_of(given: Any, ctx: Any) -> Any:
    """The context of an input that has Saleor's older `channel`: it counts where the list has none."""
    return ctx if given.channel is None or ctx.channel.given else ctx.channel_with_slug(given.channel)


@dataclass(frozen=True)
class Filter:
    """An input type and the meaning of its fields, by Python name.

    `AND`, `OR`, `NOT` and `channel` need none.
    """

    input: type[Any]
    fields: Mapping[str, Meaning]

    def predicate(self, row: Any, given: Any, ctx: Any) -> ColumnElement[bool] | None:
        """What all the given fields say together."""
        ctx = in_channel_of(given, ctx)
        parts: list[ColumnElement[bool]] = []
        for name, value in given.items():
            if value is None or name == "channel":
                continue
            if name in ("AND", "OR", "NOT"):
                part = self._combined(name, row, value, ctx)
            else:
                part = self.fields[name](row, value, ctx)
            if part is not None:
                parts.append(part)
        return and_(*parts) if parts else None

    def _combined(self, name: str, row: Any, given: Any, ctx: Any) -> ColumnElement[bool] | None:
        if name != "AND":
            ctx = ctx.not_always()
        if name == "NOT":
            inner = self.predicate(row, given, ctx)
            return None if inner is None else not_(inner)
        inner_parts = [self.predicate(row, each, ctx) for each in given]
        parts = [part for part in inner_parts if part is not None]
        if not parts:
            return None
        return and_(*parts) if name == "AND" else or_(*parts)


Key = Callable[[Any, Any], Any]
"""(row, ctx) -> one sort expression, or a tuple of them."""


def _best_match(row: Any, ctx: Any) -> Any:
    raise TypeError("the connection's rank stands in for this key")


BEST_MATCH: Key = _best_match
"""The key of a sort by relevance: the connection's own `rank` stands in for it."""


@dataclass(frozen=True)
class Sorting:
    """The `sortBy` input (with `direction` and `field`) and the expressions of each of its fields.

    Keys are the sort enum's members. `otherwise` takes (row, given, ctx) and gives what the input says by no
    `field` (Saleor's products may be sorted by an attribute's id), or None where it says nothing else.
    """

    input: type[Any]
    keys: Mapping[Any, Key]
    otherwise: Callable[[Any, Any, Any], Any] | None = None


def matches(expression: Callable[[Any, Any], ColumnElement[Any]]) -> Meaning:
    """Meaning of Saleor's operator inputs: `eq`, `oneOf`, `range` (`gte`, `lte`) on one expression."""

    def meaning(row: Any, value: Any, ctx: Any) -> ColumnElement[bool] | None:
        subject = expression(row, ctx)
        parts: list[ColumnElement[bool]] = []
        if value.given("eq"):
            parts.append(subject.is_(None) if value.eq is None else subject == value.eq)
        if value.given("one_of") and value.one_of is not None:
            parts.append(
                subject == any_(value.one_of)
                if not isinstance(value.one_of, list)
                else subject.in_(value.one_of)
            )
        if value.given("range") and value.range is not None:
            inside = between(expression)(row, value.range, ctx)
            if inside is not None:
                parts.append(inside)
        return and_(*parts) if parts else None

    return meaning


def by_id(type_name: str) -> Meaning:
    """Meaning of `ids`: the rows that these global ids name."""
    return refers(lambda row, ctx: row.id, type_name)


def among(expression: Callable[[Any, Any], ColumnElement[Any]]) -> Meaning:
    """Meaning of a list of plain values, such as `slugs`: the expression is one of them."""
    return lambda row, values, ctx: expression(row, ctx) == any_(values)


def between(expression: Callable[[Any, Any], ColumnElement[Any]]) -> Meaning:
    """Meaning of range inputs: `gte` and `lte`, either of which may be missing."""

    def meaning(row: Any, value: Any, ctx: Any) -> ColumnElement[bool] | None:
        subject = expression(row, ctx)
        parts = []
        if value.given("gte") and value.gte is not None:
            parts.append(subject >= value.gte)
        if value.given("lte") and value.lte is not None:
            parts.append(subject <= value.lte)
        return and_(*parts) if parts else None

    return meaning


def refers(expression: Callable[[Any, Any], ColumnElement[Any]], type_name: str) -> Meaning:
    """Meaning of global ids on a foreign key: a list of ids, one id, or `eq`/`oneOf` of them."""

    def meaning(row: Any, value: Any, ctx: Any) -> ColumnElement[bool] | None:
        subject = expression(row, ctx)
        if hasattr(value, "given"):
            parts: list[ColumnElement[bool]] = []
            if value.given("eq"):
                parts.append(
                    subject.is_(None) if value.eq is None else subject == ctx.key(value.eq, type_name)
                )
            if value.given("one_of") and value.one_of is not None:
                parts.append(subject == any_(ctx.key(value.one_of, type_name)))
            return and_(*parts) if parts else None
        key = ctx.key(value, type_name)
        return subject == any_(key) if key.is_list else subject == key

    return meaning
