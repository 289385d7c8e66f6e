"""Parcels as Saleor makes them: from the store rooms named, approved, called off, followed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import ProductVariant
from marketplace.inventory.allocations import Taken, consume, lock_sold
from marketplace.inventory.errors import NotInWarehouseError
from marketplace.inventory.models import Stock
from marketplace.inventory.withdrawals import ComingBack, Leaving, bring_back, take
from marketplace.kit import clock
from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, Errors, NotFoundError, RequiredError
from marketplace.kit.ids import to_global_id
from marketplace.orders.errors import (
    CannotCancelFulfillmentError,
    FulfillmentStatusError,
    FulfillQuantityError,
    NothingToFulfillError,
)
from marketplace.orders.fulfilment import NEW_STATUS
from marketplace.orders.letters import OrderLetter, write_to_buyer
from marketplace.orders.locks import FRESH, line_ids_of, lock_whole
from marketplace.orders.models import (
    Fulfillment,
    FulfillmentLine,
    FulfillmentStatus,
    Order,
    OrderLine,
    OrderStatus,
    VendorOrder,
    VendorOrderStatus,
)
from marketplace.orders.parcels import (
    checked_tracking,
    composed_id,
    note,
    note_parcel,
    note_tracking,
    room_of,
    tell_of_approval,
    tell_of_parcels,
    write_parcel,
)
from marketplace.orders.parts import refresh_parts
from marketplace.orders.rules import check_paid, fulfilment_rules

NOT_FULFILLED = frozenset({OrderStatus.DRAFT, OrderStatus.UNCONFIRMED, OrderStatus.EXPIRED})
_PACKED = frozenset({VendorOrderStatus.UNFULFILLED, VendorOrderStatus.PARTIALLY_FULFILLED})
_ON_ITS_WAY = frozenset({VendorOrderStatus.PARTIALLY_FULFILLED, VendorOrderStatus.FULFILLED})


@dataclass(frozen=True, slots=True)
class Pick:
    """Pieces of an order line, to leave from a store room."""

    line_id: UUID
    warehouse_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class Locked:
    """An order, locked as a whole, with its lines and parts by key."""

    order: Order
    parts: Mapping[UUID, VendorOrder]
    lines: Mapping[UUID, OrderLine]
    counted: Mapping[UUID, bool]
    """Whether a line's variant is one whose stock is tracked."""

    def part_of(self, line_id: UUID) -> VendorOrder:
        part_id = self.lines[line_id].vendor_order_id
        if part_id is None:
            raise NotFoundError("A draft has no parts yet.", field="order")
        return self.parts[part_id]


async def lock_order(session: AsyncSession, order_id: UUID) -> Locked:
    """Take hold of an order, its parts, and the shelves that its pieces stand on. Raises NotFoundError."""
    order, parts = await lock_whole(session, order_id)
    await lock_sold(session, await line_ids_of(session, order_id))
    rows = await session.execute(
        select(OrderLine, ProductVariant.track_inventory)
        .outerjoin(ProductVariant, ProductVariant.id == OrderLine.variant_id)
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.position),
        execution_options={"populate_existing": True},
    )
    lines: dict[UUID, OrderLine] = {}
    counted: dict[UUID, bool] = {}
    for line, is_tracked in rows:
        lines[line.id], counted[line.id] = line, bool(is_tracked)
    return Locked(order, {part.id: part for part in parts}, lines, counted)


async def fulfil_order(
    session: AsyncSession,
    order_id: UUID,
    picks: Sequence[Pick],
    *,
    tracking_number: str = "",
    beyond_stock: bool = False,
    notify: bool = True,
    user_id: int | None = None,
) -> list[Fulfillment]:
    """Pack pieces of an order: one parcel for each seller and store room.

    They leave at once, unless the shop wants parcels approved first. With `beyond_stock` more leaves than is
    counted in a store room. Raises NotFoundError, FulfillmentStatusError, UnpaidOrderError,
    NothingToFulfillError, FulfillQuantityError, and Errors of NotInWarehouseErrors.
    """
    locked = await lock_order(session, order_id)
    order = locked.order
    rules = await fulfilment_rules(session)
    if order.status in NOT_FULFILLED:
        raise FulfillmentStatusError(
            f"An order that is {order.status.lower()} can't be fulfilled.", field="order"
        )
    if rules.auto_approve and not rules.allow_unpaid:
        await check_paid(session, order)
    _check_quantities(locked, picks)
    picks = [pick for pick in picks if pick.quantity]
    leaving = [_leaving(locked, pick) for pick in picks]
    if rules.auto_approve:
        taken = await take(session, leaving, beyond_stock=beyond_stock)
    else:
        taken = await _set_aside(session, leaving, beyond_stock=beyond_stock)
    now, parcels = clock.now(), []
    for (part_id, warehouse_id), pieces in _by_parcel(locked, picks, taken).items():
        part = locked.parts[part_id]
        parcel = await write_parcel(
            session,
            order,
            part,
            pieces,
            now,
            tracking_number=tracking_number,
            status=NEW_STATUS[rules.auto_approve],
            warehouse_id=warehouse_id,
        )
        note_parcel(session, part, parcel, sum(piece.quantity for piece in pieces), user_id)
        if parcel.tracking_number:
            note_tracking(session, order, part, parcel, user_id)
        parcels.append(parcel)
    for pick in picks:
        locked.lines[pick.line_id].quantity_fulfilled += pick.quantity
    touched = {parcel.vendor_order_id for parcel in parcels}
    await refresh_parts(session, order, [locked.parts[part_id] for part_id in touched], now)
    await tell_of_parcels(session, order, parcels, user_id, notify=notify)
    return parcels


async def approve(
    session: AsyncSession,
    parcel_id: int,
    *,
    beyond_stock: bool = False,
    notify: bool = True,
    user_id: int | None = None,
) -> Fulfillment:
    """Let a parcel that waited leave. Raises NotFoundError, FulfillmentStatusError, UnpaidOrderError, and
    Errors of NotInWarehouseErrors.
    """
    locked, parcel = await lock_parcel(session, parcel_id)
    if parcel.status is not FulfillmentStatus.WAITING_FOR_APPROVAL:
        raise FulfillmentStatusError("Only a parcel that waits for approval can be approved.")
    if not (await fulfilment_rules(session)).allow_unpaid:
        await check_paid(session, locked.order)
    waiting = await contents_of(session, parcel.id)
    taken = await _take_waiting(session, locked, parcel, waiting, beyond_stock=beyond_stock)
    for line, pieces in zip(waiting, taken, strict=True):
        first, *others = pieces
        line.stock_id, line.quantity = first.stock_id, first.quantity
        session.add_all(
            FulfillmentLine(
                fulfillment_id=parcel.id,
                order_line_id=line.order_line_id,
                stock_id=piece.stock_id,
                quantity=piece.quantity,
            )
            for piece in others
        )
    now = clock.now()
    part = locked.parts[parcel.vendor_order_id]
    parcel.status, parcel.updated_at = FulfillmentStatus.FULFILLED, now
    if parcel.warehouse_id is None:
        parcel.warehouse_id = await room_of(session, [piece.stock_id for each in taken for piece in each])
    note_parcel(session, part, parcel, sum(line.quantity for line in waiting), user_id)
    await refresh_parts(session, locked.order, [part], now)
    await tell_of_approval(session, locked.order, parcel, user_id, notify=notify)
    return parcel


async def cancel_parcel(
    session: AsyncSession, parcel_id: int, warehouse_id: UUID | None, *, user_id: int | None = None
) -> Fulfillment:
    """Call a parcel off: its pieces are to be packed again, and lie in the store room named until then.

    The pieces of one that waited for approval have not moved. Raises NotFoundError,
    CannotCancelFulfillmentError, RequiredError where a parcel that has left names no store room.
    """
    locked, parcel = await lock_parcel(session, parcel_id)
    order, part = locked.order, locked.parts[parcel.vendor_order_id]
    waited = parcel.status is FulfillmentStatus.WAITING_FOR_APPROVAL
    if not waited and (parcel.status is not FulfillmentStatus.FULFILLED or part.status not in _ON_ITS_WAY):
        raise CannotCancelFulfillmentError(
            f"This parcel can't be called off: it is {_standing(parcel, part)}.", field="fulfillment"
        )
    if not waited and warehouse_id is None:
        raise RequiredError("Say which store room its pieces come back to.", field="warehouseId")
    contents = await contents_of(session, parcel.id)
    if warehouse_id is not None and not waited:
        await bring_back(session, _coming_back(locked, contents), warehouse_id)
        note(
            session,
            part,
            "FULFILLMENT_RESTOCKED_ITEMS",
            user_id,
            quantity=sum(line.quantity for line in contents),
            warehouse_id=str(warehouse_id),
        )
    for line in contents:
        locked.lines[line.order_line_id].quantity_fulfilled -= line.quantity
    now = clock.now()
    parcel.status, parcel.updated_at = FulfillmentStatus.CANCELED, now
    note(session, part, "FULFILLMENT_CANCELED", user_id, composed_id=composed_id(order, parcel))
    await refresh_parts(session, order, [part], now)
    await announce(session, "FULFILLMENT_CANCELED", parcel)
    await announce(session, "ORDER_UPDATED", order)
    return parcel


async def forget_parcel(session: AsyncSession, parcel: Fulfillment) -> None:
    """Delete a parcel that was called off before it was approved, as Saleor does: it never was one."""
    await session.execute(delete(Fulfillment).where(Fulfillment.id == parcel.id))


async def update_tracking(
    session: AsyncSession,
    parcel_id: int,
    tracking_number: str,
    *,
    notify: bool = False,
    user_id: int | None = None,
) -> Fulfillment:
    """Say by which number a parcel can be followed; empty: by none. Raises NotFoundError."""
    locked, parcel = await lock_parcel(session, parcel_id)
    order, part = locked.order, locked.parts[parcel.vendor_order_id]
    parcel.tracking_number, parcel.updated_at = checked_tracking(tracking_number), clock.now()
    note_tracking(session, order, part, parcel, user_id)
    await session.flush()
    await announce(session, "FULFILLMENT_TRACKING_NUMBER_UPDATED", parcel)
    await announce(session, "ORDER_UPDATED", order)
    if notify:
        said = parcel.tracking_number
        await write_to_buyer(session, order, OrderLetter.PARCEL_TRACKING, user_id, about=parcel.id, said=said)
    return parcel


async def lock_parcel(session: AsyncSession, parcel_id: int) -> tuple[Locked, Fulfillment]:
    """Take hold of a parcel, with all of its order. Raises NotFoundError."""
    order_id = await session.scalar(select(Fulfillment.order_id).where(Fulfillment.id == parcel_id))
    if order_id is None:
        raise NotFoundError("There is no such fulfilment.", field="id")
    locked = await lock_order(session, order_id)
    parcel = await session.scalar(
        select(Fulfillment).where(Fulfillment.id == parcel_id), execution_options=FRESH
    )
    if parcel is None:
        raise NotFoundError("There is no such fulfilment.", field="id")
    return locked, parcel


async def contents_of(session: AsyncSession, parcel_id: int) -> list[FulfillmentLine]:
    """What is in a locked parcel."""
    found = await session.scalars(
        select(FulfillmentLine)
        .where(FulfillmentLine.fulfillment_id == parcel_id)
        .order_by(FulfillmentLine.id),
        execution_options=FRESH,
    )
    return list(found)


def _standing(parcel: Fulfillment, part: VendorOrder) -> str:
    """Where a parcel stands, for people to read."""
    status = parcel.status if parcel.status is not FulfillmentStatus.FULFILLED else part.status
    return status.lower().replace("_", " ")


def _check_quantities(locked: Locked, picks: Sequence[Pick]) -> None:
    wanted: dict[UUID, int] = defaultdict(int)
    for pick in picks:
        if pick.line_id not in locked.lines:
            raise NotFoundError("Some of these lines are not in this order.", field="orderLineId")
        if pick.quantity < 0:
            raise FulfillQuantityError("Not less than nothing, please.", field="lines")
        wanted[pick.line_id] += pick.quantity
    for line_id, quantity in wanted.items():
        line = locked.lines[line_id]
        is_open = locked.part_of(line_id).status in _PACKED
        left = line.quantity - line.quantity_fulfilled if is_open else 0
        if quantity > left:
            raise NothingToFulfillError(
                f"Only {left} of {line.product_name} are left to hand over.",
                field="orderLineId",
                order_lines=[to_global_id("OrderLine", line_id)],
            )
    if not any(wanted.values()):
        raise FulfillQuantityError("At least one piece, please.", field="lines")


def _leaving(locked: Locked, pick: Pick) -> Leaving:
    line = locked.lines[pick.line_id]
    return Leaving(
        line.id, line.variant_id, pick.warehouse_id, pick.quantity, is_counted=locked.counted[line.id]
    )


def _by_parcel(
    locked: Locked, picks: Sequence[Pick], taken: Sequence[Sequence[Taken]]
) -> dict[tuple[UUID, UUID], list[Taken]]:
    """What goes into each parcel: by vendor order and store room, the order's first seller first."""
    parcels: dict[tuple[UUID, UUID], list[Taken]] = defaultdict(list)
    by_seller = sorted(
        zip(picks, taken, strict=True), key=lambda each: locked.part_of(each[0].line_id).position
    )
    for pick, pieces in by_seller:
        parcels[locked.part_of(pick.line_id).id, pick.warehouse_id] += pieces
    return parcels


async def _set_aside(
    session: AsyncSession, leaving: Sequence[Leaving], *, beyond_stock: bool
) -> list[list[Taken]]:
    """What a parcel that waits for approval will be made of; nothing moves yet.

    Raises Errors of NotInWarehouseErrors.
    """
    places = {(each.variant_id, each.warehouse_id) for each in leaving if each.variant_id is not None}
    rows = await session.execute(
        select(Stock.variant_id, Stock.warehouse_id, Stock.id)
        .where(tuple_(Stock.variant_id, Stock.warehouse_id).in_(places))
        .order_by(Stock.id.desc())
    )
    shelves = {(variant_id, warehouse_id): stock_id for variant_id, warehouse_id, stock_id in rows}
    missing: list[DomainError] = [
        NotInWarehouseError(each.line_id, each.warehouse_id, 0)
        for each in leaving
        if each.is_counted and not beyond_stock and (each.variant_id, each.warehouse_id) not in shelves
    ]
    if missing:
        raise Errors(missing)
    return [
        [Taken(each.line_id, shelves.get((each.variant_id or 0, each.warehouse_id)), each.quantity)]
        for each in leaving
    ]


async def _take_waiting(
    session: AsyncSession,
    locked: Locked,
    parcel: Fulfillment,
    waiting: Sequence[FulfillmentLine],
    *,
    beyond_stock: bool,
) -> list[list[Taken]]:
    """The pieces of a parcel leave: from its store room, or from wherever they lie if it names none."""
    if parcel.warehouse_id is None:
        return [await consume(session, {line.order_line_id: line.quantity}) for line in waiting]
    leaving = [
        _leaving(locked, Pick(line.order_line_id, parcel.warehouse_id, line.quantity)) for line in waiting
    ]
    return await take(session, leaving, beyond_stock=beyond_stock)


def _coming_back(locked: Locked, contents: Sequence[FulfillmentLine]) -> list[ComingBack]:
    """What of a parcel is counted: the rest comes back to no shelf."""
    return [
        ComingBack(line.order_line_id, variant_id, line.stock_id, line.quantity)
        for line in contents
        if (variant_id := locked.lines[line.order_line_id].variant_id) is not None
        and locked.counted[line.order_line_id]
    ]
