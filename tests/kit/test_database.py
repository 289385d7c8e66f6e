"""The database as the rooms use it."""

import asyncio
from pathlib import Path

import graphql
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

import marketplace_graphql
from marketplace.kit.database import Database, fetch_json_in, libpq_url, sqlalchemy_url


def test_our_graphql_directory_does_not_hide_the_library() -> None:
    assert "site-packages" in Path(str(graphql.__file__)).parts
    assert marketplace_graphql.__name__ == "marketplace_graphql"


def test_a_url_is_written_for_sqlalchemy_and_for_libpq() -> None:
    given = "postgres://sil:a%40b@db.example:5433/shop?sslmode=require"
    assert sqlalchemy_url(given).drivername == "postgresql+psycopg"
    assert libpq_url(given) == "postgresql://sil:a%40b@db.example:5433/shop?sslmode=require"


async def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("CREATE TABLE rug (name text)"))
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as session:
            await session.execute(text("INSERT INTO rug VALUES ('Azilal')"))
            raise ZeroDivisionError
    assert await database.reads.fetch_json("SELECT to_json(count(*)) FROM rug", {}) == b"0"


async def test_json_comes_back_as_the_servers_own_bytes(database: Database) -> None:
    sql = "SELECT json_build_object('name', %(name)s::text, 'members', %(members)s::bigint)"
    answer = await database.reads.fetch_json(sql, {"name": "تعاونية", "members": 42})
    assert answer == '{"name" : "تعاونية", "members" : 42}'.encode()


async def test_a_statement_without_a_row_is_an_error_and_not_a_null(database: Database) -> None:
    with pytest.raises(LookupError):
        await database.reads.fetch_json("SELECT '1'::json WHERE false", {})


async def test_reads_in_a_session_see_what_it_has_not_committed(session: AsyncSession) -> None:
    await session.execute(text("CREATE TEMP TABLE rug (name text)"))
    await session.execute(text("INSERT INTO rug VALUES ('Azilal')"))
    assert await fetch_json_in(session, "SELECT to_json(name) FROM rug", {}) == b'"Azilal"'


async def test_a_lock_is_not_waited_for_forever(database: Database) -> None:
    async with database.transaction() as first:
        await first.execute(text("SELECT pg_advisory_xact_lock(1)"))
        with pytest.raises(OperationalError, match="lock timeout"):
            async with database.transaction() as second:
                await second.execute(text("SET LOCAL lock_timeout = '50ms'"))
                await second.execute(text("SELECT pg_advisory_xact_lock(1)"))


async def test_connections_are_told_how_to_behave(database: Database) -> None:
    async with database.transaction() as session:
        shown = await session.execute(
            text(
                "SELECT current_setting('jit'), current_setting('timezone'), current_setting('lock_timeout')"
            )
        )
    assert tuple(shown.one()) == ("off", "UTC", "10s")


async def test_many_readers_share_a_few_connections(database: Database) -> None:
    reads = (database.reads.fetch_json("SELECT to_json(%(n)s::int)", {"n": n}) for n in range(100))
    assert await asyncio.gather(*reads) == [str(n).encode() for n in range(100)]


async def test_reads_go_on_after_the_server_has_closed_its_connections(database: Database) -> None:
    await asyncio.gather(
        *(database.reads.fetch_json("SELECT to_json(pg_sleep(0.05)::text)", {}) for _ in range(4))
    )
    others = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
    """
    async with database.transaction() as session:
        await session.execute(text(others))
    reads = (database.reads.fetch_json("SELECT to_json(1)", {}) for _ in range(8))
    assert set(await asyncio.gather(*reads)) == {b"1"}


async def test_writing_goes_on_after_the_server_has_closed_a_resting_connection(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace.kit.database.REST_SECONDS", 0)
    async with database.transaction() as session:
        first = await session.scalar(text("SELECT pg_backend_pid()"))
    await database.reads.fetch_json("SELECT to_json(pg_terminate_backend(%(pid)s::int))", {"pid": first})

    async with database.transaction() as session:
        assert await session.scalar(text("SELECT pg_backend_pid()")) != first
