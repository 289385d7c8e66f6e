"""Over real HTTP, with a real worker: Stripe's webhook reaches the shop, and the payment is known."""

import asyncio

import httpx
import orjson
import pytest
import stripe

from marketplace.kit.database import Database
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import TransactionFlowStrategy
from marketplace.payments.stand_ins.stripe.serving import StripeStandIn
from tests.factories.checkout import make_market, make_piece, make_ready_cart
from tests.factories.stripe import on_stand_in
from workers.runner import run_worker

BEGIN = """
mutation ($id: ID!) { it: transactionInitialize(id: $id, paymentGateway: {
  id: "saleor.app.payment.stripe", data: {paymentIntent: {paymentMethod: "card"}}}) {
    data transaction { id pspReference } transactionEvent { type } errors { message } } }
"""
STATUS = "query ($id: ID!) { it: checkout(id: $id) { chargeStatus authorizeStatus } }"
COMPLETE = (
    "mutation ($id: ID!) { it: checkoutComplete(id: $id) { order { chargeStatus } errors { message } } }"
)


@pytest.fixture
async def database(database: Database, stripe_stand_in: StripeStandIn) -> Database:
    database.settings = on_stand_in(database.settings, stripe_stand_in)
    return database


async def test_a_webhook_of_stripe_pays_a_cart(
    database: Database, live: str, stripe_stand_in: StripeStandIn, stripe_client: stripe.StripeClient
) -> None:
    async with database.transaction() as session:
        market = await make_market(session, default_transaction_flow_strategy=TransactionFlowStrategy.CHARGE)
        cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    cart_id = to_global_id("Checkout", cart.id)
    async with httpx.AsyncClient(base_url=live) as storefront:

        async def ask(document: str) -> dict[str, object]:
            content = orjson.dumps({"query": document, "variables": {"id": cart_id}})
            json = {"content-type": "application/json"}
            answer = await storefront.post("/graphql/", content=content, headers=json)
            it: dict[str, object] = answer.json()["data"]["it"]
            return it

        begun = await ask(BEGIN)
        assert begun["errors"] == []
        await stripe_client.v1.payment_intents.confirm_async(
            begun["transaction"]["pspReference"],  # type: ignore[index]
            {"payment_method": "pm_card_visa", "return_url": "https://shop.example"},
        )
        assert (await ask(STATUS))["chargeStatus"] == "NONE"
        stripe_stand_in.send_webhooks_to(f"{live}/webhooks/stripe")
        assert set(await _delivered(stripe_stand_in)) == {200}
        await run_worker(database.settings, until_idle=True, handle_signals=False)
        assert await ask(STATUS) == {"chargeStatus": "FULL", "authorizeStatus": "FULL"}
        assert await ask(COMPLETE) == {"order": {"chargeStatus": "FULL"}, "errors": []}


async def _delivered(stand_in: StripeStandIn) -> list[int]:
    """In a thread, because the shop answers in this one."""
    return await asyncio.to_thread(stand_in.deliver)
