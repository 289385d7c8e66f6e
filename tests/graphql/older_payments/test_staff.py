"""What staff do with older payments, and who may see them."""

from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import uuid_pk
from marketplace.orders.models import Order
from marketplace.payments.models import TransactionItem
from marketplace.payouts.verifying import verify
from marketplace_graphql.kernel import Requester
from tests.factories.people import make_user
from tests.factories.vendors import make_vendor
from tests.graphql.conftest import Ask, buyer, seller, staff
from tests.graphql.older_payments.conftest import DUMMY, Pay

PAYMENT = """
  id isActive chargeStatus actions capturedAmount { amount } availableCaptureAmount { amount }
  availableRefundAmount { amount } transactions { kind isSuccess error amount { amount } gatewayResponse }
"""
DO = """
mutation ($id: ID!, $amount: PositiveDecimal) {
  it: %s(paymentId: $id, amount: $amount) { payment { %s } errors { field code } } }
"""
VOID = f"""
mutation ($id: ID!) {{
  it: paymentVoid(paymentId: $id) {{ payment {{ {PAYMENT} }} errors {{ field code }} }} }}
"""
ORDER_CAPTURE = """
mutation ($id: ID!, $amount: PositiveDecimal!) {
  it: orderCapture(id: $id, amount: $amount) { order { actions chargeStatus } errors { field code } } }
"""
ORDER_VOID = "mutation ($id: ID!) { it: orderVoid(id: $id) { order { actions } errors { field code } } }"
OF_ORDER = "query ($id: ID!) { order(id: $id) { payments { id gateway } } }"


@pytest.fixture
async def boss(session: AsyncSession) -> Requester:
    return staff("MANAGE_ORDERS", "HANDLE_PAYMENTS", user=await make_user(session))


def capture(name: str = "paymentCapture") -> str:
    return DO % (name, PAYMENT)


async def _placed(create: Pay, complete: Pay, token: str) -> dict[str, Any]:
    await create(token=token)
    order: dict[str, Any] = (await complete())["order"]
    return order


async def test_a_promise_is_captured_and_paid_back(
    session: AsyncSession, read: Ask, boss: Requester, create: Pay, complete: Pay
) -> None:
    order = await _placed(create, complete, "not-charged")
    payment_id = order["payments"][0]["id"]
    taken = (await read(capture(), boss, id=payment_id))["it"]
    assert taken["errors"] == []
    payment = taken["payment"]
    assert payment["chargeStatus"] == "FULLY_CHARGED"
    assert payment["actions"] == ["REFUND"]
    assert payment["availableCaptureAmount"] is None
    assert payment["availableRefundAmount"] == {"amount": 150.0}
    assert [(one["kind"], one["isSuccess"]) for one in payment["transactions"][:1]] == [("AUTH", True)]
    assert payment["transactions"][-1]["kind"] == "CAPTURE"
    back = (await read(capture("paymentRefund"), boss, id=payment_id, amount=50))["it"]
    assert back["errors"] == []
    assert back["payment"]["chargeStatus"] == "PARTIALLY_REFUNDED"
    assert back["payment"]["capturedAmount"] == {"amount": 100.0}
    back = (await read(capture("paymentRefund"), boss, id=payment_id))["it"]["payment"]
    assert (back["chargeStatus"], back["isActive"], back["actions"]) == ("FULLY_REFUNDED", False, [])
    assert await verify(session) == []


async def test_a_promise_is_voided_once(
    session: AsyncSession, read: Ask, boss: Requester, create: Pay, complete: Pay
) -> None:
    order = await _placed(create, complete, "not-charged")
    payment_id = order["payments"][0]["id"]
    gone = (await read(VOID, boss, id=payment_id))["it"]
    assert gone["errors"] == []
    assert (gone["payment"]["isActive"], gone["payment"]["actions"]) == (False, [])
    assert (await read(VOID, boss, id=payment_id))["it"]["errors"] == [
        {"field": None, "code": "PAYMENT_ERROR"}
    ]
    assert await verify(session) == []


@pytest.mark.parametrize(
    ("name", "amount", "field"),
    [("paymentCapture", None, None), ("paymentRefund", 151, "amount"), ("paymentRefund", 0, "amount")],
)
async def test_what_can_not_be_done_is_refused(
    session: AsyncSession,
    read: Ask,
    boss: Requester,
    create: Pay,
    complete: Pay,
    name: str,
    amount: int | None,
    field: str | None,
) -> None:
    order = await _placed(create, complete, "fully-charged")
    done = (await read(capture(name), boss, id=order["payments"][0]["id"], amount=amount))["it"]
    assert done["errors"] == [{"field": field, "code": "PAYMENT_ERROR"}]
    assert await session.scalar(select(func.sum(TransactionItem.charged_minor))) == 150_00


async def test_an_order_is_captured(read: Ask, boss: Requester, create: Pay, complete: Pay) -> None:
    order = await _placed(create, complete, "not-charged")
    assert (await read(ORDER_CAPTURE, boss, id=order["id"], amount=0))["it"]["errors"] == [
        {"field": "amount", "code": "ZERO_QUANTITY"}
    ]
    assert (await read(ORDER_CAPTURE, boss, id=order["id"], amount=151))["it"]["errors"] == [
        {"field": "amount", "code": "PAYMENT_ERROR"}
    ]
    done = (await read(ORDER_CAPTURE, boss, id=order["id"], amount=150))["it"]
    assert done == {"order": {"actions": ["REFUND"], "chargeStatus": "FULL"}, "errors": []}
    assert (await read(ORDER_VOID, boss, id=order["id"]))["it"]["errors"] == [
        {"field": "payment", "code": "VOID_INACTIVE_PAYMENT"}
    ]
    assert (await read(ORDER_CAPTURE, boss, id=order["id"], amount=1))["it"]["errors"] == [
        {"field": "payment", "code": "CAPTURE_INACTIVE_PAYMENT"}
    ]


async def test_an_orders_promise_is_voided(read: Ask, boss: Requester, create: Pay, complete: Pay) -> None:
    order = await _placed(create, complete, "not-charged")
    assert (await read(ORDER_VOID, boss, id=order["id"]))["it"] == {"order": {"actions": []}, "errors": []}


async def test_staff_list_payments_and_find_one(
    session: AsyncSession, read: Ask, boss: Requester, create: Pay, cart_id: str
) -> None:
    payment_id = (await create(token="a"))["payment"]["id"]
    lists = "query ($f: PaymentFilterInput) { payments(first: 5, filter: $f) { edges { node { id } } } }"
    found = [{"node": {"id": payment_id}}]
    for filter_, expected in (
        ({"checkouts": [cart_id]}, found),
        ({"ids": [payment_id]}, found),
        ({"ids": ["UGF5bWVudDow"]}, []),
    ):
        assert (await read(lists, boss, f=filter_))["payments"]["edges"] == expected
    one = await read("query ($id: ID!) { payment(id: $id) { id } }", boss, id=payment_id)
    assert one["payment"] == {"id": payment_id}


WHOLE = "query ($id: ID!) { payment(id: $id) { id } payments(first: 1) { totalCount } }"


@pytest.mark.parametrize("requester", [None, Requester(user_id=1), staff("HANDLE_PAYMENTS")])
async def test_others_see_no_payments(ask: Ask, create: Pay, requester: Requester | None) -> None:
    payment_id = (await create(token="a"))["payment"]["id"]
    answer = await ask(WHOLE, requester, id=payment_id)
    assert answer["data"] == {"payment": None, "payments": None}
    assert {error["extensions"]["exception"]["code"] for error in answer["errors"]} == {"PermissionDenied"}
    assert (await ask(VOID, requester, id=payment_id))["errors"]


async def test_a_customers_payments_are_theirs_and_staffs(
    session: AsyncSession, read: Ask, create: Pay, complete: Pay
) -> None:
    order = await _placed(create, complete, "fully-charged")
    customer, stranger = await make_user(session), await make_user(session)
    key = uuid_pk(order["id"], "Order")
    await session.execute(update(Order).where(Order.id == key).values(user_id=customer.id))
    shown = [{"id": order["payments"][0]["id"], "gateway": DUMMY}]
    for requester in (buyer(customer), staff("MANAGE_ORDERS")):
        assert (await read(OF_ORDER, requester, id=order["id"]))["order"]["payments"] == shown
    for requester in (None, buyer(stranger)):
        assert (await read(OF_ORDER, requester, id=order["id"]))["order"]["payments"] == []
    vendor = await make_vendor(session)
    assert (await read(OF_ORDER, seller(vendor.id, stranger), id=order["id"]))["order"] is None


async def test_a_gateways_client_is_told_what_it_must_know(
    session: AsyncSession, read: Ask, create: Pay, cart_id: str
) -> None:
    document = """mutation ($gateway: String!, $channel: String) {
      it: paymentInitialize(gateway: $gateway, channel: $channel) {
        initializedPayment { gateway name data } errors { field code } } }"""
    slug = (await read("{ channels { slug } }", staff("MANAGE_CHANNELS")))["channels"][-1]["slug"]
    told = (await read(document, gateway=DUMMY, channel=slug))["it"]
    assert told["initializedPayment"]["name"] == "Dummy"
    assert (await read(document, gateway="nobody", channel=slug))["it"]["errors"] == [
        {"field": "gateway", "code": "NOT_SUPPORTED_GATEWAY"}
    ]
    assert (await read(document, gateway=DUMMY, channel="none"))["it"]["errors"] == [
        {"field": "channel", "code": "NOT_FOUND"}
    ]
