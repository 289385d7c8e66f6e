"""The `marketplace payments` commands: Stripe's books against ours, and disputes that are to be answered.

Modules that a command needs are imported in it, as in `cli.py`.
"""
# ruff: noqa: PLC0415

import asyncio
import importlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from marketplace.cash_commands import in_a_transaction

if TYPE_CHECKING:
    from marketplace.payments.gateways.stripe.models import StripeDispute

payments_commands = typer.Typer(no_args_is_help=True, help="What buyers have paid.")


@payments_commands.command()
def reconcile(since: Annotated[datetime, typer.Option(help="From when on (UTC).")]) -> None:
    """Read Stripe's books and say where ours differ from them: fails where they do."""
    importlib.import_module("marketplace.tables")
    importlib.import_module("marketplace.reactions")  # The ledger hears of what is read.
    from marketplace.cli import _Refusal, _with_database
    from marketplace.payments.gateways.stripe import reconciling

    try:
        found = asyncio.run(reconciling.at_once(_with_database(), since.replace(tzinfo=UTC)))
    except reconciling.FAILURES as error:
        raise _Refusal(str(error)) from error
    print("\n".join(map(str, found)) or "Stripe's books and ours say the same.")
    if found:
        raise _Refusal(f"{len(found)} differences between Stripe's books and ours.")


@payments_commands.command()
def disputes() -> None:
    """List disputes that are open with the dates until which they may be answered, the most urgent first."""
    from marketplace.payments.gateways.stripe.disputes import open_disputes

    found = in_a_transaction(open_disputes)
    print("\n".join(_line(*each) for each in found) or "No dispute is open.")


def _line(dispute: "StripeDispute", order_number: int | None) -> str:
    """Due date, Stripe's name for it, the order, the amount, how it stands, and why."""
    from marketplace.kit.money import Money

    due = dispute.evidence_due_at
    until = "no answer is asked for" if due is None else f"until {due.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    order = "no order" if order_number is None else f"order {order_number}"
    status = dispute.status.lower().replace("_", " ")
    amount = Money(dispute.amount_minor, dispute.currency)
    return f"{until}: {dispute.reference}, {order}, {amount}, {status} ({dispute.reason})"
