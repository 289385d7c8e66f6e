"""Orders of the product list: what has no value comes last, and every page follows the one before."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import ProductChannelListing
from marketplace.catalog.models import CollectionProduct, Product, ProductType
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel
from tests.factories.catalog import (
    make_category,
    make_collection,
    make_listed_product,
    make_product_type,
)
from tests.factories.markets import make_channel
from tests.factories.vendors import make_vendor
from tests.graphql.conftest import Ask, staff

PAGE = """
query ($channel: String, $filter: ProductFilterInput, $sort: ProductOrder,
       $first: Int, $last: Int, $after: String, $before: String) {
  products(channel: $channel, filter: $filter, sortBy: $sort,
           first: $first, last: $last, after: $after, before: $before) {
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { node { name } }
  }
}
"""
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def channel(session: AsyncSession) -> Channel:
    return await make_channel(session)


@pytest.fixture
async def products(session: AsyncSession, channel: Channel) -> list[Product]:
    """Some have a rating, some a day of publication; there are two prices and two types among them."""
    chance = random.Random(3)
    vendor, category = await make_vendor(session), await make_category(session)
    types = [await make_product_type(session, name=name) for name in ("Bijou", "Tapis")]
    made = []
    for number in range(17):
        product, _ = await make_listed_product(
            session,
            channel,
            chance.choice([10_00, 20_00]),
            name=f"P{chance.random()}",
            vendor_id=vendor.id,
            category_id=category.id,
            product_type_id=chance.choice(types).id,
            rating=chance.choice([None, 3.5, 4.0, 4.5]),
        )
        day = chance.choice([None, BEGINNING + timedelta(days=number // 3)])
        await session.execute(
            update(ProductChannelListing)
            .where(ProductChannelListing.product_id == product.id)
            .values(published_at=day)
        )
        made.append(product)
    return made


async def walked(read: Ask, way: str, size: int, **given: Any) -> list[str]:
    """The names on all pages, from the first or from the last on."""
    names: list[str] = []
    cursor = None
    edge = {"first": "after", "last": "before"}[way]
    while True:
        page = (await read(PAGE, **given, **{way: size, edge: cursor}))["products"]
        here = [each["node"]["name"] for each in page["edges"]]
        names = names + here if way == "first" else here + names
        if not page["pageInfo"]["hasNextPage" if way == "first" else "hasPreviousPage"]:
            return names
        cursor = page["pageInfo"]["endCursor" if way == "first" else "startCursor"]


async def published(session: AsyncSession) -> dict[int, datetime | None]:
    rows = await session.execute(select(ProductChannelListing.product_id, ProductChannelListing.published_at))
    return {row.product_id: row.published_at for row in rows}


@pytest.mark.parametrize("of_category", [False, True])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_unrated_products_come_last_whichever_way_ratings_go(
    read: Ask, channel: Channel, products: list[Product], direction: str, of_category: bool
) -> None:
    sign = 1 if direction == "ASC" else -1
    expected = sorted(products, key=lambda one: (one.rating is None, sign * (one.rating or 0), sign * one.id))
    given: dict[str, Any] = {"channel": channel.slug, "sort": {"field": "RATING", "direction": direction}}
    if of_category:
        given["filter"] = {"categories": [to_global_id("Category", products[0].category_id or 0)]}
    for way in ("first", "last"):
        for size in (1, 4, 100):
            assert await walked(read, way, size, **given) == [one.name for one in expected]


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_what_was_published_without_a_day_was_published_since_ever(
    session: AsyncSession, read: Ask, channel: Channel, products: list[Product], direction: str
) -> None:
    days = await published(session)
    ever = datetime.min.replace(tzinfo=UTC)
    expected = sorted(products, key=lambda one: (days[one.id] or ever, one.id), reverse=direction == "DESC")
    for field in ("PUBLISHED_AT", "PUBLICATION_DATE"):
        sort = {"field": field, "direction": direction}
        for way in ("first", "last"):
            found = await walked(read, way, 3, channel=channel.slug, sort=sort)
            assert found == [one.name for one in expected]
    since = {"publishedFrom": (BEGINNING + timedelta(days=2)).isoformat()}
    found = await walked(read, "first", 100, channel=channel.slug, filter=since)
    early = [one for one in products if (days[one.id] or ever) <= BEGINNING + timedelta(days=2)]
    assert found == sorted(one.name for one in early)


@pytest.mark.parametrize("who", ["buyer", "staff"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field", ["NAME", "PRICE", "TYPE", "CREATED_AT", "LAST_MODIFIED_AT", "PUBLISHED"])
async def test_pages_of_every_order_follow_each_other_both_ways(
    session: AsyncSession,
    read: Ask,
    channel: Channel,
    products: list[Product],
    field: str,
    direction: str,
    who: str,
) -> None:
    requester = staff("MANAGE_PRODUCTS") if who == "staff" else None

    async def asked(document: str, **variables: Any) -> dict[str, Any]:
        return await read(document, requester, **variables)

    given = {"channel": channel.slug, "sort": {"field": field, "direction": direction}}
    whole = await walked(asked, "first", 100, **given)
    assert sorted(whole) == sorted(one.name for one in products)
    for way in ("first", "last"):
        assert await walked(asked, way, 4, **given) == whole
    if field == "NAME":
        assert whole == sorted(whole, reverse=direction == "DESC")


async def test_staff_find_what_has_no_price_behind_the_rest(
    session: AsyncSession, read: Ask, channel: Channel, products: list[Product]
) -> None:
    vendor_id = products[0].vendor_id
    session.add(Product(name="X", slug="x", vendor_id=vendor_id, product_type_id=products[0].product_type_id))
    await session.flush()

    async def asked(document: str, **variables: Any) -> dict[str, Any]:
        return await read(document, staff("MANAGE_PRODUCTS"), **variables)

    for direction in ("ASC", "DESC"):
        sort = {"field": "PRICE", "direction": direction}
        assert (await walked(asked, "first", 5, channel=channel.slug, sort=sort))[-1] == "X"


async def test_a_product_is_sorted_by_its_types_name_of_today(
    session: AsyncSession, read: Ask, channel: Channel, products: list[Product]
) -> None:
    carpet = (await session.scalars(select(ProductType).where(ProductType.name == "Tapis"))).one()
    carpet.name = "Ancien tapis"
    await session.flush()
    sort = {"field": "TYPE", "direction": "ASC"}
    found = await walked(read, "first", 100, channel=channel.slug, sort=sort)
    of_type = {one.name for one in products if one.product_type_id == carpet.id}
    assert set(found[: len(of_type)]) == of_type


async def test_products_of_a_collection_come_as_they_were_arranged(
    session: AsyncSession, read: Ask, ask: Ask, channel: Channel, products: list[Product]
) -> None:
    chosen = products[:5]
    collection = await make_collection(session, channel, slug="choix")
    session.add_all(
        CollectionProduct(collection_id=collection.id, product_id=product.id, position=-place)
        for place, product in enumerate(chosen)
    )
    query = """query ($channel: String, $after: String, $direction: OrderDirection!) {
      collection(slug: "choix", channel: $channel) {
        products(first: 2, after: $after, sortBy: {field: COLLECTION, direction: $direction}) {
          pageInfo { endCursor hasNextPage } edges { node { name } } } } }"""
    for direction in ("ASC", "DESC"):
        found, cursor, more = [], None, True
        while more:
            data = await read(query, channel=channel.slug, after=cursor, direction=direction)
            page = data["collection"]["products"]
            found += [edge["node"]["name"] for edge in page["edges"]]
            cursor, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        wanted = [one.name for one in chosen]
        assert found == (wanted[::-1] if direction == "ASC" else wanted)
    nowhere = {"channel": channel.slug, "first": 5, "sort": {"field": "COLLECTION", "direction": "ASC"}}
    refused = await ask(PAGE, **nowhere)
    assert "only for the products of a collection" in refused["errors"][0]["message"]


async def test_a_cursor_of_another_kind_is_refused(ask: Ask, channel: Channel) -> None:
    given = {"channel": channel.slug, "first": 2, "after": "WyJ4IiwgInkiXQ=="}
    refused = await ask(PAGE, **given, sort={"field": "RATING", "direction": "ASC"})
    assert refused["errors"][0]["message"] == "Received cursor is invalid."
