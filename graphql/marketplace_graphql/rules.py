"""Rules of access that several domains share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, false, true

from marketplace.kit.errors import DomainError, Errors
from marketplace_graphql.kernel import QueryError
from marketplace_graphql.kernel.mutations import ErrorType


def staff_only(row: Any, ctx: Any) -> ColumnElement[bool]:
    """For what any member of staff may see, whatever else they may do."""
    return true() if ctx.requester.is_staff else false()


def by_key(row: Any, ctx: Any, type_name: str, id: Any, **others: Any) -> ColumnElement[bool]:
    """The one row that an id names, or else one other unique field. Raises QueryError for none or several."""
    given = {name: value for name, value in {"id": id, **others}.items() if value is not None}
    if len(given) != 1:
        names = ", ".join(f"'{_camel(name)}'" for name in ("id", *others))
        raise QueryError(f"Exactly one of the arguments {names} must be given.")
    if id is not None:
        found: ColumnElement[bool] = row.id == ctx.key(id, type_name)
        return found
    ((name, value),) = given.items()
    return getattr(row, name) == value  # type: ignore[no-any-return]


@contextmanager
def codes_of(errors: ErrorType) -> Iterator[None]:
    """For mutations whose errors know fewer codes than the services: the rest is INVALID."""
    try:
        yield
    except (DomainError, Errors) as refused:
        for error in refused.errors if isinstance(refused, Errors) else [refused]:
            if error.code not in errors.codes.__members__:
                error.code = "INVALID"
        raise


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)
