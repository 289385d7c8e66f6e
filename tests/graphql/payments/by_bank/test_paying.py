"""Paying on a bank's page: what the browser brings back is not believed; the bank is asked."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.markets.models import TransactionFlowStrategy
from marketplace.payments import lost
from marketplace.payments.gateways.redirect.models import BankNotification, BankRefusal
from marketplace.payments.models import GatewayCall
from marketplace.payments.stand_ins.bank.books import Notification
from marketplace.payouts.verifying import verify
from marketplace_graphql.kernel import Api
from tests.factories.checkout import make_market, make_piece, make_ready_cart
from tests.graphql.payments.by_bank.conftest import GATEWAY, Shop

FAULTS = ["timeout_after", "reset_after", "error_after", "timeout", "reset", "error"]


@pytest.fixture(autouse=True)
async def books_are_right(session: AsyncSession) -> AsyncIterator[None]:
    yield
    assert await verify(session) == []


@pytest.fixture
def impatient(api: Api) -> None:
    """Whoever waits for the bank waits a third of a second only."""
    settings = api.context["settings"]
    api.context["settings"] = settings.model_copy(update={"app_patience_seconds": 0.3})


async def _find_out(shop: Shop, *, after: timedelta = timedelta(hours=1)) -> None:
    """What the schedule does once the time to find out has come."""
    times = {"due_at": GatewayCall.due_at - after, "asked_at": GatewayCall.asked_at - after}
    await shop.session.execute(update(GatewayCall).values(times))
    await lost.queue_due(shop.session)
    await shop.do_jobs()


async def _kept(session: AsyncSession) -> tuple[int, int]:
    """How many notifications are kept, and how many were refused."""
    await session.commit()
    kept = await session.scalar(select(func.count()).select_from(BankNotification))
    refused = await session.scalar(select(func.coalesce(func.sum(BankRefusal.count), 0)))
    return kept or 0, refused or 0


async def test_the_buyer_is_sent_to_the_bank_and_comes_back_having_paid(shop: Shop) -> None:
    begun = await shop.begin()
    assert begun["transactionEvent"]["type"] == "CHARGE_ACTION_REQUIRED"
    redirect = begun["data"]["redirect"]
    assert (redirect["url"], redirect["method"]) == (f"{shop.bank.address}/pay", "POST")
    assert (redirect["fields"]["amount"], redirect["fields"]["currency"]) == ("15000", "MAD")
    back = urlsplit(await shop.visit(begun))
    assert back.path == "/fr/checkout/paid"
    assert parse_qs(back.query)["transaction"] == [begun["transaction"]["id"]]
    paid = await shop.go_on(begun)
    assert (paid["transactionEvent"]["type"], paid["data"]) == ("CHARGE_SUCCESS", None)
    assert paid["transaction"]["paymentMethodDetails"]["lastDigits"] == "4242"
    assert await shop.amounts(begun) == {"charged": 150_00}
    assert await shop.complete() == []


async def test_who_comes_back_without_having_paid_goes_on_with_the_same_payment(shop: Shop) -> None:
    begun = await shop.begin(key="once")
    assert (await shop.go_on(begun))["transactionEvent"]["type"] == "CHARGE_ACTION_REQUIRED"
    assert await shop.complete() == ["CHECKOUT_NOT_FULLY_PAID"]
    await shop.visit(begun, answer=None)
    again = await shop.begin(key="once")
    assert again["transaction"]["id"] == begun["transaction"]["id"]
    await shop.visit(again)
    paid = await shop.begin(key="once")
    assert (paid["transactionEvent"]["type"], paid["data"]) == ("CHARGE_SUCCESS", None)


async def test_a_refused_payment_is_followed_by_another(shop: Shop) -> None:
    begun = await shop.begin()
    await shop.visit(begun, "refuse")
    refused = await shop.go_on(begun)
    assert refused["transactionEvent"]["type"] == "CHARGE_FAILURE"
    assert await shop.amounts(begun) == {}
    await shop.paid()
    assert await shop.complete() == []


@pytest.mark.parametrize(
    "data",
    [None, [], {"returnUrl": 1}, {"returnUrl": "https://evil.example/"}, {"returnUrl": "javascript:1"}],
)
async def test_a_place_to_come_back_to_that_is_not_ours_is_refused(shop: Shop, data: Any) -> None:
    begun = await shop.begin(data=data)
    assert begun["transactionEvent"]["type"] == "CHARGE_FAILURE"
    assert begun["data"]["errors"][0]["code"] == "ParseError"
    assert shop.bank.books.orders == {}


async def test_fields_that_the_browser_changed_are_refused_by_the_bank(shop: Shop) -> None:
    begun = await shop.begin()
    assert await shop.visit(begun, amount="100") == "403"
    assert await shop.visit(begun, back="https://evil.example/") == "403"


async def test_francs_without_centimes_are_asked_for_as_they_are(shop: Shop) -> None:
    market = await make_market(
        shop.session,
        slug="dakar",
        currency_code="XOF",
        default_transaction_flow_strategy=TransactionFlowStrategy.CHARGE,
    )
    cart = await make_ready_cart(shop.session, market, await make_piece(shop.session, market.channel, 5_000))
    begun = await shop.begin(id=to_global_id("Checkout", cart.id))
    amount = int(begun["data"]["redirect"]["fields"]["amount"])
    await shop.visit(begun)
    paid = await shop.go_on(begun)
    assert paid["transaction"]["chargedAmount"]["amount"] == amount
    assert await shop.amounts(begun) == {"charged": amount}


async def test_a_promise_is_charged_in_part_and_the_rest_let_go(promises: Shop) -> None:
    payment = await promises.paid()
    assert payment["transactionEvent"]["type"] == "AUTHORIZATION_SUCCESS"
    assert payment["transaction"]["actions"] == ["CHARGE", "CANCEL"]
    assert await promises.act(payment, "CHARGE", amount=90) == []
    assert await promises.act(payment, "REFUND", amount=40) == []
    assert await promises.amounts(payment) == {"charged": 50_00, "canceled": 60_00, "refunded": 40_00}


async def test_a_promise_is_called_off(promises: Shop) -> None:
    payment = await promises.paid()
    assert await promises.act(payment, "CANCEL") == []
    assert await promises.amounts(payment) == {"canceled": 150_00}


async def test_a_payment_is_known_though_the_buyer_never_came_back(shop: Shop) -> None:
    begun = await shop.begin()
    await shop.visit(begun)
    assert await shop.told() == [200]
    assert await shop.amounts(begun) == {"charged": 150_00}


async def test_a_notification_is_kept_before_it_is_worked_on_and_once(shop: Shop) -> None:
    begun = await shop.begin()
    shop.bank.faults.add("duplicate", on="notification")
    await shop.visit(begun)
    assert await shop.told(works=False) == [200, 200]
    assert await _kept(shop.session) == (1, 0)
    assert await shop.amounts(begun) == {}
    await shop.do_jobs()
    assert await shop.amounts(begun) == {"charged": 150_00}


@pytest.mark.parametrize("order", [1, -1])
async def test_notifications_come_late_and_in_any_order(promises: Shop, order: int) -> None:
    payment = await promises.begin()
    promises.bank.faults.add("delay", on="notification", times=3)
    await promises.visit(payment)
    await promises.go_on(payment)
    await promises.act(payment, "CHARGE")
    await promises.act(payment, "REFUND", amount=40)
    told = promises.bank.notifications(late=True)
    assert await promises.told(*told[::order], *told) == [200] * 6
    assert await promises.amounts(payment) == {"charged": 110_00, "refunded": 40_00}


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": 1}, {"currency": "EUR"}, {"currency": "???"}, {"order": "f" * 32}, {"order": "x"},
        {"id": 1}, {"id": ""}, {"id": "a\0"}, {"merchant": "another"}, {"amount": True}, "not json", [], None,
    ],
)  # fmt: skip
async def test_a_notification_that_does_not_fit_is_counted_and_nothing_kept(shop: Shop, changed: Any) -> None:
    begun = await shop.begin()
    await shop.visit(begun)
    (told,) = shop.bank.notifications()
    if changed is None:
        told = Notification(told.body, "another secret")
    elif isinstance(changed, dict):
        told = Notification(json.dumps(json.loads(told.body) | changed).encode(), told.secret)
    else:
        told = Notification(str(changed).encode(), told.secret)
    assert await shop.told(told) == [400]
    assert await _kept(shop.session) == (0, 1)
    assert await shop.amounts(begun) == {}


async def test_a_bank_that_is_not_set_up_is_not_heard(shop: Shop) -> None:
    assert (await shop.client.post("/webhooks/bank/marketplace.bank.other")).status_code == 404
    assert (await shop.client.post(f"/webhooks/bank/{GATEWAY}")).status_code == 400


@pytest.mark.parametrize("fault", ["error", "timeout", "reset"])
@pytest.mark.usefixtures("impatient")
async def test_a_bank_that_does_not_answer_has_neither_refused_nor_paid(shop: Shop, fault: Any) -> None:
    begun = await shop.begin()
    await shop.visit(begun)
    shop.bank.faults.add(fault, on="POST /api/status")
    await shop.go_on(begun)
    assert await shop.amounts(begun) == {}
    await _find_out(shop)
    assert await shop.amounts(begun) == {"charged": 150_00}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    ("action", "asks", "becomes"), [("CHARGE", "capture", "charge"), ("CANCEL", "cancel", "cancel")]
)
@pytest.mark.usefixtures("impatient")
async def test_the_answer_about_a_promise_is_lost_and_found_out(
    promises: Shop, fault: Any, action: str, asks: str, becomes: str
) -> None:
    payment = await promises.paid()
    promises.bank.faults.add(fault, on=f"POST /api/{asks}")
    await promises.act(payment, action)
    assert await promises.amounts(payment) == {f"{becomes}_pending": 150_00}
    await _find_out(promises)
    done = {"charge": "charged", "cancel": "canceled"}[becomes]
    assert await promises.amounts(payment) == {done: 150_00}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.usefixtures("impatient")
async def test_a_refund_whose_answer_is_lost_is_made_once(shop: Shop, fault: Any) -> None:
    payment = await shop.paid()
    shop.bank.faults.add(fault, on="POST /api/refund")
    await shop.act(payment, "REFUND", amount=40)
    assert await shop.amounts(payment) == {"charged": 110_00, "refund_pending": 40_00}
    await _find_out(shop)
    assert await shop.amounts(payment) == {"charged": 110_00, "refunded": 40_00}
    assert [refund["amount"] for refund in shop.order(payment)["refunds"]] == [40_00]


async def test_a_payment_that_nobody_finished_is_called_off_and_cant_be_paid_any_more(shop: Shop) -> None:
    begun = await shop.begin()
    await _find_out(shop, after=timedelta(hours=24))
    assert shop.order(begun)["state"] == "CANCELED"
    assert (await shop.visit(begun)).startswith("http://testserver/fr/checkout/paid")
    assert (await shop.go_on(begun))["transactionEvent"]["type"] == "CHARGE_FAILURE"
    assert await shop.amounts(begun) == {}


async def test_an_order_of_another_amount_at_the_bank_says_nothing(shop: Shop) -> None:
    begun = await shop.begin()
    await shop.visit(begun)
    shop.bank.books.orders[shop.order(begun)["order"]]["amount"] = 1_00
    answer = await shop.go_on(begun)
    assert "is of 1.00 MAD, not of 150.00 MAD" in answer["transactionEvent"]["message"]
    assert await shop.amounts(begun) == {}
