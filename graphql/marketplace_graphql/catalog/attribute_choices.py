"""`filter`, `where`, `sortBy` and `search` of an attribute's choices."""

from enum import Enum
from typing import Any

from sqlalchemy import any_, or_
from strawberry import ID

from marketplace_graphql.inputs import StringFilterInput
from marketplace_graphql.kernel import Filter, OrderDirection, Sorting, enum, input_type, matches


def named_like(row: Any, term: Any, ctx: Any) -> Any:
    """Whether a term stands in the name or the slug, in small letters or capitals."""
    return or_(row.name.icontains(term, autoescape=False), row.slug.icontains(term, autoescape=False))


@input_type
class AttributeValueFilterInput:
    """Which choices are listed."""

    search: str | None
    ids: list[ID] | None
    slugs: list[str] | None


@input_type
class AttributeValueWhereInput:
    """Which choices are listed."""

    ids: list[ID] | None
    name: StringFilterInput | None
    slug: StringFilterInput | None
    AND: "list[AttributeValueWhereInput] | None"
    OR: "list[AttributeValueWhereInput] | None"


@enum
class AttributeChoicesSortField(Enum):
    """What choices can be sorted by."""

    NAME = "NAME"
    SLUG = "SLUG"


@input_type
class AttributeChoicesSortingInput:
    """How choices are sorted."""

    direction: OrderDirection
    field: AttributeChoicesSortField


choice_filter = Filter(
    AttributeValueFilterInput,
    {
        "search": named_like,
        "ids": lambda row, ids, ctx: row.id == any_(ctx.key(ids, "AttributeValue")),
        "slugs": lambda row, slugs, ctx: row.slug == any_(slugs),
    },
)
choice_where = Filter(
    AttributeValueWhereInput,
    {
        "ids": lambda row, ids, ctx: row.id == any_(ctx.key(ids, "AttributeValue")),
        "name": matches(lambda row, ctx: row.name),
        "slug": matches(lambda row, ctx: row.slug),
    },
)
choice_order = Sorting(
    AttributeChoicesSortingInput,
    {
        AttributeChoicesSortField.NAME: lambda row, ctx: (row.name, row.slug),
        AttributeChoicesSortField.SLUG: lambda row, ctx: row.slug,
    },
)
