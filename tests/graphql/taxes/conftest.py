"""An app that works out taxes: a server of somebody else's that answers as a test says."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import App
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import TaxCalculationStrategy
from marketplace.people.permissions import Permission
from tests.factories.apps import make_app
from tests.factories.checkout import Market, make_market, make_piece, make_ready_cart
from tests.factories.webhooks import make_webhook
from tests.receiver import Received, Receiver, Reply, receiving

TAX_APP = "shop.taxes"
QUERY = """
subscription { event { ... on CalculateTaxes {
  recipient { name }
  taxBase {
    pricesEnteredWithTax currency channel { slug }
    sourceObject { __typename ... on Checkout { id } ... on Order { id status } }
    shippingPrice { amount } address { city country { code } }
    discounts { name type amount { amount currency } }
    lines {
      quantity chargeTaxes productName variantName productSku unitPrice { amount } totalPrice { amount }
      sourceLine { __typename
        ... on CheckoutLine { id variant { sku } } ... on OrderLine { id ofOrder: variant { sku } } } } } } }
}
"""
Say = dict[str, Any]


def taxed_by(percent: float) -> Callable[[Say], Say]:
    """Answers as an app does that taxes all alike: on the net prices, or out of the gross ones."""

    def answer(base: Say) -> Say:
        with_tax = base["pricesEnteredWithTax"]
        total = sum(line["totalPrice"]["amount"] for line in base["lines"])
        off = {"SUBTOTAL": 0.0, "SHIPPING": 0.0}
        for discount in base["discounts"]:
            off[discount["type"]] += discount["amount"]["amount"]

        def both(entered: float) -> tuple[float, float]:
            other = entered / (1 + percent / 100) if with_tax else entered * (1 + percent / 100)
            return (entered, round(other, 2)) if with_tax else (round(other, 2), entered)

        lines = []
        for line in base["lines"]:
            entered = line["totalPrice"]["amount"]
            gross, net = both(round(entered - off["SUBTOTAL"] * entered / total, 2) if total else 0.0)
            lines.append({"tax_rate": percent, "total_gross_amount": gross, "total_net_amount": net})
        gross, net = both(base["shippingPrice"]["amount"] - off["SHIPPING"])
        return {
            "shipping_tax_rate": percent,
            "shipping_price_gross_amount": gross,
            "shipping_price_net_amount": net,
            "lines": lines,
        }

    return answer


@dataclass
class TaxApp:
    """`says` makes its answer of what it was told, or is its answer."""

    app: App
    receiver: Receiver
    says: Any = field(default_factory=lambda: taxed_by(20))

    async def answer(self, request: Received) -> Reply:
        said = self.says(request.json["taxBase"]) if callable(self.says) else self.says
        if hasattr(said, "__await__"):
            said = await said
        return said if isinstance(said, tuple) else (200, orjson.dumps(said))

    @property
    def heard(self) -> list[tuple[str, Say]]:
        """The events it was asked about, and what it was told of each."""
        return [(one.headers["saleor-event"], one.json["taxBase"]) for one in self.receiver.received]


@pytest.fixture
async def tax_app(session: AsyncSession) -> AsyncIterator[TaxApp]:
    app = await make_app(session, Permission.HANDLE_TAXES, identifier=TAX_APP, name="Shop Taxes")
    async with receiving() as receiver:
        await make_webhook(
            session,
            "CHECKOUT_CALCULATE_TAXES",
            "ORDER_CALCULATE_TAXES",
            app=app,
            target_url=f"{receiver.url}/taxes",
            subscription_query=QUERY,
        )
        made = TaxApp(app, receiver)
        receiver.behave = made.answer
        yield made


@pytest.fixture
async def market(session: AsyncSession) -> Market:
    """Where the app works out taxes, on top of prices without."""
    return await make_market(
        session,
        prices_entered_with_tax=False,
        tax_calculation_strategy=TaxCalculationStrategy.TAX_APP,
        tax_app_id=TAX_APP,
        allow_unpaid_orders=True,
    )


def gid(row: Any) -> str:
    return to_global_id(type(row).__name__, row.id)


async def ready(session: AsyncSession, market: Market, price_minor: int = 100_00, **given: Any) -> str:
    """The id of a cart that only needs to be completed: of a price, and 30.00 for its delivery."""
    rug = await make_piece(session, market.channel, price_minor)
    return gid(await make_ready_cart(session, market, rug, **given))


def made_wrong(**changed: Any) -> Any:
    """A good answer of which something is wrong."""
    return lambda base: taxed_by(20)(base) | changed


def line_made_wrong(**changed: Any) -> Any:
    def answer(base: Say) -> Say:
        said = taxed_by(20)(base)
        return {**said, "lines": [{**line, **changed} for line in said["lines"]]}

    return answer
