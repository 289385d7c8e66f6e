"""Staff gather products, put them in order and publish the collection."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import CollectionChannelListing, VariantChannelListing
from marketplace.catalog.models import Collection, CollectionProduct, Product, ProductVariant
from marketplace.kit.ids import to_global_id
from tests.factories.catalog import (
    make_collection,
    make_listed_product,
    make_product,
)
from tests.factories.markets import make_channel
from tests.factories.people import make_user
from tests.factories.promotions import make_rule
from tests.factories.promotions import of as chosen
from tests.factories.vendors import make_vendor
from tests.graphql.catalog.conftest import Heard
from tests.graphql.conftest import Ask, buyer, seller, staff

STAFF = staff("MANAGE_PRODUCTS")
FIELDS = """errors { field code products } collection { id name slug
  products(first: 10) { edges { node { id } } } channelListings { isPublished channel { slug } } }"""
CREATE = f"mutation($input: CollectionCreateInput!) {{ collectionCreate(input: $input) {{ {FIELDS} }} }}"
UPDATE = f"""mutation($id: ID!, $input: CollectionInput!) {{
  collectionUpdate(id: $id, input: $input) {{ {FIELDS} }} }}"""
DELETE = "mutation($id: ID!) { collectionDelete(id: $id) { errors { field code } collection { name } } }"
BULK_DELETE = "mutation($ids: [ID!]!) { collectionBulkDelete(ids: $ids) { count errors { field code } } }"
ADD = f"""mutation($id: ID!, $products: [ID!]!) {{
  collectionAddProducts(collectionId: $id, products: $products) {{ {FIELDS} }} }}"""
REMOVE = f"""mutation($id: ID!, $products: [ID!]!) {{
  collectionRemoveProducts(collectionId: $id, products: $products) {{ {FIELDS} }} }}"""
REORDER = f"""mutation($id: ID!, $moves: [MoveProductInput!]!) {{
  collectionReorderProducts(collectionId: $id, moves: $moves) {{ {FIELDS} }} }}"""
PUBLISH = """mutation($id: ID!, $input: CollectionChannelListingUpdateInput!) {
  collectionChannelListingUpdate(id: $id, input: $input) { errors { field code channels }
    collectionChannelListingErrors { field }
    collection { channelListings { isPublished publishedAt channel { slug } } } } }"""


def of(kind: str, row: Any) -> str:
    return to_global_id(kind, row.id)


async def members(session: AsyncSession, collection_id: int) -> list[int]:
    found = await session.scalars(
        select(CollectionProduct.product_id)
        .where(CollectionProduct.collection_id == collection_id)
        .order_by(CollectionProduct.position, CollectionProduct.product_id)
    )
    return list(found)


async def filled(session: AsyncSession, number: int) -> tuple[Collection, list[Product]]:
    """A collection of so many products, in the order in which they were made."""
    collection = await make_collection(session)
    products = [await make_product(session) for _ in range(number)]
    session.add_all(
        CollectionProduct(collection_id=collection.id, product_id=product.id, position=place)
        for place, product in enumerate(products)
    )
    await session.flush()
    return collection, products


async def test_a_collection_is_made_of_products_in_their_order(
    read: Ask, session: AsyncSession, heard: Heard
) -> None:
    first, second = await make_product(session), await make_product(session)
    said = {"name": "Pour l'hiver", "isPublished": True, "publicationDate": "2026-01-01"}
    said |= {"products": [of("Product", second), of("Product", first)]}
    made = (await read(CREATE, STAFF, input=said))["collectionCreate"]
    assert (made["errors"], made["collection"]["slug"]) == ([], "pour-l-hiver")
    assert made["collection"]["channelListings"] == []
    collection_id = await session.scalar(select(Collection.id))
    assert collection_id is not None
    assert await members(session, collection_id) == [second.id, first.id]
    assert set(heard) == {
        ("COLLECTION_CREATED", collection_id),
        ("PRODUCT_UPDATED", first.id),
        ("PRODUCT_UPDATED", second.id),
    }


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({}, "name", "REQUIRED"),
        ({"name": "Hiver", "slug": "taken"}, "slug", "UNIQUE"),
        ({"name": "Hiver", "products": [to_global_id("Product", 10**9)]}, "products", "NOT_FOUND"),
        ({"name": "Hiver", "description": "[]", "slug": "-" * 256}, "slug", "INVALID"),
    ],
)
async def test_what_no_collection_can_be_is_refused(
    read: Ask, session: AsyncSession, said: dict[str, Any], field: str, code: str
) -> None:
    await make_collection(session, slug="taken")
    made = (await read(CREATE, STAFF, input=said))["collectionCreate"]
    assert [(error["field"], error["code"]) for error in made["errors"]] == [(field, code)]
    assert await session.scalar(select(func.count()).select_from(Collection)) == 1


async def test_a_collection_is_renamed(read: Ask, session: AsyncSession, heard: Heard) -> None:
    collection = await make_collection(session, slug="hiver")
    changed = await read(UPDATE, STAFF, id=of("Collection", collection), input={"name": "Été"})
    told = changed["collectionUpdate"]["collection"]
    assert (told["name"], told["slug"]) == ("Été", "hiver")
    assert heard == [("COLLECTION_UPDATED", collection.id)]


async def test_what_a_promotion_took_off_goes_with_its_collection(
    read: Ask, session: AsyncSession, heard: Heard
) -> None:
    channel = await make_channel(session)
    product, variant = await make_listed_product(session, channel, 100_00)
    collection = await make_collection(session)
    await make_rule(session, [channel], chosen(collection), percent=10)
    price = select(VariantChannelListing.price_minor).where(VariantChannelListing.variant_id == variant.id)
    add = {"id": of("Collection", collection), "products": [of("Product", product)]}
    assert (await read(ADD, STAFF, **add))["collectionAddProducts"]["errors"] == []
    assert await session.scalar(price) == 90_00
    await read(REMOVE, STAFF, **add)
    assert await session.scalar(price) == 100_00
    await read(ADD, STAFF, **add)
    heard.clear()
    assert (await read(DELETE, STAFF, id=add["id"]))["collectionDelete"]["errors"] == []
    assert await session.scalar(price) == 100_00
    assert heard == [("COLLECTION_DELETED", collection.id), ("PRODUCT_UPDATED", product.id)]


async def test_collections_are_taken_away_at_once(read: Ask, session: AsyncSession) -> None:
    ids = [of("Collection", await make_collection(session)) for _ in range(2)]
    answer = await read(BULK_DELETE, STAFF, ids=[*ids, to_global_id("Collection", 10**9)])
    assert answer["collectionBulkDelete"]["count"] == 0
    assert (await read(BULK_DELETE, STAFF, ids=ids))["collectionBulkDelete"] == {"count": 2, "errors": []}


async def test_products_come_to_the_end_once(read: Ask, session: AsyncSession) -> None:
    collection, (first, second) = await filled(session, 2)
    third = await make_product(session)
    ids = [of("Product", product) for product in (third, first, third)]
    await read(ADD, STAFF, id=of("Collection", collection), products=ids)
    assert await members(session, collection.id) == [first.id, second.id, third.id]


async def test_products_without_variants_stay_outside(read: Ask, session: AsyncSession) -> None:
    collection, _ = await filled(session, 1)
    empty = await make_product(session)
    await session.execute(ProductVariant.__table__.delete().filter_by(product_id=empty.id))
    given = {"id": of("Collection", collection), "products": [of("Product", empty)]}
    (error,) = (await read(ADD, STAFF, **given))["collectionAddProducts"]["errors"]
    assert error == {
        "field": "products",
        "code": "CANNOT_MANAGE_PRODUCT_WITHOUT_VARIANT",
        "products": [of("Product", empty)],
    }


@pytest.mark.parametrize(
    ("moves", "order"),
    [
        ([(0, 2)], [1, 2, 0, 3]),
        ([(3, -1)], [0, 1, 3, 2]),
        ([(1, 100)], [0, 2, 3, 1]),
        ([(1, -100), (2, None)], [1, 0, 2, 3]),
        ([(0, 1), (0, 1)], [1, 2, 0, 3]),
    ],
)
async def test_products_move_by_so_many_places(
    read: Ask, session: AsyncSession, moves: list[tuple[int, int | None]], order: list[int]
) -> None:
    collection, products = await filled(session, 4)
    given = [{"productId": of("Product", products[which]), "sortOrder": by} for which, by in moves]
    moved = await read(REORDER, STAFF, id=of("Collection", collection), moves=given)
    assert moved["collectionReorderProducts"]["errors"] == []
    assert await members(session, collection.id) == [products[which].id for which in order]


async def test_what_is_not_in_a_collection_does_not_move(read: Ask, session: AsyncSession) -> None:
    collection, _ = await filled(session, 1)
    other = await make_product(session)
    for product_id in (of("Product", other), of("Collection", collection)):
        moved = await read(
            REORDER, STAFF, id=of("Collection", collection), moves=[{"productId": product_id, "sortOrder": 1}]
        )
        assert moved["collectionReorderProducts"]["errors"][0]["field"] == "moves"


async def test_a_collection_is_published_by_channel(read: Ask, session: AsyncSession, heard: Heard) -> None:
    at_once, later, never = [await make_channel(session) for _ in range(3)]
    collection = await make_collection(session, never)
    adding = [
        {"channelId": of("Channel", at_once), "isPublished": True},
        {"channelId": of("Channel", later), "isPublished": True, "publishedAt": "2999-01-01T00:00:00Z"},
    ]
    given = {"addChannels": adding, "removeChannels": [of("Channel", never)]}
    done = (await read(PUBLISH, STAFF, id=of("Collection", collection), input=given))[
        "collectionChannelListingUpdate"
    ]
    assert (done["errors"], done["collectionChannelListingErrors"]) == ([], [])
    rows = await session.execute(
        select(CollectionChannelListing.channel_id, CollectionChannelListing.published_at).where(
            CollectionChannelListing.is_published
        )
    )
    since = {row.channel_id: row.published_at for row in rows}
    assert since.keys() == {at_once.id, later.id}
    assert since[later.id] == datetime(2999, 1, 1, tzinfo=UTC)
    assert since[at_once.id] is not None
    assert since[at_once.id] <= datetime.now(UTC)
    assert heard == [("COLLECTION_UPDATED", collection.id)]


async def test_what_is_not_said_of_a_channel_stays_as_it_is(read: Ask, session: AsyncSession) -> None:
    channel = await make_channel(session)
    collection = await make_collection(session, channel)
    for said in ({}, {"publicationDate": "2026-02-03"}, {"isPublished": False}):
        adding = [{"channelId": of("Channel", channel), **said}]
        await read(PUBLISH, STAFF, id=of("Collection", collection), input={"addChannels": adding})
    row = await session.scalar(select(CollectionChannelListing))
    assert row is not None
    await session.refresh(row)
    assert (row.is_published, row.published_at) == (False, datetime(2026, 2, 3, tzinfo=UTC))


async def test_channels_are_named_once(read: Ask, session: AsyncSession) -> None:
    channel = await make_channel(session)
    collection = await make_collection(session)
    key, twice = (
        of("Channel", channel),
        {"publishedAt": "2026-01-01T00:00:00Z", "publicationDate": "2026-01-01"},
    )
    one = {"channelId": key}
    for given, field, code in (
        ({"addChannels": [one], "removeChannels": [key]}, "input", "DUPLICATED_INPUT_ITEM"),
        ({"addChannels": [one, one]}, "addChannels", "DUPLICATED_INPUT_ITEM"),
        ({"removeChannels": [key, key]}, "removeChannels", "DUPLICATED_INPUT_ITEM"),
        ({"addChannels": [one | twice]}, "publicationDate", "INVALID"),
        ({"addChannels": [{"channelId": to_global_id("Channel", 10**9)}]}, "channelId", "NOT_FOUND"),
        ({"removeChannels": [of("Collection", collection)]}, "removeChannels", "INVALID"),
    ):
        done = await read(PUBLISH, STAFF, id=of("Collection", collection), input=given)
        (error,) = done["collectionChannelListingUpdate"]["errors"]
        assert (error["field"], error["code"]) == (field, code)
        assert code == "NOT_FOUND" or field == "removeChannels" or error["channels"] == [key]
    assert await session.scalar(select(func.count()).select_from(CollectionChannelListing)) == 0


@pytest.mark.parametrize("who", ["nobody", "buyer", "seller", "other staff"])
async def test_collections_are_the_staffs_own(ask: Ask, session: AsyncSession, who: str) -> None:
    """A seller puts nothing into them, not even what is its own."""
    user, vendor = await make_user(session), await make_vendor(session)
    collection = await make_collection(session)
    product = await make_product(session, vendor_id=vendor.id)
    requester = {
        "nobody": None,
        "buyer": buyer(user),
        "seller": seller(vendor.id, user),
        "other staff": staff("MANAGE_ORDERS"),
    }[who]
    key, products = of("Collection", collection), [of("Product", product)]
    for document, given in (
        (CREATE, {"input": {"name": "Hiver"}}),
        (UPDATE, {"id": key, "input": {"name": "Hiver"}}),
        (DELETE, {"id": key}),
        (BULK_DELETE, {"ids": [key]}),
        (ADD, {"id": key, "products": products}),
        (REMOVE, {"id": key, "products": products}),
        (REORDER, {"id": key, "moves": []}),
        (PUBLISH, {"id": key, "input": {}}),
    ):
        answer = await ask(document, requester, **given)
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    assert await members(session, collection.id) == []
