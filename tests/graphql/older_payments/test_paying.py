"""A storefront of the time before transactions: `checkoutPaymentCreate`, then `checkoutComplete`."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.models import Checkout
from marketplace.inventory.models import Stock
from marketplace.kit.ids import uuid_pk
from marketplace.orders.models import Order
from marketplace.payments.models import TransactionEvent, TransactionItem
from marketplace.payouts.verifying import verify
from tests.factories.checkout import promise_cash
from tests.graphql.conftest import Ask
from tests.graphql.older_payments.conftest import CREATE, DUMMY, Pay

CASH = "marketplace.cash_on_delivery"


async def test_a_payment_is_only_recorded_at_first(session: AsyncSession, create: Pay, cart_id: str) -> None:
    made = await create(token="fully-charged", amount=150)
    assert made["errors"] == []
    assert made["checkout"] == {"id": cart_id}
    payment = made["payment"]
    assert payment.pop("id")
    assert payment == {
        "gateway": DUMMY, "token": "fully-charged", "isActive": True, "chargeStatus": "NOT_CHARGED",
        "total": {"amount": 150.0}, "capturedAmount": {"amount": 0.0},
    }  # fmt: skip
    assert await session.scalar(select(func.count()).where(TransactionEvent.counts)) == 0


@pytest.mark.parametrize("token", ["fully-charged", "fully_charged", "tok_of_a_client", "1112"])
async def test_completing_makes_the_payment(
    session: AsyncSession, create: Pay, complete: Pay, token: str
) -> None:
    payment = (await create(token=token))["payment"]
    done = await complete()
    assert done["errors"] == []
    assert done["confirmationNeeded"] is False
    assert done["order"]["chargeStatus"] == "FULL"
    assert done["order"]["payments"] == [
        {"id": payment["id"], "chargeStatus": "FULLY_CHARGED", "isActive": True,
         "creditCard": {"lastDigits": "1234"}}
    ]  # fmt: skip
    assert (await complete())["order"]["id"] == done["order"]["id"]
    assert await session.scalar(select(func.count(Order.id))) == 1
    assert await session.scalar(select(func.sum(TransactionItem.charged_minor))) == 150_00
    assert await verify(session) == []


async def test_what_is_not_charged_is_promised(session: AsyncSession, create: Pay, complete: Pay) -> None:
    await create(token="not-charged")
    order = (await complete())["order"]
    assert (order["chargeStatus"], order["authorizeStatus"]) == ("NONE", "FULL")
    assert order["payments"][0]["chargeStatus"] == "NOT_CHARGED"
    assert await verify(session) == []


async def test_what_is_paid_back_at_once_pays_no_order(
    session: AsyncSession, create: Pay, complete: Pay
) -> None:
    await create(token="fully-refunded")
    assert [error["code"] for error in (await complete())["errors"]] == ["CHECKOUT_NOT_FULLY_PAID"]
    assert await session.scalar(select(func.sum(TransactionItem.charged_minor))) == 0
    assert await verify(session) == []


@pytest.mark.parametrize(
    ("token", "message"), [("refused", "The payment was refused."), ("9995", "Insufficient funds")]
)
async def test_a_refused_payment_makes_no_order_and_another_can_be_made(
    create: Pay, complete: Pay, token: str, message: str
) -> None:
    await create(token=token)
    done = await complete()
    assert done["order"] is None
    assert done["errors"] == [{"field": None, "code": "PAYMENT_ERROR", "message": message}]
    await create(token="fully-charged")
    assert (await complete())["order"]["chargeStatus"] == "FULL"


async def test_a_payment_that_wants_to_be_confirmed_waits_for_it(create: Pay, complete: Pay) -> None:
    await create(token="to-confirm")
    asked = await complete()
    assert (asked["order"], asked["confirmationNeeded"], asked["errors"]) == (None, True, [])
    assert "dummy:" in asked["confirmationData"]
    assert (await complete(data="{}"))["order"]["chargeStatus"] == "FULL"


async def test_cash_on_delivery_is_promised_when_it_is_completed(
    session: AsyncSession, create: Pay, complete: Pay
) -> None:
    assert (await create(CASH))["errors"] == []
    order = (await complete())["order"]
    assert (order["chargeStatus"], order["authorizeStatus"]) == ("NONE", "FULL")
    assert await verify(session) == []


async def test_whoever_comes_back_to_another_way_pays_that_way_only(
    session: AsyncSession, create: Pay, complete: Pay
) -> None:
    await create(CASH)
    first = (await create(token="fully-charged"))["payment"]["id"]
    last = (await create(token="not-charged"))["payment"]["id"]
    assert (await complete())["order"]["authorizeStatus"] == "FULL"
    found = await session.execute(select(TransactionItem.is_active, TransactionItem.authorized_minor))
    assert sorted(map(tuple, found)) == [(False, 0), (False, 0), (True, 150_00)]
    assert first != last


async def test_nobody_is_asked_to_pay_what_can_not_be_an_order(
    session: AsyncSession, create: Pay, complete: Pay
) -> None:
    await create(token="fully-charged")
    await session.execute(update(Stock).values(quantity=0))
    assert [error["code"] for error in (await complete())["errors"]] == ["INSUFFICIENT_STOCK"]
    assert await session.scalar(select(func.count()).where(TransactionEvent.counts)) == 0


REFUSED: list[tuple[dict[str, Any], dict[str, str | None]]] = [
    ({"gateway": "nobody"}, {"field": "gateway", "code": "NOT_SUPPORTED_GATEWAY"}),
    ({}, {"field": "token", "code": "REQUIRED"}),
    ({"token": "x" * 513}, {"field": "token", "code": "INVALID"}),
    ({"token": "a", "amount": 149}, {"field": "amount", "code": "PARTIAL_PAYMENT_NOT_ALLOWED"}),
    ({"token": "a", "amount": 0.001}, {"field": "amount", "code": "INVALID"}),
    ({"token": "a", "returnUrl": "https://else.where"}, {"field": "redirectUrl", "code": "INVALID"}),
    ({"token": "a", "metadata": [{"key": " ", "value": ""}]}, {"field": "metadata", "code": "REQUIRED"}),
]


@pytest.mark.parametrize(("given", "error"), REFUSED)
async def test_a_wrong_payment_is_refused(
    session: AsyncSession, create: Pay, given: dict[str, Any], error: dict[str, str | None]
) -> None:
    made = await create(**given)
    assert made["errors"] == [error]
    assert await session.scalar(select(func.count(TransactionItem.id))) == 0


@pytest.mark.parametrize(
    ("lacks", "error"),
    [
        ({"email": None}, {"field": "email", "code": "CHECKOUT_EMAIL_NOT_SET"}),
        ({"billing_address_id": None}, {"field": "billingAddress", "code": "BILLING_ADDRESS_NOT_SET"}),
        ({"shipping_address_id": None}, {"field": "shippingAddress", "code": "SHIPPING_ADDRESS_NOT_SET"}),
    ],
)
async def test_a_checkout_that_lacks_something_is_not_paid(
    session: AsyncSession, create: Pay, cart_id: str, lacks: dict[str, None], error: dict[str, str]
) -> None:
    key: UUID = uuid_pk(cart_id, "Checkout")
    await session.execute(update(Checkout).where(Checkout.id == key).values(**lacks))
    session.expire_all()
    assert (await create(token="a"))["errors"] == [error]


async def test_a_checkout_is_paid_in_one_of_the_two_ways(
    session: AsyncSession, create: Pay, cart_id: str
) -> None:
    await promise_cash(session, uuid_pk(cart_id, "Checkout"))
    assert (await create(token="a"))["errors"] == [{"field": "id", "code": "CHECKOUT_HAS_TRANSACTION"}]


async def test_what_is_no_checkout_is_not_paid(read: Ask, cart_id: str) -> None:
    unknown = "Q2hlY2tvdXQ6MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAw"
    given = {"gateway": DUMMY, "token": "a"}
    errors = (await read(CREATE, id=unknown, input=given))["it"]["errors"]
    assert errors == [{"field": "id", "code": "NOT_FOUND"}]
