"""Menus as storefronts ask for them."""

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.content.menus import MenuItemTranslation
from marketplace.kit.ids import to_global_id
from tests.factories.catalog import make_category, make_collection
from tests.factories.content import make_item, make_menu
from tests.factories.markets import make_channel
from tests.graphql.conftest import Ask, staff

STOREFRONT = """
  query MenuGetBySlug($slug: String!, $channel: String!) { menu(slug: $slug, channel: $channel) {
    id name slug items { ...Item children { ...Item } } } }
  fragment Item on MenuItem { id name level url category { id slug } collection { id slug } parent { name }
    menu { slug } arabic: translation(languageCode: AR) { name language { code } } }
"""


async def test_a_storefront_reads_a_menu_with_two_levels_in_its_order(
    session: AsyncSession, read: Ask
) -> None:
    channel, shelf = await make_channel(session), await make_category(session)
    menu = await make_menu(session, slug="navbar")
    second = await make_item(session, menu, name="Aide", url="https://aide.test/", position=2)
    first = await make_item(session, menu, name="Tapis", category_id=shelf.id, position=1)
    below = await make_item(session, menu, first, name="Kilims")
    session.add(MenuItemTranslation(menu_item_id=first.id, language_code="ar", name="زرابي"))
    found = (await read(STOREFRONT, slug="navbar", channel=channel.slug))["menu"]
    assert found["id"] == to_global_id("Menu", menu.id)
    rug, help_ = found["items"]
    assert rug["category"] == {"id": to_global_id("Category", shelf.id), "slug": shelf.slug}
    assert rug["arabic"] == {"name": "زرابي", "language": {"code": "AR"}}
    assert (rug["level"], rug["parent"], rug["menu"]) == (0, None, {"slug": "navbar"})
    (kilims,) = rug["children"]
    assert (kilims["id"], kilims["level"]) == (to_global_id("MenuItem", below.id), 1)
    assert kilims["parent"] == {"name": "Tapis"}
    assert (help_["id"], help_["url"]) == (to_global_id("MenuItem", second.id), "https://aide.test/")
    assert help_["arabic"] is None


async def test_a_link_to_a_hidden_collection_leads_nowhere_except_for_staff(
    session: AsyncSession, read: Ask
) -> None:
    channel = await make_channel(session)
    hidden = await make_collection(session, name="Bientôt", slug="bientot")
    menu = await make_menu(session)
    await make_item(session, menu, name="Bientôt", collection_id=hidden.id)
    for requester, expected in ((None, None), (staff("MANAGE_PRODUCTS"), "bientot")):
        found = await read(STOREFRONT, requester, slug=menu.slug, channel=channel.slug)
        (item,) = found["menu"]["items"]
        assert item["name"] == "Bientôt"
        assert (item["collection"] or {}).get("slug") == expected


async def test_a_menu_is_found_by_id_name_or_slug_and_by_one_of_them_alone(
    session: AsyncSession, ask: Ask
) -> None:
    menu = await make_menu(session, name="Pied de page", slug="footer")
    question = """query M($id: ID, $name: String, $slug: String) {
      menu(id: $id, name: $name, slug: $slug) { slug } }"""
    for given in ({"id": to_global_id("Menu", menu.id)}, {"name": "Pied de page"}, {"slug": "footer"}):
        assert (await ask(question, **given))["data"] == {"menu": {"slug": "footer"}}
    assert (await ask(question, slug="nowhere"))["data"] == {"menu": None}
    refused = await ask(question, slug="footer", name="Pied de page")
    assert refused["errors"][0]["message"] == "Argument 'name' cannot be combined with 'slug'"


async def test_menus_are_searched_filtered_and_sorted(session: AsyncSession, read: Ask) -> None:
    full = await make_menu(session, name="B", slug="full", public_metadata={"theme": "dark"})
    await make_menu(session, name="A", slug="empty")
    await make_item(session, full)
    question = """query M($filter: MenuFilterInput, $sort: MenuSortingInput) {
      menus(first: 5, filter: $filter, sortBy: $sort) { totalCount edges { node { slug } } } }"""
    for given, sort, expected in (
        (None, None, ["empty", "full"]),
        ({"search": "ULL"}, None, ["full"]),
        ({"slugs": ["empty"]}, None, ["empty"]),
        ({"slug": ["empty"]}, None, ["empty"]),
        ({"metadata": [{"key": "theme", "value": "dark"}]}, None, ["full"]),
        (None, {"field": "NAME", "direction": "DESC"}, ["full", "empty"]),
        (None, {"field": "ITEMS_COUNT", "direction": "DESC"}, ["full", "empty"]),
        (None, {"field": "ITEMS_COUNT", "direction": "ASC"}, ["empty", "full"]),
    ):
        found = (await read(question, filter=given, sort=sort))["menus"]
        assert [edge["node"]["slug"] for edge in found["edges"]] == expected
        assert found["totalCount"] == len(expected)


async def test_a_link_leads_to_one_thing_at_most(session: AsyncSession) -> None:
    menu, shelf = await make_menu(session), await make_category(session)
    with pytest.raises(IntegrityError):
        await make_item(session, menu, url="https://x.test/", category_id=shelf.id)
