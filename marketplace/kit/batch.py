"""Rows of several tables, written in one statement.

Completing a checkout writes dozens of rows into half a dozen tables while others wait for the same stocks.
One statement for all of them is one way to the database and back. Foreign keys between the rows hold, since
PostgreSQL looks at them when the statement ends.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import cast

import orjson
from sqlalchemy import Table, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.schema import CallableColumnDefault, ScalarElementColumnDefault

from marketplace.kit.models import Base


class Batch:
    """Collects rows by table and writes them together. Columns that a row leaves out get their default."""

    def __init__(self) -> None:
        self._rows: list[tuple[Table, Sequence[Mapping[str, object]]]] = []

    def insert(self, model: type[Base], rows: Sequence[Mapping[str, object]]) -> None:
        """Add rows of a model: dicts by column name, all with the same columns."""
        if rows:
            self._rows.append((cast("Table", model.__table__), rows))

    async def write(self, session: AsyncSession) -> None:
        """Write all rows that were added. What the session has pending is written before."""
        if not self._rows:
            return
        shape, parameters = [], {}
        for number, (table, rows) in enumerate(self._rows):
            completed = [_with_defaults(table, row) for row in rows]
            shape.append((table, tuple(completed[0])))
            parameters[f"rows_{number}"] = orjson.dumps(completed).decode()
        self._rows = []
        await session.execute(_statement(tuple(shape)), parameters)


def _with_defaults(table: Table, row: Mapping[str, object]) -> dict[str, object]:
    completed = dict(row)
    for column in table.columns:
        name = str(column.name)  # SQLAlchemy's own kind of text is none that JSON takes for a key.
        if name in completed:
            continue
        match column.default:
            case CallableColumnDefault(arg=make):
                # Ours take no context: `uuid4`, `dict`, `clock.now`, which SQLAlchemy has wrapped.
                completed[name] = cast("Callable[[None], object]", make)(None)
            case ScalarElementColumnDefault(arg=value):
                completed[name] = value
    return completed


@lru_cache(maxsize=256)
def _statement(shape: tuple[tuple[Table, tuple[str, ...]], ...]) -> TextClause:
    """The statement for these columns of these tables, however many rows there are."""
    parts = []
    for number, (table, names) in enumerate(shape):
        columns = ", ".join(f'"{name}"' for name in names)
        parts.append(
            f"written_{number} AS (INSERT INTO {table.name} ({columns}) SELECT {columns}"  # noqa: S608 - our names
            f" FROM json_populate_recordset(NULL::{table.name}, CAST(:rows_{number} AS json)))"
        )
    return text(f"WITH {', '.join(parts)} SELECT 1")
