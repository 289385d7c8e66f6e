"""Lists narrowed by attributes: of products, variants and pages alike.

What a client may ask of one attribute is one condition on its values; a row is listed if it gave a value of
which that holds. Indexes lead from an attribute to its values by slug, name, number, day and moment, and from
what is referred to; and from a value to the rows that gave it.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    and_,
    any_,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    union_all,
)

from marketplace.catalog import attributes as models
from marketplace.catalog.attributes import AttributeInputType as Input
from marketplace.catalog.models import ProductVariant
from marketplace_graphql.catalog.answering import answering_of
from marketplace_graphql.catalog.attribute_references import AssignedAttributeReferenceInput, refers_as_asked
from marketplace_graphql.inputs import (
    DateRangeInput,
    DateTimeRangeInput,
    DecimalFilterInput,
    IntRangeInput,
    StringFilterInput,
)
from marketplace_graphql.kernel import QueryError, between, input_type, matches
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.parameters import Inputs, Parameter, array_of, text

Conditions = Callable[[Any], list[ColumnElement[bool] | None]]
"""What must hold of a value."""

ONE_KEY = "Of the conditions on a value only one can be given for each attribute."
NOTHING_ASKED = "An attribute's `value` can't be empty or null, nor its `slug` null."
MIXED = "Ask of attributes either by `value` or by the deprecated fields, not by both."
SLUG_MISSING = "The deprecated fields need the attribute's `slug`."
TWICE = "An attribute's slug can be given only once."
OTHER_KIND = "A condition does not fit the way in which its attribute is answered."


@input_type
class AssignedAttributeValueInput:
    """A condition on what is answered to an attribute: one of these."""

    slug: StringFilterInput | None
    name: StringFilterInput | None
    numeric: DecimalFilterInput | None
    """In the attribute's unit."""
    date: DateRangeInput | None
    date_time: DateTimeRangeInput | None
    boolean: bool | None
    reference: AssignedAttributeReferenceInput | None


@input_type
class AssignedAttributeWhereInput:
    """An attribute, and what must be answered to it."""

    slug: str | None
    """Left out: whichever attribute."""
    value: AssignedAttributeValueInput | None
    """Left out: anything."""


@input_type
class AttributeInput:
    """An attribute, and what must be answered to it: by `value`, or as earlier clients say it."""

    slug: str | None
    value: AssignedAttributeValueInput | None
    values: list[str] | None
    """Slugs, of which one must be chosen."""
    values_range: IntRangeInput | None
    date_time: DateTimeRangeInput | None
    date: DateRangeInput | None
    boolean: bool | None


def answers(row: Any, asked: Sequence[Any], ctx: Any) -> ColumnElement[bool]:
    """Meaning of `[AssignedAttributeWhereInput!]`: all of them; an empty list asks for what no row has."""
    _slugs_differ(asked, ctx)
    return and_(*[_answers(row, given, ctx) for given in asked]) if asked else false()


def product_answers(row: Any, asked: Sequence[Any], ctx: Any) -> ColumnElement[bool]:
    """Meaning of `[AttributeInput!]` on products: all of them, by `value` or as earlier clients say it.

    An empty list asks for nothing: storefronts send it while nobody has chosen anything.
    """
    if not asked:
        return true()
    older = [any(name not in ("slug", "value") for name, _ in given.items()) for given in asked]
    if not any(older):
        return answers(row, asked, ctx)
    for given in asked:
        if not all(older) or given.given("value"):
            raise QueryError(MIXED)
        if given.slug is None:
            raise QueryError(SLUG_MISSING)
    return and_(*[_product_or_variant_answers(row, given, asked, ctx) for given in asked])


def _answers(row: Any, given: Any, ctx: Any) -> ColumnElement[bool]:
    if (given.given("slug") and given.slug is None) or (given.given("value") and not _asks(given.value)):
        raise QueryError(NOTHING_ASKED)
    if given.slug is None and given.value is None:
        raise QueryError(NOTHING_ASKED)
    if given.value is None:
        return _gave(row, lambda value: [_of_attribute(value, given.slug)], ctx)
    asks = list(given.value.items())
    if len(asks) > 1:
        raise QueryError(ONE_KEY)
    ((kind, wanted),) = asks
    if wanted is None:
        raise QueryError(NOTHING_ASKED)
    if kind in KINDS and given.slug is not None:
        attribute = aliased(models.Attribute)
        of_another_kind = select(literal(1)).where(
            attribute.slug == given.slug, attribute.input_type.not_in(KINDS[kind])
        )
        ctx.demand(not_(of_another_kind.correlate_except(attribute).exists()), OTHER_KIND)
    if kind == "reference":
        return refers_as_asked(
            partial(_gave_of, row, given.slug, ctx),
            lambda says: _holds(row, lambda value: [_of_attribute(value, given.slug), says(value)]),
            wanted,
        )
    return _gave_of(row, given.slug, ctx, lambda value: _says(value, kind, wanted))


def _asks(value: Any) -> bool:
    return value is not None and any(True for _ in value.items())


KINDS = {
    "numeric": (Input.NUMERIC,),
    "date": (Input.DATE,),
    "date_time": (Input.DATE_TIME,),
    "boolean": (Input.BOOLEAN,),
    "reference": (Input.REFERENCE, Input.SINGLE_REFERENCE),
}
"""Conditions that fit some kinds of attributes only."""


def _says(value: Any, kind: str, wanted: Any) -> ColumnElement[bool] | None:
    """Whether a value is as asked."""
    match kind:
        case "slug" | "name" | "numeric":
            return matches(lambda row, ctx: getattr(row, kind))(value, wanted, None)
        case "date":
            return between(lambda row, ctx: row.day)(value, wanted, None)
        case "date_time":
            return between(lambda row, ctx: row.date_time)(value, wanted, None)
    return value.boolean.is_(wanted)


def _gave_of(row: Any, slug: Any, ctx: Any, says: Any) -> ColumnElement[bool]:
    """Whether the row gave a value of which the condition holds: of the attribute, or of any."""
    return _gave(row, lambda value: [_of_attribute(value, slug), says(value)], ctx)


def _gave(row: Any, conditions: Conditions, ctx: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = ctx.few_or_many(row, _owners(row, conditions), _holds(row, conditions))
    return found


def _owners(row: Any, conditions: Conditions) -> Select[Any]:
    """The keys of all rows like this one that gave a value of the conditions."""
    answering = answering_of(row)
    said, value, held = _said(answering.said, conditions)
    owner = said.c[answering.owner]
    return select(owner).select_from(said, value).where(*held).correlate_except(said, value)


def _holds(row: Any, conditions: Conditions) -> ColumnElement[bool]:
    """Whether this row did. No EXISTS: PostgreSQL would turn it into a join of all rows that did."""
    answering = answering_of(row)
    said, value, held = _said(answering.said, conditions)
    there = (
        select(true())
        .select_from(said, value)
        .where(said.c[answering.owner] == row.id, *held)
        .limit(1)
        .correlate_except(said, value)
    )
    return there.scalar_subquery().is_(true())


def _said(table: Any, conditions: Conditions) -> tuple[Any, Any, list[ColumnElement[bool]]]:
    said, value = table.alias(), aliased(models.AttributeValue)
    held = [condition for condition in conditions(value) if condition is not None]
    return said, value, [value.id == said.c.value_id, *held]


def _of_attribute(value: Any, slug: Any) -> ColumnElement[bool] | None:
    """Whether a value is one of the attribute of a slug. The attribute is looked up once in a statement."""
    if slug is None:
        return None
    attribute = aliased(models.Attribute)
    found = select(attribute.id).where(attribute.slug == slug).correlate_except(attribute)
    same: ColumnElement[bool] = value.attribute_id == found.scalar_subquery()
    return same


def _product_or_variant_answers(row: Any, given: Any, asked: Sequence[Any], ctx: Any) -> ColumnElement[bool]:
    """As earlier clients ask: the product answers so, or one of its variants does."""
    ways = _ways(given, asked)
    variant, answering = aliased(ProductVariant), aliased(ProductVariant)
    by_variant = select(true()).where(
        variant.product_id == row.id, or_(*[_holds(variant, conditions) for conditions in ways])
    )
    holds = or_(
        *[_holds(row, conditions) for conditions in ways],
        and_(
            # Looked up once: most attributes spare each row a look at variants.
            _asked_of_variants(given.slug),
            by_variant.limit(1).correlate_except(variant).scalar_subquery().is_(true()),
        ),
    )
    variants = union_all(*[_owners(answering, conditions) for conditions in ways]).subquery()
    products = select(answering.product_id).join_from(variants, answering, answering.id == variants.c[0])
    both = union_all(
        *[_owners(row, conditions) for conditions in ways], products.correlate_except(variants, answering)
    ).subquery()
    found: ColumnElement[bool] = ctx.few_or_many(row, select(both.c[0]), holds)
    return found


def _ways(given: Any, asked: Sequence[Any]) -> list[Conditions]:
    """How an entry may be met: its own way, or that of another entry on the same attribute, of the same kind.

    Saleor unites what is chosen of one attribute, in however many entries. Which attributes these are is
    known only at the request: chosen values are put together there, other ways passed over if slugs differ.
    """
    kinds = _kinds(given)
    if kinds == {"values"}:
        alike = [other for other in asked if _kinds(other) == kinds]
        chosen = given.values if len(alike) == 1 else _chosen_together(given, alike)
        return [lambda value: [_of_attribute(value, given.slug), value.slug == any_(chosen)]]

    def way(other: Any) -> Conditions:
        same = None if other is given else given.slug == other.slug
        return lambda value: [_of_attribute(value, given.slug), same, *_says_older(value, other)]

    return [way(given), *[way(other) for other in asked if other is not given and _kinds(other) == kinds]]


def _kinds(given: Any) -> set[str]:
    return {name for name, wanted in given.items() if name != "slug" and wanted is not None}


def _chosen_together(given: Any, alike: Sequence[Any]) -> Parameter:
    """The values of all entries that have the slug of this one."""

    def together(inputs: Inputs) -> list[str]:
        slug = given.slug.getter(inputs)
        return [
            each
            for other in alike
            if other.slug.getter(inputs) == slug
            for each in other.values.getter(inputs)
        ]

    key = tuple(part.source_key for other in alike for part in (other.slug, other.values))
    return Parameter(
        ("chosen together", given.slug.source_key, key),
        ARRAY(Text()),
        together,
        array_of(text),
        given.values.path,
    )


def _says_older(value: Any, given: Any) -> list[ColumnElement[bool] | None]:
    says: list[ColumnElement[bool] | None] = []
    if given.values is not None:
        says.append(value.slug == any_(given.values))
    inside = (
        (value.numeric, given.values_range),
        (value.day, given.date),
        (value.date_time, given.date_time),
    )
    says += [_within(subject, wanted) for subject, wanted in inside if wanted is not None]
    if given.boolean is not None:
        says.append(value.boolean.is_(given.boolean))
    return says


def _within(subject: Any, wanted: Any) -> ColumnElement[bool] | None:
    return between(lambda row, ctx: subject)(None, wanted, None)


def _asked_of_variants(slug: Any) -> ColumnElement[bool]:
    """Whether any product type asks its variants for the attribute."""
    asked, attribute = aliased(models.ProductTypeAttribute), aliased(models.Attribute)
    return (
        select(literal(1))
        .join_from(asked, attribute, attribute.id == asked.attribute_id)
        .where(attribute.slug == slug, asked.scope == models.AttributeScope.VARIANT)
        .correlate_except(asked, attribute)
        .exists()
    )


def _slugs_differ(asked: Sequence[Any], ctx: Any) -> None:
    """Refuse two conditions on one attribute. What the slugs are is known only at the request."""
    slugs = [given.slug for given in asked if given.slug is not None]
    if len(slugs) > 1:
        key = tuple(slug.source_key for slug in slugs)
        together = Parameter(
            ("differing", key),
            ARRAY(Text()),
            lambda inputs: [slug.getter(inputs) for slug in slugs],
            _differing,
            slugs[0].path,
        )
        ctx.demand(func.cardinality(together) > 0, TWICE)


def _differing(slugs: Sequence[str]) -> str:
    if len(set(slugs)) < len(slugs):
        raise QueryError(TWICE)
    return array_of(text)(slugs) or "{}"
