"""Allocations: pieces that are sold. From the order until the carrier takes them, they stand on the shelf.

All functions lock the stocks that they touch in the order of their ids.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf
from uuid import UUID

from sqlalchemy import BigInteger, BindParameter, DateTime, Row, bindparam, delete, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.inventory.availability import still_good, stocks_of
from marketplace.inventory.errors import InsufficientStockError, Shortage
from marketplace.inventory.models import Allocation, Lot, Stock
from marketplace.inventory.reservations import Wanted
from marketplace.inventory.serving import place_of, serves_channel
from marketplace.inventory.telling import tell_channels
from marketplace.kit import clock
from marketplace.kit.announcements import RowKey, announce
from marketplace.markets.models import AllocationStrategy, Channel


@dataclass(frozen=True, slots=True)
class Taken:
    """Pieces of a stock that went out for an order line. Without a stock: they were not counted."""

    line_id: UUID
    stock_id: int | None
    quantity: int


async def allocate(session: AsyncSession, wanted: Sequence[Wanted], channel: Channel) -> None:
    """Sell pieces to order lines, from store rooms that serve the channel: the lot that keeps the shortest
    first; then, if the channel wants it so, from the store room that staff put first; then from the fullest
    shelf.

    Raises InsufficientStockError. Reservations are not looked at: the caller has seen to them
    (`reservations.check_available`). Two statements, whatever the number of lines.
    """
    if not wanted:
        return
    free = await _locked_free_pieces(session, {line.variant_id for line in wanted}, channel)
    shares: dict[tuple[UUID, int], int] = {}
    shortages: list[Shortage] = []
    for line in wanted:
        missing = line.quantity
        shelves = free[line.variant_id]
        for stock_id in list(shelves):
            taken = min(missing, shelves[stock_id])
            if taken:
                shares[line.line_id, stock_id] = taken
                shelves[stock_id] -= taken
                missing -= taken
        if missing:
            shortages.append(Shortage(line.variant_id, line.quantity, line.quantity - missing))
    if shortages:
        raise InsufficientStockError(shortages)
    await session.execute(_ALLOCATE, _arrays(shares))
    left = {stock_id: pieces for shelves in free.values() for stock_id, pieces in shelves.items()}
    sold_out = dict.fromkeys(stock_id for _, stock_id in shares if not left[stock_id])
    await announce(session, "PRODUCT_VARIANT_OUT_OF_STOCK", *(RowKey(Stock, key) for key in sold_out))
    sold: dict[int, int] = defaultdict(int)
    for (_, stock_id), pieces in shares.items():
        sold[stock_id] += pieces
    await tell_channels(session, {key: (left[key] + pieces, left[key]) for key, pieces in sold.items()})


async def lock_sold(session: AsyncSession, line_ids: Collection[UUID]) -> None:
    """Take the locks of whatever is sold to order lines, all at once: for who changes several sellers' parts
    one after the other, and would otherwise take them in another order than a sale does.
    """
    await _locked_allocations(session, line_ids)


async def release(session: AsyncSession, line_ids: Collection[UUID]) -> None:
    """Take back the sale of whatever of these order lines has not left yet: it is for sale again."""
    allocations = await _locked_allocations(session, line_ids)
    await _change_allocated(session, {key: -quantity for key, quantity in allocations.items()})
    await session.execute(delete(Allocation).where(Allocation.order_line_id.in_(line_ids)))


async def consume(session: AsyncSession, quantities: Mapping[UUID, int]) -> list[Taken]:
    """Pieces of order lines leave the house: off the shelf, and no longer sold ones on it.

    Gives from which stock they went. Pieces of a line beyond its allocations were never counted
    (`track_inventory` is off): they leave without a stock.
    """
    allocations = await _locked_allocations(session, quantities)
    taken: list[Taken] = []
    shares: dict[tuple[UUID, int], int] = {}
    left = dict(quantities)
    for (line_id, stock_id), allocated in allocations.items():
        quantity = min(allocated, left[line_id])
        if quantity:
            shares[line_id, stock_id] = quantity
            left[line_id] -= quantity
            taken.append(Taken(line_id, stock_id, quantity))
    taken += [Taken(line_id, None, quantity) for line_id, quantity in left.items() if quantity]
    if shares:
        await session.execute(_CONSUME_STOCK, _arrays(shares))
        await session.execute(_CONSUME_ALLOCATION, _arrays(shares))
        gone = dict.fromkeys(stock_id for _, stock_id in shares)
        await announce(session, "PRODUCT_VARIANT_STOCK_UPDATED", *(RowKey(Stock, key) for key in gone))
    return taken


async def restock(session: AsyncSession, taken: Collection[Taken]) -> None:
    """Pieces that had left come back onto their shelves, and are for sale."""
    counted = {
        (piece.line_id, piece.stock_id): piece.quantity for piece in taken if piece.stock_id is not None
    }
    if counted:
        await _lock(session, {stock_id for _, stock_id in counted})
        restocked = (await session.execute(_RESTOCK, _arrays(counted))).all()
        keys = [RowKey(Stock, stock_id) for stock_id, _, _ in restocked]
        await announce(session, "PRODUCT_VARIANT_STOCK_UPDATED", *keys)
        await _tell_what_is_back(session, restocked)


async def _locked_free_pieces(
    session: AsyncSession, variant_ids: Collection[int], channel: Channel
) -> dict[int, dict[int, int]]:
    """Unsold pieces that may be sold, by variant and stock, in the order in which they are to be sold."""
    rows = await session.execute(
        _FREE_PIECES,
        {"variant_ids": sorted(variant_ids), "now": clock.now(), "channel_id": channel.id},
    )
    free: dict[int, dict[int, int]] = defaultdict(dict)
    in_turn = _FIRST_TO_GO[channel.allocation_strategy]
    for variant_id, stock_id, pieces, *_ in sorted(rows, key=in_turn):
        free[variant_id][stock_id] = pieces
    return free


_Shelf = Row[int, int, int, date | None, int | None]


def _fullest_first(shelf: _Shelf) -> tuple[date, int, int]:
    _, stock_id, pieces, best_before, _ = shelf
    return best_before or date.max, -pieces, stock_id


def _by_place(shelf: _Shelf) -> tuple[date, float, int, int]:
    """Store rooms that staff have given no place come after those that have one, the fullest shelf first."""
    _, stock_id, pieces, best_before, place = shelf
    return best_before or date.max, inf if place is None else place, -pieces, stock_id


_FIRST_TO_GO: dict[AllocationStrategy, Callable[[_Shelf], tuple[object, ...]]] = {
    AllocationStrategy.PRIORITIZE_HIGH_STOCK: _fullest_first,
    AllocationStrategy.PRIORITIZE_SORTING_ORDER: _by_place,
}


_best_before = select(Lot.best_before).where(Lot.id == Stock.lot_id).correlate(Stock).scalar_subquery()
_FREE_PIECES = (
    stocks_of(bindparam("variant_ids", type_=ARRAY(BigInteger)))
    .where(
        still_good(Stock.lot_id, bindparam("now", type_=DateTime(timezone=True))),
        serves_channel(Stock.warehouse_id, bindparam("channel_id", type_=BigInteger)),
    )
    .with_only_columns(
        Stock.variant_id,
        Stock.id,
        Stock.quantity - Stock.quantity_allocated,
        _best_before,
        place_of(Stock.warehouse_id, bindparam("channel_id", type_=BigInteger)),
    )
)


async def _locked_allocations(
    session: AsyncSession, line_ids: Collection[UUID]
) -> dict[tuple[UUID, int], int]:
    """What is allocated to order lines, their stocks locked."""
    of_lines = Allocation.order_line_id.in_(line_ids)
    stock_ids = (await session.scalars(select(Allocation.stock_id).where(of_lines))).all()
    await _lock(session, set(stock_ids))
    rows = await session.execute(
        select(Allocation.order_line_id, Allocation.stock_id, Allocation.quantity)
        .where(of_lines, Allocation.quantity > 0)
        .order_by(Allocation.stock_id)
    )
    return {(line_id, stock_id): quantity for line_id, stock_id, quantity in rows}


async def _lock(session: AsyncSession, stock_ids: Collection[int]) -> None:
    await session.execute(
        select(Stock.id)
        .where(Stock.id == func.any(_keys(stock_ids)))
        .order_by(Stock.id)
        .with_for_update(key_share=True)
    )


async def _change_allocated(session: AsyncSession, shares: Mapping[tuple[UUID, int], int]) -> None:
    if shares:
        changed = (await session.execute(_CHANGE_ALLOCATED, _arrays(shares))).all()
        await _tell_what_is_back(session, changed)


async def _tell_what_is_back(session: AsyncSession, changed: Sequence[Row[int, int, int]]) -> None:
    """Announce the stocks that had nothing to sell and have something again: (stock, free, more free)."""
    back = [stock_id for stock_id, free, more in changed if free > 0 >= free - more]
    await announce(session, "PRODUCT_VARIANT_BACK_IN_STOCK", *(RowKey(Stock, key) for key in back))
    await tell_channels(session, {stock_id: (free - more, free) for stock_id, free, more in changed})


def _arrays(shares: Mapping[tuple[UUID, int], int]) -> dict[str, object]:
    return {
        "line_ids": [line_id for line_id, _ in shares],
        "stock_ids": [stock_id for _, stock_id in shares],
        "quantities": list(shares.values()),
    }


def _keys(ids: Collection[int]) -> BindParameter[Sequence[int]]:
    return bindparam("keys", sorted(ids), ARRAY(BigInteger))


# Several lines may take from one stock, and an UPDATE changes a row once: hence the sums.
_CHANGE_ALLOCATED = text(
    """
    UPDATE stock SET quantity_allocated = quantity_allocated + change.quantity
    FROM (
        SELECT stock_id, sum(quantity) AS quantity
        FROM unnest(CAST(:stock_ids AS bigint[]), CAST(:quantities AS bigint[])) AS given (stock_id, quantity)
        GROUP BY stock_id
    ) AS change
    WHERE stock.id = change.stock_id
    RETURNING stock.id, stock.quantity - quantity_allocated, - change.quantity
    """
)
_ALLOCATE = text(
    """
    WITH given AS (
        SELECT line_id, stock_id, quantity
        FROM unnest(CAST(:line_ids AS uuid[]), CAST(:stock_ids AS bigint[]), CAST(:quantities AS bigint[]))
            AS given (line_id, stock_id, quantity)
    ), sold AS (
        UPDATE stock SET quantity_allocated = quantity_allocated + change.quantity
        FROM (SELECT stock_id, sum(quantity) AS quantity FROM given GROUP BY stock_id) AS change
        WHERE stock.id = change.stock_id
    )
    INSERT INTO allocation (order_line_id, stock_id, quantity) SELECT line_id, stock_id, quantity FROM given
    """
)
_CONSUME_STOCK = text(
    """
    UPDATE stock
    SET quantity = stock.quantity - change.quantity, quantity_allocated = quantity_allocated - change.quantity
    FROM (
        SELECT stock_id, sum(quantity) AS quantity
        FROM unnest(CAST(:stock_ids AS bigint[]), CAST(:quantities AS bigint[])) AS given (stock_id, quantity)
        GROUP BY stock_id
    ) AS change
    WHERE stock.id = change.stock_id
    """
)
_RESTOCK = text(
    """
    UPDATE stock SET quantity = stock.quantity + change.quantity
    FROM (
        SELECT stock_id, sum(quantity) AS quantity
        FROM unnest(CAST(:stock_ids AS bigint[]), CAST(:quantities AS bigint[])) AS given (stock_id, quantity)
        GROUP BY stock_id
    ) AS change
    WHERE stock.id = change.stock_id
    RETURNING stock.id, stock.quantity - quantity_allocated, change.quantity
    """
)
_CONSUME_ALLOCATION = text(
    """
    UPDATE allocation SET quantity = allocation.quantity - left_now.quantity
    FROM unnest(CAST(:line_ids AS uuid[]), CAST(:stock_ids AS bigint[]), CAST(:quantities AS bigint[]))
        AS left_now (line_id, stock_id, quantity)
    WHERE allocation.order_line_id = left_now.line_id AND allocation.stock_id = left_now.stock_id
    """
)
