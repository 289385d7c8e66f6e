"""`marketplace cash`, on the command line."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

import marketplace.reactions  # noqa: F401 - rooms hear of each other
from marketplace import cli
from marketplace.kit.database import Database
from marketplace.kit.errors import DomainError
from marketplace.payments.models import CashRemittance
from tests.factories.cash import csv_of, deliver_all, order_of, xlsx_of
from tests.factories.checkout import make_market

ASKED = ["cash", "import-remittance", "--carrier", "Amana", "--reference", "BR-1"]


@pytest.fixture
async def owed(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Two parcels, T0 and U0, of 150 dirhams each."""
    async with database.transaction() as session:
        market = await make_market(session)
        for tracking in ("T", "U"):
            await deliver_all(session, await order_of(session, market), tracking)
    monkeypatch.setattr(cli, "_with_database", lambda: database.settings)
    return database


async def run(*arguments: str) -> str:
    """What the command prints. Raises what it refuses, which `main` tells."""
    result = await asyncio.to_thread(CliRunner().invoke, cli.cli, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


async def remittances(database: Database) -> int:
    async with database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(CashRemittance)) or 0


async def test_a_sheet_is_previewed_then_booked_once(owed: Database, tmp_path: Path) -> None:
    sheet = tmp_path / "remise.xlsx"
    sheet.write_bytes(xlsx_of(["Suivi", "Montant"], ["T0", 150], ["U0", 140]))
    shown = await run(*ASKED, str(sheet), "--preview")
    assert shown.splitlines() == [
        "row 2: T0: MATCHED, 150.00 MAD of 150.00 MAD",
        "row 3: U0: SHORT, 140.00 MAD of 150.00 MAD",
    ]
    assert await remittances(owed) == 0
    with pytest.raises(DomainError, match="rows 3"):
        await run(*ASKED, str(sheet))
    for _ in range(2):
        assert "2 of 2 lines are booked." in await run(*ASKED, str(sheet), "--differences", "book")
    assert await remittances(owed) == 1


async def test_the_age_of_cash_is_printed_for_people_and_for_spreadsheets(
    owed: Database, tmp_path: Path
) -> None:
    assert (await run("cash", "ageing")).splitlines()[:2] == [
        "Amana: 300.00 MAD for 2 parcels",
        "  0 to 7 days: 300.00 MAD (2)",
    ]
    assert (await run("cash", "ageing", "--csv")).splitlines()[1].startswith("Amana,MAD,300.00,")
    sheet = tmp_path / "remise.csv"
    sheet.write_bytes(csv_of(["Suivi", "Montant"], ["T0", 150], ["U0", 150]))
    await run(*ASKED, str(sheet))
    assert await run("cash", "ageing") == "Carriers owe nothing.\n"
