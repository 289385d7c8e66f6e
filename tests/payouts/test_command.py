"""`marketplace payouts`, on the command line."""

import asyncio
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import select, text
from typer.testing import CliRunner

import marketplace.reactions  # noqa: F401 - rooms hear of each other
from marketplace import cli
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.payouts.errors import NothingToPayError
from marketplace.payouts.models import Payout, PayoutRun
from tests.factories.payouts import approve
from tests.payouts.conftest import House, earn, make_house


@pytest.fixture
async def owing(
    database: Database, settings: Settings, clock: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> House:
    async with database.transaction() as session:
        house = await make_house(session, settings)
        await earn(session, clock, house, 100_00, 200_00)
    monkeypatch.setattr(cli, "_with_database", lambda: database.settings)
    return house


async def run(*arguments: str) -> list[str]:
    """What the command prints. Raises what it refuses, which `main` tells."""
    result = await asyncio.to_thread(CliRunner().invoke, cli.cli, ["payouts", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output.splitlines()


async def test_runs_are_drafted_listed_queued_and_answered(
    database: Database, settings: Settings, owing: House, tmp_path: Path
) -> None:
    assert await run("draft") == ["Run 1 is drafted."]
    with pytest.raises(NothingToPayError):
        await run("draft", "MAD")
    assert await run("runs") == ["1: DRAFT, 271.20 MAD in 2 payouts"]
    assert await run("send") == ["0 runs are queued anew."]
    async with database.transaction() as session:
        made = await session.scalar(select(PayoutRun.created_by_id))
        await approve(session, 1, owing.first, owing.second, settings)
        await session.execute(text("DELETE FROM procrastinate_jobs WHERE task_name = 'payouts.send'"))
    assert made is None
    assert await run("send") == ["1 runs are queued anew."]
    async with database.transaction() as session:
        await session.execute(text("UPDATE payout SET status = 'SENT'"))
        first = (await session.scalars(select(Payout).order_by(Payout.number))).first()
    sheet = tmp_path / "reponse.csv"
    sheet.write_text(f"end_to_end_id;status\n{first.end_to_end_id if first else ''};PAID\nX;FAILED\n")
    for _ in range(2):
        assert await run("answer", str(sheet)) == [
            f"row 2: TAKEN: PAID {first.end_to_end_id if first else ''}",
            "row 3: UNKNOWN: FAILED X",
        ]
