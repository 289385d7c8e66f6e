"""What of attributes and their values can be said in other languages, and what is said there."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import func
from strawberry import ID

from marketplace.catalog import attributes as models
from marketplace_graphql.kernel import (
    JSONString,
    Node,
    expression,
    itself,
    never_null,
    node,
    related,
    translated,
    value,
)
from marketplace_graphql.kernel.reader.sql import global_id
from marketplace_graphql.languages import LanguageDisplay, language

if TYPE_CHECKING:
    from marketplace_graphql.catalog.attributes import Attribute, AttributeValue

ASK_THE_ROOT = "Ask for it at the root: a translator need not read it."


def _translated(model: str) -> Any:
    return related(lambda row, target, ctx: target.id == getattr(row, model))


@node(models.AttributeTranslation)
class AttributeTranslation(Node):
    """An attribute in another language."""

    language: LanguageDisplay = value(lambda row, ctx: language(row.language_code))
    name: str = expression(lambda row, ctx: never_null(func.coalesce(row.name, "")))
    translatable_content: "AttributeTranslatableContent | None" = _translated("attribute_id")
    """What it translates."""


@node(models.AttributeValueTranslation)
class AttributeValueTranslation(Node):
    """An attribute's value in another language."""

    language: LanguageDisplay = value(lambda row, ctx: language(row.language_code))
    name: str = expression(lambda row, ctx: never_null(func.coalesce(row.name, "")))
    rich_text: JSONString | None
    plain_text: str | None
    translatable_content: "AttributeValueTranslatableContent | None" = _translated("attribute_value_id")
    """What it translates."""


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
