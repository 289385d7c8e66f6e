"""Staff and sellers say where products show, and what their variants are asked for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import ProductChannelListing, VariantChannelListing
from marketplace.catalog.models import Product, ProductVariant
from marketplace.checkout.models import CheckoutLine
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel
from tests.factories.catalog import (
    make_category,
    make_listed_product,
    make_product,
    make_variant,
    put_on_sale,
)
from tests.factories.checkout import make_market, make_piece, make_ready_cart
from tests.factories.markets import make_channel
from tests.factories.people import make_user
from tests.factories.vendors import make_vendor
from tests.graphql.catalog.conftest import Heard
from tests.graphql.conftest import Ask, buyer, seller, staff

STAFF = staff("MANAGE_PRODUCTS")
PUBLISH = """mutation($id: ID!, $input: ProductChannelListingUpdateInput!) {
  productChannelListingUpdate(id: $id, input: $input) { errors { field code channels variants }
    productChannelListingErrors { field } product { channelListings { channel { slug } isPublished
      visibleInListings availableForPurchaseAt isAvailableForPurchase discountedPrice { amount } } } } }"""
PRICE = """mutation($id: ID, $sku: String, $input: [ProductVariantChannelListingAddInput!]!) {
  productVariantChannelListingUpdate(id: $id, sku: $sku, input: $input) { errors { field code channels }
    variant { channelListings { channel { slug } price { amount currency } costPrice { amount }
      priorPrice { amount } margin } } } }"""
NOWHERE = 10**9


def of(kind: str, row: Any) -> str:
    return to_global_id(kind, row.id)


async def publish(read: Ask, product: Product, **given: Any) -> dict[str, Any]:
    done = await read(PUBLISH, STAFF, id=of("Product", product), input=given)
    answer: dict[str, Any] = done["productChannelListingUpdate"]
    return answer


async def price(read: Ask, variant: ProductVariant, *given: dict[str, Any]) -> dict[str, Any]:
    done = await read(PRICE, STAFF, id=of("ProductVariant", variant), input=list(given))
    answer: dict[str, Any] = done["productVariantChannelListingUpdate"]
    return answer


@pytest.fixture
async def product(session: AsyncSession) -> Product:
    """A product with one variant, on a shelf, in no channel."""
    return await make_product(session, category_id=(await make_category(session)).id)


async def listing_of(
    session: AsyncSession, product: Product, channel: Channel
) -> ProductChannelListing | None:
    return await session.scalar(
        select(ProductChannelListing)
        .filter_by(product_id=product.id, channel_id=channel.id)
        .execution_options(populate_existing=True)
    )


async def test_a_product_goes_on_sale_as_saleors_dashboard_does_it(
    read: Ask, session: AsyncSession, product: Product, heard: Heard
) -> None:
    """First into the channel with its variants, then their prices."""
    channel = await make_channel(session)
    variant, key = product.variants[0], of("Channel", channel)
    said = {
        "channelId": key,
        "isPublished": True,
        "isAvailableForPurchase": True,
        "visibleInListings": True,
        "addVariants": [of("ProductVariant", variant)],
    }
    done = await publish(read, product, updateChannels=[said])
    assert (done["errors"], done["productChannelListingErrors"]) == ([], [])
    (told,) = done["product"]["channelListings"]
    assert (told["isPublished"], told["isAvailableForPurchase"], told["discountedPrice"]) == (
        True,
        True,
        None,
    )
    listing = await listing_of(session, product, channel)
    assert listing is not None
    assert not listing.is_live  # Nothing of it can be bought yet.
    priced = await price(read, variant, {"channelId": key, "price": 120.5, "costPrice": 60.25})
    assert priced["errors"] == []
    assert priced["variant"]["channelListings"] == [
        {
            "channel": {"slug": channel.slug},
            "price": {"amount": 120.5, "currency": "MAD"},
            "costPrice": {"amount": 60.25},
            "priorPrice": None,
            "margin": 50,
        }
    ]
    listing = await listing_of(session, product, channel)
    assert listing is not None
    assert (listing.is_live, listing.price_minor, listing.category_id) == (True, 120_50, product.category_id)
    await session.refresh(product)
    assert product.listed_in == [channel.id]
    assert heard == [("PRODUCT_UPDATED", product.id), ("PRODUCT_VARIANT_UPDATED", variant.id)]


async def test_a_variant_without_a_price_is_not_for_sale(
    read: Ask, session: AsyncSession, product: Product
) -> None:
    channel = await make_channel(session)
    priced, bare = product.variants[0], await make_variant(session, product)
    await put_on_sale(session, priced, channel, 100_00)
    said = {"channelId": of("Channel", channel), "addVariants": [of("ProductVariant", bare)]}
    assert (await publish(read, product, updateChannels=[said]))["errors"] == []
    document = """query($id: ID!, $channel: String!) { product(id: $id, channel: $channel) {
      variants { id pricing { price { gross { amount } } } } } }"""
    seen = await read(document, None, id=of("Product", product), channel=channel.slug)
    assert [each["id"] for each in seen["product"]["variants"]] == [of("ProductVariant", priced)]
    seen = await read(document, STAFF, id=of("Product", product), channel=channel.slug)
    prices = {each["id"]: each["pricing"] for each in seen["product"]["variants"]}
    assert prices[of("ProductVariant", bare)] is None


async def test_what_is_not_said_stays(read: Ask, session: AsyncSession, product: Product) -> None:
    channel = await make_channel(session)
    await put_on_sale(session, product.variants[0], channel, 100_00)
    key = of("Channel", channel)
    for said in (
        {"publishedAt": "2026-01-02T03:04:05+00:00"},
        {"visibleInListings": False, "isPublished": None},
        {"isAvailableForPurchase": True, "availableForPurchaseAt": "2026-02-03T00:00:00+00:00"},
        {"isAvailableForPurchase": None},
    ):
        assert (await publish(read, product, updateChannels=[{"channelId": key, **said}]))["errors"] == []
    listing = await listing_of(session, product, channel)
    assert listing is not None
    assert (listing.is_published, listing.visible_in_listings) == (True, False)
    assert listing.published_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert listing.available_for_purchase_at == datetime(2026, 2, 3, tzinfo=UTC)
    await publish(read, product, updateChannels=[{"channelId": key, "isAvailableForPurchase": False}])
    listing = await listing_of(session, product, channel)
    assert listing is not None
    assert listing.available_for_purchase_at is None


async def test_a_new_listing_is_hidden_until_something_else_is_said(
    read: Ask, session: AsyncSession, product: Product
) -> None:
    channel = await make_channel(session)
    done = await publish(read, product, updateChannels=[{"channelId": of("Channel", channel)}])
    (told,) = done["product"]["channelListings"]
    assert (told["isPublished"], told["visibleInListings"], told["availableForPurchaseAt"]) == (
        False,
        False,
        None,
    )


async def test_a_day_of_publication_is_waited_for(read: Ask, session: AsyncSession, product: Product) -> None:
    channel = await make_channel(session)
    await put_on_sale(session, product.variants[0], channel, 100_00)
    day = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    said = {"channelId": of("Channel", channel), "isPublished": True, "publicationDate": day}
    assert (await publish(read, product, updateChannels=[said]))["errors"] == []
    listing = await listing_of(session, product, channel)
    assert listing is not None
    assert not listing.is_live


async def test_channels_and_variants_that_leave_take_prices_and_carts_along(
    read: Ask, session: AsyncSession
) -> None:
    market = await make_market(session)
    variant = await make_piece(session, market.channel, category_id=(await make_category(session)).id)
    product = await session.get_one(Product, variant.product_id)
    other = await make_channel(session, currency_code="EUR")
    await put_on_sale(session, variant, other, 10_00)
    cart = await make_ready_cart(session, market, variant)
    done = await publish(read, product, removeChannels=[of("Channel", other)])
    assert [each["channel"]["slug"] for each in done["product"]["channelListings"]] == [market.channel.slug]
    in_cart = select(func.count()).where(CheckoutLine.checkout_id == cart.id)
    assert await session.scalar(in_cart) == 1
    said = {"channelId": of("Channel", market.channel), "removeVariants": [of("ProductVariant", variant)]}
    done = await publish(read, product, updateChannels=[said])
    assert done["product"]["channelListings"] == []  # None of its variants is left there.
    assert await session.scalar(in_cart) == 0
    assert await session.scalar(select(func.count()).select_from(VariantChannelListing)) == 0
    await session.refresh(product)
    assert product.listed_in == []


async def test_what_can_not_be_published_is_refused(
    read: Ask, session: AsyncSession, product: Product
) -> None:
    channel = await make_channel(session)
    _, other = await make_listed_product(session, channel)
    listed = product.variants[0]
    await put_on_sale(session, listed, channel, 100_00)
    key, mine, theirs = (
        of("Channel", channel),
        of("ProductVariant", listed),
        of("ProductVariant", other),
    )
    later = "2999-01-01T00:00:00+00:00"
    for given, field, code, names in (
        ({"updateChannels": [{}], "removeChannels": [key]}, "input", "DUPLICATED_INPUT_ITEM", [key]),
        ({"updateChannels": [{}, {}]}, "updateChannels", "DUPLICATED_INPUT_ITEM", [key]),
        ({"removeChannels": [key, key]}, "removeChannels", "DUPLICATED_INPUT_ITEM", [key]),
        ({"removeChannels": [mine]}, "removeChannels", "INVALID", None),
        (
            {"updateChannels": [{"channelId": to_global_id("Channel", NOWHERE)}]},
            "channelId",
            "NOT_FOUND",
            None,
        ),
        (
            {"updateChannels": [{"publicationDate": "2026-01-01", "publishedAt": later}]},
            "publicationDate",
            "INVALID",
            [key],
        ),
        (
            {"updateChannels": [{"isAvailableForPurchase": False, "availableForPurchaseAt": later}]},
            "availableForPurchaseDate",
            "INVALID",
            [key],
        ),
        (
            {"updateChannels": [{"availableForPurchaseDate": "2026-01-01"}]},
            "availableForPurchaseDate",
            "INVALID",
            [key],
        ),
        (
            {
                "updateChannels": [
                    {
                        "isAvailableForPurchase": True,
                        "availableForPurchaseDate": "2026-01-01",
                        "availableForPurchaseAt": later,
                    }
                ]
            },
            "availableForPurchaseDate",
            "INVALID",
            [key],
        ),
        ({"updateChannels": [{"addVariants": [mine]}]}, "addVariants", "ALREADY_EXISTS", [mine]),
        ({"updateChannels": [{"addVariants": [theirs]}]}, "addVariants", "NOT_PRODUCTS_VARIANT", [theirs]),
        (
            {"updateChannels": [{"removeVariants": [theirs]}]},
            "removeVariants",
            "NOT_PRODUCTS_VARIANT",
            [theirs],
        ),
        (
            {"updateChannels": [{"addVariants": [mine], "removeVariants": [mine]}]},
            "addVariants",
            "DUPLICATED_INPUT_ITEM",
            [mine],
        ),
        ({"updateChannels": [{"addVariants": ["nonsense"]}]}, "addVariants", "INVALID", None),
    ):
        said = [{"channelId": key} | each for each in given.get("updateChannels", [])]
        done = await publish(read, product, **given | ({"updateChannels": said} if said else {}))
        (error,) = done["errors"]
        assert (error["field"], error["code"]) == (field, code)
        assert names in (error["channels"], error["variants"])
    listing = await listing_of(session, product, channel)
    assert listing is not None
    assert listing.is_live


@pytest.mark.parametrize("said", [{"isPublished": True}, {"isAvailableForPurchase": True}])
async def test_a_product_on_no_shelf_is_not_published(
    read: Ask, session: AsyncSession, said: dict[str, bool]
) -> None:
    product, channel = await make_product(session), await make_channel(session)
    key = of("Channel", channel)
    (error,) = (await publish(read, product, updateChannels=[{"channelId": key, **said}]))["errors"]
    assert error == {
        "field": "isPublished",
        "code": "PRODUCT_WITHOUT_CATEGORY",
        "channels": [key],
        "variants": None,
    }


async def test_a_price_changes_where_something_is_said(
    read: Ask, session: AsyncSession, product: Product
) -> None:
    channel = await make_channel(session)
    francs = await make_channel(session, currency_code="XOF")
    variant = product.variants[0]
    variant.sku = "T-1"
    await put_on_sale(session, variant, channel, 100_00)
    await put_on_sale(session, variant, francs, 6000)
    both = [
        {"channelId": of("Channel", channel), "price": "99.90", "priorPrice": 120},
        {"channelId": of("Channel", francs), "price": 6500, "costPrice": 3000, "preorderThreshold": None},
    ]
    done = await read(PRICE, STAFF, sku="T-1", input=both)
    told = done["productVariantChannelListingUpdate"]["variant"]["channelListings"]
    assert [(each["price"]["amount"], each["priorPrice"], each["margin"]) for each in told] == [
        (99.9, {"amount": 120.0}, None),
        (6500.0, None, 54),
    ]
    only = {"channelId": of("Channel", channel), "price": 89, "priorPrice": None}
    told = (await price(read, variant, only))["variant"]["channelListings"][0]
    assert (told["price"]["amount"], told["priorPrice"]) == (89.0, None)
    rows = await session.execute(
        select(ProductChannelListing.price_minor).order_by(ProductChannelListing.channel_id)
    )
    assert list(rows.scalars()) == [89_00, 6500]


async def test_what_no_price_can_be_is_refused(read: Ask, session: AsyncSession, product: Product) -> None:
    channel = await make_channel(session)
    francs = await make_channel(session, currency_code="XOF")
    elsewhere = await make_channel(session)
    variant = product.variants[0]
    await put_on_sale(session, variant, channel, 100_00)
    await put_on_sale(session, variant, francs, 6000)
    key, francs_key, elsewhere_key = (of("Channel", each) for each in (channel, francs, elsewhere))
    for given, field, code, channels in (
        ([{"price": 1}, {"price": 2}], "channelId", "DUPLICATED_INPUT_ITEM", [key]),
        ([{"channelId": to_global_id("Channel", NOWHERE)}], "channelId", "NOT_FOUND", None),
        ([{"channelId": elsewhere_key}], "input", "PRODUCT_NOT_ASSIGNED_TO_CHANNEL", [elsewhere_key]),
        ([{"price": 1.005}], "price", "INVALID", [key]),
        ([{"price": 10**9}], "price", "INVALID", [key]),
        ([{"channelId": francs_key, "price": 1.5}], "price", "INVALID", [francs_key]),
        ([{"costPrice": 1.005}], "costPrice", "INVALID", [key]),
        ([{"priorPrice": 1.005}], "priorPrice", "INVALID", [key]),
        ([{"preorderThreshold": 3}], "preorderThreshold", "INVALID", [key]),
    ):
        said = [{"channelId": key, "price": 5} | each for each in given]
        (error,) = (await price(read, variant, *said))["errors"]
        assert error == {"field": field, "code": code, "channels": channels}
    asked = select(VariantChannelListing.entered_price_minor).order_by(VariantChannelListing.channel_id)
    assert list(await session.scalars(asked)) == [100_00, 6000]


async def test_a_seller_sells_its_own(ask: Ask, read: Ask, session: AsyncSession, product: Product) -> None:
    channel, stranger = await make_channel(session), await make_vendor(session)
    user, variant = await make_user(session), product.variants[0]
    said = {"channelId": of("Channel", channel), "addVariants": [of("ProductVariant", variant)]}
    asked = [{"channelId": of("Channel", channel), "price": 10, "costPrice": 5}]
    for vendor_id, codes in ((product.vendor_id, []), (stranger.id, ["NOT_FOUND"])):
        requester = seller(vendor_id, user)
        done = await read(PUBLISH, requester, id=of("Product", product), input={"updateChannels": [said]})
        assert [each["code"] for each in done["productChannelListingUpdate"]["errors"]] == codes
        document = PRICE.replace(" margin", "")
        done = await read(document, requester, id=of("ProductVariant", variant), input=asked)
        assert [each["code"] for each in done["productVariantChannelListingUpdate"]["errors"]] == codes
    for nobody in (None, buyer(user), staff("MANAGE_ORDERS")):
        for document, given in (
            (PUBLISH, {"id": of("Product", product), "input": {}}),
            (PRICE, {"id": of("ProductVariant", variant), "input": []}),
        ):
            told = await ask(document, nobody, **given)
            assert told["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
