"""The app's database during a test: the test's own connection, so that both see what neither commits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from marketplace.kit.database import Database, Params, ReadPool, fetch_json_on
from marketplace.kit.settings import Settings


class SharedConnection(Database):
    """Transactions are savepoints of the test's transaction. They take turns: there is one connection."""

    def __init__(self, settings: Settings, connection: AsyncConnection) -> None:
        super().__init__(settings, application_name="tests")
        self._connection = connection
        self._turn = asyncio.Lock()
        self.reads = SharedReads(connection, self._turn)  # In place of the pool that would be made on demand.

    async def open(self) -> None:
        """The test opened it."""

    async def close(self) -> None:
        """The test closes it; only the engine that nobody used is let go."""
        await self.engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        opened = session_on(self._connection, self.settings)
        async with self._turn, opened as session, session.begin():
            yield session


class SharedReads(ReadPool):
    """The reads of an app that shares the test's connection."""

    def __init__(self, connection: AsyncConnection, turn: asyncio.Lock) -> None:
        self._connection = connection
        self._turn = turn

    async def fetch_json(self, sql: str, params: Params) -> bytes:
        async with self.connection() as connection:
            return await fetch_json_on(connection, sql, params)

    @asynccontextmanager
    async def connection(self, patience_seconds: float = 10.0) -> AsyncIterator[psycopg.AsyncConnection]:
        async with asyncio.timeout(patience_seconds):
            await self._turn.acquire()
        try:
            raw = await self._connection.get_raw_connection()
            assert isinstance(raw.driver_connection, psycopg.AsyncConnection)
            async with raw.driver_connection.transaction():
                yield raw.driver_connection
        finally:
            self._turn.release()


@asynccontextmanager
async def session_on(connection: AsyncConnection, settings: Settings) -> AsyncIterator[AsyncSession]:
    """A session whose commits are savepoints."""
    async with AsyncSession(
        bind=connection,
        expire_on_commit=False,
        join_transaction_mode="create_savepoint",
        info={"settings": settings},
    ) as session:
        yield session
