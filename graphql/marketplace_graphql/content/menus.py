"""Menus, and the links in them. Where a link leads to what the requester may not see, it leads nowhere."""

from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlalchemy import any_, func, or_, select
from strawberry import ID

from marketplace.content import menus as models
from marketplace_graphql.inputs import MetadataFilter, has_metadata
from marketplace_graphql.kernel import (
    Filter,
    Node,
    ObjectWithMetadata,
    OrderDirection,
    Sorting,
    enum,
    expression,
    input_type,
    never_null,
    node,
    related,
    translated,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.sql import global_id
from marketplace_graphql.languages import InLanguage

if TYPE_CHECKING:
    from marketplace_graphql.catalog.categories import Category
    from marketplace_graphql.catalog.collections import Collection
    from marketplace_graphql.content.pages import Page


@node(models.Menu, order_by=lambda row, ctx: row.slug)
class Menu(Node, ObjectWithMetadata):
    """A named list of links for a storefront's header or footer."""

    name: str
    slug: str
    items: "list[MenuItem] | None" = related(
        lambda row, item, ctx: (item.menu_id == row.id) & item.parent_id.is_(None)
    )
    """Its first level."""


@node(models.MenuItemTranslation, order_by=lambda row, ctx: row.language_code)
class MenuItemTranslation(Node, InLanguage):
    """A link's name in another language."""

    name: str
    translatable_content: "MenuItemTranslatableContent | None" = related(
        lambda row, item, ctx: item.id == row.menu_item_id
    )
    """What it was translated from."""


@node(models.MenuItem, order_by=lambda row, ctx: row.position)
class MenuItem(Node, ObjectWithMetadata):
    """A link of a menu."""

    name: str
    menu: Menu = related()
    parent: "MenuItem | None" = related(lambda row, parent, ctx: parent.id == row.parent_id)
    """The link that it stands below."""
    category: "Category | None" = related()
    """The category it leads to, if it does."""
    collection: "Collection | None" = related()
    """The collection it leads to, if it does and the requester may see it."""
    page: "Page | None" = related()
    """The page it leads to, if it does and the requester may see it."""
    level: int
    """How far below the menu's first level it stands."""
    children: "list[MenuItem] | None" = related(lambda row, child, ctx: child.parent_id == row.id)
    """The links below it."""
    url: str | None
    """The address it leads to, if it is none of the shop's own things."""
    translation: MenuItemTranslation | None = translated("MenuItemTranslation")


@node(models.MenuItem)
class MenuItemTranslatableContent(Node):
    """The texts of a menu's link that can be translated."""

    menu_item_id: ID = expression(lambda row, ctx: never_null(global_id("MenuItem", row.id)))
    name: str
    translation: MenuItemTranslation | None = translated("MenuItemTranslation")
    menu_item: MenuItem | None = related(
        lambda row, item, ctx: item.id == row.id, deprecated="Ask for the menu itself."
    )


@input_type
class MenuFilterInput:
    """Which menus are listed."""

    search: str | None
    """A part of the name or the slug."""
    slug: list[str] | None
    slugs: list[str] | None
    metadata: list[MetadataFilter] | None
    """Those that have all of these entries."""


@enum
class MenuSortField(Enum):
    """What menus can be sorted by."""

    NAME = "NAME"
    ITEMS_COUNT = "ITEMS_COUNT"


@input_type
class MenuSortingInput:
    """How menus are sorted."""

    direction: OrderDirection
    field: MenuSortField


def _number_of_items(menu: Any) -> Any:
    item = aliased(models.MenuItem)
    counted = select(func.count()).select_from(item).where(item.menu_id == menu.id)
    return never_null(counted.correlate_except(item).scalar_subquery())


menu_filter = Filter(
    MenuFilterInput,
    {
        "search": lambda row, term, ctx: or_(
            row.name.icontains(term, autoescape=False), row.slug.icontains(term, autoescape=False)
        ),
        "slug": lambda row, slugs, ctx: row.slug == any_(slugs),
        "slugs": lambda row, slugs, ctx: row.slug == any_(slugs),
        "metadata": has_metadata,
    },
)
menu_order = Sorting(
    MenuSortingInput,
    {
        MenuSortField.NAME: lambda row, ctx: row.name,
        MenuSortField.ITEMS_COUNT: lambda row, ctx: _number_of_items(row),
    },
)
