"""What the commands of several modules share: work on the database that the settings name."""
# ruff: noqa: PLC0415

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

T = TypeVar("T")


def in_a_transaction(work: "Callable[[AsyncSession], Awaitable[T]]") -> T:
    """Do something with the database that the settings name, in one transaction."""
    from marketplace import cli
    from marketplace.kit.database import Database

    importlib.import_module("marketplace.tables")
    importlib.import_module("marketplace.reactions")  # The ledger hears of it.

    async def done() -> T:
        database = Database(cli._with_database())  # noqa: SLF001 - a part of the same command
        try:
            async with database.transaction() as session:
                return await work(session)
        finally:
            await database.close()

    return asyncio.run(done())
