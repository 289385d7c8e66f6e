"""What every test may ask for. Rows are made in a transaction that is rolled back; the database is real."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from types import ModuleType

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, Page, async_playwright
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from marketplace.app import create_app
from marketplace.kit import clock as the_clock
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from tests.postgres import copy_of, prepare_template
from tests.shared_connection import SharedConnection, session_on

pytest_plugins = ["tests.stripe_server", "tests.bank_server", "tests.order_of_files"]

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


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
        idle_in_transaction_seconds=600,  # Tests of everything put questions together for minutes.
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
async def session(connection: AsyncConnection, settings: Settings) -> AsyncIterator[AsyncSession]:
    """A session whose commits are savepoints: nothing outlives the test."""
    async with session_on(connection, settings) as session:
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
def clock(settings: Settings) -> Iterator[ModuleType]:
    """The product's clock, free to be advanced: `clock.advance(timedelta(days=8))`."""
    offset_file = settings.adjustable_clock_file
    assert offset_file is not None
    the_clock.follow(offset_file)
    yield the_clock
    the_clock.follow(None)
    offset_file.unlink(missing_ok=True)


@pytest.fixture
async def app(connection: AsyncConnection, settings: Settings) -> AsyncIterator[FastAPI]:
    """The whole application on the test's connection: it sees what the test has flushed or committed."""
    database = SharedConnection(settings, connection)
    app = create_app(settings, database)
    async with app.router.lifespan_context(app):
        yield app
    await database.close()


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of the application. `await client.post("/graphql/", json={...})`."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium as the machine has it. `await browser.new_context(viewport=..., locale="ar-MA")`."""
    chromium = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if chromium is None:
        reason = f"no browser: install one of {', '.join(CHROMIUMS)}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page in a context of its own, as wide as a phone."""
    context = await browser.new_context(viewport={"width": 390, "height": 844}, locale="fr-MA")
    yield await context.new_page()
    await context.close()


@pytest.fixture
def live_settings(database: Database) -> Settings:
    """What `live` is set up with, for tests that want it otherwise."""
    return database.settings


@pytest.fixture
async def live(database: Database, live_settings: Settings) -> AsyncIterator[str]:
    """The address of a real web server on a database of the test's own (the same as `database`)."""
    # asyncio sends small answers at once only from a socket that says it is TCP.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        settings = live_settings.model_copy(update={"public_url": address})
        server = uvicorn.Server(
            uvicorn.Config(create_app(settings, database), log_config=None, lifespan="on", http="httptools")
        )
        serving = asyncio.create_task(server.serve([listening]))
        async with httpx.AsyncClient() as visitor:
            while not serving.done():
                try:
                    await visitor.get(f"{address}/health")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.02)
        yield address
        server.should_exit = True
        await serving
