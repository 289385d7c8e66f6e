"""A category's pages: its whole list, in order, whatever the way in which its shelves are walked."""

import random
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import Category
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel
from tests.factories.catalog import make_category, make_product, put_on_sale
from tests.factories.markets import make_channel
from tests.factories.vendors import make_vendor
from tests.graphql.conftest import Ask, staff

PAGE = """
query ($channel: String, $filter: ProductFilterInput, $sort: ProductOrder,
       $first: Int, $last: Int, $after: String, $before: String) {
  products(channel: $channel, filter: $filter, sortBy: $sort,
           first: $first, last: $last, after: $after, before: $before) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { node { name } }
  }
}
"""


class Shelf:
    """A root category with three leaves, and another shelf that must not mix in."""

    def __init__(self, root: Category, leaves: list[Category], channel: Channel) -> None:
        self.root, self.leaves, self.channel = root, leaves, channel
        self.prices: dict[str, tuple[int, int]] = {}


@pytest.fixture
async def shelf(session: AsyncSession) -> Shelf:
    root = await make_category(session)
    leaves = [await make_category(session, root) for _ in range(3)]
    shelf = Shelf(root, leaves, await make_channel(session))
    vendor = await make_vendor(session)
    kind = (await make_product(session, vendor_id=vendor.id)).product_type_id
    elsewhere = await make_category(session)
    chance = random.Random(7)
    for number in range(23):
        category = chance.choice([root, *leaves, elsewhere])
        price = chance.choice([10_00, 20_00, 30_00])
        product = await make_product(
            session,
            name=f"P{number:02}",
            vendor_id=vendor.id,
            product_type_id=kind,
            category_id=category.id,
        )
        await put_on_sale(session, product.variants[0], shelf.channel, price)
        if category is not elsewhere:
            shelf.prices[product.name] = (price, product.id)
    return shelf


def variables(shelf: Shelf, direction: str, **more: object) -> dict[str, Any]:
    return {
        "channel": shelf.channel.slug,
        "filter": {"categories": [to_global_id("Category", shelf.root.id)]},
        "sort": {"field": "PRICE", "direction": direction},
    } | more


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("way", ["first", "last"])
@pytest.mark.parametrize("size", [1, 4, 25])
async def test_walking_the_pages_gives_the_whole_list_once(
    read: Ask, shelf: Shelf, direction: str, way: str, size: int
) -> None:
    expected = sorted(shelf.prices, key=lambda name: shelf.prices[name], reverse=direction == "DESC")
    walked: list[str] = []
    cursor = None
    while True:
        edge = {"first": "after", "last": "before"}[way]
        page = (await read(PAGE, **variables(shelf, direction, **{way: size, edge: cursor})))["products"]
        names = [each["node"]["name"] for each in page["edges"]]
        walked = walked + names if way == "first" else names + walked
        assert page["totalCount"] == len(expected)
        if not page["pageInfo"]["hasNextPage" if way == "first" else "hasPreviousPage"]:
            break
        cursor = page["pageInfo"]["endCursor" if way == "first" else "startCursor"]
    assert walked == expected


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("way", ["first", "last"])
async def test_staff_walk_a_category_with_what_is_not_listed_at_its_end(
    session: AsyncSession, read: Ask, shelf: Shelf, direction: str, way: str
) -> None:
    unlisted = (await make_product(session, name="Unlisted", category_id=shelf.root.id)).name
    listed = sorted(shelf.prices, key=lambda name: shelf.prices[name], reverse=direction == "DESC")
    walked: list[str] = []
    cursor = None
    edge, more, end = {
        "first": ("after", "hasNextPage", "endCursor"),
        "last": ("before", "hasPreviousPage", "startCursor"),
    }[way]
    while True:
        given = variables(shelf, direction, **{way: 4, edge: cursor})
        page = (await read(PAGE, staff("MANAGE_PRODUCTS"), **given))["products"]
        names = [each["node"]["name"] for each in page["edges"]]
        walked = walked + names if way == "first" else names + walked
        if not page["pageInfo"][more]:
            break
        cursor = page["pageInfo"][end]
    assert walked == [*listed, unlisted]


@pytest.mark.parametrize(
    ("more", "fits"),
    [
        ({"price": {"gte": 20}}, lambda price: price >= 20_00),
        ({"minimalPrice": {"lte": 10}}, lambda price: price <= 10_00),
        ({"stockAvailability": "IN_STOCK"}, lambda _: False),
    ],
)
async def test_other_conditions_narrow_a_category(read: Ask, shelf: Shelf, more: Any, fits: Any) -> None:
    given = variables(shelf, "ASC", first=100)
    given["filter"] |= more
    page = (await read(PAGE, **given))["products"]
    expected = {name for name, (price, _) in shelf.prices.items() if fits(price)}
    assert {edge["node"]["name"] for edge in page["edges"]} == expected
    assert page["totalCount"] == len(expected)


async def test_several_categories_that_overlap_count_each_product_once(read: Ask, shelf: Shelf) -> None:
    given = variables(shelf, "ASC", first=100)
    given["filter"]["categories"] += [to_global_id("Category", leaf.id) for leaf in shelf.leaves]
    page = (await read(PAGE, **given))["products"]
    assert page["totalCount"] == len(page["edges"]) == len(shelf.prices)


async def test_staff_count_products_without_a_listing_too(
    session: AsyncSession, read: Ask, shelf: Shelf
) -> None:
    await make_product(session, category_id=shelf.root.id)
    query = "query ($channel: String) { products(channel: $channel) { totalCount } }"
    for channel in (shelf.channel.slug, None):
        found = await read(query, staff("MANAGE_PRODUCTS"), channel=channel)
        assert found["products"]["totalCount"] == 25
    assert (await read(query, channel=shelf.channel.slug))["products"]["totalCount"] == 23
    assert (await read(query))["products"]["totalCount"] == 0
