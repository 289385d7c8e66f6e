"""Many variants of a product made or changed at once, under each of Saleor's error policies."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.attributes import Attribute, AttributeScope
from marketplace.catalog.listings import ProductChannelListing, VariantChannelListing
from marketplace.catalog.models import Product, ProductVariant
from marketplace.checkout.models import CheckoutLine
from marketplace.inventory.models import Stock, Warehouse
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel
from tests.factories.attributes import answer, make_attribute, make_value
from tests.factories.catalog import (
    list_product,
    make_product,
    make_product_type,
    make_variant,
    put_on_sale,
)
from tests.factories.checkout import make_market, make_ready_cart
from tests.factories.inventory import make_stock, make_warehouse
from tests.factories.markets import make_channel
from tests.factories.people import make_user
from tests.factories.vendors import make_vendor
from tests.graphql.catalog.conftest import Heard
from tests.graphql.conftest import Ask, buyer, seller, staff

STAFF = staff("MANAGE_PRODUCTS")
RESULTS = """results { errors { field path code channels warehouses stocks channelListings }
  productVariant { id name sku stocks { quantity }
    channelListings { price { amount } costPrice { amount } } } }"""
CREATE = f"""mutation(
    $product: ID!, $variants: [ProductVariantBulkCreateInput!]!, $policy: ErrorPolicyEnum) {{
  productVariantBulkCreate(product: $product, variants: $variants, errorPolicy: $policy) {{ count
    errors {{ field code index channels warehouses }} bulkProductErrors {{ code }}
    productVariants {{ name }} {RESULTS} }} }}"""
UPDATE = f"""mutation(
    $product: ID!, $variants: [ProductVariantBulkUpdateInput!]!, $policy: ErrorPolicyEnum) {{
  productVariantBulkUpdate(product: $product, variants: $variants, errorPolicy: $policy) {{ count
    errors {{ field code }} {RESULTS} }} }}"""
NOWHERE = 10**9


def of(kind: str, row: Any) -> str:
    return to_global_id(kind, row.id)


class Shop:
    """A product in a channel, asked for its size, with two variants of which one lies in a store room."""

    product: Product
    size: Attribute
    channel: Channel
    elsewhere: Channel
    room: Warehouse
    other_room: Warehouse
    first: ProductVariant
    second: ProductVariant
    listing: VariantChannelListing
    stock: Stock

    def sized(self, name: str) -> list[dict[str, Any]]:
        return [{"id": of("Attribute", self.size), "dropdown": {"value": name}}]


@pytest.fixture
async def shop(session: AsyncSession) -> Shop:
    shop = Shop()
    kind = await make_product_type(session, has_variants=True)
    shop.size = await make_attribute(
        session, kind, scope=AttributeScope.VARIANT, variant_selection=True, value_required=True
    )
    shop.product = await make_product(session, product_type_id=kind.id)
    shop.first = shop.product.variants[0]
    shop.second = await make_variant(session, shop.product, sku="T-2", position=1)
    await answer(session, shop.first, await make_value(session, shop.size, name="Petit"))
    shop.channel, shop.elsewhere = await make_channel(session), await make_channel(session)
    shop.listing = await put_on_sale(session, shop.first, shop.channel, 100_00)
    shop.room = await make_warehouse(session, shop.product.vendor_id)
    shop.other_room = await make_warehouse(session, shop.product.vendor_id)
    shop.stock = await make_stock(session, shop.first, 3, shop.room)
    return shop


async def create(read: Ask, shop: Shop, *variants: dict[str, Any], policy: str | None = None) -> Any:
    given = {"product": of("Product", shop.product), "variants": list(variants), "policy": policy}
    return (await read(CREATE, STAFF, **given))["productVariantBulkCreate"]


async def change(read: Ask, shop: Shop, *variants: dict[str, Any], policy: str | None = None) -> Any:
    given = {"product": of("Product", shop.product), "variants": list(variants), "policy": policy}
    return (await read(UPDATE, STAFF, **given))["productVariantBulkUpdate"]


async def test_variants_come_with_prices_and_pieces(
    read: Ask, session: AsyncSession, shop: Shop, heard: Heard
) -> None:
    done = await create(
        read,
        shop,
        {
            "attributes": shop.sized("Grand"),
            "sku": "T-3",
            "channelListings": [{"channelId": of("Channel", shop.channel), "price": 80, "costPrice": 40}],
            "stocks": [{"warehouse": of("Warehouse", shop.room), "quantity": 5}],
        },
        {"attributes": shop.sized("Immense"), "name": "Le plus grand"},
    )
    assert (done["count"], done["errors"], done["bulkProductErrors"]) == (2, [], [])
    assert done["productVariants"] == [{"name": "Grand"}, {"name": "Le plus grand"}]
    first = done["results"][0]["productVariant"]
    assert (first["sku"], first["stocks"]) == ("T-3", [{"quantity": 5}])
    assert first["channelListings"] == [{"price": {"amount": 80.0}, "costPrice": {"amount": 40.0}}]
    variants = (await session.scalars(select(ProductVariant).order_by(ProductVariant.id))).all()
    assert [variant.position for variant in variants] == [0, 1, 2, 3]
    assert heard == [("PRODUCT_VARIANT_CREATED", variant.id) for variant in variants[2:]]
    listing = await session.scalar(select(ProductChannelListing.price_minor))
    assert listing == 80_00


def faulty(shop: Shop) -> list[tuple[dict[str, Any], str, str]]:
    """A new variant, and where and why it fails as a whole."""
    return [
        ({"sku": "T-2"}, "sku", "UNIQUE"),
        ({"sku": "T-9"}, "sku", "UNIQUE"),
        ({"sku": "T-9"}, "sku", "UNIQUE"),
        ({"weight": -1}, "weight", "INVALID"),
        ({"quantityLimitPerCustomer": 0}, "quantityLimitPerCustomer", "INVALID"),
        ({"preorder": {"globalThreshold": 1}}, "preorder", "INVALID"),
        ({"attributes": []}, "attributes", "REQUIRED"),
        (
            {"attributes": [{"id": to_global_id("Attribute", 1)}]},
            "attributes",
            "ATTRIBUTE_CANNOT_BE_ASSIGNED",
        ),
        ({"metadata": [{"key": "", "value": ""}]}, "metadata", "REQUIRED"),
    ]


@pytest.mark.parametrize(
    ("policy", "count"),
    [(None, 0), ("REJECT_EVERYTHING", 0), ("REJECT_FAILED_ROWS", 1), ("IGNORE_FAILED", 1)],
)
async def test_the_policy_says_what_becomes_of_the_good_new_ones(
    read: Ask, session: AsyncSession, shop: Shop, policy: str | None, count: int
) -> None:
    wrong = faulty(shop)
    lines = [{"attributes": shop.sized(f"Taille {place}")} | given for place, (given, *_) in enumerate(wrong)]
    done = await create(read, shop, {"attributes": shop.sized("Grand")}, *lines, policy=policy)
    assert (done["count"], len(done["productVariants"])) == (count, count)
    good, *others = done["results"]
    assert (good["errors"], good["productVariant"] is None) == ([], count == 0)
    for place, (told, (_, path, code)) in enumerate(zip(others, wrong, strict=True)):
        assert told["productVariant"] is None
        (error,) = told["errors"]
        assert (error["path"], error["field"], error["code"]) == (path, path, code)
        old = done["errors"][place]
        assert (old["field"], old["code"], old["index"]) == (path, code, place + 1)
    assert await session.scalar(select(func.count()).select_from(ProductVariant)) == 2 + count


async def test_variants_differ_from_those_that_there_are(
    read: Ask, session: AsyncSession, shop: Shop
) -> None:
    for policy, count in (("REJECT_EVERYTHING", 0), ("REJECT_FAILED_ROWS", 1)):
        lines = [{"attributes": shop.sized(size)} for size in ("Petit", "Grand", "Grand")]
        done = await create(read, shop, *lines, policy=policy)
        codes = [[error["code"] for error in told["errors"]] for told in done["results"]]
        assert done["count"] == count
        # The first is seen to say what another says once it is written.
        assert codes[1:] == [[], ["DUPLICATED_INPUT_ITEM"]]
        assert codes[0] == (["DUPLICATED_INPUT_ITEM"] if count else [])


@pytest.mark.parametrize("policy", ["REJECT_EVERYTHING", "REJECT_FAILED_ROWS", "IGNORE_FAILED"])
async def test_a_wrong_part_of_a_new_one_is_left_out_only_where_that_is_wanted(
    read: Ask, session: AsyncSession, shop: Shop, policy: str
) -> None:
    elsewhere, nowhere = of("Channel", shop.elsewhere), to_global_id("Warehouse", shop.room.id)[:-4]
    done = await create(
        read,
        shop,
        {
            "attributes": shop.sized("Grand"),
            "channelListings": [{"channelId": elsewhere, "price": 1}],
            "stocks": [{"warehouse": nowhere, "quantity": 1}],
        },
        policy=policy,
    )
    (told,) = done["results"]
    assert [(error["path"], error["field"], error["code"]) for error in told["errors"]] == [
        ("channelListings.0.channelId", "channelId", "PRODUCT_NOT_ASSIGNED_TO_CHANNEL"),
        ("stocks.0.warehouse", "warehouse", "INVALID"),
    ]
    assert told["errors"][0]["channels"] == [elsewhere]
    assert told["errors"][1]["warehouses"] == [nowhere]
    assert done["count"] == (1 if policy == "IGNORE_FAILED" else 0)


async def test_variants_change_with_prices_and_pieces(
    read: Ask, session: AsyncSession, shop: Shop, heard: Heard
) -> None:
    await list_product(session, shop.product.id, shop.elsewhere)
    done = await change(
        read,
        shop,
        {
            "id": of("ProductVariant", shop.first),
            "name": "Le petit",
            "channelListings": {
                "create": [{"channelId": of("Channel", shop.elsewhere), "price": 70}],
                "update": [{"channelListing": of("ProductVariantChannelListing", shop.listing), "price": 90}],
            },
            "stocks": {
                "create": [{"warehouse": of("Warehouse", shop.other_room), "quantity": 2}],
                "update": [{"stock": of("Stock", shop.stock), "quantity": 0}],
            },
        },
        {"id": of("ProductVariant", shop.second), "attributes": shop.sized("Grand"), "sku": None},
    )
    assert (done["count"], done["errors"]) == (2, [])
    first, second = [told["productVariant"] for told in done["results"]]
    assert [told["errors"] for told in done["results"]] == [[], []]
    assert (first["name"], first["stocks"]) == ("Le petit", [{"quantity": 0}, {"quantity": 2}])
    assert [listing["price"]["amount"] for listing in first["channelListings"]] == [90.0, 70.0]
    assert second["sku"] is None
    prices = select(ProductChannelListing.price_minor).order_by(ProductChannelListing.channel_id)
    assert list(await session.scalars(prices)) == [90_00, 70_00]
    variants = [key for event, key in heard if event == "PRODUCT_VARIANT_UPDATED"]
    assert variants == [shop.first.id, shop.second.id]
    events = [event for event, _ in heard]
    assert events.count("PRODUCT_VARIANT_OUT_OF_STOCK") == events.count("PRODUCT_VARIANT_BACK_IN_STOCK") == 1


async def test_prices_and_pieces_are_taken_away(read: Ask, session: AsyncSession, shop: Shop) -> None:
    done = await change(
        read,
        shop,
        {
            "id": of("ProductVariant", shop.first),
            "channelListings": {"remove": [of("ProductVariantChannelListing", shop.listing)]},
            "stocks": {"remove": [of("Stock", shop.stock)]},
        },
    )
    told = done["results"][0]["productVariant"]
    assert (told["channelListings"], told["stocks"]) == ([], [])
    assert await session.scalar(select(ProductChannelListing.is_live)) is False


async def test_carts_lose_what_leaves_their_channel(read: Ask, session: AsyncSession, shop: Shop) -> None:
    market = await make_market(session)
    listing = await put_on_sale(session, shop.first, market.channel, 100_00)
    await make_ready_cart(session, market, shop.first)
    removed = {"remove": [of("ProductVariantChannelListing", listing)]}
    await change(read, shop, {"id": of("ProductVariant", shop.first), "channelListings": removed})
    assert await session.scalar(select(func.count()).select_from(CheckoutLine)) == 0


@pytest.mark.parametrize(
    ("policy", "count"),
    [(None, 0), ("REJECT_EVERYTHING", 0), ("REJECT_FAILED_ROWS", 1), ("IGNORE_FAILED", 1)],
)
async def test_the_policy_says_what_becomes_of_the_good_changes(
    read: Ask, session: AsyncSession, shop: Shop, policy: str | None, count: int
) -> None:
    other = (await make_product(session)).variants[0]
    key = of("ProductVariant", shop.second)
    wrong = [
        ({"id": to_global_id("ProductVariant", NOWHERE)}, "id", "INVALID"),
        ({"id": of("ProductVariant", other)}, "id", "INVALID"),
        ({"id": "nonsense"}, "id", "INVALID"),
        ({"id": key, "quantityLimitPerCustomer": 0}, "quantityLimitPerCustomer", "INVALID"),
        ({"id": key, "sku": "T-1"}, "sku", "UNIQUE"),
        ({"id": key, "attributes": shop.sized("Petit")}, "attributes", "DUPLICATED_INPUT_ITEM"),
        ({"id": key, "preorder": {"globalThreshold": 1}}, "preorder", "INVALID"),
    ]
    good = {"id": of("ProductVariant", shop.first), "sku": "T-1"}
    # Two lines with one SKU fail both, so the good one comes in another shape there.
    lines = [given for given, *_ in wrong if given.get("sku") != "T-1"]
    done = await change(read, shop, good, *lines, policy=policy)
    assert done["count"] == count
    told, *others = done["results"]
    assert (told["errors"], told["productVariant"] is None) == ([], count == 0)
    expected = [(path, code) for given, path, code in wrong if given.get("sku") != "T-1"]
    assert [(e["errors"][0]["path"], e["errors"][0]["code"]) for e in others] == expected
    await session.refresh(shop.second)
    assert (shop.second.sku, shop.second.quantity_limit_per_customer) == ("T-2", None)


async def test_two_lines_do_not_take_one_sku(read: Ask, session: AsyncSession, shop: Shop) -> None:
    lines = [{"id": of("ProductVariant", each), "sku": "T-7"} for each in (shop.first, shop.second)]
    done = await change(read, shop, *lines, policy="REJECT_FAILED_ROWS")
    assert done["count"] == 0
    assert [told["errors"][0]["code"] for told in done["results"]] == ["UNIQUE", "UNIQUE"]


@pytest.mark.parametrize("policy", ["REJECT_EVERYTHING", "REJECT_FAILED_ROWS", "IGNORE_FAILED"])
async def test_a_wrong_part_of_a_change_is_left_out_only_where_that_is_wanted(
    read: Ask, session: AsyncSession, shop: Shop, policy: str
) -> None:
    listing = of("ProductVariantChannelListing", shop.listing)
    nowhere, no_stock = to_global_id("ProductVariantChannelListing", NOWHERE), to_global_id("Stock", NOWHERE)
    room = of("Warehouse", shop.room)
    line = {
        "id": of("ProductVariant", shop.first),
        "name": "Le petit",
        "channelListings": {
            "create": [
                {"channelId": of("Channel", shop.elsewhere), "price": 1},
                {"channelId": of("Channel", shop.channel), "price": 1},
            ],
            "update": [
                {"channelListing": nowhere, "price": 1},
                {"channelListing": listing, "price": 1.005},
            ],
            "remove": [nowhere],
        },
        "stocks": {
            "create": [{"warehouse": room, "quantity": 1}],
            "update": [
                {"stock": no_stock, "quantity": 1},
                {"stock": of("Stock", shop.stock), "quantity": -1},
            ],
            "remove": [no_stock],
        },
    }
    done = await change(read, shop, line, policy=policy)
    kept = policy == "IGNORE_FAILED"
    (told,) = done["results"]
    assert (told["productVariant"] is not None) is kept
    assert [(error["path"], error["code"]) for error in told["errors"]] == [
        ("channelListings.create.0.channelId", "PRODUCT_NOT_ASSIGNED_TO_CHANNEL"),
        ("channelListings.create.1.channelId", "DUPLICATED_INPUT_ITEM"),
        ("channelListings.update.0.channelListing", "NOT_FOUND"),
        ("channelListings.update.1.price", "INVALID_PRICE"),
        ("channelListings.remove.0", "NOT_FOUND"),
        ("stocks.create.0.warehouse", "STOCK_ALREADY_EXISTS"),
        ("stocks.update.0.stock", "NOT_FOUND"),
        ("stocks.update.1.quantity", "INVALID"),
        ("stocks.remove.0", "NOT_FOUND"),
    ]
    assert told["errors"][2]["channelListings"] == [nowhere]
    assert told["errors"][5]["warehouses"] == [room]
    assert told["errors"][6]["stocks"] == [no_stock]
    await session.refresh(shop.first)
    assert (shop.first.name == "Le petit") is kept
    for row in (shop.stock, shop.listing):
        await session.refresh(row)
    assert (shop.stock.quantity, shop.listing.entered_price_minor) == (3, 100_00)


async def test_a_line_that_was_undone_leaves_the_next_one_its_way(
    read: Ask, session: AsyncSession, shop: Shop
) -> None:
    stock = [{"stock": of("Stock", shop.stock), "quantity": 9}]
    wrong = {"stocks": {"update": stock}, "channelListings": {"remove": ["nonsense"]}}
    first = {"id": of("ProductVariant", shop.first)}
    right = {"stocks": {"update": [stock[0] | {"quantity": 4}]}, "name": "Le petit"}
    done = await change(read, shop, first | wrong, first | right, policy="REJECT_FAILED_ROWS")
    assert done["count"] == 1
    assert done["results"][1]["productVariant"]["stocks"] == [{"quantity": 4}]


async def test_the_product_must_be_there_and_the_bulk_bounded(read: Ask, shop: Shop) -> None:
    line = {"attributes": shop.sized("Grand")}
    given = {"product": to_global_id("Product", NOWHERE), "variants": [line]}
    done = (await read(CREATE, STAFF, **given))["productVariantBulkCreate"]
    assert [(error["field"], error["code"]) for error in done["errors"]] == [("product", "NOT_FOUND")]
    assert (done["count"], done["results"], done["productVariants"]) == (0, [], [])
    done = await create(read, shop, *[line] * 501)
    assert [(error["field"], error["code"]) for error in done["errors"]] == [("variants", "INVALID")]
    done = await change(read, shop, *[{"id": of("ProductVariant", shop.first)}] * 501)
    assert done["errors"] == [{"field": "variants", "code": "INVALID"}]


async def test_a_seller_changes_its_own(ask: Ask, read: Ask, session: AsyncSession, shop: Shop) -> None:
    user, stranger = await make_user(session), await make_vendor(session)
    own, strange = seller(shop.product.vendor_id, user), seller(stranger.id, user)
    await make_value(session, shop.size, name="Grand")
    shops = await make_warehouse(session)
    shops_stock = await make_stock(session, shop.first, 1, shops)
    product = of("Product", shop.product)
    new = {"product": product, "variants": [{"attributes": shop.sized("Grand")}]}
    stocks = {"update": [{"stock": of("Stock", each), "quantity": 7} for each in (shop.stock, shops_stock)]}
    changed = {
        "product": product,
        "variants": [{"id": of("ProductVariant", shop.first), "stocks": stocks}],
        "policy": "IGNORE_FAILED",
    }
    assert (await read(CREATE, own, **new))["productVariantBulkCreate"]["count"] == 1
    (told,) = (await read(UPDATE, own, **changed))["productVariantBulkUpdate"]["results"]
    assert [(error["path"], error["code"]) for error in told["errors"]] == [
        ("stocks.update.1.stock", "NOT_FOUND")
    ]
    for document, given, name in ((CREATE, new, "Create"), (UPDATE, changed, "Update")):
        done = (await read(document, strange, **given))[f"productVariantBulk{name}"]
        assert [error["code"] for error in done["errors"]] == ["NOT_FOUND"]
        for nobody in (None, buyer(user), staff("MANAGE_ORDERS")):
            refused = await ask(document, nobody, **given)
            assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    await session.refresh(shop.stock)
    await session.refresh(shops_stock)
    assert (shop.stock.quantity, shops_stock.quantity) == (7, 1)
