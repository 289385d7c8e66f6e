"""Drafts as staff's clients make, change, complete and delete them."""

from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import ProductChannelListing
from marketplace.kit.ids import to_global_id
from marketplace.orders.models import Order, OrderEvent, OrderLine, OrderStatus
from marketplace.payments.models import TransactionItem
from marketplace.people.models import Address
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import Requester
from tests.factories.checkout import make_market, make_piece
from tests.factories.drafts import make_draft, make_ready_draft
from tests.factories.markets import make_channel, make_method
from tests.factories.orders import make_order
from tests.factories.people import make_staff, make_user
from tests.factories.pricing import make_voucher
from tests.graphql.conftest import Ask, buyer, staff
from tests.graphql.order_editing.conftest import codes

ADDRESS = {
    "firstName": "Salma",
    "lastName": "Bennani",
    "streetAddress1": "12, rue Ibn Batouta",
    "city": "Rabat",
    "postalCode": "10000",
    "country": "MA",
}
NO_VARIANT = "UHJvZHVjdFZhcmlhbnQ6OTk5OTk5"
CREATE = """mutation($input: DraftOrderCreateInput!) { draftOrderCreate(input: $input) {
  errors { field code variants addressType } orderErrors { code }
  order { id status origin userEmail user { email } number voucherCode languageCodeEnum externalReference
    customerNote redirectUrl metafield(key: "shop") privateMetafield(key: "till") vendorOrders { id }
    shippingMethodName shippingPrice { gross { amount } } total { gross { amount } }
    shippingAddress { city } weight { value }
    lines { quantity productName isPriceOverridden unitPrice { gross { amount } } }
    events { type user { email } lines { quantity itemName } } } } }"""
UPDATE = """mutation($id: ID, $ref: String, $input: DraftOrderInput!) {
  draftOrderUpdate(id: $id, externalReference: $ref, input: $input) {
  errors { field code } order { id userEmail user { email } voucherCode customerNote shippingMethodName
    shippingPrice { gross { amount } } total { gross { amount } } discounts { type } } } }"""
COMPLETE = """mutation($id: ID!) { draftOrderComplete(id: $id) { errors { field code variants orderLines }
  order { status authorizeStatus userEmail user { email } shippingMethodName shippingAddress { city }
    vendorOrders { number lines { quantity } } events { type user { email } } } } }"""
DELETE = """mutation($id: ID) { draftOrderDelete(id: $id) { errors { field code } order { id number } } }"""
BULK = "mutation($ids: [ID!]!) { draftOrderBulkDelete(ids: $ids) { count errors { field code } } }"


def variant_id(variant: Any) -> str:
    return to_global_id("ProductVariant", variant.id)


def order_id(order: Order) -> str:
    return to_global_id("Order", order.id)


async def count(session: AsyncSession, model: type[Any]) -> int:
    return await session.scalar(select(func.count()).select_from(model)) or 0


async def test_a_draft_is_put_together_at_once(session: AsyncSession, read: Ask, heard: list[str]) -> None:
    market = await make_market(session)
    cup = await make_piece(session, market.channel, weight_grams=500)
    rug = await make_piece(session, market.channel, 900_00)
    person = await make_staff(session)
    customer = await make_user(session, email="amina@example.test")
    given = {
        "channelId": to_global_id("Channel", market.channel.id),
        "user": to_global_id("User", customer.id),
        "billingAddress": ADDRESS,
        "shippingAddress": ADDRESS,
        "shippingMethod": to_global_id("ShippingMethod", market.method.id),
        "voucherCode": await make_voucher(session, market.channel),
        "customerNote": " Ring twice ",
        "redirectUrl": "http://localhost/orders",
        "externalReference": "till-1",
        "languageCode": "AR",
        "discount": 5,
        "metadata": [{"key": "shop", "value": "Fès"}],
        "privateMetadata": [{"key": "till", "value": "3"}],
        "lines": [
            {"variantId": variant_id(cup), "quantity": 1},
            {"variantId": variant_id(cup), "quantity": 2},
            {"variantId": variant_id(cup), "quantity": 1, "forceNewLine": True},
            {"variantId": variant_id(rug), "quantity": 1, "price": 800.5},
        ],
    }
    made = (await read(CREATE, staff(Permission.MANAGE_ORDERS, user=person), input=given))["draftOrderCreate"]
    assert (made["errors"], made["orderErrors"]) == ([], [])
    order = made["order"]
    assert (order["status"], order["origin"], order["vendorOrders"]) == ("DRAFT", "DRAFT", [])
    assert (order["userEmail"], order["user"]["email"]) == ("amina@example.test", "amina@example.test")
    assert [(line["quantity"], line["isPriceOverridden"]) for line in order["lines"]] == [
        (3, False),
        (1, False),
        (1, True),
    ]
    goods = 4 * 120 + 800.5
    assert order["total"]["gross"]["amount"] == round(
        goods * 0.9 + order["shippingPrice"]["gross"]["amount"], 2
    )
    assert order["shippingPrice"]["gross"]["amount"] > 0
    assert (order["languageCodeEnum"], order["externalReference"]) == ("AR", "till-1")
    assert (order["customerNote"], order["redirectUrl"]) == ("Ring twice", "http://localhost/orders")
    assert (order["metafield"], order["privateMetafield"]) == ("Fès", "3")
    assert order["weight"]["value"] >= 2
    assert [(event["type"], event["user"]["email"]) for event in order["events"]] == [
        ("DRAFT_CREATED", person.email),
        ("ADDED_PRODUCTS", person.email),
    ]
    assert [line["quantity"] for line in order["events"][1]["lines"]] == [3, 1, 1]
    assert heard == ["DRAFT_ORDER_CREATED"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"channelId": None}, ("channel", "REQUIRED")),
        ({"channelId": "Q2hhbm5lbDo5OTk5OTk="}, ("channelId", "NOT_FOUND")),
        ({"user": "VXNlcjo5OTk5OTk="}, ("user", "NOT_FOUND")),
        ({"user": "nonsense"}, ("user", "NOT_FOUND")),
        ({"userEmail": "nobody"}, ("userEmail", "INVALID")),
        ({"shippingMethod": "U2hpcHBpbmdNZXRob2Q6OTk5OTk5"}, ("shippingMethod", "NOT_FOUND")),
        ({"voucherCode": "NOSUCH"}, ("voucherCode", "INVALID_VOUCHER_CODE")),
        ({"voucher": "Vm91Y2hlcjo5OTk5OTk="}, ("voucher", "NOT_FOUND")),
        ({"redirectUrl": "https://evil.example/x"}, ("redirectUrl", "INVALID")),
        ({"externalReference": "taken"}, ("externalReference", "UNIQUE")),
        ({"customerNote": "x" * 10_001}, ("customerNote", "INVALID")),
        ({"metadata": [{"key": " ", "value": "x"}]}, ("metadata", "REQUIRED")),
        ({"privateMetadata": [{"key": "", "value": "x"}]}, ("privateMetadata", "REQUIRED")),
        ({"saveShippingAddress": True}, ("saveShippingAddress", "MISSING_ADDRESS_DATA")),
        ({"saveBillingAddress": False}, ("saveBillingAddress", "MISSING_ADDRESS_DATA")),
        ({"billingAddress": ADDRESS | {"city": ""}}, ("city", "REQUIRED")),
        ({"shippingAddress": ADDRESS | {"phone": "1"}}, ("phone", "INVALID")),
        ({"lines": [{"variantId": "nonsense", "quantity": 1}]}, ("variants", "NOT_FOUND")),
        (
            {"lines": [{"variantId": "UHJvZHVjdFZhcmlhbnQ6OTk5OTk5", "quantity": 1}]},
            ("variantId", "NOT_FOUND"),
        ),
    ],
)
async def test_what_is_wrong_with_a_new_draft_is_told(
    session: AsyncSession, read: Ask, clerk: Requester, change: dict[str, Any], error: tuple[str, str]
) -> None:
    channel = await make_channel(session)
    taken = await make_draft(session, channel)
    taken.external_reference = "taken"
    given = {"channelId": to_global_id("Channel", channel.id)} | change
    assert codes(await read(CREATE, clerk, input=given)) == [error]
    assert await count(session, Order) == 1


async def test_lines_of_a_draft_have_to_be_on_the_shelf_and_to_be_some(
    session: AsyncSession, read: Ask, clerk: Requester
) -> None:
    channel, other = await make_channel(session), await make_channel(session)
    cup, elsewhere = await make_piece(session, channel), await make_piece(session, other)
    hidden = await make_piece(session, channel)
    of_hidden = ProductChannelListing.product_id == hidden.product_id
    await session.execute(update(ProductChannelListing).where(of_hidden).values(is_live=False))

    async def refused(variant: Any, **line: Any) -> list[tuple[str | None, str]]:
        lines = [{"variantId": variant_id(variant), "quantity": 1} | line]
        given = {"channelId": to_global_id("Channel", channel.id), "lines": lines}
        return codes(await read(CREATE, clerk, input=given))

    assert await refused(cup, quantity=0) == [("quantity", "ZERO_QUANTITY")]
    assert await refused(cup, quantity=2_000_000) == [("quantity", "INVALID_QUANTITY")]
    assert await refused(cup, price=1.001) == [("price", "INVALID")]
    assert await refused(cup, price=10**9) == [("price", "INVALID")]
    assert (await refused(elsewhere))[0][1] in {"PRODUCT_NOT_PUBLISHED", "NOT_AVAILABLE_IN_CHANNEL"}
    assert await refused(hidden) == [("lines", "PRODUCT_NOT_PUBLISHED")]


async def test_a_draft_is_changed(
    session: AsyncSession, read: Ask, clerk: Requester, heard: list[str]
) -> None:
    market = await make_market(session)
    cup = await make_piece(session, market.channel)
    await make_user(session, email="amina@example.test")
    draft = await make_ready_draft(session, market, cup)
    draft.external_reference = "till-7"
    code = await make_voucher(session, market.channel, 50)

    async def change(**given: Any) -> dict[str, Any]:
        payload = (await read(UPDATE, clerk, ref="till-7", input=given))["draftOrderUpdate"]
        assert payload["errors"] == []
        order: dict[str, Any] = payload["order"]
        return order

    changed = await change(userEmail="amina@example.test", voucherCode=code, customerNote="New")
    assert (changed["user"]["email"], changed["voucherCode"]) == ("amina@example.test", code)
    assert changed["total"]["gross"]["amount"] == 60 + 30
    assert [discount["type"] for discount in changed["discounts"]] == ["VOUCHER"]
    changed = await change(voucherCode=None, shippingMethod=None, user=None)
    assert (changed["total"]["gross"]["amount"], changed["shippingMethodName"]) == (120, None)
    assert (changed["user"], changed["userEmail"], changed["discounts"]) == (None, "", [])
    assert set(heard) == {"DRAFT_ORDER_UPDATED"}


async def test_what_can_not_be_changed_of_a_draft(session: AsyncSession, read: Ask, clerk: Requester) -> None:
    market = await make_market(session)
    cup = await make_piece(session, market.channel)
    draft, order = await make_ready_draft(session, market, cup), await make_order(session, market, cup)
    elsewhere = await make_method(session, await make_channel(session))
    channel = to_global_id("Channel", market.channel.id)

    async def refused(order: Order, **given: Any) -> list[tuple[str | None, str]]:
        return codes(await read(UPDATE, clerk, id=order_id(order), input=given))

    assert await refused(draft, channelId=channel) == [("channelId", "NOT_EDITABLE")]
    assert await refused(order, customerNote="x") == [("id", "INVALID")]
    method = to_global_id("ShippingMethod", elsewhere.id)
    assert await refused(draft, shippingMethod=method) == [
        ("shippingMethod", "SHIPPING_METHOD_NOT_APPLICABLE")
    ]
    nobody = to_global_id("Order", market.channel.id)
    assert codes(await read(UPDATE, clerk, id=nobody, input={}))[0][1] in {"NOT_FOUND", "INVALID"}
    assert codes(await read(UPDATE, clerk, input={})) == [(None, "GRAPHQL_ERROR")]


async def test_a_draft_becomes_an_order(session: AsyncSession, read: Ask, heard: list[str]) -> None:
    market = await make_market(session)
    cup, rug = await make_piece(session, market.channel), await make_piece(session, market.channel)
    customer = await make_user(session, email="salma@example.test")
    draft = await make_ready_draft(session, market, cup, rug, save_shipping_address=True)
    person = await make_staff(session)
    done = await read(COMPLETE, staff(Permission.MANAGE_ORDERS, user=person), id=order_id(draft))
    order = done["draftOrderComplete"]["order"]
    assert done["draftOrderComplete"]["errors"] == []
    assert (order["status"], order["authorizeStatus"]) == ("UNFULFILLED", "NONE")
    assert order["user"]["email"] == customer.email
    assert [part["number"] for part in order["vendorOrders"]] == [f"{draft.number}-1", f"{draft.number}-2"]
    assert [(event["type"], (event["user"] or {}).get("email")) for event in order["events"][-2:]] == [
        ("PLACED_FROM_DRAFT", person.email),
        ("CONFIRMED", person.email),
    ]
    assert heard == ["ORDER_CREATED", "ORDER_CONFIRMED"]
    learnt = await session.scalars(select(Address.city).where(Address.user_id == customer.id))
    assert list(learnt) == ["RABAT"]
    again = await read(COMPLETE, staff(Permission.MANAGE_ORDERS, user=person), id=order_id(draft))
    assert codes(again) == [("id", "INVALID")]


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"billing_address": None}, ("order", "BILLING_ADDRESS_NOT_SET")),
        ({"shipping_address": None, "shipping_method_id": None}, ("order", "ORDER_NO_SHIPPING_ADDRESS")),
        ({"shipping_method_id": None}, ("shipping", "SHIPPING_METHOD_REQUIRED")),
    ],
)
async def test_a_draft_without_what_an_order_needs_stays_one(
    session: AsyncSession, read: Ask, clerk: Requester, said: dict[str, Any], error: tuple[str, str]
) -> None:
    market = await make_market(session)
    draft = await make_ready_draft(session, market, await make_piece(session, market.channel), **said)
    assert codes(await read(COMPLETE, clerk, id=order_id(draft))) == [error]
    await session.refresh(draft)
    assert draft.status is OrderStatus.DRAFT


async def test_what_can_not_be_sold_is_not_completed(
    session: AsyncSession, read: Ask, clerk: Requester
) -> None:
    market = await make_market(session)
    empty = await make_ready_draft(session, market)
    assert codes(await read(COMPLETE, clerk, id=order_id(empty))) == [("lines", "REQUIRED")]
    cup = await make_piece(session, market.channel, stock=2)
    scarce = await make_ready_draft(session, market, cup, quantity=3)
    (error,) = (await read(COMPLETE, clerk, id=order_id(scarce)))["draftOrderComplete"]["errors"]
    assert (error["field"], error["code"], error["variants"]) == (
        "lines",
        "INSUFFICIENT_STOCK",
        [variant_id(cup)],
    )
    assert len(error["orderLines"]) == 1
    far = await make_method(session, market.channel, countries=("FR",))
    wrong = await make_ready_draft(session, market, cup, shipping_method_id=far.id)
    assert wrong.shipping_gross_minor > 0
    assert codes(await read(COMPLETE, clerk, id=order_id(wrong))) == [
        ("shipping", "SHIPPING_METHOD_NOT_APPLICABLE")
    ]
    code = await make_voucher(session, market.channel, minimum_spent_minor=10_000_00)
    poor = await make_ready_draft(session, market, cup, voucher_code=code)
    assert poor.total_gross_minor == 120_00 + 30_00
    assert codes(await read(COMPLETE, clerk, id=order_id(poor))) == [("voucherCode", "INVALID_VOUCHER_CODE")]
    good = await make_ready_draft(session, market, cup)
    market.channel.is_active = False
    assert codes(await read(COMPLETE, clerk, id=order_id(good))) == [("channel", "CHANNEL_INACTIVE")]


async def test_drafts_are_deleted_and_nothing_else_is(
    session: AsyncSession, read: Ask, clerk: Requester, heard: list[str]
) -> None:
    market = await make_market(session)
    cup = await make_piece(session, market.channel)
    drafts = [await make_ready_draft(session, market, cup) for _ in range(3)]
    placed, paid = await make_order(session, market, cup), await make_ready_draft(session, market, cup)
    session.add(TransactionItem(order_id=paid.id, gateway="test", currency="MAD"))
    await session.flush()
    for order in (placed, paid):
        assert codes(await read(DELETE, clerk, id=order_id(order))) == [("id", "INVALID")]
    before = await count(session, Address)
    payload = (await read(DELETE, clerk, id=order_id(drafts[0])))["draftOrderDelete"]
    assert (payload["errors"], payload["order"]["id"]) == ([], order_id(drafts[0]))
    assert await count(session, Address) == before - 2
    refused = await read(BULK, clerk, ids=[order_id(drafts[1]), order_id(placed)])
    assert refused["draftOrderBulkDelete"]["count"] == 0
    assert codes(refused) == [("id", "INVALID")]
    done = await read(BULK, clerk, ids=[order_id(draft) for draft in drafts[1:]])
    assert done["draftOrderBulkDelete"] == {"count": 2, "errors": []}
    assert await count(session, Order) == 2
    assert heard.count("DRAFT_ORDER_DELETED") >= 3


async def test_drafts_are_listed_apart_from_orders(
    session: AsyncSession, read: Ask, clerk: Requester
) -> None:
    market = await make_market(session)
    cup, rug = await make_piece(session, market.channel), await make_piece(session, market.channel)
    small = await make_ready_draft(session, market, cup)
    large = await make_draft(session, market.channel, cup, rug, user_email="amina@example.test")
    await make_order(session, market, cup)

    async def listed(**given: Any) -> list[str]:
        document = """query($where: DraftOrderWhereInput, $filter: OrderDraftFilterInput, $search: String) {
          draftOrders(first: 9, where: $where, filter: $filter, search: $search,
                      sortBy: {field: NUMBER, direction: ASC}) { edges { node { id } } } }"""
        found = await read(document, clerk, **given)
        return [edge["node"]["id"] for edge in found["draftOrders"]["edges"]]

    both = [order_id(small), order_id(large)]
    assert await listed() == both
    assert await listed(where={"linesCount": {"range": {"gte": 2}}}) == [order_id(large)]
    assert await listed(where={"userEmail": {"eq": "amina@example.test"}}) == [order_id(large)]
    assert await listed(filter={"customer": "salma@example.test"}) == [order_id(small)]
    assert await listed(search=str(small.number)) == [order_id(small)]
    channel = to_global_id("Channel", market.channel.id)
    assert await listed(filter={"channels": [channel]}) == both
    line = (await session.scalars(select(OrderLine).where(OrderLine.order_id == large.id))).first()
    assert line is not None
    line.public_metadata = {"gift": "yes"}
    card = {"type": "CARD", "name": "Visa", "brand": "visa"}
    paid = {"psp_reference": "P-7", "method_details": card, "gateway": "shop.pay", "currency": "MAD"}
    session.add(TransactionItem(order_id=large.id, **paid))
    session.add(OrderEvent(order_id=large.id, type="NOTE_ADDED"))
    await session.flush()
    made_with = {"type": {"eq": "CARD"}, "card": {"brand": {"eq": "visa"}}}
    for where in (
        {"lines": [{"metadata": {"key": "gift", "value": {"eq": "yes"}}}]},
        {"transactions": [{"pspReference": {"eq": "P-7"}}]},
        {"transactions": [{"paymentMethodDetails": made_with}]},
        {"events": [{"type": {"oneOf": ["NOTE_ADDED"]}}]},
    ):
        assert await listed(where=where) == [order_id(large)]
    assert await listed(where={"transactions": [{"paymentMethodDetails": {"type": {"eq": "OTHER"}}}]}) == []


@pytest.mark.parametrize(
    "document",
    [
        "mutation { draftOrderCreate(input: {}) { errors { code } } }",
        'mutation { draftOrderUpdate(id: "x", input: {}) { errors { code } } }',
        'mutation { draftOrderComplete(id: "x") { errors { code } } }',
        'mutation { draftOrderDelete(id: "x") { errors { code } } }',
        'mutation { draftOrderBulkDelete(ids: ["x"]) { errors { code } } }',
        'mutation { draftOrderLinesBulkDelete(ids: ["x"]) { errors { code } } }',
        'mutation { orderLinesCreate(id: "x", input: []) { errors { code } } }',
        'mutation { orderLineUpdate(id: "x", input: {quantity: 1}) { errors { code } } }',
        'mutation { orderLineDelete(id: "x") { errors { code } } }',
        'mutation { orderConfirm(id: "x") { errors { code } } }',
        'mutation { orderUpdate(id: "x", input: {}) { errors { code } } }',
        'mutation { orderUpdateShipping(order: "x", input: {}) { errors { code } } }',
        'mutation { orderNoteAdd(order: "x", input: {message: "x"}) { errors { code } } }',
        'mutation { orderNoteUpdate(note: "x", input: {message: "x"}) { errors { code } } }',
        'mutation { orderAddNote(order: "x", input: {message: "x"}) { errors { code } } }',
        'mutation { orderDiscountDelete(discountId: "x") { errors { code } } }',
        'mutation { orderLineDiscountRemove(orderLineId: "x") { errors { code } } }',
        'mutation { checkoutDelete(id: "x") { errors { code } } }',
        'mutation { orderCreateFromCheckout(id: "x") { errors { code } } }',
        "{ draftOrders(first: 1) { edges { node { id } } } }",
    ],
)
async def test_only_who_may_works_on_orders(session: AsyncSession, ask: Ask, document: str) -> None:
    person = await make_user(session)
    for requester in (None, buyer(person), staff(Permission.MANAGE_PRODUCTS, user=person)):
        answer = await ask(document, requester)
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_a_draft_says_what_it_lacks_and_what_can_carry_it(
    session: AsyncSession, read: Ask, clerk: Requester
) -> None:
    market = await make_market(session)
    fast = await make_method(session, market.channel, 75_00)
    await make_method(session, market.channel, countries=("FR",))
    cup, rug = await make_piece(session, market.channel), await make_piece(session, market.channel)
    document = """query($id: ID!) { order(id: $id) { canFinalize errors { field code orderLines }
      shippingMethods { name price { amount } } deliveryMethod { ... on ShippingMethod { name } } } }"""
    bare = await make_draft(session, market.channel, cup)
    told = (await read(document, clerk, id=order_id(bare)))["order"]
    assert (told["canFinalize"], told["shippingMethods"]) == (False, [])
    assert [(error["field"], error["code"]) for error in told["errors"]] == [
        ("order", "BILLING_ADDRESS_NOT_SET"),
        ("order", "ORDER_NO_SHIPPING_ADDRESS"),
        ("shipping", "SHIPPING_METHOD_REQUIRED"),
    ]
    ready = await make_ready_draft(session, market, cup, rug)
    told = (await read(document, clerk, id=order_id(ready)))["order"]
    assert (told["canFinalize"], told["errors"]) == (True, [])
    assert [(one["name"], one["price"]["amount"]) for one in told["shippingMethods"]] == [
        (market.method.name, 60),
        (fast.name, 150),
    ]
    placed = await make_order(session, market, cup)
    told = (await read(document, clerk, id=order_id(placed)))["order"]
    assert (told["canFinalize"], told["errors"]) == (True, [])
    assert [one["name"] for one in told["shippingMethods"]] == [market.method.name]
    assert told["deliveryMethod"]["name"] == market.method.name
