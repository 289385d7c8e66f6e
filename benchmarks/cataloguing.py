"""W6: staff put products on sale by `productBulkCreate`: two variants each, priced in up to three channels,
with pieces in a store room. What a run has made, it takes away again.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.load import Connection, WrongAnswerError, post

OPERATIONS = Path(__file__).parent / "operations"
CREATE, GROUND, CLEAR = (
    (OPERATIONS / f"{name}.graphql").read_text()
    for name in ("create_products", "ground_of_products", "delete_products")
)
BATCH = 100
CHANNELS = 3
SIZES = ("Grand", "Petit")
CHOSEN = {"DROPDOWN", "SWATCH"}
_numbers = count(1)


@dataclass
class Cataloguer:
    """One member of staff, who sends one batch after another."""

    api: str
    token: str
    ground: dict[str, Any]
    batch: int = BATCH
    made: list[str] = field(default_factory=list)
    """Ids of what there is to be taken away again."""

    async def create_products(self) -> None:
        """Make one batch."""
        connection = await Connection.to(self.api)
        try:
            products = [product(self.ground, next(_numbers)) for _ in range(self.batch)]
            done = (await self._ask(connection, CREATE, {"products": products}))["productBulkCreate"]
        finally:
            connection.close()
        if done["count"] != self.batch:
            raise WrongAnswerError(json.dumps(done["results"])[:400])
        self.made += [each["product"]["id"] for each in done["results"]]

    async def clear(self) -> None:
        """Take away what was made."""
        connection = await Connection.to(self.api)
        try:
            while self.made:
                ids, self.made = self.made[: self.batch], self.made[self.batch :]
                await self._ask(connection, CLEAR, {"ids": ids})
        finally:
            connection.close()

    async def _ask(self, connection: Connection, document: str, variables: dict[str, object]) -> Any:
        told = json.loads(await connection.send(post(self.api, document, variables, self.token)))
        if told.get("errors"):
            raise WrongAnswerError(json.dumps(told["errors"])[:400])
        return told["data"]


def cataloguers(
    api: str, token: str, ground: dict[str, Any], number: int
) -> tuple[list[Callable[[], Awaitable[None]]], list[Cataloguer]]:
    """So many of them: the work of each, and who they are."""
    staff = [Cataloguer(api, token, ground) for _ in range(number)]
    return [each.create_products for each in staff], staff


def product(ground: dict[str, Any], number: int) -> dict[str, Any]:
    """A product of a kind that has variants, as an import would send it."""
    kind = next(
        (edge["node"] for edge in ground["productTypes"]["edges"] if edge["node"]["variantAttributes"]),
        ground["productTypes"]["edges"][0]["node"],
    )
    channels = [channel["id"] for channel in ground["channels"][:CHANNELS]]
    room = ground["warehouses"]["edges"][0]["node"]
    return {
        "name": f"Tapis d'essai {number}",
        "productType": kind["id"],
        "category": ground["categories"]["edges"][0]["node"]["id"],
        "vendor": room["vendor"] and room["vendor"]["id"],
        "attributes": answers(kind["productAttributes"], 0),
        "channelListings": [
            {
                "channelId": channel,
                "isPublished": True,
                "visibleInListings": True,
                "isAvailableForPurchase": True,
            }
            for channel in channels
        ],
        "variants": [
            {
                "name": size,
                "sku": f"ESSAI-{number}-{place}",
                "attributes": answers(kind["variantAttributes"], place) if kind["hasVariants"] else [],
                "channelListings": [
                    {"channelId": channel, "price": 100 + number % 50} for channel in channels
                ],
                "stocks": [{"warehouse": room["id"], "quantity": 10}],
            }
            for place, size in enumerate(SIZES)
        ],
    }


def answers(attributes: list[dict[str, Any]], place: int) -> list[dict[str, Any]]:
    """What lists of choices are answered; a different one for each place, if there are enough."""
    said = []
    for attribute in attributes:
        choices = [edge["node"]["id"] for edge in attribute["choices"]["edges"]]
        if choices and attribute["inputType"] in CHOSEN:
            name = attribute["inputType"].lower()
            said.append({"id": attribute["id"], name: {"id": choices[place % len(choices)]}})
    return said
