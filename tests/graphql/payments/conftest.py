"""A payment app: a server of somebody else's that answers as a test says."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import App
from marketplace.kit.ids import to_global_id
from tests.factories.apps import make_app
from tests.factories.checkout import make_market, make_piece, make_ready_cart
from tests.factories.webhooks import make_webhook
from tests.receiver import Received, Receiver, Reply, receiving

GATEWAY = "shop.pay"
ASKED = (
    "PAYMENT_GATEWAY_INITIALIZE_SESSION",
    "TRANSACTION_INITIALIZE_SESSION",
    "TRANSACTION_PROCESS_SESSION",
    "TRANSACTION_CHARGE_REQUESTED",
    "TRANSACTION_REFUND_REQUESTED",
    "TRANSACTION_CANCELATION_REQUESTED",
)
QUERY = """
subscription { event {
  ... on PaymentGatewayInitializeSession { amount data sourceObject { ...Source } }
  ... on TransactionInitializeSession {
    merchantReference idempotencyKey customerIpAddress data recipient { name }
    action { amount currency actionType } transaction { id } sourceObject { ...Source } }
  ... on TransactionProcessSession {
    merchantReference data action { amount currency actionType } sourceObject { ...Source } }
  ... on TransactionChargeRequested { asked: action { ...Asked } payment: transaction { pspReference } }
  ... on TransactionRefundRequested {
    asked: action { ...Asked } payment: transaction { pspReference } granted: grantedRefund { id reason } }
  ... on TransactionCancelationRequested { asked: action { ...Asked } payment: transaction { pspReference } }
} }
fragment Asked on TransactionAction { amount currency actionType }
fragment Source on OrderOrCheckout { __typename ... on Checkout { id } ... on Order { id number } }
"""

CHARGED = {"pspReference": "psp-1", "result": "CHARGE_SUCCESS", "amount": 150, "actions": ["REFUND"]}


@dataclass
class PaymentApp:
    """`says` are the objects that it answers to one request after the other; the last is said again."""

    app: App
    receiver: Receiver
    says: list[Any] = field(default_factory=list)

    def answer(self, _request: Received) -> Reply:
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        return (200, orjson.dumps(said)) if isinstance(said, dict) else said

    @property
    def heard(self) -> list[tuple[str, Any]]:
        """The events it was asked about, and what it was told of each."""
        return [(one.headers["saleor-event"], one.json) for one in self.receiver.received]


@pytest.fixture
async def payment_app(session: AsyncSession) -> AsyncIterator[PaymentApp]:
    app = await make_app(session, "HANDLE_PAYMENTS", identifier=GATEWAY, name="Shop Pay")  # type: ignore[arg-type]
    async with receiving() as receiver:
        await make_webhook(
            session, *ASKED, app=app, target_url=f"{receiver.url}/ask", subscription_query=QUERY
        )
        made = PaymentApp(app, receiver, [{}])
        receiver.behave = made.answer
        yield made


@pytest.fixture
async def cart_id(session: AsyncSession) -> str:
    """Of a guest's cart of 150 MAD."""
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    return to_global_id("Checkout", cart.id)
