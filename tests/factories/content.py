"""Pages and menus for tests."""

from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.descriptions import description_of_text
from marketplace.content.menus import Menu, MenuItem
from marketplace.content.pages import Page, PageType
from marketplace.content.search import page_words

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


async def make_page_type(session: AsyncSession, **given: object) -> PageType:
    number = next(_numbers)
    page_type = PageType(**{"name": "Récit", "slug": f"recit-{number}"} | given)
    session.add(page_type)
    await session.flush()
    return page_type


async def make_page(
    session: AsyncSession, page_type: PageType | None = None, *, text: str = "", **given: Any
) -> Page:
    """A page that buyers see, found by the words of its title and text."""
    number = next(_numbers)
    defaults: dict[str, Any] = {"title": f"Page {number}", "slug": f"page-{number}", "is_published": True}
    page = Page(**defaults | {"content": description_of_text(text)} | given)
    page.page_type_id = (page_type or await make_page_type(session)).id
    page.search_title, page.search_text = page_words([page.title], [page.content])
    session.add(page)
    await session.flush()
    return page
