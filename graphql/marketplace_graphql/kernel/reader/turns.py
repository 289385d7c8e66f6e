"""Lists that are read one after the other as if they were one: each is a walk along its own index."""

from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    any_,
    cast,
    func,
    inspect,
    literal_column,
    select,
    true,
    type_coerce,
    union_all,
)

from marketplace_graphql.kernel.parts import InTurn
from marketplace_graphql.kernel.reader import counting, cursors, rows, walks
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.context import Few, Scope
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
        """The page's rows: at most so many of each list, and of all of these the first.

        A list is looked into only if those before it are not enough: it may have nothing, far along its walk.
        """
        before: list[CTE] = []
        ways = walks.Ways.of([*scope.few, *_of_walks(scope)])
        key = rows.primary_key(scope.row)
        numbered = list(enumerate(self.lists))
        for number, (condition, keys) in reversed(numbered) if self.backwards else numbered:
            # Coerced, so that no list's sort column passes for the row's own column of another list.
            sorted_by = [
                type_coerce(key.expression, key.expression.type).label(f"sort_{index}")
                for index, key in enumerate(keys)
            ]
            one = (
                matching.add_columns(*sorted_by)
                .select_from(scope.source)
                .where(condition, *walks.bounds(scope.few, keys[1:]))
                .order_by(*[key.ordered(key.expression, downwards=self.downwards) for key in keys[1:]])
                .limit(limit)
            )
            if before:
                one = one.where(_rows_of(before) < limit)
            parts = [
                select(*ways.found(part, key, lambda rows_: rows_).c)
                for part in self._after(one, number, keys, cursor)
            ]
            # Parentheses: each part has its own order.
            before.append(union_all(*[select(*part.subquery().c) for part in parts]).cte(nesting=True))
        found = union_all(*[select(*part.c) for part in before]).subquery()
        order = ordered_by(found, self.keys, downwards=self.downwards)
        page = select(*found.c).order_by(*order).limit(limit)
        return page.add_cte(*ways.links, nest_here=True).subquery()

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


def _of_walks(scope: Scope) -> list[Few]:
    """One of few: no list that takes turns is in the order of its walks, but their index knows the keys."""
    mapper, found = inspect(scope.row).mapper, dict[str, Few]()
    for walk in scope.walks:
        name = getattr(walk.column, "key", None)
        if name is not None and counting.same_column(walk.column, getattr(scope.row, name, None)):
            other = aliased(mapper.class_)
            keys = select(rows.primary_key(other)).where(getattr(other, name) == any_(walk.values))
            found.setdefault(name, Few(keys.correlate_except(other), true(), None, None, None))
    return list(found.values())


def _rows_of(lists: list[CTE]) -> ColumnElement[int]:
    counted: list[ColumnElement[int]] = [
        select(func.count()).select_from(each).scalar_subquery() for each in lists
    ]
    return reduce(add, counted)
