"""Apps that wish to are told what a channel has sold out, and what it can sell again."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.inventory.models import Stock, Warehouse
from marketplace.inventory.stocks import recount, remove, set_stocks
from marketplace.inventory.telling import BACK, GONE
from marketplace.kit import events
from marketplace.kit.announcements import Announcement
from tests.factories.checkout import make_market, make_piece
from tests.factories.inventory import make_warehouse
from tests.factories.webhooks import make_webhook


@pytest.mark.parametrize("is_heard", [True, False])
async def test_a_channel_is_told_of_when_its_last_pieces_go_and_the_first_come_back(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch, is_heard: bool
) -> None:
    market = await make_market(session)
    piece = await make_piece(session, market.channel)
    stock = (await session.scalars(select(Stock).where(Stock.variant_id == piece.id))).one()
    own = await session.get_one(Warehouse, stock.warehouse_id)
    second = await make_warehouse(session, own.vendor_id)
    if is_heard:
        await make_webhook(session, GONE, BACK)
    told: list[tuple[str, object]] = []

    async def listen(_session: AsyncSession, announced: Announcement) -> None:
        if announced.event in (GONE, BACK):
            told.append((announced.event, announced.details["channel_id"]))

    monkeypatch.setitem(events._subscribers, Announcement, [listen])
    await set_stocks(session, piece.id, [(second, 2)])
    await recount(session, [(stock, 0)])
    assert told == []  # Two pieces are left elsewhere.
    other = (await session.scalars(select(Stock).where(Stock.warehouse_id == second.id))).one()
    await remove(session, [other])
    await recount(session, [(stock, 3)])
    heard = [(GONE, market.channel.id), (BACK, market.channel.id)]
    assert told == (heard if is_heard else [])
