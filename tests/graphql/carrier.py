"""A carrier: a server of somebody else's that offers ways to ship, or refuses some, as a test says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import App
from marketplace.people.permissions import Permission
from tests.factories.apps import make_app
from tests.factories.webhooks import make_webhook
from tests.receiver import Received, Receiver, Reply, receiving

LIST, FILTER = "SHIPPING_LIST_METHODS_FOR_CHECKOUT", "CHECKOUT_FILTER_SHIPPING_METHODS"
FILTER_OF_ORDER = "ORDER_FILTER_SHIPPING_METHODS"
CARRIER = "test.carrier"
QUERY = """
subscription { event {
  ... on ShippingListMethodsForCheckout { checkout { ...Cart } shippingMethods { id name } }
  ... on CheckoutFilterShippingMethods { checkout { ...Cart } shippingMethods { ...Way } }
  ... on OrderFilterShippingMethods { order { id lines { quantity } } shippingMethods { ...Way } }
} }
fragment Cart on Checkout { id shippingAddress { city } lines { quantity } }
fragment Way on ShippingMethod { id name price { amount } maximumOrderPrice { amount } active }
"""
EXPRESS: dict[str, Any] = {
    "id": "express",
    "name": "Express",
    "amount": 100.01,
    "currency": "MAD",
    "description": "By van",
    "minimum_delivery_days": 1,
    "maximum_delivery_days": 2,
    "metadata": {"service": "24h"},
}


@dataclass
class Carrier:
    """`offers` is what it answers to a list, `refuses` to a filter; a reply is given as it is."""

    app: App
    receiver: Receiver
    offers: Any = field(default_factory=lambda: [EXPRESS])
    refuses: Any = field(default_factory=lambda: {"excluded_methods": []})

    def answer(self, request: Received) -> Reply:
        said = self.offers if request.headers["saleor-event"] == LIST.lower() else self.refuses
        return said if isinstance(said, tuple) else (200, orjson.dumps(said))

    def heard(self, event: str) -> list[Any]:
        """What it was told of an event, each time that it was asked about it."""
        return [one.json for one in self.receiver.received if one.headers["saleor-event"] == event.lower()]


@asynccontextmanager
async def carrying(session: AsyncSession) -> AsyncIterator[Carrier]:
    """A carrier that is installed and answers to all that is asked of carriers."""
    app = await make_app(
        session,
        Permission.MANAGE_SHIPPING,
        Permission.MANAGE_CHECKOUTS,
        Permission.MANAGE_ORDERS,
        identifier=CARRIER,
        name="Carrier",
    )
    async with receiving() as receiver:
        events = (LIST, FILTER, FILTER_OF_ORDER)
        await make_webhook(session, *events, app=app, target_url=receiver.url, subscription_query=QUERY)
        made = Carrier(app, receiver)
        receiver.behave = made.answer
        yield made
