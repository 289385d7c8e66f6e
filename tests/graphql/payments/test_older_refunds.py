"""Refunds by Saleor's older mutations, of what apps took: one payment or several, told at once or later."""

from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id, uuid_pk
from marketplace.kit.settings import Settings
from marketplace.orders.models import Fulfillment, Order, OrderEvent, OrderLine
from marketplace.orders.refunds import PartRefund
from marketplace.payments.models import Repayment, TransactionItem
from marketplace.payments.refund_shares import Wish
from marketplace.payments.refunding import Kind, Refunding
from marketplace.payments.repaid import follow_late
from marketplace.payments.repaying import begin
from marketplace.payouts.verifying import verify
from marketplace_graphql.kernel import Requester
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, staff
from tests.graphql.payments.conftest import CHARGED, PaymentApp
from tests.graphql.payments.test_payment_apps import COMPLETE, INITIALIZE, document

REFUND = """mutation ($id: ID!, $amount: PositiveDecimal!) { it: orderRefund(id: $id, amount: $amount) {
  order { totalRefunded { amount } } errors { field code message } } }"""
PIECES = """mutation ($id: ID!, $input: OrderRefundProductsInput!) {
  it: orderFulfillmentRefundProducts(order: $id, input: $input) {
    fulfillment { status } errors { field code message } } }"""
CAPTURE = """mutation ($id: ID!, $amount: PositiveDecimal!) { it: orderCapture(id: $id, amount: $amount) {
  order { totalCaptured { amount } } errors { field code message } } }"""
VOID = "mutation ($id: ID!) { it: orderVoid(id: $id) { order { authorizeStatus } errors { code message } } }"
REPORT = """mutation ($id: ID!, $type: TransactionEventTypeEnum!, $reference: String!) {
  transactionEventReport(id: $id, type: $type, pspReference: $reference, amount: 40) { errors { code } } }"""
BACK = {"pspReference": "r1", "result": "REFUND_SUCCESS"}


@pytest.fixture
async def clerk(session: AsyncSession) -> Requester:
    return staff("MANAGE_ORDERS", "HANDLE_PAYMENTS", user=await make_user(session, is_staff=True))


async def order_of(
    session: AsyncSession, read: Ask, cart_id: str, app: PaymentApp, *amounts: int, said: str = "CHARGE"
) -> str:
    """An order of 150 MAD that was paid by so many payments of an app."""
    for number, amount in enumerate(amounts):
        paid = CHARGED | {"pspReference": f"psp-{number}", "amount": amount, "result": f"{said}_SUCCESS"}
        app.says = [paid]
        await read(document(INITIALIZE), id=cart_id, amount=amount)
    await read(COMPLETE, id=cart_id)
    return to_global_id("Order", (await session.scalars(select(Order.id))).one())


async def borne(session: AsyncSession) -> int:
    await session.commit()
    sum_ = select(func.coalesce(func.sum(PartRefund.goods_minor + PartRefund.shipping_minor), 0))
    return int(await session.scalar(sum_) or 0)


async def charged(session: AsyncSession) -> list[int]:
    await session.commit()
    rows = await session.scalars(select(TransactionItem.charged_minor).order_by(TransactionItem.id))
    return list(rows)


async def test_an_app_pays_back_what_it_took(
    session: AsyncSession, read: Ask, cart_id: str, payment_app: PaymentApp, clerk: Requester
) -> None:
    order = await order_of(session, read, cart_id, payment_app, 150)
    payment_app.says = [BACK | {"amount": 40}]
    it = (await read(REFUND, clerk, id=order, amount=40))["it"]
    assert it == {"order": {"totalRefunded": {"amount": 40}}, "errors": []}
    assert payment_app.heard[-1][1]["asked"] == {"amount": 40, "currency": "MAD", "actionType": "REFUND"}
    assert await borne(session) == 40_00
    assert await verify(session) == []


async def test_the_latest_payment_is_paid_back_first(
    session: AsyncSession, read: Ask, cart_id: str, payment_app: PaymentApp, clerk: Requester
) -> None:
    order = await order_of(session, read, cart_id, payment_app, 100, 50)
    payment_app.says = [BACK | {"amount": 50}, BACK | {"amount": 20, "pspReference": "r2"}]
    assert (await read(REFUND, clerk, id=order, amount=70))["it"]["errors"] == []
    assert await charged(session) == [80_00, 0]
    assert await borne(session) == 70_00
    assert await verify(session) == []


async def test_where_one_of_two_is_refused_sellers_bear_the_other_and_no_pieces_move(
    session: AsyncSession, read: Ask, cart_id: str, payment_app: PaymentApp, clerk: Requester
) -> None:
    order = await order_of(session, read, cart_id, payment_app, 100, 50)
    line = (await session.scalars(select(OrderLine))).one()
    pieces = {"orderLineId": to_global_id("OrderLine", line.id), "quantity": line.quantity}
    payment_app.says = [BACK | {"amount": 50}, {"pspReference": "r2", "result": "REFUND_FAILURE"}]
    it = (await read(PIECES, clerk, id=order, input={"orderLines": [pieces]}))["it"]
    (error,) = it["errors"]
    assert (error["field"], error["code"]) == ("payment", "PAYMENT_ERROR")
    assert "Only 50.00 MAD of 120.00 MAD were paid back." in error["message"]
    assert await charged(session) == [100_00, 0]
    assert await borne(session) == 50_00
    assert (await session.refresh(line), line.quantity_fulfilled) == (None, 0)
    assert await verify(session) == []


@pytest.mark.parametrize("said", [(500, b""), {"pspReference": "r1", "result": "REFUND_FAILURE"}])
async def test_what_an_app_refuses_is_borne_by_nobody(
    session: AsyncSession, read: Ask, cart_id: str, payment_app: PaymentApp, clerk: Requester, said: Any
) -> None:
    order = await order_of(session, read, cart_id, payment_app, 150)
    payment_app.says = [said]
    (error,) = (await read(REFUND, clerk, id=order, amount=40))["it"]["errors"]
    assert (error["field"], error["code"]) == ("payment", "PAYMENT_ERROR")
    assert (await charged(session), await borne(session)) == ([150_00], 0)
    assert await session.scalar(select(func.count()).select_from(Fulfillment)) == 0
    failed = select(func.count()).where(OrderEvent.type == "PAYMENT_FAILED")
    assert await session.scalar(failed) == 1
    assert await verify(session) == []


@pytest.mark.parametrize(("told", "left_minor"), [("REFUND_SUCCESS", 40_00), ("REFUND_FAILURE", 0)])
async def test_what_an_app_tells_later_is_followed(
    session: AsyncSession,
    read: Ask,
    cart_id: str,
    payment_app: PaymentApp,
    clerk: Requester,
    told: str,
    left_minor: int,
) -> None:
    order = await order_of(session, read, cart_id, payment_app, 150)
    payment_app.says = [{"pspReference": "r1"}]  # It takes it on, and tells later.
    assert (await read(REFUND, clerk, id=order, amount=40))["it"]["errors"] == []
    assert await borne(session) == 40_00
    token = (await session.scalars(select(TransactionItem.token))).one()
    app = Requester(app_id=payment_app.app.id, permissions=frozenset({"HANDLE_PAYMENTS"}))
    given = {"id": to_global_id("TransactionItem", token), "type": told, "reference": "r1"}
    reported = await read(REPORT, app, **given)
    assert reported["transactionEventReport"]["errors"] == []
    assert await borne(session) == left_minor
    assert await verify(session) == []


async def test_nobody_can_be_asked_for_what_staff_wrote_down(
    session: AsyncSession, read: Ask, cart_id: str, payment_app: PaymentApp, clerk: Requester
) -> None:
    order = await order_of(session, read, cart_id, payment_app, 150)
    payment = (await session.scalars(select(TransactionItem))).one()
    payment.app_id, payment.gateway, payment.name = None, "", "Bank of Fes"
    await session.commit()
    (error,) = (await read(REFUND, clerk, id=order, amount=40))["it"]["errors"]
    assert (error["field"], error["code"]) == (None, "TRANSACTION_ERROR")
    assert "40.00 MAD that were paid by Bank of Fes" in error["message"]
    assert await session.scalar(select(func.count()).select_from(Repayment)) == 0


async def test_refunds_of_an_order_wait_for_each_other_but_not_for_the_dead(
    session: AsyncSession,
    settings: Settings,
    read: Ask,
    cart_id: str,
    payment_app: PaymentApp,
    clerk: Requester,
    clock: ModuleType,
) -> None:
    order = await order_of(session, read, cart_id, payment_app, 150)
    await begin(session, settings, uuid_pk(order, "Order"), Refunding(Kind.KEPT, Wish(40_00)))
    await session.commit()  # And whoever asked has died.
    (error,) = (await read(REFUND, clerk, id=order, amount=40))["it"]["errors"]
    assert error["code"] == "TRANSACTION_ERROR"
    clock.advance(timedelta(minutes=2))
    assert await follow_late(session) == 1
    assert await borne(session) == 0
    payment_app.says = [BACK | {"amount": 40}]
    assert (await read(REFUND, clerk, id=order, amount=40))["it"]["errors"] == []
    assert await borne(session) == 40_00
    assert await verify(session) == []


async def test_what_is_promised_by_several_payments_is_taken_from_the_latest_on(
    session: AsyncSession, read: Ask, cart_id: str, payment_app: PaymentApp, clerk: Requester
) -> None:
    order = await order_of(session, read, cart_id, payment_app, 100, 50, said="AUTHORIZATION")
    (error,) = (await read(CAPTURE, clerk, id=order, amount=151))["it"]["errors"]
    assert (error["field"], error["code"]) == ("amount", "PAYMENT_ERROR")
    payment_app.says = [
        {"pspReference": "c1", "result": "CHARGE_SUCCESS", "amount": 50},
        {"pspReference": "c2", "result": "CHARGE_SUCCESS", "amount": 20},
        {"pspReference": "v1", "result": "CANCEL_SUCCESS", "amount": 80},
    ]
    it = (await read(CAPTURE, clerk, id=order, amount=70))["it"]
    assert it == {"order": {"totalCaptured": {"amount": 70}}, "errors": []}
    assert await charged(session) == [20_00, 50_00]
    assert (await read(VOID, clerk, id=order))["it"]["errors"] == []
    left = await session.scalars(select(func.sum(TransactionItem.authorized_minor)))
    assert left.one() == 0
    assert await verify(session) == []
