"""What sellers and staff do to orders: hand over, confirm, call off."""

import uuid
from typing import Any

from sqlalchemy import select
from strawberry import ID

from marketplace.kit.errors import InvalidError, NotFoundError, PermissionDeniedError, RequiredError
from marketplace.orders import cancelling, fulfilment, models
from marketplace.orders.errors import FulfillQuantityError
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import (
    AUTHENTICATED,
    AUTHENTICATED_APP,
    DateTime,
    Info,
    input_type,
    mutation,
    object_type,
)
from marketplace_graphql.orders.errors import OrderError, VendorOrderError
from marketplace_graphql.orders.invoices import InvoiceMutations
from marketplace_graphql.rules import codes_of

STAFF = Permission.MANAGE_ORDERS


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
    tracking_number: str | None


@object_type
class OrdersMutations(InvoiceMutations):
    """Orders on their way."""

    @mutation(returns="VendorOrder", errors=VendorOrderError, needs=(AUTHENTICATED, AUTHENTICATED_APP))
    async def vendor_order_fulfill(
        self,
        info: Info,
        id: ID,
        tracking_number: str | None = None,
    ) -> models.VendorOrder:
        """A seller hands all that is left of its part to the carrier, in one parcel."""
        part = await info.find(models.VendorOrder, id)
        if part.vendor_id not in info.requester.vendor_ids and not info.requester.has_any([STAFF]):
            raise PermissionDeniedError(STAFF)
        with codes_of(VendorOrderError):
            await fulfilment.fulfil(
                info.session,
                part.id,
                tracking_number=tracking_number or "",
                user_id=info.requester.user_id,
            )
        return part

    @mutation(returns="VendorOrder", errors=VendorOrderError, needs=STAFF)
    async def vendor_order_deliver(
        self,
        info: Info,
        id: ID,
        delivered_at: DateTime | None = None,
    ) -> models.VendorOrder:
        """The carrier confirms: the buyer has the parcel, and has paid for it if that was agreed."""
        with codes_of(VendorOrderError):
            return await fulfilment.deliver(
                info.session,
                await _reached(info, models.VendorOrder, id),
                delivered_at=delivered_at,
                user_id=info.requester.user_id,
            )

    @mutation(returns="VendorOrder", errors=VendorOrderError, needs=STAFF)
    async def vendor_order_refuse(self, info: Info, id: ID) -> models.VendorOrder:
        """The buyer did not take the parcel: its pieces come back, and nothing is paid for it."""
        with codes_of(VendorOrderError):
            return await fulfilment.refuse(
                info.session,
                await _reached(info, models.VendorOrder, id),
                user_id=info.requester.user_id,
            )

    @mutation(returns="VendorOrder", errors=VendorOrderError, needs=STAFF)
    async def vendor_order_cancel(self, info: Info, id: ID) -> models.VendorOrder:
        """Calls a seller's part off before anything of it has left."""
        with codes_of(VendorOrderError):
            return await cancelling.cancel_part(
                info.session,
                await _reached(info, models.VendorOrder, id),
                user_id=info.requester.user_id,
            )

    @mutation(returns="Order", errors=OrderError, needs=STAFF)
    async def order_cancel(self, info: Info, id: ID) -> models.Order:
        """Calls an order off before anything of it has left."""
        with codes_of(OrderError):
            return await cancelling.cancel_order(
                info.session, await _reached(info, models.Order, id), user_id=info.requester.user_id
            )

    @mutation(
        returns={"fulfillments": "list[Fulfillment] | None", "order": "Order | None"},
        errors=OrderError,
        needs=STAFF,
    )
    async def order_fulfill(
        self,
        info: Info,
        input: OrderFulfillInput,
        order: ID | None = None,
    ) -> Any:
        """Hands pieces of an order to the carrier: a parcel for each of its sellers."""
        if order is None:
            raise RequiredError("Say of which order.", field="order")
        order_id = await _reached(info, models.Order, order)
        with codes_of(OrderError):
            quantities = await _quantities_by_part(info, order_id, input.lines)
            await fulfilment.lock_before(info.session, order_id, quantities)
            fulfilments = [
                await fulfilment.fulfil(
                    info.session,
                    part_id,
                    wanted,
                    tracking_number=input.tracking_number or "",
                    user_id=info.requester.user_id,
                )
                for part_id, wanted in quantities.items()
            ]
        return {"fulfillments": fulfilments, "order": await info.session.get(models.Order, order_id)}


async def _quantities_by_part(
    info: Info, order_id: uuid.UUID, lines: list[OrderFulfillLineInput]
) -> dict[uuid.UUID, dict[uuid.UUID, int]]:
    """How many pieces of which line each seller hands over. A seller's pieces leave from its own store room,
    wherever they are: the warehouse that a client names is not chosen from.
    """
    wanted: dict[uuid.UUID, int] = {}
    for line in lines:
        if not line.order_line_id:
            raise RequiredError("Name the line.", field="orderLineId")
        key = info.key(line.order_line_id, "OrderLine")
        if key in wanted:
            raise InvalidError("A line is named twice.", field="orderLineId", code="DUPLICATED_INPUT_ITEM")
        wanted[key] = sum(stock.quantity for stock in line.stocks)
    rows = await info.session.execute(
        select(models.OrderLine.id, models.VendorOrder.id, models.VendorOrder.position)
        .join(models.VendorOrder, models.VendorOrder.id == models.OrderLine.vendor_order_id)
        .where(models.OrderLine.order_id == order_id, models.OrderLine.id.in_(wanted))
        .order_by(models.VendorOrder.position, models.OrderLine.position)
    )
    by_part: dict[uuid.UUID, dict[uuid.UUID, int]] = {}
    for line_id, part_id, _ in rows:
        by_part.setdefault(part_id, {})[line_id] = wanted[line_id]
    if sum(len(found) for found in by_part.values()) != len(wanted):
        raise NotFoundError("Some of these lines are not in this order.", field="orderLineId")
    leaving = {part_id: found for part_id, found in by_part.items() if any(found.values())}
    if not leaving:
        raise FulfillQuantityError("At least one piece, please.", field="quantity")
    return leaving


async def _reached(info: Info, model: type[models.Order | models.VendorOrder], id: str) -> uuid.UUID:
    """The key of an id. Raises PermissionDeniedError where it is of a channel that is not the requester's."""
    key: uuid.UUID = info.key(id, model.__name__)
    await info.check_channel(model, key)
    return key
