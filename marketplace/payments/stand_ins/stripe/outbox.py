"""Webhooks: signed as Stripe signs them, sent at once or kept until told, and troubled by faults.

The header is `t=…,v1=…`, with the HMAC-SHA256 of `t.body` under the endpoint's secret:
https://docs.stripe.com/webhooks#verify-manually.
"""

import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from marketplace.payments.stand_ins.stripe.errors import Json
from marketplace.payments.stand_ins.stripe.faults import Faults

WEBHOOK_SECRET = "whsec_standin"  # noqa: S105 - it signs what the stand-in tells
CONNECT_SECRET = "whsec_standinconnect"  # noqa: S105 - and this what it tells of sellers' accounts


@dataclass(slots=True)
class Delivery:
    """A webhook on its way."""

    event: Json
    secret: str
    skew_seconds: float = 0
    attempts: int = 0
    not_before: float = 0
    """Of the machine's monotonic clock: when it may be tried again."""

    @property
    def is_of_a_seller(self) -> bool:
        """Whether it happened in a connected account: another endpoint, with its own secret, hears of it."""
        return "account" in self.event

    @property
    def body(self) -> bytes:
        return json.dumps(self.event, indent=2).encode()

    def signed(self) -> tuple[bytes, dict[str, str]]:
        """The body, and the headers it is sent with. Signed anew at each attempt, as Stripe does."""
        body = self.body
        at = int(time.time() + self.skew_seconds)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(body, self.secret, at),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        return body, headers


def signature(body: bytes, secret: str, at: int) -> str:
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, "sha256").hexdigest()
    return f"t={at},v1={digest}"


@dataclass(slots=True)
class Outbox:
    """What is to be told, in the order in which it is to be sent."""

    secret: str = WEBHOOK_SECRET
    url: str | None = None
    """Where webhooks are posted; none: whoever tests takes them out with `take()`."""
    connect_secret: str = CONNECT_SECRET
    immediately: bool = False
    wake: Callable[[], None] | None = None
    waiting: list[Delivery] = field(default_factory=list)
    delayed: list[Delivery] = field(default_factory=list)
    overtaken: list[Delivery] = field(default_factory=list)
    sent: list[Delivery] = field(default_factory=list)

    def clear(self) -> None:
        for deliveries in (self.waiting, self.delayed, self.overtaken, self.sent):
            deliveries.clear()

    def add(self, event: Json, faults: Faults) -> None:
        struck = {fault.kind: fault for fault in faults.of_webhook(event["type"])}
        if "lose" in struck:
            return
        delivery = self.delivery(event)
        if "bad_secret" in struck:
            delivery.secret = "whsec_another"  # noqa: S105 - of nobody
        if "skew" in struck:
            delivery.skew_seconds = struck["skew"].seconds
        copies = [delivery]
        if "duplicate" in struck:
            copies.append(Delivery(event, delivery.secret, delivery.skew_seconds))
        if "delay" in struck:
            self.delayed += copies
        elif "reorder" in struck:
            self.overtaken += copies
        else:
            self.waiting += [*copies, *self.overtaken]
            self.overtaken.clear()
        if self.wake is not None and self.immediately:
            self.wake()

    def delivery(self, event: Json) -> Delivery:
        """An event on its way, signed for the endpoint that listens to its kind."""
        delivery = Delivery(event, self.secret)
        if delivery.is_of_a_seller:
            delivery.secret = self.connect_secret
        return delivery

    def address_of(self, delivery: Delivery) -> str | None:
        """Where it is posted."""
        return f"{self.url}/connect" if self.url and delivery.is_of_a_seller else self.url

    def release(self) -> None:
        """Those that a fault kept back are sent with the rest."""
        self.waiting += [*self.overtaken, *self.delayed]
        self.overtaken.clear()
        self.delayed.clear()

    def take(self, *, delayed: bool = False) -> list[Delivery]:
        """What is to be sent now; the test sends it, in this order or another."""
        if delayed:
            self.release()
        taken, self.waiting[:] = list(self.waiting), []
        self.sent += taken
        return taken
