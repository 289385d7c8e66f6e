"""How staff make, change, move and take away menus and their links."""

from typing import Any

from strawberry import ID
from strawberry.utils.str_converters import to_camel_case

from marketplace.catalog.models import Category, Collection
from marketplace.content import menu_editing as service
from marketplace.content import menus as models
from marketplace.content.pages import Page
from marketplace.kit.errors import DomainError, InvalidError, NotFoundError
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import (
    Info,
    bulk_deletion,
    changes,
    deletion,
    enum,
    error_type,
    input_type,
    mutation,
    object_type,
)

MenuError = error_type(
    "MenuError",
    (
        "CANNOT_ASSIGN_NODE",
        "GRAPHQL_ERROR",
        "INVALID",
        "INVALID_MENU_ITEM",
        "NO_MENU_ITEM_PROVIDED",
        "NOT_FOUND",
        "REQUIRED",
        "TOO_MANY_MENU_ITEMS",
        "UNIQUE",
    ),
    twin="menuErrors",
)
NEEDS = Permission.MANAGE_MENUS
MOVES_LIMIT = 500
TARGETS: dict[str, type[Any]] = {"category": Category, "collection": Collection, "page": Page}

enum(models.NavigationType)


@input_type
class MenuItemInput:
    """A link, and the one place where it leads."""

    name: str | None
    url: str | None
    """An address outside of the catalogue."""
    category: ID | None
    collection: ID | None
    page: ID | None


@input_type
class MenuItemCreateInput:
    """A new link, and the one place where it leads; none for one that only stands above others."""

    name: str
    url: str | None
    """An address outside of the catalogue."""
    category: ID | None
    collection: ID | None
    page: ID | None
    menu: ID
    parent: ID | None
    """The link that it is put below; none for the first level."""


@input_type
class MenuCreateInput:
    """A new menu."""

    name: str
    slug: str | None
    """Spelled from the name where it is left out."""
    items: list[MenuItemInput] | None


@input_type
class MenuInput:
    """What is changed of a menu."""

    name: str | None
    slug: str | None


@input_type
class MenuItemMoveInput:
    """One move of a link."""

    item_id: ID
    parent_id: ID | None
    """The link that it is put below; none for the first level."""
    sort_order: int | None
    """By how many places it is moved among its siblings: down, or up where it is negative."""


@object_type
class MenuMutations:
    """What is changed of menus."""

    @mutation(returns="Menu", errors=MenuError, needs=NEEDS, tells="MENU_CREATED")
    async def menu_create(self, info: Info, input: MenuCreateInput) -> models.Menu:
        """Makes a menu with its first level of links."""
        given = changes(input)
        items = given.get("items") or []
        info.at_most(service.ITEMS_LIMIT, items, "items")
        for item in items:
            try:
                await _look_up(info, item)
            except DomainError as error:
                error.field = "items"
                raise
        return await service.create_menu(info.session, given["name"], given.get("slug"), items)

    @mutation(returns="Menu", errors=MenuError, needs=NEEDS, tells="MENU_UPDATED")
    async def menu_update(self, info: Info, id: ID, input: MenuInput) -> models.Menu:
        """Changes what a menu is called."""
        menu = await info.find(models.Menu, id, lock=True)
        return await service.update_menu(info.session, menu, changes(input))

    menu_delete = deletion(
        models.Menu,
        service.delete_menus,
        doc="Takes a menu away with its links.",
        errors=MenuError,
        needs=NEEDS,
        tells="MENU_DELETED",
    )
    menu_bulk_delete = bulk_deletion(
        models.Menu,
        service.delete_menus,
        doc="Takes menus away with their links.",
        errors=MenuError,
        needs=NEEDS,
        tells="MENU_DELETED",
    )

    @mutation(
        returns="Menu",
        errors=MenuError,
        needs=(NEEDS, Permission.MANAGE_SETTINGS),
        payload_name="AssignNavigation",
    )
    async def assign_navigation(
        self, info: Info, navigation_type: models.NavigationType, menu: ID | None = None
    ) -> models.Menu | None:
        """Has a menu be the shop's main or secondary one."""
        chosen = None if menu is None else await info.find(models.Menu, menu, field_name="menu", lock=True)
        await service.assign_navigation(info.session, chosen, navigation_type)
        return chosen

    @mutation(returns="MenuItem", errors=MenuError, needs=NEEDS, tells="MENU_ITEM_CREATED")
    async def menu_item_create(self, info: Info, input: MenuItemCreateInput) -> models.MenuItem:
        """Puts a link behind the others at its place in a menu."""
        given = changes(input)
        menu = await info.find(models.Menu, given.pop("menu"), field_name="menu")
        parent_id = given.pop("parent", None)
        parent = None
        if parent_id is not None:
            parent = await info.find(models.MenuItem, parent_id, field_name="parent")
        await _look_up(info, given)
        return await service.add_item(info.session, menu, parent, given)

    @mutation(returns="MenuItem", errors=MenuError, needs=NEEDS, tells="MENU_ITEM_UPDATED")
    async def menu_item_update(self, info: Info, id: ID, input: MenuItemInput) -> models.MenuItem:
        """Changes a link's name, or where it leads."""
        item = await info.find(models.MenuItem, id, lock=True)
        given = changes(input)
        await _look_up(info, given)
        return await service.update_item(info.session, item, given)

    menu_item_delete = deletion(
        models.MenuItem,
        service.delete_items,
        doc="Takes a link away with those below it.",
        errors=MenuError,
        needs=NEEDS,
        tells="MENU_ITEM_DELETED",
    )
    menu_item_bulk_delete = bulk_deletion(
        models.MenuItem,
        service.delete_items,
        doc="Takes links away with those below them.",
        errors=MenuError,
        needs=NEEDS,
        tells="MENU_ITEM_DELETED",
    )

    @mutation(returns="Menu", errors=MenuError, needs=NEEDS)
    async def menu_item_move(self, info: Info, menu: ID, moves: list[MenuItemMoveInput]) -> models.Menu:
        """Moves links of a menu, one after the other."""
        info.at_most(MOVES_LIMIT, moves, "moves")
        found = await info.find(models.Menu, menu, field_name="menu")
        wanted = [
            service.Move(
                _key(info, move.item_id, "item"),
                _key(info, move.parent_id, "parentId") if move.parent_id else None,
                move.sort_order or None,
            )
            for move in moves
        ]
        await service.move_items(info.session, found, wanted)
        return found


def _key(info: Info, global_id: str, field: str) -> int:
    """The key of a link. Raises NotFoundError for what names none."""
    try:
        key = info.key(global_id, "MenuItem")
    except InvalidError as error:
        raise NotFoundError(error.message, field=field) from error
    if key is None:
        raise NotFoundError("There is no such link in this menu.", field=field)
    return int(key)


async def _look_up(info: Info, said: dict[str, Any]) -> None:
    """Put the keys of rows in the place of their global ids. Raises NotFoundError, INVALID_MENU_ITEM."""
    for name, model in TARGETS.items():
        if name not in said:
            continue
        global_id = said.pop(name)
        try:
            row = None if not global_id else await info.find(model, global_id, field_name=to_camel_case(name))
        except InvalidError as error:
            raise DomainError(error.message, field=name, code="INVALID_MENU_ITEM") from error
        said[f"{name}_id"] = row and row.id
