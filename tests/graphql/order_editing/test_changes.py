"""Lines, discounts, delivery, notes and confirmation of orders, as staff's clients change them."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.orders.models import Order, OrderLine, OrderStatus
from marketplace_graphql.kernel import Requester
from tests.factories.checkout import Market, make_market, make_piece
from tests.factories.drafts import make_ready_draft, make_unconfirmed
from tests.factories.markets import make_method
from tests.factories.orders import make_order
from tests.graphql.conftest import Ask
from tests.graphql.order_editing.conftest import codes

ORDER = """order { status total { gross { amount } } undiscountedTotal { gross { amount } }
  shippingMethodName lines { id quantity unitDiscountReason totalPrice { gross { amount } } }
  discounts { id type valueType value reason total { amount } }
  vendorOrders { status total { gross { amount } } }
  events { type message related { message }
    discount { value reason amount { amount } oldValue oldAmount { amount } }
    lines { quantity itemName orderLine { id } discount { value reason oldValue } } } }"""
ADD = f"""mutation($id: ID!, $input: [OrderLineCreateInput!]!) {{ orderLinesCreate(id: $id, input: $input) {{
  errors {{ field code variants }} orderLines {{ id quantity }} {ORDER} }} }}"""
CHANGE = f"""mutation($id: ID!, $n: Int!) {{ orderLineUpdate(id: $id, input: {{quantity: $n}}) {{
  errors {{ field code }} orderLine {{ quantity }} {ORDER} }} }}"""
TAKE = f"""mutation($id: ID!) {{ orderLineDelete(id: $id) {{
  errors {{ field code }} orderLine {{ id quantity productName }} {ORDER} }} }}"""
DISCOUNT = f"""mutation($id: ID!, $input: OrderDiscountCommonInput!) {{
  orderDiscountAdd(orderId: $id, input: $input) {{ errors {{ field code }} {ORDER} }} }}"""
REDISCOUNT = DISCOUNT.replace("orderDiscountAdd(orderId", "orderDiscountUpdate(discountId")
UNDISCOUNT = f"""mutation($id: ID!) {{ orderDiscountDelete(discountId: $id) {{
  errors {{ field code }} {ORDER} }} }}"""
DISCOUNT_LINE = f"""mutation($id: ID!, $input: OrderDiscountCommonInput!) {{
  orderLineDiscountUpdate(orderLineId: $id, input: $input) {{ errors {{ field code }}
    orderLine {{ unitDiscountReason unitPrice {{ gross {{ amount }} }} discounts {{ type reason }} }}
    {ORDER} }} }}"""
UNDISCOUNT_LINE = f"""mutation($id: ID!) {{ orderLineDiscountRemove(orderLineId: $id) {{
  errors {{ field code }} orderLine {{ unitPrice {{ gross {{ amount }} }} }} {ORDER} }} }}"""
TRAVEL = f"""mutation($id: ID!, $input: OrderUpdateShippingInput!) {{
  orderUpdateShipping(order: $id, input: $input) {{ errors {{ field code }} {ORDER} }} }}"""
CONFIRM = f"mutation($id: ID!) {{ orderConfirm(id: $id) {{ errors {{ field code }} {ORDER} }} }}"
NOTE = """mutation($id: ID!, $text: String!) { orderNoteAdd(order: $id, input: {message: $text}) {
  errors { field code } order { id } event { id type message user { email } } } }"""
RENOTE = """mutation($id: ID!, $text: String!) { orderNoteUpdate(note: $id, input: {message: $text}) {
  errors { field code } event { type message related { message } } } }"""
OLD_NOTE = """mutation($id: ID!, $text: String!) { orderAddNote(order: $id, input: {message: $text}) {
  errors { field code } orderErrors { code } event { type message } } }"""
UPDATE = """mutation($id: ID, $ref: String, $input: OrderUpdateInput!) {
  orderUpdate(id: $id, externalReference: $ref, input: $input) { errors { field code }
  order { userEmail externalReference languageCodeEnum metafield(key: "a") privateMetafield(key: "b")
    billingAddress { city } shippingAddress { country { code } } events { type }
    total { net { amount } } } } }"""
TEN_PERCENT = {"valueType": "PERCENTAGE", "value": 10, "reason": "a scratch"}


def order_id(order: Order) -> str:
    return to_global_id("Order", order.id)


async def line_ids(session: AsyncSession, order: Order) -> list[str]:
    found = select(OrderLine.id).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
    return [to_global_id("OrderLine", key) for key in await session.scalars(found)]


def line(variant: Any, **given: Any) -> dict[str, Any]:
    return {"variantId": to_global_id("ProductVariant", variant.id), "quantity": 1} | given


async def make_any(session: AsyncSession, market: Market, kind: str, *variants: Any) -> Order:
    make = {"draft": make_ready_draft, "unconfirmed": make_unconfirmed, "placed": make_order}[kind]
    return await make(session, market, *variants)


@pytest.mark.parametrize(
    ("kind", "event"), [("draft", "DRAFT_ORDER_UPDATED"), ("unconfirmed", "ORDER_UPDATED")]
)
async def test_lines_come_change_and_go(
    session: AsyncSession, read: Ask, clerk: Requester, heard: list[str], kind: str, event: str
) -> None:
    market = await make_market(session)
    cup, rug = await make_piece(session, market.channel), await make_piece(session, market.channel, 900_00)
    order = await make_any(session, market, kind, cup)
    heard.clear()
    added = (await read(ADD, clerk, id=order_id(order), input=[line(rug, quantity=2), line(cup)]))[
        "orderLinesCreate"
    ]
    assert added["errors"] == []
    assert [each["quantity"] for each in added["orderLines"]] == [2, 2]
    assert added["order"]["total"]["gross"]["amount"] == 2 * 120 + 2 * 900 + 2 * 30
    rug_line = added["order"]["lines"][1]["id"]
    changed = (await read(CHANGE, clerk, id=rug_line, n=1))["orderLineUpdate"]
    assert changed["orderLine"]["quantity"] == 1
    assert changed["order"]["total"]["gross"]["amount"] == 240 + 900 + 60
    taken = (await read(TAKE, clerk, id=rug_line))["orderLineDelete"]
    assert (taken["orderLine"]["id"], taken["orderLine"]["quantity"]) == (rug_line, 1)
    assert len(taken["order"]["lines"]) == 1
    assert taken["order"]["total"]["gross"]["amount"] == 240 + 30
    events = [each for each in taken["order"]["events"] if "PRODUCTS" in each["type"]][-3:]
    assert [(each["type"], [part["quantity"] for part in each["lines"]]) for each in events] == [
        ("ADDED_PRODUCTS", [2, 1]),
        ("REMOVED_PRODUCTS", [1]),
        ("REMOVED_PRODUCTS", [1]),
    ]
    assert heard == [event] * 3


async def test_lines_of_an_order_that_is_placed_stay(
    session: AsyncSession, read: Ask, clerk: Requester
) -> None:
    market = await make_market(session)
    cup = await make_piece(session, market.channel)
    order = await make_order(session, market, cup)
    (key,) = await line_ids(session, order)
    not_editable = [("id", "NOT_EDITABLE")]
    assert codes(await read(ADD, clerk, id=order_id(order), input=[line(cup)])) == not_editable
    assert codes(await read(CHANGE, clerk, id=key, n=2)) == not_editable
    assert codes(await read(TAKE, clerk, id=key)) == not_editable
    assert codes(await read(TRAVEL, clerk, id=order_id(order), input={"shippingMethod": None})) == (
        not_editable
    )
    no_discount = [("orderId", "CANNOT_DISCOUNT")]
    assert codes(await read(DISCOUNT, clerk, id=order_id(order), input=TEN_PERCENT)) == no_discount
    assert codes(await read(DISCOUNT_LINE, clerk, id=key, input=TEN_PERCENT)) == no_discount
    assert codes(await read(UNDISCOUNT_LINE, clerk, id=key)) == no_discount


async def test_what_is_wrong_with_lines_is_told(session: AsyncSession, read: Ask, clerk: Requester) -> None:
    market = await make_market(session)
    cup = await make_piece(session, market.channel, stock=2)
    order = await make_unconfirmed(session, market, cup)
    (key,) = await line_ids(session, order)

    async def refused(**given: Any) -> list[tuple[str | None, str]]:
        return codes(await read(ADD, clerk, id=order_id(order), input=[line(cup, **given)]))

    assert await refused(quantity=0) == [("quantity", "ZERO_QUANTITY")]
    assert await refused(quantity=2) == [("lines", "INSUFFICIENT_STOCK")]
    assert await refused(price=0.001) == [("price", "INVALID")]
    assert await refused(variantId="nonsense") == [("variantId", "NOT_FOUND")]
    assert codes(await read(CHANGE, clerk, id=key, n=0)) == [("quantity", "ZERO_QUANTITY")]
    assert codes(await read(CHANGE, clerk, id=key, n=3)) == [("lines", "INSUFFICIENT_STOCK")]
    nobody = to_global_id("OrderLine", order.id)
    for document in (CHANGE, TAKE, UNDISCOUNT_LINE):
        (error,) = codes(await read(document, clerk, id=nobody, **({"n": 1} if document == CHANGE else {})))
        assert error[1] == "NOT_FOUND"


@pytest.mark.parametrize("kind", ["draft", "unconfirmed"])
async def test_staff_take_something_off_the_whole(
    session: AsyncSession, read: Ask, clerk: Requester, kind: str
) -> None:
    market = await make_market(session)
    order = await make_any(session, market, kind, await make_piece(session, market.channel))
    made = (await read(DISCOUNT, clerk, id=order_id(order), input=TEN_PERCENT))["orderDiscountAdd"]["order"]
    assert (made["total"]["gross"]["amount"], made["undiscountedTotal"]["gross"]["amount"]) == (135, 150)
    ((discount),) = made["discounts"]
    assert (discount["type"], discount["total"]["amount"], discount["reason"]) == ("MANUAL", 15, "a scratch")
    assert made["events"][-1]["type"] == "ORDER_DISCOUNT_ADDED"
    assert made["events"][-1]["discount"]["amount"]["amount"] == 15
    twice = await read(DISCOUNT, clerk, id=order_id(order), input=TEN_PERCENT)
    assert codes(twice) == [("orderId", "CANNOT_DISCOUNT")]
    fixed = {"valueType": "FIXED", "value": 50.5}
    changed = (await read(REDISCOUNT, clerk, id=discount["id"], input=fixed))["orderDiscountUpdate"]["order"]
    assert changed["total"]["gross"]["amount"] == 99.5
    told = changed["events"][-1]
    assert (told["type"], told["discount"]["oldValue"], told["discount"]["oldAmount"]["amount"]) == (
        "ORDER_DISCOUNT_UPDATED",
        10,
        15,
    )
    gone = (await read(UNDISCOUNT, clerk, id=discount["id"]))["orderDiscountDelete"]["order"]
    assert (gone["total"]["gross"]["amount"], gone["discounts"]) == (150, [])
    assert gone["events"][-1]["type"] == "ORDER_DISCOUNT_DELETED"
    assert codes(await read(UNDISCOUNT, clerk, id=discount["id"])) == [("discountId", "NOT_FOUND")]


@pytest.mark.parametrize("kind", ["draft", "unconfirmed"])
async def test_staff_take_something_off_a_line(
    session: AsyncSession, read: Ask, clerk: Requester, kind: str
) -> None:
    market = await make_market(session)
    order = await make_any(session, market, kind, await make_piece(session, market.channel))
    (key,) = await line_ids(session, order)
    made = (await read(DISCOUNT_LINE, clerk, id=key, input=TEN_PERCENT))["orderLineDiscountUpdate"]
    assert made["orderLine"] == {
        "unitDiscountReason": "a scratch",
        "unitPrice": {"gross": {"amount": 108}},
        "discounts": [{"type": "MANUAL", "reason": "a scratch"}],
    }
    (told,) = made["order"]["events"][-1]["lines"]
    assert (told["discount"]["value"], told["discount"]["reason"]) == (10, "a scratch")
    more = (await read(CHANGE, clerk, id=key, n=3))["orderLineUpdate"]["order"]
    assert more["lines"][0]["totalPrice"]["gross"]["amount"] == 324
    back = (await read(UNDISCOUNT_LINE, clerk, id=key))["orderLineDiscountRemove"]
    assert back["orderLine"]["unitPrice"]["gross"]["amount"] == 120
    assert back["order"]["events"][-1]["type"] == "ORDER_LINE_DISCOUNT_REMOVED"


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"valueType": "PERCENTAGE", "value": 100.1}, ("value", "INVALID")),
        ({"valueType": "FIXED", "value": 1000}, ("value", "INVALID")),
        ({"valueType": "FIXED", "value": 1, "reason": "x" * 1001}, ("reason", "INVALID")),
    ],
)
async def test_no_more_is_taken_off_than_there_is(
    session: AsyncSession, read: Ask, clerk: Requester, given: dict[str, Any], error: tuple[str, str]
) -> None:
    market = await make_market(session)
    order = await make_ready_draft(session, market, await make_piece(session, market.channel))
    (key,) = await line_ids(session, order)
    assert codes(await read(DISCOUNT, clerk, id=order_id(order), input=given)) == [error]
    assert codes(await read(DISCOUNT_LINE, clerk, id=key, input=given)) == [error]


async def test_an_order_travels_otherwise(session: AsyncSession, read: Ask, clerk: Requester) -> None:
    market = await make_market(session)
    fast = await make_method(session, market.channel, 75_00)
    cashless = await make_method(session, market.channel, collects_cash=False)
    far = await make_method(session, market.channel, countries=("FR",))
    order = await make_unconfirmed(session, market, await make_piece(session, market.channel))

    async def travel(method: Any) -> dict[str, Any]:
        key = None if method is None else to_global_id("ShippingMethod", method.id)
        answer = await read(TRAVEL, clerk, id=order_id(order), input={"shippingMethod": key})
        payload: dict[str, Any] = answer["orderUpdateShipping"]
        return payload

    changed = (await travel(fast))["order"]
    assert (changed["total"]["gross"]["amount"], changed["shippingMethodName"]) == (195, fast.name)
    assert changed["vendorOrders"][0]["total"]["gross"]["amount"] == 195
    for method, code in (
        (None, "SHIPPING_METHOD_REQUIRED"),
        (cashless, "SHIPPING_METHOD_NOT_APPLICABLE"),
        (far, "SHIPPING_METHOD_NOT_APPLICABLE"),
    ):
        assert [(one["field"], one["code"]) for one in (await travel(method))["errors"]] == [
            ("shippingMethod", code)
        ]
    left_out = await read(TRAVEL, clerk, id=order_id(order), input={})
    assert codes(left_out) == [("shippingMethod", "SHIPPING_METHOD_REQUIRED")]


async def test_an_order_is_confirmed_once(
    session: AsyncSession, read: Ask, clerk: Requester, heard: list[str]
) -> None:
    market = await make_market(session)
    order = await make_unconfirmed(session, market, await make_piece(session, market.channel))
    heard.clear()
    done = (await read(CONFIRM, clerk, id=order_id(order)))["orderConfirm"]
    assert (done["errors"], done["order"]["status"]) == ([], "UNFULFILLED")
    assert done["order"]["events"][-1]["type"] == "CONFIRMED"
    assert heard == ["ORDER_CONFIRMED"]
    assert codes(await read(CONFIRM, clerk, id=order_id(order))) == [("id", "INVALID")]
    empty = await make_unconfirmed(session, market, await make_piece(session, market.channel))
    (key,) = await line_ids(session, empty)
    await read(TAKE, clerk, id=key)
    assert codes(await read(CONFIRM, clerk, id=order_id(empty))) == [("id", "INVALID")]


async def test_notes_are_kept_with_an_order(
    session: AsyncSession, read: Ask, clerk: Requester, heard: list[str]
) -> None:
    market = await make_market(session)
    order = await make_order(session, market, await make_piece(session, market.channel))
    heard.clear()
    added = (await read(NOTE, clerk, id=order_id(order), text=" called "))["orderNoteAdd"]
    assert (added["event"]["type"], added["event"]["message"]) == ("NOTE_ADDED", "called")
    changed = (await read(RENOTE, clerk, id=added["event"]["id"], text="called twice"))["orderNoteUpdate"]
    assert changed["event"] == {
        "type": "NOTE_UPDATED",
        "message": "called twice",
        "related": {"message": "called"},
    }
    old = (await read(OLD_NOTE, clerk, id=order_id(order), text="older client"))["orderAddNote"]
    assert (old["event"]["type"], old["orderErrors"]) == ("NOTE_ADDED", [])
    assert heard == ["ORDER_UPDATED"] * 3
    for document in (NOTE, OLD_NOTE):
        assert codes(await read(document, clerk, id=order_id(order), text=" ")) == [("message", "REQUIRED")]
    assert codes(await read(RENOTE, clerk, id=added["event"]["id"], text="")) == [("message", "REQUIRED")]
    placed = to_global_id("OrderEvent", 1)
    assert codes(await read(RENOTE, clerk, id=placed, text="x")) == [("note", "NOT_FOUND")]


async def test_an_order_is_said_to_be_somebody_elses(
    session: AsyncSession, read: Ask, clerk: Requester, heard: list[str]
) -> None:
    market = await make_market(session)
    order = await make_order(session, market, await make_piece(session, market.channel))
    order.external_reference = "web-9"
    heard.clear()
    given = {
        "userEmail": "amina@example.test",
        "externalReference": "web-10",
        "languageCode": "AR",
        "metadata": [{"key": "a", "value": "1"}],
        "privateMetadata": [{"key": "b", "value": "2"}],
        "billingAddress": {
            "firstName": "Amina",
            "lastName": "Alaoui",
            "streetAddress1": "3, rue du Caire",
            "city": "Salé",
            "postalCode": "11000",
            "country": "MA",
        },
    }
    changed = (await read(UPDATE, clerk, ref="web-9", input=given))["orderUpdate"]
    assert changed["errors"] == []
    order_now = changed["order"]
    assert (order_now["userEmail"], order_now["externalReference"]) == ("amina@example.test", "web-10")
    assert (order_now["metafield"], order_now["privateMetafield"]) == ("1", "2")
    assert order_now["languageCodeEnum"] == "AR"
    assert order_now["billingAddress"]["city"] == "SALÉ"
    assert order_now["events"][-1]["type"] == "UPDATED_ADDRESS"
    assert heard == ["ORDER_METADATA_UPDATED", "ORDER_UPDATED"]
    draft = await make_ready_draft(session, market)
    assert codes(await read(UPDATE, clerk, id=order_id(draft), input={})) == [("id", "INVALID")]
    draft.external_reference = "till"
    taken = await read(UPDATE, clerk, id=order_id(order), input={"externalReference": "till"})
    assert codes(taken) == [("externalReference", "UNIQUE")]
    wrong = await read(UPDATE, clerk, id=order_id(order), input={"userEmail": "nobody"})
    assert codes(wrong) == [("userEmail", "INVALID")]


async def test_an_order_that_waits_is_not_handed_over(
    session: AsyncSession, read: Ask, clerk: Requester
) -> None:
    market = await make_market(session)
    order = await make_unconfirmed(session, market, await make_piece(session, market.channel))
    document = """mutation($id: ID!) { vendorOrderFulfill(id: $id) { errors { field code } } }"""
    found = await read(
        "query($id: ID!) { order(id: $id) { vendorOrders { id } } }", clerk, id=order_id(order)
    )
    part = found["order"]["vendorOrders"][0]["id"]
    assert codes(await read(document, clerk, id=part)) == [("id", "FULFILL_ORDER_LINE")]
    await session.refresh(order)
    assert order.status is OrderStatus.UNCONFIRMED
