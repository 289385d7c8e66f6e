"""The stand-in on a port: a server in a thread with a loop of its own, and a handle on it for tests."""

import asyncio
import contextlib
import signal
import threading
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Self

import httpx
import structlog

from marketplace.kit.settings import Settings
from marketplace.payments.stand_ins.serving import InThread
from marketplace.payments.stand_ins.stripe import (
    accounts,
    balance,
    confirming,
    disputes,
    happening,
    installing,
    keeping,
    payouts,
    refunds,
)
from marketplace.payments.stand_ins.stripe.balance import Funds, funds, money_of
from marketplace.payments.stand_ins.stripe.errors import Json
from marketplace.payments.stand_ins.stripe.faults import Faults
from marketplace.payments.stand_ins.stripe.keys import Keys
from marketplace.payments.stand_ins.stripe.outbox import Delivery
from marketplace.payments.stand_ins.stripe.server import App
from marketplace.payments.stand_ins.stripe.world import PLATFORM, World

log = structlog.get_logger(__name__)

SEND_LIMIT_SECONDS = 20
LOOK_SECONDS = 1.0
RETRY_SECONDS = (1, 5, 30, 300, 3600)
"""After a webhook was not taken. Stripe tries for three days, at longer intervals."""


class StripeStandIn(InThread):
    """A running stand-in. All methods may be called from any thread.

    with StripeStandIn() as stripe:
        settings = settings.model_copy(update=stripe.settings)
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        address: str | None = None,
        kept_in: Path | None = None,
    ) -> None:
        """`address`: where browsers reach it, if elsewhere. `kept_in`: a file that remembers its world."""
        super().__init__("stand-in of Stripe", host, port)
        self.world = World()
        self._given_address = address
        self._kept_in, self._kept_changes = kept_in, 0
        self._woken: asyncio.Event | None = None

    # Serving

    def start(self) -> Self:
        if self._kept_in is not None:
            keeping.load(self.world, self._kept_in)
        return super().start()

    def application(self, address: str) -> App:
        self.world.address = self._given_address or address
        return App(self.world)

    def stop(self) -> None:
        if self.is_running:
            super().stop()
            self._keep()

    async def beside(self) -> None:
        self._woken = asyncio.Event()
        self.world.outbox.wake = self._wake
        await self._tend()

    def _wake(self) -> None:
        if self._loop is not None and self._woken is not None:
            self._loop.call_soon_threadsafe(self._woken.set)

    async def _tend(self) -> None:
        """Send webhooks as they come, where they are sent at once, and let happen what is due."""
        assert self._woken is not None  # noqa: S101
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), LOOK_SECONDS)
            self._woken.clear()
            if self.world.outbox.immediately:
                happening.do_what_is_due(self.world)
                await self._send(await_all=False)
            self._keep()

    def _keep(self) -> None:
        if self._kept_in is not None and self.world.changes != self._kept_changes:
            self._kept_changes = self.world.changes
            keeping.save(self.world, self._kept_in)

    # What tests ask

    @property
    def settings(self) -> dict[str, str]:
        """The settings of an installation that speaks to this stand-in."""
        return {
            "stripe_api_base": self.address,
            "stripe_secret_key": self.world.keys.secret,
            "stripe_publishable_key": self.world.keys.publishable,
            "stripe_webhook_secret": self.world.outbox.secret,
            "stripe_connect_webhook_secret": self.world.outbox.connect_secret,
            "stripe_js_url": f"{self.address}/js/v3/",
        }

    @property
    def address(self) -> str:
        return self.world.address

    @property
    def faults(self) -> Faults:
        """`stripe.faults.add("timeout_after", on="POST /v1/payment_intents")`."""
        return self.world.faults

    @property
    def keys(self) -> Keys:
        return self.world.keys

    def reset(self, seed: int | None = 0) -> None:
        """Forget everything: no objects, no faults, no webhooks on their way or their address."""
        self.world.reset(seed)
        self.world.outbox.url, self.world.outbox.immediately = None, False

    def object(self, id: str) -> Json:
        """An object as it is now."""
        with self.world.lock:
            return self.world.objects[id]

    def all(self, noun: str) -> list[Json]:
        """Objects of a kind, the oldest first: `stripe.all("refund")`."""
        with self.world.lock:
            return list(self.world.all(noun))

    def events(self, type: str | None = None) -> list[Json]:
        return [event for event in self.all("event") if type in {None, event["type"]}]

    def books(self, account_id: str = PLATFORM) -> Funds:
        """What the account has, by currency, in minor units: the sum of all its balance transactions."""
        with self.world.lock:
            return funds(self.world, account_id)

    def money_of(self, payment_intent_id: str) -> int:
        """What of a buyer's money is here, in minor units: taken, less what went back. Without fees."""
        with self.world.lock:
            return money_of(self.world, payment_intent_id)

    # What the world does without being asked by HTTP

    def authenticate(self, payment_intent_id: str, *, approved: bool = True) -> None:
        """The buyer answers the bank's question of 3-D Secure."""
        with self.world.lock:
            confirming.authenticate(
                self.world, self.world.find("payment_intent", payment_intent_id), approved=approved
            )

    def dispute(self, charge_id: str, reason: str = "fraudulent", amount: int | None = None) -> Json:
        """The buyer disputes a charge. Reason `inquiry`: the bank only asks, for now."""
        with self.world.lock:
            return disputes.open(self.world, self.world.find("charge", charge_id), reason, amount)

    def decide_dispute(self, dispute_id: str, *, won: bool) -> Json:
        with self.world.lock:
            return disputes.decide(self.world, dispute_id, won=won)

    def fail_refund(self, refund_id: str) -> None:
        """The buyer's bank sends a refund back."""
        with self.world.lock:
            refunds.fail(self.world, refund_id)

    def onboard(self, account_id: str) -> Json:
        """The seller has told Stripe all it asks: the account may be paid."""
        with self.world.lock:
            return accounts.onboard(self.world, account_id)

    def restrict_account(self, account_id: str) -> Json:
        """Stripe wants to know more of the seller, and pays nothing meanwhile."""
        with self.world.lock:
            return accounts.restrict(self.world, account_id)

    def deauthorize(self, account_id: str) -> None:
        """The account is ours no more: the seller, or Stripe, has taken it away from us."""
        with self.world.lock:
            accounts.deauthorize(self.world, account_id)

    def fund(self, amount: int, currency: str = "mad") -> None:
        """Put money onto our balance, in minor units: a top-up from our bank."""
        with self.world.lock:
            balance.top_up(self.world, amount, currency)

    def fail_payout(self, payout_id: str) -> None:
        """The bank sends a payout back."""
        with self.world.lock:
            payouts.fail(self.world, payout_id)

    def let_time_pass(self) -> None:
        """What is to happen later happens now: slow refunds arrive, banks decide."""
        happening.let_time_pass(self.world)

    # Webhooks

    def send_webhooks_to(self, url: str, *, immediately: bool = False) -> None:
        """Post webhooks there: at once, or when `deliver()` is called. Those of sellers' accounts go to
        `/connect` below it, signed with a secret of their own.
        """
        self.world.outbox.url, self.world.outbox.immediately = url, immediately

    def webhooks(self, *, delayed: bool = False) -> list[Delivery]:
        """Take the webhooks out that are to be sent now: each gives `.signed()`, its body and its headers."""
        with self.world.lock:
            return self.world.outbox.take(delayed=delayed)

    def deliver(self, *, delayed: bool = False) -> list[int]:
        """Post the webhooks that wait, one after the other; gives the statuses, 0 where nobody answered.

        Those that were not taken (no 2xx) wait again, as Stripe tries again.
        """
        assert self._loop is not None, "not started"  # noqa: S101
        if delayed:
            with self.world.lock:
                self.world.outbox.release()
        return self._do(self._send(await_all=True))

    def _do(self, work: Coroutine[Any, Any, list[int]]) -> list[int]:
        assert self._loop is not None  # noqa: S101
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _send(self, *, await_all: bool) -> list[int]:
        outbox, now = self.world.outbox, time.monotonic()
        with self.world.lock:
            due = [one for one in outbox.waiting if await_all or one.not_before <= now]
            outbox.waiting[:] = [one for one in outbox.waiting if one not in due]
        statuses = []
        async with httpx.AsyncClient(timeout=SEND_LIMIT_SECONDS) as client:
            for delivery in due:
                status = await self._post(client, delivery)
                statuses.append(status)
                with self.world.lock:
                    _settle(self.world, delivery, taken=httpx.codes.is_success(status))
        return statuses

    async def _post(self, client: httpx.AsyncClient, delivery: Delivery) -> int:
        address = self.world.outbox.address_of(delivery)
        if address is None:
            raise RuntimeError("the stand-in was not told where to send webhooks")
        body, headers = delivery.signed()
        try:
            response = await client.post(address, content=body, headers=headers)
        except httpx.TransportError as trouble:
            log.warning("a webhook of Stripe's stand-in did not arrive", why=repr(trouble))
            return 0
        if not response.is_success:
            log.warning("a webhook of Stripe's stand-in was not taken", status=response.status_code)
        return response.status_code


def _settle(world: World, delivery: Delivery, *, taken: bool) -> None:
    if taken:
        delivery.event["pending_webhooks"] = 0
        world.outbox.sent.append(delivery)
        return
    wait = RETRY_SECONDS[min(delivery.attempts, len(RETRY_SECONDS) - 1)]
    delivery.attempts += 1
    delivery.not_before = time.monotonic() + wait
    world.outbox.waiting.append(delivery)


def serve(settings: Settings, port: int, webhooks_to: str | None) -> None:
    """Run a stand-in until the process is told to stop, with what it remembers in the data directory."""
    told_to_stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told_to_stop.set())
    port = port or installing.free_port(settings)
    address = installing.address_for_browsers(settings, port)
    kept_in = settings.data_dir / "stripe_stand_in.json"
    with StripeStandIn(settings.host, port, address=address, kept_in=kept_in) as stand_in:
        stand_in.send_webhooks_to(webhooks_to or installing.webhook_url(settings), immediately=True)
        log.info("a stand-in of Stripe, in test mode: no money moves", address=address)
        told_to_stop.wait()
