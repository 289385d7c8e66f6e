"""Types of pages: the attributes that their pages answer."""

from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, any_, literal, select

from marketplace.catalog.attributes import AttributeType
from marketplace.content import pages as models
from marketplace.people.permissions import Permission
from marketplace_graphql.catalog.asked_attributes import Asking
from marketplace_graphql.catalog.attribute_choices import named_like
from marketplace_graphql.catalog.attributes import Attribute
from marketplace_graphql.kernel import (
    CountableConnection,
    Filter,
    Node,
    ObjectWithMetadata,
    OrderDirection,
    Sorting,
    enum,
    expression,
    input_type,
    node,
)
from marketplace_graphql.kernel.reader.aliases import aliased

KEEPS_PAGES = (Permission.MANAGE_PAGES, Permission.MANAGE_PAGE_TYPES_AND_ATTRIBUTES)


asking = Asking(models.PageTypeAttribute, "page_type_id", AttributeType.PAGE_TYPE)


def _has_pages(row: Any, ctx: Any) -> ColumnElement[bool]:
    page = aliased(models.Page)
    return select(literal(1)).where(page.page_type_id == row.id).correlate_except(page).exists()


@node(models.PageType, order_by=lambda row, ctx: (row.name, row.slug))
class PageType(Node, ObjectWithMetadata):
    """What pages of a kind have in common: the attributes they are asked for."""

    name: str
    slug: str
    attributes: list[Attribute] | None = asking.attributes()
    """What its pages are asked for."""
    available_attributes: CountableConnection[Attribute] | None = asking.available(*KEEPS_PAGES)
    """What it could ask for besides."""
    has_pages: bool | None = expression(_has_pages, needs=KEEPS_PAGES)


@input_type
class PageTypeFilterInput:
    """Which page types are listed."""

    search: str | None
    slugs: list[str] | None


@enum
class PageTypeSortField(Enum):
    """What page types can be sorted by."""

    NAME = "NAME"
    SLUG = "SLUG"


@input_type
class PageTypeSortingInput:
    """How page types are sorted."""

    direction: OrderDirection
    field: PageTypeSortField


page_type_filter = Filter(
    PageTypeFilterInput,
    {"search": named_like, "slugs": lambda row, slugs, ctx: row.slug == any_(slugs)},
)
page_type_order = Sorting(
    PageTypeSortingInput,
    {
        PageTypeSortField.NAME: lambda row, ctx: (row.name, row.slug),
        PageTypeSortField.SLUG: lambda row, ctx: row.slug,
    },
)
