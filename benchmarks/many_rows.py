"""A small shop made large: copies of its rows by plain SQL, a table at a time, in a minute or two.

A copy is a row of its own: its keys and whatever is unique in it are moved or marked with the copy's
number, and it refers to its copied neighbours. Triggers and references are off meanwhile; what triggers keep
is copied too.
"""

from collections.abc import Iterable

import psycopg
from sqlalchemy import Column, String, Table, Text, UniqueConstraint, Uuid

from marketplace.tables import Base

PRODUCTS = (
    "product",
    "product_translation",
    "product_channel_listing",
    "product_media",
    "product_attribute_value",
    "product_answer_order",
    "collection_product",
    "product_variant",
    "variant_channel_listing",
    "stock",
)
PEOPLE = ("user_account", "address")
ORDERS = (
    "customer_order",
    "vendor_order",
    "order_line",
    "fulfillment",
    "fulfillment_line",
    "order_event",
    "transaction_item",
    "transaction_event",
)
FAR = 10_000_000
"""Beyond the keys of the small shop."""
APART = "make_interval(mins => copy.n * 7)"


def copy(database: psycopg.Connection, tables: Iterable[str], times: int, beside: Iterable[str] = ()) -> None:
    """Add so many copies of all rows of some tables, which belong to copies of the tables `beside` them."""
    together = {name: Base.metadata.tables[name] for name in (*beside, *tables)}
    with database.transaction():
        database.execute("SET LOCAL session_replication_role = replica")
        for name in tables:
            database.execute(_statement(together[name], together), {"times": times})  # type: ignore[arg-type]


def _statement(table: Table, together: dict[str, Table]) -> str:
    columns = [column for column in table.columns if column.computed is None]
    names = ", ".join(f'"{column.name}"' for column in columns)
    values = ", ".join(_value(column, table, together) for column in columns)
    into = f'INSERT INTO "{table.name}" ({names}) OVERRIDING SYSTEM VALUE'
    return f'{into} SELECT {values} FROM "{table.name}" one, generate_series(1, %(times)s) copy(n)'  # noqa: S608


def _value(column: Column[object], table: Table, together: dict[str, Table]) -> str:
    """The column as the copy has it."""
    own = f'one."{column.name}"'
    referred = [key.column.table.name for key in column.foreign_keys]
    is_key = column.primary_key and not referred
    if is_key or any(name in together for name in referred):
        if isinstance(column.type, Uuid):
            return f"md5({own}::text || copy.n)::uuid"
        return f"{own} + copy.n * {FAR}"
    if column.name in ("created_at", "updated_at"):
        return f"{own} - {APART}"
    if referred or not _is_unique(column, table, together):
        return own
    if isinstance(column.type, Uuid):
        return f"md5({own}::text || copy.n)::uuid"
    return f"copy.n || '-' || {own}" if isinstance(column.type, String | Text) else f"{own} + copy.n * {FAR}"


def _is_unique(column: Column[object], table: Table, together: dict[str, Table]) -> bool:
    """Whether two copies must differ in it: it is unique, and not only within what is copied as well."""
    if column.unique or any(column.name in str(each) for each in _expressions(table)):
        return True
    keys = [list(each.columns) for each in table.constraints if isinstance(each, UniqueConstraint)]
    keys += [list(each.columns) for each in table.indexes if each.unique]

    def moves(other: Column[object]) -> bool:
        return any(key.column.table.name in together for key in other.foreign_keys)

    return any(column in key and not any(moves(other) for other in key) for key in keys)


def _expressions(table: Table) -> list[object]:
    """What is unique without being a column: an e-mail address in small letters."""
    unique = [each for each in table.indexes if each.unique and not list(each.columns)]
    return [expression for index in unique for expression in index.expressions]
