"""A Saleor storefront's way through the catalogue, over HTTP: what it asks, in the order it asks."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog import search
from marketplace.catalog.models import CollectionProduct, Product, ProductMedia
from marketplace.markets.models import Channel
from tests.factories.catalog import (
    make_category,
    make_collection,
    make_listed_product,
    make_product,
    make_variant,
    put_on_sale,
)
from tests.factories.inventory import make_stock
from tests.factories.markets import make_channel

Asking = Callable[..., Awaitable[Any]]

CARD = """
fragment Card on Product {
  id name slug
  pricing { priceRange { start { gross { amount currency } } stop { gross { amount currency } } } }
  category { id name }
  thumbnail(size: 1024, format: WEBP) { url alt }
}
"""
SHELVES = (
    "query { categories(first: 50, level: 0) { edges { node { id name slug products { totalCount } } } } }"
)
LIST = (
    """query ($first: Int = 9, $after: String, $channel: String!) {
  products(first: $first, after: $after, channel: $channel) {
    totalCount edges { node { ...Card } cursor } pageInfo { endCursor hasNextPage } } }"""
    + CARD
)
SHELF = (
    """query ($slug: String!, $channel: String!) { category(slug: $slug) {
  name description seoDescription seoTitle
  products(first: 100, channel: $channel) { edges { node { ...Card } } } } }"""
    + CARD
)
GATHERED = (
    """query ($slug: String!, $channel: String!) { collection(slug: $slug, channel: $channel) {
  name description seoDescription seoTitle
  products(first: 100, sortBy: {field: COLLECTION, direction: ASC}) { edges { node { ...Card } } } } }"""
    + CARD
)
SEARCH = (
    """query ($search: String!, $sortBy: ProductOrderField!, $direction: OrderDirection!, $channel: String!) {
  products(first: 24, channel: $channel, sortBy: {field: $sortBy, direction: $direction}, search: $search) {
    totalCount edges { node { ...Card } cursor } pageInfo { endCursor hasNextPage } } }"""
    + CARD
)
PAGE = """query ($slug: String!, $channel: String!) { product(slug: $slug, channel: $channel) {
  id name slug description seoTitle seoDescription isAvailable isAvailableForPurchase
  thumbnail(size: 1024, format: WEBP) { url alt } media { url(size: 1024) type alt } category { id name }
  variants { id name quantityAvailable sku
    pricing { price { gross { currency amount } } discount { gross { amount } } } }
  pricing { priceRange { start { gross { amount currency } } stop { gross { amount currency } } } } } }"""
VARIANT = """query ($id: ID!, $channel: String!) { productVariant(id: $id, channel: $channel) {
  name sku product { slug name } quantityAvailable(countryCode: MA) } }"""


@pytest.fixture
def asking(client: httpx.AsyncClient, session: AsyncSession) -> Asking:
    """Ask over HTTP as nobody in particular; errors are not expected."""

    async def asked(document: str, **variables: Any) -> Any:
        await session.commit()
        answer = await client.post("/graphql/", json={"query": document, "variables": variables})
        assert answer.status_code == 200
        told = answer.json()
        assert "errors" not in told, told["errors"]
        return told["data"]

    return asked


@pytest.fixture
async def channel(session: AsyncSession) -> Channel:
    return await make_channel(session, slug="default-channel")


@pytest.fixture
async def rug(session: AsyncSession, channel: Channel) -> Product:
    """A rug in two sizes, with a picture, on a shelf and in a collection; beside it a bowl and a draft."""
    shelf = await make_category(session, name="Tapis", slug="tapis")
    rug, small = await make_listed_product(
        session, channel, 1_200_00, name="Tapis d’Azilal", slug="tapis-azilal", category_id=shelf.id
    )
    small.name, small.sku = "120 × 180 cm", "TPS-S"
    large = await make_variant(session, rug, name="160 × 240 cm", sku="TPS-L", position=1)
    await put_on_sale(session, large, channel, 2_400_00)
    await make_stock(session, small, 3)
    session.add(ProductMedia(product_id=rug.id, path="products/a.webp", thumbnail_sizes=[1024], alt="Tapis"))
    bowl, _ = await make_listed_product(session, channel, 90_00, name="Bol", slug="bol")
    await make_product(session, name="Tapis secret", slug="tapis-secret", category_id=shelf.id)
    collection = await make_collection(session, channel, name="À offrir", slug="a-offrir")
    for place, product in enumerate((rug, bowl)):
        member = CollectionProduct(collection_id=collection.id, product_id=product.id, position=place)
        session.add(member)
    await session.flush()
    await search.reindex(session, [rug.id, bowl.id])
    return rug


def names(page: Any) -> list[str]:
    return [edge["node"]["name"] for edge in page["edges"]]


async def test_a_visitor_goes_from_the_first_page_to_a_variant(asking: Asking, rug: Product) -> None:
    here = {"channel": "default-channel"}
    (shelf,) = (await asking(SHELVES))["categories"]["edges"]
    assert shelf["node"]["slug"] == "tapis"
    first = (await asking(LIST, **here, first=1))["products"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"], names(first)) == (2, True, ["Bol"])
    second = (await asking(LIST, **here, after=first["pageInfo"]["endCursor"]))["products"]
    (card,) = [edge["node"] for edge in second["edges"]]
    assert card["pricing"]["priceRange"] == {
        "start": {"gross": {"amount": 1200.0, "currency": "MAD"}},
        "stop": {"gross": {"amount": 2400.0, "currency": "MAD"}},
    }
    assert card["thumbnail"] == {"url": "http://testserver/media/products/a/1024.webp", "alt": "Tapis"}
    assert names((await asking(SHELF, **here, slug="tapis"))["category"]["products"]) == [rug.name]
    gathered = (await asking(GATHERED, **here, slug="a-offrir"))["collection"]
    assert names(gathered["products"]) == [rug.name, "Bol"]
    wanted = {"search": "tapis azilal", "sortBy": "RANK", "direction": "DESC"}
    assert names((await asking(SEARCH, **here, **wanted))["products"]) == [rug.name]
    page = (await asking(PAGE, **here, slug="tapis-azilal"))["product"]
    assert (page["isAvailable"], page["isAvailableForPurchase"]) == (True, True)
    assert [(each["name"], each["quantityAvailable"]) for each in page["variants"]] == [
        ("120 × 180 cm", 3),
        ("160 × 240 cm", 0),
    ]
    variant = await asking(VARIANT, **here, id=page["variants"][0]["id"])
    assert variant["productVariant"] == {
        "name": "120 × 180 cm",
        "sku": "TPS-S",
        "product": {"slug": "tapis-azilal", "name": rug.name},
        "quantityAvailable": 3,
    }


async def test_what_is_not_on_sale_answers_as_what_does_not_exist(asking: Asking, rug: Product) -> None:
    for slug in ("tapis-secret", "no-such-thing"):
        assert await asking(PAGE, slug=slug, channel="default-channel") == {"product": None}
    for channel in ("no-such-channel", ""):
        assert await asking(PAGE, slug="tapis-azilal", channel=channel) == {"product": None}
        listed = (await asking(LIST, channel=channel))["products"]
        assert (listed["totalCount"], listed["edges"]) == (0, [])
