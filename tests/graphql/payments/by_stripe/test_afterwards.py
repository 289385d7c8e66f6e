"""What follows without anybody asking: completing, giving back, hearing once more."""

from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.models import Checkout
from marketplace.kit import clock as product_clock
from marketplace.kit.ids import uuid_pk
from marketplace.markets.models import Channel
from marketplace.orders.models import Order
from marketplace.payments import auto_completion, lost, releasing
from marketplace.payments.abandoning import delete_checkout
from marketplace.payments.answers import AnswerError
from marketplace.payments.gateways.notices import NoticeStatus
from marketplace.payments.gateways.stripe.models import StripeEvent
from marketplace.payments.gateways.stripe.replay import NoSuchStripeError, replay_one, replay_since
from marketplace.payments.models import TransactionEvent, TransactionItem
from tests.graphql.payments.by_stripe.conftest import Shop

AN_HOUR = timedelta(hours=1)


async def _channel(session: AsyncSession, **values: Any) -> None:
    await session.execute(update(Channel).values(values))
    await session.commit()


async def test_a_checkout_that_is_paid_by_card_completes_itself(shop: Shop, session: AsyncSession) -> None:
    await _channel(
        session,
        automatically_complete_fully_paid_checkouts=True,
        automatic_completion_cut_off_date=product_clock.now() - AN_HOUR,
    )
    begun = await shop.begin()
    await auto_completion.queue_due(session)
    await shop.do_jobs()
    assert (await session.scalars(select(Order))).all() == []
    await shop.confirm(begun)
    await shop.hear()
    await auto_completion.queue_due(session)
    await shop.do_jobs()
    order = (await session.scalars(select(Order), execution_options={"populate_existing": True})).one()
    assert (order.charge_status, order.total_charged_minor) == ("FULL", 150_00)


async def _wait(shop: Shop, clock: ModuleType, hours: int = 7) -> None:
    clock.advance(timedelta(hours=hours))
    await releasing.queue_due(shop.session, shop.work.settings)
    await shop.do_jobs()


async def test_money_of_a_checkout_that_nobody_completes_is_paid_back(shop: Shop, clock: ModuleType) -> None:
    await _channel(shop.session, release_funds_for_expired_checkouts=True)
    paid = await shop.paid()
    await _wait(shop, clock, hours=5)
    assert await shop.amounts(paid) == {"charged": 150_00}
    await _wait(shop, clock, hours=2)
    assert await shop.amounts(paid) == {"refunded": 150_00}
    assert [refund["amount"] for refund in shop.stand_in.all("refund")] == [150_00]
    await _wait(shop, clock)
    assert len(shop.stand_in.all("refund")) == 1
    assert (await shop.session.scalars(select(Checkout))).one() is not None


async def test_a_promise_of_a_checkout_that_nobody_completes_is_called_off(
    promises: Shop, clock: ModuleType
) -> None:
    await _channel(promises.session, release_funds_for_expired_checkouts=True)
    paid = await promises.paid()
    await _wait(promises, clock)
    assert promises.intent(paid)["status"] == "canceled"
    assert await promises.amounts(paid) == {"canceled": 150_00}


@pytest.mark.parametrize(
    "values",
    [
        {"release_funds_for_expired_checkouts": False},
        {"release_funds_after_hours": 100},
        {"release_funds_cut_off_date": product_clock.now() + timedelta(days=365)},
    ],
)
async def test_money_is_kept_where_the_channel_says_so(
    shop: Shop, clock: ModuleType, values: dict[str, Any]
) -> None:
    await _channel(shop.session, **{"release_funds_for_expired_checkouts": True} | values)
    paid = await shop.paid()
    await _wait(shop, clock)
    assert await shop.amounts(paid) == {"charged": 150_00}


async def test_money_of_an_order_is_never_released(shop: Shop, clock: ModuleType) -> None:
    await _channel(shop.session, release_funds_for_expired_checkouts=True)
    paid = await shop.paid()
    assert await shop.complete() == []
    await _wait(shop, clock)
    assert await shop.amounts(paid) == {"charged": 150_00}


async def test_what_can_not_be_paid_back_is_tried_a_few_times(shop: Shop, clock: ModuleType) -> None:
    await _channel(shop.session, release_funds_for_expired_checkouts=True)
    paid = await shop.paid()
    shop.stand_in.faults.add("rate_limit", on="POST /v1/refunds", times=2)
    await _wait(shop, clock)
    assert await shop.amounts(paid) == {"charged": 150_00}
    await _wait(shop, clock, hours=1)
    assert len(shop.stand_in.faults.struck) == 1  # Not so soon.
    await _wait(shop, clock)
    await _wait(shop, clock)
    assert await shop.amounts(paid) == {"refunded": 150_00}


async def _forget(shop: Shop, payment: dict[str, Any]) -> None:
    """As if nothing had been worked on."""
    row = await shop.transaction(payment)
    await shop.session.execute(
        delete(TransactionEvent).where(TransactionEvent.transaction_id == row.id, TransactionEvent.counts)
    )
    await shop.session.execute(
        update(TransactionItem).where(TransactionItem.id == row.id).values(charged_minor=0)
    )
    await shop.session.commit()


async def test_an_event_that_was_kept_is_worked_on_again(shop: Shop) -> None:
    begun = await shop.begin()
    await shop.confirm(begun)
    await shop.hear()
    await _forget(shop, begun)
    query = select(StripeEvent.id).where(StripeEvent.type == "payment_intent.succeeded")
    event_id = (await shop.session.scalars(query)).one()
    assert await replay_one(shop.work.database, shop.work.settings, event_id) is False
    await shop.do_jobs()
    assert await shop.amounts(begun) == {"charged": 150_00}
    status = select(StripeEvent.status).where(StripeEvent.id == event_id)
    assert await shop.session.scalar(status) is NoticeStatus.DONE


async def test_an_event_that_never_came_is_fetched(shop: Shop) -> None:
    begun = await shop.begin()
    await shop.confirm(begun)
    shop.stand_in.webhooks()  # Lost.
    (event,) = shop.stand_in.events("payment_intent.succeeded")
    assert await replay_one(shop.work.database, shop.work.settings, event["id"]) is True
    await shop.do_jobs()
    assert await shop.amounts(begun) == {"charged": 150_00}
    with pytest.raises(AnswerError):
        await replay_one(shop.work.database, shop.work.settings, "evt_none")


async def test_all_that_was_missed_since_a_moment_is_fetched(shop: Shop) -> None:
    since = product_clock.now() - AN_HOUR
    heard, missed = await shop.begin(amount=50), await shop.begin(amount=60)
    await shop.confirm(heard)
    await shop.hear()
    kept = len((await shop.session.scalars(select(StripeEvent.id))).all())
    await shop.confirm(missed)
    shop.stand_in.webhooks()  # Lost.
    assert await replay_since(shop.work.database, shop.work.settings, since) == (kept, 1)
    await shop.do_jobs()
    assert await shop.amounts(heard) == {"charged": 50_00}
    assert await shop.amounts(missed) == {"charged": 60_00}
    later = product_clock.now() + AN_HOUR
    assert await replay_since(shop.work.database, shop.work.settings, later) == (0, 0)


async def test_nothing_is_fetched_without_keys(shop: Shop) -> None:
    settings = shop.work.settings.model_copy(update={"stripe_secret_key": None})
    with pytest.raises(NoSuchStripeError):
        await replay_one(shop.work.database, settings, "evt_1")


async def test_what_was_begun_besides_can_not_be_paid_once_the_order_is(shop: Shop) -> None:
    forgotten = await shop.begin()
    await shop.paid()
    assert await shop.complete() == []
    await lost.queue_due(shop.session)
    await shop.do_jobs()
    assert shop.intent(forgotten)["status"] == "canceled"
    assert await shop.amounts(forgotten) == {}


async def test_money_that_came_for_a_checkout_which_is_gone_is_paid_back(
    shop: Shop, clock: ModuleType
) -> None:
    begun = await shop.begin()
    key = uuid_pk(shop.cart_id, "Checkout")
    await shop.confirm(begun)
    await delete_checkout(shop.session, key)
    await shop.hear()
    assert await shop.amounts(begun) == {"charged": 150_00}
    await _wait(shop, clock)
    assert await shop.amounts(begun) == {"refunded": 150_00}


async def test_what_was_begun_for_a_checkout_which_is_gone_is_called_off(shop: Shop) -> None:
    begun = await shop.begin()
    await delete_checkout(shop.session, uuid_pk(shop.cart_id, "Checkout"))
    await lost.queue_due(shop.session)
    await shop.do_jobs()
    assert shop.intent(begun)["status"] == "canceled"
