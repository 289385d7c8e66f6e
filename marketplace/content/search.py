"""Finding pages by words, folded as the search for products folds them (`catalog.words`)."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, func

from marketplace.catalog.descriptions import text_of_description
from marketplace.catalog.words import index_text, query_words
from marketplace.content.pages import Page

NOTHING_ASKED = "!x"
"""No page has a word of one letter: everything is found."""


def page_words(titles: Iterable[str | None], contents: Iterable[dict[str, Any] | None]) -> tuple[str, str]:
    """What is kept of a page in `search_title` and `search_text`, of its texts in every language."""
    return index_text(*titles), index_text(*map(text_of_description, contents))


def query_text(term: str) -> str:
    """What a person typed, as the text of a `tsquery`: all words, the last of them as a beginning.

    Folded words are letters and digits of two scripts only, so nothing that is typed is an operator. No word
    is guessed at: the lexicon of mistyped words is that of the listings.
    """
    words = query_words(term)
    return " & ".join(words.split()) + ":*" if words else NOTHING_ASKED


def found(page: type[Page], query: ColumnElement[Any]) -> ColumnElement[bool]:
    return page.search_vector.bool_op("@@")(query)


def rank(page: type[Page], query: ColumnElement[Any]) -> ColumnElement[float]:
    """How well a page fits: words in its title count most."""
    fits: ColumnElement[float] = func.ts_rank(page.search_vector, query)
    return fits
