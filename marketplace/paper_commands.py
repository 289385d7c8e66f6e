"""The `marketplace papers` commands: invoices of commission.

Modules that a command needs are imported in it, as in `cli.py`.
"""
# ruff: noqa: PLC0415

import asyncio
import importlib
from datetime import datetime
from typing import Annotated

import typer

paper_commands = typer.Typer(no_args_is_help=True, help="Papers about money.")


@paper_commands.command()
def issue(
    month: Annotated[
        datetime, typer.Option(formats=["%Y-%m"], help="A month that is over. Told twice, it is done once.")
    ],
) -> None:
    """Issue all sellers' invoices of commission, and credit notes, of a month."""
    from marketplace import cli
    from marketplace.kit.database import Database
    from marketplace.kit.errors import DomainError
    from marketplace.payouts.papers.monthly import issue_month

    importlib.import_module("marketplace.tables")
    settings = cli._with_database()  # noqa: SLF001 - a part of the same command

    async def done() -> list[str]:
        database = Database(settings)
        try:
            return await issue_month(database, settings, month.date())
        finally:
            await database.close()

    try:
        numbers = asyncio.run(done())
    except DomainError as error:
        raise cli._Refusal(error.message) from error  # noqa: SLF001
    for number in numbers:
        print(number)
    print(f"{len(numbers)} papers are issued.")
