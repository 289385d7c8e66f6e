"""The databases of the tests: one server, one template with every table, copies of it by the dozen.

The template is made from the tables as the code declares them; another test proves that the migrations lead
to the very same schema.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import psutil
import psycopg
from procrastinate.schema import SchemaManager
from psycopg import sql
from sqlalchemy import create_engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from marketplace.kit.database import sqlalchemy_url
from marketplace.kit.embedded import EmbeddedServer
from marketplace.tables import metadata, statements

ROOT = Path(__file__).parent.parent

# What a crash would lose may be lost: every database here is made anew.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "300"}
FORGETFUL |= {"max_wal_size": "256MB"}

MEMORY = Path("/dev/shm")  # noqa: S108 - what is below it is named after its user and the checkout
MEMORY_NEEDED_BYTES = 3 * 2**30


def _home() -> Path:
    """In memory where there is some: a database is copied there in 50 ms, on a busy disk in a second."""
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= MEMORY_NEEDED_BYTES:
        checkout = sha256(str(ROOT).encode()).hexdigest()[:12]  # `make clean` finds it by the same name.
        return MEMORY / f"marketplace-tests-{os.getuid()}-{checkout}"
    return ROOT / ".data" / "tests"


server = EmbeddedServer(_home(), tuning=FORGETFUL)


@contextmanager
def one_at_a_time() -> Iterator[psycopg.Connection]:
    """A connection for making and dropping databases; other test runs on this server wait meanwhile."""
    with psycopg.connect(server.url_of("postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(20)")
        yield connection


def prepare_template() -> str:
    """The name of a database that has all tables and no rows; made once per version of the schema."""
    server.acquire()
    name = f"template_{_fingerprint()}"
    with one_at_a_time() as connection:
        _drop_leftovers(connection, name)
        if not _exists(connection, name):
            draft = f"{name}_draft"
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(draft)))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(draft)))
            _make_tables(server.url_of(draft))
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(name))
            )
    return name


@contextmanager
def copy_of(template: str, name: str) -> Iterator[str]:
    """A database of one's own; gives its URL and drops it in the end. The name ends with the pid."""
    name = f"{name}_{os.getpid()}"
    with one_at_a_time() as connection:
        _drop(connection, name)
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    try:
        yield server.url_of(name)
    finally:
        with one_at_a_time() as connection:
            _drop(connection, name)


def _make_tables(url: str) -> None:
    engine = create_engine(sqlalchemy_url(url))
    with engine.begin() as connection:
        metadata.create_all(connection)
        raw = connection.connection.driver_connection
        assert raw is not None
        for statement in [SchemaManager.get_schema(), *statements()]:
            raw.execute(statement)
    engine.dispose()


def _fingerprint() -> str:
    dialect = postgresql.dialect()
    parts = [str(CreateTable(table).compile(dialect=dialect)) for table in metadata.sorted_tables]
    parts += sorted(
        str(CreateIndex(index).compile(dialect=dialect))
        for table in metadata.sorted_tables
        for index in table.indexes
    )
    parts += [SchemaManager.get_schema(), *statements()]
    return sha256("\n".join(parts).encode()).hexdigest()[:12]


def _exists(connection: psycopg.Connection, name: str) -> bool:
    return connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _drop(connection: psycopg.Connection, name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _drop_leftovers(connection: psycopg.Connection, current_template: str) -> None:
    """Databases of test runs that were killed, and templates of schemas that are no more."""
    for (name,) in connection.execute("SELECT datname FROM pg_database WHERE datname ~ '_'").fetchall():
        owner = name.rpartition("_")[2]
        if name.startswith("template_"):
            unused = name != current_template and not _in_use_by_others(connection)
        else:
            unused = owner.isdecimal() and not psutil.pid_exists(int(owner))
        if unused:
            _drop(connection, name)


def _in_use_by_others(connection: psycopg.Connection) -> bool:
    """Another test run may stand on an older schema's template just now."""
    query = "SELECT FROM pg_stat_activity WHERE datname NOT IN ('postgres') AND pid <> pg_backend_pid()"
    return connection.execute(query).fetchone() is not None
