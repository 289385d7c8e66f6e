"""`make bench-payouts`: a run over 100,000 orders of 750 sellers, drafted, approved, its file written.

Makes a database of its own, fills it (`paid_orders.py`), and times what staff and the worker do. Exits with 1
where a mark is missed. Statements as PDF are timed apart: a worker makes them after the bank has its file.
"""

import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Annotated, TypeVar

import psycopg
import typer
import uvloop
from sqlalchemy import select

import marketplace.reactions  # noqa: F401 - rooms hear of each other
from benchmarks.paid_orders import ORDERS, SELLERS, fill
from marketplace.kit.database import Database
from marketplace.kit.embedded import ensure_server, release_server
from marketplace.kit.jobs import Work
from marketplace.kit.migrations import migrate
from marketplace.kit.settings import Settings
from marketplace.kit.storage import storage_from
from marketplace.payouts.bank_answers import import_bank_answer
from marketplace.payouts.models import Payout, PayoutRun, PayoutRunStatus
from marketplace.payouts.runs import approve_run, create_run, review_run
from marketplace.payouts.sending import keep_statements
from marketplace.payouts.verifying import verify
from marketplace.payouts.ways import WAYS
from marketplace.people.models import User
from marketplace.people.tokens import new_token_key
from marketplace.vendors.models import PayoutMethod

FOLDER = Path(".data")
MARKS = {"drafted": 10.0, "file written": 5.0}
T = TypeVar("T")


def main(
    orders: Annotated[int, typer.Option()] = ORDERS, sellers: Annotated[int, typer.Option()] = SELLERS
) -> None:
    """Print how long each step takes; exits with 1 where a mark is missed."""
    data_dir = FOLDER.absolute() / f"bench-payouts-{orders}-{sellers}"
    url = ensure_server(data_dir)
    try:
        migrate(url)
        missed = uvloop.run(measure(data_dir, url, orders, sellers))
    finally:
        release_server(data_dir)
    if missed:
        print(f"Too slow: {', '.join(missed)}")
        raise typer.Exit(1)


async def measure(data_dir: Path, url: str, orders: int, sellers: int) -> list[str]:
    """Fill the database unless it is, take a run through; gives the marks that were missed."""
    settings = Settings(database_url=url, data_dir=data_dir, statement_timeout_seconds=0)
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SELECT FROM posting LIMIT 1").fetchone() is None:
            fill(connection, bank_key=settings.bank_keys.get_secret_value(), orders=orders, sellers=sellers)
    database = Database(settings)
    times: dict[str, float] = {}
    try:
        run = await _timed(times, "drafted", _draft(database))
        await _timed(times, "reviewed and approved", _approve(database, run.id, settings))
        async with database.transaction() as session:
            run = await session.get_one(PayoutRun, run.id)
            work = Work(session, database, settings, storage_from(settings))
        await _timed(times, "file written", WAYS[PayoutMethod.BANK_TRANSFER].send(work, run))
        await _timed(times, "answer read", _answer(database, run.id))
        await _timed(times, "verify", _verify(database))
        await _timed(times, "statements of all sellers", keep_statements(work, run))
    finally:
        await database.close()
    return [name for name, mark in MARKS.items() if times[name] > mark]


async def _timed(times: dict[str, float], name: str, work: Awaitable[T]) -> T:
    began = time.perf_counter()
    result = await work
    times[name] = time.perf_counter() - began
    mark = f"  (mark: {MARKS[name]:g} s)" if name in MARKS else ""
    print(f"{name:<28}{times[name]:>9.2f} s{mark}", flush=True)
    return result


async def _draft(database: Database) -> PayoutRun:
    async with database.transaction() as session:
        return await create_run(session, "MAD", None)


async def _approve(database: Database, run_id: int, settings: Settings) -> None:
    async with database.transaction() as session:
        staff = [
            User(email=f"staff-{run_id}-{n}@example.test", token_key=new_token_key(), is_staff=True)
            for n in range(2)
        ]
        session.add_all(staff)
        await session.flush()
        await review_run(session, run_id, staff[0].id)
        await approve_run(session, run_id, staff[1].id, settings)


async def _answer(database: Database, run_id: int) -> None:
    """Every tenth transfer comes back."""
    async with database.transaction() as session:
        run = await session.get_one(PayoutRun, run_id)
        run.status = PayoutRunStatus.SENT
        payouts = await session.scalars(select(Payout).where(Payout.run_id == run_id))
        lines = [
            f"{payout.end_to_end_id};{'PAID' if payout.number % 10 else 'RETURNED'}" for payout in payouts
        ]
        sheet = "\n".join(["end_to_end_id;status", *lines])
        await import_bank_answer(session, "reponse.csv", sheet.encode(), None)


async def _verify(database: Database) -> None:
    async with database.transaction() as session:
        if findings := await verify(session):
            raise RuntimeError(f"The ledger is not in order: {findings[:3]}")


if __name__ == "__main__":
    typer.run(main)
