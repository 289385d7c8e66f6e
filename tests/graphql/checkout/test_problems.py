"""`Checkout.problems`: what stands in the way, told before the buyer runs into it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import ProductChannelListing
from marketplace.catalog.models import ProductVariant
from marketplace.checkout.models import Checkout
from marketplace.inventory.models import Stock
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import ShippingMethod, ShippingMethodListing
from tests.factories.checkout import Market, make_cart, make_market, make_piece, make_ready_cart
from tests.factories.markets import make_channel
from tests.factories.pricing import make_voucher
from tests.graphql.conftest import Ask, staff

PROBLEMS = """
fragment Of on CheckoutLineProblem {
  __typename
  ... on CheckoutLineProblemInsufficientStock {
    availableQuantity line { quantity } variant { id product { name } } }
  ... on CheckoutLineProblemVariantNotAvailable { line { id quantity } }
}
query Problems($id: ID!) { checkout(id: $id) {
  lines { quantity problems { ...Of } }
  problems {
    __typename
    ... on CheckoutLineProblemInsufficientStock {
    availableQuantity line { quantity } variant { id product { name } } }
    ... on CheckoutLineProblemVariantNotAvailable { line { id quantity } }
    ... on CheckoutProblemDeliveryMethodStale { delivery { id price { amount } shippingMethod { name } } }
    ... on CheckoutProblemDeliveryMethodInvalid { delivery { id price { amount } } }
  } } }
"""


async def problems(read: Ask, cart: Checkout) -> list[dict[str, Any]]:
    """The checkout's problems; those of its lines say the same."""
    found = (await read(PROBLEMS, id=to_global_id("Checkout", cart.id)))["checkout"]
    of_lines = [problem for line in found["lines"] for problem in line["problems"]]
    assert of_lines == [problem for problem in found["problems"] if "line" in problem]
    all_of_them: list[dict[str, Any]] = found["problems"]
    return all_of_them


async def test_a_checkout_that_can_be_completed_has_none(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel, stock=1))
    assert await problems(read, cart) == []


async def test_pieces_that_are_gone_are_missed_by_every_line_that_wants_them(
    session: AsyncSession, read: Ask
) -> None:
    channel = await make_channel(session)
    rug, bowl = await make_piece(session, channel, stock=5), await make_piece(session, channel, stock=5)
    cart = await make_cart(session, channel, rug, rug, bowl, quantity=2)
    assert await problems(read, cart) == []
    await session.execute(update(Stock).where(Stock.variant_id == rug.id).values(quantity=3))
    (problem,) = await problems(read, cart)
    assert problem["__typename"] == "CheckoutLineProblemInsufficientStock"
    assert (problem["availableQuantity"], problem["line"]) == (3, {"quantity": 4})
    assert problem["variant"]["id"] == to_global_id("ProductVariant", rug.id)


async def test_what_another_cart_keeps_is_missed_once_the_own_reservation_has_run_out(
    session: AsyncSession, read: Ask, clock: Any
) -> None:
    channel = await make_channel(session)
    rug = await make_piece(session, channel, stock=1)
    late = await make_cart(session, channel, rug)
    clock.advance(timedelta(minutes=channel.reserve_stock_minutes + 1))
    await make_cart(session, channel, rug)
    (problem,) = await problems(read, late)
    assert problem["availableQuantity"] == 0


async def test_pieces_that_nobody_counts_are_never_short(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session)
    cart = await make_cart(session, channel, await make_piece(session, channel, stock=1))
    await session.execute(update(ProductVariant).values(track_inventory=False))
    await session.execute(update(Stock).values(quantity=0))
    assert await problems(read, cart) == []


@pytest.mark.parametrize("how", [{"is_live": False}, {"available_for_purchase_at": None}])
async def test_what_is_not_for_sale_any_more_is_not_available(
    session: AsyncSession, read: Ask, how: dict[str, Any]
) -> None:
    channel = await make_channel(session)
    cart = await make_cart(session, channel, await make_piece(session, channel))
    await session.execute(update(ProductChannelListing).values(**how))
    (problem,) = await problems(read, cart)
    assert problem["__typename"] == "CheckoutLineProblemVariantNotAvailable"
    assert problem["line"]["quantity"] == 1


async def test_a_delivery_that_costs_something_else_by_now_is_stale(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    await session.execute(update(ShippingMethodListing).values(parcel_price_minor=99_00))
    (problem,) = await problems(read, cart)
    assert problem["__typename"] == "CheckoutProblemDeliveryMethodStale"
    assert problem["delivery"]["price"]["amount"] == 30
    assert problem["delivery"]["shippingMethod"]["name"] == market.method.name


async def test_a_delivery_that_is_not_offered_any_more_is_invalid(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel, weight_grams=800))
    await session.execute(update(ShippingMethod).values(maximum_weight_grams=500))
    (problem,) = await problems(read, cart)
    assert problem["__typename"] == "CheckoutProblemDeliveryMethodInvalid"
    assert problem["delivery"]["price"]["amount"] == 30


async def test_staff_list_the_lines_of_all_checkouts(session: AsyncSession, ask: Ask) -> None:
    channel = await make_channel(session)
    rug, bowl = await make_piece(session, channel), await make_piece(session, channel)
    await make_cart(session, channel, rug)
    await make_cart(session, channel, bowl, quantity=3)
    question = (
        "{ checkoutLines(first: 1) { totalCount edges { node { quantity problems { __typename } } } } }"
    )
    seen = (await ask(question, staff("MANAGE_CHECKOUTS")))["data"]["checkoutLines"]
    assert seen == {"totalCount": 2, "edges": [{"node": {"quantity": 1, "problems": []}}]}
    refused = await ask(question)
    assert refused["data"] == {"checkoutLines": None}
    assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_nobody_fetches_their_goods_themselves(session: AsyncSession, read: Ask) -> None:
    cart = await make_cart(session, await make_channel(session))
    question = "query Q($id: ID!) { checkout(id: $id) { availableCollectionPoints { id } } }"
    found = await read(question, id=to_global_id("Checkout", cart.id))
    assert found["checkout"] == {"availableCollectionPoints": []}


@pytest.mark.parametrize("wrong", ["short", "not for sale"])
async def test_what_stands_in_the_way_lets_no_other_mutation_fail(
    session: AsyncSession, read: Ask, wrong: str
) -> None:
    """What `checkoutSettings.useLegacyErrorFlow: false` promises."""
    market = await make_market(session)
    rug, bowl = [await make_piece(session, market.channel, stock=5) for _ in range(2)]
    cart = await make_ready_cart(session, market, rug, quantity=5)
    code = await make_voucher(session, market.channel)
    if wrong == "short":
        await session.execute(update(Stock).where(Stock.variant_id == rug.id).values(quantity=1))
    else:
        listing = update(ProductChannelListing).where(ProductChannelListing.product_id == rug.product_id)
        await session.execute(listing.values(is_live=False))
    assert len(await problems(read, cart)) == 1
    address = '{country: MA, city: "Rabat", streetAddress1: "1", firstName: "S", lastName: "B"}'
    for mutation in (
        'checkoutEmailUpdate(id: $id, email: "other@example.test")',
        f"checkoutShippingAddressUpdate(id: $id, shippingAddress: {address})",
        f"checkoutBillingAddressUpdate(id: $id, billingAddress: {address})",
        'checkoutCustomerNoteUpdate(id: $id, customerNote: "x")',
        f'checkoutAddPromoCode(id: $id, promoCode: "{code}")',
        f'checkoutRemovePromoCode(id: $id, promoCode: "{code}")',
        "deliveryOptionsCalculate(id: $id)",
        f'checkoutDeliveryMethodUpdate(id: $id, deliveryMethodId: "{_method(market)}")',
        f'checkoutLinesAdd(id: $id, lines: [{{variantId: "{_variant(bowl)}", quantity: 1}}])',
        "paymentGatewayInitialize(id: $id)",
    ):
        document = f"mutation M($id: ID!) {{ it: {mutation} {{ errors {{ field code message }} }} }}"
        answer = await read(document, id=to_global_id("Checkout", cart.id))
        assert answer["it"]["errors"] == [], mutation


def _method(market: Market) -> str:
    return to_global_id("ShippingMethod", market.method.id)


def _variant(variant: ProductVariant) -> str:
    return to_global_id("ProductVariant", variant.id)
