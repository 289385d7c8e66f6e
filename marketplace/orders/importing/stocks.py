"""What an import does to stock: pieces that had left are off the shelf, the others are sold."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Uuid, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.inventory.models import Stock
from marketplace.orders.importing.plans import LinePlan, Plan
from marketplace.orders.models import OrderStatus

NOTHING_SOLD = frozenset({OrderStatus.CANCELED, OrderStatus.EXPIRED})


class StockUpdatePolicy(StrEnum):
    """What becomes of stock."""

    SKIP = "SKIP"
    """Nothing: whoever imports has counted it already."""
    UPDATE = "UPDATE"
    """What is not there refuses the order."""
    FORCE = "FORCE"
    """What is not there is done without: a shelf is never below empty."""


@dataclass(slots=True)
class Shelf:
    """A stock, as it will be."""

    id: int
    free: int
    taken: int = 0
    """Pieces that had left."""
    sold: int = 0


@dataclass(slots=True)
class Shares:
    """From which shelves the pieces of lines come."""

    left: dict[UUID, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    """By line: stock and pieces that had left it."""
    sold: list[tuple[UUID, int, int]] = field(default_factory=list)
    """Line, stock, pieces."""
    shelves: list[Shelf] = field(default_factory=list)


async def move_stock(session: AsyncSession, plans: Sequence[Plan], policy: StockUpdatePolicy) -> Shares:
    """Take pieces for orders that are coming in. An order that can't have its own is lost, and told so.

    Two statements, whatever the number of orders.
    """
    shares = Shares()
    if policy is StockUpdatePolicy.SKIP:
        return shares
    coming = [plan for plan in plans if plan.is_coming and plan.status not in NOTHING_SOLD]
    shelves = await _locked_shelves(session, [line for plan in coming for line in plan.lines])
    for plan in coming:
        if _has_shelves(plan, shelves) and (policy is StockUpdatePolicy.FORCE or _is_enough(plan, shelves)):
            for line in plan.lines:
                if line.is_tracked:
                    _take(line, shelves[_place(line)], shares)
    changed = [shelf for some in shelves.values() for shelf in some if shelf.taken or shelf.sold]
    shares.shelves = changed
    if changed:
        await session.execute(
            _CHANGE,
            {
                "stock_ids": [shelf.id for shelf in changed],
                "taken": [shelf.taken for shelf in changed],
                "sold": [shelf.sold for shelf in changed],
            },
        )
    return shares


Place = tuple[int | None, UUID]


def _place(line: LinePlan) -> Place:
    return line.variant_id, line.warehouse_id


async def _locked_shelves(session: AsyncSession, lines: Sequence[LinePlan]) -> dict[Place, list[Shelf]]:
    """The stocks of the lines' variants in their store rooms, locked in the order of their ids."""
    wanted = {line.variant_id for line in lines if line.variant_id is not None}
    shelves: dict[Place, list[Shelf]] = defaultdict(list)
    if wanted:
        rooms = {line.warehouse_id for line in lines}
        rows = await session.execute(_SHELVES, {"variant_ids": sorted(wanted), "warehouse_ids": list(rooms)})
        for stock_id, variant_id, warehouse_id, free in rows:
            shelves[variant_id, warehouse_id].append(Shelf(stock_id, free))
    return shelves


_SHELVES = (
    select(Stock.id, Stock.variant_id, Stock.warehouse_id, Stock.quantity - Stock.quantity_allocated)
    .where(
        Stock.variant_id == func.any(bindparam("variant_ids", type_=ARRAY(BigInteger))),
        Stock.warehouse_id == func.any(bindparam("warehouse_ids", type_=ARRAY(Uuid))),
    )
    .order_by(Stock.id)
    .with_for_update(key_share=True)
)


def _has_shelves(plan: Plan, shelves: dict[Place, list[Shelf]]) -> bool:
    for index, line in enumerate(plan.lines):
        if line.is_tracked and not shelves.get(_place(line)):
            message = "The store room has no stock of this variant."
            plan.fault(message, "NON_EXISTING_STOCK", f"lines.{index}", is_fatal=True)
    return not plan.is_lost


def _is_enough(plan: Plan, shelves: dict[Place, list[Shelf]]) -> bool:
    wanted: dict[Place, int] = defaultdict(int)
    for index, line in enumerate(plan.lines):
        if not line.is_tracked:
            continue
        wanted[_place(line)] += line.quantity
        if wanted[_place(line)] > sum(shelf.free for shelf in shelves[_place(line)]):
            message = "The store room has not so many pieces."
            plan.fault(message, "INSUFFICIENT_STOCK", f"lines.{index}", is_fatal=True)
    return not plan.is_lost


def _take(line: LinePlan, shelves: list[Shelf], shares: Shares) -> None:
    """Pieces that had left first, then those that are sold; as many as there are."""
    for quantity, has_left in ((line.fulfilled, True), (line.quantity - line.fulfilled, False)):
        missing = quantity
        for shelf in shelves:
            pieces = min(missing, shelf.free)
            if not pieces:
                continue
            shelf.free -= pieces
            missing -= pieces
            if has_left:
                shelf.taken += pieces
                shares.left[line.id].append((shelf.id, pieces))
            else:
                shelf.sold += pieces
                shares.sold.append((line.id, shelf.id, pieces))


_CHANGE = text(
    """
    UPDATE stock
    SET quantity = stock.quantity - change.taken, quantity_allocated = quantity_allocated + change.sold
    FROM unnest(CAST(:stock_ids AS bigint[]), CAST(:taken AS bigint[]), CAST(:sold AS bigint[]))
        AS change (stock_id, taken, sold)
    WHERE stock.id = change.stock_id
    """
)
