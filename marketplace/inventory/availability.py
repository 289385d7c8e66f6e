"""How many pieces can still be sold: one definition, for the reader and for services."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Date,
    DateTime,
    ScalarSelect,
    Select,
    Uuid,
    bindparam,
    cast,
    func,
    not_,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement, SQLColumnExpression

from marketplace.inventory.models import Lot, Reservation, Stock
from marketplace.inventory.serving import serves_channel

TIME_ZONE = "Africa/Casablanca"
"""Where the shelves are, and a best-before day ends."""


def available_pieces(
    variant_id: SQLColumnExpression[int],
    now: SQLColumnExpression[datetime] | datetime,
    apart_from_lines: ColumnElement[Sequence[UUID]] | None = None,
    channel_id: SQLColumnExpression[int] | None = None,
) -> ColumnElement[int]:
    """Pieces of a variant that anybody may buy: on the shelf, not sold, not kept for another cart.

    `apart_from_lines` are checkout lines whose own reservations don't stand in their way. With a channel only
    store rooms count that serve it; what carts of other channels hold is taken off all the same, which may be
    too much, but sells nothing twice. The number may be below zero, where a shelf was corrected after pieces
    had been reserved.
    """
    stock, reservation = Stock.__table__.alias(), Reservation.__table__.alias()
    on_shelf = select(func.sum(stock.c.quantity - stock.c.quantity_allocated)).where(
        stock.c.variant_id == variant_id, still_good(stock.c.lot_id, now)
    )
    if channel_id is not None:
        on_shelf = on_shelf.where(serves_channel(stock.c.warehouse_id, channel_id))
    kept = select(func.sum(reservation.c.quantity)).where(
        reservation.c.variant_id == variant_id, reservation.c.reserved_until > now
    )
    if apart_from_lines is not None:
        kept = kept.where(reservation.c.checkout_line_id != func.all(apart_from_lines))
    free = func.coalesce(on_shelf.correlate_except(stock).scalar_subquery(), 0)
    return (free - func.coalesce(kept.correlate_except(reservation).scalar_subquery(), 0)).cast(BigInteger)


def still_good(
    lot_id: SQLColumnExpression[int | None], now: SQLColumnExpression[datetime] | datetime
) -> ColumnElement[bool]:
    """Whether pieces of a lot may be sold: not past its best-before day, in Morocco's own time.

    Pieces of no lot always may. They are told apart first: most pieces are no food, and look nothing up.
    Asked of many shelves, the few lots that are past it are looked up once: PostgreSQL may hash them.
    """
    lot = Lot.__table__.alias()
    past = select(lot.c.id).where(lot.c.id == lot_id, lot.c.best_before < today(now)).correlate_except(lot)
    return or_(lot_id.is_(None), not_(past.exists()))


def today(now: SQLColumnExpression[datetime] | datetime) -> ColumnElement[date]:
    """The day that it is in Morocco at a moment."""
    return cast(func.timezone(TIME_ZONE, now), Date)


async def lock_stocks(session: AsyncSession, variant_ids: Collection[int]) -> None:
    """Let nobody else reserve or sell these variants until the transaction ends."""
    await session.execute(_LOCKED_STOCKS, {"variant_ids": sorted(variant_ids)})


def stocks_of(variant_ids: BindParameter[Sequence[int]]) -> Select[int]:
    """A statement that locks the stocks of variants.

    Rows are locked in the order of their ids, so that two carts with the same pieces wait for each other
    rather than stop each other dead.
    """
    return (
        select(Stock.id)
        .where(Stock.variant_id == func.any(variant_ids))
        .order_by(Stock.id)
        .with_for_update(key_share=True)
    )


def number_locked(locking: Select[int]) -> ScalarSelect[int]:
    """A column that locks rows while a statement reads something else, and gives their number."""
    return select(func.count()).select_from(locking.cte("locked")).scalar_subquery()


async def available_of(
    session: AsyncSession,
    variant_ids: Collection[int],
    now: datetime,
    apart_from_lines: Collection[UUID] = (),
    *,
    channel_id: int,
) -> Mapping[int, int]:
    """The pieces of many variants that a channel may sell. After `lock_stocks`, and in a statement of its
    own: what is read together with taking a lock is as old as the beginning of the wait for it.
    """
    parameters = {
        "variant_ids": sorted(variant_ids),
        "own_lines": list(apart_from_lines),
        "now": now,
        "channel_id": channel_id,
    }
    rows = await session.execute(_AVAILABLE, parameters)
    return {row[0]: row[1] for row in rows}


# Made once: to build and compile such a statement takes longer than to run it.
_ids: BindParameter[Sequence[int]] = bindparam("variant_ids", type_=ARRAY(BigInteger))
_own_lines: BindParameter[Sequence[UUID]] = bindparam("own_lines", type_=ARRAY(Uuid))
_now: BindParameter[datetime] = bindparam("now", type_=DateTime(timezone=True))
_channel_id: BindParameter[int] = bindparam("channel_id", type_=BigInteger)
_wanted = select(func.unnest(_ids).label("id")).subquery("wanted")
_AVAILABLE = select(_wanted.c.id, available_pieces(_wanted.c.id, _now, _own_lines, _channel_id))
_LOCKED_STOCKS = stocks_of(_ids)
