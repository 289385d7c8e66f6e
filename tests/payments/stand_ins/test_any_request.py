"""Whatever Stripe's types allow is answered, by a yes or a reasoned no, and never by a crash."""

import types
from collections import Counter
from random import Random
from typing import Any, Literal, NotRequired, Union, get_args, get_origin
from urllib.parse import urlencode

import pytest
import stripe.params
from typing_extensions import is_typeddict

from marketplace.payments.stand_ins.stripe import accounts, happening
from marketplace.payments.stand_ins.stripe.cards import CARDS
from marketplace.payments.stand_ins.stripe.checking import _members
from marketplace.payments.stand_ins.stripe.keys import SECRET_KEY
from marketplace.payments.stand_ins.stripe.routes import ROUTES, Route
from marketplace.payments.stand_ins.stripe.server import App, Asked
from marketplace.payments.stand_ins.stripe.world import World

LIKELY: dict[str, list[object]] = {
    "automatic_payment_methods": [{"enabled": "true", "allow_redirects": "never"}],
    "capture_method": ["automatic", "manual"],
    "confirm": ["true"],
    "country": ["FR"],
    "currency": ["mad", "eur", "xof"],
    "payment_method": list(CARDS),
    "payment_method_options": [{"card": ""}, {"card": {"capture_method": "manual"}}],
    "type": ["card", "express"],
}
"""Values that let a request come further than its first refusal."""


class Asking:
    """Somebody who asks anything that Stripe's types allow."""

    def __init__(self, seed: int) -> None:
        self.chance, self.world = Random(seed), World()
        self.world.chance.seed(seed)
        self.app = App(self.world)

    def ask(self) -> int:
        creating = [route for route in ROUTES if route.handler.__name__ == "create"]
        route = self.chance.choice(creating if self.chance.random() < 0.4 else ROUTES)
        form = flat(self.params(route), "")
        in_query = route.method != "POST"
        asked = Asked(
            route.method,
            self.address(route),
            {"authorization": f"Bearer {SECRET_KEY}"},
            form if in_query else [],
            b"" if in_query else urlencode(form).encode(),
        )
        return self.app._work(asked, None).status

    def ids(self, noun: str | None = None) -> list[str]:
        found = [key for key, one in self.world.objects.items() if noun in {None, one["object"]}]
        return found or ["nobody"]

    def address(self, route: Route) -> str:
        ids = self.ids(route.resource.removesuffix("s"))
        return "/".join(self.chance.choice(ids) if part == "{}" else part for part in route.path.split("/"))

    def params(self, route: Route) -> dict[str, object]:
        members, required = _members(getattr(stripe.params, route.params))
        often = self.chance.choice([0.02, 0.2])
        chosen = {name for name in members if name in required or self.chance.random() < often}
        if "confirm" in members and self.chance.random() < 0.5:
            chosen |= LIKELY.keys() & members.keys()
        return {name: self.member(name, members[name]) for name in members if name in chosen}

    def member(self, name: str, declared: Any) -> object:
        if name == "amount" and self.chance.random() < 0.8:
            return self.chance.randrange(500, 9_000)
        if name in LIKELY and self.chance.random() < 0.8:
            return self.chance.choice(LIKELY[name])
        return self.value(declared, 0)

    def value(self, declared: Any, depth: int) -> object:  # noqa: PLR0911 - a table of types
        origin, arguments = get_origin(declared), get_args(declared)
        if origin is NotRequired:
            return self.value(arguments[0], depth)
        if origin in {Union, types.UnionType}:
            known = [one for one in arguments if get_origin(one) is dict or "UntypedStripe" not in str(one)]
            return self.value(self.chance.choice(known), depth)
        if origin is list:
            return [self.value(arguments[0], depth + 1) for _ in range(self.chance.randrange(3))]
        if origin is dict:
            return {name: self.value(arguments[1], depth + 1) for name in "ab"}
        if origin is Literal:
            return self.chance.choice(arguments)
        if is_typeddict(declared):
            members, required = _members(declared)
            chosen = [
                name for name in members if name in required or self.chance.random() < 0.5 / (depth + 1)
            ]
            return {name: self.value(members[name], depth + 1) for name in chosen}
        plain: dict[object, list[object]] = {
            int: [0, -1, 1, 1_000, 10**17], bool: ["true", "false"], float: ["1.5"],
            str: ["", "x", "0", "eur", "é\x00", self.chance.choice(self.ids()), "pm_card_visa"],
        }  # fmt: skip
        return self.chance.choice(plain[declared])


def flat(value: object, name: str) -> list[tuple[str, str]]:
    """As Stripe's clients write forms."""
    if isinstance(value, dict):
        return [pair for key, one in value.items() for pair in flat(one, f"{name}[{key}]" if name else key)]
    if isinstance(value, list):
        return [pair for index, one in enumerate(value) for pair in flat(one, f"{name}[{index}]")]
    return [(name, str(value))]


@pytest.mark.parametrize("seed", range(16))
def test_whatever_is_asked_is_answered(seed: int) -> None:
    asking = Asking(seed)
    answered: Counter[int] = Counter()
    for step in range(200):
        answered[asking.ask()] += 1
        if step % 20 == 0:
            for account in list(asking.world.all("account")):
                accounts.onboard(asking.world, account["id"])
            happening.let_time_pass(asking.world)
    assert answered.keys() <= {200, 400, 402, 403, 404}
    assert answered[200] > 40
