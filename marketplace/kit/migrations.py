"""Bringing a database to the schema that this code expects."""

from functools import lru_cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.database import sqlalchemy_url

MIGRATIONS = Path(__file__).parent.parent.parent / "migrations"


def migrate(database_url: str) -> bool:
    """Apply what is missing, one process at a time; says whether anything was. Commits by itself."""
    before = _current(database_url)
    if before == expected_revision():
        return False
    command.upgrade(_config(database_url), "head")
    return True


def write_migration(database_url: str, message: str) -> None:
    """Write the migration from a database that is up to date to the tables as the code declares them."""
    command.revision(_config(database_url), message, autogenerate=True)


async def is_current(session: AsyncSession) -> bool:
    """Whether the database has exactly the schema that this code expects."""
    known = await session.execute(text("SELECT to_regclass('alembic_version') IS NOT NULL"))
    if not known.scalar_one():
        return False
    found = await session.execute(text("SELECT version_num FROM alembic_version"))
    return found.scalar_one_or_none() == expected_revision()


@lru_cache(maxsize=1)
def expected_revision() -> str | None:
    """The last migration of this code."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def _current(database_url: str) -> str | None:
    engine = create_engine(sqlalchemy_url(database_url))
    try:
        with engine.connect() as connection:
            revision: str | None = connection.execute(
                text("SELECT version_num FROM alembic_version")
            ).scalar()
            return revision
    except ProgrammingError:  # No such table: an empty database.
        return None
    finally:
        engine.dispose()


def _config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(slug)s")
    config.set_main_option("timezone", "UTC")
    config.attributes["database_url"] = database_url
    return config
