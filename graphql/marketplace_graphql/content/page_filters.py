"""`filter`, `where`, `sortBy` and `search` of pages."""

from enum import Enum
from typing import Any

from sqlalchemy import any_
from sqlalchemy.dialects.postgresql import TSQUERY
from strawberry import ID

from marketplace.content import search
from marketplace_graphql.catalog.attribute_answers import AssignedAttributeWhereInput, answers
from marketplace_graphql.inputs import (
    GlobalIDFilterInput,
    MetadataFilter,
    MetadataFilterInput,
    StringFilterInput,
    has_metadata,
    metadata_says,
)
from marketplace_graphql.kernel import (
    BEST_MATCH,
    Filter,
    OrderDirection,
    Sorting,
    enum,
    input_type,
    matches,
    refers,
)


@input_type
class PageFilterInput:
    """Which pages are listed."""

    search: str | None
    metadata: list[MetadataFilter] | None
    page_types: list[ID] | None
    ids: list[ID] | None
    slugs: list[str] | None


@input_type
class PageWhereInput:
    """Which pages are listed."""

    metadata: MetadataFilterInput | None
    ids: list[ID] | None
    slug: StringFilterInput | None
    page_type: GlobalIDFilterInput | None
    attributes: list[AssignedAttributeWhereInput] | None
    AND: "list[PageWhereInput] | None"
    OR: "list[PageWhereInput] | None"


@enum
class PageSortField(Enum):
    """What pages can be sorted by."""

    TITLE = "TITLE"
    SLUG = "SLUG"
    VISIBILITY = "VISIBILITY"
    CREATION_DATE = "CREATION_DATE"
    PUBLICATION_DATE = "PUBLICATION_DATE"
    PUBLISHED_AT = "PUBLISHED_AT"
    CREATED_AT = "CREATED_AT"
    RANK = "RANK"


@input_type
class PageSortingInput:
    """How pages are sorted."""

    direction: OrderDirection
    field: PageSortField


def _query(term: Any) -> Any:
    return term.converted("page query", TSQUERY(), search.query_text)


def found(row: Any, term: Any, ctx: Any) -> Any:
    """Whether a page has all the words of a term."""
    return search.found(row, _query(term))


def rank(row: Any, term: Any, ctx: Any) -> Any:
    """How well it fits them."""
    return search.rank(row, _query(term))


page_filter = Filter(
    PageFilterInput,
    {
        "search": found,
        "metadata": has_metadata,
        "page_types": refers(lambda row, ctx: row.page_type_id, "PageType"),
        "ids": lambda row, ids, ctx: row.id == any_(ctx.key(ids, "Page")),
        "slugs": lambda row, slugs, ctx: row.slug == any_(slugs),
    },
)
page_where = Filter(
    PageWhereInput,
    {
        "metadata": metadata_says,
        "ids": lambda row, ids, ctx: row.id == any_(ctx.key(ids, "Page")),
        "slug": matches(lambda row, ctx: row.slug),
        "page_type": refers(lambda row, ctx: row.page_type_id, "PageType"),
        "attributes": answers,
    },
)
_BY_CREATION = lambda row, ctx: (row.created_at, row.title, row.slug)  # noqa: E731
_BY_PUBLICATION = lambda row, ctx: (row.published_at, row.title, row.slug)  # noqa: E731
page_order = Sorting(
    PageSortingInput,
    {
        PageSortField.TITLE: lambda row, ctx: (row.title, row.slug),
        PageSortField.SLUG: lambda row, ctx: row.slug,
        PageSortField.VISIBILITY: lambda row, ctx: (row.is_published, row.title, row.slug),
        PageSortField.CREATION_DATE: _BY_CREATION,
        PageSortField.CREATED_AT: _BY_CREATION,
        PageSortField.PUBLICATION_DATE: _BY_PUBLICATION,
        PageSortField.PUBLISHED_AT: _BY_PUBLICATION,
        PageSortField.RANK: BEST_MATCH,
    },
)
