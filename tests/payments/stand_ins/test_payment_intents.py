"""Payment intents of Stripe's stand-in, asked by Stripe's own client."""

import pytest
import stripe

from marketplace.payments.stand_ins.stripe.serving import StripeStandIn
from tests.payments.stand_ins.paying import a_payment, an_intent, refused

Client = stripe.StripeClient
Invalid = stripe.InvalidRequestError


def types_of(stand_in: StripeStandIn) -> list[str]:
    return [event["type"] for event in stand_in.events()]


async def test_a_card_is_charged_at_once(stripe_stand_in: StripeStandIn, stripe_client: Client) -> None:
    intent = await a_payment(stripe_client, expand=["latest_charge"])
    assert (intent.status, intent.amount_received, intent.amount_capturable) == ("succeeded", 12_000, 0)
    assert (intent.latest_charge.captured, intent.latest_charge.amount_captured) == (True, 12_000)
    assert intent.latest_charge.payment_method_details.card.last4 == "4242"
    created = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]
    assert types_of(stripe_stand_in) == created


async def test_an_intent_waits_for_a_payment_method_and_then_for_its_confirmation(
    stripe_client: Client,
) -> None:
    intent = await an_intent(stripe_client)
    assert (intent.status, intent.client_secret.split("_secret_")[0]) == (
        "requires_payment_method",
        intent.id,
    )
    intent = await stripe_client.v1.payment_intents.update_async(
        intent.id, {"payment_method": "pm_card_visa"}
    )
    assert intent.status == "requires_confirmation"
    intent = await stripe_client.v1.payment_intents.confirm_async(intent.id)
    assert intent.status == "succeeded"
    with refused(Invalid, "payment_intent_unexpected_state") as told:
        await stripe_client.v1.payment_intents.confirm_async(intent.id)
    assert told.value.error.payment_intent.id == intent.id


async def test_an_intent_without_a_payment_method_can_not_be_confirmed(stripe_client: Client) -> None:
    intent = await an_intent(stripe_client)
    with refused(Invalid, "payment_intent_unexpected_state"):
        await stripe_client.v1.payment_intents.confirm_async(intent.id)


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"amount": 0}, "parameter_invalid_integer", "amount"),
        ({"amount": 499}, "amount_too_small", "amount"),
        ({"amount": 29, "currency": "gbp"}, "amount_too_small", "amount"),
        ({"amount": 299, "currency": "XOF"}, "amount_too_small", "amount"),
        ({"amount": 100_000_000}, "amount_too_large", "amount"),
        ({"amount": 12_001, "currency": "tnd"}, None, "amount"),
        ({"currency": "xyz"}, None, "currency"),
        ({"return_url": "https://shop.example"}, None, "return_url"),
        ({"off_session": True}, None, "off_session"),
        ({"allowed_payment_method_types": ["card"]}, None, "allowed_payment_method_types"),
        ({"customer": "cus_nobody"}, "resource_missing", "customer"),
        ({"payment_method": "pm_nobody"}, "resource_missing", "payment_method"),
        ({"metadata": {"a" * 41: "1"}}, None, "metadata"),
        ({"metadata": {"order": "1" * 501}}, None, "metadata[order]"),
        ({"metadata": {f"n{number}": "1" for number in range(51)}}, None, "metadata"),
    ],
)
async def test_what_stripe_refuses_is_refused(
    stripe_stand_in: StripeStandIn, stripe_client: Client, params: dict[str, object], code: str, param: str
) -> None:
    with refused(Invalid, code, param):
        await an_intent(stripe_client, **params)
    assert stripe_stand_in.all("payment_intent") == []


async def test_francs_of_west_africa_have_no_cents(stripe_client: Client) -> None:
    intent = await a_payment(
        stripe_client, amount=5000, currency="XOF", expand=["latest_charge.balance_transaction"]
    )
    entry = intent.latest_charge.balance_transaction
    assert (intent.currency, entry.amount, entry.fee) == ("xof", 5000, 145)


async def test_servers_that_confirm_say_where_buyers_come_back_to(stripe_client: Client) -> None:
    with refused(Invalid):
        await a_payment(stripe_client, automatic_payment_methods={"enabled": True})
    intent = await a_payment(
        stripe_client, automatic_payment_methods={"enabled": True}, return_url="https://shop.example"
    )
    assert intent.status == "succeeded"


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
    ],
)
async def test_a_declined_card_is_told_with_the_intent_and_the_charge(
    stripe_stand_in: StripeStandIn, stripe_client: Client, card: str, code: str, decline_code: str
) -> None:
    with refused(stripe.CardError, code) as told:
        await a_payment(stripe_client, card)
    error = told.value.error
    assert error.decline_code == decline_code
    assert (error.payment_intent.status, error.payment_intent.payment_method) == (
        "requires_payment_method",
        None,
    )
    assert error.payment_intent.last_payment_error.code == code
    charge = stripe_stand_in.object(error.charge)
    assert (charge["status"], charge["paid"], charge["failure_code"]) == ("failed", False, code)
    assert stripe_stand_in.books().pending == {}
    assert types_of(stripe_stand_in)[-2:] == ["charge.failed", "payment_intent.payment_failed"]


async def test_after_a_decline_another_card_pays(stripe_client: Client) -> None:
    intent = await an_intent(stripe_client)
    with refused(stripe.CardError, "card_declined"):
        await stripe_client.v1.payment_intents.confirm_async(
            intent.id, {"payment_method": "pm_card_chargeDeclined"}
        )
    paid = await stripe_client.v1.payment_intents.confirm_async(intent.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.last_payment_error) == ("succeeded", None)


async def test_money_is_held_and_taken_in_part(stripe_stand_in: StripeStandIn, stripe_client: Client) -> None:
    intent = await a_payment(stripe_client, capture_method="manual")
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 12_000)
    assert stripe_stand_in.books().pending == {}
    assert types_of(stripe_stand_in)[-1] == "payment_intent.amount_capturable_updated"
    with refused(Invalid, "amount_too_large", "amount_to_capture"):
        await stripe_client.v1.payment_intents.capture_async(intent.id, {"amount_to_capture": 12_001})
    intent = await stripe_client.v1.payment_intents.capture_async(
        intent.id, {"amount_to_capture": 9_000, "expand": ["latest_charge.refunds"]}
    )
    assert (intent.status, intent.amount, intent.amount_received) == ("succeeded", 12_000, 9_000)
    charge = intent.latest_charge
    assert (charge.amount_captured, charge.amount_refunded, charge.refunded) == (9_000, 3_000, False)
    assert [(refund.amount, refund.balance_transaction) for refund in charge.refunds.data] == [(3_000, None)]
    assert stripe_stand_in.books().pending == {"mad": 9_000 - 261 - 30}
    with refused(Invalid, "payment_intent_unexpected_state"):
        await stripe_client.v1.payment_intents.capture_async(intent.id)


async def test_money_that_is_held_is_released(stripe_stand_in: StripeStandIn, stripe_client: Client) -> None:
    intent = await a_payment(stripe_client, capture_method="manual", expand=["latest_charge"])
    canceled = await stripe_client.v1.payment_intents.cancel_async(
        intent.id, {"cancellation_reason": "abandoned"}
    )
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    assert stripe_stand_in.object(intent.latest_charge.id)["refunded"]
    assert stripe_stand_in.books().pending == {}
    assert types_of(stripe_stand_in)[-1] == "payment_intent.canceled"
    for again in (
        stripe_client.v1.payment_intents.cancel_async,
        stripe_client.v1.payment_intents.capture_async,
        stripe_client.v1.payment_intents.confirm_async,
    ):
        with refused(Invalid, "payment_intent_unexpected_state"):
            await again(intent.id)


async def test_an_amount_changes_until_it_is_paid(stripe_client: Client) -> None:
    intent = await an_intent(stripe_client, metadata={"order": "1", "channel": "ma"})
    changed = {"amount": 13_000, "metadata": {"order": "2", "channel": ""}, "description": "Two rugs"}
    intent = await stripe_client.v1.payment_intents.update_async(intent.id, changed)
    assert (intent.amount, intent.description) == (13_000, "Two rugs")
    assert intent.metadata.to_dict() == {"order": "2"}
    await stripe_client.v1.payment_intents.confirm_async(intent.id, {"payment_method": "pm_card_visa"})
    with refused(Invalid, "payment_intent_unexpected_state"):
        await stripe_client.v1.payment_intents.update_async(intent.id, {"amount": 14_000})
    told = await stripe_client.v1.payment_intents.update_async(intent.id, {"metadata": {"order": "3"}})
    assert told.metadata.to_dict() == {"order": "3"}


async def test_a_paid_intent_can_not_be_canceled(stripe_client: Client) -> None:
    intent = await a_payment(stripe_client)
    with refused(Invalid, "payment_intent_unexpected_state"):
        await stripe_client.v1.payment_intents.cancel_async(intent.id)


async def test_the_bank_asks_and_the_buyer_approves(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    intent = await a_payment(
        stripe_client, "pm_card_threeDSecure2Required", return_url="https://shop.example/back"
    )
    assert (intent.status, intent.next_action.type) == ("requires_action", "redirect_to_url")
    assert intent.next_action.redirect_to_url.return_url == "https://shop.example/back"
    stripe_stand_in.authenticate(intent.id)
    intent = await stripe_client.v1.payment_intents.retrieve_async(intent.id, {"expand": ["latest_charge"]})
    assert (intent.status, intent.next_action) == ("succeeded", None)
    assert intent.latest_charge.payment_method_details.card.three_d_secure.result == "authenticated"


async def test_the_bank_asks_and_the_buyer_refuses(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    intent = await a_payment(stripe_client, "pm_card_authenticationRequired")
    assert intent.next_action.type == "use_stripe_sdk"
    stripe_stand_in.authenticate(intent.id, approved=False)
    intent = await stripe_client.v1.payment_intents.retrieve_async(intent.id)
    assert (intent.status, intent.latest_charge) == ("requires_payment_method", None)
    assert intent.last_payment_error.code == "payment_intent_authentication_failure"
    stripe_stand_in.authenticate(intent.id)
    assert stripe_stand_in.object(intent.id)["status"] == "requires_payment_method"


async def test_a_card_may_be_declined_after_the_bank_was_answered(
    stripe_stand_in: StripeStandIn, stripe_client: Client
) -> None:
    intent = await a_payment(stripe_client, "pm_card_threeDSecureRequiredChargeDeclined")
    stripe_stand_in.authenticate(intent.id)
    intent = await stripe_client.v1.payment_intents.retrieve_async(intent.id)
    assert (intent.status, intent.last_payment_error.code) == ("requires_payment_method", "card_declined")


async def test_nobody_is_there_to_answer_the_bank(stripe_client: Client) -> None:
    with refused(stripe.CardError, "authentication_required") as told:
        await a_payment(stripe_client, "pm_card_authenticationRequired", off_session=True)
    assert told.value.error.decline_code == "authentication_required"
    with refused(stripe.CardError, "authentication_required") as told:
        await a_payment(stripe_client, "pm_card_authenticationRequired", error_on_requires_action=True)
    assert told.value.error.payment_intent.status == "requires_payment_method"


async def test_the_shop_may_want_the_bank_to_ask(stripe_client: Client) -> None:
    wish = {"card": {"request_three_d_secure": "any"}}
    intent = await a_payment(stripe_client, payment_method_options=wish)
    assert intent.status == "requires_action"


async def test_lists_are_read_by_pages(stripe_client: Client) -> None:
    made = [(await an_intent(stripe_client)).id for _ in range(5)][::-1]
    intents = stripe_client.v1.payment_intents
    first = await intents.list_async({"limit": 2})
    assert ([intent.id for intent in first.data], first.has_more) == (made[:2], True)
    rest = await intents.list_async({"limit": 3, "starting_after": made[1]})
    assert ([intent.id for intent in rest.data], rest.has_more) == (made[2:], False)
    before = await intents.list_async({"limit": 1, "ending_before": made[2]})
    assert ([intent.id for intent in before.data], before.has_more) == (made[1:2], True)
    assert [intent.id async for intent in first.auto_paging_iter()] == made
    with refused(Invalid, "parameter_invalid_integer", "limit"):
        await intents.list_async({"limit": 101})
    with refused(Invalid, "resource_missing", "starting_after"):
        await intents.list_async({"starting_after": "pi_nobody"})
