"""Bringing a database to the schema that this code expects."""

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent.parent.parent / "migrations"

_REVISION = re.compile(r"""^(revision|down_revision) = ["'](\w+)["']$""", re.MULTILINE)
_HAS_VERSION = "SELECT to_regclass('alembic_version') IS NOT NULL"
_VERSION = "SELECT version_num FROM alembic_version"


def migrate(database_url: str) -> bool:
    """Apply what is missing, one process at a time; says whether anything was. Commits by itself."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        known = connection.execute(_HAS_VERSION).fetchone() == (True,)
        if known and connection.execute(_VERSION).fetchone() == (expected_revision(),):
            return False
    from alembic import command  # noqa: PLC0415 - a start that has nothing to migrate is quicker without

    command.upgrade(_config(database_url), "head")
    return True


def write_migration(database_url: str, message: str) -> None:
    """Write the migration from a database that is up to date to the tables as the code declares them."""
    from alembic import command  # noqa: PLC0415

    command.revision(_config(database_url), message, autogenerate=True)


async def is_current(connection: psycopg.AsyncConnection) -> bool:
    """Whether the database has exactly the schema that this code expects."""
    known = await (await connection.execute(_HAS_VERSION)).fetchone()
    if known != (True,):
        return False
    return await (await connection.execute(_VERSION)).fetchone() == (expected_revision(),)


@lru_cache(maxsize=1)
def expected_revision() -> str:
    """The last migration of this code: the one that no other follows."""
    written = [_REVISION.findall(path.read_text()) for path in (MIGRATIONS / "versions").glob("*.py")]
    followed = {revision for found in written for kind, revision in found if kind == "down_revision"}
    (last,) = {revision for found in written for kind, revision in found if kind == "revision"} - followed
    return str(last)


def _config(database_url: str) -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(slug)s")
    config.set_main_option("timezone", "UTC")
    config.attributes["database_url"] = database_url
    return config
