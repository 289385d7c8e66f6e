"""A channel sells what lies in the store rooms that serve it, and takes from them in its own order."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import ProductVariant
from marketplace.inventory import serving
from marketplace.inventory.availability import available_of
from marketplace.inventory.errors import InsufficientStockError
from marketplace.inventory.models import Allocation, Stock
from marketplace.kit import clock
from marketplace.markets.models import AllocationStrategy
from tests.factories.checkout import make_cart, make_market, make_piece
from tests.factories.inventory import make_stock, make_warehouse
from tests.factories.orders import make_order


async def _sold(session: AsyncSession) -> dict[int, int]:
    return {sold.stock_id: sold.quantity for sold in await session.scalars(select(Allocation))}


async def _stocks(session: AsyncSession, rug: ProductVariant) -> list[Stock]:
    return list(
        await session.scalars(select(Stock).where(Stock.variant_id == rug.id).order_by(Stock.quantity))
    )


async def test_what_lies_outside_of_a_channel_is_not_sold_in_it(session: AsyncSession) -> None:
    here, there = await make_market(session), await make_market(session)
    rug = await make_piece(session, here.channel, stock=2)
    far = await make_stock(session, rug, 5)
    await serving.take_out_of_channel(session, here.channel.id, [far.warehouse_id])
    for channel, pieces in ((here.channel, 2), (there.channel, 7)):
        found = await available_of(session, [rug.id], clock.now(), channel_id=channel.id)
        assert found == {rug.id: pieces}
    with pytest.raises(InsufficientStockError):
        await make_cart(session, here.channel, rug, quantity=3)
    await make_order(session, here, rug, quantity=2)
    assert far.id not in await _sold(session)
    await serving.put_into_channel(session, here.channel.id, [far.warehouse_id])
    await make_cart(session, here.channel, rug, quantity=3)


async def test_the_fullest_shelf_gives_first_where_the_channel_says_so(session: AsyncSession) -> None:
    market = await make_market(session, allocation_strategy=AllocationStrategy.PRIORITIZE_HIGH_STOCK)
    rug = await make_piece(session, market.channel, stock=3)
    await make_stock(session, rug, 8)
    few, many = await _stocks(session, rug)
    await serving.reorder(session, market.channel.id, [(few.warehouse_id, -9)])
    await make_order(session, market, rug, quantity=2)
    assert await _sold(session) == {many.id: 2}


async def test_the_store_room_that_staff_put_first_gives_first(session: AsyncSession) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel, stock=3)
    await make_stock(session, rug, 8)
    few, many = await _stocks(session, rug)
    await serving.reorder(session, market.channel.id, [(few.warehouse_id, -9)])
    await make_order(session, market, rug, quantity=4)
    assert await _sold(session) == {few.id: 3, many.id: 1}


async def test_a_store_room_without_a_place_gives_last(session: AsyncSession) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel, stock=3)
    (placed,) = await _stocks(session, rug)
    await make_warehouse(session)
    await serving.reorder(session, market.channel.id, [(placed.warehouse_id, 1)])
    newer = await make_stock(session, rug, 8)
    await make_order(session, market, rug, quantity=4)
    assert await _sold(session) == {placed.id: 3, newer.id: 1}
