"""Two operations that alembic lacks: SQL kept as it was written, and the job queue's own schema."""

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation, Operations
from procrastinate.schema import SchemaManager


@Operations.register_operation("run_sql")
class RunSql(MigrateOperation):
    """Runs statements as they stand: colons and percent signs mean nothing special."""

    def __init__(self, sql: str) -> None:
        self.sql = sql

    @classmethod
    def run_sql(cls, operations: Operations, sql: str) -> None:
        operations.invoke(cls(sql))


@Operations.register_operation("install_queue")
class InstallQueue(MigrateOperation):
    """Makes procrastinate's tables and functions. Its later versions come in later migrations."""

    @classmethod
    def install_queue(cls, operations: Operations) -> None:
        operations.invoke(cls())


@Operations.implementation_for(RunSql)
def _run_sql(operations: Operations, operation: RunSql) -> None:
    operations.get_bind().connection.cursor().execute(operation.sql)


@Operations.implementation_for(InstallQueue)
def _install_queue(operations: Operations, _operation: InstallQueue) -> None:
    operations.get_bind().connection.cursor().execute(SchemaManager.get_schema())


@renderers.dispatch_for(RunSql)
def _render_sql(_context: AutogenContext, operation: RunSql) -> str:
    return f'op.run_sql(\n    r"""\n{operation.sql.strip()}\n    """\n)'


@renderers.dispatch_for(InstallQueue)
def _render_queue(_context: AutogenContext, _operation: InstallQueue) -> str:
    return "op.install_queue()"
