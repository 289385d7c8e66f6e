"""`checkoutCreateFromOrder`: the same again, and why some of it can't be had."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import ProductChannelListing, VariantChannelListing
from marketplace.catalog.models import ProductVariant
from marketplace.inventory.models import Allocation, Stock
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel
from tests.factories.checkout import Market, make_market, make_piece
from tests.factories.orders import make_order
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, buyer

AGAIN = """mutation Again($id: ID!) { checkoutCreateFromOrder(id: $id) {
  checkout { id email user { email } channel { slug } shippingAddress { city }
             lines { quantity variant { id } totalPrice { gross { amount } } } }
  unavailableVariants { message code variantId lineId }
  errors { field code } } }"""


@pytest.fixture
async def market(session: AsyncSession) -> Market:
    return await make_market(session)


async def test_an_order_is_bought_again_at_todays_price(
    session: AsyncSession, read: Ask, market: Market
) -> None:
    customer = await make_user(session)
    rug, honey = await make_piece(session, market.channel), await make_piece(session, market.channel, 80_00)
    order = await make_order(session, market, rug, honey, quantity=2, user=customer)
    await session.execute(
        update(VariantChannelListing)
        .where(VariantChannelListing.variant_id == rug.id)
        .values(price_minor=90_00)
    )
    made = (await read(AGAIN, buyer(customer), id=to_global_id("Order", order.id)))["checkoutCreateFromOrder"]
    assert (made["errors"], made["unavailableVariants"]) == ([], [])
    checkout = made["checkout"]
    assert (checkout["email"], checkout["user"]) == (customer.email, {"email": customer.email})
    assert checkout["channel"]["slug"] == market.channel.slug
    assert [line["totalPrice"]["gross"]["amount"] for line in checkout["lines"]] == [180, 160]
    # An order's id may be known to others than whom it was sent to.
    assert checkout["shippingAddress"] is None


async def _withdraw(session: AsyncSession, rug: ProductVariant, how: str) -> None:
    listing = update(ProductChannelListing).where(ProductChannelListing.product_id == rug.product_id)
    variant = update(ProductVariant).where(ProductVariant.id == rug.id)
    statements: dict[str, list[Any]] = {
        "NOT_FOUND": [
            delete(Allocation),
            delete(Stock).where(Stock.variant_id == rug.id),
            delete(ProductVariant).where(ProductVariant.id == rug.id),
        ],
        "UNAVAILABLE_VARIANT_IN_CHANNEL": [
            delete(VariantChannelListing).where(VariantChannelListing.variant_id == rug.id)
        ],
        "PRODUCT_NOT_PUBLISHED": [listing.values(is_live=False)],
        "PRODUCT_UNAVAILABLE_FOR_PURCHASE": [
            listing.values(available_for_purchase_at=datetime(2100, 1, 1, tzinfo=UTC))
        ],
        "QUANTITY_GREATER_THAN_LIMIT": [variant.values(quantity_limit_per_customer=1)],
        "INSUFFICIENT_STOCK": [update(Stock).where(Stock.variant_id == rug.id).values(quantity=3)],
    }
    for statement in statements[how]:
        await session.execute(statement, execution_options={"synchronize_session": False})


@pytest.mark.parametrize(
    "code",
    [
        "NOT_FOUND",
        "UNAVAILABLE_VARIANT_IN_CHANNEL",
        "PRODUCT_NOT_PUBLISHED",
        "PRODUCT_UNAVAILABLE_FOR_PURCHASE",
        "QUANTITY_GREATER_THAN_LIMIT",
        "INSUFFICIENT_STOCK",
    ],
)
async def test_what_cant_be_had_again_is_left_out_and_said(
    session: AsyncSession, read: Ask, market: Market, code: str
) -> None:
    rug, honey = await make_piece(session, market.channel), await make_piece(session, market.channel)
    order = await make_order(session, market, rug, honey, quantity=2)
    rug_id, honey_id = to_global_id("ProductVariant", rug.id), to_global_id("ProductVariant", honey.id)
    await _withdraw(session, rug, code)
    made = (await read(AGAIN, id=to_global_id("Order", order.id)))["checkoutCreateFromOrder"]
    assert made["errors"] == []
    (unavailable,) = made["unavailableVariants"]
    assert unavailable["code"] == code
    assert unavailable["message"]
    assert unavailable["variantId"] == ("" if code == "NOT_FOUND" else rug_id)
    lines = await read(
        "query O($id: ID!) { order(id: $id) { lines { id } } }", id=to_global_id("Order", order.id)
    )
    assert unavailable["lineId"] == lines["order"]["lines"][0]["id"]
    assert [line["variant"]["id"] for line in made["checkout"]["lines"]] == [honey_id]


async def test_an_order_that_does_not_exist_is_not_found(ask: Ask) -> None:
    answer = await ask(AGAIN, id=to_global_id("Order", uuid4()))
    made = answer["data"]["checkoutCreateFromOrder"]
    assert made["errors"] == [{"field": "id", "code": "ORDER_NOT_FOUND"}]
    assert (made["checkout"], made["unavailableVariants"]) == (None, None)


async def test_an_id_of_another_type_is_invalid(ask: Ask) -> None:
    answer = await ask(AGAIN, id=to_global_id("Product", 1))
    assert answer["data"]["checkoutCreateFromOrder"]["errors"] == [{"field": "id", "code": "INVALID"}]


async def test_nothing_is_bought_again_in_a_channel_that_is_closed(
    session: AsyncSession, ask: Ask, market: Market
) -> None:
    order = await make_order(session, market, await make_piece(session, market.channel))
    await session.execute(update(Channel).values(is_active=False))
    answer = await ask(AGAIN, id=to_global_id("Order", order.id))
    (error,) = answer["data"]["checkoutCreateFromOrder"]["errors"]
    assert error["code"] == "CHANNEL_INACTIVE"
