"""What tests of webhooks share: doing at once what jobs would do after the commit."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from marketplace.kit.database import Database
from marketplace.kit.jobs import Work, registry
from marketplace.kit.settings import Settings
from marketplace.kit.storage import storage_from
from marketplace.webhooks import jobs
from marketplace.webhooks.models import EventDelivery, EventPayload
from tests.receiver import Receiver, receiving
from tests.shared_connection import SharedConnection

Tell = Callable[[], Awaitable[list[tuple[str, Any]]]]
DoJobs = Callable[..., Awaitable[int]]
JOBS = jobs  # Importing them is what declares them.


@pytest.fixture
async def shared(connection: AsyncConnection, settings: Settings) -> AsyncIterator[Database]:
    """Transactions of their own, on the test's connection."""
    database = SharedConnection(settings, connection)
    yield database
    await database.close()


@pytest.fixture
def do_jobs(session: AsyncSession, shared: Database, settings: Settings) -> DoJobs:
    """Do the jobs of some names that wait, whenever they are due; gives how many there were."""

    async def do(*names: str) -> int:
        query = text(
            "UPDATE procrastinate_jobs SET status = 'succeeded'"
            " WHERE status = 'todo' AND task_name = ANY(:names) RETURNING id, task_name, args"
        )
        await session.commit()
        found = (await session.execute(query, {"names": list(names)})).all()
        for _id, name, arguments in sorted(found):
            work = Work(session, shared, settings, storage_from(settings))
            await registry[name].run(work, arguments)
            await session.commit()
        return len(found)

    return do


@pytest.fixture
def tell(session: AsyncSession, do_jobs: DoJobs) -> Tell:
    """Make what is told of all that was announced: [(event, payload)]."""

    async def told() -> list[tuple[str, Any]]:
        await do_jobs("webhooks.tell")
        rows = await session.execute(
            select(EventDelivery.event_type, EventPayload.payload)
            .join(EventPayload, EventPayload.id == EventDelivery.payload_id)
            .order_by(EventDelivery.id)
        )
        return [(event, orjson.loads(payload)) for event, payload in rows]

    return told


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Somebody's server."""
    async with receiving() as receiver:
        yield receiver
