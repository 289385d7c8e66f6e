"""Whatever is asked of Stripe's stand-in, and whatever goes wrong, its books are what it answered."""

import random

import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.payments.stand_ins.stripe.balance import fee_of
from marketplace.payments.stand_ins.stripe.serving import StripeStandIn
from tests.payments.stand_ins.paying import NO_REDIRECTS
from tests.stripe_chance import StripeByChance
from tests.stripe_server import a_stripe_client

CARDS = ("pm_card_visa", "pm_card_bypassPending", "pm_card_refundFail", "pm_card_pendingRefund",
         "pm_card_createDispute", "pm_card_threeDSecure2Required", "pm_card_chargeDeclined")  # fmt: skip


class Shop:
    """Somebody who pays, captures, cancels and refunds at random, and heeds no refusal."""

    def __init__(self, stand_in: StripeStandIn, chance: random.Random) -> None:
        self.client, self.stand_in, self.chance = a_stripe_client(stand_in), stand_in, chance
        self.refusals: list[str | None] = []

    def acts(self) -> None:
        act = self.chance.choice([self.pay, self.pay, self.capture, self.cancel, self.refund, self.refund])
        try:
            act()
        except stripe.StripeError as refused:
            self.refusals.append(refused.code)

    def pay(self) -> None:
        params = {
            "amount": self.chance.randrange(500, 50_000),
            "currency": self.chance.choice(["mad", "xof"]),
            "confirm": True,
            "payment_method": self.chance.choice(CARDS),
            "capture_method": self.chance.choice(["automatic", "manual"]),
            "automatic_payment_methods": NO_REDIRECTS,
        }
        self.client.v1.payment_intents.create(params)

    def any_intent(self) -> str:
        ids = [intent["id"] for intent in self.stand_in.all("payment_intent")]
        return self.chance.choice(ids or ["pi_nobody"])

    def capture(self) -> None:
        amount = self.chance.randrange(1, 60_000)
        self.client.v1.payment_intents.capture(self.any_intent(), {"amount_to_capture": amount})

    def cancel(self) -> None:
        self.client.v1.payment_intents.cancel(self.any_intent())

    def refund(self) -> None:
        amount = self.chance.randrange(1, 60_000)
        self.client.v1.refunds.create({"payment_intent": self.any_intent(), "amount": amount})


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_money_is_never_made_nor_lost(stripe_server: StripeStandIn, seed: int) -> None:
    stripe_server.reset(seed)
    shop = Shop(stripe_server, random.Random(seed))
    stripe_by_chance = StripeByChance(stripe_server, random.Random(seed + 1))
    for _ in range(15):
        if shop.chance.random() < 0.2:
            stripe_by_chance.breaks()
        if shop.chance.random() < 0.3:
            stripe_by_chance.acts()
        shop.acts()
    stripe_by_chance.calms_down()
    assert "parameter_unknown" not in shop.refusals
    objects = {noun: stripe_server.all(noun) for noun in ("payment_intent", "charge", "refund", "dispute")}
    for charge in objects["charge"]:
        assert 0 <= charge["amount_refunded"] <= charge["amount"]
        given_back = [one for one in objects["refund"] if one["charge"] == charge["id"]]
        back = sum(one["amount"] for one in given_back if one["status"] != "failed")
        assert back == charge["amount_refunded"]
    for intent in objects["payment_intent"]:
        assert (intent["status"] == "succeeded") == (intent["amount_received"] > 0)
        assert stripe_server.money_of(intent["id"]) == expected_of(intent, objects)
    totals = stripe_server.books()
    for currency in ("mad", "xof"):
        own = [intent for intent in objects["payment_intent"] if intent["currency"] == currency]
        money = sum(stripe_server.money_of(intent["id"]) for intent in own)
        fees = sum(fee_of(intent["amount_received"], currency) for intent in own)
        taken = [
            one for one in objects["dispute"] if one["currency"] == currency and one["balance_transactions"]
        ]
        total = totals.available.get(currency, 0) + totals.pending.get(currency, 0)
        assert total == money - fees - 1_500 * len(taken)


def expected_of(intent: dict[str, object], objects: dict[str, list[dict[str, object]]]) -> int:
    """What the objects, and not the books, say that we have of a payment."""
    charges = {one["id"] for one in objects["charge"] if one["payment_intent"] == intent["id"]}
    back = sum(
        one["amount"]
        for one in objects["refund"]
        if one["charge"] in charges and one["balance_transaction"] and one["status"] != "failed"
    )
    lost = sum(
        one["amount"]
        for one in objects["dispute"]
        if one["charge"] in charges and one["status"] in {"needs_response", "under_review", "lost"}
    )
    return intent["amount_received"] - back - lost


@pytest.mark.parametrize("seed", [7])
def test_the_same_seed_does_the_same_things(stripe_server: StripeStandIn, seed: int) -> None:
    histories = []
    for _ in range(2):
        stripe_server.reset(seed)
        shop = Shop(stripe_server, random.Random(seed))
        by_chance = StripeByChance(stripe_server, random.Random(seed))
        for _ in range(20):
            by_chance.breaks()
            shop.acts()
            by_chance.acts()
            by_chance.webhooks()
        histories.append((by_chance.did, [event["id"] for event in stripe_server.events()]))
    assert histories[0] == histories[1]
