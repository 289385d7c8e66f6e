"""A program that sends a run of payouts at Stripe in one process after another, and has them killed.

`python killed_at_stripe.py <settings, as JSON> <run> <kills> <seed>`

Each is sent SIGKILL before one of its exchanges with PostgreSQL, with the files or with Stripe, or a moment
later, while the answer is on its way. In the end nobody is killed any more, until the run is sent.
"""

import asyncio
import json
import os
import random
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import stripe
import structlog

import marketplace.reactions  # noqa: F401 - rooms hear of each other
from marketplace.kit.database import Database
from marketplace.kit.jobs import Work
from marketplace.kit.settings import Settings
from marketplace.kit.storage import FolderStorage, storage_from
from marketplace.payments.answers import AnswerError
from marketplace.payouts import sending
from marketplace.payouts.models import PayoutRun, PayoutRunStatus

MOST_EXCHANGES = 40
"""About as many as a payout or two have."""
_TO_STDERR = structlog.PrintLoggerFactory(sys.stderr)
TRIES = 20
"""So often a run is gone on with in which nobody is killed."""


async def send(settings: Settings, run_id: int) -> bool:
    """Go on with the run; whether it is sent then."""
    database = Database(settings)
    try:
        async with database.transaction() as session:
            await sending.send(Work(session, database, settings, storage_from(settings)), run_id)
    except AnswerError:
        pass  # The job is tried again.
    async with database.transaction() as session:
        run = await session.get_one(PayoutRun, run_id)
        return run.status is not PayoutRunStatus.APPROVED


def killed_somewhere(chance: random.Random) -> None:
    """Have this process killed at one of its exchanges with the outside, or a moment later."""
    dies_at, moment = chance.randint(1, MOST_EXCHANGES), chance.choice([0.0, chance.uniform(0, 0.004)])
    count = 0

    def stepping(work: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def worked(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count == dies_at:
                threading.Timer(moment, os.kill, (os.getpid(), signal.SIGKILL)).start()
                if not moment:
                    await asyncio.Event().wait()
            return await work(*args, **kwargs)

        return worked

    psycopg.AsyncConnection.wait = stepping(psycopg.AsyncConnection.wait)  # type: ignore[method-assign]
    FolderStorage.put = stepping(FolderStorage.put)  # type: ignore[method-assign]
    stripe.HTTPXClient.request_async = stepping(stripe.HTTPXClient.request_async)  # type: ignore[method-assign]


def act(settings: Settings, run_id: int, seed: int | None) -> tuple[bool, bool]:
    """Send in a process of its own; whether that was killed, and whether the run is sent."""
    pid = os.fork()
    if pid == 0:
        status = 2
        try:
            if seed is not None:
                killed_somewhere(random.Random(seed))
            status = 0 if asyncio.run(send(settings, run_id)) else 1
        finally:
            os._exit(status)
    _, ended = os.waitpid(pid, 0)
    if os.WIFEXITED(ended) and os.WEXITSTATUS(ended) > 1:
        raise RuntimeError(f"sending failed, seed {seed}")
    return os.WIFSIGNALED(ended), ended == 0


def main() -> None:
    given, run_id, kills, seed = json.loads(sys.argv[1]), *map(int, sys.argv[2:])
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        processors=[structlog.processors.JSONRenderer()],
    )
    sending.statement_pdf = lambda *_: b"%PDF"  # Setting pages is not what is tried here.
    settings = Settings(environment="test", **given)
    chance = random.Random(seed)
    killed, is_sent = 0, False
    while killed < kills and not is_sent:
        was_killed, is_sent = act(settings, run_id, chance.randrange(2**32))
        killed += was_killed
    for _ in range(TRIES):
        if is_sent:
            break
        _, is_sent = act(settings, run_id, None)
    print(json.dumps({"killed": killed, "sent": is_sent}))


if __name__ == "__main__":
    main()
