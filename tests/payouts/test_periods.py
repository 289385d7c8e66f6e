"""Statements of a seller's account add up, from any moment to any other, with snapshots and without."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import ModuleType

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.money import Money
from marketplace.kit.settings import Settings
from marketplace.payouts import periods, snapshots
from marketplace.payouts.answers import import_answer
from marketplace.payouts.journal import balances
from marketplace.payouts.ledger import Posting
from marketplace.payouts.periods import balance_at, statement
from marketplace.payouts.runs import create_run
from marketplace.payouts.snapshots import BalanceSnapshot, sum_up_to
from marketplace.payouts.verifying import verify
from tests.factories.payouts import deliver
from tests.payouts.conftest import House, balance_of, earn, make_house, sell
from tests.payouts.test_answers import mark_sent, payouts_of, sheet

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
NEVER = datetime(3000, 1, 1, tzinfo=UTC)


@pytest.fixture
async def house(session: AsyncSession, settings: Settings, clock: ModuleType) -> House:
    """A seller that has sold, was paid, had a payout returned, and has sold since; another beside it."""
    house = await make_house(session, settings)
    await earn(session, clock, house, 100_00, 50_00)
    clock.advance(timedelta(days=3))
    run = await create_run(session, "MAD", house.first.id)
    await mark_sent(session, run)
    paid, _ = await payouts_of(session, run)
    await import_answer(session, run.id, sheet(f"{paid.end_to_end_id};PAID;"))
    clock.advance(timedelta(days=3))
    await import_answer(session, run.id, sheet(f"{paid.end_to_end_id};RETURNED;"))
    clock.advance(timedelta(days=3))
    for part in await sell(session, house, 30_00, 10_00):
        await deliver(session, part)
    return house


async def take_snapshots(session: AsyncSession, monkeypatch: pytest.MonkeyPatch, up_to: int) -> None:
    monkeypatch.setattr(snapshots, "POSTINGS", 1)
    await sum_up_to(session, up_to)


async def moments(session: AsyncSession) -> list[datetime]:
    """Before everything, between all that happened, in the middle of days, after everything."""
    now = datetime.now(UTC)
    return [LONG_AGO, *(now + timedelta(days=day, hours=7 * day) for day in range(0, 20, 4)), NEVER]


@pytest.mark.parametrize("many", [2, periods.MANY])
@pytest.mark.parametrize("share_summed", [0, 0.3, 1])
async def test_opening_balance_and_lines_are_the_closing_balance(
    session: AsyncSession, house: House, monkeypatch: pytest.MonkeyPatch, share_summed: float, many: int
) -> None:
    monkeypatch.setattr(periods, "MANY", many)  # Lines are found along the journal, or by the seller.
    last = await session.scalar(select(func.max(Posting.id))) or 0
    first = await session.scalar(select(func.min(Posting.id))) or 0
    await take_snapshots(session, monkeypatch, first + int((last - first) * share_summed))
    seller = house.sellers[0]
    whole = await statement(session, seller.id, "MAD", LONG_AGO, NEVER)
    assert whole.opening.owed == Money(0, "MAD")
    assert whole.closing == await balance_of(session, seller)
    assert [(line.kind, line.amount.minor) for line in whole.lines] == [
        ("delivered", 90_40),
        ("payout_paid", -90_40),
        ("payout_returned", 90_40),
        ("delivered", 27_12),
    ]
    parts = [
        await statement(session, seller.id, "MAD", start, end)
        for start, end in pairwise(await moments(session))
    ]
    for before, after in pairwise(parts):
        assert before.closing == after.opening
    for part in parts:
        assert sum((line.amount for line in part.lines), part.opening.owed) == part.closing.owed
    assert [line for part in parts for line in part.lines] == whole.lines


@pytest.mark.parametrize("many", [2, periods.MANY])
async def test_pages_of_a_statement_are_the_statement(
    session: AsyncSession, house: House, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(periods, "MANY", many)
    seller = house.sellers[0]
    whole = await statement(session, seller.id, "MAD", LONG_AGO, NEVER)
    found, after = [], None
    while True:
        page = await statement(session, seller.id, "MAD", LONG_AGO, NEVER, first=1, after=after)
        found += page.lines
        if not page.has_more:
            break
        after = page.lines[-1].place
    assert found == whole.lines


async def test_a_statement_names_the_order_as_its_seller_knows_it(
    session: AsyncSession, house: House
) -> None:
    whole = await statement(session, house.sellers[0].id, "MAD", LONG_AGO, NEVER)
    assert (whole.lines[0].vendor_order_number or "").endswith("-1")
    assert whole.lines[1].payout_id is not None


async def test_snapshots_change_no_balance(
    session: AsyncSession, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [await balances(session, seller.id) for seller in house.sellers]
    last = await session.scalar(select(func.max(Posting.id))) or 0
    for up_to in (last - 9, last - 2, last, last):  # In steps, and twice.
        await take_snapshots(session, monkeypatch, up_to)
        assert [await balances(session, seller.id) for seller in house.sellers] == before
    assert await session.scalar(select(func.count()).select_from(BalanceSnapshot))
    assert await verify(session) == []

    await session.execute(delete(BalanceSnapshot))
    assert [await balances(session, seller.id) for seller in house.sellers] == before


async def test_a_snapshot_that_is_wrong_is_found(
    session: AsyncSession, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await take_snapshots(session, monkeypatch, await session.scalar(select(func.max(Posting.id))) or 0)
    row = (await session.scalars(select(BalanceSnapshot).limit(1))).one()
    row.minor += 1
    await session.flush()
    assert ["snapshot" in finding.rule for finding in await verify(session)] == [True]


async def test_a_moment_without_a_zone_is_no_moment(session: AsyncSession, house: House) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        await balance_at(session, house.sellers[0].id, "MAD", datetime(2026, 1, 1))  # noqa: DTZ001
