"""Pieces that are refunded, taken back or replaced: they move into parcels of that kind, as in Saleor.

Nothing comes back onto a shelf by this: what came back is looked at first. Pieces that had not left are for
sale again.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.content.reasons import UNSAID, Why
from marketplace.inventory.withdrawals import release_some
from marketplace.kit import clock
from marketplace.kit.errors import InvalidError, NotFoundError, RequiredError
from marketplace.kit.ids import to_global_id
from marketplace.orders.errors import FulfillmentStatusError, InvalidQuantityError
from marketplace.orders.fulfilling import Locked
from marketplace.orders.models import Fulfillment, FulfillmentLine, FulfillmentStatus, OrderLine
from marketplace.orders.parcels import room_of, write_parcel


@dataclass(frozen=True, slots=True)
class LinePieces:
    """Pieces of an order line that are in no parcel yet."""

    line_id: UUID
    quantity: int
    replace: bool = False
    why: Why = UNSAID


@dataclass(frozen=True, slots=True)
class ParcelPieces:
    """Pieces of a line of a parcel."""

    parcel_line_id: int
    quantity: int
    replace: bool = False
    why: Why = UNSAID


@dataclass(frozen=True, slots=True)
class Moving:
    """Pieces of an order line on their way from one kind of parcel to another."""

    line: OrderLine
    quantity: int
    source: FulfillmentLine | None
    """None where they are in no parcel yet."""
    status: FulfillmentStatus | None
    """Of the parcel that they are in."""
    replace: bool
    why: Why

    @property
    def has_left(self) -> bool:
        """Whether they are, or were, out of the house."""
        waits = self.status is FulfillmentStatus.WAITING_FOR_APPROVAL
        return self.source is not None and self.source.has_left and not waits

    @property
    def was_refunded(self) -> bool:
        return self.status is FulfillmentStatus.REFUNDED


async def pieces_named(
    session: AsyncSession,
    locked: Locked,
    of_lines: Sequence[LinePieces],
    of_parcels: Sequence[ParcelPieces],
    movable: Collection[FulfillmentStatus],
) -> list[Moving]:
    """The pieces that are named, which must be where they are said to be.

    Raises RequiredError, NotFoundError, InvalidError, InvalidQuantityError, FulfillmentStatusError.
    """
    if not of_lines and not of_parcels:
        raise RequiredError("Say of which pieces.", field="orderLines")
    moving = [_of_line(locked, each) for each in of_lines]
    _check_once([each.line_id for each in of_lines], "orderLineId")
    _check_once([each.parcel_line_id for each in of_parcels], "fulfillmentLineId")
    rows = await session.execute(
        select(FulfillmentLine, Fulfillment.status)
        .join(Fulfillment, Fulfillment.id == FulfillmentLine.fulfillment_id)
        .where(
            FulfillmentLine.id.in_([each.parcel_line_id for each in of_parcels]),
            Fulfillment.order_id == locked.order.id,
        ),
        execution_options={"populate_existing": True},
    )
    found = {line.id: (line, status) for line, status in rows}
    for each in of_parcels:
        if each.parcel_line_id not in found:
            raise NotFoundError("This parcel is not of this order.", field="fulfillmentLineId")
        moving.append(_of_parcel(locked, each, *found[each.parcel_line_id], movable))
    return moving


def _of_line(locked: Locked, given: LinePieces) -> Moving:
    line = locked.lines.get(given.line_id)
    if line is None:
        raise NotFoundError("This line is not in this order.", field="orderLineId")
    named = [to_global_id("OrderLine", line.id)]
    left = line.quantity - line.quantity_fulfilled
    if not 0 < given.quantity <= left:
        raise InvalidQuantityError(
            f"Only {left} pieces of {line.product_name} are in no parcel.",
            field="orderLineId",
            order_lines=named,
        )
    _check_replaceable(line, given.replace)
    return Moving(line, given.quantity, None, None, given.replace, given.why)


def _of_parcel(
    locked: Locked,
    given: ParcelPieces,
    source: FulfillmentLine,
    status: FulfillmentStatus,
    movable: Collection[FulfillmentStatus],
) -> Moving:
    line = locked.lines[source.order_line_id]
    if not 0 < given.quantity <= source.quantity:
        raise InvalidQuantityError(
            f"Only {source.quantity} pieces of {line.product_name} are in this parcel.",
            field="fulfillmentLineId",
        )
    if status not in movable:
        raise FulfillmentStatusError(
            f"This can't be done to what is {status.lower().replace('_', ' ')}.", field="fulfillmentLineId"
        )
    _check_replaceable(line, given.replace)
    return Moving(line, given.quantity, source, status, given.replace, given.why)


def _check_replaceable(line: OrderLine, replace: bool) -> None:
    if replace and line.variant_id is None:
        raise InvalidQuantityError(
            "It is not sold any more: nothing can replace it.",
            field="orderLineId",
            order_lines=[to_global_id("OrderLine", line.id)],
        )


def _check_once(keys: Sequence[object], field: str) -> None:
    if len(set(keys)) != len(keys):
        raise InvalidError("It is named twice.", field=field, code="DUPLICATED_INPUT_ITEM")


async def move(
    session: AsyncSession,
    locked: Locked,
    moving: Sequence[Moving],
    status: FulfillmentStatus,
    *,
    why: Why = UNSAID,
    refunds: Mapping[UUID, tuple[int | None, int | None]] | None = None,
) -> list[Fulfillment]:
    """Put pieces into new parcels of a kind, one for each seller. `refunds` says by vendor order what is paid
    back with it, and what of it is for the delivery: such a seller gets a parcel even without any pieces.
    """
    refunds = refunds or {}
    by_part: dict[UUID, list[Moving]] = {part_id: [] for part_id in refunds}
    for each in moving:
        by_part.setdefault(locked.part_of(each.line.id).id, []).append(each)
    now, parcels = clock.now(), []
    for part_id, pieces in sorted(by_part.items(), key=lambda item: locked.parts[item[0]].position):
        part = locked.parts[part_id]
        rooms = await room_of(session, [each.source.stock_id for each in pieces if each.source])
        parcel = await write_parcel(session, locked.order, part, [], now, status=status, warehouse_id=rooms)
        parcel.reason, parcel.reason_page_id = why.text, why.page_id
        parcel.total_refund_minor, parcel.shipping_refund_minor = refunds.get(part_id, (None, None))
        _fill(session, parcel, pieces)
        parcels.append(parcel)
    await session.flush()
    not_left: dict[UUID, int] = defaultdict(int)
    for each in moving:
        if each.source is None:
            each.line.quantity_fulfilled += each.quantity
        else:
            each.source.quantity -= each.quantity
            if not each.source.quantity:
                await session.delete(each.source)
        if not each.has_left:
            not_left[each.line.id] += each.quantity
    await session.flush()
    if not_left:
        await release_some(session, not_left)
    return parcels


def _fill(session: AsyncSession, parcel: Fulfillment, pieces: Sequence[Moving]) -> None:
    lines: dict[tuple[UUID, int | None, bool, Why], FulfillmentLine] = {}
    for each in pieces:
        stock_id = each.source.stock_id if each.source and each.has_left else None
        key = (each.line.id, stock_id, each.has_left, each.why)
        line = lines.get(key)
        if line is None:
            line = lines[key] = FulfillmentLine(
                fulfillment_id=parcel.id,
                order_line_id=each.line.id,
                stock_id=stock_id,
                quantity=0,
                has_left=each.has_left,
                reason=each.why.text,
                reason_page_id=each.why.page_id,
            )
            session.add(line)
        line.quantity += each.quantity


async def forget_empty(session: AsyncSession, locked: Locked) -> None:
    """Delete parcels of which all pieces have moved elsewhere, as Saleor does."""
    filled = select(FulfillmentLine.id).where(FulfillmentLine.fulfillment_id == Fulfillment.id).exists()
    await session.execute(
        delete(Fulfillment).where(
            Fulfillment.order_id == locked.order.id,
            Fulfillment.status.in_([FulfillmentStatus.FULFILLED, FulfillmentStatus.WAITING_FOR_APPROVAL]),
            ~filled,
        ),
        execution_options={"synchronize_session": "fetch"},
    )


def lines_told(moving: Sequence[Moving]) -> list[dict[str, object]]:
    """Pieces as the order's history keeps them."""
    return [
        {
            "order_line_id": str(each.line.id),
            "quantity": each.quantity,
            "item_name": each.line.product_name,
        }
        for each in moving
    ]
