"""Several at the same moment, on a database of their own: nothing is charged, paid back or told twice."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import pytest
import stripe
from sqlalchemy import select

from marketplace.kit.database import Database
from marketplace.kit.errors import InvalidError
from marketplace.kit.settings import Settings
from marketplace.orders.models import ChargeStatus, Order
from marketplace.payments import actions, sessions
from marketplace.payments.actions import Action
from marketplace.payments.asked import Asked, Wish
from marketplace.payments.completion import complete
from marketplace.payments.finding_out import look, put
from marketplace.payments.models import TransactionAction, TransactionEvent, TransactionItem
from marketplace.payments.stand_ins.stripe.serving import StripeStandIn
from marketplace.payments.transactions import Begun
from tests.factories.checkout import make_market, make_piece, make_ready_cart
from tests.factories.stripe import on_stand_in

CARD = Wish({"paymentIntent": {"paymentMethod": "card"}})


@dataclass
class Till:
    """A cart of 150 MAD whose card has been confirmed; we don't know of it yet."""

    database: Database
    settings: Settings
    cart_id: UUID
    token: UUID

    async def process(self) -> None:
        """The buyer has come back."""
        async with self.database.transaction() as session:
            asked = await sessions.go_on(session, self.settings, self.token, Wish())
        if isinstance(asked, Begun):
            return
        await asked.call.put()
        async with self.database.transaction() as session:
            await sessions.answered(session, asked)

    async def hear(self) -> None:
        """A webhook has come."""
        await look(self.database, self.settings, self.token)

    async def act(self, kind: TransactionAction) -> bool:
        """Somebody clicks; whether it was taken."""
        try:
            async with self.database.transaction() as session:
                asked = await actions.ask_for_action(session, self.settings, self.token, Action(kind))
        except InvalidError:
            return False
        await put(self.database, asked)
        return True

    async def transaction(self) -> TransactionItem:
        async with self.database.transaction() as session:
            return (await session.scalars(select(TransactionItem))).one()

    async def told(self) -> list[str]:
        """All that counts."""
        async with self.database.transaction() as session:
            found = await session.scalars(
                select(TransactionEvent.type).where(TransactionEvent.counts).order_by(TransactionEvent.id)
            )
            return [str(kind) for kind in found]


@pytest.fixture
async def till(
    database: Database, stripe_stand_in: StripeStandIn, stripe_client: stripe.StripeClient
) -> Till:
    settings = on_stand_in(database.settings, stripe_stand_in)
    async with database.transaction() as session:
        market = await make_market(session)
        cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    async with database.transaction() as session:
        asked = await sessions.begin(
            session, settings, "saleor.app.payment.stripe", CARD, checkout_id=cart.id, action="CHARGE"
        )
    assert isinstance(asked, Asked)
    await asked.call.put()
    async with database.transaction() as session:
        begun = await sessions.answered(session, asked)
    await stripe_client.v1.payment_intents.confirm_async(
        begun.event.psp_reference, {"payment_method": "pm_card_visa", "return_url": "https://shop.example"}
    )
    return Till(database, settings, cart.id, asked.token)


async def test_webhooks_and_the_buyer_tell_of_one_payment(till: Till) -> None:
    await asyncio.gather(till.process(), till.hear(), till.process(), till.hear())
    assert await till.told() == ["CHARGE_SUCCESS"]
    assert (await till.transaction()).charged_minor == 150_00


async def test_a_cart_becomes_an_order_while_a_webhook_tells_of_its_payment(till: Till) -> None:
    await till.process()

    async def complete_it() -> None:
        async with till.database.transaction() as session:
            await complete(session, till.cart_id)

    await asyncio.gather(till.hear(), complete_it(), till.hear(), till.process())
    async with till.database.transaction() as session:
        order = (await session.scalars(select(Order))).one()
    assert (order.charge_status, order.total_charged_minor) == (ChargeStatus.FULL, 150_00)
    assert await till.told() == ["CHARGE_SUCCESS"]


async def test_two_clicks_are_one_refund(till: Till, stripe_stand_in: StripeStandIn) -> None:
    await till.process()
    taken = await asyncio.gather(*[till.act(TransactionAction.REFUND) for _ in range(4)])
    assert taken.count(True) == 1
    assert [refund["amount"] for refund in stripe_stand_in.all("refund")] == [150_00]
    assert (await till.transaction()).refunded_minor == 150_00


async def test_no_connection_is_held_while_stripe_thinks(till: Till, stripe_stand_in: StripeStandIn) -> None:
    await till.process()
    stripe_stand_in.faults.add("slow", on="POST /v1/refunds", seconds=0.4)
    refund = asyncio.create_task(till.act(TransactionAction.REFUND))
    while not stripe_stand_in.faults.struck:
        await asyncio.sleep(0.01)
    assert till.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    async with till.database.transaction() as session:  # And what is paid can be locked at once.
        locked = select(TransactionItem).with_for_update(nowait=True)
        assert (await session.scalars(locked)).one().token == till.token
    assert await refund
