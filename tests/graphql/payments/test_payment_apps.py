"""Paying by an app: its answers make a payment, and neither silence nor rubbish does."""

import asyncio
from typing import Any
from uuid import uuid4

import orjson
import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import App
from marketplace.kit.ids import to_global_id
from marketplace.kit.settings import Settings
from marketplace.orders.models import Order
from marketplace.payments.models import TransactionItem
from marketplace.webhooks.models import DeliveryStatus, EventDelivery, EventDeliveryAttempt
from marketplace_graphql.kernel import Api
from tests.graphql.conftest import Ask, app_itself
from tests.graphql.payments.conftest import CHARGED, GATEWAY, PaymentApp
from tests.receiver import Received, Reply

GATEWAYS = """
mutation ($id: ID!, $gateways: [PaymentGatewayToInitialize!]) {
  paymentGatewayInitialize(id: $id, paymentGateways: $gateways) {
    gatewayConfigs { id data errors { field code } } errors { field code } } }
"""
INITIALIZE = """
mutation ($id: ID!, $amount: PositiveDecimal, $key: String, $data: JSON, $gateway: String = "shop.pay",
          $action: TransactionFlowStrategyEnum) {
  it: transactionInitialize(
    id: $id, amount: $amount, idempotencyKey: $key, action: $action,
    paymentGateway: {id: $gateway, data: $data}
  ) { ...Done errors { field code } } }
"""
PROCESS = """
mutation ($id: ID!, $data: JSON) {
  it: transactionProcess(id: $id, data: $data) { ...Done errors { field code } } }
"""
DONE = """
fragment Done on %s { data
  transaction {
    id name pspReference actions createdBy { ... on App { name } }
    chargedAmount { amount } authorizedAmount { amount } chargePendingAmount { amount } }
  transactionEvent { type pspReference message amount { amount } } }
"""
COMPLETE = "mutation ($id: ID!) { it: checkoutComplete(id: $id) { order { id } errors { code } } }"
NOTE = """
mutation ($id: ID!) {
  it: checkoutCustomerNoteUpdate(id: $id, customerNote: "Soon") { errors { code } } }
"""
UNKNOWN = to_global_id("TransactionItem", uuid4())
RUBBISH: list[tuple[dict[str, Any] | Reply, str]] = [
    ((500, b"out of order"), "no answer"),
    ((200, b"not json"), "no answer"),
    ((200, b"[]"), "no answer"),
    ((200, b'{"pspReference": "a\\u0000b", "result": "CHARGE_SUCCESS"}'), "no answer"),
    ((200, b"[" * 500 + b"]" * 500), "no answer"),
    ({}, "result"),
    ({"result": "CHARGE_SUCCESS", "amount": 150}, "pspReference"),
    ({"result": "REFUND_SUCCESS", "pspReference": "psp-1"}, "result"),
    ({"result": ["CHARGE_SUCCESS"], "pspReference": "psp-1"}, "result"),
    ({**CHARGED, "amount": "much"}, "amount"),
    ({**CHARGED, "amount": -1}, "amount"),
    ({**CHARGED, "amount": 1e300}, "amount"),
    ({**CHARGED, "amount": {"of": 1}}, "amount"),
    ({**CHARGED, "currency": "EUR"}, "MAD"),
    ({**CHARGED, "pspReference": "x" * 600}, "pspReference"),
    ({**CHARGED, "time": "yesterday"}, "time"),
]


def document(mutation: str) -> str:
    return mutation + DONE % ("TransactionProcess" if "Process" in mutation else "TransactionInitialize")


async def test_an_app_is_offered_as_a_gateway(read: Ask, cart_id: str, payment_app: PaymentApp) -> None:
    payment_app.says = [{"data": {"key": "public"}}]
    payload = (await read(GATEWAYS, id=cart_id))["paymentGatewayInitialize"]
    assert {"id": GATEWAY, "data": {"key": "public"}, "errors": []} in payload["gatewayConfigs"]
    assert payment_app.heard == [
        (
            "payment_gateway_initialize_session",
            {"amount": 150.0, "data": None, "sourceObject": {"__typename": "Checkout", "id": cart_id}},
        )
    ]
    named = [{"id": GATEWAY, "data": {"a": 1}}, {"id": "nobody"}]
    configs = (await read(GATEWAYS, id=cart_id, gateways=named))["paymentGatewayInitialize"]["gatewayConfigs"]
    assert [(each["id"], [error["code"] for error in each["errors"]]) for each in configs] == [
        (GATEWAY, []),
        ("nobody", ["NOT_FOUND"]),
    ]
    assert payment_app.heard[1][1]["data"] == {"a": 1}


async def test_a_gateway_that_fails_is_told_so_and_the_others_are_offered(
    read: Ask, cart_id: str, payment_app: PaymentApp
) -> None:
    payment_app.says = [(500, b"")]
    configs = (await read(GATEWAYS, id=cart_id))["paymentGatewayInitialize"]["gatewayConfigs"]
    assert [(each["id"], [error["code"] for error in each["errors"]]) for each in configs] == [
        ("marketplace.cash_on_delivery", []),
        (GATEWAY, ["INVALID"]),
    ]


async def test_an_app_charges_and_the_checkout_becomes_a_paid_order(
    session: AsyncSession, read: Ask, cart_id: str, payment_app: PaymentApp
) -> None:
    payment_app.says = [{**CHARGED, "data": {"thanks": True}}]
    payload = (await read(document(INITIALIZE), id=cart_id, key="k1", data={"token": "t"}))["it"]
    transaction = payload["transaction"]
    assert payload == {
        "data": {"thanks": True},
        "transaction": {
            "id": transaction["id"],
            "name": "Shop Pay",
            "pspReference": "psp-1",
            "actions": ["REFUND"],
            "createdBy": None,  # Who it is that answers, is no buyer's business.
            "chargedAmount": {"amount": 150.0},
            "authorizedAmount": {"amount": 0.0},
            "chargePendingAmount": {"amount": 0.0},
        },
        "transactionEvent": {
            "type": "CHARGE_SUCCESS",
            "pspReference": "psp-1",
            "message": "",
            "amount": {"amount": 150.0},
        },
        "errors": [],
    }
    ((event, told),) = payment_app.heard
    assert event == "transaction_initialize_session"
    assert told == {
        "merchantReference": transaction["id"],
        "idempotencyKey": "k1",
        "customerIpAddress": None,
        "data": {"token": "t"},
        "recipient": {"name": "Shop Pay"},
        "action": {"amount": 150.0, "currency": "MAD", "actionType": "AUTHORIZATION"},
        "transaction": {"id": transaction["id"]},
        "sourceObject": {"__typename": "Checkout", "id": cart_id},
    }
    done = (await read(COMPLETE, id=cart_id))["it"]
    assert done["errors"] == []
    order = (await session.scalars(select(Order).execution_options(populate_existing=True))).one()
    assert (order.charge_status, order.total_charged_minor) == ("FULL", 150_00)


@pytest.mark.parametrize(("said", "why"), RUBBISH)
async def test_what_is_no_answer_makes_no_payment(
    session: AsyncSession, read: Ask, cart_id: str, payment_app: PaymentApp, said: Any, why: str
) -> None:
    payment_app.says = [said]
    payload = (await read(document(INITIALIZE), id=cart_id))["it"]
    assert payload["errors"] == []
    assert payload["transactionEvent"]["type"] == "AUTHORIZATION_FAILURE"
    assert why in payload["transactionEvent"]["message"]
    assert payload["transaction"]["chargedAmount"] == {"amount": 0.0}
    assert (await read(COMPLETE, id=cart_id))["it"]["errors"] == [{"code": "CHECKOUT_NOT_FULLY_PAID"}]


async def test_a_silent_app_is_waited_for_so_long_and_no_lock_is_held_meanwhile(
    session: AsyncSession, api: Api, read: Ask, cart_id: str, payment_app: PaymentApp, settings: Settings
) -> None:
    api.context["settings"] = settings.model_copy(update={"app_patience_seconds": 0.5})
    held_up = asyncio.Event()

    async def think(_request: Received) -> Reply:
        await held_up.wait()
        return 200, b"{}"

    payment_app.receiver.behave = think
    asked = asyncio.create_task(read(document(INITIALIZE), id=cart_id))
    await payment_app.receiver.came.wait()
    # The test's one connection is free, and so is the cart.
    answer = await asyncio.wait_for(api.execute(NOTE, {"id": cart_id}), timeout=5)
    assert answer["data"]["it"]["errors"] == []
    assert not asked.done()
    payload = (await asked)["it"]
    assert payload["transactionEvent"]["type"] == "AUTHORIZATION_FAILURE"
    held_up.set()


async def test_an_app_may_tell_of_the_payment_while_it_is_asked(
    session: AsyncSession, api: Api, read: Ask, cart_id: str, payment_app: PaymentApp
) -> None:
    report = """mutation ($id: ID!) { it: transactionEventReport(
        id: $id, type: CHARGE_SUCCESS, pspReference: "psp-1", amount: 150) { errors { code } } }"""

    async def report_first(request: Received) -> Reply:
        variables = {"id": request.json["merchantReference"]}
        answer = await api.execute(report, variables, app_itself(payment_app.app))
        assert answer["data"]["it"]["errors"] == []
        return 200, orjson.dumps(CHARGED)

    payment_app.receiver.behave = report_first
    payload = (await read(document(INITIALIZE), id=cart_id))["it"]
    assert payload["transaction"]["chargedAmount"] == {"amount": 150.0}  # Told twice, charged once.


async def test_a_payment_that_wants_its_buyer_goes_on(
    read: Ask, cart_id: str, payment_app: PaymentApp
) -> None:
    payment_app.says = [
        {"result": "CHARGE_ACTION_REQUIRED", "data": {"go": "https://bank.test"}},
        {**CHARGED, "data": None},
    ]
    first = (await read(document(INITIALIZE), id=cart_id))["it"]
    assert (first["transactionEvent"]["type"], first["data"]) == (
        "CHARGE_ACTION_REQUIRED",
        {"go": "https://bank.test"},
    )
    given = {"id": first["transaction"]["id"], "data": {"code": "1234"}}
    second = (await read(document(PROCESS), **given))["it"]
    assert second["transactionEvent"]["type"] == "CHARGE_SUCCESS"
    assert second["transaction"]["chargedAmount"] == {"amount": 150.0}
    event, told = payment_app.heard[1]
    assert (event, told["data"], told["merchantReference"]) == (
        "transaction_process_session",
        {"code": "1234"},
        given["id"],
    )
    again = (await read(document(PROCESS), **given))["it"]
    assert again["transactionEvent"]["type"] == "CHARGE_SUCCESS"
    assert len(payment_app.heard) == 2  # It has ended: nobody is asked.


async def test_a_payment_that_is_under_way_is_pending(
    read: Ask, cart_id: str, payment_app: PaymentApp
) -> None:
    payment_app.says = [{"result": "CHARGE_REQUEST", "pspReference": "later"}]
    payload = (await read(document(INITIALIZE), id=cart_id))["it"]
    assert payload["transaction"]["chargePendingAmount"] == {"amount": 150.0}
    assert payload["transaction"]["pspReference"] == "later"


async def test_the_same_key_is_the_same_payment(
    session: AsyncSession, read: Ask, cart_id: str, payment_app: PaymentApp
) -> None:
    payment_app.says = [(500, b""), CHARGED]
    first = (await read(document(INITIALIZE), id=cart_id, key="k"))["it"]
    second = (await read(document(INITIALIZE), id=cart_id, key="k"))["it"]
    third = (await read(document(INITIALIZE), id=cart_id, key="k"))["it"]
    assert len({each["transaction"]["id"] for each in (first, second, third)}) == 1
    assert [each["transactionEvent"]["type"] for each in (second, third)] == ["CHARGE_SUCCESS"] * 2
    assert len(payment_app.heard) == 2
    assert {told["idempotencyKey"] for _, told in payment_app.heard} == {"k"}
    other = (await read(document(INITIALIZE), id=cart_id, key="k", amount=1))["it"]
    assert other["errors"] == [{"field": "idempotencyKey", "code": "UNIQUE"}]
    assert await session.scalar(select(func.count(TransactionItem.id))) == 1


async def test_an_app_that_is_off_or_has_no_permission_is_no_gateway(
    session: AsyncSession, read: Ask, cart_id: str, payment_app: PaymentApp
) -> None:
    await session.execute(update(App).values(permissions=[]))
    payload = (await read(document(INITIALIZE), id=cart_id))["it"]
    assert payload["transactionEvent"]["type"] == "AUTHORIZATION_FAILURE"
    await session.execute(update(App).values(is_active=False))
    payload = (await read(document(INITIALIZE), id=cart_id))["it"]
    assert payload["errors"] == [{"field": "paymentGateway", "code": "NOT_FOUND"}]
    token = await session.scalar(select(TransactionItem.token))
    gone = (await read(document(PROCESS), id=to_global_id("TransactionItem", token or uuid4())))["it"]
    assert gone["errors"] == [{"field": "id", "code": "MISSING_PAYMENT_APP"}]
    assert payment_app.heard == []


async def test_each_call_is_in_the_log(
    session: AsyncSession, read: Ask, cart_id: str, payment_app: PaymentApp
) -> None:
    payment_app.says = [(500, b"out of order"), CHARGED]
    await read(document(INITIALIZE), id=cart_id)
    await read(document(INITIALIZE), id=cart_id)
    rows = await session.execute(
        select(EventDelivery.event_type, EventDelivery.status, EventDelivery.payload_id.is_(None)).order_by(
            EventDelivery.id
        )
    )
    event = "TRANSACTION_INITIALIZE_SESSION"
    assert [tuple(row) for row in rows] == [
        (event, DeliveryStatus.FAILED, False),
        (event, DeliveryStatus.SUCCESS, True),
    ]
    tries = (await session.scalars(select(EventDeliveryAttempt).order_by(EventDeliveryAttempt.id))).all()
    assert (tries[0].response_status_code, tries[0].response) == (500, "out of order")
    waiting = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'webhooks.send'"
    assert await session.scalar(text(waiting)) == 0  # Nothing is sent a second time.
