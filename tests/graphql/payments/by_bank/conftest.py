"""A shop that sends its buyers to a bank's page, over the bank's stand-in; its buyers; and its worker."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id, uuid_pk
from marketplace.kit.settings import Settings
from marketplace.markets.models import Channel, TransactionFlowStrategy
from marketplace.payments.stand_ins.bank.books import Json, Notification
from marketplace.payments.stand_ins.bank.serving import BankStandIn
from tests.factories.bank import on_bank
from tests.factories.checkout import make_market, make_piece, make_ready_cart
from tests.graphql.conftest import Ask
from tests.graphql.payments.by_stripe import conftest as by_stripe

api, app, work, do_jobs = by_stripe.api, by_stripe.app, by_stripe.work, by_stripe.do_jobs
"""These need other settings only."""

GATEWAY = "marketplace.bank.reference"
BACK = "http://testserver/fr/checkout/paid?way=bank"
INITIALIZE = by_stripe.INITIALIZE.replace(by_stripe.GATEWAY, GATEWAY)


@pytest.fixture
def stripe_settings(settings: Settings, bank: BankStandIn) -> Settings:
    """What the fixtures of Stripe's tests are set up with: here it is a bank."""
    return on_bank(settings, bank)


@dataclass
class Shop(by_stripe.Shop):
    """What buyers, staff and the bank do."""

    bank: BankStandIn

    async def begin(self, **given: Any) -> dict[str, Any]:
        wish = {"id": self.cart_id, "data": {"returnUrl": BACK}}
        return await self.read(INITIALIZE % by_stripe.DONE, **wish | given)

    async def visit(self, payment: dict[str, Any], answer: str | None = "approve", **changes: str) -> str:
        """The buyer's browser goes where it is sent, and presses a button, if any; gives where it ends up."""
        redirect = payment["data"]["redirect"]
        async with httpx.AsyncClient() as browser:
            shown = await browser.post(redirect["url"], data=redirect["fields"] | changes)
            if shown.status_code != httpx.codes.OK or answer is None:
                return str(shown.headers.get("location", shown.status_code))
            address = f"{self.bank.address}/pages/{self.order(payment)['page']}"
            return str((await browser.post(address, data={"answer": answer})).headers["location"])

    async def paid(self, **given: Any) -> dict[str, Any]:
        payment = await self.begin(**given)
        await self.visit(payment)
        return await self.go_on(payment)

    async def told(self, *told: Notification, works: bool = True) -> list[int]:
        """Take notifications in, by default all that wait, and work on them; gives the statuses."""
        statuses = []
        for one in told or self.bank.notifications():
            body, headers = one.signed()
            answer = await self.client.post(f"/webhooks/bank/{GATEWAY}", content=body, headers=headers)
            statuses.append(answer.status_code)
        if works:
            await self.do_jobs()
        return statuses

    def order(self, payment: dict[str, Any]) -> Json:
        """As the bank has it."""
        return self.bank.order(uuid_pk(payment["transaction"]["id"], "TransactionItem").hex)


@pytest.fixture
async def shop(
    session: AsyncSession,
    ask: Ask,
    client: httpx.AsyncClient,
    bank: BankStandIn,
    work: Any,
    do_jobs: Callable[[], Awaitable[int]],
) -> Shop:
    """With a guest's cart of 150 MAD, in a channel that charges at once."""
    market = await make_market(session, default_transaction_flow_strategy=TransactionFlowStrategy.CHARGE)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    nobody: Any = None  # There is no Stripe here.
    return Shop(ask, session, nobody, nobody, client, work, do_jobs, to_global_id("Checkout", cart.id), bank)


@pytest.fixture
async def promises(session: AsyncSession, shop: Shop) -> Shop:
    """The same, in a channel that has banks promise first."""
    channel = (await session.scalars(select(Channel))).one()
    channel.default_transaction_flow_strategy = TransactionFlowStrategy.AUTHORIZATION
    await session.flush()
    return shop
