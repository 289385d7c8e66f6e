"""The root fields of what the shop tells."""

from typing import Any

from sqlalchemy import literal, select
from sqlalchemy.orm import aliased
from strawberry import ID

from marketplace.content import pages as models
from marketplace_graphql.content.page_filters import found, page_filter, page_order, page_where, rank
from marketplace_graphql.content.page_types import PageType, page_type_filter, page_type_order
from marketplace_graphql.content.pages import Page
from marketplace_graphql.kernel import CountableConnection, connection, object_type, related
from marketplace_graphql.languages import LanguageCodeEnum
from marketplace_graphql.rules import by_key


@object_type
class PageQueries:
    """Pages and their types."""

    pages: CountableConnection[Page] | None = connection(
        filter=page_filter, where=page_where, sort_by=page_order, search=found, rank=rank, channel=True
    )
    page_types: CountableConnection[PageType] | None = connection(
        filter=page_type_filter, sort_by=page_type_order
    )

    @related
    def page(
        root: Any,
        page: Any,
        ctx: Any,
        id: ID | None = None,
        slug: str | None = None,
        slug_language_code: LanguageCodeEnum | None = None,
        channel: str | None = None,
    ) -> Page | None:
        """One page, by id or slug: its own, or the one it has in a language."""
        if id is None and slug is not None and slug_language_code is not None:
            return _called(page, slug, slug_language_code.value)
        return by_key(page, ctx, "Page", id, slug=slug)

    @related
    def page_type(root: Any, page_type: Any, ctx: Any, id: ID) -> PageType | None:
        """One page type."""
        return page_type.id == ctx.key(id, "PageType")


def _called(page: Any, slug: Any, language_code: str) -> Any:
    said = aliased(models.PageTranslation)
    same = (said.page_id == page.id, said.slug == slug, said.language_code == language_code)
    return select(literal(1)).where(*same).correlate_except(said).exists()
