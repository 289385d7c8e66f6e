"""Invoices: staff say where they are, buyers fetch them, nobody else."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.orders.models import Order, OrderStatus
from tests.factories.checkout import make_market, make_piece
from tests.factories.orders import make_order
from tests.factories.people import make_user
from tests.graphql.conftest import Ask, buyer, staff

CREATE = """mutation Create($order: ID!, $input: InvoiceCreateInput!) {
  invoiceCreate(orderId: $order, input: $input) {
    invoice { id number url externalUrl status message createdAt updatedAt order { number }
              metafield(key: "a") }
    errors { field code } invoiceErrors { code } } }"""
READ = "query O($id: ID!) { order(id: $id) { invoices { number url } } }"
GIVEN = {"number": "F-2026-1", "url": "https://files.example.test/F-2026-1.pdf"}
STAFF = staff("MANAGE_ORDERS")


async def _order(session: AsyncSession, **given: Any) -> Order:
    market = await make_market(session)
    return await make_order(session, market, await make_piece(session, market.channel), **given)


async def test_an_invoice_is_kept_told_of_and_fetched_by_its_buyer(session: AsyncSession, ask: Ask) -> None:
    owner = await make_user(session)
    order = await _order(session, user=owner)
    given = GIVEN | {"metadata": [{"key": "a", "value": "b"}]}
    clerk = staff("MANAGE_ORDERS", user=await make_user(session))
    made = (await ask(CREATE, clerk, order=to_global_id("Order", order.id), input=given))["data"]
    invoice = made["invoiceCreate"]["invoice"]
    assert (invoice["number"], invoice["status"], invoice["message"]) == ("F-2026-1", "SUCCESS", None)
    assert invoice["url"] == invoice["externalUrl"] == GIVEN["url"]
    assert (invoice["order"], invoice["metafield"]) == ({"number": str(order.number)}, "b")
    key = to_global_id("Order", order.id)
    for who, sees in (
        (buyer(owner), True),
        (STAFF, True),
        (buyer(await make_user(session)), False),
        (None, False),
    ):
        found = (await ask(READ, who, id=key))["data"]["order"]["invoices"]
        assert found == ([GIVEN] if sees else [])
    told = await ask("query O($id: ID!) { order(id: $id) { events { type invoiceNumber } } }", STAFF, id=key)
    assert told["data"]["order"]["events"][-1] == {"type": "INVOICE_GENERATED", "invoiceNumber": "F-2026-1"}


async def test_a_guest_fetches_it_by_the_orders_id(session: AsyncSession, ask: Ask) -> None:
    order, clerk = await _order(session), await make_user(session)
    await ask(CREATE, staff("MANAGE_ORDERS", user=clerk), order=to_global_id("Order", order.id), input=GIVEN)
    found = await ask(READ, id=to_global_id("Order", order.id))
    assert found["data"]["order"]["invoices"] == [GIVEN]


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({"number": " "}, [("number", "REQUIRED")]),
        ({"url": "javascript:alert(1)"}, [("url", "REQUIRED")]),
        ({"url": "http://[", "number": ""}, [("number", "REQUIRED"), ("url", "REQUIRED")]),
        ({"metadata": [{"key": " ", "value": ""}]}, [("metadata", "REQUIRED")]),
        ({"metadata": [{"key": "x" * 300, "value": ""}]}, [("metadata", "REQUIRED")]),
    ],
)
async def test_what_is_missing_is_named(
    session: AsyncSession, ask: Ask, given: dict[str, Any], errors: list[tuple[str, str]]
) -> None:
    order = await _order(session)
    answer = await ask(CREATE, STAFF, order=to_global_id("Order", order.id), input=GIVEN | given)
    found = answer["data"]["invoiceCreate"]["errors"]
    assert [(error["field"], error["code"]) for error in found] == errors


async def test_an_order_that_does_not_exist_or_is_not_to_be_billed_has_none(
    session: AsyncSession, ask: Ask
) -> None:
    order = await _order(session)
    key = to_global_id("Order", order.id)
    for wrong in (to_global_id("Order", uuid4()), to_global_id("Product", 1), "nonsense"):
        answer = await ask(CREATE, STAFF, order=wrong, input=GIVEN)
        assert answer["data"]["invoiceCreate"]["errors"][0]["code"] == "NOT_FOUND"
    await session.execute(update(Order).values(status=OrderStatus.UNCONFIRMED))
    answer = await ask(CREATE, STAFF, order=key, input=GIVEN)
    assert answer["data"]["invoiceCreate"]["errors"] == [{"field": "orderId", "code": "INVALID_STATUS"}]
    await session.execute(update(Order).values(status=OrderStatus.FULFILLED, billing_address_id=None))
    answer = await ask(CREATE, STAFF, order=key, input=GIVEN)
    assert answer["data"]["invoiceCreate"]["errors"] == [{"field": "orderId", "code": "NOT_READY"}]


async def test_buyers_make_no_invoices(session: AsyncSession, ask: Ask) -> None:
    order = await _order(session)
    refused = await ask(
        CREATE, buyer(await make_user(session)), order=to_global_id("Order", order.id), input=GIVEN
    )
    assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
