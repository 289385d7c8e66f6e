"""Chance plays Stripe: for tests that let anything happen and then look whether the money agrees.

chance = StripeByChance(stripe_stand_in, random.Random(seed))
chance.breaks(), chance.acts(), for delivery in chance.webhooks(): ...
for delivery in chance.calms_down(): ...
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, get_args

from marketplace.payments.stand_ins.stripe.faults import OF_CARDS, OF_WEBHOOKS, Kind

if TYPE_CHECKING:
    from marketplace.payments.stand_ins.stripe.outbox import Delivery
    from marketplace.payments.stand_ins.stripe.serving import StripeStandIn

SLOW = frozenset({"timeout", "timeout_after", "slow"})
"""Faults that make a test wait. A broken connection (`reset`) looks the same to whoever asked."""
OF_REQUESTS = sorted(set(get_args(Kind)) - OF_WEBHOOKS - OF_CARDS - SLOW)
GARBLED = frozenset({"skew", "bad_secret"})
"""Webhooks that are refused at the door: to the shop they are lost."""


@dataclass
class StripeByChance:
    stand_in: StripeStandIn
    chance: Random
    disputes: bool = True
    did: list[str] = field(default_factory=list)
    """What happened, for whoever reads a failure."""
    late: list[Delivery] = field(default_factory=list)

    def breaks(self) -> None:
        """Something is about to go wrong: with a request, a card, or a webhook."""
        kind = self.chance.choice([*OF_REQUESTS, *sorted(OF_CARDS), *sorted(OF_WEBHOOKS - GARBLED)])
        on = "POST *" if kind in OF_REQUESTS and self.chance.random() < 0.7 else "*"
        self.stand_in.faults.add(
            kind, on=on, code=self.chance.choice(["generic_decline", "insufficient_funds"])
        )
        self.did.append(f"breaks: {kind} on {on}")

    def acts(self) -> None:
        """A buyer answers the bank, a refund comes back, a dispute is opened or decided, or time passes."""
        chance, stand_in = self.chance, self.stand_in
        waiting = [one for one in stand_in.all("payment_intent") if one["status"] == "requires_action"]
        refunds = [
            one for one in stand_in.all("refund") if one["balance_transaction"] and one["status"] != "failed"
        ]
        charges = [one for one in stand_in.all("charge") if one["amount_captured"] and not one["disputed"]]
        disputes = [one for one in stand_in.all("dispute") if one["status"] not in {"won", "lost"}]
        acts = [(stand_in.let_time_pass, "time passes")]
        if waiting:
            intent, approved = chance.choice(waiting)["id"], chance.random() < 0.7
            acts += [
                (lambda: stand_in.authenticate(intent, approved=approved), f"{intent} approved={approved}")
            ] * 3
        if refunds:
            refund = chance.choice(refunds)["id"]
            acts.append((lambda: stand_in.fail_refund(refund), f"{refund} fails"))
        if charges and self.disputes:
            charge = chance.choice(charges)["id"]
            acts.append((lambda: stand_in.dispute(charge), f"{charge} is disputed"))
        if disputes:
            dispute, won = chance.choice(disputes)["id"], chance.random() < 0.5
            acts.append((lambda: stand_in.decide_dispute(dispute, won=won), f"{dispute} won={won}"))
        act, words = chance.choice(acts)
        act()
        self.did.append(words)

    def webhooks(self) -> list[Delivery]:
        """What arrives now: some of it twice, in another order, and some of it only later."""
        arriving = [*self.late, *self.stand_in.webhooks()]
        self.late = [one for one in arriving if self.chance.random() < 0.2]
        arriving = [one for one in arriving if one not in self.late]
        arriving += [one for one in arriving if self.chance.random() < 0.2]
        self.chance.shuffle(arriving)
        self.did.append(f"webhooks: {', '.join(one.event['type'] for one in arriving)}")
        return arriving

    def calms_down(self) -> list[Delivery]:
        """No more faults; what is due happens, and every webhook that was not lost arrives at last."""
        self.stand_in.faults.clear()
        self.stand_in.let_time_pass()
        rest, self.late = [*self.late, *self.stand_in.webhooks(delayed=True)], []
        self.chance.shuffle(rest)
        self.did.append("calms down")
        return rest
