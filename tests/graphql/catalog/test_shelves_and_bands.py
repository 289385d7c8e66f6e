"""Lists by pieces, prices and shelves: the same whether few or many pass, and counted as they are shown."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import ProductChannelListing
from marketplace.catalog.models import Product
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel
from marketplace_graphql.catalog import filters
from marketplace_graphql.kernel import Requester
from marketplace_graphql.kernel.reader import walks
from tests.factories.catalog import make_category, make_listed_product, make_variant, put_on_sale
from tests.factories.inventory import make_stock, make_warehouse
from tests.factories.markets import make_channel
from tests.graphql.conftest import Ask, staff

LIST = """query ($channel: String, $where: ProductWhereInput, $sort: ProductOrder) {
  products(first: 24, channel: $channel, where: $where, sortBy: $sort) {
    totalCount edges { node { name } } } }"""


@pytest.fixture
async def channel(session: AsyncSession) -> Channel:
    return await make_channel(session)


@pytest.fixture(params=[10_000, 0], ids=["few found", "many found"])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walks, "FEW", request.param)
    monkeypatch.setattr(filters, "FEW_OF_A_BAND", request.param)


async def found(read: Ask, channel: Channel, where: dict[str, Any], field: str = "NAME") -> str:
    sort = {"field": field, "direction": "ASC"}
    page = (await read(LIST, channel=channel.slug, where=where, sort=sort))["products"]
    assert page["totalCount"] == len(page["edges"])
    return "".join(edge["node"]["name"] for edge in page["edges"])


@pytest.mark.usefixtures("few")
async def test_pieces_are_added_up_by_variant(session: AsyncSession, read: Ask, channel: Channel) -> None:
    for name, shelves in {"a": [3, 4], "b": [2], "c": []}.items():
        product, variant = await make_listed_product(session, channel, 10_00, name=name)
        for pieces in shelves:
            await make_stock(session, variant, pieces, await make_warehouse(session))
        await make_stock(session, await make_variant(session, product), 1)
    assert await found(read, channel, {"stocks": {"quantity": {"gte": 7}}}) == "a"
    assert await found(read, channel, {"stocks": {"quantity": {"gte": 2, "lte": 6}}}) == "b"
    assert await found(read, channel, {"stocks": {"quantity": {"gte": 8}}}) == ""
    assert await found(read, channel, {"stocks": {"quantity": {}}}) == "abc"


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(("field", "order"), [("NAME", "ac"), ("PRICE", "ca")])
@pytest.mark.parametrize("asked", ["price", "minimalPrice"])
async def test_a_band_of_prices_in_any_order(
    session: AsyncSession, read: Ask, channel: Channel, field: str, order: str, asked: str
) -> None:
    for name, price in {"a": 30_00, "b": 10_00, "c": 20_00, "d": 40_00}.items():
        await make_listed_product(session, channel, price, name=name)
    assert await found(read, channel, {asked: {"range": {"gte": 20, "lte": 30}}}, field) == order


@pytest.mark.parametrize(("field", "order"), [("NAME", "ab"), ("PRICE", "ba")])
async def test_shelves_by_themselves(
    session: AsyncSession, read: Ask, channel: Channel, field: str, order: str
) -> None:
    shelf = await make_category(session)
    below, other = await make_category(session, shelf), await make_category(session)
    prices = {"a": (30_00, shelf), "b": (10_00, shelf), "c": (20_00, below), "d": (5_00, other)}
    for name, (price, category) in prices.items():
        await make_listed_product(session, channel, price, name=name, category_id=category.id)
    one, another = (to_global_id("Category", each.id) for each in (shelf, other))
    assert await found(read, channel, {"category": {"eq": one}}, field) == order
    assert await found(read, channel, {"category": {"oneOf": [one]}}, field) == order
    assert await found(read, channel, {"category": {"eq": one, "oneOf": [another]}}, field) == ""
    assert await found(read, channel, {"category": {"eq": None}}, field) == ""


BAND = """query ($channel: String!, $where: ProductWhereInput, $way: OrderDirection!) {
  products(first: 24, channel: $channel, where: $where,
           sortBy: {field: PRICE, direction: $way, channel: $channel}) {
    totalCount edges { node { name } } } }"""


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("way", ["ASC", "DESC"])
@pytest.mark.parametrize("requester", [staff("MANAGE_PRODUCTS"), None], ids=["staff", "buyer"])
async def test_a_band_that_dearer_and_discounted_variants_are_in_by_price(
    session: AsyncSession, read: Ask, channel: Channel, requester: Requester | None, way: str
) -> None:
    asked: dict[str, list[int]] = {}
    for number, first in enumerate([10, 20, 30, 40, 50]):
        asked[str(number)] = [first, 35]
        product, _ = await make_listed_product(session, channel, first * 100, name=str(number))
        await put_on_sale(session, await make_variant(session, product), channel, 35_00)
        listing = await session.scalar(
            select(ProductChannelListing).where(ProductChannelListing.product_id == product.id)
        )
        assert listing is not None
        # The least asked, and of some a discount.
        listing.price_minor = min(first, 35) * 100 - (5_00 if number % 2 else 0)
    await session.flush()
    rows = await session.execute(
        select(Product.name, ProductChannelListing.price_minor).join(
            ProductChannelListing, ProductChannelListing.product_id == Product.id
        )
    )
    price = {name: minor or 0 for name, minor in rows}
    for band, holds in (
        ({"range": {"gte": 25, "lte": 36}}, lambda each: 25 <= each <= 36),
        ({"range": {"gte": 36}}, lambda each: each >= 36),
        ({"range": {"lte": 20}}, lambda each: each <= 20),
        ({"eq": 40}, lambda each: each == 40),
        ({"oneOf": [10, 20]}, lambda each: each in (10, 20)),
    ):
        page = (await read(BAND, requester, channel=channel.slug, where={"price": band}, way=way))["products"]
        names = [edge["node"]["name"] for edge in page["edges"]]
        expected = {name for name, prices in asked.items() if any(holds(each) for each in prices)}
        assert set(names) == expected, band
        assert page["totalCount"] == len(names)
        paid = [price[name] for name in names]
        assert paid == sorted(paid, reverse=way == "DESC"), band
