"""Rows by the hundred thousand: gathered as tuples, sent to PostgreSQL by COPY."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

import orjson
import psycopg
from psycopg import sql
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Enum,
    Float,
    Identity,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.schema import CallableColumnDefault, ScalarElementColumnDefault
from sqlalchemy.types import TypeEngine

from marketplace.kit.models import Base

BLOCK_ROWS = 2000
_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

_NO_CONTEXT: Any = None
"""Defaults of ours look at nothing: what time it is, what is empty."""

Value = Any
"""What a column takes: told by the column, not by Python's types."""


class Rows:
    """Rows of one table in the making. Columns that nobody names get the default that the table declares."""

    def __init__(self, table: Table, names: Sequence[str]) -> None:
        self.table = table
        self.columns = [_column(table, name) for name in names]
        self._defaults = [column for column in table.columns if _needs_default(column, self.columns)]
        self.rows: list[tuple[Value, ...]] = []

    def add(self, *values: Value) -> None:
        self.rows.append(values)

    def __len__(self) -> int:
        return len(self.rows)

    async def copy(self, connection: psycopg.AsyncConnection) -> None:
        """Send all rows in one COPY."""
        if not self.rows:
            return
        columns = [*self.columns, *self._defaults]
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(self.table.name),
            sql.SQL(", ").join(sql.Identifier(column.name) for column in columns),
        )
        async with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for block in self._blocks():
                await copy.write(block)

    def _blocks(self) -> Iterator[str]:
        writers = [_writer(column) for column in self.columns]
        tail = "".join(f"\t{_default_written(column)}" for column in self._defaults) + "\n"
        for start in range(0, len(self.rows), BLOCK_ROWS):
            yield "".join(
                "\t".join(
                    [
                        "\\N" if value is None else write(value)
                        for write, value in zip(writers, row, strict=True)
                    ]
                )
                + tail
                for row in self.rows[start : start + BLOCK_ROWS]
            )


class Tables:
    """All rows in the making, by table, in the order in which these were first named: parents first."""

    def __init__(self) -> None:
        self._rows: list[Rows] = []

    def of(self, model: type[Base] | Table, names: str) -> Rows:
        """Rows of a table, with the columns (separated by blanks) that `add` will give."""
        table = model if isinstance(model, Table) else model.__table__
        if not isinstance(table, Table):
            raise TypeError(f"{model} is no table")
        rows = Rows(table, names.split())
        self._rows.append(rows)
        return rows

    @property
    def waiting(self) -> int:
        """Rows that have not been sent yet."""
        return sum(len(rows) for rows in self._rows)

    async def copy(self, connection: psycopg.AsyncConnection) -> int:
        """Send everything that waits, and give the number of rows."""
        sent = self.waiting
        for rows in self._rows:
            await rows.copy(connection)
            rows.rows.clear()
        return sent


async def set_identities(connection: psycopg.AsyncConnection, tables: Sequence[Table]) -> None:
    """Let each table's own numbering go on after the greatest number that was copied in."""
    for table in tables:
        for column in table.columns:
            if isinstance(column.server_default, Identity):
                await connection.execute(
                    sql.SQL(
                        "SELECT setval(pg_get_serial_sequence({table_name}, {column_name}),"
                        " coalesce(max({column}), 0) + 1, false) FROM {table}"
                    ).format(
                        table_name=sql.Literal(table.name),
                        column_name=sql.Literal(column.name),
                        column=sql.Identifier(column.name),
                        table=sql.Identifier(table.name),
                    )
                )


def _column(table: Table, name: str) -> Column[Any]:
    return table.columns[name]


def _needs_default(column: Column[Any], given: Sequence[Column[Any]]) -> bool:
    """Whether a row without this column would be refused, or would differ from one made by a service."""
    if column in given or column.server_default is not None or column.computed is not None:
        return False
    return column.default is not None or not column.nullable


def _default(column: Column[Any]) -> Value:
    default = column.default
    if isinstance(default, CallableColumnDefault):
        return default.arg(_NO_CONTEXT)
    if isinstance(default, ScalarElementColumnDefault):
        return default.arg
    raise TypeError(f"{column} was not given, and has no default that could stand for it")


def _default_written(column: Column[Any]) -> str:
    """The default as COPY has it: what says who acts says that nobody does."""
    value = _default(column)
    return "\\N" if value is None else _writer(column)(value)


def _writer(column: Column[Any]) -> Callable[[Value], str]:
    """How a value of the column is written in COPY's text format."""
    kind = column.type
    return next((write for types, write in _WRITERS if isinstance(kind, types)), _text)


def _text(value: str) -> str:
    return value.translate(_ESCAPES) if _SPECIAL.search(value) else value


def _truth(value: bool) -> str:
    return "t" if value else "f"


def _moment(value: datetime | date) -> str:
    return value.isoformat()


def _json(value: object) -> str:
    return _text(orjson.dumps(value).decode())


def _array(values: Sequence[object]) -> str:
    quoted = (str(value).replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return _text("{" + ",".join(f'"{value}"' for value in quoted) + "}")


def _bytes(value: bytes) -> str:
    return f"\\\\x{value.hex()}"


_WRITERS: tuple[tuple[tuple[type[TypeEngine[Any]], ...], Callable[[Value], str]], ...] = (
    ((BigInteger, Integer, Numeric, Float, Uuid, Enum), str),
    ((Boolean,), _truth),
    ((DateTime, Date), _moment),
    ((JSONB,), _json),
    ((ARRAY,), _array),
    ((LargeBinary,), _bytes),
)
