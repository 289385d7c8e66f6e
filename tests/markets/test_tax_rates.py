"""A rate holds from the day it is set; what held before is kept."""

from datetime import date, timedelta
from types import ModuleType

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import ProductChannelListing, VariantChannelListing
from marketplace.kit import clock as the_clock
from marketplace.markets.models import TaxRate
from marketplace.markets.tax_rates import RateSaid, basis_points, end_country, set_rates
from marketplace.pricing import tax_days
from marketplace.pricing.promotions import Repricing
from marketplace.pricing.repricing import catch_up
from marketplace.vendors.models import TaxRegime
from tests.factories.checkout import make_piece
from tests.factories.markets import make_channel, make_tax_class, make_tax_rate

DAY = timedelta(days=1)


async def _history(session: AsyncSession) -> list[tuple[int, date, date | None]]:
    rows = await session.execute(
        select(TaxRate.rate_bp, TaxRate.valid_from, TaxRate.valid_until).order_by(TaxRate.valid_from)
    )
    return [(rate_bp, start, end) for rate_bp, start, end in rows]


async def test_a_new_rate_ends_the_one_before(session: AsyncSession, clock: ModuleType) -> None:
    tax_class = await make_tax_class(session, 2000)
    today = clock.now().date()
    await set_rates(session, [RateSaid(tax_class.id, "MA", 1000)])
    old = (2000, date(2020, 1, 1), today)
    assert await _history(session) == [old, (1000, today, None)]
    await set_rates(session, [RateSaid(tax_class.id, "MA", 700)])  # The same day: nobody was taxed by it.
    assert await _history(session) == [old, (700, today, None)]
    clock.advance(DAY)
    await set_rates(session, [RateSaid(tax_class.id, "MA", None)])
    assert await _history(session) == [old, (700, today, today + DAY)]


async def test_what_is_said_again_changes_nothing(session: AsyncSession) -> None:
    tax_class = await make_tax_class(session, 2000)
    await set_rates(session, [RateSaid(tax_class.id, "MA", 2000), RateSaid(None, "MA", None)])
    assert await _history(session) == [(2000, date(2020, 1, 1), None)]


async def test_a_planned_change_still_comes(session: AsyncSession) -> None:
    tax_class = await make_tax_class(session, 2000)
    today = the_clock.now().date()
    later = today + timedelta(days=30)
    await make_tax_rate(session, tax_class_id=tax_class.id, rate_bp=1800, valid_from=later)
    await set_rates(session, [RateSaid(tax_class.id, "MA", 1000)])
    assert await _history(session) == [
        (2000, date(2020, 1, 1), today),
        (1000, today, later),
        (1800, later, None),
    ]


async def test_other_regimes_and_countries_are_left_alone(session: AsyncSession) -> None:
    await make_tax_rate(session, rate_bp=0, regime=TaxRegime.EXEMPT)
    await make_tax_rate(session, rate_bp=2000)
    await make_tax_rate(session, rate_bp=2100, country_code="BE")
    await end_country(session, "MA")
    standing = await session.execute(
        select(TaxRate.rate_bp).where(TaxRate.valid_until.is_(None)).order_by(TaxRate.rate_bp)
    )
    assert standing.scalars().all() == [0, 2100]


async def test_lists_follow_a_new_rate_at_once(session: AsyncSession) -> None:
    tax_class = await make_tax_class(session, 2000)
    channel = await make_channel(session)
    await make_piece(session, channel, 120_00, tax_class_id=tax_class.id)
    await set_rates(session, [RateSaid(tax_class.id, "MA", 1000)])
    listing = (await session.scalars(select(VariantChannelListing))).one()
    await session.refresh(listing)
    assert (listing.tax_rate_bp, listing.gross_minor, listing.net_minor) == (1000, 120_00, 109_09)


async def test_lists_of_many_follow_by_jobs(session: AsyncSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marketplace.pricing.repricing.REPRICE_BATCH", 2)
    tax_class = await make_tax_class(session, 2000)
    channel = await make_channel(session)
    for _ in range(3):
        await make_piece(session, channel, 120_00, tax_class_id=tax_class.id)
    await set_rates(session, [RateSaid(tax_class.id, "MA", 1000)])
    assert (await session.scalars(select(Repricing.channel_id))).all() == [channel.id]
    while await session.scalar(select(Repricing.id)) is not None:
        assert await catch_up(session)
    rates = await session.scalars(select(VariantChannelListing.tax_rate_bp))
    assert rates.all() == [1000] * 3


async def test_lists_follow_a_rate_that_begins_by_itself(session: AsyncSession, clock: ModuleType) -> None:
    tax_class = await make_tax_class(session, 2000)
    channel = await make_channel(session)
    await make_piece(session, channel, 120_00, tax_class_id=tax_class.id)
    tomorrow = clock.now().date() + DAY
    await make_tax_rate(session, tax_class_id=tax_class.id, rate_bp=1000, valid_from=tomorrow)
    assert not await tax_days.follow_the_day(session)
    clock.advance(DAY)
    assert await tax_days.follow_the_day(session)
    assert not await tax_days.follow_the_day(session)
    net = select(ProductChannelListing.start_net_minor)
    assert (await session.scalars(net)).one() == 109_09


@pytest.mark.parametrize(("rate", "kept"), [(0, 0), (5.5, 550), (20, 2000), (100, 10_000), (0.07, 7)])
def test_a_rate_is_kept_in_basis_points(rate: float, kept: int) -> None:
    assert basis_points(rate) == kept


@pytest.mark.parametrize("rate", [-1, 100.01, 5.555, float("nan"), float("inf")])
def test_what_is_no_rate_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="per cent"):
        basis_points(rate)
