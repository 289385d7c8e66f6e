"""What the stand-in knows: objects by their ids, made in Stripe's shapes, and what happened to them."""

import json
import random
import string
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import stripe

from marketplace.kit import clock
from marketplace.payments.stand_ins.stripe.errors import Json, copied, no_such
from marketplace.payments.stand_ins.stripe.faults import Faults
from marketplace.payments.stand_ins.stripe.idempotency import Answers
from marketplace.payments.stand_ins.stripe.keys import Keys
from marketplace.payments.stand_ins.stripe.outbox import Outbox

LETTERS = string.ascii_letters + string.digits
PREFIXES = {
    "account": "acct", "balance_transaction": "txn", "charge": "ch", "customer": "cus", "dispute": "du",
    "event": "evt", "payment_intent": "pi", "payment_method": "pm", "payout": "po", "refund": "re",
    "transfer": "tr", "transfer_reversal": "trr",
}  # fmt: skip
PLATFORM = "acct_standin"
"""The account that everything belongs to which names no other."""


@cache
def _shapes() -> dict[str, Json]:
    text = (Path(__file__).parent / "shapes.json").read_text()
    shapes: dict[str, Json] = json.loads(text)
    return shapes


def shape(noun: str) -> Json:
    """An object of that kind with every member that Stripe's has, as empty as it may be."""
    return copied(_shapes()[noun])


@dataclass(slots=True)
class World:
    """One Stripe account with its books, its keys and its faults. `lock` is held by whoever works on it."""

    keys: Keys = field(default_factory=Keys)
    outbox: Outbox = field(default_factory=Outbox)
    address: str = "http://127.0.0.1"
    """Where browsers reach the stand-in, without a slash at its end."""
    settled_in: dict[str, tuple[str, Decimal]] = field(default_factory=dict)
    """Currencies that Stripe changes into another before it books them, and at what rate. Others stay."""
    now: Callable[[], int] = lambda: int(clock.now().timestamp())
    objects: dict[str, Json] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    """To which connected account an object belongs, where it isn't the platform's own."""
    secrets: dict[str, Json] = field(default_factory=dict)
    """What the stand-in knows of an object and never shows: the card behind a payment method."""
    due: list[tuple[int, str, str]] = field(default_factory=list)
    """What happens by itself later: when, what, and to which object."""
    faults: Faults = field(default_factory=Faults)
    answers: Answers = field(default_factory=Answers)
    chance: random.Random = field(default_factory=random.Random)
    lock: threading.RLock = field(default_factory=threading.RLock)
    changes: int = 0
    """How often something was made or told since the start."""

    def reset(self, seed: int | None = None) -> None:
        """Forget everything but the keys and where webhooks go. A seed makes the ids the same each time."""
        with self.lock:
            for forgotten in (self.objects, self.owners, self.secrets, self.due, self.settled_in):
                forgotten.clear()
            self.faults.clear()
            self.answers.clear()
            self.outbox.clear()
            self.keys.reset()
            self.chance.seed(seed)

    def new_id(self, prefix: str, length: int = 24) -> str:
        return f"{prefix}_{''.join(self.chance.choices(LETTERS, k=length))}"

    def add(self, noun: str, *, owner: str | None = None, **members: object) -> Json:
        """A new object of that kind. `owner`: the connected account that it belongs to."""
        made = shape(noun)
        made = {"id": self.new_id(PREFIXES[noun]), **made, "created": self.now(), **members}
        self.objects[made["id"]] = made
        self.changes += 1
        if owner is not None and owner != PLATFORM:
            self.owners[made["id"]] = owner
        return made

    def find(self, noun: str, id: str, *, param: str | None = None, owner: str | None = None) -> Json:
        """The object of that kind. `param` names the parameter that held the id, if it wasn't the address."""
        found = self.objects.get(id)
        if found is None or found["object"] != noun or (owner and self.owner_of(id) != owner):
            raise no_such(noun, id, param or noun.removeprefix("payment_"), 404 if param is None else 400)
        return found

    def owner_of(self, id: str) -> str:
        return self.owners.get(id, PLATFORM)

    def all(self, noun: str, owner: str | None = None) -> Iterator[Json]:
        """Objects of that kind, the oldest first."""
        for known, found in list(self.objects.items()):
            if found["object"] == noun and (owner is None or self.owner_of(known) == owner):
                yield found

    def tell(self, type: str, about: Json, previous: Json | None = None, **more: Any) -> Json:
        """Something happened: an event, and its way to whoever listens."""
        data: Json = {"object": copied(about)}
        if previous is not None:
            data["previous_attributes"] = previous
        owner = self.owner_of(about.get("id", ""))
        owner = more.get("account", owner)
        if owner != PLATFORM:
            more["account"] = owner
        event = self.add(
            "event",
            owner=owner,
            api_version=stripe.api_version,
            type=type,
            data=data,
            pending_webhooks=1 if self.outbox.url else 0,
            request=dict(self.answers.current),
            **more,
        )
        self.outbox.add(event, self.faults)
        return event

    def later(self, seconds: int, what: str, id: str) -> None:
        self.due.append((self.now() + seconds, what, id))
