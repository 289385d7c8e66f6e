"""The `search` argument of products: the words as a person types them, folded once at each request."""

from typing import Any

from sqlalchemy import ColumnElement, Text

from marketplace.catalog import search
from marketplace.catalog.words import query_words


def found(row: Any, term: Any, ctx: Any) -> ColumnElement[bool]:
    """Whether a listing has all the words of a term."""
    return search.found(row, folded(term))


def rank(row: Any, term: Any, ctx: Any) -> ColumnElement[float]:
    """How well it fits them."""
    return search.rank(row, folded(term))


def folded(term: Any) -> ColumnElement[str]:
    """The words of a term, folded when the request comes."""
    folded: ColumnElement[str] = term.converted("query words", Text(), query_words)
    return folded
