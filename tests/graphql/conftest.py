"""The API over the test's own connection, asked in process."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from marketplace.apps.models import App
from marketplace.kit import events
from marketplace.kit.announcements import Announcement
from marketplace.kit.settings import Settings
from marketplace.kit.storage import storage_from
from marketplace.people.models import User
from marketplace.vendors.models import MemberRole
from marketplace.vendors.queries import within_sellers
from marketplace_graphql.asgi import make_api
from marketplace_graphql.kernel import Api, Requester
from tests.shared_connection import SharedConnection

Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def api(connection: AsyncConnection, settings: Settings) -> AsyncIterator[Api]:
    """The product's API. It sees what the test's session has flushed."""
    database = SharedConnection(settings, connection)
    yield make_api(settings, database, storage=storage_from(settings))
    await database.close()


@pytest.fixture
def ask(api: Api, session: AsyncSession) -> Ask:
    """Ask as someone, with variables by name; the whole answer, errors included."""

    async def asked(document: str, requester: Requester | None = None, **variables: Any) -> dict[str, Any]:
        await session.commit()  # A savepoint's: what the test has made, the API sees.
        return await api.execute(document, variables, requester)

    return asked


@pytest.fixture
def read(ask: Ask) -> Ask:
    """Ask for what must go well: the answer's data."""

    async def asked(document: str, requester: Requester | None = None, **variables: Any) -> dict[str, Any]:
        answer = await ask(document, requester, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    return asked


def staff(*permissions: str, user: User | None = None) -> Requester:
    """A member of staff; without a user, one who only reads."""
    user_id = 0 if user is None else user.id
    return Requester(user_id=user_id, permissions=frozenset(permissions), is_staff=True)


def app_itself(app: App) -> Requester:
    """An app by its own token."""
    return Requester(app_id=app.id, permissions=frozenset(app.permissions))


def buyer(user: User) -> Requester:
    return Requester(user_id=user.id)


def seller(vendor_id: int, user: User, role: MemberRole = MemberRole.OWNER) -> Requester:
    """Someone who works for a seller."""
    return Requester(user_id=user.id, vendor_ids=(vendor_id,), within=within_sellers([(vendor_id, role)]))


Told = list[tuple[str, tuple[object, ...]]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What is announced while the test runs: events, and their rows."""
    heard: Told = []

    async def listen(_session: AsyncSession, announced: Announcement) -> None:
        heard.append((announced.event, announced.rows))

    monkeypatch.setitem(events._subscribers, Announcement, [listen])
    return heard
