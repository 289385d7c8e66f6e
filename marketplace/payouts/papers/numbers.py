"""Numbers without gaps, by series and year (CGI, article 145: a continuous series)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.payouts.papers.models import PaperSeries

MOROCCO = ZoneInfo("Africa/Casablanca")
"""Whose days papers are dated by."""


async def next_number(session: AsyncSession, series: str, at: datetime) -> tuple[int, int]:
    """The year and the next number of a series. The others who want one wait for this transaction: if it is
    rolled back, the number is theirs.
    """
    year = at.astimezone(MOROCCO).year
    taken = insert(PaperSeries).values(series=series, year=year, last=1)
    taken = taken.on_conflict_do_update(
        index_elements=[PaperSeries.series, PaperSeries.year], set_={"last": PaperSeries.last + 1}
    )
    last = await session.scalar(taken.returning(PaperSeries.last))
    if last is None:
        raise RuntimeError(f"the series {series} gave no number")
    return year, last


def written_number(series: str, year: int, sequence: int) -> str:
    return f"{series}-{year}-{sequence:06d}"
