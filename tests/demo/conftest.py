"""A small demo, loaded once for the tests that only look at it."""

import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.demo import load
from marketplace.kit import clock as the_clock
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from tests.postgres import copy_of

SCALE = 0.06
NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)


def frozen_at(monkeypatch: pytest.MonkeyPatch, now: datetime = NOW) -> None:
    monkeypatch.setattr(the_clock, "now", lambda: now)


@pytest.fixture(scope="session")
def loaded(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings whose database holds the demo."""
    with copy_of(template, f"demo_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}") as url:
        settings = Settings(
            environment="test",
            data_dir=tmp_path_factory.mktemp("demo"),
            database_url=url,
            public_url="http://testserver",
            idle_in_transaction_seconds=600,  # Tests of everything put questions together for minutes.
        )
        with pytest.MonkeyPatch.context() as monkeypatch:
            frozen_at(monkeypatch)
            load(settings, SCALE, progress=lambda _: None, pictures=False)
        yield settings


@pytest.fixture
async def demo(loaded: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncSession]:
    """A session on the demo, at the moment it was made for; what a test changes is rolled back."""
    frozen_at(monkeypatch)
    database = Database(loaded, application_name="tests")
    async with database.sessions() as session:
        yield session
        await session.rollback()
    await database.engine.dispose()
