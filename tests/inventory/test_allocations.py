"""Sold pieces stand on the shelf until the carrier takes them."""

from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.inventory.allocations import allocate, consume, release, restock
from marketplace.inventory.errors import InsufficientStockError
from marketplace.inventory.models import Allocation, Stock
from marketplace.inventory.reservations import Wanted
from marketplace.orders.models import OrderLine
from tests.factories.checkout import make_market, make_piece
from tests.factories.inventory import make_stock
from tests.factories.orders import make_order


async def _shelves(session: AsyncSession) -> list[tuple[int, int]]:
    rows = await session.execute(select(Stock.quantity, Stock.quantity_allocated).order_by(Stock.id))
    return [(quantity, allocated) for quantity, allocated in rows]


async def _line_id(session: AsyncSession) -> UUID:
    line_id = await session.scalar(select(OrderLine.id))
    assert line_id is not None
    return line_id


async def test_an_order_allocates_and_leaves_the_pieces_on_the_shelf(session: AsyncSession) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel, stock=5)
    await make_order(session, market, rug, quantity=2)
    assert await _shelves(session) == [(5, 2)]


async def test_pieces_come_from_the_shelf_that_has_them_all(session: AsyncSession) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel, stock=1)
    await make_stock(session, rug, 4)
    await make_order(session, market, rug, quantity=3)
    assert await _shelves(session) == [(1, 0), (4, 3)]


async def test_pieces_come_from_several_shelves_where_none_has_them_all(session: AsyncSession) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel, stock=2)
    await make_stock(session, rug, 3)
    await make_order(session, market, rug, quantity=4)
    assert await _shelves(session) == [(2, 1), (3, 3)]


async def test_pieces_that_left_are_on_no_shelf_and_come_back_when_restocked(session: AsyncSession) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel, stock=5)
    await make_order(session, market, rug, quantity=2)
    taken = await consume(session, {await _line_id(session): 2})
    assert await _shelves(session) == [(3, 0)]
    await restock(session, taken)
    assert await _shelves(session) == [(5, 0)]


async def test_a_sale_taken_back_frees_the_pieces(session: AsyncSession) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel, stock=5)
    await make_order(session, market, rug, quantity=2)
    await release(session, [await _line_id(session)])
    assert await _shelves(session) == [(5, 0)]
    assert (await session.scalars(select(Allocation))).all() == []


async def test_pieces_that_are_not_counted_leave_without_a_stock(session: AsyncSession) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel, stock=0)
    rug.track_inventory = False
    await make_order(session, market, rug, quantity=2)
    (taken,) = await consume(session, {await _line_id(session): 2})
    assert (taken.stock_id, taken.quantity) == (None, 2)


async def test_more_than_there_is_can_not_be_allocated(session: AsyncSession) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel, stock=1)
    await make_order(session, market, rug)
    with pytest.raises(InsufficientStockError):
        await allocate(session, [Wanted(await _line_id(session), rug.id, 1)], market.channel)


async def test_the_database_itself_refuses_to_oversell(session: AsyncSession) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel, stock=1)
    stock = await session.scalar(select(Stock).where(Stock.variant_id == rug.id))
    assert stock is not None
    stock.quantity_allocated = 2
    with pytest.raises(IntegrityError, match="never_oversold"):
        await session.flush()
