"""Lists that are read one after the other as if they were one: each is a walk along its own index."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Subquery,
    cast,
    literal_column,
    select,
    type_coerce,
    union_all,
)

from marketplace_graphql.kernel.parts import InTurn
from marketplace_graphql.kernel.reader import cursors, rows, walks
from marketplace_graphql.kernel.reader.context import Scope
from marketplace_graphql.kernel.reader.keys import Key, key_of, ordered_by
from marketplace_graphql.kernel.reader.parameters import Parameter


class Turns:
    """The lists of one page, and the keys that all of them have: which list it is, then the list's own."""

    def __init__(self, order: InTurn, *, descending: bool, backwards: bool) -> None:
        self.backwards = backwards
        self.downwards = descending is not backwards
        self.lists: list[tuple[ColumnElement[bool], list[Key]]] = []
        for number, (condition, given) in enumerate(order.lists):
            # The lists keep their turns whichever way each goes.
            turn = Key(cast(literal_column(str(number)), Integer), never_null=True, descending=descending)
            self.lists.append((condition, [turn, *[key_of(part, downwards=descending) for part in given]]))
        self.keys = self.lists[0][1]

    def found(self, matching: Select[Any], scope: Scope, cursor: Parameter | None, limit: int) -> Subquery:
        """The page's rows: at most so many of each list, and of all of these the first."""
        parts: list[Select[Any]] = []
        for number, (condition, keys) in enumerate(self.lists):
            # Coerced, so that no list's sort column passes for the row's own column of another list.
            sorted_by = [
                type_coerce(key.expression, key.expression.type).label(f"sort_{index}")
                for index, key in enumerate(keys)
            ]
            one = (
                matching.add_columns(*sorted_by)
                .select_from(scope.source)
                .where(condition)
                .order_by(*[key.ordered(key.expression, downwards=self.downwards) for key in keys[1:]])
                .limit(limit)
            )
            parts += [self._few(part, scope) for part in self._after(one, number, keys, cursor)]
        # Parentheses: each part has its own order.
        found = union_all(*[select(*part.subquery().c) for part in parts]).subquery()
        order = ordered_by(found, self.keys, downwards=self.downwards)
        return select(*found.c).order_by(*order).limit(limit).subquery()

    def _after(
        self, one: Select[Any], number: int, keys: list[Key], cursor: Parameter | None
    ) -> list[Select[Any]]:
        """What of a list comes after the cursor: all of it, or a part, if the cursor is in it.

        Two statements of which PostgreSQL runs one: one condition for both would be no place in an index.
        """
        if cursor is None:
            return [one]
        turn, *marks = cursors.parts(keys, cursor)
        beyond = cursors.beyond(keys[1:], cursor, downwards=self.downwards, marks=marks)
        ways = [one.where(turn == number, beyond)]
        is_first = number == (len(self.lists) - 1 if self.backwards else 0)
        if not is_first:
            ways.append(one.where(turn > number if self.backwards else turn < number))
        return ways

    def _few(self, one: Select[Any], scope: Scope) -> Select[Any]:
        if not scope.few:
            return one
        key = rows.primary_key(scope.row)
        return select(*walks.few_or_many(one, scope.few, key, lambda rows_: rows_).c)
