"""Drafts, and orders that wait to be confirmed, whose taxes an app works out."""

from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout import promo_codes
from marketplace.orders.models import Order, OrderLine, VendorOrder
from marketplace.payouts.verifying import verify
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import Requester
from tests.factories.checkout import Market, make_piece, make_ready_cart
from tests.factories.drafts import make_ready_draft
from tests.factories.people import make_staff
from tests.factories.pricing import make_gift_card
from tests.graphql.conftest import Ask, staff
from tests.graphql.taxes.conftest import TaxApp, gid, taxed_by
from tests.graphql.taxes.documents import COMPLETE as COMPLETE_CHECKOUT
from tests.graphql.taxes.documents import both

ORDER = """
fragment Costs on Order {
  id status total { gross { amount } net { amount } } subtotal { gross { amount } net { amount } }
  shippingPrice { gross { amount } net { amount } } shippingTaxRate
  lines { id quantity taxRate totalPrice { gross { amount } net { amount } } } }
"""


def changing(arguments: str, call: str, field: str = "order") -> str:
    """A mutation of an order."""
    payload = f"{field} {{ ...Costs }} errors {{ field code }}"
    return f"{ORDER} mutation ({arguments}) {{ it: {call} {{ {payload} }} }}"


CREATE = changing("$input: DraftOrderCreateInput!", "draftOrderCreate(input: $input)")
ADD = changing("$id: ID!, $input: [OrderLineCreateInput!]!", "orderLinesCreate(id: $id, input: $input)")
SET = changing("$id: ID!, $input: OrderLineInput!", "orderLineUpdate(id: $id, input: $input)")
TAKE = changing("$id: ID!", "orderLineDelete(id: $id)")
REDUCE = changing(
    "$id: ID!, $input: OrderDiscountCommonInput!", "orderDiscountAdd(orderId: $id, input: $input)"
)
COMPLETE = changing("$id: ID!", "draftOrderComplete(id: $id)")
CONFIRM = changing("$id: ID!", "orderConfirm(id: $id)")
EXEMPT = """mutation ($id: ID!) { it: taxExemptionManage(id: $id, taxExemption: true) { errors { code } } }"""
READ = f"{ORDER} query ($id: ID!) {{ order(id: $id) {{ ...Costs }} }}"


@pytest.fixture
async def clerk(session: AsyncSession) -> Requester:
    return staff(Permission.MANAGE_ORDERS, Permission.MANAGE_TAXES, user=await make_staff(session))


async def parts(session: AsyncSession) -> list[tuple[int, ...]]:
    """Of each seller's part: goods with tax and without, delivery likewise."""
    query = select(
        VendorOrder.subtotal_gross_minor,
        VendorOrder.subtotal_net_minor,
        VendorOrder.shipping_gross_minor,
        VendorOrder.shipping_net_minor,
    ).order_by(VendorOrder.position)
    return [tuple(row) for row in await session.execute(query)]


async def unconfirmed(session: AsyncSession, read: Ask, market: Market, *pieces: Any, **given: Any) -> str:
    """The id of an order that was placed with the app's taxes."""
    market.channel.automatically_confirm_all_new_orders = False
    cart = await make_ready_cart(session, market, *pieces, **given)
    order = (await read(COMPLETE_CHECKOUT, id=gid(cart)))["it"]["order"]
    return str(order["id"])


async def test_a_draft_is_taxed_as_the_app_says_and_split_so(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp, clerk: Requester
) -> None:
    rug = await make_piece(session, market.channel, 100_00)
    jar = await make_piece(session, market.channel, 33_33)
    draft = await make_ready_draft(session, market, rug, jar)
    more = [{"variantId": gid(rug), "quantity": 1}]
    payload = (await read(ADD, clerk, id=gid(draft), input=more))["it"]
    assert payload["errors"] == []
    assert both(payload["order"]["total"]) == (352.0, 293.33)
    assert both(payload["order"]["shippingPrice"]) == (72.0, 60.0)
    assert payload["order"]["shippingTaxRate"] == 0.2
    assert [both(line["totalPrice"]) for line in payload["order"]["lines"]] == [
        (240.0, 200.0),
        (40.0, 33.33),
    ]
    ((event, told),) = tax_app.heard
    assert event == "order_calculate_taxes"
    assert told["sourceObject"] == {"__typename": "Order", "id": gid(draft), "status": "DRAFT"}
    assert told["address"] == {"city": "RABAT", "country": {"code": "MA"}}
    assert [
        (line["sourceLine"]["__typename"], line["sourceLine"]["ofOrder"]["sku"]) for line in told["lines"]
    ] == [("OrderLine", rug.sku), ("OrderLine", jar.sku)]
    payload = (await read(COMPLETE, clerk, id=gid(draft)))["it"]
    assert (payload["errors"], payload["order"]["status"]) == ([], "UNFULFILLED")
    assert both(payload["order"]["total"]) == (352.0, 293.33)
    assert len(tax_app.heard) == 1  # The answer holds.
    assert await parts(session) == [(240_00, 200_00, 36_00, 30_00), (40_00, 33_33, 36_00, 30_00)]
    assert await verify(session) == []


async def test_a_draft_whose_taxes_nobody_says_is_not_completed(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp, clerk: Requester
) -> None:
    rug = await make_piece(session, market.channel, 100_00)
    draft = await make_ready_draft(session, market, rug)
    tax_app.says = (500, b"")
    before = (await read(READ, clerk, id=gid(draft)))["order"]
    payload = (await read(COMPLETE, clerk, id=gid(draft)))["it"]
    assert payload["errors"] == [{"field": None, "code": "TAX_ERROR"}]
    assert (await read(READ, clerk, id=gid(draft)))["order"] == before
    assert both(before["total"]) == (130.0, 130.0)
    assert await parts(session) == []
    tax_app.says = taxed_by(20)
    payload = (await read(COMPLETE, clerk, id=gid(draft)))["it"]
    assert both(payload["order"]["total"]) == (156.0, 130.0)


async def test_an_old_answer_is_asked_for_anew_when_a_draft_is_completed(
    session: AsyncSession,
    read: Ask,
    market: Market,
    tax_app: TaxApp,
    clerk: Requester,
    clock: ModuleType,
) -> None:
    rug = await make_piece(session, market.channel, 100_00)
    given = {"channelId": gid(market.channel), "lines": [{"variantId": gid(rug), "quantity": 1}]}
    payload = (await read(CREATE, clerk, input=given))["it"]
    assert both(payload["order"]["total"]) == (120.0, 100.0)
    draft = await make_ready_draft(session, market, rug)
    await read(ADD, clerk, id=gid(draft), input=[{"variantId": gid(rug), "quantity": 1}])
    clock.advance(timedelta(minutes=61))
    tax_app.says = taxed_by(10)
    payload = (await read(COMPLETE, clerk, id=gid(draft)))["it"]
    assert both(payload["order"]["total"]) == (253.0, 230.0)


async def test_what_staff_change_of_a_placed_order_is_taxed_anew_with_its_sellers_parts(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp, clerk: Requester
) -> None:
    rug = await make_piece(session, market.channel, 100_00)
    jar = await make_piece(session, market.channel, 50_00)
    order_id = await unconfirmed(session, read, market, rug, jar)
    found = (await read(READ, clerk, id=order_id))["order"]
    of_rug = next(line for line in found["lines"] if both(line["totalPrice"]) == (120.0, 100.0))
    tax_app.says = taxed_by(10)
    payload = (await read(SET, clerk, id=of_rug["id"], input={"quantity": 3}))["it"]
    assert both(payload["order"]["subtotal"]) == (385.0, 350.0)
    assert await parts(session) == [(330_00, 300_00, 33_00, 30_00), (55_00, 50_00, 33_00, 30_00)]
    payload = (await read(CONFIRM, clerk, id=order_id))["it"]
    assert (payload["errors"], payload["order"]["status"]) == ([], "UNFULFILLED")
    assert [event for event, _ in tax_app.heard] == ["checkout_calculate_taxes", "order_calculate_taxes"]
    assert await verify(session) == []


async def test_a_placed_order_keeps_its_rates_while_the_app_is_silent_and_is_not_confirmed(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp, clerk: Requester
) -> None:
    order_id = await unconfirmed(session, read, market, await make_piece(session, market.channel, 100_00))
    (line,) = (await read(READ, clerk, id=order_id))["order"]["lines"]
    tax_app.says = (500, b"")
    payload = (await read(SET, clerk, id=line["id"], input={"quantity": 2}))["it"]
    assert both(payload["order"]["total"]) == (276.0, 230.0)
    payload = (await read(CONFIRM, clerk, id=order_id))["it"]
    assert payload["errors"] == [{"field": None, "code": "TAX_ERROR"}]
    assert (await read(READ, clerk, id=order_id))["order"]["status"] == "UNCONFIRMED"
    tax_app.says = taxed_by(10)
    payload = (await read(CONFIRM, clerk, id=order_id))["it"]
    assert both(payload["order"]["total"]) == (253.0, 230.0)
    assert await parts(session) == [(220_00, 200_00, 33_00, 30_00)]


async def test_nothing_of_a_gift_card_is_given_back_while_the_app_is_asked(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp, clerk: Requester
) -> None:

    market.channel.automatically_confirm_all_new_orders = False
    rug = await make_piece(session, market.channel, 100_00)
    cart = await make_ready_cart(session, market, rug)
    card = await make_gift_card(session, 500_00)
    await promo_codes.add_promo_code(session, cart.id, card.code)
    order_id = (await read(COMPLETE_CHECKOUT, id=gid(cart)))["it"]["order"]["id"]
    (line,) = (await read(READ, clerk, id=order_id))["order"]["lines"]
    await read(SET, clerk, id=line["id"], input={"quantity": 2})
    paid, total = (await session.execute(select(Order.gift_card_minor, Order.total_gross_minor))).one()
    assert (paid, total) == (156_00, 120_00)
    await session.refresh(card)
    assert card.current_balance_minor == 344_00


async def test_the_app_is_told_what_staff_take_off_goods_and_delivery(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp, clerk: Requester
) -> None:
    rug = await make_piece(session, market.channel, 100_00)
    draft = await make_ready_draft(session, market, rug)
    given = {"valueType": "FIXED", "value": 13}
    payload = (await read(REDUCE, clerk, id=gid(draft), input=given))["it"]
    told = tax_app.heard[-1][1]
    assert [(each["type"], each["amount"]["amount"]) for each in told["discounts"]] == [
        ("SUBTOTAL", 10.0),
        ("SHIPPING", 3.0),
    ]
    assert told["lines"][0]["totalPrice"] == {"amount": 100.0}
    assert told["shippingPrice"] == {"amount": 30.0}
    assert both(payload["order"]["total"]) == (140.4, 117.0)


async def test_a_line_that_is_taken_out_leaves_the_others_taxed(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp, clerk: Requester
) -> None:
    rug = await make_piece(session, market.channel, 100_00)
    jar = await make_piece(session, market.channel, 50_00)
    draft = await make_ready_draft(session, market, rug, jar)
    key = await session.scalar(select(OrderLine.id).where(OrderLine.variant_id == jar.id))
    line = await session.get_one(OrderLine, key)
    payload = (await read(TAKE, clerk, id=gid(line)))["it"]
    assert payload["errors"] == []
    found = (await read(READ, clerk, id=gid(draft)))["order"]
    assert both(found["total"]) == (156.0, 130.0)
    assert len(tax_app.heard) == 1


async def test_an_exempt_draft_asks_nobody(
    session: AsyncSession, read: Ask, market: Market, tax_app: TaxApp, clerk: Requester
) -> None:
    draft = await make_ready_draft(session, market, await make_piece(session, market.channel, 100_00))
    assert (await read(EXEMPT, clerk, id=gid(draft)))["it"]["errors"] == []
    payload = (await read(COMPLETE, clerk, id=gid(draft)))["it"]
    assert both(payload["order"]["total"]) == (130.0, 130.0)
    assert tax_app.heard == []
