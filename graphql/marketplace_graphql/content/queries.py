"""Root fields of what the shop tells: pages, menus, translations."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, literal, select
from strawberry import ID

from marketplace.content import pages as models
from marketplace.people.permissions import Permission
from marketplace_graphql.content.menus import Menu, menu_filter, menu_order
from marketplace_graphql.content.page_filters import found, page_filter, page_order, page_where, rank
from marketplace_graphql.content.page_types import PageType, page_type_filter, page_type_order
from marketplace_graphql.content.pages import Page
from marketplace_graphql.content.translations import (
    TranslatableItemConnection,
    TranslatableKinds,
    content_of,
    may_be_read,
)
from marketplace_graphql.kernel import CountableConnection, connection, object_type, related
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.languages import LanguageCodeEnum
from marketplace_graphql.rules import by_key

if TYPE_CHECKING:
    from marketplace_graphql.content.translations import TranslatableItem


@object_type
class ContentQueries:
    """What storefronts show besides goods."""

    menus: CountableConnection[Menu] | None = connection(filter=menu_filter, sort_by=menu_order, channel=True)
    """Lists of links."""

    @connection(of=content_of, shown=True, needs=Permission.MANAGE_TRANSLATIONS)
    def translations(
        root: Any, content: Any, ctx: Any, kind: TranslatableKinds
    ) -> TranslatableItemConnection | None:
        """All things of a kind, with the texts that can be translated."""
        return may_be_read(content, ctx, kind)

    @related(of=content_of, shown=True, needs=Permission.MANAGE_TRANSLATIONS)
    def translation(
        root: Any, content: Any, ctx: Any, id: ID, kind: TranslatableKinds
    ) -> "TranslatableItem | None":
        """The texts of one thing that can be translated."""
        return and_(content.id == ctx.key(id, kind.value), may_be_read(content, ctx, kind))

    @related
    def menu(
        root: Any,
        menu: Any,
        ctx: Any,
        channel: str | None = None,
        id: ID | None = None,
        name: str | None = None,
        slug: str | None = None,
    ) -> Menu | None:
        """One menu, by id, name or slug. The channel says which collections its links may lead to."""
        return by_key(menu, ctx, "Menu", id, name=name, slug=slug)


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
