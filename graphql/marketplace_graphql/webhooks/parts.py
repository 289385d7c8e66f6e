"""What event types are made of: fields that lead from what happened to rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, and_, func, inspect, true

from marketplace_graphql.kernel import expression, never_null, one_of, related, value
from marketplace_graphql.kernel.fields import Declaration
from marketplace_graphql.kernel.reader.rows import primary_key
from marketplace_graphql.kernel.registry import registry
from marketplace_graphql.kernel.subscriptions import Happened
from marketplace_graphql.values import money

KEY, KEYS, MODEL = "key", "keys", "model"
"""The names of the subject's key (or of all the keys), and of its table's class."""

On = Callable[[Happened, Any, Any], ColumnElement[bool]]


@dataclass(frozen=True)
class Part:
    """A field of event types: its Python name, its annotation, how it is declared, and the types it needs."""

    name: str
    annotation: Any
    declare: Callable[[], Declaration]
    needs: tuple[str, ...] = ()
    subject: str | None = None
    """The type that the event is about, where this field shows it."""
    on: On | None = None
    """How the event leads to the row."""
    is_list: bool = False
    is_union: bool = False
    """Of which some of the needed types are enough."""


def key_in(happened: Happened, target: Any, name: str = KEY) -> ColumnElement[Any]:
    """The primary key of a target's row, as the event gives it."""
    return happened.typed(name, inspect(target).mapper.primary_key[0].type)


def is_subject(happened: Happened, target: Any, _ctx: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = primary_key(target) == key_in(happened, target)
    return found


def subject(
    type_name: str,
    name: str,
    *,
    per_channel: bool = False,
    on: On = is_subject,
    needed: bool = False,
    is_root: bool = True,
) -> Part:
    """The row that an event is about. `per_channel` adds Saleor's argument `channel`, in which it is read."""
    return Part(
        name,
        type_name if needed else f"{type_name} | None",
        lambda: _related(on, per_channel=per_channel),
        (type_name,),
        type_name if is_root else None,
        on,
    )


def also(type_name: str, name: str, on: On, *, per_channel: bool = False, needed: bool = False) -> Part:
    """A row that hangs on the one that an event is about."""
    return subject(type_name, name, per_channel=per_channel, on=on, needed=needed, is_root=False)


def subjects(type_name: str, name: str) -> Part:
    """All rows that an event is about together."""

    def on(happened: Happened, target: Any, _ctx: Any) -> ColumnElement[bool]:
        key = primary_key(target)
        found: ColumnElement[bool] = key.in_(happened.items(KEYS, key.type))
        return found

    annotation = f"list[{type_name}] | None"
    return Part(name, annotation, lambda: related(on), (type_name,), type_name, is_list=True)


def any_of(union_name: str, name: str, models: Mapping[str, str]) -> Part:
    """The row that an event is about, of whichever type of a union; `models` are their tables' classes."""

    def of(model: str) -> On:
        return lambda happened, target, ctx: and_(
            happened.text(MODEL) == model, is_subject(happened, target, ctx)
        )

    def declare() -> Declaration:
        declared = {each: of(model) for each, model in models.items() if each in registry.types}
        made: Declaration = one_of(declared, shown=True)
        return made

    return Part(name, f"{union_name} | None", declare, tuple(models), is_union=True)


def detail(name: str, annotation: Any = str | None) -> Part:
    """A text that was announced along with the row."""
    return Part(name, annotation, lambda: _expression(lambda happened, ctx: happened.text(name)))


def flag(name: str) -> Part:
    """A yes or no that was announced along with the row; no, where nothing was said."""
    said = _said(name)
    return Part(name, bool, lambda: _expression(lambda happened, ctx: never_null(said(happened))))


def amount(name: str) -> Part:
    """An amount that was announced along with the row: `<name>_minor`, in its `currency`."""

    def declare() -> Declaration:
        made: Declaration = value(
            lambda happened, ctx: money(
                happened.typed(f"{name}_minor", BigInteger()), happened.text("currency")
            )
        )
        return made

    return Part(name, "Money", declare)


def shop() -> Part:
    """The shop itself."""
    return Part("shop", "Shop | None", lambda: related(lambda happened, shop, ctx: true()), ("Shop",))


def _expression(function: Callable[[Happened, Any], Any]) -> Declaration:
    made: Declaration = expression(function)
    return made


def _said(name: str) -> Callable[[Happened], ColumnElement[bool]]:
    return lambda happened: func.coalesce(happened.typed(name, Boolean()), False)


def _related(on: On, *, per_channel: bool) -> Declaration:
    made: Declaration
    if not per_channel:
        made = related(on, shown=True)
        return made

    def in_channel(happened: Any, target: Any, ctx: Any, channel: str | None = None) -> ColumnElement[bool]:
        return on(happened, target, ctx)

    made = related(in_channel, shown=True)
    return made
