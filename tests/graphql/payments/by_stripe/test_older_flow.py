"""Saleor's older flow through Stripe: `checkoutPaymentCreate`, `checkoutComplete`, and what staff do then."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.inventory.models import Stock
from marketplace.kit.ids import to_global_id
from marketplace.orders.models import Order
from marketplace.payments.models import TransactionItem
from marketplace.payouts.verifying import verify
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, staff
from tests.graphql.older_payments.conftest import COMPLETE, CREATE
from tests.graphql.older_payments.test_staff import ORDER_CAPTURE, ORDER_VOID, VOID, capture
from tests.graphql.payments.by_stripe.conftest import GATEWAY, Shop

Complete = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def complete(shop: Shop, read: Ask) -> Complete:
    async def completed(**given: Any) -> dict[str, Any]:
        made: dict[str, Any] = (await read(COMPLETE, id=shop.cart_id, **given))["it"]
        return made

    return completed


async def begin(shop: Shop, read: Ask, complete: Complete, **given: Any) -> dict[str, Any]:
    """A payment that its buyer has to confirm, and what Stripe's script needs for it."""
    created = (await read(CREATE, id=shop.cart_id, input={"gateway": GATEWAY, **given}))["it"]
    assert created["errors"] == []
    return await complete()


async def confirm(shop: Shop, card: str = "pm_card_visa") -> None:
    payment = (await shop.session.scalars(select(TransactionItem))).one()
    await shop.confirm({"transaction": {"pspReference": payment.psp_reference}}, card)


async def placed(shop: Shop, read: Ask, complete: Complete) -> dict[str, Any]:
    await begin(shop, read, complete)
    await confirm(shop)
    order: dict[str, Any] = (await complete())["order"]
    return order


async def test_a_cart_is_paid_by_card(shop: Shop, read: Ask, complete: Complete) -> None:
    begun = await begin(shop, read, complete)
    assert (begun["confirmationNeeded"], begun["order"], begun["errors"]) == (True, None, [])
    assert "stripeClientSecret" in begun["confirmationData"]
    await confirm(shop)
    done = await complete()
    assert (done["confirmationNeeded"], done["errors"]) == (False, [])
    assert done["order"]["chargeStatus"] == "FULL"
    (payment,) = done["order"]["payments"]
    assert (payment["chargeStatus"], payment["creditCard"]) == ("FULLY_CHARGED", {"lastDigits": "4242"})
    await shop.hear()
    assert await verify(shop.session) == []


async def test_a_card_that_is_declined_leaves_the_cart(shop: Shop, read: Ask, complete: Complete) -> None:
    await begin(shop, read, complete)
    with pytest.raises(Exception, match="declined"):
        await confirm(shop, "pm_card_chargeDeclined")
    done = await complete()
    assert done["order"] is None
    assert (done["confirmationNeeded"], [error["code"] for error in done["errors"]]) in [
        (True, []),
        (False, ["PAYMENT_ERROR"]),
    ]
    await confirm(shop)  # Another card, on the same payment.
    assert (await complete())["order"]["chargeStatus"] == "FULL"
    assert len(shop.stand_in.all("payment_intent")) == 1


async def _token(session: AsyncSession) -> str:
    return to_global_id("TransactionItem", (await session.scalars(select(TransactionItem.token))).one())


async def test_what_was_paid_for_an_order_that_can_not_be_is_given_back(
    session: AsyncSession, shop: Shop, read: Ask, complete: Complete
) -> None:
    await begin(shop, read, complete)
    await confirm(shop)
    await session.execute(Stock.__table__.update().values(quantity=0))  # Sold out while the buyer confirmed.
    await session.commit()
    done = await complete()
    assert done["order"] is None
    assert [error["code"] for error in done["errors"]] == ["INSUFFICIENT_STOCK"]
    told = await shop.events({"transaction": {"id": await _token(session)}})
    await shop.hear()  # Stripe tells of both, late.
    assert await shop.events({"transaction": {"id": await _token(session)}}) == told
    fresh = {"populate_existing": True}
    row = (await session.scalars(select(TransactionItem), execution_options=fresh)).one()
    assert (row.charged_minor, row.refunded_minor) == (0, 150_00)
    assert [refund["amount"] for refund in shop.stand_in.all("refund")] == [150_00]
    assert await verify(session) == []


async def test_a_payment_is_paid_back_in_parts(shop: Shop, read: Ask, complete: Complete) -> None:
    payment_id = (await placed(shop, read, complete))["payments"][0]["id"]
    clerk = staff("MANAGE_ORDERS", user=await make_user(shop.session, is_staff=True))
    back = (await read(capture("paymentRefund"), clerk, id=payment_id, amount=40))["it"]
    assert back["errors"] == []
    assert (back["payment"]["chargeStatus"], back["payment"]["capturedAmount"]) == (
        "PARTIALLY_REFUNDED",
        {"amount": 110},
    )
    more = (await read(capture("paymentRefund"), clerk, id=payment_id, amount=111))["it"]
    assert more["errors"] == [{"field": "amount", "code": "PAYMENT_ERROR"}]
    assert [refund["amount"] for refund in shop.stand_in.all("refund")] == [40_00]
    assert await verify(shop.session) == []


async def test_an_order_is_paid_back_and_its_seller_bears_it(
    shop: Shop, read: Ask, complete: Complete
) -> None:
    order = await placed(shop, read, complete)
    clerk = staff("MANAGE_ORDERS", user=await make_user(shop.session, is_staff=True))
    refund = """mutation ($id: ID!) { it: orderRefund(id: $id, amount: 150) {
      order { payments { chargeStatus isActive } } errors { code } } }"""
    it = (await read(refund, clerk, id=order["id"]))["it"]
    assert it == {
        "order": {"payments": [{"chargeStatus": "FULLY_REFUNDED", "isActive": False}]},
        "errors": [],
    }
    assert await verify(shop.session) == []


@pytest.fixture
async def promised(session: AsyncSession, promises: Shop) -> tuple[str, str]:
    """An order for which a card has promised 150 MAD, and its older payment."""
    await promises.paid()
    assert await promises.complete() == []
    payment = (await session.scalars(select(TransactionItem))).one()
    payment.recorded = {
        "token": "card"
    }  # As if it had been made in the older way, in which cards are charged.
    await session.commit()
    order_id = (await session.scalars(select(Order.id))).one()
    return to_global_id("Order", order_id), to_global_id("Payment", payment.id)


async def test_a_promise_is_captured_in_part_once(shop: Shop, read: Ask, promised: tuple[str, str]) -> None:
    order, payment = promised
    clerk = staff("MANAGE_ORDERS", user=await make_user(shop.session, is_staff=True))
    more = (await read(ORDER_CAPTURE, clerk, id=order, amount=151))["it"]
    assert more["errors"] == [{"field": "amount", "code": "PAYMENT_ERROR"}]
    done = (await read(ORDER_CAPTURE, clerk, id=order, amount=100))["it"]
    assert done["errors"] == []
    assert shop.stand_in.all("payment_intent")[0]["amount_received"] == 100_00
    again = (await read(capture(), clerk, id=payment))["it"]  # Stripe captures once.
    assert again["errors"] == [{"field": None, "code": "PAYMENT_ERROR"}]
    assert await verify(shop.session) == []


@pytest.mark.parametrize("by_order", [True, False])
async def test_a_promise_is_called_off(
    shop: Shop, read: Ask, promised: tuple[str, str], *, by_order: bool
) -> None:
    order, payment = promised
    clerk = staff("MANAGE_ORDERS", user=await make_user(shop.session, is_staff=True))
    document, given = (ORDER_VOID, order) if by_order else (VOID, payment)
    assert (await read(document, clerk, id=given))["it"]["errors"] == []
    assert shop.stand_in.all("payment_intent")[0]["status"] == "canceled"
    assert (await read(ORDER_VOID, clerk, id=order))["it"]["errors"] == [
        {"field": "payment", "code": "VOID_INACTIVE_PAYMENT"}
    ]
