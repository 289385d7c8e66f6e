"""Buyers, staff, somebody at Stripe and the net, all of them moody: what they do is drawn by lot.

street = await Street.of(shop, clock, seed)
anybody = await street.somebody(seed)
await anybody.does(12); await street.settles()
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import product
from types import ModuleType
from typing import Any, Literal

import stripe
from sqlalchemy import delete, func, select

from marketplace.catalog.models import ProductVariant
from marketplace.checkout.errors import CheckoutGoneError
from marketplace.checkout.models import Checkout, CheckoutLine
from marketplace.kit.errors import InvalidError
from marketplace.kit.ids import to_global_id, uuid_pk
from marketplace.kit.jobs import bring_forward, registry
from marketplace.markets.models import Channel, TransactionFlowStrategy
from marketplace.orders.models import Order
from marketplace.payments import auto_completion, lost, releasing
from marketplace.payments.abandoning import delete_checkout
from marketplace.payments.answers import LostAnswerError, UnreachableError
from marketplace.payments.gateways.notices import NoticeStatus
from marketplace.payments.gateways.stripe import handlers, replay
from marketplace.payments.gateways.stripe.models import StripeEvent
from marketplace.payments.models import GatewayCircuit
from marketplace.payments.stand_ins.stripe.outbox import Delivery
from marketplace_graphql.kernel import Requester
from tests.factories.checkout import Market, make_market, make_piece, make_ready_cart
from tests.factories.people import make_user
from tests.graphql.conftest import staff
from tests.graphql.payments.by_stripe.conftest import Shop

CARDS = (
    "pm_card_visa", "pm_card_visa", "pm_card_visa", "pm_card_authenticationRequired", "pm_card_pendingRefund",
    "pm_card_chargeDeclinedInsufficientFunds", "pm_card_refundFail",
)  # fmt: skip
FAULTS: tuple[Literal["reset", "reset_after", "error", "error_after", "conflict", "rate_limit"], ...] = (
    "reset", "reset_after", "error", "error_after", "conflict", "rate_limit"
)  # fmt: skip
PLACES = ("POST /v1/refunds", "POST /v1/payment_intents/*", "POST /v1/payment_intents", "GET /v1/*")
CHANGE_CART = """
mutation ($id: ID!, $lines: [CheckoutLineUpdateInput!]!) {
  it: checkoutLinesUpdate(id: $id, lines: $lines) { errors { field code } } }
"""
CANCEL_ORDER = "mutation ($id: ID!) { it: orderCancel(id: $id) { errors { field code } } }"
GRANT = """
mutation ($id: ID!, $input: OrderGrantRefundCreateInput!) {
  it: orderGrantRefundCreate(id: $id, input: $input) { grantedRefund { id } errors { field code } } }
"""
PAY_GRANT = """
mutation ($id: ID!) {
  it: transactionRequestRefundForGrantedRefund(grantedRefundId: $id) { errors { field code } } }
"""
LOST_ON_THE_WAY: tuple[Literal["lose", "bad_secret", "duplicate", "delay", "reorder"], ...] = (
    "lose", "bad_secret", "duplicate", "delay", "reorder"
)  # fmt: skip
"""What happens to webhooks. Of those that are lost `replay` asks in the end."""
WITHOUT_DECIMALS = "XOF"
STILL = 9
"""Hours between the looks of the schedule, once nothing more happens."""
LOOKS = 3
"""So many of them: by then a day has passed, and what was not answered is given up."""


class Street:
    """What its shoppers share: shops with every choice of rules, webhooks on their way, a worker, time."""

    def __init__(self, shop: Shop, clock: ModuleType, seed: int) -> None:
        self.shop, self.clock = shop, clock
        self.chance = random.Random(seed)
        self.unheard: list[Delivery] = []
        self.heard: list[Delivery] = []
        self.shops: list[tuple[Market, ProductVariant]] = []
        self.people: list[Anybody] = []
        self.changed: set[str] = set()
        """Payment intents that were made to be of another amount: they must count for nothing."""

    @classmethod
    async def of(cls, shop: Shop, clock: ModuleType, seed: int) -> Street:
        street = cls(shop, clock, seed)
        for flow, completes, releases in product(TransactionFlowStrategy, [True, False], [True, False]):
            market = await make_market(
                shop.session,
                default_transaction_flow_strategy=flow,
                automatically_complete_fully_paid_checkouts=completes,
                automatic_completion_cut_off_date=clock.now() - timedelta(days=1),
                release_funds_for_expired_checkouts=releases,
                release_funds_after_hours=2,
            )
            street.shops.append((market, await make_piece(shop.session, market.channel, stock=1000)))
        for flow in TransactionFlowStrategy:  # A hundred times the numbers, of a currency without decimals.
            market = await make_market(
                shop.session, currency_code=WITHOUT_DECIMALS, default_transaction_flow_strategy=flow
            )
            street.shops.append((market, await make_piece(shop.session, market.channel, stock=1000)))
        return street

    async def somebody(self, seed: int) -> Anybody:
        """With a cart in a shop of their choice."""
        await self.shop.session.execute(delete(GatewayCircuit))
        self.shop.stand_in.faults.clear()
        chance = random.Random(seed)
        market, piece = chance.choice(self.shops)
        cart = await make_ready_cart(self.shop.session, market, piece)
        somebody = Anybody(self, chance, to_global_id("Checkout", cart.id), market.channel)
        self.people.append(somebody)
        return somebody

    async def settles(self) -> None:
        """All is told, banks have decided, and the schedule has looked after what was lost."""
        self.shop.stand_in.faults.clear()
        for dispute in self.shop.stand_in.all("dispute"):
            self.shop.stand_in.decide_dispute(dispute["id"], won=self.chance.random() < 0.5)
        for look in range(LOOKS):
            if look == LOOKS - 2:
                await self._replay()
            await self.later(STILL)
            told = [*self.unheard, *self.shop.stand_in.webhooks(delayed=True)]
            self.unheard = []
            if told:
                self.chance.shuffle(told)
                await self.shop.hear(*told, works=False)
            await self.jobs()
            await self._work_once_more()
        await registry["payments.read_stripe_books"].run(self.shop.work, {})

    async def _replay(self) -> None:
        """What `marketplace stripe replay` does about webhooks that never came."""
        await self.shop.session.commit()
        heard = set((await self.shop.session.scalars(select(StripeEvent.id))).all())
        for event in self.shop.stand_in.events():
            if event["type"] in handlers.registry and event["id"] not in heard:
                await replay.replay_one(self.shop.work.database, self.shop.work.settings, event["id"])

    async def later(self, hours: int) -> None:
        self.clock.advance(timedelta(hours=hours))
        self.shop.stand_in.let_time_pass()
        session = self.shop.session
        await bring_forward(session, timedelta(hours=hours))
        await lost.queue_due(session)
        await releasing.queue_due(session, self.shop.work.settings)
        await auto_completion.queue_due(session)
        await self.jobs()

    async def jobs(self) -> None:
        while True:
            try:
                await self.shop.do_jobs()
            except (LostAnswerError, UnreachableError):
                await self.shop.session.rollback()  # A worker tries it again later: see below.
            else:
                return

    async def _work_once_more(self) -> None:
        """What a worker tries again: events that could not be worked on while Stripe was not there."""
        await self.shop.session.commit()
        waiting = select(StripeEvent.id).where(StripeEvent.status == NoticeStatus.WAITING)
        for event_id in (await self.shop.session.scalars(waiting)).all():
            await handlers.work_on(self.shop.work, event_id)


class Anybody:
    """One cart's life. What is done is kept in `did`, for whoever reads a failure."""

    def __init__(self, street: Street, chance: random.Random, cart_id: str, channel: Channel) -> None:
        self.street, self.shop, self.chance, self.cart_id = street, street.shop, chance, cart_id
        self.releases = channel.release_funds_for_expired_checkouts
        self.unit = 100 if channel.currency_code == WITHOUT_DECIMALS else 1
        self.payments: list[dict[str, Any]] = []
        self.confirmed: set[str] = set()
        self.keys: list[tuple[str, int | None]] = []
        rules = f"releases={self.releases} completes={channel.automatically_complete_fully_paid_checkouts}"
        self.did = [f"{channel.currency_code} {channel.default_transaction_flow_strategy} {rules}"]
        self.clerk: Requester | None = None

    async def does(self, steps: int) -> None:
        acts: dict[Callable[[], Awaitable[None]], int] = {
            self.begin: 1, self.confirm: 2, self.authenticate: 1, self.go_on: 2, self.complete: 3,
            self.change_cart: 1, self.act: 3, self.grant: 1, self.cancel_order: 1, self.at_stripe: 1,
            self.hear: 2, self.time_passes: 1, self.trouble: 3, self.leave: 1, self.pay_in_two_windows: 1,
        }  # fmt: skip
        for usual in (self.begin, self.confirm, self.go_on, self.complete):
            while self.chance.random() < 0.3:  # Something comes between.
                (act,) = self.chance.choices(list(acts), list(acts.values()))
                await self._do(act)
            await self._do(usual)
        for _ in range(steps):
            (act,) = self.chance.choices(list(acts), list(acts.values()))
            await self._do(act)

    async def _do(self, act: Callable[[], Awaitable[None]]) -> None:
        self.did.append(act.__name__)
        await act()

    # The buyer

    async def begin(self) -> None:
        """By a key of its own or one used before; for all that is left or for a part."""
        amount = self.chance.choice([None, None, None, None, 150, 60, 90])
        key = f"key-{self.cart_id}-{len(self.keys)}"
        if self.keys and self.chance.random() < 0.3:
            key, amount = self.chance.choice(self.keys)
        self.keys.append((key, amount))
        await self._begin(key, amount)

    async def _begin(self, key: str, amount: int | None) -> None:
        order = await self.order()
        source = self.cart_id if order is None else to_global_id("Order", order.id)
        amount = None if amount is None else amount * self.unit
        begun = await self.shop.begin(id=source, key=key, amount=amount)
        if begun["transaction"] is not None and begun["transaction"]["pspReference"]:
            known = [one["transaction"]["id"] for one in self.payments]
            if begun["transaction"]["id"] not in known:
                self.payments.append(begun)

    async def pay_in_two_windows(self) -> None:
        """Both are open before either is paid in."""
        before = len(self.payments)
        for _ in range(2):
            self.keys.append((f"key-{self.cart_id}-{len(self.keys)}", None))
            await self._begin(*self.keys[-1])
        for payment in self.payments[before:]:
            self.confirmed.add(payment["transaction"]["id"])
            with contextlib.suppress(stripe.StripeError):
                await self.shop.confirm(payment)
            if self.chance.random() < 0.5:
                await self.shop.go_on(payment)

    @property
    def payment(self) -> dict[str, Any] | None:
        return self.chance.choice(self.payments) if self.payments else None

    async def confirm(self) -> None:
        if (payment := self.payment) is not None:
            card = self.chance.choice(CARDS)
            self.did.append(card)
            self.confirmed.add(payment["transaction"]["id"])
            with contextlib.suppress(stripe.StripeError):  # Refused to a buyer: that is no fault.
                await self.shop.confirm(payment, card)

    async def authenticate(self) -> None:
        if (payment := self.payment) is not None:
            reference = payment["transaction"]["pspReference"]
            self.shop.stand_in.authenticate(reference, approved=self.chance.random() < 0.7)

    async def go_on(self) -> None:
        if (payment := self.payment) is not None:
            await self.shop.go_on(payment)

    async def complete(self) -> None:
        if await self.cart() is not None or await self.order() is not None:
            self.did.append(", ".join(await self.shop.complete(self.cart_id)) or "placed")

    async def change_cart(self) -> None:
        cart = await self.cart()
        if cart is not None:
            line = await self.shop.session.scalar(
                select(CheckoutLine.id).where(CheckoutLine.checkout_id == cart.id)
            )
            change = {"lineId": to_global_id("CheckoutLine", line), "quantity": self.chance.choice([1, 2])}
            await self.shop.read(CHANGE_CART, id=self.cart_id, lines=[change])

    # Staff

    async def act(self) -> None:
        if (payment := self.payment) is not None:
            action = self.chance.choice(["CHARGE", "REFUND", "CANCEL", "REFUND"])
            amount = None if action == "CANCEL" else self.chance.choice([10, 30, 60, 150]) * self.unit
            self.did.append(f"{action} {amount}")
            await self.shop.act(payment, action, amount=amount)

    async def grant(self) -> None:
        order, payment = await self.order(), self.payment
        if order is None or payment is None:
            return
        amount = self.chance.choice([10, 60]) * self.unit
        wish = {"amount": amount, "transactionId": payment["transaction"]["id"]}
        order_id = to_global_id("Order", order.id)
        made = await self.shop.read(GRANT, await self._staff(), id=order_id, input=wish)
        if made["grantedRefund"] is not None:
            await self.shop.read(PAY_GRANT, await self._staff(), id=made["grantedRefund"]["id"])

    async def cancel_order(self) -> None:
        if (order := await self.order()) is not None:
            await self.shop.read(CANCEL_ORDER, await self._staff(), id=to_global_id("Order", order.id))

    async def leave(self) -> None:
        """The cart is deleted, though its buyer may pay still in a forgotten window."""
        if await self.cart() is not None and self.chance.random() < 0.4:
            with contextlib.suppress(InvalidError, CheckoutGoneError):  # Something of it is paid.
                async with self.shop.session.begin_nested():
                    await delete_checkout(self.shop.session, uuid_pk(self.cart_id, "Checkout"))
                self.did.append("deleted")

    async def _staff(self) -> Requester:
        if self.clerk is None:
            user = await make_user(self.shop.session, is_staff=True)
            self.clerk = staff("HANDLE_PAYMENTS", "MANAGE_ORDERS", user=user)
        return self.clerk

    async def at_stripe(self) -> None:
        if (payment := self.payment) is None:
            return
        reference = payment["transaction"]["pspReference"]
        intents, refunds = self.shop.browser.v1.payment_intents, self.shop.browser.v1.refunds
        with contextlib.suppress(stripe.StripeError):
            match self.chance.randrange(5):
                case 0:
                    await intents.capture_async(reference)
                case 1:
                    await intents.cancel_async(reference)
                case 2:
                    await refunds.create_async({"payment_intent": reference, "amount": 7_00})
                case 3:
                    self._dispute(reference)
                case 4 if self.shop.intent(payment)["status"] == "requires_payment_method":
                    await self._make_another_amount(payment)

    async def _make_another_amount(self, payment: dict[str, Any]) -> None:
        """Somebody at Stripe has, and the buyer pays it: that is no payment of ours any more."""
        reference = payment["transaction"]["pspReference"]
        with contextlib.suppress(stripe.StripeError):  # It may be done, though the answer is lost.
            await self.shop.browser.v1.payment_intents.update_async(reference, {"amount": 10_00})
        if self.shop.intent(payment)["amount"] == 10_00:
            self.did.append("made another amount")
            self.street.changed.add(reference)
            await self.shop.confirm(payment)

    def _dispute(self, reference: str) -> None:
        """The buyer has the bank take a payment back, once."""
        stand_in, disputed = self.shop.stand_in, {one["charge"] for one in self.shop.stand_in.all("dispute")}
        for charge in list(stand_in.all("charge")):
            is_whole = charge["amount_captured"] and not charge["amount_refunded"]
            if charge["payment_intent"] == reference and is_whole and charge["id"] not in disputed:
                self.did.append("disputed")
                stand_in.dispute(charge["id"])

    # The net, and time

    async def hear(self) -> None:
        """Webhooks come in any order; some of them twice, some later."""
        street = self.street
        street.unheard += self.shop.stand_in.webhooks()
        now = [one for one in street.unheard if self.chance.random() < 0.7]
        street.unheard = [one for one in street.unheard if one not in now]
        now += self.chance.sample(street.heard, min(2, len(street.heard)))
        self.chance.shuffle(now)
        street.heard += now
        if now:
            await self.shop.hear(*now, works=False)
            await street.jobs()

    async def trouble(self) -> None:
        if self.chance.random() < 0.3:
            lost_one = self.chance.choice(LOST_ON_THE_WAY)
            self.did.append(f"a webhook: {lost_one}")
            self.shop.stand_in.faults.add(lost_one)
            return
        kind, place = self.chance.choice(FAULTS), self.chance.choice(PLACES)
        self.did.append(f"{kind} on {place}")
        self.shop.stand_in.faults.add(kind, on=place)

    async def time_passes(self) -> None:
        await self.street.later(self.chance.choice([1, 3, 8]))

    # What there is

    async def cart(self) -> Checkout | None:
        await self.shop.session.commit()
        found: Checkout | None = await self.shop.session.scalar(
            select(Checkout).where(Checkout.id == uuid_pk(self.cart_id, "Checkout"))
        )
        return found

    async def order(self) -> Order | None:
        """Raises where there are two."""
        await self.shop.session.commit()
        found = await self.shop.session.scalars(
            select(Order).where(Order.checkout_id == uuid_pk(self.cart_id, "Checkout")),
            execution_options={"populate_existing": True},
        )
        return found.one_or_none()

    async def counted_orders(self) -> int:
        return await self.shop.session.scalar(select(func.count()).select_from(Order)) or 0
