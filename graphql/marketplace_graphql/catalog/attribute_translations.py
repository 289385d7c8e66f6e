"""What of attributes and their values can be said in other languages."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, select
from strawberry import ID

from marketplace.catalog import attributes as models
from marketplace_graphql.catalog.answering import answering_of
from marketplace_graphql.kernel import (
    JSONString,
    Node,
    expression,
    itself,
    never_null,
    node,
    related,
    translated,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.sql import global_id

if TYPE_CHECKING:
    from marketplace_graphql.catalog.attributes import Attribute, AttributeValue

ASK_THE_ROOT = "Ask for it at the root: a translator need not read it."


@node(models.Attribute)
class AttributeTranslatableContent(Node):
    """What of an attribute can be said in other languages."""

    attribute_id: ID = expression(lambda row, ctx: never_null(global_id("Attribute", row.id)))
    name: str
    translation = translated("AttributeTranslation")
    attribute: "Attribute | None" = itself(deprecated=ASK_THE_ROOT)


@node(models.AttributeValue)
class AttributeValueTranslatableContent(Node):
    """What of an attribute's value can be said in other languages."""

    attribute_value_id: ID = expression(lambda row, ctx: never_null(global_id("AttributeValue", row.id)))
    name: str
    rich_text: JSONString | None
    plain_text: str | None
    translation = translated("AttributeValueTranslation")
    attribute_value: "AttributeValue | None" = itself(deprecated=ASK_THE_ROOT)
    attribute: AttributeTranslatableContent | None = related(
        lambda row, attribute, ctx: attribute.id == row.attribute_id
    )


TEXTS = (models.AttributeInputType.RICH_TEXT, models.AttributeInputType.PLAIN_TEXT)
"""Answers that are texts of the row's own; chosen values are translated once for all."""


def own_texts() -> Any:
    """The field `attributeValues` of what there is to translate of rows that answer attributes."""

    @related
    def attribute_values(row: Any, target: Any, ctx: Any) -> list[AttributeValueTranslatableContent]:
        """Texts that it answers to attributes."""
        return _is_own_text(row, target)

    return attribute_values


def _is_own_text(row: Any, value: Any) -> ColumnElement[bool]:
    answering = answering_of(row)
    said, attribute = answering.said.alias(), aliased(models.Attribute)
    given = select(said.c.value_id).where(said.c[answering.owner] == row.id).correlate_except(said)
    texts = select(attribute.id).where(attribute.input_type.in_(TEXTS)).correlate_except(attribute)
    return and_(value.id.in_(given), value.attribute_id.in_(texts))
