"""Lists narrowed by what attributes refer to: by ids, by slugs, by SKUs; any of them, or all."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, any_, func, literal, not_, or_, select

from marketplace.catalog import models
from marketplace.content.pages import Page
from marketplace.kit.errors import InvalidError
from marketplace.kit.ids import int_pk, split_global_id
from marketplace_graphql.catalog.attributes import REFERENCES
from marketplace_graphql.kernel import QueryError, input_type
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.parameters import Parameter

Gave = Callable[[Callable[[Any], ColumnElement[bool]]], ColumnElement[bool]]
"""Whether the row gave a value of which a condition holds."""

ALL_OR_ANY = "Ask that references contain either all or any, not both."
NOTHING_NAMED = "A list of what references contain can't be empty or null."
NO_SUCH_THING = "References are asked for by global ids of what an attribute can refer to."


@input_type
class ContainsFilterInput:
    """A condition on several values at once."""

    contains_any: list[str] | None
    """At least one of these is among them."""
    contains_all: list[str] | None
    """Each of these is among them."""


@input_type
class AssignedAttributeReferenceInput:
    """A condition on what an attribute refers to."""

    referenced_ids: ContainsFilterInput | None
    """By global ids, of whatever type."""
    page_slugs: ContainsFilterInput | None
    product_slugs: ContainsFilterInput | None
    product_variant_skus: ContainsFilterInput | None
    category_slugs: ContainsFilterInput | None
    collection_slugs: ContainsFilterInput | None


NAMES: dict[str, tuple[type[Any], str, str]] = {
    "page_slugs": (Page, "slug", "reference_page_id"),
    "product_slugs": (models.Product, "slug", "reference_product_id"),
    "product_variant_skus": (models.ProductVariant, "sku", "reference_variant_id"),
    "category_slugs": (models.Category, "slug", "reference_category_id"),
    "collection_slugs": (models.Collection, "slug", "reference_collection_id"),
}
"""By which names things are asked for: the model, its unique column, and the value's column."""


def refers_as_asked(gave: Gave, holds: Gave, given: Any) -> ColumnElement[bool]:
    """Meaning of `AssignedAttributeReferenceInput`: all of its conditions. Raises QueryError.

    `gave` and `holds` say the same; by `gave` rows are found, by `holds` one is looked at.
    """
    asked = list(given.items())
    if not asked:
        raise QueryError(NOTHING_NAMED)
    return and_(*[part for name, contains in asked for part in _contains(gave, holds, name, contains)])


def _contains(gave: Gave, holds: Gave, name: str, contains: Any) -> Iterator[ColumnElement[bool]]:
    if contains is None or not any(True for _ in contains.items()):
        raise QueryError(NOTHING_NAMED)
    if contains.given("contains_any") and contains.given("contains_all"):
        raise QueryError(ALL_OR_ANY)
    wanted = contains.contains_all if contains.contains_any is None else contains.contains_any
    if wanted is None:
        raise QueryError(NOTHING_NAMED)
    any_of, each_of = (_ids, _each_id) if name == "referenced_ids" else (_named(name), _each_named(name))
    yield gave(lambda value: any_of(value, wanted))
    if contains.contains_all is not None:
        # The first condition leads to the few rows that an index finds; of these, none is missing.
        yield from each_of(holds, wanted)


def _named(name: str) -> Callable[[Any, Any], ColumnElement[bool]]:
    model, column, key = NAMES[name]

    def condition(value: Any, names: Any) -> ColumnElement[bool]:
        target = aliased(model)
        known = getattr(target, column) == any_(_not_empty(names))
        found = select(target.id).where(known).correlate_except(target)
        return getattr(value, key).in_(found)

    return condition


def _each_named(name: str) -> Callable[[Gave, Any], Iterator[ColumnElement[bool]]]:
    model, column, key = NAMES[name]

    def conditions(gave: Gave, names: Any) -> Iterator[ColumnElement[bool]]:
        asked = func.unnest(names).table_valued("name").render_derived()
        target = aliased(model)
        found = select(target.id).where(getattr(target, column) == asked.c.name).correlate_except(target)
        yield _none_missing(asked, gave(lambda value: getattr(value, key) == found.scalar_subquery()))

    return conditions


def _ids(value: Any, ids: Any) -> ColumnElement[bool]:
    return or_(
        *[getattr(value, key) == any_(_keys(ids, type_name)) for type_name, (_, key) in REFERENCES.items()]
    )


def _each_id(gave: Gave, ids: Any) -> Iterator[ColumnElement[bool]]:
    for type_name, (_, key) in REFERENCES.items():
        asked = func.unnest(_keys(ids, type_name)).table_valued("key").render_derived()

        def same(value: Any, key: str = key, asked: Any = asked) -> ColumnElement[bool]:
            return getattr(value, key) == asked.c.key

        yield _none_missing(asked, or_(asked.c.key.is_(None), gave(same)))


def _none_missing(asked: Any, there: ColumnElement[bool]) -> ColumnElement[bool]:
    missing = select(literal(1)).select_from(asked).where(not_(there)).correlate_except(asked)
    return not_(missing.exists())


def _keys(ids: Parameter, type_name: str) -> Parameter:
    """The keys of those ids that name the type, NULL for the others."""

    def key(global_id: object) -> str | None:
        try:
            named = split_global_id(str(global_id))[0]
            if named not in REFERENCES:
                raise QueryError(NO_SUCH_THING)
            return str(int_pk(str(global_id), named)) if named == type_name else None
        except InvalidError:
            raise QueryError(NO_SUCH_THING) from None

    made = ids.converted(f"reference:{type_name}", BigInteger(), key)
    return _not_empty(made)


def _not_empty(given: Parameter) -> Parameter:
    """The same list; refused when it turns out to be empty at the request."""

    def encode(items: Any) -> str | None:
        if not items:
            raise QueryError(NOTHING_NAMED)
        return given.encode(items)

    return Parameter((*given.source_key, "not empty"), given.type, given.getter, encode, given.path)
