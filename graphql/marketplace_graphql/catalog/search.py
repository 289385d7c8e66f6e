"""The `search` argument of products: the words as a person types them, folded once at each request."""

from typing import Any

from sqlalchemy import ColumnElement, Text, case, false, select, true, union_all

from marketplace.catalog import search
from marketplace.catalog.models import Product
from marketplace.catalog.words import query_words
from marketplace_graphql.kernel.reader.aliases import aliased

FEW_FOUND = 15_000
"""So many finds are read by the index of words and sorted in a few tens of milliseconds, rather than by a
walk along the list. Words and orders go together: rugs all stand under R, and cost more than other things."""


def found(row: Any, term: Any, ctx: Any) -> ColumnElement[bool]:
    """Whether a listing has all the words of a term."""
    words, one, any_one = folded(term), aliased(Product), aliased(Product)
    by_index = search.found(row, words)
    # No words find everything, which the index of words would take long to say.
    keys = union_all(
        select(one.id).where(words != "", search.found(one, words)), select(any_one.id).where(words == "")
    ).subquery()
    holds = case((words == "", true()), (by_index, true()), else_=false())
    has_words: ColumnElement[bool] = ctx.few_or_many(
        row, select(keys.c.id), holds, few=FEW_FOUND, by_index=by_index
    )
    return has_words


def row_by_row(condition: Any) -> ColumnElement[bool]:
    """A condition that PostgreSQL asks of each row that it comes by, and reads no index for."""
    asked: ColumnElement[bool] = case((condition, true()), else_=false())
    return asked


def rank(row: Any, term: Any, ctx: Any) -> ColumnElement[float]:
    """How well it fits them."""
    return search.rank(row, folded(term))


def folded(term: Any) -> ColumnElement[str]:
    """The words of a term, folded when the request comes."""
    folded: ColumnElement[str] = term.converted("query words", Text(), query_words)
    return folded
