"""Payment intents of Stripe's stand-in, asked by Stripe's own client."""

import pytest
import stripe

from marketplace.payments.stand_ins.stripe.serving import StripeStandIn

NO_REDIRECTS = {"enabled": True, "allow_redirects": "never"}


async def an_intent(client: stripe.StripeClient, **params: object) -> stripe.PaymentIntent:
    given = {"amount": 12_000, "currency": "mad", "automatic_payment_methods": NO_REDIRECTS} | params
    return await client.v1.payment_intents.create_async(given)


async def test_a_card_is_charged_at_once(
    stripe_stand_in: StripeStandIn, stripe_client: stripe.StripeClient
) -> None:
    intent = await an_intent(
        stripe_client, confirm=True, payment_method="pm_card_visa", expand=["latest_charge"]
    )
    assert (intent.status, intent.amount_received) == ("succeeded", 12_000)
    assert intent.latest_charge.captured
    assert [event["type"] for event in stripe_stand_in.events()] == [
        "payment_intent.created", "charge.succeeded", "payment_intent.succeeded",
    ]  # fmt: skip


async def test_a_declined_card_is_told_with_the_intent(stripe_client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.CardError) as declined:
        await an_intent(
            stripe_client, confirm=True, payment_method="pm_card_visa_chargeDeclinedInsufficientFunds"
        )
    assert declined.value.error.decline_code == "insufficient_funds"
    assert declined.value.error.payment_intent.status == "requires_payment_method"
