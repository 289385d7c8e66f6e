"""What tests of announcements share."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.people.permissions import Permission
from tests.factories.webhooks import make_webhook

Heard = Callable[[], Awaitable[list[str]]]


@pytest.fixture
async def heard(session: AsyncSession) -> Heard:
    """An app hears of everything from now on: the events that were announced since this was last asked."""
    await make_webhook(session, "ANY_EVENTS", permissions=tuple(Permission))
    last = 0

    async def events() -> list[str]:
        nonlocal last
        await session.commit()
        query = text(
            "SELECT args->>'event' FROM procrastinate_jobs"
            " WHERE task_name = 'webhooks.tell' AND id > :last_job ORDER BY id"
        )
        found = (await session.scalars(query, {"last_job": last})).all()
        last = (await session.scalar(text("SELECT coalesce(max(id), 0) FROM procrastinate_jobs"))) or 0
        deleted = (await session.scalars(text("DELETE FROM event_delivery RETURNING event_type"))).all()
        return [*found, *deleted]

    return events
