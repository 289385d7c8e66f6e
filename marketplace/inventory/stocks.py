"""What lies in store rooms, as staff and sellers say it: laid in, counted anew, taken away.

These are the pieces of no named lot (lots: `inventory.lots`). Never fewer than are sold and have not left.
"""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import BigInteger, Uuid, any_, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.inventory.models import Allocation, Stock, Warehouse
from marketplace.inventory.telling import tell_channels
from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, Errors, InvalidError, UniqueError

MOST_PIECES = 2**31 - 1
UNSYNCHRONISED = {"synchronize_session": False}


def check_whose(warehouse: Warehouse, vendor_id: int) -> None:
    """Raises InvalidError for another seller's store room: goods lie with their seller, or with the shop."""
    if warehouse.vendor_id not in (None, vendor_id):
        raise InvalidError("This store room is another seller's than the product.", field="warehouse")


def check_pieces(quantity: int, allocated: int = 0) -> None:
    """Raises InvalidError for what can't be counted on a shelf."""
    if not 0 <= quantity <= MOST_PIECES:
        raise InvalidError("There are no fewer than none, and not that many.", field="quantity")
    if quantity < allocated:
        message = f"{allocated} pieces are sold and have not left: at least so many lie here."
        raise InvalidError(message, field="quantity")


async def create_stocks(
    session: AsyncSession, variant_id: int, wanted: Sequence[tuple[Warehouse, int]]
) -> list[Stock]:
    """Lay pieces of a variant into store rooms that have none. Raises Errors with the `index` of each
    mistake: UNIQUE for a room that has some, or is named twice.
    """
    known = await _locked(session, variant_id, [warehouse.id for warehouse, _ in wanted])
    _check_each(wanted, known, may_exist=False)
    stocks = [
        Stock(variant_id=variant_id, warehouse_id=warehouse.id, quantity=quantity)
        for warehouse, quantity in wanted
    ]
    session.add_all(stocks)
    await session.flush()
    await announce(session, "PRODUCT_VARIANT_BACK_IN_STOCK", *(each for each in stocks if each.quantity))
    await announce(session, "PRODUCT_VARIANT_STOCK_UPDATED", *stocks)
    await tell_channels(session, {stock.id: (0, stock.quantity) for stock in stocks})
    return stocks


async def set_stocks(
    session: AsyncSession, variant_id: int, wanted: Sequence[tuple[Warehouse, int]]
) -> list[Stock]:
    """Say how many pieces of a variant lie in store rooms, whether or not there were any. Raises Errors."""
    known = await _locked(session, variant_id, [warehouse.id for warehouse, _ in wanted])
    _check_each(wanted, known, may_exist=True)
    new = [(warehouse, quantity) for warehouse, quantity in wanted if warehouse.id not in known]
    await recount(
        session,
        [(known[warehouse.id], quantity) for warehouse, quantity in wanted if warehouse.id in known],
    )
    await create_stocks(session, variant_id, new)
    return list(known.values())


async def recount(session: AsyncSession, counted: Sequence[tuple[Stock, int]]) -> list[Stock]:
    """Write how many pieces lie on shelves that are locked and checked; gives those that change."""
    changed = [(stock, quantity) for stock, quantity in counted if stock.quantity != quantity]
    gone, back = [], []
    free: dict[int, tuple[int, int]] = {}
    for stock, quantity in changed:
        before, after = stock.quantity - stock.quantity_allocated, quantity - stock.quantity_allocated
        free[stock.id] = before, after
        if after <= 0 < before:
            gone.append(stock)
        if before <= 0 < after:
            back.append(stock)
        stock.quantity = quantity
    await session.flush()
    await announce(session, "PRODUCT_VARIANT_OUT_OF_STOCK", *gone)
    await announce(session, "PRODUCT_VARIANT_BACK_IN_STOCK", *back)
    await announce(session, "PRODUCT_VARIANT_STOCK_UPDATED", *(stock for stock, _ in changed))
    await tell_channels(session, free)
    return [stock for stock, _ in changed]


async def delete_stocks(session: AsyncSession, variant_id: int, warehouse_ids: Collection[UUID]) -> None:
    """Take all pieces of a variant out of store rooms, its lots' too."""
    rooms = bindparam("rooms", list(warehouse_ids), ARRAY(Uuid))
    found = await session.scalars(
        select(Stock)
        .where(Stock.variant_id == variant_id, Stock.warehouse_id == any_(rooms))
        .order_by(Stock.id)
        .with_for_update()
    )
    await remove(session, found.all())


async def remove(session: AsyncSession, stocks: Sequence[Stock]) -> None:
    """Take locked stocks away. What is sold of them and has not left will leave uncounted."""
    if not stocks:
        return
    await announce(session, "PRODUCT_VARIANT_OUT_OF_STOCK", *(stock for stock in stocks if stock.quantity))
    await tell_channels(
        session, {stock.id: (stock.quantity - stock.quantity_allocated, 0) for stock in stocks}
    )
    keys = bindparam("keys", [stock.id for stock in stocks], ARRAY(BigInteger))
    for model, key in ((Allocation, Allocation.stock_id), (Stock, Stock.id)):
        await session.execute(delete(model).where(key == any_(keys)), execution_options=UNSYNCHRONISED)
    for stock in stocks:
        session.expunge(stock)


async def stocks_of_pairs(
    session: AsyncSession, pairs: Collection[tuple[int, UUID]]
) -> dict[tuple[int, UUID], Stock]:
    """The stocks of variants in store rooms, locked, by variant and room."""
    variants = bindparam("variants", [variant_id for variant_id, _ in pairs], ARRAY(BigInteger))
    rooms = bindparam("rooms", [room_id for _, room_id in pairs], ARRAY(Uuid))
    wanted = func.unnest(variants, rooms).table_valued("variant_id", "warehouse_id").render_derived("wanted")
    found = await session.scalars(
        select(Stock)
        .join(
            wanted,
            (wanted.c.variant_id == Stock.variant_id) & (wanted.c.warehouse_id == Stock.warehouse_id),
        )
        .where(Stock.lot_id.is_(None))
        .order_by(Stock.id)
        .with_for_update(of=Stock, key_share=True),
        execution_options={"populate_existing": True},
    )
    return {(stock.variant_id, stock.warehouse_id): stock for stock in found}


async def _locked(session: AsyncSession, variant_id: int, warehouse_ids: Sequence[UUID]) -> dict[UUID, Stock]:
    """The variant's stocks by store room; nobody else lays in any of it until the transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"stock.{variant_id}", 0))))
    found = await stocks_of_pairs(session, [(variant_id, room_id) for room_id in warehouse_ids])
    return {stock.warehouse_id: stock for stock in found.values()}


def _check_each(
    wanted: Sequence[tuple[Warehouse, int]], known: Mapping[UUID, Stock], *, may_exist: bool
) -> None:
    faults: list[DomainError] = []
    seen: set[UUID] = set()
    for index, (warehouse, quantity) in enumerate(wanted):
        try:
            if warehouse.id in seen:
                raise UniqueError("A store room is named twice.", field="warehouse")
            if warehouse.id in known and not may_exist:
                raise UniqueError("Some of it lies in this store room already.", field="warehouse")
            allocated = known[warehouse.id].quantity_allocated if warehouse.id in known else 0
            check_pieces(quantity, allocated)
        except DomainError as error:
            error.details["index"] = index
            faults.append(error)
        seen.add(warehouse.id)
    if faults:
        raise Errors(faults)
