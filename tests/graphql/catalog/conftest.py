"""What tests of the catalogue's mutations ask for."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import events
from marketplace.kit.announcements import Announcement, RowKey

Heard = list[tuple[str, int]]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    """Every announcement, once for each row: the event and the row's key."""
    found: Heard = []

    async def listen(_session: AsyncSession, told: Announcement) -> None:
        rows: tuple[Any, ...] = told.rows
        found.extend((told.event, row.key if isinstance(row, RowKey) else row.id) for row in rows)

    listening = [*events._subscribers[Announcement], listen]
    monkeypatch.setitem(events._subscribers, Announcement, listening)
    return found
