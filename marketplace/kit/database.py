"""PostgreSQL: sessions for whoever changes rows, and a short way for reads that come back as JSON."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cached_property, partial
from time import monotonic

import psycopg
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import URL, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from marketplace.kit.settings import Settings

Params = Mapping[str, object] | Sequence[object]

CARRIED_OVER = "carried over"
"""What a session's `info` has under this name is passed on to the session that follows it in a mutation."""

REST_SECONDS = 2.0
"""After so long without work a connection may have been closed by the server: it is asked first."""
PREPARED_STATEMENTS = 300
"""How many statements a connection keeps prepared."""


def sqlalchemy_url(database_url: str) -> URL:
    """The URL as SQLAlchemy wants it: the dialect and the driver named."""
    return make_url(database_url).set(drivername="postgresql+psycopg")


def libpq_url(database_url: str) -> str:
    """The URL as PostgreSQL's own clients want it."""
    return make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)


def connection_options(settings: Settings, application_name: str) -> dict[str, str]:
    """What each connection is told when it opens. Waits are bounded, so that a stuck one is an error."""
    options = {
        "jit": "off",  # Compiling a short statement costs more than running it.
        "timezone": "UTC",
        "statement_timeout": f"{settings.statement_timeout_seconds}s",
        "lock_timeout": f"{settings.lock_timeout_seconds}s",
        "idle_in_transaction_session_timeout": f"{settings.idle_in_transaction_seconds}s",
    }
    return {
        "application_name": application_name,
        "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
    }


def create_engine_from(settings: Settings, application_name: str = "marketplace") -> AsyncEngine:
    """The engine of one process, on `settings.database_url`."""
    engine = create_async_engine(
        sqlalchemy_url(required_database_url(settings)),
        connect_args=connection_options(settings, application_name) | {"prepare_threshold": 2},
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=settings.lock_timeout_seconds,
    )
    event.listen(engine.sync_engine, "connect", _keep_statements)
    event.listen(engine.sync_engine, "checkin", _note_rest)
    event.listen(engine.sync_engine, "checkout", partial(_ask_after_rest, engine.dialect))
    return engine


def _note_rest(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info["resting_since"] = monotonic()


def _ask_after_rest(
    dialect: Dialect, connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object
) -> None:
    """Ask a connection whether it lives, if it has rested. Asking each time costs a sale eight trips."""
    if monotonic() - record.info.get("resting_since", monotonic()) < REST_SECONDS:
        return
    try:
        dialect.do_ping(connection)
    except psycopg.Error as error:
        raise DisconnectionError from error  # The pool takes another one.


def _keep_statements(connection: DBAPIConnection, _record: object) -> None:
    """Room for every statement of a sale: psycopg keeps a hundred, and a sale alone has nearly as many."""
    driver_connection = connection.driver_connection
    if isinstance(driver_connection, psycopg.AsyncConnection):
        driver_connection.prepared_max = PREPARED_STATEMENTS


async def _keep_read_statements(connection: psycopg.AsyncConnection) -> None:
    connection.prepared_max = PREPARED_STATEMENTS


def create_sessions(
    engine: AsyncEngine, settings: Settings | None = None
) -> async_sessionmaker[AsyncSession]:
    """Sessions whose rows stay readable after the commit. Their `info` has the installation's settings."""
    return async_sessionmaker(engine, expire_on_commit=False, info={"settings": settings})


def required_database_url(settings: Settings) -> str:
    if settings.database_url is None:
        raise RuntimeError("No database: set DATABASE_URL, or start the embedded server first.")
    return settings.database_url


class ReadPool:
    """Connections that only read, each statement on its own (autocommit), and give JSON as bytes.

    A statement is sent once per connection and prepared there by the server; afterwards its name and
    the parameters are all that travels. The server's JSON is passed on without being looked at.
    """

    def __init__(self, database_url: str, options: dict[str, str], size: int) -> None:
        self._pool = AsyncConnectionPool(
            libpq_url(database_url),
            kwargs=options | {"autocommit": True, "prepare_threshold": 0},
            min_size=min(4, size),
            max_size=size,
            configure=_keep_read_statements,
            open=False,
            name="reads",
        )

    async def open(self) -> None:
        await self._pool.open(wait=True)

    async def close(self) -> None:
        await self._pool.close()

    @asynccontextmanager
    async def connection(self, patience_seconds: float = 10.0) -> AsyncIterator[psycopg.AsyncConnection]:
        """A connection of the pool, for reads that are not JSON."""
        async with self._pool.connection(patience_seconds) as connection:
            yield connection

    async def fetch_json(self, sql: str, params: Params) -> bytes:
        """The single value of the single row of a statement, as the bytes of its JSON.

        Parameters are `%(name)s` with a mapping, or PostgreSQL's own `$1` with a sequence: long statements
        want the latter, which are sent without being read once more.
        """
        async with self._pool.connection() as connection:
            try:
                return await fetch_json_on(connection, sql, params)
            except psycopg.OperationalError:
                if not connection.broken:
                    raise
        # The server has closed the connection, as when it was started again: a read may be asked twice.
        await self._pool.check()
        async with self._pool.connection() as connection:
            return await fetch_json_on(connection, sql, params)


async def fetch_json_in(session: AsyncSession, sql: str, params: Params) -> bytes:
    """The same as ReadPool.fetch_json, in a session's transaction: it sees what was flushed there."""
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    driver_connection = raw.driver_connection
    if not isinstance(driver_connection, psycopg.AsyncConnection):
        raise TypeError(f"psycopg's connection was expected, not {type(driver_connection)}")
    return await fetch_json_on(driver_connection, sql, params)


async def fetch_json_on(connection: psycopg.AsyncConnection, sql: str, params: Params) -> bytes:
    """The same as ReadPool.fetch_json, on a connection that the caller has."""
    named = isinstance(params, Mapping)
    cursor = connection.cursor() if named else psycopg.AsyncRawCursor(connection)
    await cursor.execute(sql, params)
    result = cursor.pgresult
    value = result.get_value(0, 0) if result is not None and result.ntuples else None
    if value is None:
        raise LookupError("the statement gave no value")
    return value


class Database:
    """What one process holds of PostgreSQL. Open it once, close it at the end."""

    def __init__(self, settings: Settings, application_name: str = "marketplace") -> None:
        self.settings = settings
        self._application_name = application_name
        self.engine = create_engine_from(settings, application_name)
        self.sessions = create_sessions(self.engine, settings)

    @cached_property
    def reads(self) -> ReadPool:
        """Reads that may lag behind the last write where a replica is set."""
        settings = self.settings
        url = settings.database_replica_url or required_database_url(settings)
        options = connection_options(settings, f"{self._application_name} reads")
        return ReadPool(url, options, settings.database_pool_size)

    async def open(self) -> None:
        await self.reads.open()

    async def close(self) -> None:
        if "reads" in vars(self):
            await self.reads.close()
        await self.engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session in one transaction: committed at the end, rolled back when an exception leaves it."""
        async with self.sessions.begin() as session:
            yield session
