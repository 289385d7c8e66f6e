"""Jobs: work that must happen, but after the commit. They are rows, written in the caller's transaction.

A room or a module of `workers/` declares what a job does:

    @job("payouts.send", retry=Retry(times=8))
    async def send(work: Work, payout_id: UUID) -> None: ...

and a service asks for it: `await enqueue(session, "payouts.send", payout_id=payout.id)`. A job runs at least
once: a worker that is killed after its commit has the job done again. So a handler locks the row that it is
about, and looks whether the work is still to be done. The queue is procrastinate's, whose workers run it.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Concatenate, ParamSpec

import orjson
from pydantic import BaseModel, ConfigDict, create_model
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.kit.storage import Storage

QUEUE = "default"


class JobStatus(StrEnum):
    """How far something is that takes a while to make: Saleor's JobStatusEnum."""

    PENDING = "PENDING"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True)
class Work:
    """What a handler is given: a session in a transaction of its own, committed when the handler returns."""

    session: AsyncSession
    database: Database
    """For work in several transactions: note the intent, call the other side, note the outcome."""
    settings: Settings
    storage: Storage
    attempt: int = 1
    is_last_attempt: bool = False


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a failed job is done again, and when: after 5 s, 10 s, 20 s ... by default."""

    times: int = 5
    first_wait_seconds: int = 5
    longest_wait_seconds: int = 3600

    def wait_seconds(self, attempts: int) -> int:
        """How long to wait after so many attempts (one: the first has just failed)."""
        return int(min(self.first_wait_seconds * 2 ** min(attempts - 1, 30), self.longest_wait_seconds))


Arguments = ParamSpec("Arguments")
Handler = Callable[Concatenate[Work, Arguments], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Job:
    """A declared job."""

    name: str
    handler: Callable[..., Awaitable[None]]
    arguments: type[BaseModel]
    retry: Retry

    async def run(self, work: Work, given: dict[str, Any]) -> None:
        """Call the handler with the arguments as its annotations type them.

        Raises pydantic's ValidationError for arguments that it can't take.
        """
        checked = self.arguments.model_validate(given)
        await self.handler(work, **{name: getattr(checked, name) for name in self.arguments.model_fields})


registry: dict[str, Job] = {}


def job(name: str, *, retry: Retry | None = None) -> Callable[[Handler[Arguments]], Handler[Arguments]]:
    """Declare the handler of the jobs of a name; names are `room.verb`."""

    def decorate(handler: Handler[Arguments]) -> Handler[Arguments]:
        known = registry.get(name)
        if known is not None and known.handler.__module__ != handler.__module__:
            raise ValueError(f"two handlers for the job {name}")
        registry[name] = Job(name, handler, _arguments_of(handler), retry or Retry())
        return handler

    return decorate


def _arguments_of(handler: Callable[..., Awaitable[None]]) -> type[BaseModel]:
    """A model of the handler's arguments after the first: what was JSON in the row gets its type again."""
    parameters = list(inspect.signature(handler, eval_str=True).parameters.values())[1:]
    fields: dict[str, Any] = {
        parameter.name: (
            parameter.annotation,
            ... if parameter.default is inspect.Parameter.empty else parameter.default,
        )
        for parameter in parameters
    }
    return create_model(handler.__name__, __config__=ConfigDict(extra="forbid"), **fields)


_DEFER = text(
    """
    SELECT unnest(procrastinate_defer_jobs_v1(ARRAY[
        ROW(:queue, :name, :priority, :lock, :queueing_lock,
            CAST(:arguments AS jsonb), CAST(:run_at AS timestamptz))
        ::procrastinate_job_to_defer_v1
    ]))
    """
)


async def enqueue(
    session: AsyncSession,
    name: str,
    *,
    run_at: datetime | None = None,
    lock: str | None = None,
    queueing_lock: str | None = None,
    priority: int = 0,
    **arguments: object,
) -> int | None:
    """Have a job done after the commit of the caller's transaction; gives its id.

    `run_at` is a moment of the product's clock before which it doesn't start. Jobs with the same `lock` run
    one after another. Of jobs with the same `queueing_lock` only one waits at a time: where one already
    does, nothing is queued and None is given. A higher `priority` runs first. Arguments must be JSON, UUIDs
    or moments; the handler gets them as its annotations say.
    """
    values = {
        "queue": QUEUE,
        "name": name,
        "priority": priority,
        "lock": lock,
        "queueing_lock": queueing_lock,
        "arguments": orjson.dumps(arguments).decode(),
        "run_at": run_at and run_at - clock.ahead(),  # The queue keeps the machine's time.
    }
    if queueing_lock is None:
        return await _defer(session, values)
    try:
        async with session.begin_nested():
            return await _defer(session, values)
    except IntegrityError as error:
        if "procrastinate_jobs_queueing_lock_idx" not in str(error.orig):
            raise
        return None


async def _defer(session: AsyncSession, values: dict[str, object]) -> int:
    job_id: int = (await session.execute(_DEFER, values)).scalar_one()
    return job_id


async def is_pending(session: AsyncSession, name: str, **arguments: object) -> bool:
    """Whether a job with these arguments waits or is being done."""
    query = text(
        "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE task_name = :name"
        " AND status IN ('todo', 'doing') AND args @> CAST(:arguments AS jsonb))"
    )
    given = {"name": name, "arguments": orjson.dumps(arguments).decode()}
    return bool(await session.scalar(query, given))


async def bring_forward(session: AsyncSession, by: timedelta) -> None:
    """Move what waits for a later moment closer by as much as the clock has just been advanced."""
    await session.execute(
        text("UPDATE procrastinate_jobs SET scheduled_at = scheduled_at - :by WHERE status = 'todo'"),
        {"by": by},
    )
