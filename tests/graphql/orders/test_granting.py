"""Refunds that staff grant lower what is owed, and are for as much as was paid, piece by piece once."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.orders.cancelling import cancel_part
from marketplace.orders.refunds import GrantedRefund, GrantedRefundStatus
from marketplace.payments.models import TransactionItem
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, buyer, staff
from tests.graphql.orders.conftest import Placed, place_paid

GRANT = """{ id amount { amount } reason status shippingCostsIncluded user { id } transaction { id }
  lines { id quantity reason orderLine { id } } }"""
CREATE = f"""mutation C($id: ID!, $input: OrderGrantRefundCreateInput!) {{
  orderGrantRefundCreate(id: $id, input: $input) {{
    grantedRefund {GRANT} order {{ chargeStatus totalBalance {{ amount }} totalGrantedRefund {{ amount }}
      totalRemainingGrant {{ amount }} grantedRefunds {{ id }} }}
    errors {{ field code lines {{ field code lineId }} }} }} }}"""
UPDATE = f"""mutation U($id: ID!, $input: OrderGrantRefundUpdateInput!) {{
  orderGrantRefundUpdate(id: $id, input: $input) {{
    grantedRefund {GRANT} order {{ totalGrantedRefund {{ amount }} }}
    errors {{ field code addLines {{ field code lineId }} removeLines {{ field code lineId }} }} }} }}"""


async def payment_id(session: AsyncSession, placed: Placed) -> str:
    token = await session.scalar(
        select(TransactionItem.token).where(TransactionItem.order_id == placed.order.id)
    )
    return to_global_id("TransactionItem", str(token))


async def grant(session: AsyncSession, read: Ask, placed: Placed, **given: Any) -> dict[str, Any]:
    said = {"transactionId": await payment_id(session, placed)} | given
    made: dict[str, Any] = (await read(CREATE, placed.clerk, id=placed.id, input=said))[
        "orderGrantRefundCreate"
    ]
    return made


async def change(read: Ask, placed: Placed, refund: dict[str, Any], **given: Any) -> dict[str, Any]:
    made: dict[str, Any] = (await read(UPDATE, placed.clerk, id=refund["id"], input=given))[
        "orderGrantRefundUpdate"
    ]
    return made


def codes(payload: dict[str, Any]) -> list[tuple[str | None, str]]:
    return [(error["field"], error["code"]) for error in payload["errors"]]


async def test_lines_and_delivery_come_to_what_they_cost(session: AsyncSession, read: Ask) -> None:
    placed = await place_paid(session)
    line = {"id": placed.line_id(), "quantity": 1, "reason": "Fêlé"}
    made = await grant(session, read, placed, lines=[line], grantRefundForShipping=True, reason="Cassé")
    assert made["errors"] == []
    refund = made["grantedRefund"]
    assert (refund["amount"]["amount"], refund["reason"], refund["status"]) == (150, "Cassé", "NONE")
    assert refund["transaction"] == {"id": await payment_id(session, placed)}
    assert refund["user"] == {"id": to_global_id("User", placed.clerk.user_id or 0)}
    assert [(each["quantity"], each["reason"]) for each in refund["lines"]] == [(1, "Fêlé")]
    assert made["order"] == {
        "chargeStatus": "OVERCHARGED",
        "totalBalance": {"amount": 150},
        "totalGrantedRefund": {"amount": 150},
        "totalRemainingGrant": {"amount": 150},
        "grantedRefunds": [{"id": refund["id"]}],
    }


async def test_an_amount_may_be_said_but_not_more_than_was_paid(session: AsyncSession, read: Ask) -> None:
    placed = await place_paid(session)
    assert (await grant(session, read, placed, amount=12.5))["grantedRefund"]["amount"] == {"amount": 12.5}
    for amount, code in ((270.01, "AMOUNT_GREATER_THAN_AVAILABLE"), (-1, "INVALID"), (0.001, "INVALID")):
        assert codes(await grant(session, read, placed, amount=amount)) == [("amount", code)]


async def test_what_was_given_up_and_granted_is_taken_off_once(session: AsyncSession, read: Ask) -> None:
    placed = await place_paid(session, sellers=2)
    lines = [{"id": placed.line_id(0), "quantity": 2}]
    await grant(session, read, placed, lines=lines, grantRefundForShipping=True)
    await cancel_part(session, placed.parts[0].id)
    shown = await read(
        "query O($id: ID!) { order(id: $id) { totalBalance { amount } } }", placed.clerk, id=placed.id
    )
    # 270 of the part that was called off; of the grant, the 60 for both deliveries count besides.
    assert shown["order"]["totalBalance"] == {"amount": 330}


async def test_pieces_and_the_delivery_are_granted_once(session: AsyncSession, read: Ask) -> None:
    placed, other = await place_paid(session), await place_paid(session)
    line = {"id": placed.line_id(), "quantity": 2}
    await grant(session, read, placed, lines=[line], grantRefundForShipping=True)
    again = await grant(session, read, placed, grantRefundForShipping=True)
    assert codes(again) == [("grantRefundForShipping", "SHIPPING_COSTS_ALREADY_GRANTED")]
    for given, expected in (
        (line | {"quantity": 1}, ("quantity", "QUANTITY_GREATER_THAN_AVAILABLE")),
        (line | {"quantity": 0}, ("quantity", "INVALID")),
        (line | {"id": other.line_id()}, ("id", "NOT_FOUND")),
        (line | {"id": "nonsense"}, ("id", "GRAPHQL_ERROR")),
    ):
        refused = await grant(session, read, placed, lines=[given])
        assert codes(refused) == [("lines", "INVALID")]
        (of_line,) = refused["errors"][0]["lines"]
        assert (of_line["field"], of_line["code"], of_line["lineId"]) == (*expected, given["id"])


async def test_what_says_nothing_or_names_what_is_not_there_is_refused(
    session: AsyncSession, read: Ask
) -> None:
    placed, other = await place_paid(session), await place_paid(session)
    assert codes(await grant(session, read, placed)) == [
        ("amount", "REQUIRED"),
        ("lines", "REQUIRED"),
        ("grantRefundForShipping", "REQUIRED"),
    ]
    strange = await payment_id(session, other)
    refused = await grant(session, read, placed, amount=1, transactionId=strange)
    assert codes(refused) == [("transactionId", "NOT_FOUND")]
    page = to_global_id("Page", 1)
    paged = await grant(session, read, placed, amount=1, reasonReference=page)
    assert codes(paged) == [("reasonReference", "NOT_CONFIGURED")]
    assert await session.scalar(select(GrantedRefund.id)) is None


async def test_a_granted_refund_is_changed(session: AsyncSession, read: Ask) -> None:
    placed = await place_paid(session)
    line = {"id": placed.line_id(), "quantity": 1}
    refund = (await grant(session, read, placed, lines=[line]))["grantedRefund"]
    more = await change(read, placed, refund, addLines=[line], grantRefundForShipping=True, reason="Tout")
    assert more["errors"] == []
    assert (more["grantedRefund"]["amount"], more["grantedRefund"]["reason"]) == ({"amount": 270}, "Tout")
    removed = [each["id"] for each in more["grantedRefund"]["lines"]]
    less = await change(read, placed, refund, removeLines=removed, grantRefundForShipping=False)
    assert less["errors"] == []
    assert (less["grantedRefund"]["amount"], less["grantedRefund"]["lines"]) == ({"amount": 0}, [])
    said = await change(read, placed, refund, amount=70)
    assert said["order"] == {"totalGrantedRefund": {"amount": 70}}


async def test_a_change_that_makes_no_sense_is_refused(session: AsyncSession, read: Ask) -> None:
    placed = await place_paid(session)
    refund = (await grant(session, read, placed, amount=10))["grantedRefund"]
    strange = to_global_id("OrderGrantedRefundLine", 999_999)
    for given, expected in (
        ({}, ("input", "REQUIRED")),
        ({"amount": 271}, ("amount", "AMOUNT_GREATER_THAN_AVAILABLE")),
        ({"addLines": [{"id": placed.line_id(), "quantity": 3}]}, ("addLines", "INVALID")),
        ({"removeLines": [strange]}, ("removeLines", "INVALID")),
        ({"removeLines": ["nonsense"]}, ("removeLines", "INVALID")),
        ({"addLines": [{"id": "nonsense", "quantity": 3}]}, ("addLines", "INVALID")),
    ):
        assert codes(await change(read, placed, refund, **given)) == [expected]
    unknown = {"id": to_global_id("OrderGrantedRefund", 999_999)}
    assert codes(await change(read, placed, unknown, amount=1)) == [("id", "NOT_FOUND")]
    kept = await session.scalar(select(GrantedRefund.amount_minor))
    assert kept == 10_00


@pytest.mark.parametrize("status", [GrantedRefundStatus.PENDING, GrantedRefundStatus.SUCCESS])
async def test_once_the_money_was_asked_for_only_the_reason_changes(
    session: AsyncSession, read: Ask, status: GrantedRefundStatus
) -> None:
    placed = await place_paid(session)
    refund = (await grant(session, read, placed, amount=10))["grantedRefund"]
    (await session.scalars(select(GrantedRefund))).one().status = status
    assert codes(await change(read, placed, refund, amount=11, reason="x")) == [("amount", "INVALID")]
    assert (await change(read, placed, refund, reason="y"))["grantedRefund"]["reason"] == "y"


async def test_grants_are_for_who_may_handle_orders(session: AsyncSession, ask: Ask) -> None:
    placed = await place_paid(session)
    shown = "query O($id: ID!) { order(id: $id) { grantedRefunds { id } } }"
    for requester in (None, buyer(await make_user(session)), staff("MANAGE_PRODUCTS")):
        for document, variables in (
            (CREATE, {"id": placed.id, "input": {"amount": 1, "transactionId": "x"}}),
            (UPDATE, {"id": placed.id, "input": {}}),
            (shown, {"id": placed.id}),
        ):
            answer = await ask(document, requester, **variables)
            assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
