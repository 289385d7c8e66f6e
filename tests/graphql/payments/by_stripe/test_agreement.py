"""Whatever buyers, staff, faults and webhooks do: in the end Stripe and we say the same."""

import os
import random
from datetime import timedelta
from typing import Any

import pytest
import stripe
from sqlalchemy import update

from marketplace.markets.models import Channel, TransactionFlowStrategy
from marketplace.payments import lost
from marketplace.payments.gateways.stripe.inbox import queue_waiting
from marketplace.payments.gateways.stripe.models import StripeEvent
from marketplace.payments.models import GatewayCall
from marketplace.payouts.queries import verify
from tests.graphql.payments.by_stripe.conftest import Shop

SEQUENCES = int(os.environ.get("STRIPE_SEQUENCES", "12"))
"""1,000 take some minutes: `STRIPE_SEQUENCES=1000`."""
STEPS = 14
CARDS = (
    "pm_card_visa", "pm_card_visa", "pm_card_visa", "pm_card_authenticationRequired", "pm_card_pendingRefund",
    "pm_card_chargeDeclinedInsufficientFunds", "pm_card_refundFail",
)  # fmt: skip
FAULTS = ("reset", "reset_after", "error", "error_after", "conflict", "rate_limit")
PLACES = ("POST /v1/refunds", "POST /v1/payment_intents/*", "POST /v1/payment_intents", "GET /v1/*")


class Play:
    """A buyer, staff, somebody at Stripe's dashboard and the net, all of them moody."""

    def __init__(self, shop: Shop, seed: int) -> None:
        self.shop = shop
        self.chance = random.Random(seed)
        self.payments: list[dict[str, Any]] = []
        self.told: list[Any] = []

    async def step(self) -> None:
        begins = not self.payments or self.chance.random() < 0.15
        steps = (self.confirm, self.authenticate, self.go_on, self.act, self.act, self.at_stripe, self.hear,
                 self.hear, self.find_out, self.trouble, self.time_passes)  # fmt: skip
        await (self.begin if begins else self.chance.choice(steps))()

    @property
    def payment(self) -> dict[str, Any]:
        return self.chance.choice(self.payments)

    async def begin(self) -> None:
        begun = await self.shop.begin(amount=self.chance.choice([150, 60, 90]))
        if begun["transaction"] is not None and begun["transaction"]["pspReference"]:
            self.payments.append(begun)

    async def confirm(self) -> None:
        with _allowed():
            await self.shop.confirm(self.payment, self.chance.choice(CARDS))

    async def authenticate(self) -> None:
        approved = self.chance.random() < 0.7
        self.shop.stand_in.authenticate(self.payment["transaction"]["pspReference"], approved=approved)

    async def go_on(self) -> None:
        await self.shop.go_on(self.payment)

    async def act(self) -> None:
        action = self.chance.choice(["CHARGE", "REFUND", "CANCEL", "REFUND"])
        amount = None if action == "CANCEL" else self.chance.choice([10, 30, 60, 150])
        await self.shop.act(self.payment, action, amount=amount)

    async def at_stripe(self) -> None:
        reference = self.payment["transaction"]["pspReference"]
        intents = self.shop.browser.v1.payment_intents
        with _allowed():
            match self.chance.randrange(3):
                case 0:
                    await intents.capture_async(reference)
                case 1:
                    await intents.cancel_async(reference)
                case 2:
                    refunds = self.shop.browser.v1.refunds
                    await refunds.create_async({"payment_intent": reference, "amount": 7_00})

    async def hear(self) -> None:
        told = [*self.shop.stand_in.webhooks(), *self.chance.sample(self.told, min(2, len(self.told)))]
        self.told += told
        heard = [one for one in told if self.chance.random() < 0.7]
        self.chance.shuffle(heard)
        if heard:
            await self.shop.hear(*heard, works=False)
            await self.do_jobs()

    async def do_jobs(self) -> None:
        """A job that fails for want of Stripe is left to those that look later."""
        while True:
            try:
                await self.shop.do_jobs()
            except Exception as error:
                if "Stripe" not in str(error):
                    raise
                await self.shop.session.rollback()
            else:
                return

    async def find_out(self, after: timedelta = timedelta(hours=8)) -> None:
        await self.shop.session.execute(update(GatewayCall).values(due_at=GatewayCall.due_at - after))
        await lost.queue_due(self.shop.session)
        await self.do_jobs()

    async def trouble(self) -> None:
        kind: Any = self.chance.choice(FAULTS)
        self.shop.stand_in.faults.add(kind, on=self.chance.choice(PLACES))

    async def time_passes(self) -> None:
        self.shop.stand_in.let_time_pass()

    async def settle(self) -> None:
        """All is told, and all is found out."""
        self.shop.stand_in.faults.clear()
        self.shop.stand_in.let_time_pass()
        # Stripe tells for three days what was not heard.
        await self.shop.hear(*self.told, *self.shop.stand_in.webhooks(delayed=True), works=False)
        await self.do_jobs()
        long_ago = StripeEvent.received_at - timedelta(hours=1)
        await self.shop.session.execute(update(StripeEvent).values(received_at=long_ago))
        await queue_waiting(self.shop.session)
        await self.do_jobs()
        for payment in self.payments:
            await self.shop.go_on(payment)
        for _ in range(3):
            await self.find_out()
        long_ago = GatewayCall.asked_at - timedelta(days=1)
        await self.shop.session.execute(update(GatewayCall).values(asked_at=long_ago))
        await self.find_out(timedelta(days=1))


class _allowed:  # noqa: N801 - it is read as a word
    """What Stripe refuses to a buyer or at its dashboard is refused: that is no fault."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, stripe.StripeError)


def _at_stripe(shop: Shop, payment: dict[str, Any]) -> dict[str, int]:
    """What of a payment is promised, taken and paid back by Stripe's own books."""
    intent = shop.intent(payment)
    gave_back = intent["status"] == "canceled" or intent["amount_received"] < intent["amount"]
    refunds = [
        one
        for one in shop.stand_in.all("refund")
        if one["payment_intent"] == intent["id"] and not (gave_back and one["balance_transaction"] is None)
    ]
    back = sum(one["amount"] for one in refunds if one["status"] == "succeeded")
    pending = sum(one["amount"] for one in refunds if one["status"] in {"pending", "requires_action"})
    return {
        "authorized": intent["amount"] if intent["status"] == "requires_capture" else 0,
        "charged": intent["amount_received"] - back - pending,
        "refunded": back,
        "refund_pending": pending,
    }


@pytest.mark.parametrize("seed", range(SEQUENCES))
@pytest.mark.parametrize("flow", TransactionFlowStrategy)
async def test_stripe_and_we_say_the_same_in_the_end(
    shop: Shop, flow: TransactionFlowStrategy, seed: int
) -> None:
    await shop.session.execute(update(Channel).values(default_transaction_flow_strategy=flow))
    play = Play(shop, seed)
    for _ in range(STEPS):
        await play.step()
    await play.settle()
    for payment in play.payments:
        amounts = await shop.amounts(payment)
        ours = {
            name: amounts.get(name, 0) for name in ("authorized", "charged", "refunded", "refund_pending")
        }
        assert ours == _at_stripe(shop, payment), await shop.events(payment)
        assert not amounts.get("charge_pending")
        row = await shop.transaction(payment)
        assert row.booked_minor == row.charged_minor + row.refund_pending_minor
    assert await verify(shop.session) == []
