"""Menus as staff make, change, move and take them away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.slugs import checked_slug, free_slug
from marketplace.catalog.wording import checked_name
from marketplace.content.menus import Menu, MenuItem, NavigationType
from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, InvalidError, NotFoundError
from marketplace.kit.reordering import reordered

ITEMS_LIMIT = 1_000
"""Links of one menu: more than any storefront shows."""
DESTINATIONS = ("url", "category_id", "collection_id", "page_id")


@dataclass(frozen=True)
class Move:
    """Where a link goes: below which other (None: to the first level), and by how many places it is moved."""

    item_id: int
    parent_id: int | None
    by: int | None


async def create_menu(
    session: AsyncSession, name: str, slug: str | None, items: Sequence[Mapping[str, Any]] = ()
) -> Menu:
    """Make a menu with its first level of links, each with a destination. Raises DomainErrors."""
    menu = Menu(name=checked_name(name))
    menu.slug = (
        await checked_slug(session, Menu, slug) if slug else await free_slug(session, Menu, menu.name, "menu")
    )
    if not all(_destination(item, "items") for item in items):
        raise DomainError(
            "Every link of a new menu leads somewhere.", field="items", code="NO_MENU_ITEM_PROVIDED"
        )
    session.add(menu)
    await session.flush()
    for item in items:
        await add_item(session, menu, None, item)
    return menu


async def update_menu(session: AsyncSession, menu: Menu, said: Mapping[str, Any]) -> Menu:
    """Change a menu's `name` and `slug`. Raises RequiredError, InvalidError, UniqueError."""
    if "name" in said:
        menu.name = checked_name(said["name"])
    if "slug" in said:
        menu.slug = await checked_slug(session, Menu, said["slug"], menu.id)
    await session.flush()
    return menu


async def delete_menus(session: AsyncSession, menus: Sequence[Menu]) -> None:
    """Take menus away with all their links."""
    await session.execute(delete(Menu).where(Menu.id.in_([menu.id for menu in menus])))


async def assign_navigation(session: AsyncSession, menu: Menu | None, place: NavigationType) -> None:
    """Have a menu be the shop's main or secondary one, or no menu."""
    await session.execute(update(Menu).where(Menu.navigation == place).values(navigation=None))
    if menu is not None:
        menu.navigation = place
        await session.flush()


async def add_item(
    session: AsyncSession, menu: Menu, parent: MenuItem | None, said: Mapping[str, Any]
) -> MenuItem:
    """Put a link behind all others at its place. It may lead nowhere, and have others below it."""
    await _lock(session, menu.id)
    _destination(said)
    if parent is not None and parent.menu_id != menu.id:
        raise NotFoundError("There is no such link in this menu.", field="parent")
    count, last = (
        await session.execute(
            select(
                func.count(),
                func.max(MenuItem.position).filter(
                    MenuItem.parent_id.is_not_distinct_from(parent.id if parent else None)
                ),
            ).where(MenuItem.menu_id == menu.id)
        )
    ).one()
    if count >= ITEMS_LIMIT:
        raise InvalidError(f"A menu has at most {ITEMS_LIMIT} links.", field="menu")
    item = MenuItem(
        menu_id=menu.id,
        parent_id=parent.id if parent else None,
        level=parent.level + 1 if parent else 0,
        position=0 if last is None else last + 1,
        name=checked_name(said.get("name")),
        **{name: said.get(name) or None for name in DESTINATIONS},
    )
    session.add(item)
    await session.flush()
    return item


async def update_item(session: AsyncSession, item: MenuItem, said: Mapping[str, Any]) -> MenuItem:
    """Change a link's name or where it leads: a new destination takes the place of the old one."""
    if "name" in said:
        item.name = checked_name(said["name"])
    destination = _destination(said)
    if destination is not None:
        for name in DESTINATIONS:
            setattr(item, name, said[name] if name == destination else None)
    else:
        for name in said.keys() & set(DESTINATIONS):
            setattr(item, name, None)
    await session.flush()
    return item


async def delete_items(session: AsyncSession, items: Sequence[MenuItem]) -> None:
    """Take links away with all below them."""
    await session.execute(delete(MenuItem).where(MenuItem.id.in_([item.id for item in items])))


async def move_items(session: AsyncSession, menu: Menu, moves: Sequence[Move]) -> None:
    """Move links of a menu, one after the other: below others, and among their siblings.

    A link that gets another parent goes behind its new siblings first. Raises NotFoundError, and
    CANNOT_ASSIGN_NODE for a link below itself.
    """
    await _lock(session, menu.id)
    items = {
        item.id: item
        for item in await session.scalars(
            select(MenuItem).where(MenuItem.menu_id == menu.id).order_by(MenuItem.position, MenuItem.id)
        )
    }
    tree = _Tree(items)
    moved = {}
    for move in moves:
        item = items.get(move.item_id)
        if item is None:
            raise NotFoundError("There is no such link in this menu.", field="item")
        if tree.place(item, move):
            moved[item.id] = item
    tree.number()
    await session.flush()
    await announce(session, "MENU_ITEM_UPDATED", *moved.values())


class _Tree:
    """A menu's links by parent, in their order."""

    def __init__(self, items: Mapping[int, MenuItem]) -> None:
        self._items = items
        self._below: dict[int | None, list[MenuItem]] = {}
        for item in items.values():
            self._below.setdefault(item.parent_id, []).append(item)

    def place(self, item: MenuItem, move: Move) -> bool:
        """Carry out one move; gives whether it changes anything."""
        changes_parent = move.parent_id != item.parent_id
        if changes_parent:
            self._check_parent(item, move.parent_id)
            self._below[item.parent_id].remove(item)
            self._below.setdefault(move.parent_id, []).append(item)
            item.parent_id = move.parent_id
        if move.by:
            siblings = self._below[item.parent_id]
            siblings[:] = reordered(siblings, [(item, move.by)])
        return changes_parent or bool(move.by)

    def number(self) -> None:
        """Write every link's place and level anew."""
        rows: list[tuple[int | None, int]] = [(None, -1)]
        while rows:
            parent_id, level = rows.pop()
            for position, item in enumerate(self._below.get(parent_id, ())):
                item.position, item.level = position, level + 1
                rows.append((item.id, item.level))

    def _check_parent(self, item: MenuItem, parent_id: int | None) -> None:
        above = parent_id
        while above is not None:
            if above == item.id:
                what = "to itself" if above == parent_id else "below one of its own links"
                raise DomainError(
                    f"A link can't be moved {what}.", field="parentId", code="CANNOT_ASSIGN_NODE"
                )
            if above not in self._items:
                raise NotFoundError("There is no such link in this menu.", field="parentId")
            above = self._items[above].parent_id


async def _lock(session: AsyncSession, menu_id: int) -> None:
    """One change of a menu's tree at a time."""
    await session.execute(select(Menu.id).where(Menu.id == menu_id).with_for_update())


def _destination(said: Mapping[str, Any], field: str | None = None) -> str | None:
    """The column of the one destination that is given. Raises TOO_MANY_MENU_ITEMS for several."""
    given = [name for name in DESTINATIONS if said.get(name)]
    if len(given) > 1:
        raise DomainError("A link leads to one place.", field=field, code="TOO_MANY_MENU_ITEMS")
    return given[0] if given else None
