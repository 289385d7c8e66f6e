"""Attributes, their values, and what products answer to them."""

from enum import Enum
from functools import partial
from typing import Any

from sqlalchemy import and_, case, func, literal, null, select
from sqlalchemy.orm import aliased
from strawberry import ID

from marketplace.catalog import attributes as models
from marketplace_graphql.inputs import StringFilterInput
from marketplace_graphql.kernel import (
    CountableConnection,
    Filter,
    Node,
    ObjectWithMetadata,
    OrderDirection,
    Sorting,
    column,
    connection,
    each,
    enum,
    expression,
    input_type,
    many,
    matches,
    never_null,
    node,
    object_type,
    one,
    translated,
    value,
)
from marketplace_graphql.languages import LanguageDisplay, language

AttributeInputTypeEnum = enum(models.AttributeInputType, name="AttributeInputTypeEnum")
WITH_CHOICES = ("DROPDOWN", "MULTISELECT", "SWATCH", "REFERENCE", "SINGLE_REFERENCE")


@enum
class AttributeTypeEnum(Enum):
    """What an attribute describes."""

    PRODUCT_TYPE = "PRODUCT_TYPE"
    PAGE_TYPE = "PAGE_TYPE"


@enum
class MeasurementUnitsEnum(Enum):
    """Units that numeric attributes are measured in."""

    MM = "MM"
    CM = "CM"
    M = "M"
    SQ_CM = "SQ_CM"
    SQ_M = "SQ_M"
    LITER = "LITER"
    G = "G"
    KG = "KG"


@enum
class VariantAttributeScope(Enum):
    """Which of a variant's attributes are asked for."""

    ALL = "ALL"
    VARIANT_SELECTION = "VARIANT_SELECTION"
    NOT_VARIANT_SELECTION = "NOT_VARIANT_SELECTION"


@node(models.AttributeTranslation)
class AttributeTranslation(Node):
    """An attribute in another language."""

    language: LanguageDisplay = value(lambda row, ctx: language(row.language_code))
    name: str = expression(lambda row, ctx: never_null(func.coalesce(row.name, "")))


@node(models.AttributeValueTranslation)
class AttributeValueTranslation(Node):
    """An attribute's value in another language."""

    language: LanguageDisplay = value(lambda row, ctx: language(row.language_code))
    name: str = expression(lambda row, ctx: never_null(func.coalesce(row.name, "")))


@node(models.AttributeValue, order_by=lambda row, ctx: row.position)
class AttributeValue(Node):
    """One value of an attribute."""

    name: str | None
    slug: str | None
    value: str | None
    """A colour, of a swatch."""
    input_type: "AttributeInputTypeEnum | None" = expression(  # type: ignore[valid-type]
        lambda row, ctx: attribute_of(row, ctx).input_type
    )
    boolean: bool | None = expression(
        lambda row, ctx: _only(row, ctx, models.AttributeInputType.BOOLEAN, row.slug == "true")
    )
    plain_text: str | None = expression(
        lambda row, ctx: _only(row, ctx, models.AttributeInputType.PLAIN_TEXT, row.value)
    )
    translation = translated("AttributeValueTranslation")


@node(models.Attribute, order_by=lambda row, ctx: row.position)
class Attribute(Node, ObjectWithMetadata):
    """Something that products of a type have in common and may differ in."""

    input_type: "AttributeInputTypeEnum | None"  # type: ignore[valid-type]
    name: str
    slug: str
    type: AttributeTypeEnum
    unit: MeasurementUnitsEnum | None
    value_required: bool
    visible_in_storefront: bool
    filterable_in_storefront: bool = column(deprecated="Every attribute that shows can be filtered by.")
    with_choices: bool = expression(lambda row, ctx: never_null(row.input_type.in_(WITH_CHOICES)))
    choices: "CountableConnection[AttributeValue] | None" = connection(
        on=lambda row, choice, ctx: choice.attribute_id == row.id,
        search=lambda row, term, ctx: row.name.icontains(term, autoescape=False),
    )
    translation = translated("AttributeTranslation")


@object_type
class SelectedAttribute:
    """An attribute, and what one product or variant answers to it."""

    attribute: Attribute
    values: list[AttributeValue]


def selected_attributes(
    row: Any, product_type_id: Any, scope: models.AttributeScope, answers: Any, answer_key: Any
) -> Any:
    """All attributes that a type asks for in a scope, each with the row's values. `answers` is the table."""
    asked = aliased(models.ProductTypeAttribute)

    def answered(choice: Any) -> Any:
        said = answers.alias()
        return and_(
            choice.attribute_id == asked.attribute_id,
            # Nothing but the answers is its own: SQLAlchemy would bring in the row anew, two levels down.
            select(literal(1))
            .where(said.c[answer_key] == row.id, said.c.value_id == choice.id)
            .correlate_except(said)
            .exists(),
        )

    return each(
        asked,
        {
            "attribute": one(lambda attribute: attribute.id == asked.attribute_id),
            "values": many(answered),
        },
        where=and_(asked.product_type_id == product_type_id, asked.scope == scope),
        order_by=(asked.position, asked.attribute_id),
        limit=100,
    )


def attribute_of(row: Any, ctx: Any) -> Any:
    """The attribute that a value belongs to."""
    return ctx.joined(
        row, models.Attribute, lambda attribute: attribute.id == row.attribute_id, key="attribute"
    )


def _only(row: Any, ctx: Any, input_type: models.AttributeInputType, expression_: Any) -> Any:
    return case((attribute_of(row, ctx).input_type == input_type, expression_), else_=null())


@input_type
class AssignedAttributeValueInput:
    """A condition on an attribute's values."""

    slug: StringFilterInput | None
    name: StringFilterInput | None


@input_type
class AttributeInput:
    """An attribute, and what its values must be."""

    slug: str | None
    value: AssignedAttributeValueInput | None
    values: list[str] | None
    boolean: bool | None


@input_type
class AttributeFilterInput:
    """Which attributes are listed."""

    ids: list[ID] | None
    slugs: list[str] | None
    search: str | None
    type: AttributeTypeEnum | None
    value_required: bool | None
    visible_in_storefront: bool | None
    filterable_in_storefront: bool | None


@input_type
class AttributeInputTypeEnumFilterInput:
    """A condition on how an attribute is answered."""

    eq: "AttributeInputTypeEnum | None"  # type: ignore[valid-type]
    one_of: "list[AttributeInputTypeEnum] | None"  # type: ignore[valid-type]


@input_type
class AttributeWhereInput:
    """Which attributes are listed."""

    ids: list[ID] | None
    name: StringFilterInput | None
    slug: StringFilterInput | None
    input_type: AttributeInputTypeEnumFilterInput | None
    value_required: bool | None
    visible_in_storefront: bool | None
    AND: "list[AttributeWhereInput] | None"
    OR: "list[AttributeWhereInput] | None"


@enum
class AttributeSortField(Enum):
    """What attributes can be sorted by."""

    NAME = "NAME"
    SLUG = "SLUG"


@input_type
class AttributeSortingInput:
    """How attributes are sorted."""

    direction: OrderDirection
    field: AttributeSortField


attribute_filter = Filter(
    AttributeFilterInput,
    {
        "ids": lambda row, ids, ctx: row.id == func.any(ctx.key(ids, "Attribute")),
        "slugs": lambda row, slugs, ctx: row.slug == func.any(slugs),
        "search": lambda row, term, ctx: row.name.icontains(term, autoescape=False),
        "type": lambda row, type_, ctx: row.type == type_.value,
        "value_required": lambda row, required, ctx: row.value_required.is_(required),
        "visible_in_storefront": lambda row, shown, ctx: row.visible_in_storefront.is_(shown),
        "filterable_in_storefront": lambda row, shown, ctx: row.filterable_in_storefront.is_(shown),
    },
)
attribute_where = Filter(
    AttributeWhereInput,
    {
        "ids": lambda row, ids, ctx: row.id == func.any(ctx.key(ids, "Attribute")),
        "name": matches(lambda row, ctx: row.name),
        "slug": matches(lambda row, ctx: row.slug),
        "input_type": matches(lambda row, ctx: row.input_type),
        "value_required": lambda row, required, ctx: row.value_required.is_(required),
        "visible_in_storefront": lambda row, shown, ctx: row.visible_in_storefront.is_(shown),
    },
)
attribute_order = Sorting(
    AttributeSortingInput,
    {
        AttributeSortField.NAME: lambda row, ctx: (row.name, row.slug),
        AttributeSortField.SLUG: lambda row, ctx: row.slug,
    },
)


def answers_to(row: Any, given: Any, answers: Any, answer_key: str) -> Any:
    """Whether a row answers an attribute as an `AttributeInput` asks. None: it asks nothing."""
    if given.slug is None:
        return None
    said, choice, attribute = answers.alias(), aliased(models.AttributeValue), aliased(models.Attribute)
    conditions = [
        said.c[answer_key] == row.id,
        choice.id == said.c.value_id,
        attribute.id == choice.attribute_id,
        attribute.slug == given.slug,
    ]
    if given.values is not None:
        conditions.append(choice.slug == func.any(given.values))
    if given.boolean is not None:
        conditions.append(choice.slug == ("true" if given.boolean else "false"))
    if given.value is not None:
        for text, asked in ((choice.slug, given.value.slug), (choice.name, given.value.name)):
            if asked is not None:
                said_so = matches(partial(_itself, text))(choice, asked, None)
                if said_so is not None:
                    conditions.append(said_so)
    return select(literal(1)).where(*conditions).exists()


def _itself(text: Any, _row: Any, _ctx: Any) -> Any:
    return text
