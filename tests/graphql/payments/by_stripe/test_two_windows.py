"""A buyer pays in two windows, or in one that was forgotten: the order is paid once, the rest goes back."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel
from marketplace.orders.models import ChargeStatus, Order, OrderEvent
from marketplace.payments import lost
from marketplace.payments.models import GatewayCall
from marketplace.payouts.verifying import verify
from tests.factories.people import make_user
from tests.graphql.conftest import staff
from tests.graphql.payments.by_stripe.conftest import Shop

CANCEL_ORDER = "mutation ($id: ID!) { it: orderCancel(id: $id) { errors { field code } } }"
RECORD = """
mutation ($id: ID!, $transaction: TransactionCreateInput!) {
  it: transactionCreate(id: $id, transaction: $transaction) { errors { field code } } }
"""
HELD = text(
    "SELECT sum(amount_minor) FROM posting JOIN journal_entry ON journal_entry.id = entry_id"
    " WHERE kind = 'gateway_moved' AND account = 'GATEWAY_RECEIVABLE'"
)


async def _order(shop: Shop) -> Order:
    await shop.session.commit()
    found = await shop.session.scalars(select(Order), execution_options={"populate_existing": True})
    return found.one()


async def _pays_in_both(shop: Shop, *amounts: int | None) -> list[dict[str, Any]]:
    """Both windows are open before either is paid in."""
    begun = [await shop.begin(amount=amount) for amount in amounts or (None, None)]
    for one in begun:
        await shop.confirm(one)
    return [await shop.go_on(one) for one in begun]


async def _it_all_adds_up(shop: Shop, held_minor: int) -> None:
    at_stripe = sum(shop.stand_in.money_of(one["id"]) for one in shop.stand_in.all("payment_intent"))
    assert (await shop.session.scalar(HELD) or 0, at_stripe) == (held_minor, held_minor)
    assert await verify(shop.session) == []


async def test_what_is_paid_in_a_second_window_is_paid_back(shop: Shop) -> None:
    first, second = await _pays_in_both(shop)
    assert await shop.complete() == []
    assert (await _order(shop)).charge_status is ChargeStatus.OVERCHARGED
    await shop.do_jobs()
    kept = [await shop.amounts(first), await shop.amounts(second)]
    assert kept == [{"charged": 150_00}, {"refunded": 150_00}]
    assert (await _order(shop)).charge_status is ChargeStatus.FULL
    await _it_all_adds_up(shop, 150_00)
    history = select(OrderEvent.parameters).where(OrderEvent.type == "TRANSACTION_REFUND_REQUESTED")
    (noted,) = (await shop.session.scalars(history)).all()
    assert (noted["amount"], noted["reference"]) == ("150.00", second["transaction"]["pspReference"])


async def test_a_second_promise_is_called_off(promises: Shop) -> None:
    first, second = await _pays_in_both(promises)
    await promises.complete()
    await promises.do_jobs()
    kept = [await promises.amounts(first), await promises.amounts(second)]
    assert kept == [{"authorized": 150_00}, {"canceled": 150_00}]
    assert promises.intent(second)["status"] == "canceled"
    await _it_all_adds_up(promises, 0)


async def test_of_two_parts_only_what_is_too_much_goes_back(shop: Shop) -> None:
    first, second = await _pays_in_both(shop, 90, 90)
    await shop.complete()
    await shop.do_jobs()
    kept = [await shop.amounts(first), await shop.amounts(second)]
    assert kept == [{"charged": 90_00}, {"charged": 60_00, "refunded": 30_00}]
    await _it_all_adds_up(shop, 150_00)


async def test_of_two_promises_that_are_both_needed_no_more_than_the_total_is_kept(
    promises: Shop,
) -> None:
    first, second = await _pays_in_both(promises, 90, 90)
    await promises.complete()
    await promises.do_jobs()
    assert await promises.amounts(second) == {"authorized": 90_00}
    for one in (first, second):
        assert await promises.act(one, "CHARGE") == []
    await promises.do_jobs()
    assert (await _order(promises)).total_charged_minor == 150_00
    await _it_all_adds_up(promises, 150_00)


async def test_what_is_paid_in_a_forgotten_window_is_paid_back(shop: Shop) -> None:
    forgotten, paid = await shop.begin(), await shop.paid()
    await shop.complete()
    await shop.confirm(forgotten)  # Before a worker has come to call it off.
    await shop.hear()
    assert await shop.amounts(forgotten) == {"refunded": 150_00}
    assert await shop.amounts(paid) == {"charged": 150_00}
    await _it_all_adds_up(shop, 150_00)


async def test_a_window_that_is_not_needed_any_more_is_called_off_before_the_cart_is_completed(
    shop: Shop,
) -> None:
    forgotten = await shop.begin()
    await shop.paid()
    await lost.queue_due(shop.session)
    await shop.do_jobs()
    assert shop.intent(forgotten)["status"] == "canceled"


async def test_what_comes_for_an_order_that_was_called_off_is_paid_back(shop: Shop) -> None:
    await shop.session.execute(update(Channel).values(allow_unpaid_orders=True))
    forgotten = await shop.begin()
    await shop.complete()
    clerk = staff("MANAGE_ORDERS", user=await make_user(shop.session, is_staff=True))
    await shop.read(CANCEL_ORDER, clerk, id=to_global_id("Order", (await _order(shop)).id))
    await shop.confirm(forgotten)
    await shop.hear()
    assert await shop.amounts(forgotten) == {"refunded": 150_00}
    await _it_all_adds_up(shop, 0)


async def test_what_staff_charge_of_an_order_that_they_called_off_stays(promises: Shop) -> None:
    payment = await promises.paid()
    await promises.complete()
    clerk = staff("MANAGE_ORDERS", user=await make_user(promises.session, is_staff=True))
    await promises.read(CANCEL_ORDER, clerk, id=to_global_id("Order", (await _order(promises)).id))
    assert await promises.act(payment, "CHARGE", amount=10) == []
    await promises.do_jobs()
    assert await promises.amounts(payment) == {"charged": 10_00, "canceled": 140_00}


@pytest.mark.parametrize("fault", ["reset_after", "error_after", "reset", "conflict"])
async def test_it_is_paid_back_once_though_answers_are_lost(shop: Shop, fault: Any) -> None:
    _, second = await _pays_in_both(shop)
    await shop.complete()
    shop.stand_in.faults.add(fault, on="POST /v1/refunds")
    await shop.do_jobs()
    assert await shop.amounts(second) == {"refund_pending": 150_00}
    await shop.session.execute(update(GatewayCall).values(due_at=GatewayCall.due_at - timedelta(hours=1)))
    await shop.session.execute(
        text("UPDATE procrastinate_jobs SET scheduled_at = NULL")
    )  # And a second look.
    await lost.queue_due(shop.session)
    await shop.do_jobs()
    assert await shop.amounts(second) == {"refunded": 150_00}
    assert len(shop.stand_in.all("refund")) == 1
    await _it_all_adds_up(shop, 150_00)


async def test_it_is_tried_again_where_it_could_not_be_paid_back(shop: Shop) -> None:
    await _pays_in_both(shop)
    await shop.complete()
    shop.stand_in.faults.add("rate_limit", on="POST /v1/refunds", times=2)
    await shop.do_jobs()
    assert (await _order(shop)).total_charged_minor == 300_00
    for _ in range(2):
        await shop.session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL"))
        await shop.do_jobs()
    assert (await _order(shop)).total_charged_minor == 150_00
    await _it_all_adds_up(shop, 150_00)


async def test_what_people_write_down_too_much_costs_no_card_its_payment(shop: Shop) -> None:
    payment = await shop.paid()
    await shop.complete()
    clerk = staff("HANDLE_PAYMENTS", user=await make_user(shop.session, is_staff=True))
    written = {"name": "Cash", "amountCharged": {"amount": 150, "currency": "MAD"}}
    made = await shop.read(
        RECORD, clerk, id=to_global_id("Order", (await _order(shop)).id), transaction=written
    )
    assert made["errors"] == []
    await shop.do_jobs()
    assert (await _order(shop)).charge_status is ChargeStatus.OVERCHARGED
    assert await shop.amounts(payment) == {"charged": 150_00}
    waiting = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'payments.give_surplus_back'")
    assert await shop.session.scalar(waiting) == 0
    assert await shop.session.scalar(select(func.count()).select_from(Order)) == 1
