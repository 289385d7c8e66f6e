"""Stripe is down, slow, or answers are lost: nothing is charged twice, and nothing by halves."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.payments import circuits, lost
from marketplace.payments.models import GatewayCall, GatewayCircuit, TransactionEvent
from marketplace_graphql.kernel import Api
from tests.graphql.payments.by_stripe.conftest import Shop

CREATE, CAPTURE = "POST /v1/payment_intents", "POST /v1/payment_intents/*/capture"
CANCEL, REFUND = "POST /v1/payment_intents/*/cancel", "POST /v1/refunds"


@pytest.fixture
def impatient(api: Api) -> Iterator[None]:
    """Whoever waits for Stripe waits a third of a second only."""
    settings = api.context["settings"]
    api.context["settings"] = settings.model_copy(update={"app_patience_seconds": 0.3})
    yield
    api.context["settings"] = settings


async def _find_out(shop: Shop, *, after: timedelta = timedelta(hours=1)) -> None:
    """What the schedule does once the time to find out has come."""
    await shop.session.execute(update(GatewayCall).values(due_at=GatewayCall.due_at - after))
    await lost.queue_due(shop.session)
    await shop.do_jobs()


async def _open_calls(session: AsyncSession) -> int:
    query = select(func.count()).select_from(GatewayCall).where(GatewayCall.answered_at.is_(None))
    return await session.scalar(query) or 0


@pytest.mark.parametrize(
    "fault", ["reset", "error", "error_after", "timeout", "timeout_after", "rate_limit", "conflict"]
)
@pytest.mark.usefixtures("impatient")
async def test_stripe_is_down_and_the_checkout_says_so(shop: Shop, fault: Any) -> None:
    shop.stand_in.faults.add(fault, on=CREATE, times=2)
    begun = await shop.begin(key="once")
    assert begun["transactionEvent"]["type"] == "CHARGE_FAILURE"
    (error,) = begun["data"]["paymentIntent"]["errors"]
    assert error == {"code": "StripeApiError", "message": begun["transactionEvent"]["message"]}
    assert "nothing was charged" in error["message"]
    assert await shop.amounts(begun) == {}
    assert await shop.complete() == ["CHECKOUT_NOT_FULLY_PAID"]  # The cart is there still.
    shop.stand_in.faults.clear()
    again = await shop.begin(key="once")
    assert again["transactionEvent"]["type"] == "CHARGE_ACTION_REQUIRED"
    await shop.confirm(again)
    assert (await shop.go_on(again))["transactionEvent"]["type"] == "CHARGE_SUCCESS"


@pytest.mark.usefixtures("impatient")
async def test_a_payment_that_can_not_be_looked_at_is_neither_failed_nor_paid(shop: Shop) -> None:
    begun = await shop.begin()
    await shop.confirm(begun)
    shop.stand_in.faults.add("timeout", on="GET /v1/payment_intents/*", times=2)
    unknown = await shop.go_on(begun)
    assert "did not answer" in unknown["transactionEvent"]["message"]
    assert await shop.amounts(begun) == {}
    shop.stand_in.faults.clear()
    assert (await shop.go_on(begun))["transactionEvent"]["type"] == "CHARGE_SUCCESS"


@pytest.mark.parametrize("fault", ["timeout_after", "reset_after", "error_after"])
@pytest.mark.parametrize("amount", [150, 90])
@pytest.mark.usefixtures("impatient")
async def test_the_answer_to_a_charge_is_lost_and_the_charge_found(
    promises: Shop, fault: Any, amount: int
) -> None:
    payment = await promises.paid()
    promises.stand_in.faults.add(fault, on=CAPTURE)
    assert await promises.act(payment, "CHARGE", amount=amount) == []
    rest = {"authorized": (150 - amount) * 100} if amount < 150 else {}
    assert await promises.amounts(payment) == {"charge_pending": amount * 100} | rest
    (refused,) = await promises.act(payment, "CHARGE") if rest else [{"field": "actionType"}]
    assert refused["field"] == "actionType"
    await _find_out(promises)
    canceled = {"canceled": (150 - amount) * 100} if amount < 150 else {}
    assert await promises.amounts(payment) == {"charged": amount * 100} | canceled
    assert await _open_calls(promises.session) == 0
    assert len(promises.stand_in.all("charge")) == 1


@pytest.mark.parametrize("fault", ["timeout", "reset", "conflict"])
@pytest.mark.usefixtures("impatient")
async def test_a_charge_that_was_lost_before_it_was_made_is_made(promises: Shop, fault: Any) -> None:
    payment = await promises.paid()
    promises.stand_in.faults.add(fault, on=CAPTURE)
    await promises.act(payment, "CHARGE")
    assert promises.intent(payment)["status"] == "requires_capture"
    await _find_out(promises)
    assert promises.intent(payment)["status"] == "succeeded"
    assert await promises.amounts(payment) == {"charged": 150_00}


@pytest.mark.parametrize(
    "fault", ["timeout_after", "timeout", "reset_after", "reset", "error_after", "conflict"]
)
@pytest.mark.usefixtures("impatient")
async def test_a_refund_whose_answer_is_lost_is_made_once(shop: Shop, fault: Any) -> None:
    payment = await shop.paid()
    shop.stand_in.faults.add(fault, on=REFUND)
    await shop.act(payment, "REFUND", amount=40)
    assert await shop.amounts(payment) == {"charged": 110_00, "refund_pending": 40_00}
    (refused,) = await shop.act(payment, "REFUND", amount=40)
    assert "being found out" in refused["message"]
    await _find_out(shop)
    await shop.hear()
    assert await shop.amounts(payment) == {"charged": 110_00, "refunded": 40_00}
    assert [refund["amount"] for refund in shop.stand_in.all("refund")] == [40_00]
    assert await shop.act(payment, "REFUND", amount=10) == []
    assert await shop.amounts(payment) == {"charged": 100_00, "refunded": 50_00}


@pytest.mark.usefixtures("impatient")
async def test_a_webhook_tells_of_a_refund_before_its_answer_is_found(shop: Shop) -> None:
    payment = await shop.paid()
    shop.stand_in.faults.add("timeout_after", on=REFUND)
    await shop.act(payment, "REFUND", amount=40)
    await shop.hear()  # And what was lost is found out at once.
    assert await shop.amounts(payment) == {"charged": 110_00, "refunded": 40_00}
    assert await _open_calls(shop.session) <= 1  # The payment's own, which has ended.


@pytest.mark.parametrize("fault", ["timeout_after", "timeout"])
@pytest.mark.usefixtures("impatient")
async def test_a_promise_whose_calling_off_is_lost_is_called_off(promises: Shop, fault: Any) -> None:
    payment = await promises.paid()
    promises.stand_in.faults.add(fault, on=CANCEL)
    await promises.act(payment, "CANCEL")
    assert await promises.amounts(payment) == {"cancel_pending": 150_00}
    await _find_out(promises)
    assert await promises.amounts(payment) == {"canceled": 150_00}


async def test_a_process_that_dies_after_asking_leaves_nothing_undone(promises: Shop) -> None:
    payment = await promises.paid()
    row = await promises.transaction(payment)
    await promises.session.commit()
    # What is written down before Stripe is asked, and nothing of what comes afterwards.
    request = TransactionEvent(
        transaction_id=row.id, type="CHARGE_REQUEST", amount_minor=150_00, currency="MAD", psp_reference="",
        counts=False,
    )  # fmt: skip
    promises.session.add(request)
    await promises.session.flush()
    await lost.find_out_later(promises.session, row, request, timedelta(seconds=30))
    await _find_out(promises)
    assert await promises.amounts(payment) == {"charged": 150_00}


async def test_a_request_that_nobody_answers_for_a_day_is_given_up(shop: Shop) -> None:
    payment = await shop.paid()
    shop.stand_in.faults.add("error", on=REFUND, times=100)
    await shop.act(payment, "REFUND", amount=40)
    for _ in range(2):
        await _find_out(shop)
        assert await shop.amounts(payment) == {"charged": 110_00, "refund_pending": 40_00}
    await shop.session.execute(update(GatewayCall).values(asked_at=GatewayCall.asked_at - timedelta(days=1)))
    await _find_out(shop, after=timedelta(days=1))
    assert await shop.amounts(payment) == {"charged": 150_00}
    assert await _open_calls(shop.session) == 0
    assert (await shop.events(payment))[-1] == ("REFUND_FAILURE", "")


async def test_a_payment_of_which_no_webhook_came_is_found(shop: Shop) -> None:
    begun = await shop.begin()
    await shop.confirm(begun)
    await _find_out(shop)
    assert await shop.amounts(begun) == {"charged": 150_00}
    assert await _open_calls(shop.session) == 0


async def test_a_promise_is_looked_after_until_it_is_charged_or_gone(promises: Shop) -> None:
    payment = await promises.paid()
    await _find_out(promises)
    assert await _open_calls(promises.session) == 1
    await promises.browser.v1.payment_intents.capture_async(payment["transaction"]["pspReference"])
    promises.stand_in.webhooks()  # Lost.
    await promises.session.execute(
        update(GatewayCall).values(asked_at=GatewayCall.asked_at - timedelta(days=3))
    )
    await _find_out(promises, after=timedelta(days=1))
    assert await promises.amounts(payment) == {"charged": 150_00}
    assert await _open_calls(promises.session) == 0


async def test_a_payment_that_was_begun_at_the_second_try_is_found_as_well(shop: Shop) -> None:
    shop.stand_in.faults.add("rate_limit", on=CREATE)
    assert (await shop.begin(key="once"))["transaction"]["pspReference"] == ""
    assert await _open_calls(shop.session) == 0
    begun = await shop.begin(key="once")
    await shop.confirm(begun)
    await _find_out(shop)
    assert await shop.amounts(begun) == {"charged": 150_00}


async def test_a_payment_that_the_buyer_left_is_called_off_after_a_day(shop: Shop) -> None:
    begun = await shop.begin()
    await _find_out(shop)
    assert shop.intent(begun)["status"] == "requires_payment_method"
    await shop.session.execute(update(GatewayCall).values(asked_at=GatewayCall.asked_at - timedelta(days=1)))
    await _find_out(shop, after=timedelta(days=1))
    assert shop.intent(begun)["status"] == "canceled"
    assert (await shop.events(begun))[-1][0] == "CHARGE_FAILURE"
    assert await _open_calls(shop.session) == 0


async def test_nobody_waits_for_stripe_where_it_failed_again_and_again(shop: Shop, clock: ModuleType) -> None:
    shop.stand_in.faults.add("error", on=CREATE, times=100)
    for _ in range(circuits.FAILURES):
        await shop.begin()
    struck = len(shop.stand_in.faults.struck)
    told = await shop.begin()
    assert "can't be reached at the moment" in told["transactionEvent"]["message"]
    assert told["data"]["paymentIntent"]["errors"][0]["code"] == "StripeApiError"
    assert len(shop.stand_in.faults.struck) == struck  # It was not asked.
    clock.advance(circuits.REST)
    shop.stand_in.faults.clear()
    assert (await shop.begin())["transactionEvent"]["type"] == "CHARGE_ACTION_REQUIRED"
    assert await shop.session.scalar(select(func.count()).select_from(GatewayCircuit)) == 0


async def test_nobody_is_there(shop: Shop, api: Api) -> None:
    nowhere = {"stripe_api_base": "http://127.0.0.1:1"}
    api.context["settings"] = api.context["settings"].model_copy(update=nowhere)
    begun = await shop.begin()
    assert "can't be reached" in begun["transactionEvent"]["message"]
    assert begun["data"]["paymentIntent"]["errors"][0]["code"] == "StripeApiError"
    api.context["settings"] = api.context["settings"].model_copy(
        update={"stripe_api_base": shop.stand_in.address}
    )
    payment = await shop.paid()
    api.context["settings"] = api.context["settings"].model_copy(update=nowhere)
    await shop.act(payment, "REFUND")  # Nothing was sent, so nothing is pending.
    assert await shop.amounts(payment) == {"charged": 150_00}
    assert (await shop.events(payment))[-1] == ("REFUND_FAILURE", "")


async def test_a_key_that_may_not_do_it_is_said_in_words(shop: Shop, api: Api) -> None:
    key = shop.stand_in.keys.restrict("rk_test_reader", payment_intents="read")
    api.context["settings"] = api.context["settings"].model_copy(update={"stripe_secret_key": SecretStr(key)})
    begun = await shop.begin()
    assert "not set up correctly" in begun["transactionEvent"]["message"]
    assert "rk_test" not in str(begun)


async def test_nothing_secret_is_logged(shop: Shop, caplog: Any, capfd: Any) -> None:
    caplog.set_level("DEBUG")
    payment = await shop.paid()
    shop.stand_in.faults.add("error", on=REFUND, times=2)
    await shop.act(payment, "REFUND")
    shop.stand_in.keys.secret = "sk_test_changed"
    await shop.begin()
    shop.stand_in.keys.secret = "sk_test_standin"
    written = "".join([*capfd.readouterr(), caplog.text])
    assert "stripe refused or failed" in written
    for secret in ("sk_test_standin", "whsec_", "_secret_", "salma@example.test"):
        assert secret not in written


async def test_a_restricted_key_is_enough(shop: Shop, api: Api) -> None:
    key = shop.stand_in.keys.restrict(
        "rk_test_payments", payment_intents="write", refunds="write", charges="read"
    )
    api.context["settings"] = api.context["settings"].model_copy(update={"stripe_secret_key": SecretStr(key)})
    payment = await shop.paid()
    await shop.act(payment, "REFUND")
    assert await shop.amounts(payment) == {"refunded": 150_00}


async def test_nothing_is_held_while_stripe_thinks(shop: Shop) -> None:
    shop.stand_in.faults.add("slow", on=CREATE, seconds=0.5)
    thinking = asyncio.create_task(shop.begin())
    await asyncio.sleep(0.2)
    locks = text("SELECT count(*) FROM pg_locks WHERE locktype = 'tuple'")
    assert await shop.session.scalar(locks) == 0  # The test's one connection is free to be asked this.
    assert (await thinking)["transactionEvent"]["type"] == "CHARGE_ACTION_REQUIRED"
