"""Lists that are searched: the same finds by the index of words and by a walk, in every order."""

import random
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog import search
from marketplace.catalog.models import Product
from marketplace.markets.models import Channel
from marketplace_graphql.catalog import search as searching
from marketplace_graphql.kernel import Requester
from marketplace_graphql.kernel.reader import walks
from tests.factories.catalog import make_listed_product
from tests.factories.markets import make_channel
from tests.graphql.conftest import Ask, staff

LIST = """query (
  $channel: String, $filter: ProductFilterInput, $search: String, $sort: ProductOrder, $after: String
) {
  products(first: 4, channel: $channel, filter: $filter, search: $search, sortBy: $sort, after: $after) {
    totalCount pageInfo { endCursor hasNextPage } edges { node { name } } } }"""
VARIANTS = """query ($channel: String, $filter: ProductVariantFilterInput) {
  productVariants(first: 100, channel: $channel, filter: $filter) {
    totalCount edges { node { sku product { name } } } } }"""
WORDS = ["tapis", "poterie", "argan", "safran"]
STAFF = staff("MANAGE_PRODUCTS")


@pytest.fixture(params=[10_000, 0], ids=["few found", "many found"])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walks, "FEW", request.param)
    monkeypatch.setattr(searching, "FEW_FOUND", request.param)


@pytest.fixture
async def channel(session: AsyncSession) -> Channel:
    return await make_channel(session)


@pytest.fixture
async def named(session: AsyncSession, channel: Channel) -> dict[str, int]:
    """Products by name, and what they cost."""
    chance, prices = random.Random(3), {}
    ids = []
    for number in range(24):
        name, price = f"{' '.join(chance.sample(WORDS, 2))} {number:03}", chance.randint(1, 99) * 100
        product, variant = await make_listed_product(session, channel, price, name=name)
        variant.sku = f"{chance.choice(['PX', 'TX'])}-{number}"
        prices[name] = price
        ids.append(product.id)
    await session.flush()
    await search.reindex(session, ids)
    return prices


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("field", ["NAME", "PRICE", "PUBLISHED_AT"])
@pytest.mark.parametrize("requester", [STAFF, None], ids=["staff", "buyer"])
async def test_pages_have_all_that_words_find(
    read: Ask, channel: Channel, named: dict[str, int], field: str, requester: Requester | None
) -> None:
    for term, by_filter in (("tapis", True), ("saf", False), ("nobody", True), ("p", False)):
        asked: dict[str, Any] = {"filter": {"search": term}} if by_filter else {"search": term}
        found, after, more = list[str](), None, True
        expected = [name for name in named if term == "p" or term in name]
        while more:
            sort = {"field": field, "direction": "DESC"}
            page = await read(LIST, requester, channel=channel.slug, sort=sort, after=after, **asked)
            edges, info = page["products"]["edges"], page["products"]["pageInfo"]
            found += [edge["node"]["name"] for edge in edges]
            after, more = info["endCursor"], info["hasNextPage"]
            assert page["products"]["totalCount"] == len(expected), term
        assert sorted(found) == sorted(expected), term
        if field == "NAME":
            assert found == sorted(expected, reverse=True)
        if field == "PRICE":
            assert [named[name] for name in found] == sorted((named[name] for name in found), reverse=True)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("requester", [STAFF, None], ids=["staff", "buyer"])
async def test_variants_are_found_by_their_products_words_and_their_sku(
    read: Ask, channel: Channel, named: dict[str, int], requester: Requester | None
) -> None:
    every = (await read(VARIANTS, requester, channel=channel.slug))["productVariants"]["edges"]
    skus = {edge["node"]["sku"]: edge["node"]["product"]["name"] for edge in every}
    assert sorted(skus.values()) == sorted(named)
    for term in ("tapis", "px-", "nobody", "p"):
        given = {"filter": {"search": term}, "channel": channel.slug}
        page = (await read(VARIANTS, requester, **given))["productVariants"]
        expected = {sku for sku, name in skus.items() if term == "p" or term in f"{name} {sku.lower()}"}
        assert {edge["node"]["sku"] for edge in page["edges"]} == expected, term
        assert page["totalCount"] == len(expected), term


@pytest.mark.usefixtures("few", "named")
@pytest.mark.parametrize("by_filter", [True, False], ids=["filter", "search"])
@pytest.mark.parametrize("way", ["ASC", "DESC"])
async def test_the_rank_of_a_search_is_an_order(
    session: AsyncSession, read: Ask, channel: Channel, way: str, by_filter: bool
) -> None:
    for product in await session.scalars(select(Product)):
        product.rating = float(int(product.name[-3:]) % 5 + 1)
    await session.flush()
    asked: dict[str, Any] = {"filter": {"search": "argan"}} if by_filter else {"search": "argan"}
    page = await read(LIST, channel=channel.slug, sort={"field": "RANK", "direction": way}, **asked)
    found = [int(edge["node"]["name"][-3:]) % 5 + 1 for edge in page["products"]["edges"]]
    rated = await session.scalars(select(Product.rating).where(Product.name.contains("argan")))
    assert found == sorted(rated, reverse=way == "DESC")[:4]


async def test_without_a_search_there_is_no_rank(ask: Ask, channel: Channel) -> None:
    answer = await ask(LIST, channel=channel.slug, sort={"field": "RANK", "direction": "DESC"})
    assert answer["errors"][0]["message"] == "Sorting by RANK is available only when using a search."
