"""The papers of a month, by the nightly job and by hand: each seller's once, whoever tells it."""

import asyncio
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from marketplace import cli
from marketplace.kit.database import Database
from marketplace.kit.jobs import Work
from marketplace.kit.settings import Settings
from marketplace.kit.storage import FolderStorage
from marketplace.payouts.jobs import issue_papers
from marketplace.payouts.papers.commission_invoices import last_finished_month
from marketplace.payouts.papers.models import IssuedPaper
from tests.payouts.conftest import earn, make_house


@pytest.fixture
async def month(database: Database, settings: Settings, clock: ModuleType) -> str:
    """The month that is over, in which two sellers have sold."""
    async with database.transaction() as session:
        await earn(session, clock, await make_house(session, settings), 100_00, 200_00)
    clock.advance(timedelta(days=40))
    return f"{last_finished_month(clock.now()):%Y-%m}"


async def numbers(database: Database) -> list[str]:
    async with database.transaction() as session:
        return list(await session.scalars(select(IssuedPaper.number).order_by(IssuedPaper.id)))


async def by_job(database: Database, settings: Settings, folder: Path) -> None:
    async with database.transaction() as session:
        await issue_papers(Work(session, database, settings, FolderStorage(folder, "http://testserver")))


async def by_hand(month: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, cli.cli, ["papers", "issue", "--month", month])


async def test_each_seller_has_its_invoice_once_whoever_issues(
    database: Database, month: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "_with_database", lambda: database.settings)
    nameless = database.settings.model_copy(update={"environment": "production"})
    await by_job(database, nameless, tmp_path)
    assert await numbers(database) == []
    first = await by_hand(month)
    issued = await numbers(database)
    assert (first.exit_code, first.stdout.split()[:2]) == (0, issued)
    assert [number[-6:] for number in issued] == ["000001", "000002"]
    await by_job(database, database.settings, tmp_path)
    assert (await by_hand(month)).stdout == "0 papers are issued.\n"
    assert await numbers(database) == issued
    early = await by_hand("2999-01")
    assert (early.exit_code, str(early.exception)) == (1, "2999-01 is not over.")
