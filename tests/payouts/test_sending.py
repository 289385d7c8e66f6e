"""Sending a run: files made once or many times are the same, and a killed worker leaves nothing half done."""

import io
import random
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
from pypdf import PdfReader
from sqlalchemy import func, select, text

from marketplace.kit.database import Database
from marketplace.kit.jobs import Work
from marketplace.kit.money import Money
from marketplace.kit.settings import Settings
from marketplace.kit.storage import FolderStorage
from marketplace.payouts.ledger import JournalEntry
from marketplace.payouts.models import Payout, PayoutRun, PayoutRunStatus, PayoutStatus
from marketplace.payouts.runs import create_run
from marketplace.payouts.sending import send
from marketplace.payouts.statements import Statement, StatementLine, statement_pdf
from tests.factories.payouts import approve
from tests.payouts.conftest import House, earn, make_house

KILLS = 8


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path, "http://testserver")


async def approved_run(
    database: Database, settings: Settings, clock: ModuleType, prices_minor: Sequence[int] = (100_00, 200_00)
) -> int:
    async with database.transaction() as session:
        house: House = await make_house(session, settings, sellers=len(prices_minor))
        await earn(session, clock, house, *prices_minor)
        run = await create_run(session, "MAD", house.first.id)
        await approve(session, run.id, house.first, house.second, settings)
    return run.id


async def do(database: Database, settings: Settings, storage: FolderStorage, run_id: int) -> None:
    """What a worker does with the job."""
    async with database.transaction() as session:
        await send(Work(session, database, settings, storage), run_id)


def files_in(storage: FolderStorage) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in storage.directory.rglob("*") if path.is_file()}


async def test_an_approved_run_is_sent_with_its_files(
    database: Database, settings: Settings, clock: ModuleType, storage: FolderStorage
) -> None:
    run_id = await approved_run(database, settings, clock)
    await do(database, settings, storage, run_id)

    async with database.transaction() as session:
        run = await session.get_one(PayoutRun, run_id)
        payouts = list(await session.scalars(select(Payout).order_by(Payout.number)))
    assert run.status is PayoutRunStatus.SENT
    assert {payout.status for payout in payouts} == {PayoutStatus.SENT}
    assert run.pain001_path is not None
    assert run.csv_path is not None
    xml = await storage.get(run.pain001_path)
    assert b"<CtrlSum>271.20</CtrlSum>" in xml
    assert xml.count(b"<CdtTrfTxInf>") == 2
    assert (await storage.get(run.csv_path)).count(b"\n") == 3
    for payout in payouts:
        assert payout.statements.keys() == {"fr", "ar"}
        for key in payout.statements.values():
            assert (await storage.get(key)).startswith(b"%PDF")


async def test_sending_again_changes_nothing(
    database: Database, settings: Settings, clock: ModuleType, storage: FolderStorage, tmp_path: Path
) -> None:
    run_id = await approved_run(database, settings, clock)
    await do(database, settings, storage, run_id)
    async with database.transaction() as session:
        sent_at = (await session.get_one(PayoutRun, run_id)).sent_at
    await do(database, settings, storage, run_id)
    async with database.transaction() as session:
        assert (await session.get_one(PayoutRun, run_id)).sent_at == sent_at
        # Had it been lost before it was marked, another worker elsewhere would make the same bytes.
        await session.execute(text("UPDATE payout_run SET status = 'APPROVED'"))
    elsewhere = FolderStorage(tmp_path / "elsewhere", "http://testserver")
    await do(database, settings, elsewhere, run_id)

    assert files_in(elsewhere) == {
        name: content for name, content in files_in(storage).items() if name in files_in(elsewhere)
    }
    assert len(files_in(elsewhere)) == 6


async def test_a_run_that_was_not_approved_is_not_sent(
    database: Database, settings: Settings, clock: ModuleType, storage: FolderStorage
) -> None:
    async with database.transaction() as session:
        house = await make_house(session, settings)
        await earn(session, clock, house, 100_00)
        run = await create_run(session, "MAD", house.first.id)
    await do(database, settings, storage, run.id)
    await do(database, settings, storage, 404)

    assert files_in(storage) == {}


def test_a_statement_says_in_both_languages_what_was_paid_for() -> None:
    made_at = datetime(2026, 11, 23, 10, tzinfo=UTC)
    paid = Money(1084_80, "MAD")
    line = StatementLine(
        "1042-1", paid, made_at, Money(1200_00, "MAD"), Money(96_00, "MAD"), Money(19_20, "MAD")
    )
    refund = StatementLine("Avoir", Money(-50_00, "MAD"))
    statement = Statement(
        number=42,
        reference="SIL-R3-P42",
        made_at=made_at,
        payer="Social Innovation Lab",
        seller="Coopérative Tisslite",
        seller_in_arabic="تعاونية تيسليت",
        place="Souss-Massa",
        place_in_arabic="سوس ماسة",
        ice="001525713000057",
        account_holder="COOP TISSLITE",
        account_ending="4921",
        amount=paid + refund.earning,
        lines=[line] * 40 + [refund],
        is_demo=True,
    )

    french = _words(statement_pdf(statement, "fr"))
    for said in (
        "Relevé de paiement n° 42",
        "Coopérative Tisslite",
        "1042-1",
        "4921",
        "SIL-R3-P42",
        "démonstration",
    ):
        assert said in french
    pdf = statement_pdf(statement, "ar")
    arabic = _words(pdf)
    for said in ("1042-1", "1.034,80", "4921"):
        assert said in arabic
    assert "IBMPlexSansArabic" in _fonts(pdf)
    assert pdf == statement_pdf(statement, "ar")


def _words(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def _fonts(pdf: bytes) -> str:
    fonts = PdfReader(io.BytesIO(pdf)).pages[0]["/Resources"]["/Font"]
    return " ".join(str(font.get_object()["/BaseFont"]) for font in fonts.values())


WORKER = """
import asyncio, itertools, os, signal, sys
from pathlib import Path
from procrastinate.manager import JobManager
from marketplace.kit.settings import Settings
from marketplace.kit.storage import FolderStorage
from marketplace.payouts import sending
from workers.runner import run_worker

url, data_dir, bank_keys, dies_at = sys.argv[1:]
steps = itertools.count(1)

def step():
    if next(steps) == int(dies_at):
        os.kill(os.getpid(), signal.SIGKILL)

def stepping(work):
    async def worked(*args, **kwargs):
        step()
        done = await work(*args, **kwargs)
        step()
        return done
    return worked

FolderStorage.put = stepping(FolderStorage.put)
sending._mark_sent = stepping(sending._mark_sent)

finish_job, finish_sending = JobManager.finish_job, stepping(JobManager.finish_job)

async def finished(manager, job, *args, **kwargs):
    # What the schedule asks for at a full minute is no step of this job.
    ends = finish_sending if job.task_name == "payouts.send" else finish_job
    return await ends(manager, job, *args, **kwargs)

JobManager.finish_job = finished
settings = Settings(environment="test", database_url=url, data_dir=Path(data_dir), bank_keys=bank_keys)
print("working", flush=True)
asyncio.run(run_worker(settings, until_idle=True))
"""
FILES = 2 + 2 * 2
STEPS = 2 * (FILES + 1) + 1
"""Before and after each file of two payouts is kept and the run marked; committed, but the job not ended."""
NEVER = 0


async def test_a_worker_killed_at_any_step_neither_loses_a_payout_nor_sends_one_twice(
    database: Database, settings: Settings, clock: ModuleType, tmp_path: Path
) -> None:
    run_id = await approved_run(database, settings, clock)
    messages = set()
    for dies_at in range(1, STEPS + 1):
        data_dir = tmp_path / str(dies_at)
        worker = start_worker(database, settings, data_dir, dies_at)
        assert worker.wait(timeout=60) == -signal.SIGKILL
        messages |= {content for name, content in papers_of(data_dir).items() if name.endswith(".xml")}
        is_sent = await status_of(database, run_id) is PayoutRunStatus.SENT
        assert is_sent == (dies_at == STEPS)
        await give_the_job_back(database)
    assert start_worker(database, settings, tmp_path, NEVER).wait(timeout=60) == 0

    assert len(messages) == 1  # Whatever reached the bank was the same message.
    await check_sent_once(database, run_id, 2)
    assert len(papers_of(tmp_path / str(STEPS))) == FILES


async def test_a_worker_killed_again_and_again_at_random_gets_there_in_the_end(
    database: Database, settings: Settings, clock: ModuleType, tmp_path: Path
) -> None:
    run_id = await approved_run(database, settings, clock, [100_00 * n for n in range(1, 11)])
    chance = random.Random(2026)
    for _ in range(KILLS):
        worker = start_worker(database, settings, tmp_path, NEVER)
        assert worker.stdout is not None
        worker.stdout.readline()
        try:
            worker.wait(timeout=chance.uniform(0.05, 0.5))
        except subprocess.TimeoutExpired:
            worker.send_signal(signal.SIGKILL)
        worker.wait()
        await give_the_job_back(database)
    assert start_worker(database, settings, tmp_path, NEVER).wait(timeout=60) == 0

    await check_sent_once(database, run_id, 10)
    assert len(papers_of(tmp_path)) == 2 + 10 * 2


async def check_sent_once(database: Database, run_id: int, count: int) -> None:
    async with database.transaction() as session:
        run = await session.get_one(PayoutRun, run_id)
        payouts = list(await session.scalars(select(Payout)))
        set_aside = await session.scalar(
            select(func.count()).select_from(JournalEntry).where(JournalEntry.kind == "payout_set_aside")
        )
    assert run.status is PayoutRunStatus.SENT
    assert len(payouts) == set_aside == count
    assert {payout.status for payout in payouts} == {PayoutStatus.SENT}


async def status_of(database: Database, run_id: int) -> PayoutRunStatus:
    async with database.transaction() as session:
        return (await session.get_one(PayoutRun, run_id)).status


def papers_of(data_dir: Path) -> dict[str, bytes]:
    found = files_in(FolderStorage(data_dir, "http://testserver"))
    return {name: content for name, content in found.items() if name.endswith((".xml", ".csv", ".pdf"))}


def start_worker(
    database: Database, settings: Settings, data_dir: Path, dies_at: int
) -> "subprocess.Popen[str]":
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    keys = settings.bank_keys.get_secret_value()
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, url, str(data_dir), keys, str(dies_at)],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": ".:graphql", "PATH": "/usr/bin:/bin"},
        cwd=Path(__file__).parents[2],
    )


async def give_the_job_back(database: Database) -> None:
    """What other workers do once a dead one has given no sign of life for a while: here at once."""
    async with database.transaction() as session:
        await session.execute(
            text(
                "UPDATE procrastinate_jobs SET status = 'todo', scheduled_at = NULL"
                " WHERE status = 'doing' AND task_name = 'payouts.send'"
            )
        )
