"""Menus for tests."""

from itertools import count

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.content.menus import Menu, MenuItem

_numbers = count(1)


async def make_menu(session: AsyncSession, **given: object) -> Menu:
    number = next(_numbers)
    menu = Menu(**{"name": f"Menu {number}", "slug": f"menu-{number}"} | given)
    session.add(menu)
    await session.flush()
    return menu


async def make_item(
    session: AsyncSession, menu: Menu, parent: MenuItem | None = None, **given: object
) -> MenuItem:
    """A link after all that there are."""
    number = next(_numbers)
    item = MenuItem(**{"menu_id": menu.id, "name": f"Lien {number}", "position": number} | given)
    item.parent_id = parent.id if parent else None
    item.level = parent.level + 1 if parent else 0
    session.add(item)
    await session.flush()
    return item
