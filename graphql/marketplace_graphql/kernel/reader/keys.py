"""Sort keys of a list's rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import UnaryExpression

from marketplace.kit.models import highest_if_missing, lowest_if_missing
from marketplace_graphql.kernel.parts import MissingLast, unwrapped


@dataclass(frozen=True)
class Key:
    """One sort key: its expression on a row of the list."""

    expression: ColumnElement[Any]
    never_null: bool
    descending: bool = False
    """It goes against the list's direction: `order_by=lambda row, ctx: row.created_at.desc()`."""

    def ordered(self, expression: ColumnElement[Any], *, downwards: bool) -> ColumnElement[Any]:
        return expression.desc() if downwards is not self.descending else expression


def key_of(part: Any, *, downwards: bool) -> Key:
    """The key that a declaration means; `downwards`: the list goes down."""
    if isinstance(part, MissingLast):
        stand_in = lowest_if_missing if downwards else highest_if_missing
        return Key(stand_in(part.expression), never_null=True)
    expression, promised = unwrapped(part)
    descending = isinstance(expression, UnaryExpression) and expression.modifier is operators.desc_op
    if descending:
        expression, inner_promise = unwrapped(expression.element)
        promised = promised or inner_promise
    column = getattr(expression, "expression", expression)
    return Key(expression, promised or getattr(column, "nullable", True) is False, descending)


def ordered_by(rows: Any, keys: Sequence[Key], *, downwards: bool) -> list[ColumnElement[Any]]:
    """The order of rows that have the keys' values as `sort_0`, `sort_1`..."""
    return [key.ordered(rows.c[f"sort_{index}"], downwards=downwards) for index, key in enumerate(keys)]
