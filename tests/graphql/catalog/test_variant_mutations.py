"""Staff and sellers make variants, change them and take them away."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.attributes import Attribute, AttributeInputType, AttributeScope, AttributeValue
from marketplace.catalog.lead_times import make_to_order
from marketplace.catalog.listings import ProductChannelListing
from marketplace.catalog.models import Product, ProductType, ProductVariant
from marketplace.catalog.words import index_text
from marketplace.checkout.models import CheckoutLine
from marketplace.inventory.models import Stock
from marketplace.kit.ids import to_global_id
from marketplace.markets.shop_settings import shop_settings
from marketplace.vendors.models import MemberRole
from tests.factories.attributes import answer, make_attribute, make_value
from tests.factories.catalog import (
    make_product,
    make_product_type,
    make_variant,
    put_on_sale,
)
from tests.factories.checkout import make_market, make_piece, make_ready_cart
from tests.factories.inventory import make_warehouse
from tests.factories.people import make_user
from tests.factories.vendors import make_vendor
from tests.graphql.catalog.conftest import Heard
from tests.graphql.conftest import Ask, buyer, seller, staff

STAFF = staff("MANAGE_PRODUCTS")
FIELDS = """errors { field code attributes } productVariant { id name sku trackInventory weight { value }
  quantityLimitPerCustomer externalReference metadata { key value } product { id }
  stocks { quantity warehouse { id } } attributes { values { name } } }"""
CREATE = (
    f"mutation($input: ProductVariantCreateInput!) {{ productVariantCreate(input: $input) {{ {FIELDS} }} }}"
)
UPDATE = f"""mutation($id: ID, $sku: String, $reference: String, $input: ProductVariantInput!) {{
  productVariantUpdate(id: $id, sku: $sku, externalReference: $reference, input: $input) {{ {FIELDS} }} }}"""
DELETE = """mutation($id: ID, $sku: String, $reference: String) {
  productVariantDelete(id: $id, sku: $sku, externalReference: $reference) {
    errors { field code } productVariant { name sku } } }"""
BULK_DELETE = """mutation($ids: [ID!], $skus: [String!]) { productVariantBulkDelete(ids: $ids, skus: $skus) {
  count errors { field code } } }"""
REORDER_VALUES = """mutation($id: ID!, $attribute: ID!, $moves: [ReorderInput!]!) {
  productVariantReorderAttributeValues(variantId: $id, attributeId: $attribute, moves: $moves) {
    errors { field code } productVariant { attributes { values { id } } } } }"""
NOWHERE = 10**9


def of(kind: str, row: Any) -> str:
    return to_global_id(kind, row.id)


@pytest.fixture
async def kind(session: AsyncSession) -> ProductType:
    return await make_product_type(session, has_variants=True)


@pytest.fixture
async def size(session: AsyncSession, kind: ProductType) -> Attribute:
    """What buyers choose variants of the kind by."""
    return await make_attribute(
        session, kind, scope=AttributeScope.VARIANT, variant_selection=True, value_required=True
    )


@pytest.fixture
async def product(session: AsyncSession, kind: ProductType) -> Product:
    """A product with one variant, which answers nothing."""
    return await make_product(session, product_type_id=kind.id)


def sized(size: Attribute, name: str) -> list[dict[str, Any]]:
    return [{"id": of("Attribute", size), "dropdown": {"value": name}}]


async def test_a_variant_says_all_it_has_to(
    read: Ask, session: AsyncSession, product: Product, size: Attribute, heard: Heard
) -> None:
    warehouse, shared = await make_warehouse(session, product.vendor_id), await make_warehouse(session)
    said = {
        "product": of("Product", product),
        "sku": " T-1 ",
        "trackInventory": False,
        "weight": 0.75,
        "quantityLimitPerCustomer": 3,
        "externalReference": "erp-1",
        "preorder": None,
        "metadata": [{"key": "a", "value": "b"}],
        "attributes": sized(size, "Grand"),
        "stocks": [
            {"warehouse": of("Warehouse", warehouse), "quantity": 5},
            {"warehouse": of("Warehouse", shared), "quantity": 0},
        ],
    }
    made = (await read(CREATE, STAFF, input=said))["productVariantCreate"]
    assert made["errors"] == []
    variant = made["productVariant"]
    row = (await session.scalars(select(ProductVariant).where(ProductVariant.sku == "T-1"))).one()
    assert variant == {
        "id": of("ProductVariant", row),
        "name": "Grand",
        "sku": "T-1",
        "trackInventory": False,
        "weight": {"value": 0.75},
        "quantityLimitPerCustomer": 3,
        "externalReference": "erp-1",
        "metadata": [{"key": "a", "value": "b"}],
        "product": {"id": of("Product", product)},
        "stocks": [
            {"quantity": 5, "warehouse": {"id": of("Warehouse", warehouse)}},
            {"quantity": 0, "warehouse": {"id": of("Warehouse", shared)}},
        ],
        "attributes": [{"values": [{"name": "Grand"}]}],
    }
    assert row.position == 1
    assert ("PRODUCT_VARIANT_CREATED", row.id) in heard
    words = await session.scalar(select(Product.search_text).where(Product.id == product.id))
    assert index_text("Grand") in (words or "")


async def test_a_variant_without_a_name_is_called_by_something(
    read: Ask, session: AsyncSession, product: Product, kind: ProductType
) -> None:
    colour, size = [
        await make_attribute(session, kind, scope=AttributeScope.VARIANT, variant_selection=True)
        for _ in range(2)
    ]
    weave = await make_attribute(session, kind, scope=AttributeScope.VARIANT)
    both = sized(colour, "Rouge") + sized(size, "Grand") + sized(weave, "Noué")
    for said, name in (
        ({"attributes": both}, "Grand / Rouge"),
        ({"attributes": [], "sku": "T-2"}, "T-2"),
        ({"attributes": [], "name": "À part"}, "À part"),
    ):
        made = await read(CREATE, STAFF, input={"product": of("Product", product)} | said)
        assert made["productVariantCreate"]["productVariant"]["name"] == name
    made = await read(CREATE, STAFF, input={"product": of("Product", product), "attributes": []})
    variant = made["productVariantCreate"]["productVariant"]
    assert variant["name"] == variant["id"]


async def test_what_no_variant_can_be_is_refused(
    read: Ask, session: AsyncSession, product: Product, size: Attribute
) -> None:
    taken = await make_variant(session, product, sku="taken", external_reference="taken")
    await answer(session, taken, await make_value(session, size, name="Petit"))
    strange = await make_attribute(session)
    theirs = await make_warehouse(session, (await make_vendor(session)).id)
    mine = of("Warehouse", await make_warehouse(session, product.vendor_id))
    stock = {"warehouse": mine, "quantity": 1}
    before = await session.scalar(select(func.count()).select_from(ProductVariant))
    for said, field, code in (
        ({"product": to_global_id("Product", NOWHERE)}, "product", "NOT_FOUND"),
        ({"sku": "taken"}, "sku", "UNIQUE"),
        ({"sku": "x" * 251}, "sku", "INVALID"),
        ({"externalReference": "taken"}, "externalReference", "UNIQUE"),
        ({"name": "x" * 256}, "name", "INVALID"),
        ({"weight": -1}, "weight", "INVALID"),
        ({"quantityLimitPerCustomer": 0}, "quantityLimitPerCustomer", "INVALID"),
        ({"preorder": {"globalThreshold": 3}}, "preorder", "INVALID"),
        ({"metadata": [{"key": "", "value": ""}]}, "metadata", "REQUIRED"),
        ({"attributes": []}, "attributes", "REQUIRED"),
        ({"attributes": sized(size, "Petit")}, "attributes", "DUPLICATED_INPUT_ITEM"),
        ({"attributes": sized(strange, "x")}, "attributes", "ATTRIBUTE_CANNOT_BE_ASSIGNED"),
        ({"attributes": [{"dropdown": {"value": "x"}}]}, "attributes", "REQUIRED"),
        ({"stocks": [stock, stock]}, "stocks", "UNIQUE"),
        ({"stocks": [stock | {"quantity": -1}]}, "quantity", "INVALID"),
        ({"stocks": [stock | {"warehouse": of("Warehouse", theirs)}]}, "warehouse", "INVALID"),
        (
            {"stocks": [stock | {"warehouse": "V2FyZWhvdXNlOjAw"}]},
            "warehouse",
            "INVALID",
        ),
    ):
        given = {"product": of("Product", product), "attributes": sized(size, "Grand")} | said
        made = (await read(CREATE, STAFF, input=given))["productVariantCreate"]
        assert [(error["field"], error["code"]) for error in made["errors"]] == [(field, code)]
    assert await session.scalar(select(func.count()).select_from(ProductVariant)) == before
    assert await session.scalar(select(func.count()).select_from(AttributeValue)) == 1


async def test_variants_of_a_kind_without_variants_answer_nothing(read: Ask, session: AsyncSession) -> None:
    kind = await make_product_type(session, has_variants=False)
    size = await make_attribute(session, kind, scope=AttributeScope.VARIANT, value_required=True)
    product = await make_product(session, product_type_id=kind.id)
    for answers, codes in (([], []), (sized(size, "Grand"), ["INVALID"])):
        made = await read(CREATE, STAFF, input={"product": of("Product", product), "attributes": answers})
        assert [error["code"] for error in made["productVariantCreate"]["errors"]] == codes


async def test_a_variant_changes_where_something_is_said(
    read: Ask, session: AsyncSession, product: Product, size: Attribute, heard: Heard
) -> None:
    variant = product.variants[0]
    variant.sku, variant.external_reference, variant.name = "T-1", "erp-1", "Seul"
    for given in (
        {"id": of("ProductVariant", variant), "input": {"attributes": sized(size, "Grand")}},
        {"sku": "T-1", "input": {"weight": 2, "metadata": [{"key": "a", "value": "b"}]}},
        {"reference": "erp-1", "input": {"sku": "T-2", "trackInventory": None, "name": None}},
    ):
        changed = (await read(UPDATE, STAFF, **given))["productVariantUpdate"]
        assert changed["errors"] == []
    told = changed["productVariant"]
    assert (told["sku"], told["weight"], told["trackInventory"]) == ("T-2", {"value": 2.0}, True)
    assert (told["name"], told["attributes"]) == ("Grand", [{"values": [{"name": "Grand"}]}])
    assert heard == [
        ("PRODUCT_VARIANT_UPDATED", variant.id),
        ("PRODUCT_VARIANT_METADATA_UPDATED", variant.id),
        ("PRODUCT_VARIANT_UPDATED", variant.id),
        ("PRODUCT_VARIANT_UPDATED", variant.id),
    ]


async def test_a_wrong_change_changes_nothing(
    read: Ask, session: AsyncSession, product: Product, size: Attribute
) -> None:
    variant = product.variants[0]
    other = await make_variant(session, product, sku="taken")
    await answer(session, other, await make_value(session, size, name="Petit"))
    await make_to_order(session, variant.id, 5)
    for said, field, code in (
        ({"sku": "taken"}, "sku", "UNIQUE"),
        ({"attributes": sized(size, "Petit")}, "attributes", "DUPLICATED_INPUT_ITEM"),
        ({"trackInventory": True}, "trackInventory", "INVALID"),
        ({"quantityLimitPerCustomer": -1}, "quantityLimitPerCustomer", "INVALID"),
    ):
        given = {"metadata": [{"key": "a", "value": "b"}]} | said
        changed = await read(UPDATE, STAFF, id=of("ProductVariant", variant), input=given)
        (error,) = changed["productVariantUpdate"]["errors"]
        assert (error["field"], error["code"]) == (field, code)
    await session.refresh(variant)
    assert (variant.public_metadata, variant.sku, variant.track_inventory) == ({}, None, False)


async def test_a_variant_may_say_again_what_it_says(
    read: Ask, session: AsyncSession, product: Product, size: Attribute
) -> None:
    variant = product.variants[0]
    variant.sku = "T-1"
    await answer(session, variant, await make_value(session, size, name="Petit"))
    said = {"sku": "T-1", "attributes": sized(size, "Petit")}
    changed = await read(UPDATE, STAFF, id=of("ProductVariant", variant), input=said)
    assert changed["productVariantUpdate"]["errors"] == []


async def test_exactly_one_name_finds_a_variant(read: Ask, product: Product) -> None:
    for given in ({}, {"sku": "a", "reference": "b"}):
        (error,) = (await read(UPDATE, STAFF, **given, input={}))["productVariantUpdate"]["errors"]
        assert error["code"] == "GRAPHQL_ERROR"
    for name, field in (("sku", "sku"), ("reference", "externalReference")):
        (error,) = (await read(DELETE, STAFF, **{name: "x"}))["productVariantDelete"]["errors"]
        assert (error["field"], error["code"]) == (field, "NOT_FOUND")


async def test_a_deleted_variant_leaves_carts_and_the_channels_it_was_alone_in(
    read: Ask, session: AsyncSession, heard: Heard
) -> None:
    market = await make_market(session)
    variant = await make_piece(session, market.channel, 100_00)
    product = await session.get_one(Product, variant.product_id)
    dearer = await make_variant(session, product, sku="T-2")
    other = (await make_market(session)).channel
    await put_on_sale(session, dearer, market.channel, 150_00)
    await put_on_sale(session, variant, other, 90_00)
    cart = await make_ready_cart(session, market, variant)
    variant.sku = "T-1"
    heard.clear()
    deleted = (await read(DELETE, STAFF, sku="T-1"))["productVariantDelete"]
    assert deleted == {"errors": [], "productVariant": {"name": variant.name, "sku": "T-1"}}
    assert heard == [("PRODUCT_VARIANT_DELETED", variant.id)]
    lines = select(func.count()).where(CheckoutLine.checkout_id == cart.id)
    assert await session.scalar(lines) == 0
    assert await session.scalar(select(func.count()).select_from(Stock)) == 0
    rows = await session.execute(select(ProductChannelListing.channel_id, ProductChannelListing.price_minor))
    assert rows.all() == [(market.channel.id, 150_00)]


async def test_variants_are_taken_away_by_ids_or_by_skus(
    read: Ask, session: AsyncSession, product: Product, heard: Heard
) -> None:
    first, second = [await make_variant(session, product, sku=sku) for sku in ("T-1", "T-2")]
    ids = [of("ProductVariant", first), to_global_id("ProductVariant", NOWHERE)]
    for given, count, codes in (
        ({}, 0, ["GRAPHQL_ERROR"]),
        ({"ids": [], "skus": []}, 0, ["GRAPHQL_ERROR"]),
        ({"ids": ids}, 0, ["NOT_FOUND"]),
        ({"ids": ids[:1]}, 1, []),
        ({"skus": ["T-2", "T-3", "T-2"]}, 1, []),
        ({"skus": []}, 0, []),
    ):
        told = (await read(BULK_DELETE, STAFF, **given))["productVariantBulkDelete"]
        assert (told["count"], [error["code"] for error in told["errors"]]) == (count, codes)
    assert heard == [("PRODUCT_VARIANT_DELETED", first.id), ("PRODUCT_VARIANT_DELETED", second.id)]


async def test_answers_of_a_variant_move(read: Ask, session: AsyncSession, product: Product) -> None:
    kind = await session.get_one(ProductType, product.product_type_id)
    colours = await make_attribute(
        session, kind, scope=AttributeScope.VARIANT, input_type=AttributeInputType.MULTISELECT
    )
    values = [await make_value(session, colours) for _ in range(2)]
    await answer(session, product.variants[0], *values)
    ids = [of("AttributeValue", each) for each in values]
    given = {"id": of("ProductVariant", product.variants[0]), "attribute": of("Attribute", colours)}
    moved = await read(REORDER_VALUES, STAFF, **given, moves=[{"id": ids[1], "sortOrder": -1}])
    told = moved["productVariantReorderAttributeValues"]["productVariant"]["attributes"]
    assert [each["id"] for each in told[0]["values"]] == [ids[1], ids[0]]


@pytest.mark.parametrize("role", [MemberRole.OWNER, MemberRole.LISTER])
async def test_a_seller_looks_after_its_own_variants(
    read: Ask, session: AsyncSession, product: Product, role: MemberRole
) -> None:
    user, stranger = await make_user(session), await make_vendor(session)
    variant = await make_variant(session, product, sku="T-1")
    mine = of("Warehouse", await make_warehouse(session, product.vendor_id))
    theirs = of("Warehouse", (await make_warehouse(session, stranger.id)))
    said = {"product": of("Product", product), "attributes": []}
    stocks = {"stocks": [{"warehouse": mine, "quantity": 2}]}
    own, strange = seller(product.vendor_id, user, role), seller(stranger.id, user, role)
    assert (await read(CREATE, own, input=said | stocks))["productVariantCreate"]["errors"] == []
    elsewhere = {"stocks": [{"warehouse": theirs, "quantity": 2}]}
    for requester, given, field in ((own, said | elsewhere, "warehouse"), (strange, said, "product")):
        (error,) = (await read(CREATE, requester, input=given))["productVariantCreate"]["errors"]
        assert (error["field"], error["code"]) == (field, "NOT_FOUND")
    (error,) = (await read(UPDATE, strange, sku="T-1", input={}))["productVariantUpdate"]["errors"]
    assert error["code"] == "NOT_FOUND"
    assert (await read(BULK_DELETE, strange, skus=["T-1"]))["productVariantBulkDelete"]["count"] == 0
    given = {"id": of("ProductVariant", variant), "input": {"name": "Grand"}}
    assert (await read(UPDATE, own, **given))["productVariantUpdate"]["productVariant"]["name"] == "Grand"
    assert (await read(BULK_DELETE, own, skus=["T-1"]))["productVariantBulkDelete"]["count"] == 1


async def test_who_looks_after_no_products_changes_no_variant(
    ask: Ask, session: AsyncSession, product: Product
) -> None:
    key, user = of("ProductVariant", product.variants[0]), await make_user(session)
    packer = seller(product.vendor_id, user, MemberRole.PACKER)
    for requester in (None, buyer(user), packer, staff("MANAGE_ORDERS")):
        for document, given in (
            (CREATE, {"input": {"product": of("Product", product), "attributes": []}}),
            (UPDATE, {"id": key, "input": {}}),
            (DELETE, {"id": key}),
            (BULK_DELETE, {"ids": [key]}),
            (REORDER_VALUES, {"id": key, "attribute": key, "moves": []}),
        ):
            told = await ask(document, requester, **given)
            assert told["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    assert await session.scalar(select(func.count()).select_from(ProductVariant)) == 1


@pytest.mark.parametrize("said", [None, True])
async def test_pieces_of_a_new_variant_are_counted_as_the_shop_says_unless_it_says_otherwise(
    read: Ask, session: AsyncSession, product: Product, size: Attribute, said: bool | None
) -> None:
    (await shop_settings(session)).track_inventory_by_default = False
    await session.flush()
    given: dict[str, Any] = {} if said is None else {"trackInventory": said}
    one = {"product": of("Product", product), "attributes": sized(size, "Grand"), **given}
    made = (await read(CREATE, STAFF, input=one))["productVariantCreate"]
    assert (made["errors"], made["productVariant"]["trackInventory"]) == ([], bool(said))
    many = """mutation ($product: ID!, $variants: [ProductVariantBulkCreateInput!]!) {
      productVariantBulkCreate(product: $product, variants: $variants) {
        productVariants { trackInventory } errors { code } } }"""
    lines = [
        {"attributes": [{"id": of("Attribute", size), "dropdown": {"value": name}}], **each}
        for name, each in (("Petit", given), ("Moyen", {"trackInventory": True}))
    ]
    done = await read(many, STAFF, product=of("Product", product), variants=lines)
    told = done["productVariantBulkCreate"]
    assert told["errors"] == []
    assert [each["trackInventory"] for each in told["productVariants"]] == [bool(said), True]
