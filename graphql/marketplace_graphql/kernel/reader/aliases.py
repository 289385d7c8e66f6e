"""Aliases of models that are made once and used again, statement after statement.

Making one takes about as long as all else that a small list needs: SQLAlchemy copies every column of the
table, for an alias of which three are read. No two places of one statement share an alias, and what a
statement's text is does not depend on which were handed out.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import orm

KEPT_OF_A_MODEL = 64
"""More of one model are in hardly any statement; those are made for it alone."""

_kept: defaultdict[type[Any], list[Any]] = defaultdict(list)
_given: ContextVar[defaultdict[type[Any], int] | None] = ContextVar("aliases given out", default=None)


@contextmanager
def one_statement() -> Iterator[None]:
    """Within it, `aliased` hands out aliases that earlier statements had, each of them once."""
    if _given.get() is not None:
        yield  # Part of a statement that has begun already.
        return
    token = _given.set(defaultdict(int))
    try:
        yield
    finally:
        _given.reset(token)


def aliased(model: type[Any]) -> Any:
    """An alias that nothing else of the statement in the making stands on."""
    given = _given.get()
    if given is None or given[model] >= KEPT_OF_A_MODEL:
        return orm.aliased(model)
    kept, number = _kept[model], given[model]
    given[model] += 1
    if number == len(kept):
        kept.append(orm.aliased(model))
    return kept[number]
