"""How alembic reaches the database: one migration run at a time, and none that waits long for a lock."""

import sys
from pathlib import Path

from alembic import context
from alembic.operations.ops import CreateForeignKeyOp, CreateTableOp, MigrationScript
from sqlalchemy import ForeignKeyConstraint, create_engine, inspect, text

from marketplace.kit.database import sqlalchemy_url
from marketplace.tables import metadata, statements

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from operations import InstallQueue, RunSql  # noqa: E402 - lies beside this file, which is no package

LOCK_TIMEOUT = "5s"
"""A migration that can't have its lock by then fails, rather than hold up the shop behind it."""
ADVISORY_LOCK = 20261123


def ours(_object: object, name: str | None, kind: str, _reflected: object, _compare_to: object) -> bool:
    """The queue's tables come with the queue's own schema."""
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


def with_statements(_context: object, _revision: object, scripts: list[MigrationScript]) -> None:
    """Add to a new migration what tables can't say and no migration has said yet."""
    written = words(*(path.read_text() for path in (HERE / "versions").glob("*.py")))
    upgrade = scripts[0].upgrade_ops
    if upgrade is None:
        return
    known = inspect(connection).get_sequence_names()
    missing = sorted(set(metadata._sequences) - set(known))  # noqa: SLF001 - alembic does not compare sequences
    upgrade.ops[:0] = [RunSql(f"CREATE SEQUENCE {name}") for name in missing]
    made = {operation.table_name for operation in upgrade.ops if isinstance(operation, CreateTableOp)}
    upgrade.ops += [
        CreateForeignKeyOp.from_constraint(key) for key in circular_keys() if key.table.name in made
    ]
    upgrade.ops += [RunSql(statement) for statement in statements() if words(statement) not in written]
    if "op.install_queue()" not in written:
        upgrade.ops.append(InstallQueue())


def words(*texts: str) -> str:
    """Texts without regard to their layout, which a migration changes."""
    return " ".join(" ".join(texts).split())


def circular_keys() -> list[ForeignKeyConstraint]:
    """Keys of tables that point at each other: they are added once both tables are there."""
    tables = metadata.tables.values()
    keys = [key for table in tables for key in table.foreign_key_constraints if key.use_alter]
    return sorted(keys, key=lambda key: str(key.name))


engine = create_engine(sqlalchemy_url(context.config.attributes["database_url"]))
with engine.connect() as connection:
    connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": ADVISORY_LOCK})
    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_object=ours,
        process_revision_directives=with_statements,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
