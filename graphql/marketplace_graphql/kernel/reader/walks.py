"""Ways to the rows of a page: along one index, along several that are merged, or by a few known keys."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    Select,
    Subquery,
    any_,
    func,
    or_,
    select,
    true,
    union_all,
)

from marketplace_graphql.kernel.reader import counting
from marketplace_graphql.kernel.reader.context import Few, Walk
from marketplace_graphql.kernel.reader.keys import Key

Ordered = Callable[[Any], list[ColumnElement[Any]]]
"""The page's order, on anything that has its sort columns."""

FEW = 5_000
"""So many rows are read and sorted in some twenty milliseconds. Of more, a walk along the list soon meets
enough; fewer might all stand at its end: what is asked for and the order are seldom independent."""
FEW_AT_MOST = 3
"""So many conditions of a list are tried for being the one that few rows fulfil."""


def merged(matching: Select[Any], walk: Walk, ordered: Ordered, limit: int) -> Select[Any]:
    """The first rows of each value's walk, and of all of these the first."""
    value = select(func.unnest(walk.values).label("value")).subquery()
    one = matching.where(walk.column == value.c.value).lateral()
    both = value.join(one, true())
    return select(*one.c).select_from(both).order_by(*ordered(one)).limit(limit)


@dataclass(frozen=True)
class Stretch:
    """A list's next rows, so many of them: what to look at before all is looked up."""

    near: Select[Any]
    """Those of them that fulfil the conditions, at most a page."""
    goes_on: ColumnElement[bool]
    """Whether the list has more rows than these."""
    everywhere: Callable[[Sequence[ColumnElement[bool]]], Select[Any]]
    """The page as it is found among all rows, under some more conditions."""
    limit: int


@dataclass(frozen=True)
class Ways:
    """A list's ways by a few known keys: the keys of each condition that few rows may fulfil, looked at one
    condition after the other until one has few. What no way goes by is asked of each row.
    """

    few: Sequence[Few]
    links: Sequence[CTE]
    """For each condition a row with its keys, at most one more than few; none where an earlier one has few.
    So each is worked out at most once, and only where it decides."""
    looked: list[CTE] = field(default_factory=list)

    @property
    def parts(self) -> list[CTE]:
        """What stands before the statement that reads the rows."""
        return [*self.links, *self.looked]

    @classmethod
    def of(cls, few: Sequence[Few]) -> "Ways":
        links: list[CTE] = []
        for number, each in enumerate(few[:FEW_AT_MOST]):
            limited = each.keys.limit(_at_most(each) + 1).scalar_subquery()
            link = select(func.array(limited, type_=ARRAY(BigInteger())).label("found"))
            if links:
                link = link.select_from(links[-1]).where(_many(links[-1], few[number - 1]))
            links.append(link.cte(f"few_{number}", nesting=True))
        return cls(few, links)

    def found(
        self,
        matching: Select[Any],
        key: ColumnElement[Any],
        along: Callable[[Select[Any]], Select[Any]],
        stretch: Stretch | None = None,
    ) -> Subquery:
        """The page's rows, unordered: among those of the first condition that few fulfil, else `along` the
        list, or in a stretch of it. All ways but one end at a look at how many there are.
        """
        if not self.links:
            return along(matching.where(*self._asked())).subquery()
        ways = []
        for each, link in zip(self.few, self.links, strict=False):
            among = key == any_(link.c.found) if each.by_index is None else each.by_index
            rest = self._asked(None if each.by_index is None else each)
            one = matching.where(~_many(link, each), among, *rest).lateral()
            ways.append(select(*one.c).select_from(link.join(one, true())))
        last = self.links[-1]
        many = _many(last, self.few[len(self.links) - 1])
        if stretch is not None:
            return union_all(*ways, *self._looked_up(stretch, select(many).scalar_subquery())).subquery()
        one = along(matching.where(many, *self._asked())).lateral()
        ways.append(select(*one.c).select_from(last.join(one, true())))
        return union_all(*ways).subquery()

    def _looked_up(self, stretch: Stretch, many: ColumnElement[bool]) -> list[Select[Any]]:
        """The rows of the stretch if they fill the page or are the list's last; else those from everywhere.

        `many` is no row that is joined: what depends on one, PostgreSQL prepares even where nothing is read.
        """
        looked = stretch.near.where(many).cte("looked", nesting=True)
        self.looked.append(looked)
        count = select(func.count()).select_from(looked).scalar_subquery()
        enough = select(or_(count >= stretch.limit, ~stretch.goes_on)).scalar_subquery()
        rest = stretch.everywhere([many, ~enough]).subquery()
        return [select(*looked.c).where(many, enough), select(*rest.c)]

    def _asked(self, but: Few | None = None) -> list[ColumnElement[bool]]:
        return [each.holds for each in self.few if each is not but]


def _many(link: CTE, few: Few) -> ColumnElement[bool]:
    return func.cardinality(link.c.found) > _at_most(few)


def _at_most(few: Few) -> int:
    return FEW if few.at_most is None else few.at_most


def bounds(few: list[Few], keys: list[Key]) -> list[ColumnElement[bool]]:
    """Ranges in the order asked for outside of which nothing fulfils all conditions."""
    known = [each.within or each.in_order for each in few]
    return [range_ for key, range_ in filter(None, known) if counting.same(key, keys[0].expression)]


def ranges(few: list[Few], keys: list[Key]) -> tuple[list[ColumnElement[bool]], list[Few]]:
    """Conditions that may hold of few rows: those that are a range in the order asked for; the others."""
    inside, others = [], []
    for each in few:
        if each.in_order is not None and counting.same(each.in_order[0], keys[0].expression):
            inside.append(each.in_order[1])
        else:
            others.append(each)
    return inside, others
