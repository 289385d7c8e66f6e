"""Parcels by Saleor's own mutations: packed, approved, called off, followed; by staff, and by sellers."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import ProductVariant
from marketplace.inventory.models import Allocation, Stock
from marketplace.kit.ids import to_global_id
from marketplace.orders import fulfilment
from marketplace.orders.models import Fulfillment, Order, OrderStatus
from marketplace.vendors.models import MemberRole
from marketplace_graphql.kernel import Requester
from tests.factories.inventory import make_lot, make_stock, make_warehouse
from tests.factories.people import make_user
from tests.factories.vendors import make_vendor
from tests.graphql.conftest import Ask, buyer, seller
from tests.graphql.orders.conftest import Placed, history, place, set_rules, shelves

FULFILL = """mutation F($order: ID, $input: OrderFulfillInput!) { orderFulfill(order: $order, input: $input) {
  fulfillments { id status trackingNumber warehouse { id } lines { quantity orderLine { id } } }
  order { status lines { quantityToFulfill quantityFulfilled } }
  errors { field code orderLines warehouse } } }"""
APPROVE = """mutation A($id: ID!, $beyond: Boolean) {
  orderFulfillmentApprove(id: $id, notifyCustomer: true, allowStockToBeExceeded: $beyond) {
    fulfillment { status lines { quantity } } order { status } errors { field code orderLines } } }"""
CANCEL = """mutation C($id: ID!, $input: FulfillmentCancelInput) {
  orderFulfillmentCancel(id: $id, input: $input) {
    fulfillment { id status } order { status lines { quantityToFulfill } fulfillments { status } }
    errors { field code } } }"""
TRACK = """mutation T($id: ID!, $input: FulfillmentUpdateTrackingInput!) {
  orderFulfillmentUpdateTracking(id: $id, input: $input) {
    fulfillment { trackingNumber } order { number } errors { field code } } }"""


async def fulfil(read: Ask, placed: Placed, *lines: dict[str, Any], **given: Any) -> dict[str, Any]:
    requester = given.pop("requester", placed.clerk)
    order = given.pop("order", placed.id)
    answer = await read(FULFILL, requester, order=order, input={"lines": list(lines), **given})
    made: dict[str, Any] = answer["orderFulfill"]
    return made


def codes(payload: dict[str, Any]) -> list[tuple[str | None, str]]:
    return [(error["field"], error["code"]) for error in payload["errors"]]


async def parcel_of(read: Ask, placed: Placed, quantity: int = 1) -> str:
    made = await fulfil(read, placed, placed.pick(quantity=quantity))
    parcel_id: str = made["fulfillments"][0]["id"]
    return parcel_id


async def test_each_seller_and_store_room_gets_a_parcel_of_its_own(
    session: AsyncSession, read: Ask, told: list[str]
) -> None:
    placed = await place(session, sellers=2)
    other_room = await make_warehouse(session, placed.parts[0].vendor_id)
    variant = await session.get_one(ProductVariant, placed.stocks[0].variant_id)
    await make_stock(session, variant, 5, other_room)
    first, second = placed.pick(0), placed.pick(1, 2)
    told.clear()
    first["stocks"] += [{"quantity": 1, "warehouse": to_global_id("Warehouse", other_room.id)}]  # type: ignore[operator]
    made = await fulfil(read, placed, second, first, trackingNumber=" AM1 ")
    assert made["errors"] == []
    assert [parcel["warehouse"]["id"] for parcel in made["fulfillments"]] == [
        placed.room_id(0),
        to_global_id("Warehouse", other_room.id),
        placed.room_id(1),
    ]
    assert {parcel["trackingNumber"] for parcel in made["fulfillments"]} == {"AM1"}
    assert made["order"]["status"] == "FULFILLED"
    # What left from the other room is for sale again where it had been sold from.
    assert await shelves(session) == [(9, 0), (8, 0), (4, 0)]
    assert told == [
        *["FULFILLMENT_CREATED"] * 3,
        *["FULFILLMENT_TRACKING_NUMBER_UPDATED"] * 3,
        *["FULFILLMENT_APPROVED"] * 3,
        "ORDER_FULFILLED",
        "ORDER_UPDATED",
    ]
    assert (await history(session, placed.order)).count("EMAIL_SENT") == 3


async def test_the_buyer_is_not_written_to_where_that_is_said(session: AsyncSession, read: Ask) -> None:
    placed = await place(session)
    await fulfil(read, placed, placed.pick(), notifyCustomer=False)
    assert await history(session, placed.order) == ["FULFILLMENT_FULFILLED_ITEMS"]


async def test_more_than_is_in_the_room_leaves_only_where_staff_say_so(
    session: AsyncSession, read: Ask
) -> None:
    placed = await place(session)
    room = await make_warehouse(session, placed.parts[0].vendor_id)
    pick = placed.pick(quantity=2, room=to_global_id("Warehouse", room.id))
    refused = await fulfil(read, placed, pick)
    assert codes(refused) == [("stocks", "INSUFFICIENT_STOCK")]
    (error,) = refused["errors"]
    assert (error["orderLines"], error["warehouse"]) == (
        [placed.line_id()],
        to_global_id("Warehouse", room.id),
    )
    assert await shelves(session) == [(10, 2)]
    variant = await session.get_one(ProductVariant, placed.stocks[0].variant_id)
    await make_stock(session, variant, 1, room)
    made = await fulfil(read, placed, pick, allowStockToBeExceeded=True)
    assert [line["quantity"] for line in made["fulfillments"][0]["lines"]] == [1, 1]
    assert await shelves(session) == [(10, 0), (0, 0)]


async def test_what_is_sold_to_others_never_leaves_in_their_place(session: AsyncSession, read: Ask) -> None:
    placed = await place(session, quantity=10)
    room = await make_warehouse(session, placed.parts[0].vendor_id)
    variant = await session.get_one(ProductVariant, placed.stocks[0].variant_id)
    stock = await make_stock(session, variant, 4, room)
    stock.quantity_allocated = 4
    session.add(Allocation(order_line_id=placed.lines[0].id, stock_id=stock.id, quantity=0))
    await session.flush()
    pick = placed.pick(quantity=1, room=to_global_id("Warehouse", room.id))
    assert codes(await fulfil(read, placed, pick)) == [("stocks", "INSUFFICIENT_STOCK")]
    made = await fulfil(read, placed, pick, allowStockToBeExceeded=True)
    assert made["errors"] == []
    assert await shelves(session) == [(10, 9), (4, 4)]


async def test_the_lot_that_keeps_the_shortest_leaves_first(session: AsyncSession, read: Ask) -> None:
    placed = await place(session, quantity=3, stock=3)
    variant = await session.get_one(ProductVariant, placed.stocks[0].variant_id)
    lot = await make_lot(session, variant, pieces=2)
    stock = await session.scalar(select(Stock).where(Stock.lot_id == lot.id))
    assert stock is not None
    made = await fulfil(
        read, placed, placed.pick(quantity=2, room=to_global_id("Warehouse", stock.warehouse_id))
    )
    assert made["errors"] == []
    assert await shelves(session) == [(3, 1), (0, 0)]


async def test_what_is_not_counted_leaves_from_anywhere(session: AsyncSession, read: Ask) -> None:
    placed = await place(session, stock=2)
    variant = await session.get_one(ProductVariant, placed.stocks[0].variant_id)
    variant.track_inventory = False
    await session.execute(Allocation.__table__.delete())  # type: ignore[attr-defined]
    placed.stocks[0].quantity = placed.stocks[0].quantity_allocated = 0
    await session.flush()
    made = await fulfil(read, placed, placed.pick(quantity=2))
    assert (made["errors"], made["order"]["status"]) == ([], "FULFILLED")
    assert await shelves(session) == [(0, 0)]


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        (3, ("orderLineId", "FULFILL_ORDER_LINE")),
        (0, ("lines", "ZERO_QUANTITY")),
        (-1, ("lines", "ZERO_QUANTITY")),
    ],
)
async def test_a_quantity_that_makes_no_sense_is_refused(
    session: AsyncSession, read: Ask, quantity: int, expected: tuple[str, str]
) -> None:
    placed = await place(session)
    refused = await fulfil(read, placed, placed.pick(quantity=quantity))
    assert codes(refused) == [expected]
    assert refused["order"] is None
    assert await session.scalar(select(Fulfillment.id)) is None


async def test_what_is_named_twice_wrongly_or_not_at_all_is_refused(session: AsyncSession, read: Ask) -> None:
    placed, other = await place(session), await place(session)
    twice = placed.pick()
    twice["stocks"] = [{"quantity": 1, "warehouse": placed.room_id()}] * 2
    for lines, expected in (
        ([placed.pick(), placed.pick()], ("orderLineId", "DUPLICATED_INPUT_ITEM")),
        ([twice], ("warehouse", "DUPLICATED_INPUT_ITEM")),
        ([other.pick()], ("orderLineId", "NOT_FOUND")),
        ([placed.pick(room=other.room_id())], ("warehouse", "NOT_FOUND")),
        ([{"stocks": []}], ("orderLineId", "REQUIRED")),
        ([], ("lines", "ZERO_QUANTITY")),
    ):
        assert codes(await fulfil(read, placed, *lines)) == [expected]
    nobody = to_global_id("Order", "00000000-0000-0000-0000-000000000001")
    for order, expected in ((None, ("order", "REQUIRED")), (nobody, ("order", "NOT_FOUND"))):
        assert codes(await fulfil(read, placed, placed.pick(), order=order)) == [expected]


@pytest.mark.parametrize("status", [OrderStatus.DRAFT, OrderStatus.UNCONFIRMED, OrderStatus.EXPIRED])
async def test_what_was_never_placed_is_not_fulfilled(
    session: AsyncSession, read: Ask, status: OrderStatus
) -> None:
    placed = await place(session)
    placed.order.status = status
    assert codes(await fulfil(read, placed, placed.pick())) == [("order", "INVALID")]


async def test_unpaid_orders_stay_where_the_shop_wants_so_unless_they_are_paid_at_the_door(
    session: AsyncSession, read: Ask
) -> None:
    placed = await place(session)
    await set_rules(session, fulfillment_allow_unpaid=False)
    assert (await fulfil(read, placed, placed.pick()))["errors"] == []
    placed.market.method.collects_cash = False
    assert codes(await fulfil(read, placed, placed.pick())) == [("order", "CANNOT_FULFILL_UNPAID_ORDER")]
    await set_rules(session, fulfillment_auto_approve=False)
    waiting = (await fulfil(read, placed, placed.pick()))["fulfillments"][0]
    refused = (await read(APPROVE, placed.clerk, id=waiting["id"]))["orderFulfillmentApprove"]
    assert codes(refused) == [("order", "CANNOT_FULFILL_UNPAID_ORDER")]


async def test_a_parcel_waits_for_approval_where_the_shop_wants_so_and_then_leaves(
    session: AsyncSession, read: Ask, told: list[str]
) -> None:
    placed = await place(session)
    await set_rules(session, fulfillment_auto_approve=False)
    told.clear()
    made = await fulfil(read, placed, placed.pick(quantity=2))
    (parcel,) = made["fulfillments"]
    assert (parcel["status"], made["order"]["status"]) == ("WAITING_FOR_APPROVAL", "PARTIALLY_FULFILLED")
    assert made["order"]["lines"] == [{"quantityToFulfill": 0, "quantityFulfilled": 2}]
    assert await shelves(session) == [(10, 2)]
    approved = (await read(APPROVE, placed.clerk, id=parcel["id"]))["orderFulfillmentApprove"]
    assert approved["errors"] == []
    assert (approved["fulfillment"]["status"], approved["order"]["status"]) == ("FULFILLED", "FULFILLED")
    assert await shelves(session) == [(8, 0)]
    again = (await read(APPROVE, placed.clerk, id=parcel["id"]))["orderFulfillmentApprove"]
    assert codes(again) == [(None, "INVALID")]
    assert await history(session, placed.order) == [
        "FULFILLMENT_AWAITS_APPROVAL",
        "FULFILLMENT_FULFILLED_ITEMS",
        "EMAIL_SENT",
    ]
    assert told == [
        "FULFILLMENT_CREATED",
        "ORDER_UPDATED",
        "FULFILLMENT_APPROVED",
        "ORDER_FULFILLED",
        "ORDER_UPDATED",
    ]


async def test_what_is_not_there_any_more_is_not_approved_unless_staff_insist(
    session: AsyncSession, read: Ask
) -> None:
    placed = await place(session)
    await set_rules(session, fulfillment_auto_approve=False)
    parcel_id = await parcel_of(read, placed, 2)
    stock = await session.get_one(Stock, placed.stocks[0].id)
    await session.execute(Allocation.__table__.delete())  # type: ignore[attr-defined]
    stock.quantity = stock.quantity_allocated = 1
    await session.flush()
    refused = (await read(APPROVE, placed.clerk, id=parcel_id))["orderFulfillmentApprove"]
    assert codes(refused) == [("stocks", "INSUFFICIENT_STOCK")]
    done = (await read(APPROVE, placed.clerk, id=parcel_id, beyond=True))["orderFulfillmentApprove"]
    assert (done["errors"], done["fulfillment"]["status"]) == ([], "FULFILLED")


async def test_a_sellers_whole_part_can_wait_for_approval_too(session: AsyncSession, read: Ask) -> None:
    placed = await place(session)
    await set_rules(session, fulfillment_auto_approve=False)
    parcel = await fulfilment.fulfil(session, placed.parts[0].id)
    done = (await read(APPROVE, placed.clerk, id=to_global_id("Fulfillment", parcel.id)))[
        "orderFulfillmentApprove"
    ]
    assert (done["errors"], done["order"]["status"]) == ([], "FULFILLED")
    assert await shelves(session) == [(8, 0)]


async def test_a_parcel_that_is_called_off_lies_where_it_was_put_still_sold(
    session: AsyncSession, read: Ask, told: list[str]
) -> None:
    placed = await place(session)
    parcel_id = await parcel_of(read, placed, 2)
    told.clear()
    room = await make_warehouse(session, placed.parts[0].vendor_id)
    given = {"warehouseId": to_global_id("Warehouse", room.id)}
    done = (await read(CANCEL, placed.clerk, id=parcel_id, input=given))["orderFulfillmentCancel"]
    assert (done["errors"], done["fulfillment"]["status"]) == ([], "CANCELED")
    assert (done["order"]["status"], done["order"]["lines"]) == ("UNFULFILLED", [{"quantityToFulfill": 2}])
    assert await shelves(session) == [(8, 0), (2, 2)]
    assert told == ["FULFILLMENT_CANCELED", "ORDER_UPDATED"]
    assert (await history(session, placed.order))[-2:] == [
        "FULFILLMENT_RESTOCKED_ITEMS",
        "FULFILLMENT_CANCELED",
    ]
    again = (await read(CANCEL, placed.clerk, id=parcel_id, input=given))["orderFulfillmentCancel"]
    assert codes(again) == [("fulfillment", "CANNOT_CANCEL_FULFILLMENT")]
    packed = await fulfil(read, placed, placed.pick(quantity=2, room=given["warehouseId"]))
    assert (packed["errors"], await shelves(session)) == ([], [(8, 0), (0, 0)])


async def test_a_parcel_comes_back_to_its_own_shelf_and_lot(session: AsyncSession, read: Ask) -> None:
    placed = await place(session)
    parcel_id = await parcel_of(read, placed)
    await read(CANCEL, placed.clerk, id=parcel_id, input={"warehouseId": placed.room_id()})
    assert await shelves(session) == [(10, 2)]


async def test_a_parcel_that_has_left_is_called_off_into_a_store_room_only(
    session: AsyncSession, read: Ask
) -> None:
    placed, other = await place(session), await place(session)
    parcel_id = await parcel_of(read, placed)
    for given, expected in (
        (None, ("warehouseId", "REQUIRED")),
        ({}, ("warehouseId", "REQUIRED")),
        ({"warehouseId": other.room_id()}, ("warehouseId", "NOT_FOUND")),
    ):
        refused = (await read(CANCEL, placed.clerk, id=parcel_id, input=given))["orderFulfillmentCancel"]
        assert codes(refused) == [expected]
    await fulfil(read, placed, placed.pick())
    await fulfilment.deliver(session, placed.parts[0].id)
    given = {"warehouseId": placed.room_id()}
    late = (await read(CANCEL, placed.clerk, id=parcel_id, input=given))["orderFulfillmentCancel"]
    assert codes(late) == [("fulfillment", "CANNOT_CANCEL_FULFILLMENT")]


async def test_a_parcel_that_waited_is_forgotten(session: AsyncSession, read: Ask) -> None:
    placed = await place(session)
    await set_rules(session, fulfillment_auto_approve=False)
    parcel_id = await parcel_of(read, placed, 2)
    done = (await read(CANCEL, placed.clerk, id=parcel_id))["orderFulfillmentCancel"]
    assert (done["errors"], done["order"]["lines"]) == ([], [{"quantityToFulfill": 2}])
    assert await session.scalar(select(Fulfillment.id)) is None
    assert await shelves(session) == [(10, 2)]


async def test_a_parcel_can_be_followed_and_the_buyer_told(
    session: AsyncSession, read: Ask, told: list[str]
) -> None:
    placed = await place(session)
    parcel_id = await parcel_of(read, placed)
    told.clear()
    given = {"trackingNumber": " AM 7 ", "notifyCustomer": True}
    done = (await read(TRACK, placed.clerk, id=parcel_id, input=given))["orderFulfillmentUpdateTracking"]
    assert (done["errors"], done["fulfillment"]) == ([], {"trackingNumber": "AM 7"})
    assert done["order"]["number"] == str(placed.order.number)
    assert told == ["FULFILLMENT_TRACKING_NUMBER_UPDATED", "ORDER_UPDATED"]
    assert (await history(session, placed.order))[-2:] == ["TRACKING_UPDATED", "EMAIL_SENT"]
    endless = {"trackingNumber": "1" * 256}
    refused = (await read(TRACK, placed.clerk, id=parcel_id, input=endless))["orderFulfillmentUpdateTracking"]
    assert codes(refused) == [("trackingNumber", "INVALID")]
    gone = (await read(TRACK, placed.clerk, id=parcel_id, input={}))["orderFulfillmentUpdateTracking"]
    assert gone["fulfillment"] == {"trackingNumber": ""}


@pytest.mark.parametrize("role", [MemberRole.OWNER, MemberRole.PACKER])
@pytest.mark.parametrize("by_part", [False, True])
async def test_a_sellers_packer_packs_the_sellers_own_part_and_sees_nothing_else(
    session: AsyncSession, read: Ask, role: MemberRole, by_part: bool
) -> None:
    placed = await place(session, sellers=2)
    member = seller(placed.parts[0].vendor_id, await make_user(session), role)
    named = placed.part_id(0) if by_part else placed.id
    made = await fulfil(read, placed, placed.pick(0, 2), requester=member, order=named)
    assert (made["errors"], made["order"]) == ([], None)
    (parcel,) = made["fulfillments"]
    assert [line["orderLine"]["id"] for line in parcel["lines"]] == [placed.line_id(0)]
    tracked = await read(TRACK, member, id=parcel["id"], input={"trackingNumber": "1"})
    assert tracked["orderFulfillmentUpdateTracking"]["order"] is None
    given = {"warehouseId": placed.room_id(0)}
    done = (await read(CANCEL, member, id=parcel["id"], input=given))["orderFulfillmentCancel"]
    assert (done["errors"], done["fulfillment"]["status"], done["order"]) == ([], "CANCELED", None)


async def test_to_a_seller_a_strangers_order_line_room_and_parcel_do_not_exist(
    session: AsyncSession, read: Ask
) -> None:
    placed, other = await place(session, sellers=2), await place(session)
    member = seller(placed.parts[0].vendor_id, await make_user(session))
    strange = (await fulfil(read, placed, placed.pick(1)))["fulfillments"][0]["id"]
    for order, line, expected in (
        (other.id, other.pick(), ("order", "NOT_FOUND")),
        (other.part_id(), other.pick(), ("order", "NOT_FOUND")),
        (placed.part_id(1), placed.pick(1), ("order", "NOT_FOUND")),
        (placed.id, placed.pick(1), ("orderLineId", "NOT_FOUND")),
        (placed.id, placed.pick(0, room=placed.room_id(1)), ("warehouse", "NOT_FOUND")),
    ):
        assert codes(await fulfil(read, placed, line, requester=member, order=order)) == [expected]
    own = await read(CANCEL, member, id=strange, input={"warehouseId": placed.room_id(0)})
    assert codes(own["orderFulfillmentCancel"]) == [("id", "NOT_FOUND")]
    tracked = await read(TRACK, member, id=strange, input={"trackingNumber": "X"})
    assert codes(tracked["orderFulfillmentUpdateTracking"]) == [("id", "NOT_FOUND")]
    assert await session.scalar(select(Fulfillment.tracking_number)) == ""


async def _denied(ask: Ask, document: str, requester: Requester | None, **variables: Any) -> bool:
    answer = await ask(document, requester, **variables)
    return bool(answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied")


async def test_who_may_not_handle_orders_may_do_none_of_it(
    session: AsyncSession, read: Ask, ask: Ask
) -> None:
    placed = await place(session)
    parcel_id = await parcel_of(read, placed)
    vendor_id = placed.parts[0].vendor_id
    user = await make_user(session)
    packs = {"order": placed.id, "input": {"lines": [placed.pick()]}}
    for requester in (None, buyer(user), seller(vendor_id, user, MemberRole.LISTER)):
        assert await _denied(ask, FULFILL, requester, **packs)
        assert await _denied(ask, CANCEL, requester, id=parcel_id)
        assert await _denied(ask, TRACK, requester, id=parcel_id, input={})
    # A parcel waits for staff: its own seller can't let it go.
    for requester in (None, seller(vendor_id, user), seller((await make_vendor(session)).id, user)):
        assert await _denied(ask, APPROVE, requester, id=parcel_id)


CANCEL_ORDERS = """mutation B($ids: [ID!]!) { orderBulkCancel(ids: $ids) { count errors { field code } } }"""


async def test_orders_are_called_off_together_and_those_that_cant_be_are_named(
    session: AsyncSession, read: Ask, told: list[str]
) -> None:
    open_, sent = await place(session), await place(session)
    await fulfilment.fulfil(session, sent.parts[0].id)
    told.clear()
    ids = [open_.id, sent.id, open_.id]
    done = (await read(CANCEL_ORDERS, open_.clerk, ids=ids))["orderBulkCancel"]
    assert done == {"count": 1, "errors": [{"field": sent.id, "code": "CANNOT_CANCEL_ORDER"}]}
    assert told == ["ORDER_CANCELLED", "ORDER_UPDATED"]
    orders = await session.scalars(
        select(Order.status).where(Order.id.in_([open_.order.id, sent.order.id])).order_by(Order.number)
    )
    assert list(orders) == [OrderStatus.CANCELED, OrderStatus.FULFILLED]
    assert (await history(session, open_.order))[-2:] == ["CANCELED", "EMAIL_SENT"]
    unknown = to_global_id("Order", "00000000-0000-0000-0000-000000000001")
    refused = (await read(CANCEL_ORDERS, open_.clerk, ids=[unknown]))["orderBulkCancel"]
    assert (refused["count"], codes(refused)) == (0, [("ids", "NOT_FOUND")])


async def test_an_order_with_a_parcel_that_waits_is_not_called_off(session: AsyncSession, read: Ask) -> None:
    placed = await place(session)
    await set_rules(session, fulfillment_auto_approve=False)
    await parcel_of(read, placed)
    done = (await read(CANCEL_ORDERS, placed.clerk, ids=[placed.id]))["orderBulkCancel"]
    assert (done["count"], [error["code"] for error in done["errors"]]) == (0, ["CANNOT_CANCEL_ORDER"])
