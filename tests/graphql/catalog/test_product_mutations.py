"""Staff and sellers make products, change them and take them away."""

import json
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.attributes import AttributeInputType
from marketplace.catalog.listings import ProductChannelListing
from marketplace.catalog.models import CollectionProduct, Product, ProductVariant
from marketplace.catalog.words import index_text
from marketplace.checkout.lines import add_up_anew
from marketplace.checkout.models import Checkout, CheckoutLine
from marketplace.inventory.models import Allocation, Stock
from marketplace.kit.ids import to_global_id
from marketplace.kit.jobs import is_pending
from marketplace.orders.models import OrderLine, OrderStatus
from marketplace.vendors.models import MemberRole, Vendor
from marketplace_graphql.kernel import Api, Requester
from tests.factories.attributes import answer, make_attribute, make_value
from tests.factories.catalog import (
    make_category,
    make_collection,
    make_listed_product,
    make_product,
    make_product_type,
    make_variant,
)
from tests.factories.checkout import make_market, make_piece, make_ready_cart
from tests.factories.markets import make_channel, make_tax_class
from tests.factories.orders import make_order
from tests.factories.people import make_user
from tests.factories.vendors import make_vendor
from tests.graphql.catalog.conftest import Heard
from tests.graphql.conftest import Ask, buyer, seller, staff

STAFF = staff("MANAGE_PRODUCTS")
CREATE = """mutation($input: ProductCreateInput!) { productCreate(input: $input) {
  errors { field code attributes } productErrors { field }
  product { id name slug description weight { unit value } rating externalReference seoTitle
    category { name } productType { name } vendor { name } taxClass { name } collections { name }
    metadata { key value } variants { id } channelListings { id }
    attributes { attribute { slug } values { name } } } } }"""
UPDATE = """mutation($id: ID, $reference: String, $input: ProductInput!) {
  productUpdate(id: $id, externalReference: $reference, input: $input) {
  errors { field code attributes } product { name slug category { name } collections { name } rating
    metadata { key } attributes { values { name } } } } }"""
DELETE = """mutation($id: ID, $reference: String) { productDelete(id: $id, externalReference: $reference) {
  errors { field code } product { name variants { id } } } }"""
BULK_DELETE = "mutation($ids: [ID!]!) { productBulkDelete(ids: $ids) { count errors { field code } } }"
TEXT = json.dumps({"blocks": [{"type": "paragraph", "data": {"text": "Laine <script>x</script>nouée"}}]})
NOWHERE = 10**9


def of(kind: str, row: Any) -> str:
    return to_global_id(kind, row.id)


async def test_a_product_says_all_it_has_to(read: Ask, session: AsyncSession, api: Api, heard: Heard) -> None:
    vendor = await make_vendor(session)
    kind = await make_product_type(session, name="Tapis")
    wool = await make_attribute(session, kind, slug="laine")
    category, tax_class = await make_category(session), await make_tax_class(session)
    collection = await make_collection(session)
    said = {
        "productType": of("ProductType", kind),
        "vendor": of("Vendor", vendor),
        "name": " Tapis noué ",
        "description": TEXT,
        "category": of("Category", category),
        "taxClass": of("TaxClass", tax_class),
        "collections": [of("Collection", collection)],
        "weight": 2.5,
        "rating": 4.5,
        "seo": {"title": "Tapis"},
        "externalReference": "erp-7",
        "chargeTaxes": True,
        "metadata": [{"key": "a", "value": "b"}],
        "privateMetadata": [{"key": "c", "value": "d"}],
        "attributes": [{"id": of("Attribute", wool), "dropdown": {"value": "Vierge"}}],
    }
    made = (await read(CREATE, staff("MANAGE_PRODUCTS", "MANAGE_TAXES"), input=said))["productCreate"]
    assert (made["errors"], made["productErrors"]) == ([], [])
    product = made["product"]
    row = (await session.scalars(select(Product))).one()
    assert product.pop("id") == of("Product", row)
    assert json.loads(product.pop("description"))["blocks"][0]["data"]["text"] == "Laine nouée"
    assert product == {
        "name": "Tapis noué",
        "slug": "tapis-noue",
        "weight": {"unit": "KG", "value": 2.5},
        "rating": 4.5,
        "externalReference": "erp-7",
        "seoTitle": "Tapis",
        "category": {"name": category.name},
        "productType": {"name": "Tapis"},
        "vendor": {"name": vendor.name},
        "taxClass": {"name": tax_class.name},
        "collections": [{"name": collection.name}],
        "metadata": [{"key": "a", "value": "b"}],
        "variants": [],
        "channelListings": [],
        "attributes": [{"attribute": {"slug": "laine"}, "values": [{"name": "Vierge"}]}],
    }
    assert heard == [("PRODUCT_CREATED", row.id)]
    assert index_text("Tapis noué") == row.search_name
    assert index_text("Vierge") in row.search_text
    assert row.private_metadata == {"c": "d"}


async def test_a_product_of_nobody_named_is_the_houses(read: Ask, session: AsyncSession) -> None:
    """As Saleor's own dashboard makes it, which knows of no sellers."""
    await make_vendor(session)
    kind = await make_product_type(session)
    for name in ("Tapis", "Coussin", "Tapis"):
        said = {"productType": of("ProductType", kind), "name": name}
        made = (await read(CREATE, STAFF, input=said))["productCreate"]
        assert made["errors"] == []
        assert made["product"]["vendor"] == {"name": "Social Innovation Lab"}
    house = (await session.scalars(select(Vendor).where(Vendor.is_house))).one()
    assert (house.slug, house.status) == ("social-innovation-lab", "APPROVED")
    slugs = await session.scalars(select(Product.slug).order_by(Product.id))
    assert list(slugs) == ["tapis", "coussin", "tapis-social-innovation-lab"]


async def test_without_a_house_a_seller_must_be_named(read: Ask, session: AsyncSession, api: Api) -> None:
    kind = await make_product_type(session)
    settings = api.context["settings"]
    api.context["settings"] = settings.model_copy(update={"house_seller": ""})
    said = {"productType": of("ProductType", kind), "name": "Tapis"}
    made = (await read(CREATE, STAFF, input=said))["productCreate"]
    assert made["errors"] == [{"field": "vendor", "code": "REQUIRED", "attributes": None}]


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({"name": None}, "name", "REQUIRED"),
        ({"name": "x" * 251}, "name", "INVALID"),
        ({"slug": "taken"}, "slug", "UNIQUE"),
        ({"slug": "not a slug"}, "slug", "INVALID"),
        ({"externalReference": "taken"}, "externalReference", "UNIQUE"),
        ({"externalReference": "x" * 251}, "externalReference", "INVALID"),
        ({"weight": -1}, "weight", "INVALID"),
        ({"weight": 10**9}, "weight", "INVALID"),
        ({"description": "[1]"}, "description", "INVALID"),
        ({"seo": {"title": "x" * 71}}, "seoTitle", "INVALID"),
        ({"category": to_global_id("Category", NOWHERE)}, "category", "NOT_FOUND"),
        ({"productType": to_global_id("ProductType", NOWHERE)}, "productType", "NOT_FOUND"),
        ({"taxClass": to_global_id("TaxClass", NOWHERE)}, "taxClass", "NOT_FOUND"),
        ({"taxCode": "nothing"}, "taxCode", "NOT_FOUND"),
        ({"collections": [to_global_id("Collection", NOWHERE)]}, "collections", "NOT_FOUND"),
        ({"vendor": to_global_id("Vendor", NOWHERE)}, "vendor", "NOT_FOUND"),
        ({"metadata": [{"key": "", "value": ""}]}, "metadata", "REQUIRED"),
        ({"attributes": [{"id": to_global_id("Attribute", NOWHERE)}]}, "attributes", "NOT_FOUND"),
    ],
)
async def test_what_no_product_can_be_is_refused(
    read: Ask, session: AsyncSession, said: dict[str, Any], field: str, code: str
) -> None:
    await make_product(session, slug="taken", external_reference="taken")
    kind = await make_product_type(session)
    given = {"productType": of("ProductType", kind), "name": "Tapis"} | said
    made = (await read(CREATE, STAFF, input=given))["productCreate"]
    assert [(error["field"], error["code"]) for error in made["errors"]] == [(field, code)]
    assert await session.scalar(select(func.count()).select_from(Product)) == 1
    assert await session.scalar(select(func.count()).where(Vendor.is_house)) == 0 or field != "vendor"


async def test_all_mistakes_are_told_at_once(read: Ask, session: AsyncSession) -> None:
    kind = await make_product_type(session)
    said = {"productType": of("ProductType", kind), "name": "", "slug": "a b", "weight": -1}
    made = (await read(CREATE, STAFF, input=said))["productCreate"]
    assert {error["field"] for error in made["errors"]} == {"name", "slug", "weight"}


async def test_who_answers_at_all_answers_what_must_be_answered(read: Ask, session: AsyncSession) -> None:
    kind = await make_product_type(session)
    must = await make_attribute(session, kind, value_required=True)
    may = await make_attribute(session, kind, input_type=AttributeInputType.PLAIN_TEXT)
    given = {"productType": of("ProductType", kind), "name": "Tapis"}
    said = {"attributes": [{"id": of("Attribute", may), "plainText": "Doux"}]}
    (error,) = (await read(CREATE, STAFF, input=given | said))["productCreate"]["errors"]
    assert error == {"field": "attributes", "code": "REQUIRED", "attributes": [of("Attribute", must)]}
    assert (await read(CREATE, STAFF, input=given))["productCreate"]["errors"] == []


async def test_a_tax_class_is_chosen_by_its_code(read: Ask, session: AsyncSession) -> None:
    tax_class = await make_tax_class(session)
    tax_class.public_metadata = {"avatax.code": "PC"}
    kind = await make_product_type(session)
    said = {"productType": of("ProductType", kind), "name": "Tapis", "taxCode": "PC"}
    assert (await read(CREATE, STAFF, input=said))["productCreate"]["errors"] == []
    assert await session.scalar(select(Product.tax_class_id)) == tax_class.id


async def test_a_product_changes_where_something_is_said(
    read: Ask, session: AsyncSession, heard: Heard
) -> None:
    channel = await make_channel(session)
    kind = await make_product_type(session)
    colour = await make_attribute(session, kind)
    red = await make_value(session, colour, name="Rouge")
    product, _ = await make_listed_product(
        session, channel, product_type_id=kind.id, slug="tapis", external_reference="erp-1", rating=3.0
    )
    await answer(session, product, red)
    category = await make_category(session, name="Salon")
    said = {
        "name": "Kilim",
        "category": of("Category", category),
        "metadata": [{"key": "a", "value": "b"}],
        "attributes": [{"id": of("Attribute", colour), "dropdown": {"value": "Bleu"}}],
    }
    changed = (await read(UPDATE, STAFF, reference="erp-1", input=said))["productUpdate"]
    assert changed["errors"] == []
    assert changed["product"] == {
        "name": "Kilim",
        "slug": "tapis",
        "category": {"name": "Salon"},
        "collections": [],
        "rating": 3.0,
        "metadata": [{"key": "a"}],
        "attributes": [{"values": [{"name": "Bleu"}]}],
    }
    assert set(heard) == {("PRODUCT_UPDATED", product.id), ("PRODUCT_METADATA_UPDATED", product.id)}
    await session.refresh(product)
    assert product.search_name == index_text("Kilim")
    assert index_text("Salon") in product.search_text
    listing = (await session.scalars(select(ProductChannelListing))).one()
    await session.refresh(listing)
    assert (listing.category_id, listing.is_live) == (category.id, True)


async def test_collections_and_shelf_can_be_left(read: Ask, session: AsyncSession) -> None:
    product = await make_product(session, category_id=(await make_category(session)).id)
    kept, left = await make_collection(session), await make_collection(session)
    session.add(CollectionProduct(collection_id=left.id, product_id=product.id))
    await session.flush()
    said = {"category": None, "collections": [of("Collection", kept)], "rating": None}
    changed = (await read(UPDATE, STAFF, id=of("Product", product), input=said))["productUpdate"]
    assert changed["product"]["category"] is None
    assert changed["product"]["collections"] == [{"name": kept.name}]


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({"name": ""}, "name", "REQUIRED"),
        ({"slug": None}, "slug", "REQUIRED"),
        ({"slug": "taken"}, "slug", "UNIQUE"),
        ({"externalReference": "taken"}, "externalReference", "UNIQUE"),
        ({"weight": -0.1}, "weight", "INVALID"),
    ],
)
async def test_a_wrong_change_changes_nothing(
    read: Ask, session: AsyncSession, said: dict[str, Any], field: str, code: str
) -> None:
    await make_product(session, slug="taken", external_reference="taken")
    product = await make_product(session, name="Tapis")
    given = {"metadata": [{"key": "a", "value": "b"}]} | said
    changed = (await read(UPDATE, STAFF, id=of("Product", product), input=given))["productUpdate"]
    assert [(error["field"], error["code"]) for error in changed["errors"]] == [(field, code)]
    await session.refresh(product)
    assert (product.name, product.public_metadata) == ("Tapis", {})


async def test_exactly_one_name_finds_a_product(read: Ask, session: AsyncSession) -> None:
    product = await make_product(session, external_reference="erp-1")
    for given in ({}, {"id": of("Product", product), "reference": "erp-1"}):
        (error,) = (await read(UPDATE, STAFF, **given, input={}))["productUpdate"]["errors"]
        assert error["code"] == "GRAPHQL_ERROR"
    (error,) = (await read(UPDATE, STAFF, reference="erp-2", input={}))["productUpdate"]["errors"]
    assert (error["field"], error["code"]) == ("externalReference", "NOT_FOUND")


async def test_carts_lose_a_deleted_product_and_orders_keep_what_they_say(
    read: Ask, session: AsyncSession, heard: Heard
) -> None:
    market = await make_market(session)
    going = await make_piece(session, market.channel, 100_00)
    staying = await make_piece(session, market.channel, 70_00)
    order = await make_order(session, market, going)
    cart = await make_ready_cart(session, market, going, staying)
    product = await session.get_one(Product, going.product_id)
    heard.clear()
    deleted = (await read(DELETE, STAFF, id=of("Product", product)))["productDelete"]
    assert deleted == {
        "errors": [],
        "product": {"name": product.name, "variants": [{"id": of("ProductVariant", going)}]},
    }
    assert heard == [("PRODUCT_DELETED", product.id)]
    line = (await session.scalars(select(OrderLine).where(OrderLine.order_id == order.id))).one()
    await session.refresh(line)
    assert (line.variant_id, line.product_name) == (None, product.name)
    for gone, own in ((Stock, Stock.variant_id == going.id), (ProductVariant, ProductVariant.id == going.id)):
        assert await session.scalar(select(func.count()).select_from(gone).where(own)) == 0
    assert await session.scalar(select(func.count()).select_from(Allocation)) == 0
    in_cart = await session.scalars(select(CheckoutLine.variant_id))
    assert list(in_cart) == [staying.id]
    assert await is_pending(session, "checkout.add_up", checkout_ids=[str(cart.id)])
    await add_up_anew(session, cart.id)
    subtotal = select(Checkout.subtotal_gross_minor).where(Checkout.id == cart.id)
    assert await session.scalar(subtotal) == 70_00


async def test_products_are_taken_away_at_once(read: Ask, session: AsyncSession) -> None:
    ids = [of("Product", await make_product(session)) for _ in range(2)]
    answer_ = await read(BULK_DELETE, STAFF, ids=[*ids, to_global_id("Product", NOWHERE)])
    assert answer_["productBulkDelete"] == {"count": 0, "errors": [{"field": "ids", "code": "NOT_FOUND"}]}
    assert (await read(BULK_DELETE, STAFF, ids=ids))["productBulkDelete"] == {"count": 2, "errors": []}


# Sellers.

SELLERS_CREATE = """mutation($input: ProductCreateInput!) { productCreate(input: $input) {
  errors { field code } product { vendor { name } channelListings { id } } } }"""


async def lister(session: AsyncSession, role: MemberRole = MemberRole.LISTER) -> tuple[Vendor, Requester]:
    vendor = await make_vendor(session)
    return vendor, seller(vendor.id, await make_user(session), role)


async def test_a_sellers_product_is_the_sellers(read: Ask, session: AsyncSession) -> None:
    vendor, requester = await lister(session)
    kind = await make_product_type(session)
    said = {"productType": of("ProductType", kind), "name": "Tapis"}
    for given in (said, said | {"vendor": of("Vendor", vendor)}):
        made = (await read(SELLERS_CREATE, requester, input=given))["productCreate"]
        assert made["errors"] == []
        assert made["product"]["vendor"] == {"name": vendor.name}
    product = await session.scalar(select(Product.id).limit(1))
    changed = await read(UPDATE, requester, id=to_global_id("Product", product or 0), input={"name": "Kilim"})
    assert changed["productUpdate"]["product"]["name"] == "Kilim"
    deleted = await read(DELETE, requester, id=to_global_id("Product", product or 0))
    assert deleted["productDelete"]["errors"] == []


async def test_a_seller_makes_nothing_for_another(read: Ask, session: AsyncSession) -> None:
    _, requester = await lister(session)
    other = await make_vendor(session)
    kind = await make_product_type(session)
    said = {"productType": of("ProductType", kind), "name": "Tapis", "vendor": of("Vendor", other)}
    (error,) = (await read(CREATE, requester, input=said))["productCreate"]["errors"]
    assert (error["field"], error["code"]) == ("vendor", "NOT_FOUND")


async def test_a_strangers_product_is_not_there_for_a_seller(read: Ask, session: AsyncSession) -> None:
    """Though every buyer sees it."""
    _, requester = await lister(session)
    channel = await make_channel(session)
    product, _ = await make_listed_product(session, channel, external_reference="theirs")
    key = of("Product", product)
    for document, name, given in (
        (UPDATE, "productUpdate", {"id": key, "input": {"name": "x"}}),
        (UPDATE, "productUpdate", {"reference": "theirs", "input": {"name": "x"}}),
        (DELETE, "productDelete", {"id": key}),
        (BULK_DELETE, "productBulkDelete", {"ids": [key]}),
    ):
        (error,) = (await read(document, requester, **given))[name]["errors"]
        assert error["code"] == "NOT_FOUND"
    await session.refresh(product)
    assert product.name != "x"


@pytest.mark.parametrize("name", ["collections", "rating", "taxClass", "taxCode", "privateMetadata"])
async def test_what_staff_say_of_products_sellers_do_not(read: Ask, session: AsyncSession, name: str) -> None:
    vendor, requester = await lister(session)
    product = await make_product(session, vendor_id=vendor.id)
    given: dict[str, Any] = {
        "collections": [of("Collection", await make_collection(session))],
        "rating": 5.0,
        "taxClass": of("TaxClass", await make_tax_class(session)),
        "taxCode": "PC",
        "privateMetadata": [{"key": "a", "value": "b"}],
    }
    said = {name: given[name]}
    (error,) = (await read(UPDATE, requester, id=of("Product", product), input=said))["productUpdate"][
        "errors"
    ]
    assert (error["field"], error["code"]) == (name, "INVALID")


async def test_a_seller_adds_nothing_to_the_shops_lists(read: Ask, session: AsyncSession) -> None:
    vendor, requester = await lister(session)
    kind = await make_product_type(session)
    colour = await make_attribute(session, kind)
    await make_value(session, colour, name="Rouge")
    product = await make_product(session, vendor_id=vendor.id, product_type_id=kind.id)
    for name, codes in (("Rouge", []), ("Bleu", ["INVALID"])):
        said = {"attributes": [{"id": of("Attribute", colour), "dropdown": {"value": name}}]}
        changed = await read(UPDATE, requester, id=of("Product", product), input=said)
        assert [error["code"] for error in changed["productUpdate"]["errors"]] == codes


@pytest.mark.parametrize("who", ["nobody", "buyer", "packer", "other staff"])
async def test_who_looks_after_no_products_changes_none(ask: Ask, session: AsyncSession, who: str) -> None:
    vendor, packer = await lister(session, MemberRole.PACKER)
    product = await make_product(session, vendor_id=vendor.id)
    requester = {
        "nobody": None,
        "buyer": buyer(await make_user(session)),
        "packer": packer,
        "other staff": staff("MANAGE_ORDERS"),
    }[who]
    key = of("Product", product)
    kind = to_global_id("ProductType", product.product_type_id)
    for document, given in (
        (CREATE, {"input": {"productType": kind, "name": "Tapis"}}),
        (UPDATE, {"id": key, "input": {}}),
        (DELETE, {"id": key}),
        (BULK_DELETE, {"ids": [key]}),
    ):
        told = await ask(document, requester, **given)
        assert told["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


# The order of variants and of answers, and the one that stands for all.

REORDER = """mutation($id: ID!, $moves: [ReorderInput!]!) {
  productVariantReorder(productId: $id, moves: $moves) {
    errors { field code } product { variants { id } } } }"""
DEFAULT = """mutation($id: ID!, $variant: ID!) {
  productVariantSetDefault(productId: $id, variantId: $variant) {
    errors { field code } product { defaultVariant { id } variants { id } } } }"""
REORDER_VALUES = """mutation($id: ID!, $attribute: ID!, $moves: [ReorderInput!]!) {
  productReorderAttributeValues(productId: $id, attributeId: $attribute, moves: $moves) {
    errors { field code } product { attributes { values { id } } } } }"""


async def three_variants(session: AsyncSession) -> tuple[Product, list[ProductVariant]]:
    product = await make_product(session)
    more = [await make_variant(session, product, position=place) for place in (1, 2)]
    return product, [product.variants[0], *more]


async def test_variants_move_by_so_many_places(read: Ask, session: AsyncSession, heard: Heard) -> None:
    product, variants = await three_variants(session)
    ids = [of("ProductVariant", variant) for variant in variants]
    moves = [{"id": ids[0], "sortOrder": 5}, {"id": ids[1], "sortOrder": 0}]
    moved = (await read(REORDER, STAFF, id=of("Product", product), moves=moves))["productVariantReorder"]
    assert moved["errors"] == []
    assert [each["id"] for each in moved["product"]["variants"]] == [ids[1], ids[2], ids[0]]
    assert heard == [("PRODUCT_UPDATED", product.id)]
    strange = [{"id": of("ProductVariant", (await make_product(session)).variants[0]), "sortOrder": 1}]
    moved = (await read(REORDER, STAFF, id=of("Product", product), moves=strange))["productVariantReorder"]
    assert moved["errors"] == [{"field": "moves", "code": "NOT_FOUND"}]


async def test_a_variant_stands_for_its_product_wherever_it_is_in_the_order(
    read: Ask, session: AsyncSession, heard: Heard
) -> None:
    product, variants = await three_variants(session)
    ids = [of("ProductVariant", variant) for variant in variants]
    for chosen in (ids[2], ids[1]):
        done = await read(DEFAULT, STAFF, id=of("Product", product), variant=chosen)
        told = done["productVariantSetDefault"]["product"]
        assert told["defaultVariant"] == {"id": chosen}
        assert [each["id"] for each in told["variants"]] == ids
    assert heard == [("PRODUCT_UPDATED", product.id)] * 2
    other = of("ProductVariant", (await make_product(session)).variants[0])
    done = await read(DEFAULT, STAFF, id=of("Product", product), variant=other)
    assert done["productVariantSetDefault"]["errors"] == [
        {"field": "variantId", "code": "NOT_PRODUCTS_VARIANT"}
    ]


async def test_answers_move_by_so_many_places(read: Ask, session: AsyncSession) -> None:
    kind = await make_product_type(session)
    colours = await make_attribute(session, kind, input_type=AttributeInputType.MULTISELECT)
    values = [await make_value(session, colours) for _ in range(3)]
    product = await make_product(session, product_type_id=kind.id)
    await answer(session, product, *values)
    ids = [of("AttributeValue", each) for each in values]
    given = {"id": of("Product", product), "attribute": of("Attribute", colours)}
    moved = await read(REORDER_VALUES, STAFF, **given, moves=[{"id": ids[2], "sortOrder": -2}])
    told = moved["productReorderAttributeValues"]
    assert [each["id"] for each in told["product"]["attributes"][0]["values"]] == [ids[2], ids[0], ids[1]]
    other = await make_attribute(session)
    wrong = await read(REORDER_VALUES, STAFF, **given | {"attribute": of("Attribute", other)}, moves=[])
    assert wrong["productReorderAttributeValues"]["errors"] == [{"field": "attributeId", "code": "NOT_FOUND"}]
    strange = [{"id": to_global_id("AttributeValue", NOWHERE), "sortOrder": 1}]
    wrong = await read(REORDER_VALUES, STAFF, **given, moves=strange)
    assert wrong["productReorderAttributeValues"]["errors"] == [{"field": "moves", "code": "NOT_FOUND"}]


async def test_a_draft_loses_what_is_deleted(read: Ask, session: AsyncSession) -> None:
    market = await make_market(session)
    variant = await make_piece(session, market.channel, 100_00)
    order = await make_order(session, market, variant)
    order.status = OrderStatus.DRAFT
    await session.flush()
    await read(DELETE, STAFF, id=to_global_id("Product", variant.product_id))
    assert await session.scalar(select(func.count()).where(OrderLine.order_id == order.id)) == 0
