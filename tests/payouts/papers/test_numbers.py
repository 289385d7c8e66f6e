"""Numbers of papers: no gaps, whoever writes at once and whatever is rolled back; what is issued stays."""

import asyncio
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.database import Database
from marketplace.payouts.papers.issuing import Draft, issue
from marketplace.payouts.papers.models import IssuedPaper, PaperKind
from marketplace.payouts.papers.numbers import next_number
from tests.factories.vendors import make_vendor


class GaveUpError(Exception):
    """What makes a writer roll back."""


async def test_numbers_have_no_gaps_though_writers_race_and_give_up(database: Database) -> None:
    async with database.transaction() as session:
        vendor_id = (await make_vendor(session)).id
    now = clock.now()

    async def write(place: int) -> None:
        async with database.transaction() as session:
            draft = Draft(
                PaperKind.COMMISSION_INVOICE, "FC", vendor_id, "MAD", 100, 20, {}, date(2000 + place, 1, 1)
            )
            await issue(session, draft, now)
            if place % 3 == 0:
                raise GaveUpError

    outcomes = await asyncio.gather(*(write(place) for place in range(18)), return_exceptions=True)
    assert sum(isinstance(outcome, GaveUpError) for outcome in outcomes) == 6
    async with database.transaction() as session:
        numbers = list(await session.scalars(select(IssuedPaper.number).order_by(IssuedPaper.sequence)))
    year = now.year
    assert numbers == [f"FC-{year}-{sequence:06d}" for sequence in range(1, 13)]


async def test_each_series_and_each_year_of_morocco_begins_with_one(session: AsyncSession) -> None:
    eve, night = datetime(2026, 12, 31, 12, tzinfo=UTC), datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    taken = [await next_number(session, series, at) for series, at in (("FC", eve), ("FC", eve), ("AC", eve))]
    assert taken == [(2026, 1), (2026, 2), (2026, 1)]
    assert await next_number(session, "FC", night) == (2027, 1)


@pytest.mark.parametrize(
    "statement", ["UPDATE issued_paper SET net_minor = 0", "DELETE FROM issued_paper", "TRUNCATE paper_entry"]
)
async def test_what_is_issued_stays(session: AsyncSession, statement: str) -> None:
    with pytest.raises(DBAPIError, match="never changed once issued"):
        await session.execute(text(statement))
