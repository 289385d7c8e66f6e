"""Ways to the rows of a page: along one index, along several that are merged, or by a few known keys."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Select, Subquery, any_, func, select, true, union_all

from marketplace_graphql.kernel.reader.context import Few, Walk

Ordered = Callable[[Any], list[ColumnElement[Any]]]
"""The page's order, on anything that has its sort columns."""

FEW = 10_000
"""So many rows are read and sorted in some tens of milliseconds. Of more, a walk along the list soon meets
enough; fewer might all stand at its end: what is asked for and the order are seldom independent."""
FEW_AT_MOST = 3
"""So many conditions of a list are tried for being the one that few rows fulfil."""


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
    tried = few[:FEW_AT_MOST]
    ways = []
    for place in range(len(tried) + 1):
        known = _known_keys(tried)
        sizes = [func.cardinality(column) for column in known.c]
        many = [size > _at_most(each) for size, each in zip(sizes[:place], tried, strict=False)]
        if place == len(tried):
            one = along(matching.where(*many)).lateral()
        else:
            one = matching.where(
                *many, sizes[place] <= _at_most(tried[place]), key == any_(known.c[place])
            ).lateral()
        ways.append(select(*one.c).select_from(known.join(one, true())))
    return union_all(*ways).subquery()


def _known_keys(few: Sequence[Few]) -> Subquery:
    """For each condition the keys of its rows, at most one more than few. Worked out only where used."""
    arrays = [
        func.array(each.keys.limit(_at_most(each) + 1).scalar_subquery(), type_=ARRAY(BigInteger())).label(
            f"keys_{number}"
        )
        for number, each in enumerate(few)
    ]
    return select(*arrays).offset(0).subquery()  # The offset keeps PostgreSQL from working them out twice.


def _at_most(few: Few) -> int:
    return FEW if few.at_most is None else few.at_most
