"""Root fields of menus and translations."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import true
from strawberry import ID

from marketplace.people.permissions import Permission
from marketplace_graphql.content.menus import Menu, menu_filter, menu_order
from marketplace_graphql.content.translations import (
    TranslatableItemConnection,
    TranslatableKinds,
    content_of,
)
from marketplace_graphql.kernel import CountableConnection, connection, object_type, related
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
        return true()

    @related(of=content_of, shown=True, needs=Permission.MANAGE_TRANSLATIONS)
    def translation(
        root: Any, content: Any, ctx: Any, id: ID, kind: TranslatableKinds
    ) -> "TranslatableItem | None":
        """The texts of one thing that can be translated."""
        return content.id == ctx.key(id, kind.value)

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
