"""Apps that wish to are told what a variant costs from now on."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import VariantChannelListing
from marketplace.kit import events
from marketplace.kit.announcements import Announcement, RowKey
from marketplace.pricing import telling
from marketplace.pricing.service import reprice
from tests.factories.checkout import make_market, make_piece
from tests.factories.webhooks import make_webhook

QUEUED = text("SELECT args->'changes' FROM procrastinate_jobs WHERE task_name = 'pricing.tell_prices'")


async def _asked_for(session: AsyncSession, price_minor: int) -> VariantChannelListing:
    """The only variant there is, at another price."""
    listing = (await session.scalars(select(VariantChannelListing))).one()
    listing.entered_price_minor = price_minor
    await session.flush()
    await reprice(session)
    return listing


async def test_a_changed_price_is_told_in_its_channel(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    market = await make_market(session)
    await make_piece(session, market.channel)
    before = await session.scalar(select(VariantChannelListing.price_minor))
    await make_webhook(session, telling.EVENT)
    listing = await _asked_for(session, 12_300)
    (changes,) = (await session.scalars(QUEUED)).all()
    assert changes == [[listing.variant_id, market.channel.id, "MAD", before, 12_300]]
    await reprice(session)
    assert len((await session.scalars(QUEUED)).all()) == 1
    told: list[Announcement] = []

    async def listen(_session: AsyncSession, announced: Announcement) -> None:
        told.append(announced)

    monkeypatch.setitem(events._subscribers, Announcement, [listen])
    await telling.tell(session, changes)
    (announced,) = told
    (row,) = announced.rows
    assert isinstance(row, RowKey)
    assert (announced.event, row.key) == (telling.EVENT, listing.variant_id)
    assert announced.details == {
        "channel_id": market.channel.id,
        "currency": "MAD",
        "previous_price_minor": before,
        "new_price_minor": 12_300,
    }


async def test_nothing_is_queued_where_nobody_listens(session: AsyncSession) -> None:
    market = await make_market(session)
    await make_piece(session, market.channel)
    await _asked_for(session, 12_300)
    assert (await session.scalars(QUEUED)).all() == []
