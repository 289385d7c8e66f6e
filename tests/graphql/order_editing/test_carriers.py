"""Apps say which deliveries staff can't choose for an order, and one that an app carries can be changed."""

from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.shipping_answers import FRESH_FOR
from marketplace.kit.ids import to_global_id
from marketplace.orders.models import Order, OrderStatus, VendorOrder
from marketplace.webhooks.models import Webhook
from marketplace_graphql.kernel import Requester
from tests.factories.catalog import make_product_type
from tests.factories.checkout import RABAT, Market, make_cart, make_market, make_piece
from tests.factories.drafts import make_ready_draft, make_unconfirmed
from tests.factories.markets import make_method
from tests.graphql.carrier import EXPRESS, FILTER_OF_ORDER, Carrier
from tests.graphql.conftest import Ask
from tests.graphql.order_editing.conftest import codes

METHODS = """
query ($id: ID!) { order(id: $id) {
  shippingMethods { id active message } availableShippingMethods { id active message }
  deliveryMethod { ... on ShippingMethod { id name active } } } }
"""
NOTE = """
mutation ($id: ID!) {
  draftOrderUpdate(id: $id, input: {customerNote: "Soon"}) {
    errors { field code } order { shippingMethods { id active message } } } }
"""
COMPLETE = """
mutation ($id: ID!) { draftOrderComplete(id: $id) { errors { field code message } order { status } } }
"""
CHOOSE = """
mutation ($id: ID!, $way: ID) { orderUpdateShipping(order: $id, input: {shippingMethod: $way}) {
  errors { field code message } order { shippingMethodName } } }
"""
BUY = """
mutation ($id: ID!, $way: ID) {
  checkoutDeliveryMethodUpdate(id: $id, deliveryMethodId: $way) { errors { code } }
  checkoutComplete(id: $id) { errors { code } order { id } } }
"""
ADD = """
mutation ($id: ID!, $lines: [OrderLineCreateInput!]!) { orderLinesCreate(id: $id, input: $lines) {
  errors { field code } order { shippingMethodName shippingPrice { gross { amount } } } } }
"""


@pytest.fixture
async def market(session: AsyncSession) -> Market:
    return await make_market(session, allow_unpaid_orders=True)


def way_of(market: Market) -> str:
    return to_global_id("ShippingMethod", market.method.id)


def refusing(carrier: Carrier, *ways: str) -> None:
    carrier.refuses = {"excluded_methods": [{"id": way, "reason": "Roads are closed."} for way in ways]}


async def test_a_refused_delivery_is_shown_so_and_a_draft_is_not_completed_with_it(
    session: AsyncSession, read: Ask, clerk: Requester, market: Market, carrier: Carrier, clock: ModuleType
) -> None:
    draft = await make_ready_draft(session, market, await make_piece(session, market.channel))
    given = {"id": to_global_id("Order", draft.id)}
    refusing(carrier, way_of(market))
    (shown,) = (await read(NOTE, clerk, **given))["draftOrderUpdate"]["order"]["shippingMethods"]
    assert shown == {"id": way_of(market), "active": False, "message": "Roads are closed."}
    seen = (await read(METHODS, clerk, **given))["order"]
    assert seen["shippingMethods"] == seen["availableShippingMethods"] == [shown]
    (told,) = carrier.heard(FILTER_OF_ORDER)
    assert told["order"] == {"id": given["id"], "lines": [{"quantity": 1}]}
    (told_of,) = told["shippingMethods"]
    assert (told_of["id"], told_of["price"]) == (way_of(market), {"amount": 30.0})
    refused = await read(COMPLETE, clerk, **given)
    assert [code for _, code in codes(refused)] == ["SHIPPING_METHOD_NOT_APPLICABLE"]
    assert refused["draftOrderComplete"]["errors"][0]["message"] == "Roads are closed."
    await session.refresh(draft)
    assert draft.status is OrderStatus.DRAFT
    clock.advance(FRESH_FOR)
    refusing(carrier)
    assert codes(await read(COMPLETE, clerk, **given)) == []


@pytest.mark.parametrize("said", [(500, b""), (200, b"rubbish"), {"excluded_methods": 5}, []])
async def test_a_silent_app_refuses_nothing(
    session: AsyncSession, read: Ask, clerk: Requester, market: Market, carrier: Carrier, said: Any
) -> None:
    draft = await make_ready_draft(session, market, await make_piece(session, market.channel))
    carrier.refuses = said
    assert codes(await read(COMPLETE, clerk, id=to_global_id("Order", draft.id))) == []
    assert len(carrier.heard(FILTER_OF_ORDER)) == 1


async def test_an_order_that_waits_to_be_confirmed_takes_no_refused_delivery(
    session: AsyncSession, read: Ask, clerk: Requester, market: Market, carrier: Carrier
) -> None:
    order = await make_unconfirmed(session, market, await make_piece(session, market.channel))
    other = await make_method(session, market.channel)
    way = to_global_id("ShippingMethod", other.id)
    refusing(carrier, way)
    refused = await read(CHOOSE, clerk, id=to_global_id("Order", order.id), way=way)
    assert codes(refused) == [("shippingMethod", "SHIPPING_METHOD_NOT_APPLICABLE")]
    assert refused["orderUpdateShipping"]["errors"][0]["message"] == "Roads are closed."
    await session.refresh(order)
    assert order.shipping_method_id == market.method.id


async def test_an_app_that_hears_nothing_of_orders_is_not_asked(
    session: AsyncSession, read: Ask, clerk: Requester, market: Market, carrier: Carrier
) -> None:
    carrier.app.permissions = ["MANAGE_SHIPPING", "MANAGE_CHECKOUTS"]
    draft = await make_ready_draft(session, market, await make_piece(session, market.channel))
    refusing(carrier, way_of(market))
    assert codes(await read(COMPLETE, clerk, id=to_global_id("Order", draft.id))) == []
    assert carrier.heard(FILTER_OF_ORDER) == []


async def test_an_order_that_an_app_carries_keeps_its_price_when_staff_change_it(
    session: AsyncSession, read: Ask, clerk: Requester, carrier: Carrier
) -> None:
    market = await make_market(session, allow_unpaid_orders=True, automatically_confirm_all_new_orders=False)
    pieces = []
    for grams in (100, 300):
        kind = await make_product_type(session, weight_grams=grams)
        pieces.append(await make_piece(session, market.channel, product_type_id=kind.id))
    cart = await make_cart(session, market.channel, *pieces, shipping_address=RABAT, billing_address=RABAT)
    way = to_global_id("app", "test.carrier:express")
    done = await read(BUY, id=to_global_id("Checkout", cart.id), way=way)
    given = {"id": done["checkoutComplete"]["order"]["id"]}
    lines = [{"variantId": to_global_id("ProductVariant", pieces[0].id), "quantity": 2}]
    changed = (await read(ADD, clerk, **given, lines=lines))["orderLinesCreate"]
    assert changed["errors"] == []
    assert changed["order"] == {
        "shippingMethodName": "Express",
        "shippingPrice": {"gross": {"amount": EXPRESS["amount"]}},
    }
    parcels = await session.scalars(select(VendorOrder.shipping_gross_minor).order_by(VendorOrder.position))
    assert parcels.all() == [50_01, 50_00]  # 300 grams from each by now.
    seen = (await read(METHODS, clerk, **given))["order"]
    assert seen["deliveryMethod"] == {"id": way, "name": "Express", "active": True}
    assert codes(await read(CHOOSE, clerk, **given, way=way_of(market))) == []
    order = (await session.scalars(select(Order).execution_options(populate_existing=True))).one()
    assert (order.shipping_app_method_id, order.shipping_app_method) == (None, None)
    whole = select(func.sum(VendorOrder.total_gross_minor))
    assert await session.scalar(whole) == order.total_gross_minor


async def test_an_app_without_a_subscription_is_told_of_an_order_in_saleors_older_way(
    session: AsyncSession, read: Ask, clerk: Requester, market: Market, carrier: Carrier
) -> None:
    await session.execute(update(Webhook).values(subscription_query=None))
    draft = await make_ready_draft(session, market, await make_piece(session, market.channel))
    await read(NOTE, clerk, id=to_global_id("Order", draft.id))
    (told,) = carrier.heard(FILTER_OF_ORDER)
    assert told["order"]["id"] == to_global_id("Order", draft.id)
    assert [line["quantity"] for line in told["order"]["lines"]] == [1]
    assert [one["id"] for one in told["shipping_methods"]] == [way_of(market)]
