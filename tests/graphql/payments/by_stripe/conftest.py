"""A shop that takes cards by Stripe, over Stripe's stand-in; its buyers' browsers; and its worker."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import stripe
from fastapi import FastAPI
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from marketplace.app import create_app
from marketplace.kit.ids import to_global_id, uuid_pk
from marketplace.kit.jobs import Work, registry
from marketplace.kit.settings import Settings
from marketplace.kit.storage import storage_from
from marketplace.markets.models import Channel, TransactionFlowStrategy
from marketplace.payments.models import TransactionEvent, TransactionItem
from marketplace.payments.stand_ins.stripe.outbox import Delivery
from marketplace.payments.stand_ins.stripe.serving import StripeStandIn
from marketplace_graphql.asgi import make_api
from marketplace_graphql.kernel import Api
from tests.factories.checkout import make_market, make_piece, make_ready_cart
from tests.factories.people import make_user
from tests.factories.stripe import on_stand_in
from tests.graphql.conftest import Ask, staff
from tests.shared_connection import SharedConnection
from workers.runner import import_handlers

GATEWAY = "saleor.app.payment.stripe"
CARD = {"paymentIntent": {"paymentMethod": "card"}}
DONE = """
  data
  transaction {
    id name pspReference actions externalUrl message
    chargedAmount { amount } authorizedAmount { amount } chargePendingAmount { amount }
    paymentMethodDetails {
      __typename name ... on CardPaymentMethodDetails { brand lastDigits expMonth expYear } } }
  transactionEvent { type pspReference message externalUrl amount { amount } }
  errors { field code message }
"""
INITIALIZE = """
mutation ($id: ID!, $amount: PositiveDecimal, $key: String, $data: JSON) {
  it: transactionInitialize(id: $id, amount: $amount, idempotencyKey: $key,
    paymentGateway: {id: "saleor.app.payment.stripe", data: $data}) { %s } }
"""
PROCESS = "mutation ($id: ID!) { it: transactionProcess(id: $id) { %s } }"
ACTION = """
mutation ($id: ID!, $action: TransactionActionEnum!, $amount: PositiveDecimal, $reason: String) {
  it: transactionRequestAction(id: $id, actionType: $action, amount: $amount, refundReason: $reason) {
    errors { field code message } } }
"""
COMPLETE = "mutation ($id: ID!) { it: checkoutComplete(id: $id) { order { id } errors { code message } } }"


@pytest.fixture
def stripe_settings(settings: Settings, stripe_stand_in: StripeStandIn) -> Settings:
    return on_stand_in(settings, stripe_stand_in)


@pytest.fixture
async def api(connection: AsyncConnection, stripe_settings: Settings) -> AsyncIterator[Api]:
    database = SharedConnection(stripe_settings, connection)
    yield make_api(stripe_settings, database, storage=storage_from(stripe_settings))
    await database.close()


@pytest.fixture
async def app(connection: AsyncConnection, stripe_settings: Settings) -> AsyncIterator[FastAPI]:
    database = SharedConnection(stripe_settings, connection)
    app = create_app(stripe_settings, database)
    async with app.router.lifespan_context(app):
        yield app
    await database.close()


@pytest.fixture
async def work(
    session: AsyncSession, connection: AsyncConnection, stripe_settings: Settings
) -> AsyncIterator[Work]:
    import_handlers()
    database = SharedConnection(stripe_settings, connection)
    yield Work(
        session=session, database=database, settings=stripe_settings, storage=storage_from(stripe_settings)
    )
    await database.close()


@pytest.fixture
def do_jobs(session: AsyncSession, work: Work) -> Callable[[], Awaitable[int]]:
    """Does what payments have queued and is due, as a worker would; gives how many jobs that were."""
    due = text(
        "UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = ("
        " SELECT min(id) FROM procrastinate_jobs WHERE status = 'todo' AND task_name ~ '^payments'"
        " AND coalesce(scheduled_at, now()) <= now()) RETURNING task_name, args"
    )

    async def done() -> int:
        count = 0
        await session.commit()
        while (found := (await session.execute(due)).one_or_none()) is not None:
            await session.commit()
            await registry[found.task_name].run(work, found.args)
            await session.commit()
            count += 1
        return count

    return done


@dataclass
class Shop:
    """What buyers, staff and Stripe do."""

    ask: Ask
    session: AsyncSession
    stand_in: StripeStandIn
    browser: stripe.StripeClient
    client: httpx.AsyncClient
    work: Work
    do_jobs: Callable[[], Awaitable[int]]
    cart_id: str

    async def read(self, document: str, requester: Any = None, **given: Any) -> dict[str, Any]:
        answer = await self.ask(document, requester, **given)
        assert "errors" not in answer, answer["errors"]
        it: dict[str, Any] = answer["data"]["it"]
        return it

    async def begin(self, **given: Any) -> dict[str, Any]:
        return await self.read(INITIALIZE % DONE, **{"id": self.cart_id, "data": CARD} | given)

    async def go_on(self, payment: dict[str, Any]) -> dict[str, Any]:
        return await self.read(PROCESS % DONE, id=payment["transaction"]["id"])

    async def confirm(self, payment: dict[str, Any], card: str = "pm_card_visa") -> stripe.PaymentIntent:
        """What Stripe's script does in the buyer's browser."""
        return await self.browser.v1.payment_intents.confirm_async(
            payment["transaction"]["pspReference"],
            {"payment_method": card, "return_url": "https://shop.example/back"},
        )

    async def paid(self, card: str = "pm_card_visa", **given: Any) -> dict[str, Any]:
        """A payment that the buyer has confirmed, and that we know of."""
        payment = await self.begin(**given)
        await self.confirm(payment, card)
        return await self.go_on(payment)

    async def act(self, payment: dict[str, Any], action: str, **given: Any) -> list[dict[str, str]]:
        """What staff ask for; gives the errors."""
        cashier = staff("HANDLE_PAYMENTS", user=await make_user(self.session, is_staff=True))
        it = await self.read(ACTION, cashier, id=payment["transaction"]["id"], action=action, **given)
        errors: list[dict[str, str]] = it["errors"]
        return errors

    async def complete(self, cart_id: str | None = None) -> list[str]:
        it = await self.read(COMPLETE, id=cart_id or self.cart_id)
        return [error["code"] for error in it["errors"]]

    async def hear(self, *deliveries: Delivery, works: bool = True) -> list[int]:
        """Take webhooks in, by default all that wait, and work on them; gives the statuses."""
        statuses = []
        for delivery in deliveries or self.stand_in.webhooks():
            body, headers = delivery.signed()
            answer = await self.client.post("/webhooks/stripe", content=body, headers=headers)
            statuses.append(answer.status_code)
        if works:
            await self.do_jobs()
        return statuses

    async def transaction(self, payment: dict[str, Any]) -> TransactionItem:
        await self.session.commit()
        token = uuid_pk(payment["transaction"]["id"], "TransactionItem")
        found = await self.session.scalars(
            select(TransactionItem).where(TransactionItem.token == token),
            execution_options={"populate_existing": True},
        )
        return found.one()

    async def amounts(self, payment: dict[str, Any]) -> dict[str, int]:
        """Those that are not zero."""
        row = await self.transaction(payment)
        named = {name: getattr(row, name) for name in row.__mapper__.columns.keys()}  # noqa: SIM118
        return {
            name.removesuffix("_minor"): value
            for name, value in named.items()
            if name.endswith("_minor") and name != "booked_minor" and value
        }

    async def events(self, payment: dict[str, Any]) -> list[tuple[str, str]]:
        """What was told of it: types and references."""
        row = await self.transaction(payment)
        found = await self.session.execute(
            select(TransactionEvent.type, TransactionEvent.psp_reference)
            .where(TransactionEvent.transaction_id == row.id)
            .order_by(TransactionEvent.id)
        )
        return [(str(kind), reference) for kind, reference in found]

    def intent(self, payment: dict[str, Any]) -> dict[str, Any]:
        """As Stripe has it."""
        return self.stand_in.object(payment["transaction"]["pspReference"])


@pytest.fixture
async def shop(
    session: AsyncSession,
    ask: Ask,
    client: httpx.AsyncClient,
    stripe_stand_in: StripeStandIn,
    stripe_client: stripe.StripeClient,
    work: Work,
    do_jobs: Callable[[], Awaitable[int]],
) -> Shop:
    """With a guest's cart of 150 MAD, in a channel that charges cards at once."""
    market = await make_market(session, default_transaction_flow_strategy=TransactionFlowStrategy.CHARGE)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    cart_id = to_global_id("Checkout", cart.id)
    return Shop(ask, session, stripe_stand_in, stripe_client, client, work, do_jobs, cart_id)


@pytest.fixture
async def promises(session: AsyncSession, shop: Shop) -> Shop:
    """The same, in a channel that has cards promise first."""
    channel = (await session.scalars(select(Channel))).one()
    channel.default_transaction_flow_strategy = TransactionFlowStrategy.AUTHORIZATION
    await session.flush()
    return shop
