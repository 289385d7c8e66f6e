"""Menus as staff make them, with Saleor's words for what is wrong."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.content.menus import Menu, MenuItem
from marketplace.kit.ids import to_global_id
from tests.factories.catalog import make_category, make_collection
from tests.factories.content import make_item, make_menu, make_page
from tests.graphql.conftest import Ask, staff

STAFF = staff("MANAGE_MENUS")
CREATE = """mutation($input: MenuCreateInput!) { menuCreate(input: $input) { errors { field code }
  menu { id name slug items { name url level category { slug } collection { slug } page { slug } } } } }"""
ADD = """mutation($input: MenuItemCreateInput!) { menuItemCreate(input: $input) { errors { field code }
  menuItem { id name url level parent { name } menu { slug } } } }"""
CHANGE = """mutation($id: ID!, $input: MenuItemInput!) { menuItemUpdate(id: $id, input: $input) {
  errors { field code } menuItem { name url category { slug } collection { slug } } } }"""
MOVE = """mutation($menu: ID!, $moves: [MenuItemMoveInput!]!) { menuItemMove(menu: $menu, moves: $moves) {
  errors { field code } menu { items { name level children { name level children { name level } } } } } }"""


def menu_id(menu: Menu) -> str:
    return to_global_id("Menu", menu.id)


def item_id(item: MenuItem) -> str:
    return to_global_id("MenuItem", item.id)


async def test_a_menu_is_made_with_its_first_level(session: AsyncSession, read: Ask) -> None:
    shelf, chosen, page = (
        await make_category(session),
        await make_collection(session),
        await make_page(session),
    )
    items = [
        {"name": "Tapis", "category": to_global_id("Category", shelf.id)},
        {"name": "Choix", "collection": to_global_id("Collection", chosen.id)},
        {"name": "Qui", "page": to_global_id("Page", page.id)},
        {"name": "Aide", "url": "https://aide.test/"},
    ]
    seen = staff("MANAGE_MENUS", "MANAGE_PRODUCTS")
    made = (await read(CREATE, seen, input={"name": "Pied de page", "items": items}))["menuCreate"]
    assert made["errors"] == []
    assert (made["menu"]["name"], made["menu"]["slug"]) == ("Pied de page", "pied-de-page")
    nowhere = {"url": None, "level": 0, "category": None, "collection": None, "page": None}
    assert made["menu"]["items"] == [
        nowhere | {"name": "Tapis", "category": {"slug": shelf.slug}},
        nowhere | {"name": "Choix", "collection": {"slug": chosen.slug}},
        nowhere | {"name": "Qui", "page": {"slug": page.slug}},
        nowhere | {"name": "Aide", "url": "https://aide.test/"},
    ]
    again = (await read(CREATE, STAFF, input={"name": "Pied de page"}))["menuCreate"]
    assert again["menu"]["slug"] == "pied-de-page-2"


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"name": " "}, ("name", "REQUIRED")),
        ({"name": "x" * 251}, ("name", "INVALID")),
        ({"name": "A", "slug": "taken"}, ("slug", "UNIQUE")),
        ({"name": "A", "items": [{"name": "B"}]}, ("items", "NO_MENU_ITEM_PROVIDED")),
        (
            {"name": "A", "items": [{"name": "B", "url": "/b", "category": "SHELF"}]},
            ("items", "TOO_MANY_MENU_ITEMS"),
        ),
        ({"name": "A", "items": [{"name": "B", "category": "Q2F0ZWdvcnk6OTk5OTk="}]}, ("items", "NOT_FOUND")),
        ({"name": "A", "items": [{"name": "B", "page": "SHELF"}]}, ("items", "INVALID_MENU_ITEM")),
    ],
)
async def test_a_menu_that_is_wrong_is_not_made(
    session: AsyncSession, read: Ask, given: dict[str, Any], error: tuple[str, str]
) -> None:
    await make_menu(session, slug="taken")
    shelf = to_global_id("Category", (await make_category(session)).id)
    for item in given.get("items", []):
        item.update({name: shelf for name, value in item.items() if value == "SHELF"})
    made = (await read(CREATE, STAFF, input=given))["menuCreate"]
    assert [(each["field"], each["code"]) for each in made["errors"]] == [error]
    assert made["menu"] is None
    assert list(await session.scalars(select(Menu.slug))) == ["taken"]


async def test_a_menu_is_renamed(session: AsyncSession, read: Ask) -> None:
    menu, other = await make_menu(session), await make_menu(session)
    document = """mutation($id: ID!, $input: MenuInput!) { menuUpdate(id: $id, input: $input) {
      errors { field code } menuErrors { code } menu { name slug } } }"""
    given = {"name": "Haut", "slug": "haut"}
    assert (await read(document, STAFF, id=menu_id(menu), input=given))["menuUpdate"]["menu"] == given
    for wrong, error in (
        ({"slug": other.slug}, {"field": "slug", "code": "UNIQUE"}),
        ({"slug": ""}, {"field": "slug", "code": "REQUIRED"}),
        ({"name": ""}, {"field": "name", "code": "REQUIRED"}),
    ):
        answer = (await read(document, STAFF, id=menu_id(menu), input=wrong))["menuUpdate"]
        assert answer == {"errors": [error], "menuErrors": [{"code": error["code"]}], "menu": None}


async def test_a_link_is_put_behind_its_siblings(session: AsyncSession, read: Ask) -> None:
    menu = await make_menu(session)
    top = await make_item(session, menu, name="Haut", position=0)
    for name in ("un", "deux"):
        given = {"name": name, "menu": menu_id(menu), "parent": item_id(top)}
        made = (await read(ADD, STAFF, input=given))["menuItemCreate"]
        assert made["errors"] == []
        assert made["menuItem"] | {"id": ""} == {
            "id": "",
            "name": name,
            "url": None,
            "level": 1,
            "parent": {"name": "Haut"},
            "menu": {"slug": menu.slug},
        }
    below = select(MenuItem.name).where(MenuItem.parent_id == top.id).order_by(MenuItem.position)
    assert list(await session.scalars(below)) == ["un", "deux"]


async def test_a_link_that_is_wrong_is_not_put(session: AsyncSession, read: Ask) -> None:
    menu, other = await make_menu(session), await make_menu(session)
    stranger = await make_item(session, other)
    shelf = to_global_id("Category", (await make_category(session)).id)
    right = {"name": "A", "menu": menu_id(menu)}
    for wrong, error in (
        ({"name": ""}, ("name", "REQUIRED")),
        ({"menu": to_global_id("Menu", 99999)}, ("menu", "NOT_FOUND")),
        ({"parent": item_id(stranger)}, ("parent", "NOT_FOUND")),
        ({"url": "/a", "category": shelf}, (None, "TOO_MANY_MENU_ITEMS")),
        ({"collection": shelf}, ("collection", "INVALID_MENU_ITEM")),
        ({"collection": to_global_id("Collection", 99999)}, ("collection", "NOT_FOUND")),
    ):
        made = (await read(ADD, STAFF, input=right | wrong))["menuItemCreate"]
        assert [(each["field"], each["code"]) for each in made["errors"]] == [error]
    assert list(await session.scalars(select(MenuItem.id))) == [stranger.id]


async def test_a_new_destination_takes_the_place_of_the_old_one(session: AsyncSession, read: Ask) -> None:
    menu, shelf = await make_menu(session), await make_category(session)
    item = await make_item(session, menu, name="A", url="/a")
    category = to_global_id("Category", shelf.id)
    changed = (await read(CHANGE, STAFF, id=item_id(item), input={"category": category}))["menuItemUpdate"]
    assert changed["menuItem"] == {
        "name": "A",
        "url": None,
        "category": {"slug": shelf.slug},
        "collection": None,
    }
    given = {"name": "B", "category": None}
    changed = (await read(CHANGE, STAFF, id=item_id(item), input=given))["menuItemUpdate"]
    assert changed["menuItem"] == {"name": "B", "url": None, "category": None, "collection": None}
    for wrong, error in (
        ({"url": "/a", "category": category}, {"field": None, "code": "TOO_MANY_MENU_ITEMS"}),
        ({"name": None}, {"field": "name", "code": "REQUIRED"}),
    ):
        answer = (await read(CHANGE, STAFF, id=item_id(item), input=wrong))["menuItemUpdate"]
        assert answer == {"errors": [error], "menuItem": None}


@pytest.fixture
async def tree(session: AsyncSession) -> dict[str, MenuItem]:
    """A (with aa, which has aaa), b, c."""
    menu = await make_menu(session)
    found = {}
    for name, parent in (("a", None), ("b", None), ("c", None), ("aa", "a"), ("aaa", "aa")):
        found[name] = await make_item(session, menu, found.get(parent or ""), name=name)
    return found


def shape(items: list[dict[str, Any]]) -> list[Any]:
    """Names with those below them; checks that the levels fit."""
    return [[each["name"], each["level"], *shape(each.get("children", []))] for each in items]


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        ([("a", None, 1)], [["b", 0], ["a", 0, ["aa", 1, ["aaa", 2]]], ["c", 0]]),
        ([("c", None, -9)], [["c", 0], ["a", 0, ["aa", 1, ["aaa", 2]]], ["b", 0]]),
        ([("b", "a", -1)], [["a", 0, ["b", 1], ["aa", 1, ["aaa", 2]]], ["c", 0]]),
        ([("aa", None, None)], [["a", 0], ["b", 0], ["c", 0], ["aa", 0, ["aaa", 1]]]),
        ([("aa", "b", 0), ("a", "b", -1)], [["b", 0, ["a", 1], ["aa", 1, ["aaa", 2]]], ["c", 0]]),
    ],
)
async def test_links_are_moved(
    session: AsyncSession, read: Ask, tree: dict[str, MenuItem], moves: list[Any], expected: list[Any]
) -> None:
    given = [
        {"itemId": item_id(tree[name]), "parentId": parent and item_id(tree[parent]), "sortOrder": by}
        for name, parent, by in moves
    ]
    menu = to_global_id("Menu", tree["a"].menu_id)
    moved = (await read(MOVE, STAFF, menu=menu, moves=given))["menuItemMove"]
    assert moved["errors"] == []
    assert shape(moved["menu"]["items"]) == expected


async def test_a_move_that_is_wrong_moves_nothing(
    session: AsyncSession, read: Ask, tree: dict[str, MenuItem]
) -> None:
    menu = to_global_id("Menu", tree["a"].menu_id)
    stranger = item_id(await make_item(session, await make_menu(session)))
    a, good = item_id(tree["a"]), {"itemId": item_id(tree["c"]), "sortOrder": -1}
    for wrong, error in (
        ({"itemId": a, "parentId": a}, ("parentId", "CANNOT_ASSIGN_NODE")),
        ({"itemId": a, "parentId": item_id(tree["aaa"])}, ("parentId", "CANNOT_ASSIGN_NODE")),
        ({"itemId": a, "parentId": stranger}, ("parentId", "NOT_FOUND")),
        ({"itemId": stranger}, ("item", "NOT_FOUND")),
        ({"itemId": "nonsense"}, ("item", "NOT_FOUND")),
    ):
        answer = (await read(MOVE, STAFF, menu=menu, moves=[good, wrong]))["menuItemMove"]
        assert [(each["field"], each["code"]) for each in answer["errors"]] == [error]
    names = select(MenuItem.name).where(MenuItem.parent_id.is_(None), MenuItem.menu_id == tree["a"].menu_id)
    assert list(await session.scalars(names.order_by(MenuItem.position))) == ["a", "b", "c"]


async def test_what_is_taken_away_takes_what_is_below_it_along(
    session: AsyncSession, read: Ask, tree: dict[str, MenuItem]
) -> None:
    one = """mutation($id: ID!) { menuItemDelete(id: $id) { errors { code } menuItem { name } } }"""
    assert (await read(one, STAFF, id=item_id(tree["aa"])))["menuItemDelete"]["menuItem"] == {"name": "aa"}
    several = "mutation($ids: [ID!]!) { menuItemBulkDelete(ids: $ids) { count errors { code } } }"
    ids = [item_id(tree["b"]), item_id(tree["c"])]
    assert (await read(several, STAFF, ids=ids))["menuItemBulkDelete"] == {"count": 2, "errors": []}
    assert list(await session.scalars(select(MenuItem.name))) == ["a"]
    menu = to_global_id("Menu", tree["a"].menu_id)
    whole = "mutation($id: ID!) { menuDelete(id: $id) { errors { code } menu { id } } }"
    assert (await read(whole, STAFF, id=menu))["menuDelete"]["menu"] == {"id": menu}
    assert list(await session.scalars(select(MenuItem.name))) == []
    other = await make_menu(session)
    bulk = "mutation($ids: [ID!]!) { menuBulkDelete(ids: $ids) { count errors { field code } } }"
    assert (await read(bulk, STAFF, ids=[menu_id(other), menu]))["menuBulkDelete"] == {
        "count": 0,
        "errors": [{"field": "ids", "code": "NOT_FOUND"}],
    }
    assert (await read(bulk, STAFF, ids=[menu_id(other)]))["menuBulkDelete"]["count"] == 1


async def test_one_menu_at_a_time_is_the_shops_main_one(session: AsyncSession, read: Ask) -> None:
    first, second = await make_menu(session), await make_menu(session)
    document = """mutation($menu: ID, $place: NavigationType!) {
      assignNavigation(menu: $menu, navigationType: $place) { errors { field code } menu { slug } } }"""
    for menu, expected in ((first, first.slug), (second, second.slug)):
        answer = await read(document, staff("MANAGE_SETTINGS"), menu=menu_id(menu), place="MAIN")
        assert answer["assignNavigation"]["menu"] == {"slug": expected}
    assert list(await session.scalars(select(Menu.slug).where(Menu.navigation == "MAIN"))) == [second.slug]
    assert (await read(document, STAFF, place="MAIN"))["assignNavigation"] == {"errors": [], "menu": None}
    assert list(await session.scalars(select(Menu.slug).where(Menu.navigation.is_not(None)))) == []
    wrong = await read(document, STAFF, menu=to_global_id("Menu", 99999), place="SECONDARY")
    assert wrong["assignNavigation"]["errors"] == [{"field": "menu", "code": "NOT_FOUND"}]


async def test_links_are_listed_by_name(session: AsyncSession, read: Ask) -> None:
    menu = await make_menu(session)
    for name in ("Zellige", "Argan", "Tapis de laine"):
        last = await make_item(session, menu, name=name)
    document = """query($filter: MenuItemFilterInput, $direction: OrderDirection!) {
      menuItems(first: 5, filter: $filter, sortBy: {field: NAME, direction: $direction}) { totalCount
        edges { node { name } } } }"""
    listed = (await read(document, direction="DESC"))["menuItems"]
    assert [edge["node"]["name"] for edge in listed["edges"]] == ["Zellige", "Tapis de laine", "Argan"]
    found = (await read(document, filter={"search": "TAPIS"}, direction="ASC"))["menuItems"]
    assert [edge["node"]["name"] for edge in found["edges"]] == ["Tapis de laine"]
    one = await read("query($id: ID!) { menuItem(id: $id) { name } }", id=item_id(last))
    assert one["menuItem"] == {"name": "Tapis de laine"}


@pytest.mark.parametrize("requester", [None, staff("MANAGE_PAGES")])
async def test_only_who_manages_menus_changes_them(session: AsyncSession, ask: Ask, requester: Any) -> None:
    menu = await make_menu(session)
    item = await make_item(session, menu)
    for call in (
        'menuCreate(input: {name: "x"}) { errors { code } }',
        f'menuUpdate(id: "{menu_id(menu)}", input: {{name: "x"}}) {{ errors {{ code }} }}',
        f'menuDelete(id: "{menu_id(menu)}") {{ errors {{ code }} }}',
        f'menuBulkDelete(ids: ["{menu_id(menu)}"]) {{ errors {{ code }} }}',
        f'menuItemCreate(input: {{name: "x", menu: "{menu_id(menu)}"}}) {{ errors {{ code }} }}',
        f'menuItemUpdate(id: "{item_id(item)}", input: {{name: "x"}}) {{ errors {{ code }} }}',
        f'menuItemDelete(id: "{item_id(item)}") {{ errors {{ code }} }}',
        f'menuItemBulkDelete(ids: ["{item_id(item)}"]) {{ errors {{ code }} }}',
        f'menuItemMove(menu: "{menu_id(menu)}", moves: []) {{ errors {{ code }} }}',
        f'assignNavigation(menu: "{menu_id(menu)}", navigationType: MAIN) {{ errors {{ code }} }}',
    ):
        answer = await ask(f"mutation {{ {call} }}", requester)
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied", call
