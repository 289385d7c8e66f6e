"""What is done to parcels: packed, approved, called off, followed. Sellers do it to their own."""

from typing import Any
from uuid import UUID

from strawberry import ID

from marketplace.kit.errors import InvalidError, RequiredError
from marketplace.orders import fulfilling, models
from marketplace.orders.fulfilling import Pick
from marketplace.orders.models import FulfillmentStatus
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import Info, input_type, mutation, object_type
from marketplace_graphql.orders.errors import OrderError
from marketplace_graphql.orders.naming import (
    Named,
    check_room,
    named_lines,
    named_order,
    named_warehouses,
    payload_order,
)
from marketplace_graphql.rules import codes_of

STAFF = Permission.MANAGE_ORDERS
LINES_AT_ONCE = 500
NOWHERE = UUID(int=0)
RETURNS = {"fulfillment": "Fulfillment | None", "order": "Order | None"}


@input_type
class OrderFulfillStockInput:
    """So many pieces from a store room."""

    quantity: int
    warehouse: ID


@input_type
class OrderFulfillLineInput:
    """What of an order line is handed over."""

    order_line_id: ID | None
    stocks: list[OrderFulfillStockInput]


@input_type
class OrderFulfillInput:
    """What is handed to the carrier."""

    lines: list[OrderFulfillLineInput]
    notify_customer: bool | None
    """Whether the buyer gets a letter: unless it is said otherwise."""
    allow_stock_to_be_exceeded: bool | None = False
    """Whether more may leave than is counted in the store room."""
    tracking_number: str | None


@input_type
class FulfillmentCancelInput:
    """Where the pieces of a parcel come back to."""

    warehouse_id: ID | None
    """A store room: needed for what has left, meaningless for what waits for approval."""


@input_type
class FulfillmentUpdateTrackingInput:
    """By which number a parcel can be followed."""

    tracking_number: str | None
    notify_customer: bool | None = False
    """Whether the buyer gets a letter."""


@object_type
class ParcelMutations:
    """A part of the mutations of orders."""

    @mutation(
        returns={"fulfillments": "list[Fulfillment] | None", "order": "Order | None"},
        errors=OrderError,
        needs=STAFF,
        sellers=True,
    )
    async def order_fulfill(self, info: Info, input: OrderFulfillInput, order: ID | None = None) -> Any:
        """Packs pieces of an order: a parcel for each seller and store room.

        Whoever works for a seller packs its own part: `order` is the order's id or the part's.
        """
        if order is None:
            raise RequiredError("Say of which order.", field="order")
        with codes_of(OrderError):
            named = await named_order(info, order)
            picks = await _picks(info, named, input.lines)
            parcels = await fulfilling.fulfil_order(
                info.session,
                named.order_id,
                picks,
                tracking_number=input.tracking_number or "",
                beyond_stock=bool(input.allow_stock_to_be_exceeded),
                notify=input.notify_customer is not False,
                user_id=info.requester.user_id,
            )
        whole = await info.session.get(models.Order, named.order_id)
        return {"fulfillments": parcels, "order": payload_order(info, whole)}

    @mutation(returns=RETURNS, errors=OrderError, needs=STAFF, payload_name="FulfillmentApprove")
    async def order_fulfillment_approve(
        self,
        info: Info,
        id: ID,
        notify_customer: bool,
        allow_stock_to_be_exceeded: bool | None = False,
    ) -> Any:
        """Lets a parcel leave that waited for approval: staff's own to decide."""
        with codes_of(OrderError):
            parcel = await info.find(models.Fulfillment, id)
            parcel = await fulfilling.approve(
                info.session,
                parcel.id,
                beyond_stock=bool(allow_stock_to_be_exceeded),
                notify=notify_customer,
                user_id=info.requester.user_id,
            )
        return await _with_order(info, parcel)

    @mutation(returns=RETURNS, errors=OrderError, needs=STAFF, sellers=True, payload_name="FulfillmentCancel")
    async def order_fulfillment_cancel(
        self, info: Info, id: ID, input: FulfillmentCancelInput | None = None
    ) -> Any:
        """Calls a parcel off that the buyer has not received: its pieces are to be packed again."""
        with codes_of(OrderError):
            parcel = await info.find(models.Fulfillment, id)
            waits = parcel.status is FulfillmentStatus.WAITING_FOR_APPROVAL
            warehouse_id = None
            if input is not None and input.warehouse_id and not waits:
                rooms = await named_warehouses(info, [input.warehouse_id], "warehouseId")
                part = await info.session.get_one(models.VendorOrder, parcel.vendor_order_id)
                check_room(rooms[input.warehouse_id], part.vendor_id, "warehouseId")
                warehouse_id = rooms[input.warehouse_id].id
            parcel = await fulfilling.cancel_parcel(
                info.session, parcel.id, warehouse_id, user_id=info.requester.user_id
            )
        if waits:
            info.afterwards(lambda: fulfilling.forget_parcel(info.session, parcel))
        return await _with_order(info, parcel)

    @mutation(
        returns=RETURNS,
        errors=OrderError,
        needs=STAFF,
        sellers=True,
        payload_name="FulfillmentUpdateTracking",
    )
    async def order_fulfillment_update_tracking(
        self, info: Info, id: ID, input: FulfillmentUpdateTrackingInput
    ) -> Any:
        """Says by which number a parcel can be followed."""
        with codes_of(OrderError):
            parcel = await info.find(models.Fulfillment, id)
            parcel = await fulfilling.update_tracking(
                info.session,
                parcel.id,
                input.tracking_number or "",
                notify=bool(input.notify_customer),
                user_id=info.requester.user_id,
            )
        return await _with_order(info, parcel)


async def _with_order(info: Info, parcel: models.Fulfillment) -> dict[str, object]:
    order = await info.session.get(models.Order, parcel.order_id)
    return {"fulfillment": parcel, "order": payload_order(info, order)}


async def _picks(info: Info, named: Named, given: list[OrderFulfillLineInput]) -> list[Pick]:
    """What is to leave, from where. Raises RequiredError, NotFoundError, InvalidError."""
    info.at_most(LINES_AT_ONCE, given, "lines")
    for line in given:
        if not line.order_line_id:
            raise RequiredError("Name the line.", field="orderLineId")
        rooms = [stock.warehouse for stock in line.stocks]
        twice = [room for room in dict.fromkeys(rooms) if rooms.count(room) > 1]
        if twice:
            raise InvalidError(
                "A store room is named twice for one line.",
                field="warehouse",
                code="DUPLICATED_INPUT_ITEM",
                warehouse=twice[0],
            )
    lines = await named_lines(info, named, [str(line.order_line_id) for line in given], "orderLineId")
    rooms_named = [stock.warehouse for line in given for stock in line.stocks if stock.quantity > 0]
    rooms_found = await named_warehouses(info, rooms_named, "warehouse")
    picks = []
    for line in given:
        order_line = lines[str(line.order_line_id)]
        for stock in line.stocks:
            if stock.quantity > 0:
                room = rooms_found[stock.warehouse]
                check_room(room, named.seller_of(order_line), "warehouse")
                picks.append(Pick(order_line.id, room.id, stock.quantity))
            else:
                picks.append(Pick(order_line.id, NOWHERE, stock.quantity))
    return picks
