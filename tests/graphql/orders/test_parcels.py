"""Parcels over GraphQL: handed over, confirmed, refused, called off; and the cash they bring."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import ProductVariant
from marketplace.inventory.models import Stock
from marketplace.kit.ids import to_global_id
from marketplace.orders.models import Order, VendorOrder
from tests.factories.checkout import Market, make_market, make_piece
from tests.factories.orders import make_order, parts_of
from tests.factories.people import make_user
from tests.factories.vendors import make_vendor
from tests.graphql.conftest import Ask, buyer, seller, staff

FULFILL = """mutation Fulfill($id: ID!) { vendorOrderFulfill(id: $id, trackingNumber: "AM 123") {
  vendorOrder { status shippedAt order { status } lines { quantityToFulfill }
    fulfillments { status statusDisplay trackingNumber lines { quantity orderLine { productName } }
                   warehouse { name } } }
  errors { field code } } }"""
DELIVER = """mutation Deliver($id: ID!) { vendorOrderDeliver(id: $id) {
  vendorOrder { status deliveredAt withdrawalEndsAt cash { status collectedAt }
                order { status chargeStatus isPaid totalCharged { amount } totalBalance { amount } } }
  errors { field code } } }"""
REFUSE = """mutation Refuse($id: ID!) { vendorOrderRefuse(id: $id) {
  vendorOrder { status cash { status } order { status totalBalance { amount } } } errors { code } } }"""


def part_id(part: VendorOrder) -> str:
    return to_global_id("VendorOrder", part.id)


async def _placed(session: AsyncSession, sellers: int = 1) -> tuple[Market, Order, list[VendorOrder]]:
    market = await make_market(session)
    pieces = [await make_piece(session, market.channel) for _ in range(sellers)]
    order = await make_order(session, market, *pieces)
    return market, order, await parts_of(session, order)


async def test_a_seller_hands_its_parcel_over_and_staff_confirm_that_it_was_paid_for(
    session: AsyncSession, read: Ask
) -> None:
    clerk = staff("MANAGE_ORDERS", user=await make_user(session))
    _, _, (part,) = await _placed(session)
    member = seller(part.vendor_id, await make_user(session))
    handed = (await read(FULFILL, member, id=part_id(part)))["vendorOrderFulfill"]
    assert handed["errors"] == []
    assert (handed["vendorOrder"]["status"], handed["vendorOrder"]["order"]) == ("FULFILLED", None)
    (parcel,) = handed["vendorOrder"]["fulfillments"]
    assert (parcel["trackingNumber"], parcel["statusDisplay"]) == ("AM 123", "Fulfilled")
    assert [line["quantity"] for line in parcel["lines"]] == [1]
    assert parcel["warehouse"] is not None
    assert handed["vendorOrder"]["lines"] == [{"quantityToFulfill": 0}]

    delivered = (await read(DELIVER, clerk, id=part_id(part)))["vendorOrderDeliver"]["vendorOrder"]
    assert (delivered["status"], delivered["cash"]["status"]) == ("DELIVERED", "COLLECTED")
    assert delivered["withdrawalEndsAt"] > delivered["deliveredAt"]
    assert delivered["order"] == {
        "status": "FULFILLED",
        "chargeStatus": "FULL",
        "isPaid": True,
        "totalCharged": {"amount": 150},
        "totalBalance": {"amount": 0},
    }


async def test_nobody_hands_over_what_is_not_theirs(session: AsyncSession, ask: Ask) -> None:
    _, _, (part,) = await _placed(session)
    stranger = seller((await make_vendor(session)).id, await make_user(session))
    answer = await ask(FULFILL, stranger, id=part_id(part))
    assert answer["data"]["vendorOrderFulfill"]["errors"][0]["code"] == "NOT_FOUND"
    for requester in (buyer(await make_user(session)), None):
        refused = await ask(FULFILL, requester, id=part_id(part))
        assert refused["data"] == {"vendorOrderFulfill": None}
        assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_what_is_refused_at_the_door_is_back_on_the_shelf_and_owed_no_more(
    session: AsyncSession, read: Ask
) -> None:
    clerk = staff("MANAGE_ORDERS", user=await make_user(session))
    _, _, (first, second) = await _placed(session, sellers=2)
    for part in (first, second):
        await read(FULFILL, clerk, id=part_id(part))
    refused = (await read(REFUSE, clerk, id=part_id(first)))["vendorOrderRefuse"]["vendorOrder"]
    assert (refused["status"], refused["cash"]["status"]) == ("REFUSED", "REFUSED")
    assert refused["order"] == {"status": "PARTIALLY_RETURNED", "totalBalance": {"amount": -150}}
    delivered = (await read(DELIVER, clerk, id=part_id(second)))["vendorOrderDeliver"]["vendorOrder"]
    assert delivered["order"]["isPaid"]
    assert delivered["order"]["totalBalance"]["amount"] == 0


async def test_a_parcel_that_has_not_left_cant_arrive(session: AsyncSession, ask: Ask) -> None:
    clerk = staff("MANAGE_ORDERS", user=await make_user(session))
    _, _, (part,) = await _placed(session)
    for mutation in (DELIVER, REFUSE):
        ((payload,),) = [(await ask(mutation, clerk, id=part_id(part)))["data"].values()]
        assert payload["vendorOrder"] is None
        assert [error["code"] for error in payload["errors"]] == ["INVALID_STATUS"]


async def test_only_staff_confirm_and_call_off(session: AsyncSession, ask: Ask) -> None:
    _, _, (part,) = await _placed(session)
    member = seller(part.vendor_id, await make_user(session))
    for mutation in (DELIVER, REFUSE):
        refused = await ask(mutation, member, id=part_id(part))
        assert refused["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_an_order_that_is_called_off_is_for_sale_again(session: AsyncSession, read: Ask) -> None:
    clerk = staff("MANAGE_ORDERS", user=await make_user(session))
    _, order, _ = await _placed(session, sellers=2)
    cancel = """mutation Cancel($id: ID!) { orderCancel(id: $id) {
      order { status statusDisplay totalBalance { amount } vendorOrders { status } }
      errors { code } orderErrors { code } } }"""
    done = (await read(cancel, clerk, id=to_global_id("Order", order.id)))["orderCancel"]
    assert done["order"] == {
        "status": "CANCELED",
        "statusDisplay": "Canceled",
        "totalBalance": {"amount": 0},
        "vendorOrders": [{"status": "CANCELED"}, {"status": "CANCELED"}],
    }
    again = (await read(cancel, clerk, id=to_global_id("Order", order.id)))["orderCancel"]
    assert [error["code"] for error in again["errors"]] == ["CANNOT_CANCEL_ORDER"]


async def _lines(read: Ask, order: Order) -> list[dict[str, Any]]:
    found = await read(
        """query L($id: ID!) { order(id: $id) { lines { id quantity allocations { warehouse { id } } } } }""",
        staff("MANAGE_ORDERS"),
        id=to_global_id("Order", order.id),
    )
    lines: list[dict[str, Any]] = found["order"]["lines"]
    return lines


ORDER_FULFILL = """mutation F($order: ID!, $lines: [OrderFulfillLineInput!]!) {
  orderFulfill(order: $order, input: {lines: $lines, trackingNumber: "X1"}) {
    fulfillments { fulfillmentOrder lines { quantity } } order { status } errors { field code } } }"""


async def test_staff_fulfil_by_saleors_own_mutation_and_each_seller_gets_a_parcel(
    session: AsyncSession, read: Ask
) -> None:
    clerk = staff("MANAGE_ORDERS", user=await make_user(session))
    market = await make_market(session)
    pieces: list[ProductVariant] = [await make_piece(session, market.channel) for _ in range(2)]
    order = await make_order(session, market, *pieces, quantity=2)
    lines = [
        {
            "orderLineId": line["id"],
            "stocks": [{"quantity": 1, "warehouse": line["allocations"][0]["warehouse"]["id"]}],
        }
        for line in await _lines(read, order)
    ]
    order_id = to_global_id("Order", order.id)
    done = (await read(ORDER_FULFILL, clerk, order=order_id, lines=lines))["orderFulfill"]
    assert done["errors"] == []
    assert [parcel["fulfillmentOrder"] for parcel in done["fulfillments"]] == [1, 2]
    assert done["order"]["status"] == "PARTIALLY_FULFILLED"
    await read(ORDER_FULFILL, clerk, order=order_id, lines=lines)
    too_many = (await read(ORDER_FULFILL, clerk, order=order_id, lines=lines))["orderFulfill"]
    assert [error["code"] for error in too_many["errors"]] == ["FULFILL_ORDER_LINE"]
    stocks = (await read("{ stocks(first: 5) { edges { node { quantity quantityAllocated } } } }", clerk))[
        "stocks"
    ]
    assert [edge["node"] for edge in stocks["edges"]] == [{"quantity": 8, "quantityAllocated": 0}] * 2


async def test_a_line_that_is_named_twice_or_is_anothers_is_refused(session: AsyncSession, read: Ask) -> None:
    clerk = staff("MANAGE_ORDERS", user=await make_user(session))
    _, order, _ = await _placed(session)
    _, other, _ = await _placed(session)
    (line,), (strange,) = await _lines(read, order), await _lines(read, other)
    order_id = to_global_id("Order", order.id)
    for lines, code in (
        ([line, line], "DUPLICATED_INPUT_ITEM"),
        ([strange], "NOT_FOUND"),
        ([{"id": line["id"], "none": True}], "ZERO_QUANTITY"),
    ):
        given = [
            {
                "orderLineId": each["id"],
                "stocks": []
                if each.get("none")
                else [{"quantity": 1, "warehouse": line["allocations"][0]["warehouse"]["id"]}],
            }
            for each in lines
        ]
        refused = (await read(ORDER_FULFILL, clerk, order=order_id, lines=given))["orderFulfill"]
        assert [error["code"] for error in refused["errors"]] == [code]
        assert refused["order"] is None


REMIT = """mutation Remit($input: CashRemittanceCreateInput!) { cashRemittanceCreate(input: $input) {
  cashRemittance { id carrier reference amount { amount currency }
                   collections { status amount { amount } remittance { reference } } }
  errors { field code vendorOrders } } }"""


async def test_a_carrier_hands_the_cash_over_once(session: AsyncSession, ask: Ask) -> None:
    clerk = staff("MANAGE_ORDERS", user=await make_user(session))
    _, _, (part,) = await _placed(session)
    await ask(FULFILL, clerk, id=part_id(part))
    await ask(DELIVER, clerk, id=part_id(part))
    given = {
        "carrier": "Amana",
        "reference": "R-1",
        "amount": 150,
        "currency": "MAD",
        "vendorOrders": [part_id(part)],
    }
    money = staff("MANAGE_PAYOUTS")
    short = (await ask(REMIT, money, input=given | {"amount": 149.5}))["data"]["cashRemittanceCreate"]
    assert [(error["field"], error["code"]) for error in short["errors"]] == [("amount", "AMOUNT_MISMATCH")]
    booked = (await ask(REMIT, money, input=given))["data"]["cashRemittanceCreate"]
    assert booked["cashRemittance"]["amount"] == {"amount": 150, "currency": "MAD"}
    assert booked["cashRemittance"]["collections"] == [
        {"status": "REMITTED", "amount": {"amount": 150}, "remittance": {"reference": "R-1"}}
    ]
    again = (await ask(REMIT, money, input=given))["data"]["cashRemittanceCreate"]
    assert again == booked
    for wrong, code in (
        ({"amount": 0.001}, "INVALID"),
        ({"currency": "USD"}, "UNIQUE"),
        ({"carrier": " "}, "REQUIRED"),
    ):
        refused = (await ask(REMIT, money, input=given | wrong))["data"]["cashRemittanceCreate"]
        assert [error["code"] for error in refused["errors"]] == [code]
    denied = await ask(REMIT, clerk, input=given)
    assert denied["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_stock_follows_the_parcel(session: AsyncSession, read: Ask) -> None:
    clerk = staff("MANAGE_ORDERS", user=await make_user(session))
    market = await make_market(session)
    rug = await make_piece(session, market.channel, stock=3)
    order = await make_order(session, market, rug)
    (part,) = await parts_of(session, order)
    stock = (await session.scalars(select(Stock), execution_options={"populate_existing": True})).one()
    assert (stock.variant_id, stock.quantity, stock.quantity_allocated) == (rug.id, 3, 1)
    await read(FULFILL, clerk, id=part_id(part))
    await session.refresh(stock)
    assert (stock.quantity, stock.quantity_allocated) == (2, 0)
