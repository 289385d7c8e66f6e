"""Root fields of menus' links, as staff look through them."""

from enum import Enum
from typing import Any

from strawberry import ID

from marketplace_graphql.content.menus import MenuItem
from marketplace_graphql.inputs import MetadataFilter, has_metadata
from marketplace_graphql.kernel import (
    CountableConnection,
    Filter,
    OrderDirection,
    Sorting,
    connection,
    enum,
    input_type,
    object_type,
    related,
)


@input_type
class MenuItemFilterInput:
    """Which links are listed."""

    search: str | None
    """A part of the name."""
    metadata: list[MetadataFilter] | None
    """Those that have all of these entries."""


@enum
class MenuItemsSortField(Enum):
    """What links can be sorted by."""

    NAME = "NAME"


@input_type
class MenuItemSortingInput:
    """How links are sorted."""

    direction: OrderDirection
    field: MenuItemsSortField


item_filter = Filter(
    MenuItemFilterInput,
    {
        "search": lambda row, term, ctx: row.name.icontains(term, autoescape=False),
        "metadata": has_metadata,
    },
)
item_order = Sorting(MenuItemSortingInput, {MenuItemsSortField.NAME: lambda row, ctx: row.name})


@object_type
class MenuQueries:
    """Links of all menus."""

    menu_items: CountableConnection[MenuItem] | None = connection(
        filter=item_filter, sort_by=item_order, channel=True
    )

    @related
    def menu_item(root: Any, item: Any, ctx: Any, id: ID, channel: str | None = None) -> MenuItem | None:
        """One link. The channel says which collection it may lead to."""
        return item.id == ctx.key(id, "MenuItem")
