"""The menus that Saleor's storefronts ask for: shelves in `navbar`; collections and pages in `footer` too."""

from collections.abc import Mapping

from marketplace.content.menus import Menu, MenuItem, MenuItemTranslation
from marketplace.demo.crafts import Words, collections, roots
from marketplace.demo.pages import titles
from marketplace.demo.world import World

_SHELVES = Words("Rayons", "الأقسام", "Shelves")
_COLLECTIONS = Words("Sélections", "مختارات", "Collections")
_PAGES = Words("À propos", "عن المتجر", "About")


def hang_menus(
    world: World,
    categories: Mapping[str, int],
    collection_keys: Mapping[str, int],
    page_keys: Mapping[str, int],
) -> None:
    """Write both menus. Categories, collections and pages are keys by slug."""
    menus = _Menus(world)
    navbar, footer = menus.add("Navigation", "navbar"), menus.add("Pied de page", "footer")
    for root in roots():
        top = menus.link(navbar, None, root.name, category_id=categories[root.slug])
        for shelf in root.shelves:
            menus.link(navbar, top, shelf.name, category_id=categories[shelf.slug])
    shelves = menus.link(footer, None, _SHELVES)
    for root in roots():
        menus.link(footer, shelves, root.name, category_id=categories[root.slug])
    chosen = menus.link(footer, None, _COLLECTIONS)
    for slug, collection in collections().items():
        menus.link(footer, chosen, collection.name, collection_id=collection_keys[slug])
    told = menus.link(footer, None, _PAGES)
    for slug, title in titles().items():
        menus.link(footer, told, title, page_id=page_keys[slug])


class _Menus:
    def __init__(self, world: World) -> None:
        self._numbers = world.numbers
        self._menus = world.tables.of(Menu, "id name slug metadata")
        self._items = world.tables.of(
            MenuItem, "id menu_id parent_id level position name category_id collection_id page_id"
        )
        self._translations = world.tables.of(MenuItemTranslation, "menu_item_id language_code name")

    def add(self, name: str, slug: str) -> int:
        key = self._numbers.next("menu")
        self._menus.add(key, name, slug, {"demo": "true"})
        return key

    def link(
        self,
        menu_id: int,
        parent_id: int | None,
        words: Words,
        category_id: int | None = None,
        collection_id: int | None = None,
        page_id: int | None = None,
    ) -> int:
        """A link after all that there are."""
        key = self._numbers.next("menu_item")
        level = 0 if parent_id is None else 1
        self._items.add(key, menu_id, parent_id, level, key, words.fr, category_id, collection_id, page_id)
        for language in ("ar", "en"):
            self._translations.add(key, language, getattr(words, language))
        return key
