"""Rules of access that several domains share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, and_, false, literal, select, true
from strawberry.utils.str_converters import to_camel_case

from marketplace.kit.errors import DomainError, Errors
from marketplace_graphql.kernel import DeclarationError, QueryError
from marketplace_graphql.kernel.mutations import ErrorType
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.rows import only_foreign_key


def staff_only(row: Any, ctx: Any) -> ColumnElement[bool]:
    """For what any member of staff and any app may see, whatever else they may do."""
    return true() if ctx.requester.is_staff or ctx.requester.is_app else false()


def by_key(row: Any, ctx: Any, type_name: str, id: Any, **others: Any) -> ColumnElement[bool]:
    """The one row that an id, or else another unique field, names: a column of that name, or a predicate of
    one's own. Raises QueryError for none and for several, as Saleor words it.
    """
    given = {name: value for name, value in {"id": id, **others}.items() if value is not None}
    if not given:
        names = ", ".join(f"'{to_camel_case(name)}'" for name in ("id", *others))
        raise QueryError(f"At least one of arguments is required: {names}.")
    first, *rest = given
    if rest:
        names = ", ".join(f"'{to_camel_case(name)}'" for name in rest)
        raise QueryError(f"Argument '{to_camel_case(first)}' cannot be combined with {names}")
    if id is not None:
        found: ColumnElement[bool] = row.id == ctx.key(id, type_name)
        return found
    value = given[first]
    return value(row) if callable(value) else getattr(row, first) == value  # type: ignore[no-any-return]


def by_slug(slug: Any, translation: type[Any], language: Any) -> Any:
    """What `by_key` needs of a slug, which is a translation's own where its language is named."""
    if slug is None or language is None:
        return slug
    translated = aliased(translation)

    def found(row: Any) -> ColumnElement[bool]:
        of_row = only_foreign_key(translated, row)
        if of_row is None:
            raise DeclarationError(f"{translation.__name__} translates nothing of {row!r}")
        said = and_(of_row, translated.slug == slug, translated.language_code == language.value)
        return select(literal(1)).where(said).correlate_except(translated).exists()

    return found


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
