"""Ways to the rows of a page: along one index, along several that are merged, or by a few known keys."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    ScalarSelect,
    Select,
    Subquery,
    any_,
    func,
    or_,
    select,
    true,
    union_all,
)

from marketplace_graphql.kernel.reader.context import Few, Walk

Ordered = Callable[[Any], list[ColumnElement[Any]]]
"""The page's order, on anything that has its sort columns."""
Conditions = list[ColumnElement[bool]]

FEW = 10_000
"""So many rows are read and sorted in some tens of milliseconds. Of more, a walk along the list soon meets
enough; fewer might all stand at its end: what is asked for and the order are seldom independent."""
FEW_AT_MOST = 3
"""So many conditions of a list are tried for being the one that few rows fulfil."""


@dataclass(frozen=True)
class Stretch:
    """So many of a list's next rows, and whether there are more."""

    matching: Select[Any]
    """Those of them that fulfil the conditions, at most a page."""
    goes_on: ColumnElement[bool]


def merged(matching: Select[Any], walk: Walk, ordered: Ordered, limit: int) -> Select[Any]:
    """The first rows of each value's walk, and of all of these the first."""
    value = select(func.unnest(walk.values).label("value")).subquery()
    one = matching.where(walk.column == value.c.value).lateral()
    both = value.join(one, true())
    return select(*one.c).select_from(both).order_by(*ordered(one)).limit(limit)


def few_or_many(
    matching: Select[Any],
    few: Sequence[Few],
    key: ColumnElement[Any],
    along: Callable[[Select[Any]], Select[Any]],
) -> Subquery:
    """The page's rows, unordered: by the keys of the first condition that few fulfil, else `along` the list.

    Each way begins with a look at how many there are, and all but one of them end there.
    """
    known = _Known(few)
    many = known.many(len(few))
    return known.first_of([*known.by_keys(matching, key), _whole(along(matching.where(*many)))])


def few_or_looked_up(
    matching: Select[Any],
    few: Sequence[Few],
    key: ColumnElement[Any],
    near: Stretch,
    everywhere: Callable[[Conditions], Select[Any]],
    limit: int,
) -> Subquery:
    """The same, where those that many fulfil are looked for in the list's next stretch, and `everywhere` only
    if they don't fill the page there though the list goes on.
    """
    known = _Known(few)
    many = known.many(len(few))
    looked = near.matching.where(*many).cte("looked", nesting=True)
    count = select(func.count()).select_from(looked).scalar_subquery()
    enough = select(or_(count >= limit, ~near.goes_on)).scalar_subquery()
    there = select(*looked.c).where(*many, enough)
    rest = _whole(everywhere([*many, ~enough]))
    return known.first_of([*known.by_keys(matching, key), there, rest], looked)


def _whole(rows_: Select[Any]) -> Select[Any]:
    """Rows with their own order, as a part of a union."""
    return select(*rows_.subquery().c)


class _Known:
    """The keys of the rows that fulfil each of a list's first conditions, at most one more than few.

    Worked out at most once, and only if they are asked for.
    """

    def __init__(self, few: Sequence[Few]) -> None:
        self.few = few[:FEW_AT_MOST]
        self.arrays = [
            select(
                func.array(
                    each.keys.limit(_at_most(each) + 1).scalar_subquery(), type_=ARRAY(BigInteger())
                ).label("found")
            ).cte(f"known_{number}", nesting=True)
            for number, each in enumerate(self.few)
        ]

    def many(self, number: int) -> Conditions:
        """That many rows fulfil each condition before this one."""
        return [
            func.cardinality(self._keys(place)) > _at_most(each)
            for place, each in enumerate(self.few[:number])
        ]

    def by_keys(self, matching: Select[Any], key: ColumnElement[Any]) -> list[Select[Any]]:
        """For each condition the page's rows if few fulfil it, and many those before it."""

        def by(number: int, each: Few) -> Select[Any]:
            known = select(self._keys(number).label("found")).offset(0).subquery()
            fits = func.cardinality(known.c.found) <= _at_most(each)
            one = matching.where(*self.many(number), fits, key == any_(known.c.found)).lateral()
            return select(*one.c).select_from(known.join(one, true()))

        return [by(number, each) for number, each in enumerate(self.few)]

    def _keys(self, number: int) -> ScalarSelect[Any]:
        return select(self.arrays[number].c.found).scalar_subquery()

    def first_of(self, ways: list[Select[Any]], *besides: CTE) -> Subquery:
        """The rows of all ways: there are some of one only."""
        found = union_all(*ways).subquery()
        return select(*found.c).add_cte(*self.arrays, *besides, nest_here=True).subquery()


def _at_most(few: Few) -> int:
    return FEW if few.at_most is None else few.at_most
