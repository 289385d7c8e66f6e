"""What a row answers to an attribute, in a type of its own for each way of answering.

The fields' first argument is an `Answer`: no table has a row for what a row says to an attribute. References
stand in `assigned_references.py`.
"""

from typing import Any

from sqlalchemy import func, select

from marketplace.catalog import attributes as models
from marketplace_graphql.catalog.attributes import LISTED, Attribute, file_of
from marketplace_graphql.catalog.pictures import file_url
from marketplace_graphql.kernel import (
    JSON,
    Date,
    DateTime,
    PositiveInt,
    expression,
    interface,
    null_when,
    object_type,
    record,
    related,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.languages import LanguageCodeEnum
from marketplace_graphql.values import File


@interface
class AssignedAttribute:
    """An attribute, and what one product, variant or page answers to it, as the kind of attribute has it."""

    attribute: Attribute = value(lambda answer, ctx: answer.attribute)


def _first(name: str) -> Any:
    """The only value's column."""
    return expression(lambda answer, ctx: answer.first(name))


def _in_language(column: str) -> Any:
    """The only value's column in another language."""

    @expression
    def translation(answer: Any, ctx: Any, language_code: LanguageCodeEnum) -> Any:
        """What it says in another language."""
        return _translation(answer.first("id"), column, language_code)

    return translation


def _named_in_language() -> Any:
    """The name of a value (the row) in another language."""

    @expression
    def translation(row: Any, ctx: Any, language_code: LanguageCodeEnum) -> str | None:
        """What it is called in another language."""
        return _translation(row.id, "name", language_code)

    return translation


def _translation(value_id: Any, column: str, language_code: Any) -> Any:
    said = aliased(models.AttributeValueTranslation)
    return (
        select(getattr(said, column))
        .where(said.attribute_value_id == value_id, said.language_code == language_code.value)
        .correlate_except(said)
        .scalar_subquery()
    )


@object_type
class AssignedNumericAttribute(AssignedAttribute):
    """A number, in the attribute's unit."""

    value: float | None = _first("numeric")


@object_type
class AssignedTextAttribute(AssignedAttribute):
    """A text with headings, lists and emphasis."""

    value: JSON | None = _first("rich_text")
    """EditorJS blocks."""
    translation: JSON | None = _in_language("rich_text")


@object_type
class AssignedPlainTextAttribute(AssignedAttribute):
    """A text without mark-up."""

    value: str | None = _first("plain_text")
    translation: str | None = _in_language("plain_text")


@object_type
class AssignedBooleanAttribute(AssignedAttribute):
    """Yes or no."""

    value: bool | None = _first("boolean")


@object_type
class AssignedDateAttribute(AssignedAttribute):
    """A day."""

    value: Date | None = _first("day")


@object_type
class AssignedDateTimeAttribute(AssignedAttribute):
    """A moment."""

    value: DateTime | None = _first("date_time")


@object_type
class AssignedFileAttribute(AssignedAttribute):
    """A file."""

    @value
    def value(answer: Any, ctx: Any) -> File | None:
        """Where it is, and of which kind."""
        path = answer.first("file_path")
        return null_when(
            path.is_(None),
            {"url": file_url(path, ctx), "content_type": lambda: answer.first("content_type")},
        )


@record(models.AttributeValue)
class AssignedChoiceAttributeValue:
    """A value chosen from the attribute's list."""

    name: str | None
    slug: str | None
    translation: str | None = _named_in_language()


@record(models.AttributeValue)
class AssignedSwatchAttributeValue:
    """A colour or a pattern chosen from the attribute's list."""

    name: str | None
    slug: str | None
    hex_color: str | None = expression(lambda row, ctx: func.nullif(row.value, ""))
    """Of a colour: `#rrggbb`."""
    file: File | None = value(file_of)
    """Of a pattern: its picture."""
    translation: str | None = _named_in_language()


def only(name: str = "id") -> Any:
    """The row that the only value is, or refers to."""
    return related(lambda answer, target, ctx: target.id == answer.first(name))


@object_type
class AssignedSingleChoiceAttribute(AssignedAttribute):
    """One value from the attribute's list."""

    value: AssignedChoiceAttributeValue | None = only()


@object_type
class AssignedSwatchAttribute(AssignedAttribute):
    """One colour or pattern from the attribute's list."""

    value: AssignedSwatchAttributeValue | None = only()


@object_type
class AssignedMultiChoiceAttribute(AssignedAttribute):
    """Values from the attribute's list."""

    @related(order_along=lambda answer, choice, ctx: answer.place(choice))
    def value(
        answer: Any, choice: Any, ctx: Any, limit: PositiveInt = LISTED
    ) -> list[AssignedChoiceAttributeValue]:
        """What was chosen, in order."""
        return choice.id.in_(answer.columns("id", limit))


TYPES = (
    AssignedNumericAttribute,
    AssignedTextAttribute,
    AssignedPlainTextAttribute,
    AssignedBooleanAttribute,
    AssignedDateAttribute,
    AssignedDateTimeAttribute,
    AssignedFileAttribute,
    AssignedSingleChoiceAttribute,
    AssignedSwatchAttribute,
    AssignedMultiChoiceAttribute,
)
