"""The transactions of one mutation: one, but where it waits for somebody outside in between."""

from contextlib import AbstractAsyncContextManager, suppress
from types import TracebackType
from typing import Protocol, Self

from sqlalchemy.ext.asyncio import AsyncSession


class _UndoneError(Exception):
    """Has a transaction rolled back, and goes no further."""


class Opens(Protocol):
    """As much of a database as this needs."""

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]: ...


class Transactions:
    """One transaction at a time: `session` is that of the one that is open.

    As a context manager it opens the first, and commits or rolls back whichever is open at the end.
    """

    def __init__(self, database: Opens) -> None:
        self._database = database
        self._open: AbstractAsyncContextManager[AsyncSession] | None = None
        self._session: AsyncSession | None = None

    @property
    def session(self) -> AsyncSession:
        if self._session is None:
            raise RuntimeError("no transaction is open while somebody outside is waited for")
        return self._session

    async def begin(self) -> None:
        opened = self._database.transaction()
        self._session = await opened.__aenter__()
        self._open = opened

    async def commit(self) -> None:
        """Commit, and give the connection back."""
        await self._close(None, None, None)

    async def undo(self) -> None:
        """Roll back, and open the next."""
        undone = _UndoneError()
        with suppress(_UndoneError):  # It leaves the transaction as any error does that undoes one.
            await self._close(_UndoneError, undone, None)
        await self.begin()

    async def __aenter__(self) -> Self:
        await self.begin()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._open is not None:
            await self._close(kind, error, traceback)

    async def _close(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        opened, self._open, self._session = self._open, None, None
        if opened is None:
            raise RuntimeError("no transaction is open")
        await opened.__aexit__(kind, error, traceback)
