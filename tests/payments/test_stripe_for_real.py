"""Over real HTTP, with a real worker: Stripe's webhook reaches the shop, and the payment is known."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import orjson
import pytest
import stripe
from sqlalchemy import select, text
from typer.testing import CliRunner, Result

from marketplace import cli
from marketplace.kit.database import Database
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import TransactionFlowStrategy
from marketplace.payments.gateways.notices import NoticeStatus
from marketplace.payments.gateways.stripe.inbox import WORK
from marketplace.payments.gateways.stripe.models import StripeEvent
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
        await _work(database)
        assert await ask(STATUS) == {"chargeStatus": "FULL", "authorizeStatus": "FULL"}
        assert await ask(COMPLETE) == {"order": {"chargeStatus": "FULL"}, "errors": []}


async def _work(database: Database) -> None:
    """Until nothing waits: a job that waits for another of the same payment is left by a worker that goes."""
    waits = text("SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE status = 'todo' AND task_name = :name)")
    waiting = True
    while waiting:
        await run_worker(database.settings, until_idle=True, handle_signals=False)
        async with database.transaction() as session:
            waiting = bool(await session.scalar(waits, {"name": WORK}))


async def _delivered(stand_in: StripeStandIn) -> list[int]:
    """In a thread, because the shop answers in this one."""
    return await asyncio.to_thread(stand_in.deliver)


@pytest.fixture
def command(database: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Awaitable[Result]]:
    """`marketplace stripe replay` with these words, in a thread: it has a loop of its own."""
    monkeypatch.setattr(cli, "_with_database", lambda: database.settings)

    async def run(*words: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, cli.cli, ["stripe", "replay", *words])

    return run


async def test_what_stripe_could_not_tell_is_fetched_by_a_command(
    command: Callable[..., Awaitable[Result]], database: Database, stripe_client: stripe.StripeClient
) -> None:
    intent = await stripe_client.v1.payment_intents.create_async({"amount": 10_00, "currency": "mad"})
    await stripe_client.v1.payment_intents.cancel_async(intent.id)
    done = await command("--since", "2020-01-01")
    assert done.output == "0 events queued again, and 1 that only Stripe knew of.\n"
    await _work(database)
    async with database.transaction() as session:
        event = (await session.scalars(select(StripeEvent))).one()
    assert (event.type, event.status) == ("payment_intent.canceled", NoticeStatus.IGNORED)
    assert (await command(event.id)).output == "Queued.\n"


async def test_what_can_not_be_replayed_is_said(
    command: Callable[..., Awaitable[Result]], database: Database
) -> None:
    for words in ((), ("evt_1", "--since", "2020-01-01")):
        assert "Name one event" in str((await command(*words)).exception)
    assert (await command("evt_1")).exit_code != 0
    database.settings = database.settings.model_copy(update={"stripe_secret_key": None})
    assert "there are no keys" in str((await command("evt_1")).exception)
