"""Refunds by Saleor's older mutations, of what Stripe took: money, pieces, sellers' shares and the ledger."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.orders.fulfilment import deliver, fulfil
from marketplace.orders.models import (
    Fulfillment,
    FulfillmentLine,
    FulfillmentStatus,
    Order,
    OrderEvent,
    OrderLine,
    VendorOrder,
)
from marketplace.orders.refunds import PartRefund
from marketplace.payouts.ledger import Account, Posting
from marketplace.payouts.verifying import verify
from tests.factories.payouts import make_rule
from tests.factories.people import make_user
from tests.graphql.conftest import staff
from tests.graphql.payments.by_stripe.conftest import Shop

RESULT = """order { chargeStatus totalCharged { amount } totalRefunded { amount }
  totalRefundPending { amount } status fulfillments { status } } errors { field code message }"""
AMOUNT = "mutation ($id: ID!, $amount: PositiveDecimal!) { it: orderRefund(id: $id, amount: $amount) { %s } }"
PRODUCTS = """mutation ($id: ID!, $input: OrderRefundProductsInput!) {
  it: orderFulfillmentRefundProducts(order: $id, input: $input) {
    fulfillment { status totalRefundedAmount { amount } shippingRefundedAmount { amount } } %s } }"""
RETURN = """mutation ($id: ID!, $input: OrderReturnProductsInput!) {
  it: orderFulfillmentReturnProducts(order: $id, input: $input) {
    returnFulfillment { status totalRefundedAmount { amount } } replaceOrder { status } %s } }"""


class Sold:
    """An order of 150 MAD, 120 of it for goods, that was paid by card."""

    def __init__(self, shop: Shop, payment: dict[str, Any], order: Order) -> None:
        self.shop, self.payment, self.order = shop, payment, order
        self.id = to_global_id("Order", order.id)

    async def do(self, document: str, **given: Any) -> dict[str, Any]:
        clerk = staff("MANAGE_ORDERS", user=await make_user(self.shop.session, is_staff=True))
        return await self.shop.read(document % RESULT, clerk, id=self.id, **given)

    async def refund(self, amount: float) -> dict[str, Any]:
        return await self.do(AMOUNT, amount=amount)

    async def refund_all_pieces(self, document: str = PRODUCTS, **given: Any) -> dict[str, Any]:
        line = (await self.shop.session.scalars(select(OrderLine))).one()
        pieces = [{"orderLineId": to_global_id("OrderLine", line.id), "quantity": line.quantity}]
        return await self.do(document, input={"orderLines": pieces, **given})

    async def refund_sent(self) -> dict[str, Any]:
        line = (await self.shop.session.scalars(select(FulfillmentLine))).one()
        pieces = {"fulfillmentLineId": to_global_id("FulfillmentLine", line.id), "quantity": line.quantity}
        return await self.do(PRODUCTS, input={"fulfillmentLines": [pieces]})

    async def borne(self) -> int:
        await self.shop.session.commit()
        found = await self.shop.session.scalar(
            select(func.coalesce(func.sum(PartRefund.goods_minor + PartRefund.shipping_minor), 0))
        )
        return int(found or 0)

    async def deliver(self) -> None:
        part = (await self.shop.session.scalars(select(VendorOrder))).one()
        await fulfil(self.shop.session, part.id)
        await deliver(self.shop.session, part.id)

    async def held(self, account: Account = Account.VENDOR_HELD) -> int:
        sum_ = select(func.coalesce(func.sum(-Posting.amount_minor), 0)).where(Posting.account == account)
        return int((await self.shop.session.scalars(sum_)).one())


@pytest.fixture
async def sold(session: AsyncSession, shop: Shop) -> Sold:
    await make_rule(session, 1000, vat_rate_bp=0)
    payment = await shop.paid()
    assert await shop.complete() == []
    return Sold(shop, payment, (await session.scalars(select(Order))).one())


def codes(it: dict[str, Any]) -> list[tuple[str | None, str]]:
    return [(error["field"], error["code"]) for error in it["errors"]]


async def test_an_amount_is_paid_back_by_stripe_and_borne_by_its_seller(sold: Sold) -> None:
    await sold.deliver()
    assert await sold.held() == 108_00
    it = await sold.refund(40)
    assert it["errors"] == []
    assert (it["order"]["totalCharged"], it["order"]["totalRefunded"]) == ({"amount": 110}, {"amount": 40})
    assert [refund["amount"] for refund in sold.shop.stand_in.all("refund")] == [40_00]
    assert await sold.borne() == 40_00
    assert await sold.held() == 108_00 - 36_00
    assert await sold.shop.amounts(sold.payment) == {"charged": 110_00, "refunded": 40_00}
    it = await sold.refund(110)
    assert (it["errors"], it["order"]["chargeStatus"]) == ([], "NONE")
    assert await sold.held() == 0
    await sold.shop.hear()  # Stripe tells of it, too: nothing changes.
    assert await sold.borne() == 150_00
    assert await verify(sold.shop.session) == []


async def test_pieces_and_their_delivery_are_paid_back(sold: Sold) -> None:
    it = await sold.refund_all_pieces(includeShippingCosts=True)
    assert it["errors"] == []
    assert it["fulfillment"] == {
        "status": "REFUNDED",
        "totalRefundedAmount": {"amount": 150},
        "shippingRefundedAmount": {"amount": 30},
    }
    assert it["order"]["status"] == "CANCELED"
    assert sum(refund["amount"] for refund in sold.shop.stand_in.all("refund")) == 150_00
    assert await verify(sold.shop.session) == []


async def test_pieces_that_come_back_are_paid_back_in_part(sold: Sold) -> None:
    it = await sold.refund_all_pieces(RETURN, refund=True, amountToRefund=50)
    assert it["errors"] == []
    assert it["returnFulfillment"] == {
        "status": "REFUNDED_AND_RETURNED",
        "totalRefundedAmount": {"amount": 50},
    }
    assert await sold.borne() == 50_00
    assert await verify(sold.shop.session) == []


@pytest.mark.parametrize(
    ("document", "given", "field"),
    [
        (AMOUNT, {"amount": 150.01}, "amount"),
        (PRODUCTS, {"input": {"amountToRefund": 151}}, "amountToRefund"),
        (RETURN, {"input": {"refund": True, "amountToRefund": 151}}, "amountToRefund"),
    ],
)
async def test_no_more_is_paid_back_than_was_charged(
    sold: Sold, document: str, given: dict[str, Any], field: str
) -> None:
    assert codes(await sold.do(document, **given)) == [(field, "CANNOT_REFUND")]
    assert sold.shop.stand_in.all("refund") == []


async def test_what_stripe_refuses_leaves_all_as_it_was_but_for_the_history(sold: Sold) -> None:
    sold.shop.stand_in.faults.add("rate_limit", on="POST /v1/refunds", times=2)
    it = await sold.refund_all_pieces()
    assert codes(it) == [("payment", "PAYMENT_ERROR")]
    session = sold.shop.session
    await session.commit()
    assert await sold.borne() == 0
    assert await session.scalar(select(func.count()).select_from(Fulfillment)) == 0
    said = await session.scalars(select(OrderEvent.type).order_by(OrderEvent.id.desc()).limit(2))
    assert "PAYMENT_FAILED" in said.all()
    sold.shop.stand_in.faults.clear()
    assert (await sold.refund_all_pieces())["errors"] == []  # The same may be asked for again.
    assert await sold.borne() == 120_00
    assert await verify(session) == []


async def test_a_lost_answer_is_told_as_pending_and_found_out(sold: Sold) -> None:
    sold.shop.stand_in.faults.add("reset_after", on="POST /v1/refunds", times=2)
    it = await sold.refund(40)
    assert it["errors"] == []
    assert it["order"]["totalRefundPending"] == {"amount": 40}
    assert await sold.borne() == 40_00
    assert codes(await sold.refund(10)) == [(None, "TRANSACTION_ERROR")]
    await sold.shop.hear()
    assert await sold.shop.amounts(sold.payment) == {"charged": 110_00, "refunded": 40_00}
    assert await sold.borne() == 40_00
    assert len(sold.shop.stand_in.all("refund")) == 1
    assert await verify(sold.shop.session) == []


async def test_a_refund_that_fails_after_all_is_borne_by_nobody(sold: Sold) -> None:
    await sold.deliver()
    before = await sold.held()
    await sold.refund_sent()
    assert await sold.held() == before - 108_00
    (refund,) = sold.shop.stand_in.all("refund")
    sold.shop.stand_in.fail_refund(refund["id"])
    await sold.shop.hear()
    assert (await sold.borne(), await sold.held()) == (0, before)
    refunds = select(Fulfillment.total_refund_minor).where(Fulfillment.status == FulfillmentStatus.REFUNDED)
    assert (await sold.shop.session.scalars(refunds)).all() == [0]
    assert await verify(sold.shop.session) == []
    assert (await sold.refund(120))["errors"] == []  # It can be paid back once more.
    assert await sold.borne() == 120_00
    assert await verify(sold.shop.session) == []
