"""Orders of the product list: what has no value comes last, and every page follows the one before."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.attributes import Attribute, AttributeInputType, product_attribute_value
from marketplace.catalog.listings import ProductChannelListing
from marketplace.catalog.models import CollectionProduct, Product, ProductType
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel
from tests.factories.attributes import answer, make_attribute, make_value
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


async def make_answers(
    session: AsyncSession, products: list[Product], **given: Any
) -> tuple[Attribute, dict[str, tuple[str, ...]]]:
    """An attribute to which some products answer once, some twice, some not at all; and what they answer."""
    attribute = await make_attribute(session, **given)
    values = [
        await make_value(session, attribute, name=name, position=place)
        for place, name in enumerate(("Rouge", "Bleu", "Cuivre"))
    ]
    said = {}
    for number, product in enumerate(products):
        chosen = [values[number % 3], *([values[2]] if number % 6 == 0 else [])][: number % 4]
        await answer(session, product, *chosen)
        said[product.name] = tuple(value.name for value in chosen)
    return attribute, said


def by(attribute: Attribute, direction: str = "ASC") -> dict[str, str]:
    return {"attributeId": to_global_id("Attribute", attribute.id), "direction": direction}


@pytest.mark.parametrize("narrowed", [False, True])
@pytest.mark.parametrize("way", ["first", "last"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_by_an_attributes_values_and_without_one_last(
    session: AsyncSession,
    read: Ask,
    channel: Channel,
    products: list[Product],
    direction: str,
    way: str,
    narrowed: bool,
) -> None:
    attribute, said = await make_answers(session, products, slug="couleur")
    wanted = (
        {"filter": {"attributes": [{"slug": "couleur", "values": ["rouge", "bleu"]}]}} if narrowed else {}
    )
    if narrowed:
        await session.execute(
            text("UPDATE attribute_value SET slug = lower(name) WHERE attribute_id = :id"),
            {"id": attribute.id},
        )
        said = {name: chosen for name, chosen in said.items() if set(chosen) & {"Rouge", "Bleu"}}
    given = {"channel": channel.slug, "sort": by(attribute, direction), **wanted}
    pages = [await walked(read, way, size, **given) for size in (2, 5, 40)]
    assert pages[0] == pages[1] == pages[2]
    assert sorted(pages[0]) == sorted(said)
    with_one = [name for name in pages[0] if said[name]]
    assert pages[0][: len(with_one)] == with_one, "who answers nothing comes last"
    up = ["Bleu", "Cuivre", "Rouge", "Rouge,Cuivre"]
    order = [up.index(",".join(said[name])) for name in with_one]
    assert order == sorted(order, reverse=direction == "DESC")
    rest = pages[0][len(with_one) :]
    assert rest == sorted(rest, reverse=direction == "DESC")


@pytest.mark.parametrize(
    ("kind", "column", "values"),
    [
        (AttributeInputType.NUMERIC, "numeric", [-20, -3.5, 0, 2, 10, 10.25, 100_000]),
        (AttributeInputType.BOOLEAN, "boolean", [False, True]),
        (
            AttributeInputType.DATE,
            "day",
            [BEGINNING.date() + timedelta(days=each) for each in (0, 9, 10, 400)],
        ),
        (
            AttributeInputType.DATE_TIME,
            "date_time",
            [BEGINNING + timedelta(hours=each) for each in (0, 3, 30)],
        ),
    ],
)
async def test_numbers_days_and_truths_sort_as_such(
    session: AsyncSession,
    read: Ask,
    channel: Channel,
    products: list[Product],
    kind: AttributeInputType,
    column: str,
    values: list[Any],
) -> None:
    attribute = await make_attribute(session, input_type=kind)
    for product, value in zip(products, reversed(values), strict=False):
        await answer(session, product, await make_value(session, attribute, name="Z", **{column: value}))
    names = await walked(read, "first", 3, channel=channel.slug, sort=by(attribute))
    assert names[: len(values)] == [product.name for product in reversed(products[: len(values)])]


async def test_the_order_follows_what_is_answered(
    session: AsyncSession, read: Ask, channel: Channel, products: list[Product]
) -> None:
    attribute = await make_attribute(session)
    low, high = [await make_value(session, attribute, name=name) for name in ("a", "b")]
    first, second = products[:2]
    await answer(session, first, low)
    await answer(session, second, high)

    async def leading() -> list[str]:
        return (await walked(read, "first", 20, channel=channel.slug, sort=by(attribute)))[:2]

    assert await leading() == [first.name, second.name]
    low.name = "c"
    await session.flush()
    assert await leading() == [second.name, first.name]
    said = product_attribute_value.c
    await session.execute(delete(product_attribute_value).where(said.product_id == second.id))
    assert (await leading())[0] == first.name
    await session.delete(low)
    await session.flush()
    assert await leading() == sorted(product.name for product in products)[:2]


async def test_an_order_does_not_tell_what_is_hidden(
    session: AsyncSession, read: Ask, channel: Channel, products: list[Product]
) -> None:
    attribute, said = await make_answers(session, products, visible_in_storefront=False)
    names = await walked(read, "first", 40, channel=channel.slug, sort=by(attribute))
    assert names == sorted(said)
    names = await walked(
        lambda query, **given: read(query, staff("MANAGE_PRODUCTS"), **given),
        "first",
        40,
        channel=channel.slug,
        sort=by(attribute),
    )
    assert names != sorted(said)


async def test_products_on_a_shelf_are_sorted_by_an_attribute_too(
    session: AsyncSession, read: Ask, channel: Channel, products: list[Product]
) -> None:
    attribute, said = await make_answers(session, products)
    query = """query ($id: ID!, $channel: String, $sort: ProductOrder) { category(id: $id) {
      products(first: 40, channel: $channel, sortBy: $sort) { totalCount edges { node { name } } } } }"""
    given = {"id": to_global_id("Category", products[0].category_id or 0), "channel": channel.slug}
    found = (await read(query, **given, sort=by(attribute)))["category"]["products"]
    whole = await walked(read, "first", 40, channel=channel.slug, sort=by(attribute))
    assert [edge["node"]["name"] for edge in found["edges"]] == whole
    assert found["totalCount"] == len(said)


@pytest.mark.parametrize(
    ("sort", "message"),
    [
        ({"attributeId": "QXR0cmlidXRlOjE=", "field": "NAME"}, "either by a `field` or by an `attributeId`"),
        ({"attributeId": to_global_id("Product", 1)}, "Attribute"),
    ],
)
async def test_an_order_by_an_attribute_names_an_attribute_and_nothing_else(
    ask: Ask, channel: Channel, sort: dict[str, str], message: str
) -> None:
    found = await ask(PAGE, channel=channel.slug, first=2, sort={"direction": "ASC", **sort})
    assert found["data"] == {"products": None}
    assert message in found["errors"][0]["message"]
