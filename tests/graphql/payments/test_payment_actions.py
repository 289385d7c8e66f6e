"""What apps are asked to do with payments that they have taken: charge, pay back, call off."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.orders.models import Order
from marketplace.payments.models import TransactionEvent
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, staff
from tests.graphql.orders.test_reasons import make_reason
from tests.graphql.payments.conftest import CHARGED, PaymentApp
from tests.graphql.payments.test_payment_apps import COMPLETE, INITIALIZE, document

ACTION = """
mutation ($id: ID!, $action: TransactionActionEnum!, $amount: PositiveDecimal, $reason: String, $page: ID) {
  it: transactionRequestAction(
    id: $id, actionType: $action, amount: $amount, refundReason: $reason, refundReasonReference: $page
  ) {
    transaction { reason reasonReference { id }
      actions chargedAmount { amount } refundedAmount { amount } refundPendingAmount { amount }
      authorizedAmount { amount } canceledAmount { amount } events { type message } }
    errors { field code } } }
"""


async def paid(read: Ask, cart_id: str, payment_app: PaymentApp, said: dict[str, Any]) -> str:
    payment_app.says = [said]
    payload = (await read(document(INITIALIZE), id=cart_id))["it"]
    transaction_id: str = payload["transaction"]["id"]
    return transaction_id


async def test_a_refund_is_asked_of_the_app_and_the_order_follows(
    session: AsyncSession, read: Ask, cart_id: str, payment_app: PaymentApp
) -> None:
    payment = await paid(read, cart_id, payment_app, CHARGED)
    await read(COMPLETE, id=cart_id)
    cashier = staff("HANDLE_PAYMENTS", user=await make_user(session, is_staff=True))
    payment_app.says = [{"pspReference": "r1", "result": "REFUND_SUCCESS", "amount": 50, "actions": []}]
    payload = (await read(ACTION, cashier, id=payment, action="REFUND", amount=50, reason="Broken"))["it"]
    assert payload["errors"] == []
    transaction = payload["transaction"]
    assert (transaction["chargedAmount"], transaction["refundedAmount"]) == (
        {"amount": 100.0},
        {"amount": 50.0},
    )
    assert transaction["actions"] == []
    assert {"type": "REFUND_REQUEST", "message": "Broken"} in transaction["events"]
    event, told = payment_app.heard[-1]
    assert event == "transaction_refund_requested"
    assert told["asked"] == {"amount": 50.0, "currency": "MAD", "actionType": "REFUND"}
    order = (await session.scalars(select(Order).execution_options(populate_existing=True))).one()
    assert (order.charge_status, order.total_refunded_minor) == ("PARTIAL", 50_00)


async def test_a_refund_is_asked_for_a_reason_that_a_page_names(
    session: AsyncSession, read: Ask, cart_id: str, payment_app: PaymentApp
) -> None:
    payment, page = await paid(read, cart_id, payment_app, CHARGED), await make_reason(session, "refund")
    cashier = staff("HANDLE_PAYMENTS", user=await make_user(session, is_staff=True))
    nothing = (await read(ACTION, cashier, id=payment, action="REFUND"))["it"]
    assert nothing["errors"] == [{"field": "refundReasonReference", "code": "REQUIRED"}]
    payment_app.says = [{"pspReference": "r1"}]
    payload = (await read(ACTION, cashier, id=payment, action="REFUND", reason="Broken", page=page))["it"]
    transaction = payload["transaction"]
    assert (transaction["reason"], transaction["reasonReference"]) == ("Broken", {"id": page})


async def test_a_refund_that_is_pending_can_not_be_asked_for_twice(
    session: AsyncSession, read: Ask, cart_id: str, payment_app: PaymentApp
) -> None:
    payment = await paid(read, cart_id, payment_app, CHARGED)
    cashier = staff("HANDLE_PAYMENTS", user=await make_user(session, is_staff=True))
    payment_app.says = [{"pspReference": "r1"}]
    transaction = (await read(ACTION, cashier, id=payment, action="REFUND"))["it"]["transaction"]
    assert (transaction["chargedAmount"], transaction["refundPendingAmount"]) == (
        {"amount": 0.0},
        {"amount": 150.0},
    )
    again = (await read(ACTION, cashier, id=payment, action="REFUND"))["it"]
    assert again["errors"] == [{"field": "actionType", "code": "INVALID"}]


async def test_an_authorisation_is_charged_and_called_off(
    session: AsyncSession, read: Ask, cart_id: str, payment_app: PaymentApp
) -> None:
    promised = {"pspReference": "psp-1", "result": "AUTHORIZATION_SUCCESS"}
    payment = await paid(read, cart_id, payment_app, promised)
    cashier = staff("HANDLE_PAYMENTS", user=await make_user(session, is_staff=True))
    payment_app.says = [
        {"pspReference": "c1", "result": "CHARGE_SUCCESS", "amount": 100},
        {"pspReference": "x1", "result": "CANCEL_SUCCESS"},
    ]
    charged = (await read(ACTION, cashier, id=payment, action="CHARGE", amount=100))["it"]["transaction"]
    assert (charged["chargedAmount"], charged["authorizedAmount"]) == ({"amount": 100.0}, {"amount": 50.0})
    canceled = (await read(ACTION, cashier, id=payment, action="CANCEL"))["it"]["transaction"]
    assert (canceled["canceledAmount"], canceled["authorizedAmount"]) == ({"amount": 50.0}, {"amount": 0.0})


@pytest.mark.parametrize("said", [(500, b""), {}, {"pspReference": "r", "result": "CHARGE_SUCCESS"}])
async def test_an_action_that_fails_changes_no_amount(
    session: AsyncSession, read: Ask, cart_id: str, payment_app: PaymentApp, said: Any
) -> None:
    payment = await paid(read, cart_id, payment_app, CHARGED)
    cashier = staff("HANDLE_PAYMENTS", user=await make_user(session, is_staff=True))
    payment_app.says = [said]
    transaction = (await read(ACTION, cashier, id=payment, action="REFUND"))["it"]["transaction"]
    assert transaction["chargedAmount"] == {"amount": 150.0}
    assert transaction["events"][-1]["type"] == "REFUND_FAILURE"


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"action": "CHARGE"}, {"field": "actionType", "code": "INVALID"}),
        ({"action": "REFUND", "amount": 0.001}, {"field": "amount", "code": "INVALID"}),
        ({"action": "CHARGE", "reason": "Why"}, {"field": "refundReason", "code": "INVALID"}),
        ({"action": "CHARGE", "page": "UGFnZTox"}, {"field": "refundReasonReference", "code": "INVALID"}),
        ({"action": "REFUND", "page": "UGFnZTox"}, {"field": "refundReasonReference", "code": "INVALID"}),
        (
            {"action": "REFUND", "id": to_global_id("TransactionItem", uuid4())},
            {"field": "id", "code": "NOT_FOUND"},
        ),
    ],
)
async def test_what_can_not_be_asked_for_is_refused(
    session: AsyncSession,
    read: Ask,
    cart_id: str,
    payment_app: PaymentApp,
    given: dict[str, Any],
    error: dict[str, str],
) -> None:
    payment = await paid(read, cart_id, payment_app, CHARGED)
    before = await session.scalar(select(func.count(TransactionEvent.id)))
    payload = (await read(ACTION, staff("HANDLE_PAYMENTS"), **{"id": payment} | given))["it"]
    assert payload["errors"] == [error]
    assert await session.scalar(select(func.count(TransactionEvent.id))) == before


async def test_a_payment_without_an_app_has_nobody_to_ask(
    session: AsyncSession, ask: Ask, read: Ask, cart_id: str
) -> None:
    cash = await read(document(INITIALIZE), id=cart_id, gateway="marketplace.cash_on_delivery")
    given = {"id": cash["it"]["transaction"]["id"], "action": "CANCEL"}
    payload = (await read(ACTION, staff("HANDLE_PAYMENTS"), **given))["it"]
    assert payload["errors"] == [{"field": None, "code": "MISSING_TRANSACTION_ACTION_REQUEST_WEBHOOK"}]
    denied = await ask(ACTION, staff("MANAGE_ORDERS"), **given)
    assert denied["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
