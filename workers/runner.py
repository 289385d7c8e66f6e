"""Runs jobs: one process, several at a time, each in a transaction of its own.

A worker that is asked to stop finishes what it has begun, or gives it back. One that is killed has its
jobs taken over by the others, or by itself when it comes back, once its sign of life is old enough.
"""

import asyncio
import importlib
import importlib.util
import pkgutil
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import procrastinate
import structlog
from procrastinate.jobs import Job as QueuedJob
from procrastinate.jobs import Status

import marketplace
import workers
from marketplace.kit import clock
from marketplace.kit.database import (
    Database,
    connection_options,
    libpq_url,
    required_database_url,
)
from marketplace.kit.errors import DomainError
from marketplace.kit.jobs import QUEUE, Job, Work, registry
from marketplace.kit.settings import Settings
from marketplace.kit.storage import Storage, storage_from
from workers.schedule import SCHEDULE

log = structlog.get_logger(__name__)

SIGN_OF_LIFE_SECONDS = 2.0
DEAD_AFTER_SECONDS = 15.0
"""Longer than any handler may keep the event loop to itself."""
POLL_SECONDS = 2.0
"""Notifications tell of new jobs at once; this is for those that fall due."""
GRACE_SECONDS = 20.0


class RetryAsDeclared(procrastinate.BaseRetryStrategy):
    """Does again what failed by accident; what a rule of the business refused stays refused."""

    def __init__(self, declared: Job) -> None:
        self._retry = declared.retry

    def get_retry_decision(
        self, *, exception: BaseException, job: QueuedJob
    ) -> procrastinate.RetryDecision | None:
        if isinstance(exception, asyncio.CancelledError):  # Given back by a worker that stops.
            return procrastinate.RetryDecision(retry_at=datetime.now(UTC))
        if isinstance(exception, DomainError) or job.attempts >= self._retry.times:
            return None
        wait = timedelta(seconds=self._retry.wait_seconds(job.attempts + 1))
        return procrastinate.RetryDecision(retry_at=datetime.now(UTC) + wait)


async def run_worker(settings: Settings, *, until_idle: bool = False, handle_signals: bool = True) -> None:
    """Work until told to stop by SIGINT, SIGTERM or cancellation; `until_idle`: until nothing is due."""
    clock.follow(settings.adjustable_clock_file)
    database = Database(settings, application_name="marketplace worker")
    app = create_queue(settings, database, storage_from(settings))
    try:
        async with app.open_async():
            await take_over_from_the_dead(app)
            recovery = asyncio.create_task(_keep_taking_over(app))
            try:
                await app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=settings.worker_concurrency,
                    wait=not until_idle,
                    fetch_job_polling_interval=POLL_SECONDS,
                    shutdown_graceful_timeout=GRACE_SECONDS,
                    update_heartbeat_interval=SIGN_OF_LIFE_SECONDS,
                    stalled_worker_timeout=DEAD_AFTER_SECONDS,
                    install_signal_handlers=handle_signals,
                    delete_jobs="never",
                )
            finally:
                recovery.cancel()
                await asyncio.gather(recovery, return_exceptions=True)
    finally:
        await database.close()


def create_queue(settings: Settings, database: Database, storage: Storage) -> procrastinate.App:
    """Procrastinate's app with every declared job in it."""
    import_handlers()
    connector = procrastinate.PsycopgConnector(
        conninfo=libpq_url(required_database_url(settings)),
        kwargs=connection_options(settings, "marketplace queue"),
        min_size=2,
        max_size=settings.worker_concurrency + 3,
    )
    app = procrastinate.App(connector=connector)
    for declared in registry.values():
        task = app.task(name=declared.name, queue=QUEUE, pass_context=True, retry=RetryAsDeclared(declared))(
            _in_a_transaction(declared, settings, database, storage)
        )
        if cron := SCHEDULE.get(declared.name):
            app.periodic(cron=cron, queueing_lock=f"schedule:{declared.name}")(task)
    return app


def import_handlers() -> None:
    """Import what declares jobs: the rooms' jobs.py, and the modules of this package."""
    importlib.import_module("marketplace.tables")
    importlib.import_module("marketplace.reactions")
    for room in pkgutil.iter_modules(marketplace.__path__):
        if room.ispkg and importlib.util.find_spec(f"marketplace.{room.name}.jobs"):
            importlib.import_module(f"marketplace.{room.name}.jobs")
    for module in pkgutil.iter_modules(workers.__path__):
        importlib.import_module(f"workers.{module.name}")
    if unknown := SCHEDULE.keys() - registry.keys():
        raise LookupError(f"the schedule names jobs that nobody declares: {', '.join(sorted(unknown))}")


def _in_a_transaction(
    declared: Job, settings: Settings, database: Database, storage: Storage
) -> Callable[..., Awaitable[None]]:
    async def run(context: procrastinate.JobContext, **given: Any) -> None:
        if declared.name in SCHEDULE:
            given.pop("timestamp", None)  # What the queue adds to what it starts by the clock.
        attempts = context.job.attempts
        with structlog.contextvars.bound_contextvars(job=declared.name, job_id=context.job.id):
            try:
                async with database.transaction() as session:
                    work = Work(
                        session=session,
                        database=database,
                        settings=settings,
                        storage=storage,
                        attempt=attempts + 1,
                        is_last_attempt=attempts >= declared.retry.times,
                    )
                    await declared.run(work, given)
            except Exception:
                log.exception("job failed", attempt=attempts + 1)
                raise
            log.info("job done", attempt=attempts + 1)

    return run


async def take_over_from_the_dead(app: procrastinate.App) -> None:
    """Queue again the jobs of workers that give no sign of life any more."""
    stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_SECONDS)
    for queued in stalled:
        try:
            await app.job_manager.retry_job(queued, retry_at=datetime.now(UTC))
        except procrastinate.exceptions.UniqueViolation:  # Another of its kind waits, and does its work.
            await app.job_manager.finish_job(queued, status=Status.ABORTED, delete_job=False)
        log.warning("job taken over from a dead worker", job=queued.task_name, job_id=queued.id)


async def _keep_taking_over(app: procrastinate.App) -> None:
    while True:
        await asyncio.sleep(DEAD_AFTER_SECONDS / 2)
        try:
            await take_over_from_the_dead(app)
        except procrastinate.exceptions.ConnectorException as error:
            log.warning("could not look for dead workers", error=str(error))
