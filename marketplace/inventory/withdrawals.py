"""Pieces that leave from the store room that was named, and pieces that come back into one.

As in `allocations`, all functions lock the stocks that they touch in the order of their ids.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import delete, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.inventory.allocations import Taken
from marketplace.inventory.availability import still_good
from marketplace.inventory.errors import NotInWarehouseError
from marketplace.inventory.models import Allocation, Lot, Stock
from marketplace.kit import clock
from marketplace.kit.errors import DomainError, Errors


@dataclass(frozen=True, slots=True)
class Leaving:
    """Pieces of an order line that are to leave from a store room."""

    line_id: UUID
    variant_id: int | None
    warehouse_id: UUID
    quantity: int
    is_counted: bool = True
    """False where the variant's stock is not tracked."""


@dataclass(slots=True)
class _Shelf:
    id: int
    variant_id: int
    warehouse_id: UUID
    quantity: int
    allocated: int
    is_good: bool
    best_before: date

    @property
    def free(self) -> int:
        return self.quantity - self.allocated if self.is_good else 0


Allocated = dict[tuple[UUID, int], int]
"""Pieces by order line and stock."""


async def take(
    session: AsyncSession, leaving: Sequence[Leaving], *, beyond_stock: bool = False
) -> list[list[Taken]]:
    """Pieces of order lines leave from the store rooms named: what of them each line took, from which stock.

    A line's own pieces there go first, then free ones there, in whose place its pieces elsewhere are for sale
    again. With `beyond_stock` more may leave than is counted there: these leave without a stock, and what is
    sold to others stays. Raises Errors of NotInWarehouseErrors.
    """
    shelves, allocated = await _locked(session, leaving)
    before = {shelf.id: (shelf.quantity, shelf.allocated) for shelf in shelves.values()}
    allocated_before = dict(allocated)
    taken: list[list[Taken]] = []
    missing: list[DomainError] = []
    for each in leaving:
        took, left = _from_own(each, shelves, allocated)
        if left and each.is_counted:
            more, left = _from_free(each, left, shelves, allocated)
            took += more
        if left and each.is_counted and not beyond_stock:
            missing.append(NotInWarehouseError(each.line_id, each.warehouse_id, each.quantity - left))
        if left:
            _give_up(each.line_id, left, shelves, allocated)
            took.append(Taken(each.line_id, None, left))
        taken.append(_joined(took))
    if missing:
        raise Errors(missing)
    await _write_shelves(session, before, shelves)
    await _write_allocations(session, allocated_before, allocated)
    return taken


def _from_own(each: Leaving, shelves: Mapping[int, _Shelf], allocated: Allocated) -> tuple[list[Taken], int]:
    """Pieces in the store room that are the line's own already; and how many are missing."""
    took, left = [], each.quantity
    for (line_id, stock_id), quantity in allocated.items():
        shelf = shelves[stock_id]
        if line_id != each.line_id or shelf.warehouse_id != each.warehouse_id or not left:
            continue
        pieces = min(quantity, left)
        allocated[line_id, stock_id] -= pieces
        shelf.allocated -= pieces
        shelf.quantity -= pieces
        left -= pieces
        took.append(Taken(line_id, stock_id, pieces))
    return took, left


def _from_free(
    each: Leaving, left: int, shelves: Mapping[int, _Shelf], allocated: Allocated
) -> tuple[list[Taken], int]:
    """Unsold pieces in the store room, the lot that keeps the shortest first."""
    took = []
    for shelf in sorted(shelves.values(), key=lambda shelf: (shelf.best_before, shelf.id)):
        if shelf.variant_id != each.variant_id or shelf.warehouse_id != each.warehouse_id:
            continue
        pieces = min(shelf.free, left)
        if pieces > 0:
            shelf.quantity -= pieces
            left -= pieces
            _give_up(each.line_id, pieces, shelves, allocated)
            took.append(Taken(each.line_id, shelf.id, pieces))
    return took, left


def _give_up(line_id: UUID, quantity: int, shelves: Mapping[int, _Shelf], allocated: Allocated) -> None:
    """Others take these pieces' place: so many of the line's own are for sale again."""
    for key in [key for key in reversed(allocated) if key[0] == line_id]:
        pieces = min(allocated[key], quantity)
        allocated[key] -= pieces
        shelves[key[1]].allocated -= pieces
        quantity -= pieces


def _joined(taken: Sequence[Taken]) -> list[Taken]:
    """Each stock once."""
    sums: dict[tuple[UUID, int | None], int] = defaultdict(int)
    for piece in taken:
        sums[piece.line_id, piece.stock_id] += piece.quantity
    return [Taken(line_id, stock_id, quantity) for (line_id, stock_id), quantity in sums.items()]


async def _locked(session: AsyncSession, leaving: Sequence[Leaving]) -> tuple[dict[int, _Shelf], Allocated]:
    """The stocks that the pieces may leave from or are allocated in, locked; and the lines' allocations."""
    line_ids = {each.line_id for each in leaving}
    places = {(each.variant_id, each.warehouse_id) for each in leaving if each.variant_id is not None}
    sold_in = select(Allocation.stock_id).where(Allocation.order_line_id.in_(line_ids))
    named = or_(Stock.id.in_(sold_in), tuple_(Stock.variant_id, Stock.warehouse_id).in_(places))
    await session.execute(select(Stock.id).where(named).order_by(Stock.id).with_for_update(key_share=True))
    best_before = select(Lot.best_before).where(Lot.id == Stock.lot_id).correlate(Stock).scalar_subquery()
    rows = await session.execute(
        select(
            Stock.id,
            Stock.variant_id,
            Stock.warehouse_id,
            Stock.quantity,
            Stock.quantity_allocated,
            still_good(Stock.lot_id, clock.now()),
            best_before,
        )
        .where(named)
        .order_by(Stock.id)
    )
    shelves = {row[0]: _Shelf(*row[:6], row[6] or date.max) for row in rows}
    sold = await session.execute(
        select(Allocation.order_line_id, Allocation.stock_id, Allocation.quantity)
        .where(Allocation.order_line_id.in_(line_ids), Allocation.quantity > 0)
        .order_by(Allocation.stock_id)
    )
    return shelves, {(line_id, stock_id): quantity for line_id, stock_id, quantity in sold}


async def release_some(session: AsyncSession, quantities: Mapping[UUID, int]) -> None:
    """So many pieces of order lines are not sold any more: for sale again. What was never counted is not."""
    leaving = [Leaving(line_id, None, _NOWHERE, quantity) for line_id, quantity in quantities.items()]
    shelves, allocated = await _locked(session, leaving)
    before = {shelf.id: (shelf.quantity, shelf.allocated) for shelf in shelves.values()}
    allocated_before = dict(allocated)
    for line_id, quantity in quantities.items():
        _give_up(line_id, quantity, shelves, allocated)
    await _write_shelves(session, before, shelves)
    await _write_allocations(session, allocated_before, allocated)


_NOWHERE = UUID(int=0)


@dataclass(frozen=True, slots=True)
class ComingBack:
    """Pieces of an order line that had left, from a stock if they were counted."""

    line_id: UUID
    variant_id: int
    stock_id: int | None
    quantity: int


async def bring_back(session: AsyncSession, pieces: Sequence[ComingBack], warehouse_id: UUID) -> None:
    """Put pieces on the shelves of a store room. They are still sold to their order lines.

    They keep their lot. A store room that has no shelf for them gets one.
    """
    if not pieces:
        return
    lots = await session.execute(
        select(Stock.id, Stock.lot_id).where(
            Stock.id.in_([each.stock_id for each in pieces if each.stock_id])
        )
    )
    lot_of: dict[int, int | None] = dict(lots.all())
    wanted = {(each.variant_id, lot_of.get(each.stock_id or 0)) for each in pieces}
    await session.execute(
        insert(Stock)
        .values(
            [
                {"variant_id": variant_id, "warehouse_id": warehouse_id, "lot_id": lot_id}
                for variant_id, lot_id in sorted(wanted, key=lambda each: (each[0], each[1] or 0))
            ]
        )
        .on_conflict_do_nothing()
    )
    rows = await session.execute(
        select(Stock.id, Stock.variant_id, Stock.lot_id)
        .where(Stock.warehouse_id == warehouse_id, Stock.variant_id.in_({each for each, _ in wanted}))
        .order_by(Stock.id)
        .with_for_update(key_share=True)
    )
    shelf_of = {(variant_id, lot_id): stock_id for stock_id, variant_id, lot_id in rows}
    back: Allocated = defaultdict(int)
    for each in pieces:
        back[each.line_id, shelf_of[each.variant_id, lot_of.get(each.stock_id or 0)]] += each.quantity
    sums: dict[int, int] = defaultdict(int)
    for (_, stock_id), quantity in back.items():
        sums[stock_id] += quantity
    await session.execute(
        _SHIFT, {"ids": list(sums), "quantities": list(sums.values()), "allocated": list(sums.values())}
    )
    await session.execute(_ALLOCATE_MORE, _columns(back))


async def _write_shelves(
    session: AsyncSession, before: Mapping[int, tuple[int, int]], shelves: Mapping[int, _Shelf]
) -> None:
    changes = [
        (shelf.id, shelf.quantity - before[shelf.id][0], shelf.allocated - before[shelf.id][1])
        for shelf in shelves.values()
        if (shelf.quantity, shelf.allocated) != before[shelf.id]
    ]
    if changes:
        ids, quantities, allocated = zip(*changes, strict=True)
        await session.execute(
            _SHIFT, {"ids": list(ids), "quantities": list(quantities), "allocated": list(allocated)}
        )


async def _write_allocations(session: AsyncSession, before: Allocated, after: Allocated) -> None:
    changed = {key: quantity for key, quantity in after.items() if quantity != before[key]}
    kept = {key: quantity for key, quantity in changed.items() if quantity}
    if kept:
        await session.execute(_SET_ALLOCATED, _columns(kept))
    await _forget(session, changed.keys() - kept.keys())


async def _forget(session: AsyncSession, keys: Collection[tuple[UUID, int]]) -> None:
    if keys:
        gone = tuple_(Allocation.order_line_id, Allocation.stock_id).in_(keys)
        await session.execute(
            delete(Allocation).where(gone), execution_options={"synchronize_session": False}
        )


def _columns(shares: Mapping[tuple[UUID, int], int]) -> dict[str, object]:
    return {
        "line_ids": [line_id for line_id, _ in shares],
        "stock_ids": [stock_id for _, stock_id in shares],
        "quantities": list(shares.values()),
    }


_SHIFT = text(
    """
    UPDATE stock
    SET quantity = stock.quantity + change.quantity,
        quantity_allocated = quantity_allocated + change.allocated
    FROM unnest(CAST(:ids AS bigint[]), CAST(:quantities AS bigint[]), CAST(:allocated AS bigint[]))
        AS change (stock_id, quantity, allocated)
    WHERE stock.id = change.stock_id
    """
)
_SET_ALLOCATED = text(
    """
    UPDATE allocation SET quantity = given.quantity
    FROM unnest(CAST(:line_ids AS uuid[]), CAST(:stock_ids AS bigint[]), CAST(:quantities AS bigint[]))
        AS given (line_id, stock_id, quantity)
    WHERE allocation.order_line_id = given.line_id AND allocation.stock_id = given.stock_id
    """
)
_ALLOCATE_MORE = text(
    """
    INSERT INTO allocation (order_line_id, stock_id, quantity)
    SELECT line_id, stock_id, quantity
    FROM unnest(CAST(:line_ids AS uuid[]), CAST(:stock_ids AS bigint[]), CAST(:quantities AS bigint[]))
        AS given (line_id, stock_id, quantity)
    ON CONFLICT (order_line_id, stock_id) DO UPDATE SET quantity = allocation.quantity + excluded.quantity
    """
)
