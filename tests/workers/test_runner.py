"""Jobs from the transaction that asks for them to the worker that does them."""

import asyncio
import os
import signal
import subprocess
import sys
from datetime import timedelta
from types import ModuleType
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.database import Database
from marketplace.kit.errors import DomainError
from marketplace.kit.jobs import Retry, Work, bring_forward, enqueue, job, registry
from marketplace.kit.settings import Settings
from workers.runner import run_worker
from workers.schedule import SCHEDULE, run_all_now

KILLED_WORKER = """
import asyncio, os, sys
from marketplace.kit.jobs import Work, job
from marketplace.kit.settings import Settings
from workers.runner import run_worker
from sqlalchemy import text

@job("test.weave")
async def weave(work: Work, rug: str) -> None:
    async with work.database.transaction() as session:
        await session.execute(text("INSERT INTO done (what) VALUES ('begun ' || :rug)"), {"rug": rug})
    print("begun", flush=True)
    await asyncio.sleep(600)

asyncio.run(run_worker(Settings(environment="test")))
"""


@pytest.fixture(autouse=True)
def no_jobs_left_declared() -> object:
    before = dict(registry)
    yield
    for name in registry.keys() - before.keys():
        if name.startswith("test."):
            del registry[name]


@pytest.fixture
async def own(database: Database) -> tuple[Database, Settings]:
    async with database.transaction() as session:
        await session.execute(text("CREATE TABLE done (what text)"))
    return database, database.settings


async def done(database: Database) -> list[str]:
    async with database.transaction() as session:
        return list((await session.execute(text("SELECT what FROM done ORDER BY what"))).scalars())


async def statuses(database: Database) -> list[str]:
    async with database.transaction() as session:
        query = text("SELECT status::text FROM procrastinate_jobs WHERE task_name ~ '^test' ORDER BY id")
        return list((await session.execute(query)).scalars())


async def write(work: Work, what: str) -> None:
    await work.session.execute(text("INSERT INTO done VALUES (:what)"), {"what": what})


async def test_a_job_is_done_after_the_commit_that_asked_for_it(own: tuple[Database, Settings]) -> None:
    database, settings = own

    @job("test.ship")
    async def ship(work: Work, order_id: UUID, parcels: int = 1) -> None:
        await write(work, f"{order_id.version} {parcels}")

    async with database.transaction() as session:
        await enqueue(session, "test.ship", order_id=uuid4())
        await enqueue(session, "test.ship", order_id=uuid4(), parcels=3)
    await run_worker(settings, until_idle=True)
    assert await done(database) == ["4 1", "4 3"]


async def test_a_job_asked_for_in_vain_is_never_done(own: tuple[Database, Settings]) -> None:
    database, settings = own
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as session:
            await enqueue(session, "test.never")
            raise ZeroDivisionError
    await run_worker(settings, until_idle=True)
    assert await statuses(database) == []


async def test_what_a_failing_job_wrote_is_rolled_back_and_it_waits_for_another_try(
    own: tuple[Database, Settings],
) -> None:
    database, settings = own

    @job("test.fail")
    async def fail(work: Work) -> None:
        await write(work, "half")
        raise ConnectionError("the bank does not answer")

    async with database.transaction() as session:
        await enqueue(session, "test.fail")
    await run_worker(settings, until_idle=True)
    assert await done(database) == []
    assert await statuses(database) == ["todo"]


async def test_what_a_rule_refuses_is_not_tried_again(own: tuple[Database, Settings]) -> None:
    database, settings = own

    @job("test.refuse")
    async def refuse(work: Work) -> None:
        raise DomainError("Too little to pay out.")

    async with database.transaction() as session:
        await enqueue(session, "test.refuse")
    await run_worker(settings, until_idle=True)
    assert await statuses(database) == ["failed"]


async def test_arguments_that_a_handler_can_not_take_fail_the_job(own: tuple[Database, Settings]) -> None:
    database, settings = own

    @job("test.count", retry=Retry(times=0))
    async def count(work: Work, parcels: int) -> None:
        await write(work, str(parcels))

    async with database.transaction() as session:
        await enqueue(session, "test.count", parcels="many")
    await run_worker(settings, until_idle=True)
    assert await statuses(database) == ["failed"]
    with pytest.raises(ValidationError):
        registry["test.count"].arguments.model_validate({"parcels": 1, "colour": "red"})


async def test_a_queueing_lock_leaves_one_job_waiting_and_the_transaction_whole(
    session: AsyncSession,
) -> None:
    first = await enqueue(session, "test.once", queueing_lock="prices")
    assert first is not None
    assert await enqueue(session, "test.once", queueing_lock="prices") is None
    assert await enqueue(session, "test.once", queueing_lock="stocks") is not None


async def test_a_job_for_later_waits_until_the_clock_has_been_advanced(
    own: tuple[Database, Settings], clock: ModuleType
) -> None:
    database, settings = own

    @job("test.later")
    async def later(work: Work) -> None:
        await write(work, "paid")

    async with database.transaction() as session:
        await enqueue(session, "test.later", run_at=clock.now() + timedelta(days=7))
    await run_worker(settings, until_idle=True)
    assert await done(database) == []
    clock.advance(timedelta(days=8))
    async with database.transaction() as session:
        await bring_forward(session, timedelta(days=8))
    await run_worker(settings, until_idle=True)
    assert await done(database) == ["paid"]


async def test_the_schedule_can_be_run_at_once_and_only_once(session: AsyncSession) -> None:
    await run_all_now(session)
    await run_all_now(session)
    queued = await session.execute(text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'"))
    assert queued.scalar_one() == len(SCHEDULE)


async def test_jobs_of_a_worker_that_was_killed_are_done_by_another(
    own: tuple[Database, Settings],
) -> None:
    database, settings = own
    async with database.transaction() as session:
        await enqueue(session, "test.weave", rug="Azilal")
    environment = os.environ | {"DATABASE_URL": str(settings.database_url)}
    with subprocess.Popen(
        [sys.executable, "-c", KILLED_WORKER],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as killed:
        assert killed.stdout is not None
        try:
            # At a full minute the schedule's own jobs are done, and told of, first.
            assert await asyncio.to_thread(lambda: b"begun\n" in iter(killed.stdout.readline, b""))
        finally:
            killed.send_signal(signal.SIGKILL)
    assert await statuses(database) == ["doing"]

    @job("test.weave")
    async def weave(work: Work, rug: str) -> None:
        await write(work, f"finished {rug}")

    async with database.transaction() as session:
        await session.execute(
            text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
        )
    await run_worker(settings, until_idle=True)
    assert await done(database) == ["begun Azilal", "finished Azilal"]
    assert await statuses(database) == ["succeeded"]


async def test_a_worker_that_is_told_to_stop_gives_back_what_it_can_not_finish(
    own: tuple[Database, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    database, settings = own
    begun = asyncio.Event()

    @job("test.slow")
    async def slow(work: Work) -> None:
        begun.set()
        await asyncio.Event().wait()

    async with database.transaction() as session:
        await enqueue(session, "test.slow")
    monkeypatch.setattr("workers.runner.GRACE_SECONDS", 0.1)
    worker = asyncio.create_task(run_worker(settings, handle_signals=False))
    await asyncio.wait_for(begun.wait(), 10)
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker
    assert await statuses(database) == ["todo"]


def test_waits_grow_and_end() -> None:
    retry = Retry(times=3, first_wait_seconds=5, longest_wait_seconds=60)
    assert [retry.wait_seconds(attempts) for attempts in (1, 2, 3, 9, 1000)] == [5, 10, 20, 60, 60]


async def test_a_dead_workers_job_of_which_another_waits_does_not_keep_others_from_working(
    own: tuple[Database, Settings],
) -> None:
    database, settings = own

    @job("test.sweep")
    async def sweep(work: Work) -> None:
        await write(work, "swept")

    async with database.transaction() as session:
        await enqueue(session, "test.sweep", queueing_lock="sweep")
        await session.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))  # By one that died.
        await enqueue(session, "test.sweep", queueing_lock="sweep")
    await run_worker(settings, until_idle=True)
    assert await done(database) == ["swept"]
    assert await statuses(database) == ["aborted", "succeeded"]
