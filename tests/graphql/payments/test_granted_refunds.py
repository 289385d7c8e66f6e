"""Refunds that staff granted, asked of the payment's app: what it says becomes of them."""

from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import int_pk, to_global_id
from marketplace.orders.models import Order
from marketplace.orders.refunds import GrantedRefund
from marketplace.payments.models import TransactionEvent, TransactionItem
from marketplace_graphql.kernel import Requester
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, app_itself, staff
from tests.graphql.payments.conftest import CHARGED, PaymentApp
from tests.graphql.payments.test_payment_actions import ACTION, paid
from tests.graphql.payments.test_payment_apps import COMPLETE

GRANT = """
mutation ($id: ID!, $input: OrderGrantRefundCreateInput!) {
  orderGrantRefundCreate(id: $id, input: $input) { grantedRefund { id } errors { field code } } }
"""
REQUEST = """
mutation ($refund: ID!, $id: ID, $token: UUID) {
  it: transactionRequestRefundForGrantedRefund(grantedRefundId: $refund, id: $id, token: $token) {
    transaction { id chargedAmount { amount } refundedAmount { amount } reason }
    errors { field code } } }
"""
REPORT = """
mutation ($id: ID!, $type: TransactionEventTypeEnum!, $reference: String!) {
  transactionEventReport(id: $id, type: $type, pspReference: $reference, amount: 50) {
    errors { code } } }
"""
GRANTS = """
query ($id: ID!) { order(id: $id) { grantedRefunds { status app { name } user { id }
  transactionEvents { type amount { amount } message } } } }
"""
Made = tuple[str, str, Requester]


@pytest.fixture
async def granted(session: AsyncSession, read: Ask, cart_id: str, payment_app: PaymentApp) -> Made:
    """A refund of 50 that was granted of a paid order, its payment, and who asks for it."""
    payment = await paid(read, cart_id, payment_app, CHARGED)
    order_id = (await read(COMPLETE, id=cart_id))["it"]["order"]["id"]
    clerk = staff("HANDLE_PAYMENTS", "MANAGE_ORDERS", user=await make_user(session, is_staff=True))
    given = {"amount": 50, "transactionId": payment, "reason": "Broken"}
    made = await read(GRANT, clerk, id=order_id, input=given)
    return made["orderGrantRefundCreate"]["grantedRefund"]["id"], payment, clerk


async def grants(session: AsyncSession, read: Ask, clerk: Requester) -> list[dict[str, Any]]:
    order_id = (await session.scalars(select(Order.id))).one()
    found: list[dict[str, Any]] = (await read(GRANTS, clerk, id=to_global_id("Order", order_id)))["order"][
        "grantedRefunds"
    ]
    return found


async def test_what_was_granted_is_asked_of_the_app_and_paid_back(
    session: AsyncSession, read: Ask, payment_app: PaymentApp, granted: Made
) -> None:
    refund, payment, clerk = granted
    payment_app.says = [{"pspReference": "r1", "result": "REFUND_SUCCESS", "amount": 50}]
    payload = (await read(REQUEST, clerk, refund=refund))["it"]
    assert payload["errors"] == []
    assert payload["transaction"] == {
        "id": payment,
        "chargedAmount": {"amount": 100.0},
        "refundedAmount": {"amount": 50.0},
        "reason": "Broken",
    }
    event, told = payment_app.heard[-1]
    assert event == "transaction_refund_requested"
    assert told["asked"]["amount"] == 50.0
    assert told["granted"] == {"id": refund, "reason": "Broken"}
    (grant,) = await grants(session, read, clerk)
    assert grant["status"] == "SUCCESS"
    assert grant["user"] == {"id": to_global_id("User", clerk.user_id or 0)}
    assert [(each["type"], each["amount"]["amount"]) for each in grant["transactionEvents"]] == [
        ("REFUND_REQUEST", 50.0),
        ("REFUND_SUCCESS", 50.0),
    ]
    again = (await read(REQUEST, clerk, refund=refund))["it"]
    assert again["errors"] == [{"field": "grantedRefundId", "code": "REFUND_ALREADY_PROCESSED"}]


async def test_another_refund_of_the_payment_is_told_of_no_grant(
    session: AsyncSession, read: Ask, payment_app: PaymentApp, granted: Made
) -> None:
    _, payment, clerk = granted
    payment_app.says = [{"pspReference": "r1", "result": "REFUND_SUCCESS", "amount": 50}]
    await read(ACTION, clerk, id=payment, action="REFUND", amount=50)
    assert payment_app.heard[-1][1]["granted"] is None
    (grant,) = await grants(session, read, clerk)
    assert (grant["status"], grant["transactionEvents"]) == ("NONE", [])


@pytest.mark.parametrize(
    ("told", "status"),
    [("REFUND_SUCCESS", "SUCCESS"), ("REFUND_FAILURE", "FAILURE"), ("REFUND_REVERSE", "FAILURE")],
)
async def test_a_refund_is_pending_until_the_app_tells_what_became_of_it(
    session: AsyncSession,
    read: Ask,
    payment_app: PaymentApp,
    granted: Made,
    told: str,
    status: str,
) -> None:
    refund, payment, clerk = granted
    payment_app.says = [{"pspReference": "r1"}]
    await read(REQUEST, clerk, refund=refund)
    (grant,) = await grants(session, read, clerk)
    assert grant["status"] == "PENDING"
    again = (await read(REQUEST, clerk, refund=refund))["it"]
    assert again["errors"] == [{"field": "grantedRefundId", "code": "REFUND_IS_PENDING"}]
    teller = app_itself(payment_app.app)
    await read(REPORT, teller, id=payment, type=told, reference="r1")
    (grant,) = await grants(session, read, clerk)
    assert grant["status"] == status
    assert grant["transactionEvents"][-1]["type"] == told


@pytest.mark.parametrize("said", [(500, b""), {}, {"pspReference": "r", "result": "CHARGE_SUCCESS"}])
async def test_what_the_app_fails_to_do_can_be_asked_for_again(
    session: AsyncSession, read: Ask, payment_app: PaymentApp, granted: Made, said: Any
) -> None:
    refund, _, clerk = granted
    payment_app.says = [said]
    await read(REQUEST, clerk, refund=refund)
    (grant,) = await grants(session, read, clerk)
    assert grant["status"] == "FAILURE"
    payment_app.says = [{"pspReference": "r2", "result": "REFUND_SUCCESS", "amount": 50}]
    assert (await read(REQUEST, clerk, refund=refund))["it"]["errors"] == []
    (grant,) = await grants(session, read, clerk)
    assert grant["status"] == "SUCCESS"


async def test_whoever_asked_and_died_is_not_waited_for_for_ever(
    session: AsyncSession, read: Ask, payment_app: PaymentApp, granted: Made
) -> None:
    refund, _, clerk = granted
    payment_app.says = [{"pspReference": "r1"}]
    await read(REQUEST, clerk, refund=refund)
    request = TransactionEvent.type == "REFUND_REQUEST"
    await session.execute(update(TransactionEvent).where(request).values(counts=False))
    waiting = (await read(REQUEST, clerk, refund=refund))["it"]
    assert waiting["errors"] == [{"field": "grantedRefundId", "code": "REFUND_IS_PENDING"}]
    long_ago = TransactionEvent.created_at - func.make_interval(0, 0, 0, 0, 1)
    await session.execute(update(TransactionEvent).where(request).values(created_at=long_ago))
    await session.execute(update(TransactionItem).values(charged_minor=150_00, refund_pending_minor=0))
    session.expire_all()
    payment_app.says = [{"pspReference": "r2", "result": "REFUND_SUCCESS", "amount": 50}]
    assert (await read(REQUEST, clerk, refund=refund))["it"]["errors"] == []


async def test_no_more_is_asked_back_than_was_charged(
    session: AsyncSession, read: Ask, granted: Made
) -> None:
    refund, _, clerk = granted
    await session.execute(update(TransactionItem).values(charged_minor=49_99))
    session.expire_all()
    payload = (await read(REQUEST, clerk, refund=refund))["it"]
    assert payload["errors"] == [{"field": "grantedRefundId", "code": "AMOUNT_GREATER_THAN_AVAILABLE"}]


async def test_a_granted_refund_without_a_payment_needs_one_of_its_order(
    session: AsyncSession, read: Ask, payment_app: PaymentApp, granted: Made
) -> None:
    refund, payment, clerk = granted
    await session.execute(update(GrantedRefund).values(transaction_id=None))
    session.expire_all()
    nothing = (await read(REQUEST, clerk, refund=refund))["it"]
    assert nothing["errors"] == [{"field": None, "code": "GRAPHQL_ERROR"}]
    strange = TransactionItem(gateway="shop.pay", currency="MAD")
    session.add(strange)
    await session.flush()
    other = to_global_id("TransactionItem", str(strange.token))
    wrong = (await read(REQUEST, clerk, refund=refund, id=other))["it"]
    assert wrong["errors"] == [{"field": "grantedRefundId", "code": "INVALID"}]
    payment_app.says = [{"pspReference": "r1", "result": "REFUND_SUCCESS", "amount": 50}]
    assert (await read(REQUEST, clerk, refund=refund, id=payment))["it"]["errors"] == []
    (grant,) = await grants(session, read, clerk)
    assert grant["status"] == "SUCCESS"


async def test_a_payment_without_an_app_or_no_refund_is_refused(
    session: AsyncSession, ask: Ask, read: Ask, granted: Made
) -> None:
    refund, _, clerk = granted
    for given, code in (("OrderGrantedRefund", "NOT_FOUND"), ("Order", "GRAPHQL_ERROR")):
        missing = (await read(REQUEST, clerk, refund=to_global_id(given, 999_999)))["it"]
        assert missing["errors"] == [{"field": "grantedRefundId", "code": code}]
    denied = await ask(REQUEST, staff("MANAGE_ORDERS"), refund=refund)
    assert denied["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    await session.execute(update(TransactionItem).values(app_id=None))
    session.expire_all()
    nobody = (await read(REQUEST, clerk, refund=refund))["it"]
    assert nobody["errors"] == [{"field": None, "code": "MISSING_TRANSACTION_ACTION_REQUEST_WEBHOOK"}]
    status = await session.scalar(
        select(GrantedRefund.status).where(GrantedRefund.id == int_pk(refund, "OrderGrantedRefund"))
    )
    assert status == "NONE"
