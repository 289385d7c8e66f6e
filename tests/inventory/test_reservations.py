"""What is kept for one cart can't be had by another."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.lines import LineToAdd, add_lines
from marketplace.inventory.availability import available_of, lock_stocks
from marketplace.inventory.errors import InsufficientStockError
from marketplace.inventory.models import Reservation, Stock
from marketplace.inventory.reservations import Wanted, check_available, forget_expired
from marketplace.kit import clock as the_clock
from marketplace.kit.database import Database
from tests.factories.checkout import make_cart, make_piece
from tests.factories.inventory import make_stock
from tests.factories.markets import make_channel


async def test_what_is_reserved_for_a_cart_is_not_available_to_others(session: AsyncSession) -> None:
    channel = await make_channel(session)
    rug = await make_piece(session, channel, stock=3)
    await make_cart(session, channel, rug, quantity=2)
    assert await available_of(session, [rug.id], the_clock.now(), channel_id=channel.id) == {rug.id: 1}
    with pytest.raises(InsufficientStockError):
        await make_cart(session, channel, rug, quantity=2)


async def test_a_carts_own_reservation_does_not_stand_in_its_way(session: AsyncSession) -> None:
    channel = await make_channel(session)
    rug = await make_piece(session, channel, stock=3)
    cart = await make_cart(session, channel, rug, quantity=2)
    await add_lines(session, cart.id, [LineToAdd(rug.id, 1)])
    assert await session.scalar(select(Reservation.quantity)) == 3


async def test_a_reservation_that_has_run_out_is_anybodys(session: AsyncSession, clock: object) -> None:
    channel = await make_channel(session, reserve_stock_minutes=30)
    rug = await make_piece(session, channel, stock=1)
    await make_cart(session, channel, rug)
    the_clock.advance(timedelta(minutes=31))
    assert await available_of(session, [rug.id], the_clock.now(), channel_id=channel.id) == {rug.id: 1}
    await make_cart(session, channel, rug)
    assert await forget_expired(session, the_clock.now()) == 1


async def test_all_variants_that_fall_short_are_named(session: AsyncSession) -> None:
    channel = await make_channel(session)
    rug, bowl = await make_piece(session, channel, stock=1), await make_piece(session, channel, stock=0)
    wanted = [Wanted(uuid4(), rug.id, 2), Wanted(uuid4(), bowl.id, 1)]
    await lock_stocks(session, [rug.id, bowl.id])
    with pytest.raises(InsufficientStockError) as refused:
        await check_available(session, wanted, the_clock.now(), channel_id=channel.id)
    assert {(s.variant_id, s.wanted, s.available) for s in refused.value.shortages} == {
        (rug.id, 2, 1),
        (bowl.id, 1, 0),
    }


async def test_pieces_in_several_store_rooms_count_together(session: AsyncSession) -> None:
    channel = await make_channel(session)
    rug = await make_piece(session, channel, stock=1)
    await make_stock(session, rug, 2)
    await make_cart(session, channel, rug, quantity=3)
    assert await available_of(session, [rug.id], the_clock.now(), channel_id=channel.id) == {rug.id: 0}


async def test_of_ten_buyers_at_once_only_as_many_get_a_rug_as_there_are_rugs(database: Database) -> None:
    async with database.transaction() as session:
        channel = await make_channel(session)
        rug = await make_piece(session, channel, stock=3)

    async def buyer() -> bool:
        try:
            async with database.transaction() as session:
                await make_cart(session, channel, rug)
        except InsufficientStockError:
            return False
        return True

    assert sum(await asyncio.gather(*(buyer() for _ in range(10)))) == 3
    async with database.transaction() as session:
        assert await session.scalar(select(func.sum(Reservation.quantity))) == 3
        assert await session.scalar(select(Stock.quantity_allocated)) == 0
