"""Saleor's older flow through an app's gateway."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.payments.models import TransactionItem
from marketplace.payouts.verifying import verify
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, staff
from tests.graphql.older_payments.conftest import COMPLETE, CREATE
from tests.graphql.older_payments.test_staff import VOID, capture
from tests.graphql.payments.conftest import CHARGED, GATEWAY, PaymentApp

PROMISED = CHARGED | {"result": "AUTHORIZATION_SUCCESS", "actions": ["CHARGE", "CANCEL"]}


async def complete(read: Ask, cart_id: str, app: PaymentApp, *says: Any, **given: Any) -> dict[str, Any]:
    """Records a payment by the app, and has it made; the payload of `checkoutComplete`."""
    created = (await read(CREATE, id=cart_id, input={"gateway": GATEWAY, "token": "tok_1"}))["it"]
    assert created["errors"] == []
    app.says = list(says)
    made: dict[str, Any] = (await read(COMPLETE, id=cart_id, **given))["it"]
    return made


async def test_an_app_takes_what_was_recorded(
    session: AsyncSession, read: Ask, cart_id: str, payment_app: PaymentApp
) -> None:
    done = await complete(read, cart_id, payment_app, CHARGED, data='{"otp": 1}')
    assert done["errors"] == []
    assert done["order"]["chargeStatus"] == "FULL"
    ((event, told),) = payment_app.heard
    assert event == "transaction_initialize_session"
    assert told["action"] == {"amount": 150, "currency": "MAD", "actionType": "CHARGE"}
    assert (told["data"]["token"], told["data"]["paymentData"]) == ("tok_1", {"otp": 1})
    assert await verify(session) == []


async def test_an_app_may_want_its_buyer_to_confirm(read: Ask, cart_id: str, payment_app: PaymentApp) -> None:
    asks = {"pspReference": "psp-1", "result": "CHARGE_ACTION_REQUIRED", "amount": 150, "data": {"url": "x"}}
    done = await complete(read, cart_id, payment_app, asks)
    assert (done["confirmationNeeded"], done["order"]) == (True, None)
    payment_app.says = [CHARGED]
    assert (await read(COMPLETE, id=cart_id))["it"]["order"]["chargeStatus"] == "FULL"
    assert [event for event, _ in payment_app.heard][-1] == "transaction_process_session"


@pytest.mark.parametrize("said", [(500, b""), {"pspReference": "psp-1", "result": "CHARGE_FAILURE"}])
async def test_what_an_app_refuses_leaves_the_cart(
    read: Ask, cart_id: str, payment_app: PaymentApp, said: Any
) -> None:
    done = await complete(read, cart_id, payment_app, said)
    assert (done["order"], [error["code"] for error in done["errors"]]) == (None, ["PAYMENT_ERROR"])
    again = await complete(read, cart_id, payment_app, CHARGED | {"pspReference": "psp-2"})
    assert again["order"]["chargeStatus"] == "FULL"


async def test_what_does_not_pay_for_the_order_is_given_back(
    session: AsyncSession, read: Ask, cart_id: str, payment_app: PaymentApp
) -> None:
    less = CHARGED | {"amount": 100}
    back = {"pspReference": "r1", "result": "REFUND_SUCCESS", "amount": 100}
    done = await complete(read, cart_id, payment_app, less, back)
    assert [error["code"] for error in done["errors"]] == ["CHECKOUT_NOT_FULLY_PAID"]
    assert payment_app.heard[-1][0] == "transaction_refund_requested"
    fresh = {"populate_existing": True}
    row = (await session.scalars(select(TransactionItem), execution_options=fresh)).one()
    assert (row.charged_minor, row.refunded_minor) == (0, 100_00)
    assert await verify(session) == []


async def test_what_an_app_holds_is_captured_paid_back_and_voided(
    session: AsyncSession, read: Ask, cart_id: str, payment_app: PaymentApp
) -> None:
    clerk = staff("MANAGE_ORDERS", user=await make_user(session, is_staff=True))
    order = (await complete(read, cart_id, payment_app, PROMISED))["order"]
    payment_id = order["payments"][0]["id"]
    payment_app.says = [{"pspReference": "c1", "result": "CHARGE_SUCCESS", "amount": 100}]
    taken = (await read(capture(), clerk, id=payment_id, amount=100))["it"]
    assert (taken["errors"], taken["payment"]["capturedAmount"]) == ([], {"amount": 100})
    payment_app.says = [{"pspReference": "r1", "result": "REFUND_SUCCESS", "amount": 40}]
    back = (await read(capture("paymentRefund"), clerk, id=payment_id, amount=40))["it"]
    assert (back["errors"], back["payment"]["capturedAmount"]) == ([], {"amount": 60})
    payment_app.says = [{"pspReference": "v1", "result": "CANCEL_FAILURE", "message": "Too late"}]
    refused = (await read(VOID, clerk, id=payment_id))["it"]
    assert refused["errors"] == [{"field": None, "code": "PAYMENT_ERROR"}]
    payment_app.says = [{"pspReference": "v2", "result": "CANCEL_SUCCESS"}]
    assert (await read(VOID, clerk, id=payment_id))["it"]["errors"] == []
    assert await verify(session) == []
