"""The competitiveness figures, worked out by hand."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.insights.queries import Figures, figures
from marketplace.markets.models import Channel
from marketplace.orders.models import Order, OrderStatus
from marketplace.vendors.models import Vendor
from tests.factories.catalog import make_category
from tests.factories.markets import make_channel
from tests.factories.payouts import Piece, place_order, refuse
from tests.factories.vendors import make_vendor

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)


@pytest.fixture
async def channel(session: AsyncSession) -> Channel:
    return await make_channel(session)


async def sell(
    session: AsyncSession, channel: Channel, day: int, *pieces: Piece, month: int = 11, hour: int = 12
) -> None:
    at = datetime(2026, month, day, hour, tzinfo=UTC)
    await place_order(session, channel, pieces, created_at=at)


async def of(session: AsyncSession, channel: Channel, vendor: Vendor) -> Figures:
    [found] = await figures(session, channel.slug, FIRST, LAST, vendor_ids=[vendor.id])
    return found


async def test_sales_are_the_goods_with_tax_and_growth_is_against_the_period_before(
    session: AsyncSession, channel: Channel
) -> None:
    vendor = await make_vendor(session)
    await sell(session, channel, 20, Piece(vendor, 100_00), month=10)
    await sell(session, channel, 2, Piece(vendor, 50_00, 2), Piece(vendor, 20_00))
    await sell(session, channel, 30, Piece(vendor, 30_00))

    found = await of(session, channel, vendor)
    assert (found.sales_minor, found.orders, found.pieces) == (150_00, 2, 4)
    assert found.previous_minor == 100_00
    assert found.growth == pytest.approx(0.5)


async def test_both_days_belong_to_the_period_and_the_one_before_is_as_long(
    session: AsyncSession, channel: Channel
) -> None:
    vendor = await make_vendor(session)
    await sell(session, channel, 1, Piece(vendor, 1_00), hour=0)
    await sell(session, channel, 30, Piece(vendor, 2_00), hour=23)
    await sell(session, channel, 1, Piece(vendor, 4_00), month=12, hour=0)
    await sell(session, channel, 2, Piece(vendor, 8_00), month=10, hour=0)
    await sell(session, channel, 1, Piece(vendor, 16_00), month=10, hour=23)

    found = await of(session, channel, vendor)
    assert (found.sales_minor, found.previous_minor) == (3_00, 8_00)


async def test_what_was_cancelled_or_refused_does_not_count(session: AsyncSession, channel: Channel) -> None:
    vendor, other = await make_vendor(session), await make_vendor(session)
    at = datetime(2026, 11, 5, tzinfo=UTC)
    pieces = [Piece(vendor, 100_00), Piece(other, 7_00)]
    refused, kept = await place_order(session, channel, pieces, created_at=at)
    await refuse(session, refused)
    [canceled] = await place_order(session, channel, [Piece(vendor, 50_00)], created_at=at)
    (await session.get_one(Order, canceled.order_id)).status = OrderStatus.CANCELED
    await session.flush()

    assert (await of(session, channel, vendor)).sales_minor == 0
    assert (await of(session, channel, other)).sales_minor == kept.subtotal_gross_minor


async def test_another_channels_sales_are_not_mixed_in(session: AsyncSession, channel: Channel) -> None:
    vendor = await make_vendor(session)
    await sell(session, await make_channel(session, currency_code="EUR"), 3, Piece(vendor, 10_00))

    assert (await of(session, channel, vendor)).sales_minor == 0
    assert await figures(session, channel.slug, FIRST, LAST) == []


async def test_the_share_is_of_the_root_categories_in_which_a_seller_sold(
    session: AsyncSession, channel: Channel
) -> None:
    carpets, honey = await make_category(session), await make_category(session)
    knotted = await make_category(session, carpets)
    weaver, beekeeper, both = [await make_vendor(session) for _ in range(3)]
    await sell(session, channel, 4, Piece(weaver, 300_00, category=knotted))
    await sell(session, channel, 4, Piece(beekeeper, 50_00, category=honey))
    await sell(session, channel, 4, Piece(both, 100_00, category=carpets), Piece(both, 50_00, category=honey))

    found = await of(session, channel, weaver)
    assert (found.category_minor, found.share) == (400_00, pytest.approx(0.75))
    found = await of(session, channel, both)
    assert (found.category_minor, found.share) == (500_00, pytest.approx(0.3))
    found = await of(session, channel, beekeeper)
    assert (found.category_minor, found.share) == (100_00, pytest.approx(0.5))


async def test_ranks_follow_sales_and_equal_sales_share_one(session: AsyncSession, channel: Channel) -> None:
    best, tied, also_tied, last, idle = [await make_vendor(session) for _ in range(5)]
    for vendor, price in ((best, 90_00), (tied, 50_00), (also_tied, 50_00), (last, 10_00)):
        await sell(session, channel, 7, Piece(vendor, price))

    listed = await figures(session, channel.slug, FIRST, LAST)
    ids = [best.id, tied.id, also_tied.id, last.id]
    assert [(each.vendor_id, each.rank) for each in listed] == list(zip(ids, [1, 2, 2, 4], strict=True))
    none = await of(session, channel, idle)
    assert (none.sales_minor, none.growth, none.share, none.rank) == (0, None, None, None)
    assert [await of(session, channel, vendor) for vendor in (best, tied, also_tied, last)] == listed
