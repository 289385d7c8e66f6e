"""What goes wrong when it is told to: a queue of faults, each of which strikes the next request it fits."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Literal, get_args

from marketplace.payments.stand_ins.stripe.errors import Json, Refused

Kind = Literal[
    "decline",          # the card is declined, with `code` as its decline code
    "authentication",   # the bank wants 3-D Secure
    "rate_limit",       # 429, nothing done
    "conflict",         # 409: another request holds the object's lock
    "error",            # 500, nothing done
    "error_after",      # 500, but the work is done
    "reset",            # the connection breaks, nothing done
    "reset_after",      # the connection breaks, but the work is done
    "timeout",          # no answer ever, nothing done
    "timeout_after",    # no answer ever, but the work is done
    "slow",             # the answer takes `seconds`
    "duplicate",        # a webhook is sent twice
    "lose",             # a webhook is never sent
    "delay",            # a webhook waits until it is released: `deliver(delayed=True)`
    "reorder",          # a webhook is sent after the next one
    "skew",             # a webhook is signed `seconds` from now (below zero: in the past)
    "bad_secret",       # a webhook is signed with another secret
]  # fmt: skip
OF_WEBHOOKS = frozenset({"duplicate", "lose", "delay", "reorder", "skew", "bad_secret"})
OF_CARDS = frozenset({"decline", "authentication"})


@dataclass(slots=True)
class Fault:
    """`on` is a pattern of where it strikes: `POST /v1/refunds` for requests, `charge.*` for webhooks."""

    kind: Kind
    on: str = "*"
    times: int = 1
    code: str = "generic_decline"
    seconds: float = 0

    def fits(self, place: str) -> bool:
        pattern = ".*".join(map(re.escape, self.on.split("*")))
        return re.fullmatch(pattern, place) is not None


@dataclass(slots=True)
class Faults:
    waiting: list[Fault] = field(default_factory=list)
    struck: list[Fault] = field(default_factory=list)

    def add(
        self,
        kind: Kind,
        on: str = "*",
        *,
        times: int = 1,
        code: str = "generic_decline",
        seconds: float = 0,
    ) -> Fault:
        if kind not in get_args(Kind):
            raise Refused(f"There is no fault {kind!r}; there are {', '.join(get_args(Kind))}.", param="kind")
        fault = Fault(kind, on, times, code, seconds)
        self.waiting.append(fault)
        return fault

    def clear(self) -> None:
        self.waiting.clear()
        self.struck.clear()

    def of_request(self, place: str) -> Fault | None:
        """The fault of a request, if one waits for it: `POST /v1/payment_intents/pi_1/confirm`."""
        return self._take(place, lambda fault: fault.kind not in OF_WEBHOOKS | OF_CARDS)

    def of_card(self, place: str) -> Fault | None:
        return self._take(place, lambda fault: fault.kind in OF_CARDS)

    def of_webhook(self, type: str) -> list[Fault]:
        """Every fault that waits for a webhook of that type; each strikes once."""
        found = []
        for kind in sorted(OF_WEBHOOKS):
            fault = self._take(type, lambda fault, kind=kind: fault.kind == kind)  # type: ignore[misc]
            if fault is not None:
                found.append(fault)
        return found

    def _take(self, place: str, wanted: Callable[[Fault], bool]) -> Fault | None:
        for fault in self.waiting:
            if wanted(fault) and fault.fits(place):
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                self.struck.append(fault)
                return fault
        return None

    def shown(self) -> Json:
        return {"waiting": [asdict(fault) for fault in self.waiting]}
