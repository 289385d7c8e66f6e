"""Paying by card as Saleor's own storefront does it."""

from typing import Any

import pytest
import stripe
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.orders.models import Order
from tests.factories.checkout import make_market, make_piece, make_ready_cart
from tests.graphql.payments.by_stripe.conftest import CARD, GATEWAY, Shop

GATEWAYS = """
mutation ($id: ID!) { it: paymentGatewayInitialize(id: $id,
  paymentGateways: [{id: "saleor.app.payment.stripe"}]) {
    gatewayConfigs { id data errors { code } } errors { code } } }
"""
OFFERED = """
query ($id: ID!) {
  it: checkout(id: $id) { availablePaymentGateways { id name currencies config { field } } } }
"""
DASHBOARD = "https://dashboard.stripe.com/test/payments/"


async def test_the_storefront_is_told_with_which_key_to_draw_the_form(shop: Shop) -> None:
    it = await shop.read(GATEWAYS, id=shop.cart_id)
    data = {"stripePublishableKey": "pk_test_standin"}
    assert it == {"gatewayConfigs": [{"id": GATEWAY, "data": data, "errors": []}], "errors": []}


async def test_stripe_is_among_the_ways_to_pay_of_a_cart(shop: Shop) -> None:
    it = await shop.read(OFFERED, id=shop.cart_id)
    assert it["availablePaymentGateways"][-1] == {
        "id": GATEWAY, "name": "Stripe", "currencies": ["MAD"], "config": [],
    }  # fmt: skip


async def test_a_card_pays_a_cart_and_it_becomes_an_order(shop: Shop, session: AsyncSession) -> None:
    begun = await shop.begin()
    intent = shop.intent(begun)
    assert begun["errors"] == []
    assert begun["data"] == {"paymentIntent": {"stripeClientSecret": intent["client_secret"]}}
    assert begun["transactionEvent"] == {
        "type": "CHARGE_ACTION_REQUIRED",
        "pspReference": intent["id"],
        "message": "The buyer has to confirm the payment.",
        "externalUrl": DASHBOARD + intent["id"],
        "amount": {"amount": 150.0},
    }
    assert (intent["amount"], intent["currency"], intent["status"]) == (
        150_00,
        "mad",
        "requires_payment_method",
    )
    assert intent["automatic_payment_methods"]["enabled"]
    assert intent["metadata"] == {
        "saleor_transaction_id": begun["transaction"]["id"],
        "saleor_source_type": "Checkout",
        "saleor_source_id": shop.cart_id,
    }
    assert await shop.complete() == ["CHECKOUT_NOT_FULLY_PAID"]

    await shop.confirm(begun)
    done = await shop.go_on(begun)
    assert done["transactionEvent"]["type"] == "CHARGE_SUCCESS"
    assert done["data"] is None
    assert done["transaction"] == {
        "id": begun["transaction"]["id"],
        "name": "Stripe",
        "pspReference": intent["id"],
        "actions": ["REFUND"],
        "externalUrl": DASHBOARD + intent["id"],
        "message": "Paid.",
        "chargedAmount": {"amount": 150.0},
        "authorizedAmount": {"amount": 0.0},
        "chargePendingAmount": {"amount": 0.0},
        "paymentMethodDetails": {
            "__typename": "CardPaymentMethodDetails",
            "name": "visa",
            "brand": "visa",
            "lastDigits": "4242",
            "expMonth": done["transaction"]["paymentMethodDetails"]["expMonth"],
            "expYear": done["transaction"]["paymentMethodDetails"]["expYear"],
        },
    }
    assert await shop.complete() == []
    order = (await session.scalars(select(Order).execution_options(populate_existing=True))).one()
    assert (order.charge_status, order.total_charged_minor) == ("FULL", 150_00)


async def test_what_is_told_again_and_again_is_one_payment(shop: Shop) -> None:
    paid = await shop.paid()
    events = await shop.events(paid)
    assert await shop.hear() == [200] * 3  # created is told, too; charge.succeeded
    await shop.go_on(paid)
    assert await shop.events(paid) == events
    assert await shop.amounts(paid) == {"charged": 150_00}


async def test_a_channel_may_have_cards_promise_first(promises: Shop) -> None:
    done = await promises.paid()
    assert done["transactionEvent"]["type"] == "AUTHORIZATION_SUCCESS"
    assert done["transaction"]["actions"] == ["CHARGE", "CANCEL"]
    assert await promises.amounts(done) == {"authorized": 150_00}
    assert promises.intent(done)["status"] == "requires_capture"
    assert await promises.complete() == []


@pytest.mark.parametrize("wallet", ["apple_pay", "google_pay", "card"])
async def test_a_wallet_promises_as_its_card_does(promises: Shop, wallet: str) -> None:
    begun = await promises.begin(data={"paymentIntent": {"paymentMethod": wallet}})
    assert promises.intent(begun)["payment_method_options"]["card"]["capture_method"] == "manual"


async def test_what_can_not_promise_is_charged_at_once(promises: Shop) -> None:
    begun = await promises.begin(data={"paymentIntent": {"paymentMethod": "ideal"}})
    assert begun["transactionEvent"]["type"] == "AUTHORIZATION_ACTION_REQUIRED"
    await promises.confirm(begun)
    assert (await promises.go_on(begun))["transactionEvent"]["type"] == "CHARGE_SUCCESS"


async def test_the_bank_may_ask_the_buyer_first(shop: Shop) -> None:
    begun = await shop.begin()
    await shop.confirm(begun, "pm_card_authenticationRequired")
    waiting = await shop.go_on(begun)
    assert waiting["transactionEvent"]["type"] == "CHARGE_ACTION_REQUIRED"
    assert waiting["data"] == begun["data"]
    assert await shop.amounts(begun) == {}
    shop.stand_in.authenticate(waiting["transaction"]["pspReference"])
    assert (await shop.go_on(begun))["transactionEvent"]["type"] == "CHARGE_SUCCESS"


async def test_a_buyer_whom_the_bank_does_not_know_may_try_another_card(shop: Shop) -> None:
    begun = await shop.begin()
    await shop.confirm(begun, "pm_card_authenticationRequired")
    shop.stand_in.authenticate(begun["transaction"]["pspReference"], approved=False)
    refused = await shop.go_on(begun)
    assert refused["transactionEvent"]["type"] == "CHARGE_ACTION_REQUIRED"
    assert "could not confirm that it is you" in refused["transactionEvent"]["message"]
    await shop.confirm(begun)
    assert (await shop.go_on(begun))["transactionEvent"]["type"] == "CHARGE_SUCCESS"
    assert await shop.amounts(begun) == {"charged": 150_00}


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ("pm_card_chargeDeclinedInsufficientFunds", "not enough money"),
        ("pm_card_chargeDeclinedExpiredCard", "has expired"),
        ("pm_card_chargeDeclinedIncorrectCvc", "security code"),
        ("pm_card_chargeDeclinedProcessingError", "try again in a moment"),
        ("pm_card_visa_chargeDeclinedVelocityLimitExceeded", "limit"),
        ("pm_card_visa_chargeDeclinedStolenCard", "The card was declined"),
        ("pm_card_chargeDeclined", "The card was declined"),
    ],
)
async def test_a_declined_card_is_told_in_words_and_another_may_pay(
    shop: Shop, card: str, words: str
) -> None:
    begun = await shop.begin()
    with pytest.raises(stripe.CardError):
        await shop.confirm(begun, card)
    declined = await shop.go_on(begun)
    assert words in declined["transactionEvent"]["message"]
    (error,) = declined["data"]["paymentIntent"]["errors"]
    assert error == {"code": "StripeCardError", "message": declined["transactionEvent"]["message"]}
    assert [kind for kind, _ in await shop.events(begun)] == [
        "CHARGE_REQUEST", "CHARGE_ACTION_REQUIRED", "CHARGE_FAILURE", "CHARGE_ACTION_REQUIRED",
    ]  # fmt: skip
    before = await shop.events(begun)
    await shop.hear()  # Of the same attempt.
    await shop.go_on(begun)
    assert await shop.events(begun) == before
    assert await shop.amounts(begun) == {}
    await shop.confirm(begun)
    assert (await shop.go_on(begun))["transactionEvent"]["type"] == "CHARGE_SUCCESS"
    assert await shop.amounts(begun) == {"charged": 150_00}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (None, "ParseError"),
        ({}, "ParseError"),
        ({"paymentIntent": {}}, "ParseError"),
        ({"paymentIntent": "card"}, "ParseError"),
        ({"paymentIntent": {"paymentMethod": 1}}, "ParseError"),
        ({"paymentIntent": {"paymentMethod": "card", "amount": 1}}, "ParseError"),
        ({**CARD, "more": 1}, "ParseError"),
        ({"paymentIntent": {"paymentMethod": "a card"}}, "UnsupportedPaymentMethodError"),
    ],
)
async def test_what_does_not_say_how_to_pay_makes_no_payment(shop: Shop, data: Any, code: str) -> None:
    begun = await shop.begin(data=data)
    assert begun["transactionEvent"]["type"] == "CHARGE_FAILURE"
    assert [error["code"] for error in begun["data"]["paymentIntent"]["errors"]] == [code]
    assert shop.stand_in.all("payment_intent") == []
    assert await shop.amounts(begun) == {}


async def test_the_same_key_gives_the_same_payment(shop: Shop) -> None:
    first = await shop.begin(key="once")
    again = await shop.begin(key="once")
    assert again["transaction"]["id"] == first["transaction"]["id"]
    assert again["data"] == first["data"]
    assert len(shop.stand_in.all("payment_intent")) == 1
    await shop.confirm(first)
    assert (await shop.begin(key="once"))["transactionEvent"]["type"] == "CHARGE_SUCCESS"
    assert (await shop.begin(key="once", amount=10))["errors"][0]["code"] == "UNIQUE"


async def test_a_part_of_the_cart_is_paid_by_card(shop: Shop) -> None:
    paid = await shop.paid(amount=50)
    assert shop.intent(paid)["amount"] == 50_00
    assert await shop.complete() == ["CHECKOUT_NOT_FULLY_PAID"]
    await shop.paid()
    assert await shop.complete() == []


async def test_a_currency_without_decimals_is_paid_in_whole_units(shop: Shop, session: AsyncSession) -> None:
    market = await make_market(session, currency_code="XOF", slug="dakar")
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel, 25_000))
    shop.cart_id, total = to_global_id("Checkout", cart.id), cart.total_gross_minor
    begun = await shop.begin()
    assert (shop.intent(begun)["amount"], shop.intent(begun)["currency"]) == (total, "xof")
    await shop.confirm(begun)
    done = await shop.go_on(begun)
    assert done["transaction"]["authorizedAmount"] == {"amount": float(total)}
