"""Conditions on a column that has an index of its own: of a handful of rows, or of most."""

from typing import Any

from sqlalchemy import ColumnElement, select

from marketplace_graphql.catalog.search import row_by_row
from marketplace_graphql.kernel.filters import Meaning
from marketplace_graphql.kernel.reader.aliases import aliased


def indexed(model: type[Any], column: str, meaning: Meaning) -> Meaning:
    """A meaning that speaks of one column. Few rows are found by the column's index, in any order; where many
    fit, the list is walked; and where it is sorted by the column, the condition is where the walk begins.
    """

    def by_index(row: Any, value: Any, ctx: Any) -> ColumnElement[bool] | None:
        other = aliased(model)
        inside, same = meaning(row, value, ctx), meaning(other, value, ctx)
        if inside is None or same is None or ctx.whole:
            return inside
        found: ColumnElement[bool] = ctx.few_or_many(
            row, select(other.id).where(same), row_by_row(inside), in_order=(getattr(row, column), inside)
        )
        return found

    return by_index
