"""What every test may ask for. Rows are made in a transaction that is rolled back; the database is real."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from marketplace.kit import clock as the_clock
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from tests.postgres import copy_of, prepare_template


@pytest.fixture(scope="session")
def template() -> str:
    return prepare_template()


@pytest.fixture(scope="session")
def database_url(template: str) -> Iterator[str]:
    """This worker's database: every table, no rows but those of the test that runs."""
    with copy_of(template, os.environ.get("PYTEST_XDIST_WORKER", "main")) as url:
        yield url


@pytest.fixture(scope="session")
def settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        environment="test",
        data_dir=tmp_path_factory.mktemp("data"),
        database_url=database_url,
        public_url="http://testserver",
    )


@pytest.fixture(scope="session")
async def engine_of_session(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings, application_name="tests")
    yield database
    await database.engine.dispose()


@pytest.fixture
async def connection(engine_of_session: Database) -> AsyncIterator[AsyncConnection]:
    """One connection in one transaction that is rolled back when the test ends."""
    async with engine_of_session.engine.connect() as connection:
        transaction = await connection.begin()
        yield connection
        await transaction.rollback()


@pytest.fixture
async def session(connection: AsyncConnection) -> AsyncIterator[AsyncSession]:
    """A session whose commits are savepoints: nothing outlives the test."""
    async with _session_on(connection) as session:
        yield session


@pytest.fixture
async def database(template: str, settings: Settings) -> AsyncIterator[Database]:
    """A database of the test's own, for what must really commit: two buyers at once, workers, kills."""
    with copy_of(template, f"own_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}") as url:
        database = Database(settings.model_copy(update={"database_url": url}), application_name="tests")
        await database.open()
        yield database
        await database.close()


@pytest.fixture
def clock(tmp_path: Path) -> Iterator[ModuleType]:
    """The product's clock, free to be advanced: `clock.advance(timedelta(days=8))`."""
    the_clock.follow(tmp_path / "clock")
    yield the_clock
    the_clock.follow(None)


@asynccontextmanager
async def _session_on(connection: AsyncConnection) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(
        bind=connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
    ) as session:
        yield session
