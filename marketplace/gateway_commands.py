"""The `marketplace stripe` and `marketplace bank` commands.

Modules that a command needs are imported in it, as in `cli.py`.
"""
# ruff: noqa: PLC0415, SLF001 - these are a part of the same command

import asyncio
import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from marketplace.kit import clock, logs
from marketplace.kit.settings import get_settings

stripe_commands = typer.Typer(no_args_is_help=True, help="Cards, by Stripe.")
bank_commands = typer.Typer(no_args_is_help=True, help="Cards, on a bank's own page.")


@stripe_commands.command()
def replay(
    event_id: Annotated[str | None, typer.Argument(help="One event: evt_...")] = None,
    since: Annotated[datetime | None, typer.Option(help="All events since then (UTC).")] = None,
) -> None:
    """Have what Stripe told us of worked on again, and what it could not tell us fetched from it."""
    from marketplace import cli
    from marketplace.kit.database import Database
    from marketplace.payments.answers import AnswerError
    from marketplace.payments.gateways.stripe.replay import NoSuchStripeError, replay_one, replay_since
    from workers.runner import import_handlers

    import_handlers()  # Whoever works on an event: by them it is known which are missed.
    if event_id is not None and since is not None:
        raise cli._Refusal("Name one event, or say --since when: not both.")

    async def again() -> str:
        settings = cli._with_database()
        database = Database(settings)
        try:
            if event_id is not None:
                is_new = await replay_one(database, settings, event_id)
                return "Fetched from Stripe and queued." if is_new else "Queued."
            if since is None:
                raise cli._Refusal("Name one event, or say --since when.")
            kept, missed = await replay_since(database, settings, since.replace(tzinfo=UTC))
            return f"{kept} events queued again, and {missed} that only Stripe knew of."
        except (AnswerError, NoSuchStripeError) as error:
            raise cli._Refusal(str(error)) from error
        finally:
            await database.close()

    print(asyncio.run(again()))


@stripe_commands.command()
def stand_in(
    port: Annotated[int, typer.Option(help="Where it listens; 0: any free port.")] = 0,
    webhooks_to: Annotated[
        str | None, typer.Option(help="Where it posts webhooks, if not to our server.")
    ] = None,
) -> None:
    """Run a stand-in of Stripe, for an installation without keys: it takes test cards, and no money moves."""
    from marketplace.payments.stand_ins.stripe.serving import serve
    from marketplace.run import obey_the_watcher

    os.nice(5)  # The shop's own processes start first.
    settings = get_settings()
    logs.set_up(settings)
    clock.follow(settings.adjustable_clock_file)
    obey_the_watcher(settings.data_dir)
    serve(settings, port, webhooks_to)


@bank_commands.command("stand-in")
def bank_stand_in(
    port: Annotated[int, typer.Option(help="Where it listens; 0: any free port.")] = 8200,
) -> None:
    """Run a stand-in of a bank, and print the settings of a shop that sends its buyers to it."""
    from marketplace import cli
    from marketplace.payments.stand_ins.bank.serving import serve

    settings = get_settings()
    if settings.environment == "production":
        raise cli._Refusal("In production a bank is a bank.")
    logs.set_up(settings)
    serve(settings, port)
