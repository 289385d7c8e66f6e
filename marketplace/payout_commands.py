"""The `marketplace payouts` commands: runs, drafts, sending, the bank's files.

Modules that a command needs are imported in it, as in `cli.py`. Reviewing and approving are done by two
persons over the API, never from here: a command line does not know who types.
"""
# ruff: noqa: PLC0415

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from marketplace.cash_commands import in_a_transaction

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

payout_commands = typer.Typer(no_args_is_help=True, help="Paying sellers.")


@payout_commands.command()
def runs(
    last: Annotated[int, typer.Option(min=1, max=1000, help="How many, the latest first.")] = 20,
) -> None:
    """List payout runs and how far they are."""
    from sqlalchemy import func, select

    from marketplace.kit.money import Money
    from marketplace.payouts.models import Payout, PayoutRun

    async def read(session: "AsyncSession") -> Sequence[tuple[PayoutRun, int, int]]:
        query = (
            select(PayoutRun, func.count(Payout.id), func.coalesce(func.sum(Payout.amount_minor), 0))
            .outerjoin(Payout, Payout.run_id == PayoutRun.id)
            .group_by(PayoutRun.id)
            .order_by(PayoutRun.id.desc())
            .limit(last)
        )
        return [(run, count, int(minor)) for run, count, minor in await session.execute(query)]

    for run, count, minor in in_a_transaction(read):
        print(f"{run.id}: {run.status}, {Money(minor, run.currency)} in {count} payouts")


@payout_commands.command()
def draft(
    currency: Annotated[str, typer.Argument(help="ISO 4217.")] = "MAD",
) -> None:
    """Draft a run of all that is payable now, to be reviewed by one and approved by another."""
    from marketplace.kit.jobs import enqueue
    from marketplace.payouts.drafting import DRAFT_WAITS
    from marketplace.payouts.models import PayoutRun
    from marketplace.payouts.runs import create_run

    async def make(session: "AsyncSession") -> PayoutRun:
        run = await create_run(session, currency, None)
        await enqueue(session, DRAFT_WAITS, run_id=run.id)
        return run

    print(f"Run {in_a_transaction(make).id} is drafted.")


@payout_commands.command()
def send() -> None:
    """Have a worker send the approved runs that no job is going to send. It does so by itself, too."""
    from marketplace.payouts.runs import queue_unsent

    print(f"{in_a_transaction(queue_unsent)} runs are queued anew.")


@payout_commands.command()
def answer(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="camt.053, camt.054 or CSV.")],
) -> None:
    """Read a file of the bank's, and say what became of each of its lines. Told twice, it is taken once."""
    from sqlalchemy import select

    from marketplace.kit.money import Money
    from marketplace.payouts.bank_answers import BankAnswerLine, import_bank_answer

    async def take(session: "AsyncSession") -> Sequence[BankAnswerLine]:
        taken = await import_bank_answer(session, file.name, file.read_bytes(), None)
        lines = select(BankAnswerLine).where(BankAnswerLine.answer_id == taken.id)
        return list(await session.scalars(lines.order_by(BankAnswerLine.row, BankAnswerLine.id)))

    for line in in_a_transaction(take):
        amount = "" if line.amount_minor is None else f" {Money(line.amount_minor, line.currency or 'MAD')}"
        print(
            f"row {line.row}: {line.outcome}: {line.said}{amount} {line.end_to_end_id or line.text}".rstrip()
        )
