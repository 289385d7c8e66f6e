"""What is announced meanwhile, and who does it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import events
from marketplace.kit.announcements import Announcement
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import Requester
from tests.factories.people import make_staff
from tests.graphql.carrier import Carrier, carrying
from tests.graphql.conftest import staff


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of all events that are announced."""
    found: list[str] = []
    before = events._subscribers.get(Announcement, [])

    async def listen(_session: AsyncSession, told: Announcement) -> None:
        found.append(told.event)

    monkeypatch.setitem(events._subscribers, Announcement, [*before, listen])
    return found


@pytest.fixture
async def clerk(session: AsyncSession) -> Requester:
    """A member of staff who works on orders."""
    return staff(Permission.MANAGE_ORDERS, user=await make_staff(session))


@pytest.fixture
async def carrier(session: AsyncSession) -> AsyncIterator[Carrier]:
    """An app that is asked how orders can travel."""
    async with carrying(session) as made:
        yield made


def codes(answer: dict[str, Any]) -> list[tuple[str | None, str]]:
    """Field and code of each error of the answer's one mutation."""
    (payload,) = answer.values()
    return [(error["field"], error["code"]) for error in payload["errors"]]
