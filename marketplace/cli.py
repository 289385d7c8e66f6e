"""The `marketplace` command.

Modules that a command needs are imported in it: `marketplace clock` need not load the web server.
"""
# ruff: noqa: PLC0415

import asyncio
import gc
import importlib
import os
import socket
import sys
import time
from datetime import timedelta
from typing import Annotated

import typer

from marketplace.cash_commands import cash_commands
from marketplace.gateway_commands import bank_commands, stripe_commands
from marketplace.kit import clock, logs
from marketplace.kit.settings import Settings, get_settings
from marketplace.paper_commands import paper_commands
from marketplace.payment_commands import payments_commands
from marketplace.payout_commands import payout_commands
from marketplace.vendor_commands import vendor_commands

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
clock_commands = typer.Typer(no_args_is_help=True, help="The clock of a demonstration.")
cli.add_typer(clock_commands, name="clock")
ledger_commands = typer.Typer(no_args_is_help=True, help="The ledger of what sellers earn.")
cli.add_typer(ledger_commands, name="ledger")
app_commands = typer.Typer(no_args_is_help=True, help="Apps: programs that work on the shop by its API.")
cli.add_typer(app_commands, name="apps")
staff_commands = typer.Typer(no_args_is_help=True, help="Who works for the shop.")
cli.add_typer(staff_commands, name="staff")
cli.add_typer(payments_commands, name="payments")
cli.add_typer(stripe_commands, name="stripe")
cli.add_typer(cash_commands, name="cash")
cli.add_typer(paper_commands, name="papers")
paper_commands.callback()(lambda: None)
cli.add_typer(payout_commands, name="payouts")
cli.add_typer(bank_commands, name="bank")
cli.add_typer(vendor_commands, name="vendors")
for alone in (ledger_commands, app_commands, staff_commands, payments_commands, bank_commands):
    alone.callback()(lambda: None)  # A command that is the only one of its group has a name all the same.

Scale = Annotated[
    float, typer.Option(help="How many times the usual amount: 30 makes about 100,000 listings.")
]


@cli.command()
def run() -> None:
    """Run everything here: database, migrations, demo data for an empty database, web server, worker."""
    from marketplace.run import only_one
    from marketplace.run import run as run_children

    settings = get_settings()
    with only_one(settings.data_dir):
        _refuse_a_taken_port(settings)
        settings = _with_database()
        _migrate(settings)
        _fill_if_empty(settings)
        run_children(settings)


@cli.command()
def serve() -> None:
    """Run the web server: the API, the storefront, files."""
    gc.disable()  # What is loaded now stays for good; the application has the rest collected once it is up.
    import uvicorn

    from marketplace.run import obey_the_watcher

    settings = _with_database()
    obey_the_watcher(settings.data_dir)
    uvicorn.run(
        "marketplace.app:app_from_environment",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.web_concurrency if settings.web_concurrency > 1 else None,
        loop="uvloop",
        http="httptools",
        access_log=False,
        server_header=False,
        date_header=False,
        log_config=None,
        timeout_graceful_shutdown=10,
    )


@cli.command()
def worker() -> None:
    """Run a worker: it does the jobs that the web server queues."""
    import uvloop

    from marketplace.run import obey_the_watcher
    from workers.runner import run_worker

    settings = _with_database()
    obey_the_watcher(settings.data_dir)
    uvloop.run(run_worker(settings))


@cli.command()
def migrate() -> None:
    """Bring the database to the schema of this version; make the bucket of a developer's machine."""
    settings = _with_database()
    _migrate(settings)
    if settings.s3_bucket is not None and settings.environment != "production":
        from marketplace.kit.s3 import S3Storage

        asyncio.run(S3Storage(settings).ensure_bucket())


@cli.command()
def make_migration(message: str) -> None:
    """Write the migration from the database, which must be up to date, to the tables as they are declared."""
    from marketplace.kit.migrations import write_migration

    write_migration(_url(_with_database()), message)


@cli.command()
def demo_data(scale: Scale = 1.0) -> None:
    """Load demo data: sellers, listings, two years of orders."""
    settings = _with_database()
    _migrate(settings)
    _load_demo(settings, scale)


@ledger_commands.command()
def verify() -> None:
    """Check the rules of the ledger over the whole database: fails where one is broken, and says which."""
    from marketplace.kit.database import Database
    from marketplace.payouts.verifying import Finding
    from marketplace.payouts.verifying import verify as verified

    async def check() -> list[Finding]:
        database = Database(_with_database().model_copy(update={"statement_timeout_seconds": 0}))
        async with database.transaction() as session:
            findings = await verified(session)
        await database.close()
        return findings

    findings = asyncio.run(check())
    for finding in findings:
        print(f"{finding.rule}: {finding.what}", file=sys.stderr)
    if findings:
        raise _Refusal("The ledger is not in order.")
    print("The ledger is in order.")


@ledger_commands.command()
def rebuild(
    check: Annotated[
        bool, typer.Option("--check", help="Compare only: entries are never written anew, so it is needed.")
    ] = False,
) -> None:
    """Derive all entries again from orders, payments and payouts, and compare: fails where they differ."""
    from sqlalchemy import text

    from marketplace.kit.database import Database
    from marketplace.payouts.rebuilding import Difference, differences

    if not check:
        raise _Refusal(
            "The ledger is only ever appended to. Say --check to compare it with what it is made of."
        )

    async def compare() -> list[Difference]:
        database = Database(_with_database().model_copy(update={"statement_timeout_seconds": 0}))
        async with database.transaction() as session:
            await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            found = await differences(session)
        await database.close()
        return found

    gc.freeze()  # Millions of rows come and go: what is loaded by now need not be looked through each time.
    found = asyncio.run(compare())
    for difference in found:
        print(difference, file=sys.stderr)
    if found:
        raise _Refusal("The ledger is not what it is made of.")
    print("The ledger is what it is made of.")


@app_commands.command()
def create(
    name: Annotated[str, typer.Option(help="What staff call it.")],
    permission: Annotated[
        list[str] | None, typer.Option(help="What it may do, such as MANAGE_ORDERS; once for each.")
    ] = None,
    identifier: Annotated[str | None, typer.Option(help="What it calls itself everywhere.")] = None,
) -> None:
    """Make an app and print its token, which nobody can read again: `Authorization: Bearer <token>`."""
    importlib.import_module("marketplace.tables")
    importlib.import_module("marketplace.reactions")  # Whoever listens is told of the app.
    from marketplace.apps.service import create_app
    from marketplace.kit.database import Database
    from marketplace.kit.errors import DomainError, Errors
    from marketplace.people.permissions import Permission

    unknown = sorted(set(permission or ()) - set(Permission))
    if unknown:
        raise _Refusal(f"There is no permission {', '.join(unknown)}: see PermissionEnum of the API.")

    async def make() -> str:
        database = Database(_with_database())
        try:
            async with database.transaction() as session:
                _app, token = await create_app(
                    session, name, identifier=identifier, permissions=permission or (), held=set(Permission)
                )
        except (DomainError, Errors) as error:
            raise _Refusal(str(error)) from error
        finally:
            await database.close()
        return token

    print(asyncio.run(make()))


@staff_commands.command("create")
def create_staff(
    email: Annotated[str, typer.Option(help="What they sign in with.")],
    password: Annotated[
        str,
        typer.Option(
            help="Asked for where it is not given.",
            envvar="MARKETPLACE_STAFF_PASSWORD",
            prompt=True,
            hide_input=True,
            confirmation_prompt=True,
        ),
    ],
    superuser: Annotated[bool, typer.Option("--superuser", help="May do everything, for good.")] = False,
) -> None:
    """Open an account of the staff: the first one, who takes on the others by `staffCreate` of the API."""
    importlib.import_module("marketplace.tables")
    from marketplace.kit.database import Database
    from marketplace.kit.errors import DomainError, Errors
    from marketplace.people.service import create_user

    async def make() -> None:
        database = Database(_with_database())
        try:
            async with database.transaction() as session:
                await create_user(session, email, password, is_staff=True, is_superuser=superuser)
        except (DomainError, Errors) as error:
            raise _Refusal(str(error)) from error
        finally:
            await database.close()

    asyncio.run(make())
    print(f"{email} may sign in now, by tokenCreate.")


@clock_commands.command()
def advance(days: float = 0, hours: float = 0) -> None:
    """Move the clock forward: what falls due later falls due now. Not in production."""
    from marketplace.kit.database import Database
    from marketplace.time_travel import advance as move

    settings = _with_database()
    if settings.adjustable_clock_file is None:
        raise _Refusal("In production the clock is the machine's own.")
    clock.follow(settings.adjustable_clock_file)

    async def travel() -> None:
        database = Database(settings)
        async with database.transaction() as session:
            arrived = await move(session, timedelta(days=days, hours=hours))
        await database.close()
        print(f"It is {arrived:%Y-%m-%d %H:%M} UTC now.")

    asyncio.run(travel())


@clock_commands.command()
def show() -> None:
    """Say what time it is."""
    clock.follow(get_settings().adjustable_clock_file)
    print(f"{clock.now():%Y-%m-%d %H:%M} UTC, {clock.ahead()} ahead of this machine.")


class _Refusal(Exception):  # noqa: N818 - told to a person, not handled by code
    """What a person asked for can't be done; the message says why."""


def _with_database() -> Settings:
    """The settings with a database in them: the one that is named, or the embedded server, held from now."""
    settings = get_settings()
    logs.set_up(settings)
    if settings.database_url is None:
        from marketplace.kit.embedded import ensure_server

        os.environ["DATABASE_URL"] = ensure_server(settings.data_dir)
        get_settings.cache_clear()
        settings = get_settings()
    return settings


def _url(settings: Settings) -> str:
    if settings.database_url is None:
        raise _Refusal("No database is named.")
    return settings.database_url


def _migrate(settings: Settings) -> None:
    from marketplace.kit import migrations

    started_at = time.monotonic()
    if migrations.migrate(_url(settings)):
        print(f"Migrated the database in {time.monotonic() - started_at:.1f} s.", flush=True)


def _fill_if_empty(settings: Settings) -> None:
    import psycopg

    with psycopg.connect(_url(settings)) as connection:
        row = connection.execute(
            "SELECT EXISTS (SELECT FROM vendor) OR EXISTS (SELECT FROM channel)"
        ).fetchone()
    if row == (False,) and settings.environment == "development":
        _load_demo(settings, 1.0)


def _load_demo(settings: Settings, scale: float) -> None:
    from marketplace.demo import NotEmptyError, load

    clock.follow(settings.adjustable_clock_file)
    try:
        load(settings, scale)
    except NotEmptyError as error:
        raise _Refusal(str(error)) from error


def _refuse_a_taken_port(settings: Settings) -> None:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((settings.host, settings.port))
        except OSError:
            taken = f"Port {settings.port} of {settings.host} is taken; choose another with MARKETPLACE_PORT."
            raise _Refusal(taken) from None


def main() -> None:
    """Run the command; what a person can mend is told without a traceback."""
    from marketplace.kit.embedded import EmbeddedServerError
    from marketplace.kit.errors import DomainError
    from marketplace.kit.settings import SettingsError
    from marketplace.run import RunError

    try:
        cli()
    except (_Refusal, DomainError, RunError, SettingsError, EmbeddedServerError) as error:
        print(f"marketplace: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
