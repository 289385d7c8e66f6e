"""Snapshots leave nothing out, whoever is writing to the ledger while they are taken."""

import asyncio
import random
from itertools import count

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.database import Database
from marketplace.payouts import snapshots
from marketplace.payouts.journal import Entry, Line, balances, record
from marketplace.payouts.ledger import Account
from marketplace.payouts.snapshots import BalanceSnapshot, take_snapshots
from marketplace.payouts.verifying import verify
from tests.factories.vendors import make_vendor

_numbers = count(1)


@pytest.fixture(autouse=True)
def few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "POSTINGS", 2)


@pytest.fixture
async def seller_id(database: Database) -> int:
    async with database.transaction() as session:
        return (await make_vendor(session)).id


async def pay_in(session: AsyncSession, seller_id: int, minor: int = 1_00) -> None:
    lines = [Line(Account.BANK, minor, "MAD"), Line(Account.VENDOR_PAYABLE, -minor, "MAD", seller_id)]
    await record(session, [Entry(f"test:{next(_numbers)}", "test", lines)])


async def payable(database: Database, seller_id: int) -> int:
    async with database.transaction() as session:
        return (await balances(session, seller_id))["MAD"].payable.minor


async def test_a_posting_that_is_written_early_and_committed_late_is_not_left_out(
    database: Database, seller_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "PATIENCE_SECONDS", 0.3)
    async with database.transaction() as slow:
        await pay_in(slow, seller_id)  # Has the lower key, and is not committed.
        async with database.transaction() as quick:
            for _ in range(3):
                await pay_in(quick, seller_id)
        assert await take_snapshots(database) == 0
        assert await payable(database, seller_id) == 3_00
    assert await take_snapshots(database) == 1
    assert await payable(database, seller_id) == 4_00


async def test_a_snapshot_waits_for_the_writers_that_it_met_and_for_no_other(
    database: Database, seller_id: int
) -> None:
    async with database.transaction() as slow:
        await pay_in(slow, seller_id)
        async with database.transaction() as quick:
            await pay_in(quick, seller_id)
        taking = asyncio.create_task(take_snapshots(database))
        await asyncio.sleep(3 * snapshots.LOOK_AGAIN_SECONDS)
        assert not taking.done()
    async with database.transaction() as another:
        await pay_in(another, seller_id)
        assert await taking == 1
    assert await payable(database, seller_id) == 3_00


async def test_many_writers_and_several_workers_leave_no_posting_out_and_count_none_twice(
    database: Database, seller_id: int
) -> None:
    chance, written = random.Random(42), 0

    async def write(times: int) -> None:
        nonlocal written
        for _ in range(times):
            async with database.transaction() as session:
                await pay_in(session, seller_id, chance.randint(1, 99))
                await asyncio.sleep(chance.random() / 100)
            written += 1

    async def snap(times: int) -> None:
        for _ in range(times):
            await take_snapshots(database)

    await asyncio.gather(*(write(25) for _ in range(4)), snap(5), snap(5))
    await take_snapshots(database)

    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(BalanceSnapshot))
        assert await verify(session) == []
    assert written == 100
