"""The migrations lead to the schema that the code declares, from nothing and only once."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from marketplace.app import create_app
from marketplace.kit.database import Database, sqlalchemy_url
from marketplace.kit.migrations import MIGRATIONS, migrate
from marketplace.kit.settings import Settings
from marketplace.tables import metadata
from tests.postgres import copy_of

ROUTINES = """
    SELECT proname, pg_get_functiondef(p.oid) FROM pg_proc p
    WHERE pronamespace = 'public'::regnamespace AND prokind = 'f' ORDER BY 1, 2
"""
TRIGGERS = """
    SELECT tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t
    WHERE NOT tgisinternal ORDER BY 1, 2
"""
CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2, 3
"""
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2"
SEQUENCES = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1"


@pytest.fixture(scope="module")
def migrated(database_url: str) -> Iterator[str]:
    assert database_url  # Its server runs.
    with copy_of("template0", "migrated") as url:
        assert migrate(url)
        yield url


def test_migrating_again_changes_nothing(migrated: str) -> None:
    assert not migrate(migrated)


@pytest.mark.parametrize("catalogue", [ROUTINES, TRIGGERS, CONSTRAINTS, INDEXES, SEQUENCES])
def test_the_migrations_and_the_code_agree(migrated: str, database_url: str, catalogue: str) -> None:
    with psycopg.connect(migrated) as by_migrations, psycopg.connect(database_url) as by_code:
        built = {words(row) for row in by_migrations.execute(catalogue) if "alembic_version" not in str(row)}
        declared = {words(row) for row in by_code.execute(catalogue)}
    assert built - declared == set(), "the migrations make what the code does not declare"
    assert declared - built == set(), "the code declares what no migration makes: run `make migration`"


def words(row: tuple[object, ...]) -> str:
    """A row without regard to the layout of the statements in it."""
    return " ".join(" ".join(map(str, row)).split())


def test_columns_agree(migrated: str) -> None:
    engine = create_engine(sqlalchemy_url(migrated))
    with engine.connect() as connection:
        options = {
            "compare_type": True,
            "include_object": lambda _o, name, *_: "procrastinate" not in str(name),
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_migrations_are_dated_and_have_one_end() -> None:
    names = sorted(path.name for path in (MIGRATIONS / "versions").glob("*.py"))
    assert all(name[:10].replace("_", "").isdecimal() for name in names)


async def test_an_app_is_ready_only_on_a_migrated_database(migrated: str, settings: Settings) -> None:
    async def answer(database: Database) -> tuple[int, str]:
        app = create_app(settings, database)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://testserver"
        ) as client:
            response = await client.get("/ready")
        return response.status_code, response.json()["status"]

    @asynccontextmanager
    async def opened(url: str) -> AsyncIterator[Database]:
        database = Database(settings.model_copy(update={"database_url": url}))
        await database.open()
        yield database
        await database.close()

    async with opened(migrated) as database:
        assert await answer(database) == (200, "ready")
    with copy_of("template0", "empty") as empty:
        lost = opened(empty)
        database = await lost.__aenter__()
        assert await answer(database) == (503, "database not migrated")
    assert await answer(database) == (503, "database unreachable")
    await lost.__aexit__(None, None, None)
