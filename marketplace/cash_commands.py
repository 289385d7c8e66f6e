"""The `marketplace cash` commands: carriers' sheets, and how old the cash is that they hold.

Modules that a command needs are imported in it, as in `cli.py`.
"""
# ruff: noqa: PLC0415

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from marketplace.payments.at_the_door.models import CashSheet

cash_commands = typer.Typer(no_args_is_help=True, help="Cash in carriers' hands.")
T = TypeVar("T")


class Differing(StrEnum):
    """What becomes of lines that are not what the carrier owes."""

    REFUSE = "refuse"
    BOOK = "book"
    LEAVE = "leave"


@cash_commands.command("import-remittance")
def import_remittance(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="XLSX, XLS, ODS or CSV.")],
    carrier: Annotated[str, typer.Option(help="Who hands it over, as our shipping methods call it.")],
    reference: Annotated[str, typer.Option(help="What the carrier calls it. Told twice, it is booked once.")],
    currency: Annotated[str, typer.Option(help="ISO 4217.")] = "MAD",
    differences: Annotated[
        Differing, typer.Option(help="refuse: book nothing; book: ours; leave: still owed.")
    ] = Differing.REFUSE,
    preview: Annotated[bool, typer.Option("--preview", help="Only say what each line is.")] = False,
) -> None:
    """Read a carrier's sheet, say what each line is, and book it."""
    from marketplace.payments.at_the_door import booking

    async def read(session: "AsyncSession") -> "CashSheet":
        content = file.read_bytes()
        return await booking.upload(session, content, carrier, reference, currency, file_name=file.name)

    sheet = in_a_transaction(read)
    for line in sheet.lines:
        print(_shown(line, sheet.currency))
    if preview:
        return

    async def book(session: "AsyncSession") -> "CashSheet":
        return await booking.book(session, sheet.id, booking.Differences[differences.name])

    booked = in_a_transaction(book)
    print(f"{sum(bool(line['is_booked']) for line in booked.lines)} of {len(booked.lines)} lines are booked.")


@cash_commands.command()
def ageing(
    csv: Annotated[bool, typer.Option("--csv", help="For a spreadsheet.")] = False,
) -> None:
    """Say how old the cash is that carriers have collected and not handed over."""
    from marketplace.payments.at_the_door import ageing as ages

    debts = in_a_transaction(ages.ageing)
    if csv:
        print(ages.as_csv(debts), end="")
        return
    if not debts:
        print("Carriers owe nothing.")
    for debt in debts:
        print(f"{debt.carrier}: {debt.amount} for {debt.parcels} parcels")
        for age in debt.ages:
            days = (
                f"{age.from_days} to {age.to_days} days" if age.to_days else f"over {age.from_days - 1} days"
            )
            print(f"  {days}: {age.amount} ({age.parcels})")


def _shown(line: dict[str, object], currency: str) -> str:
    from marketplace.kit.money import Money

    amounts = {
        name: "-" if (minor := line[f"{name}_minor"]) is None else str(Money(int(str(minor)), currency))
        for name in ("amount", "due")
    }
    name = line["tracking"] or line["number"] or "?"
    return f"row {line['row']}: {name}: {line['outcome']}, {amounts['amount']} of {amounts['due']}"


def in_a_transaction(work: "Callable[[AsyncSession], Awaitable[T]]") -> T:
    """Do something with the database that the settings name, in one transaction."""
    from marketplace import cli
    from marketplace.kit.database import Database

    importlib.import_module("marketplace.tables")
    importlib.import_module("marketplace.reactions")  # The ledger hears of it.

    async def done() -> T:
        database = Database(cli._with_database())  # noqa: SLF001 - a part of the same command
        try:
            async with database.transaction() as session:
                return await work(session)
        finally:
            await database.close()

    return asyncio.run(done())
