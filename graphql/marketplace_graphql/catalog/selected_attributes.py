"""The attributes of a row: in the old form with the values as they are kept, in the new one by kind."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, and_, true
from sqlalchemy.orm import join

from marketplace.catalog import attributes as models
from marketplace.catalog.attributes import AttributeEntityType as Entity
from marketplace.catalog.attributes import AttributeInputType as Input
from marketplace_graphql.catalog.answering import Answer, answering_of
from marketplace_graphql.catalog.assigned_attributes import AssignedAttribute
from marketplace_graphql.catalog.attributes import LISTED, Attribute, AttributeValue, attribute_visible
from marketplace_graphql.kernel import (
    PositiveInt,
    cases,
    each,
    interface,
    many,
    object_type,
    seen_as,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased

ATTRIBUTES_AT_MOST = 100
ASSIGNED_INSTEAD = "`assignedAttributes` has a type for each way of answering."

KINDS: dict[tuple[Input, Entity | None], str] = {
    (Input.NUMERIC, None): "AssignedNumericAttribute",
    (Input.RICH_TEXT, None): "AssignedTextAttribute",
    (Input.PLAIN_TEXT, None): "AssignedPlainTextAttribute",
    (Input.FILE, None): "AssignedFileAttribute",
    (Input.DROPDOWN, None): "AssignedSingleChoiceAttribute",
    (Input.MULTISELECT, None): "AssignedMultiChoiceAttribute",
    (Input.SWATCH, None): "AssignedSwatchAttribute",
    (Input.BOOLEAN, None): "AssignedBooleanAttribute",
    (Input.DATE, None): "AssignedDateAttribute",
    (Input.DATE_TIME, None): "AssignedDateTimeAttribute",
    (Input.SINGLE_REFERENCE, Entity.PAGE): "AssignedSinglePageReferenceAttribute",
    (Input.SINGLE_REFERENCE, Entity.PRODUCT): "AssignedSingleProductReferenceAttribute",
    (Input.SINGLE_REFERENCE, Entity.PRODUCT_VARIANT): "AssignedSingleProductVariantReferenceAttribute",
    (Input.SINGLE_REFERENCE, Entity.CATEGORY): "AssignedSingleCategoryReferenceAttribute",
    (Input.SINGLE_REFERENCE, Entity.COLLECTION): "AssignedSingleCollectionReferenceAttribute",
    (Input.REFERENCE, Entity.PAGE): "AssignedMultiPageReferenceAttribute",
    (Input.REFERENCE, Entity.PRODUCT): "AssignedMultiProductReferenceAttribute",
    (Input.REFERENCE, Entity.PRODUCT_VARIANT): "AssignedMultiProductVariantReferenceAttribute",
    (Input.REFERENCE, Entity.CATEGORY): "AssignedMultiCategoryReferenceAttribute",
    (Input.REFERENCE, Entity.COLLECTION): "AssignedMultiCollectionReferenceAttribute",
}
"""The type of an answer, by how the attribute is answered and what it points at."""

Asked = Callable[[Any], ColumnElement[bool]]
"""A further condition on the rows of what a type asks for."""


@object_type
class SelectedAttribute:
    """An attribute, and what one product, variant or page answers to it."""

    attribute: Attribute
    values: list[AttributeValue]


def selected_attributes(row: Any, ctx: Any, asked: Asked | None = None) -> Any:
    """`[SelectedAttribute!]!`: all that the row's type asks for, each with the row's values."""
    return _each(row, ctx, _selected, asked=asked)


def all_attributes() -> Any:
    """The deprecated field `attributes` of a type whose rows answer some."""

    @value(deprecated=ASSIGNED_INSTEAD)
    def attributes(row: Any, ctx: Any) -> list[SelectedAttribute]:
        """What it answers to all that its type asks for."""
        return selected_attributes(row, ctx)

    return attributes


def selected_attribute() -> Any:
    """The deprecated field `attribute(slug:)` of a type whose rows answer some."""

    @value(deprecated=ASSIGNED_INSTEAD)
    def attribute(row: Any, ctx: Any, slug: str) -> SelectedAttribute | None:
        """What it answers to one attribute; null where its type doesn't ask for it."""
        return _each(row, ctx, _selected, slug=slug)

    return attribute


@interface
class ObjectWithAttributes:
    """Something that answers the attributes which its type asks for."""

    @value
    def assigned_attribute(row: Any, ctx: Any, slug: str) -> AssignedAttribute | None:
        """Its answer to one attribute; null where its type doesn't ask for it."""
        return _each(row, ctx, _assigned, slug=slug)

    @value
    def assigned_attributes(row: Any, ctx: Any, limit: PositiveInt = LISTED) -> list[AssignedAttribute]:
        """Its answers to all that its type asks for, in order."""
        return _each(row, ctx, _assigned, limit=limit)


def _each(
    row: Any,
    ctx: Any,
    parts: Callable[[Answer], Any],
    *,
    slug: Any = None,
    limit: Any = ATTRIBUTES_AT_MOST,
    asked: Asked | None = None,
) -> Any:
    answering = answering_of(row)
    wanted, attribute = aliased(answering.asked), aliased(models.Attribute)
    visible = attribute_visible(attribute, ctx)
    return each(
        join(wanted, attribute, wanted.attribute_id == attribute.id),
        parts(Answer(row, attribute)),
        where=and_(
            answering.asked_of(wanted, row),
            true() if visible is None else visible,
            true() if slug is None else attribute.slug == slug,
            true() if asked is None else asked(wanted),
        ),
        order_by=(wanted.position, attribute.id),
        limit=limit,
    )


def _selected(answer: Answer) -> Any:
    return {
        "attribute": answer.attribute,
        "values": many(answer.has, order_by=answer.place),
    }


def _assigned(answer: Answer) -> Any:
    attribute = answer.attribute
    return cases(
        *[
            (
                attribute.input_type == input_type
                if entity is None
                else and_(attribute.input_type == input_type, attribute.entity_type == entity),
                seen_as(type_name, answer),
            )
            for (input_type, entity), type_name in KINDS.items()
        ]
    )
