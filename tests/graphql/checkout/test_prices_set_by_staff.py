"""A price of its own for a line: who may set it, and what it does."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.models import Checkout, CheckoutLine
from marketplace.kit.ids import to_global_id
from marketplace.orders.models import OrderLine
from marketplace.payments.completion import complete
from tests.factories.checkout import make_cart, make_market, make_piece, make_ready_cart, promise_cash
from tests.factories.markets import make_channel
from tests.graphql.conftest import Ask, staff

ADD = """mutation Add($id: ID!, $lines: [CheckoutLineInput!]!) { checkoutLinesAdd(id: $id, lines: $lines) {
  checkout { totalPrice { gross { amount } }
             lines { id quantity priceOverrideReason undiscountedUnitPrice { amount }
                     totalPrice { gross { amount } } } }
  errors { field code } } }"""
UPDATE = ADD.replace("checkoutLinesAdd", "checkoutLinesUpdate").replace("LineInput", "LineUpdateInput")
CLERK = staff("HANDLE_CHECKOUTS")


def given(cart: Checkout, **line: Any) -> dict[str, Any]:
    return {"id": to_global_id("Checkout", cart.id), "lines": [line]}


async def test_staff_set_a_price_and_take_it_back(session: AsyncSession, read: Ask) -> None:
    channel = await make_channel(session)
    rug = to_global_id("ProductVariant", (await make_piece(session, channel, 120_00)).id)
    cart = await make_cart(session, channel)
    line = {"variantId": rug, "quantity": 2, "price": 99.5, "priceOverrideReason": "A scratch"}
    made = (await read(ADD, CLERK, **given(cart, **line)))["checkoutLinesAdd"]["checkout"]
    (added,) = made["lines"]
    assert added["totalPrice"]["gross"]["amount"] == made["totalPrice"]["gross"]["amount"] == 199
    assert added["undiscountedUnitPrice"]["amount"] == 99.5
    assert added["priceOverrideReason"] == "A scratch"
    # A buyer who adds another piece pays the same for it.
    more = (await read(ADD, None, **given(cart, variantId=rug, quantity=1)))["checkoutLinesAdd"]["checkout"]
    assert more["totalPrice"]["gross"]["amount"] == 298.5
    changed = await read(UPDATE, CLERK, **given(cart, lineId=added["id"], price=10))
    (line_now,) = changed["checkoutLinesUpdate"]["checkout"]["lines"]
    assert (line_now["quantity"], line_now["totalPrice"]["gross"]["amount"]) == (3, 30)
    assert line_now["priceOverrideReason"] is None
    back = await read(UPDATE, CLERK, **given(cart, lineId=added["id"], price=None))
    assert back["checkoutLinesUpdate"]["checkout"]["totalPrice"]["gross"]["amount"] == 360


async def test_buyers_set_no_prices(session: AsyncSession, ask: Ask) -> None:
    channel = await make_channel(session)
    rug = to_global_id("ProductVariant", (await make_piece(session, channel)).id)
    cart = await make_cart(session, channel)
    for line in ({"price": 1}, {"price": None}, {"priceOverrideReason": "x"}):
        answer = await ask(ADD, staff("MANAGE_ORDERS"), **given(cart, variantId=rug, quantity=1, **line))
        assert answer["data"] == {"checkoutLinesAdd": None}
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        ({"priceOverrideReason": "x"}, "priceOverrideReason", "PRICE_OVERRIDE_REASON_WITHOUT_OVERRIDE"),
        (
            {"price": None, "priceOverrideReason": "x"},
            "priceOverrideReason",
            "PRICE_OVERRIDE_REASON_WITHOUT_OVERRIDE",
        ),
        ({"price": 1, "priceOverrideReason": "x" * 1001}, "priceOverrideReason", "INVALID"),
        ({"price": 0.001}, "price", "INVALID"),
        ({"price": 1e29}, "price", "INVALID"),
    ],
)
async def test_a_price_that_makes_no_sense_is_refused(
    session: AsyncSession, ask: Ask, line: dict[str, Any], field: str, code: str
) -> None:
    channel = await make_channel(session)
    rug = to_global_id("ProductVariant", (await make_piece(session, channel)).id)
    cart = await make_cart(session, channel)
    answer = await ask(ADD, CLERK, **given(cart, variantId=rug, quantity=1, **line))
    assert answer["data"]["checkoutLinesAdd"] == {
        "checkout": None,
        "errors": [{"field": field, "code": code}],
    }


async def test_the_order_keeps_the_price_and_says_why(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel, 120_00))
    line_id = await session.scalar(select(CheckoutLine.id))
    change = given(
        cart, lineId=to_global_id("CheckoutLine", str(line_id)), price=50, priceOverrideReason="Thin"
    )
    await read(UPDATE, CLERK, **change)
    await promise_cash(session, cart.id)
    order = await complete(session, cart.id)
    line = (await session.scalars(select(OrderLine))).one()
    assert (line.total_gross_minor, line.undiscounted_unit_gross_minor) == (50_00, 50_00)
    assert order.undiscounted_total_gross_minor == order.total_gross_minor == 80_00
    seen = await read(
        "query O($id: ID!) { order(id: $id) { lines { isPriceOverridden priceOverrideReason } } }",
        id=to_global_id("Order", order.id),
    )
    assert seen["order"]["lines"] == [{"isPriceOverridden": True, "priceOverrideReason": "Thin"}]
