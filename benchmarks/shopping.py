"""W4: shoppers who go from an empty cart to a placed order, by Saleor's own operations."""

import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.load import Connection, WrongAnswerError, post

STORY = Path(__file__).parents[1] / "graphql" / "operations" / "story"
ADDRESS = {
    "firstName": "Youssef",
    "lastName": "El Amrani",
    "streetAddress1": "4, avenue Hassan II",
    "city": "Fès",
    "postalCode": "30000",
    "country": "MA",
    "phone": "+212661234567",
}
STEPS = {
    name: (STORY / f"{name}.graphql").read_text()
    for name in (
        "create_checkout",
        "add_lines",
        "set_shipping_address",
        "set_billing_address",
        "delivery_options",
        "choose_delivery",
        "pay_at_the_door",
        "complete_checkout",
    )
}
_numbers = count(1)


@dataclass
class Shopper:
    """One buyer after another, each over a connection of their own, with two listings in the cart."""

    api: str
    pieces: dict[str, int]
    """How many of each variant are left for this shopper: nobody else takes them."""
    chance: random.Random

    async def place_order(self) -> None:
        connection = await Connection.to(self.api)
        try:
            await self._shop(connection)
        finally:
            connection.close()

    async def _shop(self, connection: Connection) -> None:
        email = f"shopper-{next(_numbers)}@example.com"
        made = await self._do(connection, "create_checkout", channel="maroc", email=email)
        cart = made["checkout"]["id"]
        chosen = self.chance.sample(sorted(self.pieces), 2)
        for variant in chosen:
            self.pieces[variant] -= 1
            if not self.pieces[variant]:
                del self.pieces[variant]
        await self._do(
            connection, "add_lines", id=cart, lines=[{"variantId": v, "quantity": 1} for v in chosen]
        )
        await self._do(connection, "set_shipping_address", id=cart, address=ADDRESS)
        await self._do(connection, "set_billing_address", id=cart, address=ADDRESS)
        options = (await self._do(connection, "delivery_options", id=cart))["deliveries"]
        await self._do(connection, "choose_delivery", id=cart, delivery=options[0]["id"])
        await self._do(connection, "pay_at_the_door", id=cart, key=cart)
        order = (await self._do(connection, "complete_checkout", id=cart))["order"]
        if not order["vendorOrders"]:
            raise WrongAnswerError(f"order {order['number']} has no seller")

    async def _do(self, connection: Connection, step: str, **variables: object) -> dict[str, Any]:
        answer = json.loads(await connection.send(post(self.api, STEPS[step], variables)))
        (payload,) = answer["data"].values() if answer.get("data") else (None,)
        if payload is None or payload["errors"]:
            raise WrongAnswerError(f"{step}: {answer}")
        return dict(payload)


def shoppers(api: str, number: int, pieces: dict[str, int]) -> list[Callable[[], Awaitable[None]]]:
    """So many shoppers, each with variants of its own, so that they don't queue for the same pieces."""
    variants = sorted(pieces)
    return [
        Shopper(
            api,
            {variant: pieces[variant] for variant in variants[index::number]},
            random.Random(index),
        ).place_order
        for index in range(number)
    ]
