"""Orders over GraphQL: what they say, and to whom."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.ids import to_global_id
from marketplace.orders.models import Order, VendorOrder
from tests.factories.checkout import make_market, make_piece
from tests.factories.markets import make_tax_class
from tests.factories.orders import make_order, parts_of
from tests.factories.people import make_user
from tests.factories.vendors import make_vendor
from tests.graphql.conftest import Ask, buyer, seller, staff

ORDER = """
query Order($id: ID!) {
  order(id: $id) {
    id number status userEmail isPaid paymentStatus paymentStatusDisplay statusDisplay token checkoutId
    created updatedAt origin authorizeStatus chargeStatus taxExemption shippingTaxRate shippingMethodName
    languageCode languageCodeEnum customerNote externalReference isShippingRequired displayGrossPrices isDemo
    total { currency gross { amount currency fractionalAmount fractionDigits } net { amount } tax { amount } }
    subtotal { gross { amount } } shippingPrice { gross { amount } } undiscountedTotal { gross { amount } }
    undiscountedShippingPrice { amount }
    totalBalance { amount } totalAuthorized { amount } totalCharged { amount } totalRefunded { amount }
    weight { unit value }
    channel { slug currencyCode defaultCountry { code country } }
    deliveryMethod { __typename ... on ShippingMethod { id name price { amount currency } } }
    shippingMethod { name price { amount } active maximumOrderWeight { value } minimumOrderPrice { amount } }
    shippingAddress { city } billingAddress { firstName }
    user { email }
    metadata { key value }
    lines {
      id productName variantName productSku quantity quantityFulfilled quantityToFulfill taxRate taxClassName
      productVariantId unitPrice { gross { amount } net { amount } } totalPrice { gross { amount } }
      undiscountedUnitPrice { gross { amount } } undiscountedTotalPrice { gross { amount } }
      unitDiscount { amount } thumbnail(size: 200, format: WEBP) { url alt }
      variant { id product { name } }
    }
    fulfillments { id }
    vendorOrders {
      id number status vendor { name } subtotal { gross { amount } } shippingPrice { gross { amount } }
      total { gross { amount } } weight { value unit } lines { quantity } fulfillments { trackingNumber }
      shippedAt deliveredAt withdrawalEndsAt shippingAddress { city } shippingMethodName order { id }
      cash { status amount { amount } carrier collectedAt }
    }
  }
}
"""
LIST = """
query Orders($filter: OrderFilterInput, $where: OrderWhereInput, $search: String, $channel: String) {
  orders(first: 50, filter: $filter, where: $where, search: $search, channel: $channel,
         sortBy: {field: CREATED_AT, direction: DESC}) { totalCount edges { node { number } } } }"""
ORDERS_STAFF = staff("MANAGE_ORDERS")


def order_id(order: Order) -> str:
    return to_global_id("Order", order.id)


def part_id(part: VendorOrder) -> str:
    return to_global_id("VendorOrder", part.id)


async def test_an_order_says_what_was_bought_and_how_it_is_split(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    tax_class = await make_tax_class(session)
    rug = await make_piece(session, market.channel, 120_00, tax_class_id=tax_class.id, weight_grams=1_500)
    honey = await make_piece(session, market.channel, 80_00, weight_grams=400)
    order = await make_order(session, market, rug, honey, quantity=2)
    found = (await read(ORDER, id=order_id(order)))["order"]
    assert found["number"] == str(order.number)
    assert found["total"]["gross"] == {
        "amount": 460,
        "currency": "MAD",
        "fractionalAmount": 46000,
        "fractionDigits": 2,
    }
    assert found["total"]["tax"]["amount"] == 40
    assert (found["status"], found["statusDisplay"]) == ("UNFULFILLED", "Unfulfilled")
    assert (found["paymentStatus"], found["paymentStatusDisplay"]) == ("NOT_CHARGED", "Not charged")
    assert (found["isPaid"], found["authorizeStatus"], found["totalBalance"]["amount"]) == (
        False,
        "FULL",
        -460,
    )
    assert found["weight"] == {"unit": "KG", "value": 3.8}
    assert found["channel"]["defaultCountry"] == {"code": "MA", "country": "Morocco"}
    assert found["languageCodeEnum"] == "FR"
    assert found["deliveryMethod"]["price"] == {"amount": 60, "currency": "MAD"}
    assert found["shippingMethod"]["price"]["amount"] == found["undiscountedShippingPrice"]["amount"] == 60
    assert found["checkoutId"] == to_global_id("Checkout", str(order.checkout_id))
    assert [(line["quantity"], line["taxRate"]) for line in found["lines"]] == [(2, 0.2), (2, 0)]
    assert found["lines"][0]["variant"]["id"] == to_global_id("ProductVariant", rug.id)
    assert found["lines"][0]["productVariantId"] == to_global_id("ProductVariant", rug.id)
    first, second = found["vendorOrders"]
    assert (first["number"], second["number"]) == (f"{order.number}-1", f"{order.number}-2")
    assert [part["total"]["gross"]["amount"] for part in (first, second)] == [270, 190]
    assert [part["weight"]["value"] for part in (first, second)] == [3, 0.8]
    assert first["cash"] == {
        "status": "EXPECTED",
        "amount": {"amount": 270},
        "carrier": "Amana",
        "collectedAt": None,
    }
    assert first["shippingAddress"] == found["shippingAddress"] == {"city": "RABAT"}
    assert first["order"] == {"id": found["id"]}


async def test_whoever_knows_its_id_may_read_an_order_but_lists_are_for_staff(
    session: AsyncSession, ask: Ask
) -> None:
    market = await make_market(session)
    order = await make_order(session, market, await make_piece(session, market.channel))
    found = await ask("query O($id: ID!) { order(id: $id) { number } }", id=order_id(order))
    assert found["data"] == {"order": {"number": str(order.number)}}
    for requester in (None, buyer(await make_user(session)), staff("MANAGE_PRODUCTS")):
        refused = await ask(LIST, requester)
        assert refused["data"] == {"orders": None}
        assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_a_seller_sees_its_own_part_and_nothing_of_the_others(session: AsyncSession, ask: Ask) -> None:
    market = await make_market(session)
    mine, strangers = await make_vendor(session), await make_vendor(session)
    rug = await make_piece(session, market.channel, vendor_id=mine.id)
    honey = await make_piece(session, market.channel, vendor_id=strangers.id)
    order = await make_order(session, market, rug, honey)
    own, other = await parts_of(session, order)
    question = """query Parts($own: ID!, $other: ID!, $order: ID!) {
      own: vendorOrder(id: $own) { number lines { productName } order { id } shippingAddress { city phone } }
      other: vendorOrder(id: $other) { number }
      order(id: $order) { id lines { id } }
      vendorOrders(first: 10) { totalCount edges { node { number } } } }"""
    answer = await ask(
        question,
        seller(mine.id, await make_user(session)),
        own=part_id(own),
        other=part_id(other),
        order=order_id(order),
    )
    assert "errors" not in answer
    data = answer["data"]
    assert len(data["own"]["lines"]) == 1
    assert data["own"]["order"] is None
    assert data["own"]["shippingAddress"] == {"city": "RABAT", "phone": "+212661234567"}
    assert (data["other"], data["order"]) == (None, None)
    assert data["vendorOrders"] == {"totalCount": 1, "edges": [{"node": {"number": f"{order.number}-1"}}]}


async def test_a_sellers_member_who_buys_sees_the_whole_of_it(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    member = await make_user(session)
    mine = await make_vendor(session)
    rug = await make_piece(session, market.channel, vendor_id=mine.id)
    honey = await make_piece(session, market.channel)
    order = await make_order(session, market, rug, honey, user=member)
    found = await read(
        "query O($id: ID!) { order(id: $id) { lines { id } vendorOrders { id } } }",
        seller(mine.id, member),
        id=order_id(order),
    )
    assert len(found["order"]["lines"]) == len(found["order"]["vendorOrders"]) == 2


async def test_parts_of_orders_are_found_by_their_buyer_and_not_by_others(
    session: AsyncSession, ask: Ask
) -> None:
    market = await make_market(session)
    customer, other = await make_user(session), await make_user(session)
    order = await make_order(session, market, await make_piece(session, market.channel), user=customer)
    (part,) = await parts_of(session, order)
    question = """query Part($id: ID!) {
      vendorOrder(id: $id) { number } vendorOrders(first: 5) { edges { node { number } } } }"""
    seen = await ask(question, buyer(customer), id=part_id(part))
    number = {"number": f"{order.number}-1"}
    assert seen["data"] == {"vendorOrder": number, "vendorOrders": {"edges": [{"node": number}]}}
    unseen = await ask(question, buyer(other), id=part_id(part))
    assert unseen["data"] == {"vendorOrder": None, "vendorOrders": {"edges": []}}
    refused = await ask(question, id=part_id(part))
    assert refused["data"] == {"vendorOrder": None, "vendorOrders": None}


async def test_a_buyers_orders_are_their_own_the_latest_first(session: AsyncSession, read: Ask) -> None:
    market = await make_market(session)
    customer, other = await make_user(session), await make_user(session)
    rug = await make_piece(session, market.channel)
    first = await make_order(session, market, rug, user=customer)
    second = await make_order(session, market, rug, user=customer)
    await make_order(session, market, rug, user=other)
    await session.execute(
        update(Order).where(Order.id == first.id).values(created_at=clock.now() - timedelta(days=1))
    )
    question = """query Mine($where: CustomerOrderWhereInput) {
      me { orders(first: 10, where: $where) { totalCount edges { node { number } } } } }"""
    found = (await read(question, buyer(customer)))["me"]["orders"]
    numbers = [edge["node"]["number"] for edge in found["edges"]]
    assert (numbers, found["totalCount"]) == ([str(second.number), str(first.number)], 2)
    one = {"number": {"eq": first.number}}
    assert (await read(question, buyer(customer), where=one))["me"]["orders"]["totalCount"] == 1


async def _numbers(read: Ask, **variables: Any) -> set[int]:
    found = (await read(LIST, ORDERS_STAFF, **variables))["orders"]
    numbers = {int(edge["node"]["number"]) for edge in found["edges"]}
    assert found["totalCount"] == len(numbers)
    return numbers


async def test_staff_narrow_orders_down(session: AsyncSession, read: Ask) -> None:
    market, elsewhere = await make_market(session), await make_market(session)
    vendor = await make_vendor(session)
    customer = await make_user(session)
    rug = await make_piece(session, market.channel, vendor_id=vendor.id)
    far = await make_piece(session, elsewhere.channel)
    mine = await make_order(session, market, rug, user=customer, email=None)
    guests = await make_order(session, market, rug)
    distant = await make_order(session, elsewhere, far)
    past = clock.now() - timedelta(days=400)
    await session.execute(
        update(Order).where(Order.id == distant.id).values(created_at=past, status="FULFILLED")
    )
    everything = {mine.number, guests.number, distant.number}
    day = past.date().isoformat()
    channel_ids = [to_global_id("Channel", elsewhere.channel.id)]
    of_vendor = [to_global_id("Vendor", vendor.id)]
    waiting = {mine.number, guests.number}
    for variables, expected in (
        ({}, everything),
        ({"filter": {"numbers": [str(mine.number), "no number"]}}, {mine.number}),
        ({"filter": {"ids": [order_id(guests)]}}, {guests.number}),
        ({"filter": {"status": ["FULFILLED"]}}, {distant.number}),
        ({"filter": {"status": ["READY_TO_FULFILL", "CANCELED"]}}, waiting),
        ({"filter": {"status": ["READY_TO_CAPTURE"]}}, everything),
        ({"filter": {"authorizeStatus": ["FULL"], "chargeStatus": ["NONE"]}}, everything),
        ({"filter": {"chargeStatus": ["FULL", "PARTIAL"]}}, set()),
        ({"filter": {"customer": customer.email.upper()}}, {mine.number}),
        ({"filter": {"created": {"gte": day, "lte": day}}}, {distant.number}),
        ({"filter": {"created": {"lte": "2020-01-01"}}}, set()),
        ({"filter": {"channels": channel_ids}}, {distant.number}),
        ({"filter": {"vendors": of_vendor}}, waiting),
        ({"filter": {"checkoutTokens": [str(mine.checkout_id)]}}, {mine.number}),
        ({"filter": {"search": f"#{mine.number}"}}, {mine.number}),
        ({"search": "salma@example.test"}, {guests.number, distant.number}),
        ({"search": str(guests.number)}, {guests.number}),
        ({"search": "nothing of the kind"}, set()),
        ({"channel": market.channel.slug}, waiting),
        ({"channel": "nowhere"}, set()),
        ({"where": {"status": {"eq": "FULFILLED"}}}, {distant.number}),
        ({"where": {"status": {"oneOf": ["FULFILLED", "UNFULFILLED"]}}}, everything),
        ({"where": {"number": {"range": {"gte": mine.number, "lte": mine.number}}}}, {mine.number}),
        ({"where": {"OR": [{"number": {"eq": mine.number}}, {"number": {"eq": guests.number}}]}}, waiting),
        ({"where": {"user": {"eq": to_global_id("User", customer.id)}}}, {mine.number}),
        ({"where": {"hasFulfillments": False}}, everything),
        ({"where": {"createdAt": {"lte": (past + timedelta(hours=1)).isoformat()}}}, {distant.number}),
    ):
        assert await _numbers(read, **variables) == expected, variables


@pytest.mark.parametrize("field", ["NUMBER", "CREATED_AT", "LAST_MODIFIED_AT", "CUSTOMER", "STATUS"])
async def test_staff_walk_all_orders_page_by_page_in_any_order(
    session: AsyncSession, read: Ask, field: str
) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel)
    placed = {(await make_order(session, market, rug)).number for _ in range(5)}
    question = """query Page($after: String, $order: OrderSortingInput!) {
      orders(first: 2, after: $after, sortBy: $order) {
        edges { node { number } } pageInfo { endCursor hasNextPage } } }"""
    for direction in ("ASC", "DESC"):
        seen: list[int] = []
        after, more = None, True
        while more:
            order = {"field": field, "direction": direction}
            page = (await read(question, ORDERS_STAFF, after=after, order=order))["orders"]
            seen += [int(edge["node"]["number"]) for edge in page["edges"]]
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert (len(seen), set(seen)) == (5, placed)


async def test_the_history_and_the_payments_of_an_order_are_for_staff(
    session: AsyncSession, ask: Ask
) -> None:
    market = await make_market(session)
    order = await make_order(session, market, await make_piece(session, market.channel))
    question = """query H($id: ID!) { order(id: $id) { number
      events { type date orderNumber user { email } message }
      transactions { token name authorizedAmount { amount } events { type } } } }"""
    seen = await ask(question, ORDERS_STAFF, id=order_id(order))
    event, confirmed = seen["data"]["order"]["events"]
    assert confirmed["type"] == "CONFIRMED"
    assert (event["type"], event["orderNumber"], event["user"]) == ("PLACED", str(order.number), None)
    (transaction,) = seen["data"]["order"]["transactions"]
    assert transaction["authorizedAmount"]["amount"] == 150
    assert transaction["events"] == [{"type": "AUTHORIZATION_SUCCESS"}]
    refused = await ask(question, id=order_id(order))
    assert refused["data"] == {"order": None}
    codes = {error["extensions"]["exception"]["code"] for error in refused["errors"]}
    assert codes == {"PermissionDenied"}


async def test_a_payment_is_found_by_its_id_which_is_made_of_its_token(
    session: AsyncSession, read: Ask
) -> None:
    market = await make_market(session)
    order = await make_order(session, market, await make_piece(session, market.channel))
    of_order = "query T($id: ID!) { order(id: $id) { transactions { id token } } }"
    (known,) = (await read(of_order, ORDERS_STAFF, id=order_id(order)))["order"]["transactions"]
    assert known["id"] == to_global_id("TransactionItem", known["token"])
    question = "query T($id: ID!) { transaction(id: $id) { order { number } } }"
    found = await read(question, staff("HANDLE_PAYMENTS"), id=known["id"])
    assert found["transaction"] == {"order": {"number": str(order.number)}}


async def test_allocations_are_for_staff_and_the_lines_seller(session: AsyncSession, ask: Ask) -> None:
    market = await make_market(session)
    vendor = await make_vendor(session)
    order = await make_order(session, market, await make_piece(session, market.channel, vendor_id=vendor.id))
    (part,) = await parts_of(session, order)
    question = """query A($id: ID!) { vendorOrder(id: $id) {
      lines { allocations { quantity warehouse { name vendor { name } } } } } }"""
    for requester in (ORDERS_STAFF, seller(vendor.id, await make_user(session))):
        seen = await ask(question, requester, id=part_id(part))
        (line,) = seen["data"]["vendorOrder"]["lines"]
        (allocation,) = line["allocations"]
        assert (allocation["quantity"], allocation["warehouse"]["vendor"]["name"]) == (1, vendor.name)
