"""What happens in the shop is announced, by Saleor's names: by mutations, services and jobs."""

from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.media import keep_picture, read_picture, thumbnail_of
from marketplace.catalog.models import ProductMedia
from marketplace.catalog.service import NewListing, create_listings
from marketplace.inventory.allocations import consume, release, restock
from marketplace.kit.ids import to_global_id
from marketplace.kit.storage import FolderStorage
from marketplace.orders.models import OrderLine
from marketplace.pricing import beginnings
from marketplace.pricing.vouchers import VoucherCode
from tests.catalog.test_media import rug
from tests.factories.catalog import make_category, make_product
from tests.factories.checkout import make_cart, make_market, make_piece, make_ready_cart, promise_cash
from tests.factories.orders import make_order
from tests.factories.people import make_user
from tests.factories.promotions import make_promotion
from tests.factories.vendors import make_vendor
from tests.graphql.conftest import Ask, staff
from tests.graphql.webhooks.conftest import Heard

MAY = ("MANAGE_DISCOUNTS", "MANAGE_GIFT_CARD", "MANAGE_PRODUCTS", "MANAGE_ORDERS", "MANAGE_CHECKOUTS")
MANAGER = staff(*MAY)


async def test_a_cart_is_announced_when_it_is_opened_and_when_it_changes(
    session: AsyncSession, read: Ask, heard: Heard
) -> None:
    market = await make_market(session)
    piece = await make_piece(session, market.channel)
    data = await read(
        """mutation ($channel: String!, $variant: ID!) { checkoutCreate(input: {
            channel: $channel, lines: [{quantity: 1, variantId: $variant}] }) { checkout { id } } }""",
        channel=market.channel.slug,
        variant=to_global_id("ProductVariant", piece.id),
    )
    assert await heard() == ["CHECKOUT_CREATED"]
    checkout_id = data["checkoutCreate"]["checkout"]["id"]
    document = """mutation ($id: ID!, $email: String!) { checkoutEmailUpdate(id: $id, email: $email) {
        errors { code } } }"""
    await read(document, id=checkout_id, email="salma@example.test")
    assert await heard() == ["CHECKOUT_UPDATED"]
    await read(document, id=checkout_id, email="no address")
    assert await heard() == []


async def test_an_order_bought_again_opens_a_cart(session: AsyncSession, read: Ask, heard: Heard) -> None:
    market = await make_market(session)
    order = await make_order(session, market, await make_piece(session, market.channel))
    await heard()
    document = "mutation ($id: ID!) { checkoutCreateFromOrder(id: $id) { checkout { id } } }"
    await read(document, MANAGER, id=to_global_id("Order", order.id))
    assert await heard() == ["CHECKOUT_CREATED"]


async def test_a_cart_that_is_promised_in_full_is_announced_once(session: AsyncSession, heard: Heard) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    await heard()
    await promise_cash(session, cart.id)
    assert await heard() == ["CHECKOUT_FULLY_AUTHORIZED"]


@pytest.mark.parametrize(
    ("make", "event"),
    [("Product", "PRODUCT_METADATA_UPDATED"), ("Category", None), ("Checkout", "CHECKOUT_METADATA_UPDATED")],
)
async def test_changed_metadata_are_announced(
    session: AsyncSession, read: Ask, heard: Heard, make: str, event: str | None
) -> None:
    row: Any
    if make == "Product":
        row = await make_product(session)
    elif make == "Category":
        row = await make_category(session)
    else:
        market = await make_market(session)
        row = await make_cart(session, market.channel, await make_piece(session, market.channel))
    await heard()
    for document in (
        'mutation ($id: ID!) { updateMetadata(id: $id, input: {key: "a", value: "b"}) { errors { field } } }',
        'mutation ($id: ID!) { deletePrivateMetadata(id: $id, keys: ["a"]) { errors { code } } }',
    ):
        await read(document, MANAGER, id=to_global_id(make, row.id))
        assert await heard() == ([] if event is None else [event])


async def test_vouchers_and_their_codes_are_announced(session: AsyncSession, read: Ask, heard: Heard) -> None:
    data = await read(
        """mutation { voucherCreate(input: {addCodes: ["AAA", "BBB"], discountValueType: FIXED}) {
            voucher { id } errors { code message } } }""",
        MANAGER,
    )
    voucher_id = data["voucherCreate"]["voucher"]["id"]
    assert await heard() == ["VOUCHER_CODES_CREATED", "VOUCHER_CREATED"]
    document = """mutation ($id: ID!) { voucherUpdate(id: $id, input: {name: "x", addCodes: ["CCC"]}) {
        errors { code } } }"""
    await read(document, MANAGER, id=voucher_id)
    assert await heard() == ["VOUCHER_CODES_CREATED", "VOUCHER_UPDATED"]
    codes = (await session.scalars(select(VoucherCode.id))).all()
    document = "mutation ($ids: [ID!]!) { voucherCodeBulkDelete(ids: $ids) { count } }"
    await read(document, MANAGER, ids=[to_global_id("VoucherCode", code) for code in codes])
    assert await heard() == ["VOUCHER_CODES_DELETED"]
    await read("mutation ($id: ID!) { voucherDelete(id: $id) { errors { code } } }", MANAGER, id=voucher_id)
    assert await heard() == ["VOUCHER_DELETED"]


async def test_gift_cards_are_announced(session: AsyncSession, read: Ask, heard: Heard) -> None:
    market = await make_market(session)
    data = await read(
        """mutation ($channel: String) { giftCardCreate(input: {
            isActive: true, balance: {amount: 10, currency: "MAD"},
            userEmail: "a@example.test", channel: $channel
        }) { giftCard { id } errors { code } } }""",
        MANAGER,
        channel=market.channel.slug,
    )
    assert await heard() == ["GIFT_CARD_SENT", "GIFT_CARD_CREATED"]
    document = "mutation ($id: ID!) { giftCardDeactivate(id: $id) { errors { code } } }"
    manager = staff(*MAY, user=await make_user(session))
    await read(document, manager, id=data["giftCardCreate"]["giftCard"]["id"])
    assert await heard() == ["GIFT_CARD_STATUS_CHANGED"]


async def test_promotions_are_announced_as_they_are_made_and_taken_back(
    session: AsyncSession, read: Ask, heard: Heard
) -> None:
    data = await read(
        """mutation { promotionCreate(input: {name: "Aïd", type: CATALOGUE}) {
            promotion { id } errors { code } } }""",
        MANAGER,
    )
    naming = {"id": data["promotionCreate"]["promotion"]["id"]}
    assert await heard() == ["PROMOTION_CREATED"]
    document = """mutation ($id: ID!) { promotionUpdate(id: $id, input: {name: "x"}) { errors { code } } }"""
    await read(document, MANAGER, **naming)
    assert await heard() == ["PROMOTION_UPDATED"]
    await read("mutation ($id: ID!) { promotionDelete(id: $id) { errors { code } } }", MANAGER, **naming)
    assert await heard() == ["PROMOTION_DELETED"]


async def test_a_promotion_that_begins_and_ends_by_itself_is_announced_once_each(
    session: AsyncSession, heard: Heard, clock: ModuleType
) -> None:
    promotion = await make_promotion(
        session,
        start_date=clock.now() + timedelta(hours=1),
        end_date=clock.now() + timedelta(hours=2),
    )
    assert promotion.told_at is None
    for hours, events in ((0, []), (1, ["PROMOTION_STARTED"]), (1, ["PROMOTION_ENDED"])):
        clock.advance(timedelta(hours=hours, minutes=1))
        for expected in (events, []):
            await beginnings.tell(session)
            assert await heard() == expected


async def test_the_last_piece_sold_and_a_piece_that_is_back_are_announced(
    session: AsyncSession, heard: Heard
) -> None:
    market = await make_market(session)
    piece = await make_piece(session, market.channel, stock=2)
    order = await make_order(session, market, piece, quantity=1)
    assert "PRODUCT_VARIANT_OUT_OF_STOCK" not in await heard()
    line_id = (await session.scalars(select(OrderLine.id).where(OrderLine.order_id == order.id))).one()
    second = await make_order(session, market, piece, quantity=1)
    assert "PRODUCT_VARIANT_OUT_OF_STOCK" in await heard()
    other = (await session.scalars(select(OrderLine.id).where(OrderLine.order_id == second.id))).one()
    await release(session, [other])
    assert await heard() == ["PRODUCT_VARIANT_BACK_IN_STOCK", "PRODUCT_VARIANT_BACK_IN_STOCK_IN_CHANNEL"]
    taken = await consume(session, {line_id: 1})
    assert await heard() == ["PRODUCT_VARIANT_STOCK_UPDATED"]
    await restock(session, taken)
    assert await heard() == ["PRODUCT_VARIANT_STOCK_UPDATED"]


async def test_listings_of_a_sheet_are_announced(session: AsyncSession, heard: Heard) -> None:
    market = await make_market(session)
    vendor, category = await make_vendor(session), await make_category(session)
    listings = [
        NewListing(name=name, category_id=category.id, prices_minor={market.channel.id: 100_00}, pieces=1)
        for name in ("Tapis", "Plat")
    ]
    await create_listings(session, vendor.id, listings)
    assert await heard() == ["PRODUCT_CREATED", "PRODUCT_VARIANT_CREATED"]


async def test_a_small_picture_is_announced_once_it_is_made(
    session: AsyncSession, heard: Heard, tmp_path: Path
) -> None:
    storage = FolderStorage(tmp_path, "http://testserver/media")
    picture = await read_picture(rug())
    await keep_picture(storage, picture)
    media = ProductMedia(product_id=(await make_product(session)).id, path=picture.key)
    session.add(media)
    await session.flush()
    for expected in (["THUMBNAIL_CREATED"], []):
        await thumbnail_of(session, storage, media.id, 64)
        assert await heard() == expected


async def test_what_somebody_does_over_the_api_is_told_as_theirs(
    session: AsyncSession, read: Ask, heard: Heard
) -> None:
    product, user = await make_product(session), await make_user(session)
    document = """mutation ($id: ID!) { updateMetadata(id: $id, input: {key: "a", value: "b"}) {
        errors { code } } }"""
    await read(document, staff(*MAY, user=user), id=to_global_id("Product", product.id))
    query = text("SELECT args FROM procrastinate_jobs WHERE task_name = 'webhooks.tell'")
    told: Any = await session.scalar(query)
    assert (told["event"], told["user_id"], told["app_id"]) == ("PRODUCT_METADATA_UPDATED", user.id, None)
