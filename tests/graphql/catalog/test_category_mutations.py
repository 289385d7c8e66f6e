"""Staff put shelves up, rename them and take them away."""

import json
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog import categories, following
from marketplace.catalog.listings import ProductChannelListing
from marketplace.catalog.models import Category, Product
from marketplace.catalog.search import reindex
from marketplace.catalog.words import index_text
from marketplace.kit.ids import to_global_id
from marketplace.kit.jobs import is_pending
from marketplace_graphql.kernel import Api, UploadedFile
from tests.factories.catalog import make_category, make_listed_product
from tests.factories.markets import make_channel
from tests.factories.people import make_user
from tests.factories.vendors import make_vendor
from tests.graphql.catalog.conftest import Heard
from tests.graphql.conftest import Ask, buyer, seller, staff

STAFF = staff("MANAGE_PRODUCTS")
CREATE = """mutation($input: CategoryInput!, $parent: ID) { categoryCreate(input: $input, parent: $parent) {
  errors { field code } productErrors { field }
  category { id name slug level description seoTitle seoDescription metadata { key value }
    privateMetadata { key value } backgroundImage { url alt } parent { name }
    ancestors(first: 5) { edges { node { name } } } } } }"""
UPDATE = """mutation($id: ID!, $input: CategoryInput!) { categoryUpdate(id: $id, input: $input) {
  errors { field code } category { name slug description seoTitle metadata { key value }
    backgroundImage { alt } } } }"""
DELETE = "mutation($id: ID!) { categoryDelete(id: $id) { errors { field code } category { name } } }"
BULK_DELETE = "mutation($ids: [ID!]!) { categoryBulkDelete(ids: $ids) { count errors { field code } } }"
TEXT = json.dumps({"time": 1, "blocks": [{"type": "paragraph", "data": {"text": "Laine <b>nouée</b>"}}]})
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415478da63f8cfc000000301"
    "0100c9fe92ef0000000049454e44ae426082"
)


def category_id(category: Category) -> str:
    return to_global_id("Category", category.id)


async def test_a_category_is_put_up_below_another(read: Ask, session: AsyncSession, heard: Heard) -> None:
    above = await make_category(session, name="Maison")
    said = {
        "name": "  Tapis noués ",
        "description": TEXT,
        "seo": {"title": "Tapis", "description": "Noués à la main"},
        "metadata": [{"key": "erp", "value": "7"}],
        "privateMetadata": [{"key": "margin", "value": "low"}],
    }
    made = (await read(CREATE, STAFF, input=said, parent=category_id(above)))["categoryCreate"]
    assert (made["errors"], made["productErrors"]) == ([], [])
    category = made["category"]
    made_id = await session.scalar(select(Category.id).where(Category.slug == "tapis-noues"))
    assert category.pop("id") == to_global_id("Category", made_id)
    assert json.loads(category.pop("description"))["blocks"][0]["data"]["text"] == "Laine <b>nouée</b>"
    assert category == {
        "name": "Tapis noués",
        "slug": "tapis-noues",
        "level": 1,
        "seoTitle": "Tapis",
        "seoDescription": "Noués à la main",
        "metadata": [{"key": "erp", "value": "7"}],
        "privateMetadata": [{"key": "margin", "value": "low"}],
        "backgroundImage": None,
        "parent": {"name": "Maison"},
        "ancestors": {"edges": [{"node": {"name": "Maison"}}]},
    }
    assert heard == [("CATEGORY_CREATED", made_id)]


async def test_slugs_of_one_name_are_numbered(read: Ask) -> None:
    slugs = [
        (await read(CREATE, STAFF, input={"name": "Zellige"}))["categoryCreate"]["category"]["slug"]
        for _ in range(3)
    ]
    assert slugs == ["zellige", "zellige-2", "zellige-3"]


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({}, "name", "REQUIRED"),
        ({"name": "  "}, "name", "REQUIRED"),
        ({"name": "x" * 251}, "name", "INVALID"),
        ({"name": "Cuir", "slug": "taken"}, "slug", "UNIQUE"),
        ({"name": "Cuir", "slug": "not a slug"}, "slug", "INVALID"),
        ({"name": "Cuir", "slug": "x" * 256}, "slug", "INVALID"),
        ({"name": "Cuir", "description": '{"blocks": 1}'}, "description", "INVALID"),
        ({"name": "Cuir", "description": '"plain"'}, "description", "INVALID"),
        ({"name": "Cuir", "seo": {"title": "x" * 71}}, "seoTitle", "INVALID"),
        ({"name": "Cuir", "seo": {"description": "x" * 301}}, "seoDescription", "INVALID"),
        ({"name": "Cuir", "metadata": [{"key": "", "value": "x"}]}, "metadata", "REQUIRED"),
        ({"name": "Cuir", "privateMetadata": [{"key": " ", "value": "x"}]}, "privateMetadata", "REQUIRED"),
    ],
)
async def test_what_no_category_can_say_is_refused(
    read: Ask, session: AsyncSession, said: dict[str, Any], field: str, code: str
) -> None:
    await make_category(session, slug="taken")
    before = await session.scalar(select(func.count()).select_from(Category))
    made = (await read(CREATE, STAFF, input=said))["categoryCreate"]
    assert made["errors"] == [{"field": field, "code": code}]
    assert await session.scalar(select(func.count()).select_from(Category)) == before


async def test_a_category_can_only_be_below_one_that_there_is(read: Ask) -> None:
    made = await read(CREATE, STAFF, input={"name": "Cuir"}, parent=to_global_id("Category", 10**9))
    assert made["categoryCreate"]["errors"] == [{"field": "parent", "code": "NOT_FOUND"}]


async def test_a_category_gets_a_picture_and_loses_it(read: Ask, api: Api, session: AsyncSession) -> None:
    picture = UploadedFile("a.png", "image/png", PNG)
    said = {"name": "Poterie", "backgroundImage": picture, "backgroundImageAlt": "Un four"}
    made = (await read(CREATE, STAFF, input=said))["categoryCreate"]["category"]
    assert made["backgroundImage"]["alt"] == "Un four"
    kept = await session.scalar(select(Category.picture_path).where(Category.slug == "poterie"))
    assert kept is not None
    assert await api.context["storage"].exists(kept)
    changed = await read(UPDATE, STAFF, id=made["id"], input={"backgroundImage": None})
    assert changed["categoryUpdate"]["category"]["backgroundImage"] is None


@pytest.mark.parametrize("content", [b"#!/bin/sh", PNG[:40]])
async def test_what_is_no_picture_is_refused(read: Ask, content: bytes) -> None:
    said = {"name": "Poterie", "backgroundImage": UploadedFile("a.png", "image/png", content)}
    made = (await read(CREATE, STAFF, input=said))["categoryCreate"]
    assert made["errors"] == [{"field": "backgroundImage", "code": "INVALID"}]


async def test_a_category_is_changed_where_something_is_said(
    read: Ask, session: AsyncSession, heard: Heard
) -> None:
    category = await make_category(
        session, name="Tapis", slug="tapis", seo_title="Tapis", public_metadata={"a": "1"}
    )
    said = {"name": "Kilims", "metadata": [{"key": "b", "value": "2"}]}
    changed = (await read(UPDATE, STAFF, id=category_id(category), input=said))["categoryUpdate"]
    assert changed["errors"] == []
    assert changed["category"]["metadata"] == [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]
    told = changed["category"]
    assert (told["name"], told["slug"], told["seoTitle"]) == ("Kilims", "tapis", "Tapis")
    assert heard == [("CATEGORY_UPDATED", category.id)]


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({"name": None}, "name", "REQUIRED"),
        ({"slug": ""}, "slug", "REQUIRED"),
        ({"slug": "taken"}, "slug", "UNIQUE"),
    ],
)
async def test_a_category_keeps_a_name_and_a_slug_of_its_own(
    read: Ask, session: AsyncSession, said: dict[str, Any], field: str, code: str
) -> None:
    await make_category(session, slug="taken")
    category = await make_category(session, name="Tapis", slug="tapis")
    changed = (await read(UPDATE, STAFF, id=category_id(category), input=said))["categoryUpdate"]
    assert changed == {"errors": [{"field": field, "code": code}], "category": None}


async def test_a_category_may_be_given_its_own_slug_again(read: Ask, session: AsyncSession) -> None:
    category = await make_category(session, slug="tapis")
    changed = await read(UPDATE, STAFF, id=category_id(category), input={"slug": "tapis"})
    assert changed["categoryUpdate"]["errors"] == []


async def test_products_are_found_by_the_shelfs_new_name_soon(read: Ask, session: AsyncSession) -> None:
    channel = await make_channel(session)
    above = await make_category(session, name="Maison")
    below = await make_category(session, above, name="Tapis")
    product, _ = await make_listed_product(session, channel, category_id=below.id)
    await read(UPDATE, STAFF, id=category_id(above), input={"name": "Demeure"})
    assert await is_pending(session, "catalog.reindex_shelf", category_id=above.id)
    await following.reindex_shelf(session, above.id, 0)
    words = await session.scalar(select(Product.search_text).where(Product.id == product.id))
    assert words is not None
    assert index_text("Demeure") in words


async def test_products_outlive_their_shelf_but_are_for_sale_no_more(
    read: Ask, session: AsyncSession, heard: Heard
) -> None:
    channel = await make_channel(session)
    above = await make_category(session, name="Maison")
    below = await make_category(session, above, name="Tapis")
    product, _ = await make_listed_product(session, channel, category_id=below.id)
    elsewhere, _ = await make_listed_product(session, channel, category_id=(await make_category(session)).id)
    await reindex(session, [product.id])
    deleted = (await read(DELETE, STAFF, id=category_id(above)))["categoryDelete"]
    assert deleted == {"errors": [], "category": {"name": "Maison"}}
    assert await session.scalar(select(func.count()).where(Category.id.in_([above.id, below.id]))) == 0
    rows = await session.execute(
        select(
            Product.id,
            Product.category_id,
            Product.listed_in,
            ProductChannelListing.is_published,
            ProductChannelListing.is_live,
            ProductChannelListing.category_id,
        )
        .join(ProductChannelListing, ProductChannelListing.product_id == Product.id)
        .order_by(Product.id)
    )
    assert rows.all() == [
        (product.id, None, [], False, False, None),
        (elsewhere.id, elsewhere.category_id, [channel.id], True, True, elsewhere.category_id),
    ]
    words = await session.scalar(select(Product.search_text).where(Product.id == product.id))
    assert "maison" not in (words or "")
    assert heard == [("CATEGORY_DELETED", above.id), ("PRODUCT_UPDATED", product.id)]


async def test_what_follows_for_many_products_is_left_to_jobs(
    read: Ask, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "AT_ONCE", 1)
    channel = await make_channel(session)
    category = await make_category(session)
    products = [
        (await make_listed_product(session, channel, category_id=category.id))[0].id for _ in range(2)
    ]
    await read(DELETE, STAFF, id=category_id(category))
    assert await is_pending(session, "catalog.follow", product_ids=products)


async def test_a_shelf_of_many_products_is_out_of_sight_at_once_and_cleared_by_jobs(
    read: Ask, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(categories, "AT_ONCE", 1)
    monkeypatch.setattr(categories, "BATCH", 2)
    channel = await make_channel(session)
    above = await make_category(session, name="Maison")
    below = await make_category(session, above, slug="tapis")
    products = [
        (await make_listed_product(session, channel, category_id=below.id, name="Tapis"))[0] for _ in range(3)
    ]
    keys = [product.id for product in products]
    await reindex(session, keys)
    deleted = (await read(DELETE, STAFF, id=category_id(above)))["categoryDelete"]
    assert deleted == {"errors": [], "category": {"name": "Maison"}}
    seen = """query($id: ID!, $channel: String) {
      category(slug: "tapis") { id } product(id: $id, channel: $channel) { id }
      products(first: 5, channel: $channel) { totalCount }
      found: products(first: 5, channel: $channel, search: "tapis") { totalCount } }"""
    product_id = to_global_id("Product", keys[0])
    assert await read(seen, None, id=product_id, channel=channel.slug) == {
        "category": None,
        "product": None,
        "products": {"totalCount": 0},
        "found": {"totalCount": 0},
    }
    of_staff = "query($id: ID!) { product(id: $id) { category { id } } }"
    assert await read(of_staff, STAFF, id=product_id) == {"product": {"category": None}}
    made = await read(CREATE, STAFF, input={"name": "Tapis", "slug": "tapis"})
    assert made["categoryCreate"]["errors"] == []
    shelves = sorted([above.id, below.id])
    assert await is_pending(session, "catalog.delete_categories", category_ids=shelves)
    for left in (1, 0):
        await categories.categories_left(session, shelves)
        on_it = select(func.count(Product.id)).where(Product.category_id == below.id)
        assert await session.scalar(on_it) == left
    assert await session.scalar(select(func.count()).where(Category.id.in_(shelves))) == 0
    await categories.categories_left(session, shelves)  # Told twice, done once.
    standing = await session.execute(
        select(Product.category_id, Product.listed_in).where(Product.id.in_(keys)).distinct()
    )
    assert standing.all() == [(None, [])]


async def test_categories_are_taken_away_at_once_or_not_at_all(read: Ask, session: AsyncSession) -> None:
    first, second = await make_category(session), await make_category(session)
    ids = [category_id(first), category_id(second)]
    missing = to_global_id("Category", 10**9)
    answer = await read(BULK_DELETE, STAFF, ids=[*ids, missing])
    assert answer["categoryBulkDelete"] == {"count": 0, "errors": [{"field": "ids", "code": "NOT_FOUND"}]}
    answer = await read(BULK_DELETE, STAFF, ids=ids)
    assert answer["categoryBulkDelete"] == {"count": 2, "errors": []}


@pytest.mark.parametrize("who", ["nobody", "buyer", "seller", "other staff"])
async def test_only_staff_who_look_after_products_touch_the_tree(
    ask: Ask, session: AsyncSession, who: str
) -> None:
    user, vendor = await make_user(session), await make_vendor(session)
    category = await make_category(session)
    requester = {
        "nobody": None,
        "buyer": buyer(user),
        "seller": seller(vendor.id, user),
        "other staff": staff("MANAGE_ORDERS"),
    }[who]
    for document, given in (
        (CREATE, {"input": {"name": "Cuir"}}),
        (UPDATE, {"id": category_id(category), "input": {"name": "Cuir"}}),
        (DELETE, {"id": category_id(category)}),
        (BULK_DELETE, {"ids": [category_id(category)]}),
    ):
        answer = await ask(document, requester, **given)
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    assert await session.scalar(text("SELECT count(*) FROM category")) == 1
