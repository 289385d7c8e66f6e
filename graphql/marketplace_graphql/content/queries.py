"""Root fields of menus and translations."""

from typing import Any

from strawberry import ID

from marketplace_graphql.content.menus import Menu, menu_filter, menu_order
from marketplace_graphql.kernel import CountableConnection, connection, object_type, related
from marketplace_graphql.rules import by_key


@object_type
class ContentQueries:
    """What storefronts show besides goods."""

    menus: CountableConnection[Menu] | None = connection(filter=menu_filter, sort_by=menu_order, channel=True)
    """Lists of links."""

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
