"""Whoever changes several shelves takes their locks in one order, whichever seller's part comes first."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.inventory.models import Stock
from marketplace.kit.database import Database
from marketplace.orders.cancelling import cancel_order
from marketplace.orders.fulfilling import Pick, fulfil_order
from marketplace.orders.models import OrderLine
from marketplace.orders.moving import LinePieces
from marketplace.payments import repaying
from marketplace.payments.refunding import Kind, Refunding
from tests.factories.checkout import make_market, make_piece
from tests.factories.orders import make_order


async def _cancel(session: AsyncSession, order_id: UUID) -> None:
    await cancel_order(session, order_id)


async def _send_from_rooms(session: AsyncSession, order_id: UUID) -> None:
    lines = await session.execute(
        select(OrderLine.id, Stock.warehouse_id)
        .join(Stock, Stock.variant_id == OrderLine.variant_id)
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.position)
    )
    await fulfil_order(session, order_id, [Pick(line_id, room_id, 1) for line_id, room_id in lines])


async def _take_back(session: AsyncSession, order_id: UUID) -> None:
    lines = await session.scalars(select(OrderLine.id).where(OrderLine.order_id == order_id))
    refunding = Refunding(Kind.RETURN, None, [LinePieces(line_id, 1) for line_id in lines])
    await repaying.begin(session, session.info["settings"], order_id, refunding)


@pytest.mark.parametrize("act", [_cancel, _send_from_rooms, _take_back])
async def test_an_order_and_a_sale_never_wait_for_each_other(
    database: Database, act: Callable[[AsyncSession, UUID], Awaitable[None]]
) -> None:
    async with database.transaction() as session:
        market = await make_market(session)
        first, second = [await make_piece(session, market.channel) for _ in range(2)]
        # The order's first part is sold from the shelf that a sale locks last.
        order = await make_order(session, market, second, first)
        shelves = (await session.scalars(select(Stock.id).order_by(Stock.id))).all()

    async def change() -> None:
        async with database.transaction() as session:
            await act(session, order.id)

    async with database.transaction() as sale:
        locked = select(Stock.id).with_for_update(key_share=True)
        await sale.execute(locked.where(Stock.id == shelves[0]))
        changing = asyncio.create_task(change())
        await asyncio.sleep(0.5)  # By now it waits for the first shelf, and holds none.
        await sale.execute(locked.where(Stock.id == shelves[1]))
    await changing
