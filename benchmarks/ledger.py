"""What the ledger costs with two million postings: its check, deriving it again, a large seller's balance.

    python -m benchmarks.ledger [--orders 100000] [--postings 1000000] [--rules]

Makes a database of its own in the data directory and drops it in the end.
"""

import argparse
import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from statistics import median

import psycopg
from sqlalchemy import create_engine, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.paid_orders import fill
from marketplace.kit.database import Database, sqlalchemy_url
from marketplace.kit.embedded import EmbeddedServer
from marketplace.kit.settings import Settings, get_settings
from marketplace.payouts import queries, verifying
from marketplace.payouts.journal import balances
from marketplace.payouts.periods import statement
from marketplace.payouts.rebuilding import differences
from marketplace.payouts.snapshots import take_snapshots
from marketplace.tables import metadata, statements

NAME = "bench_ledger"
TIMES = 7
SELLERS_PER_ORDER = 3
LARGE_SELLER = 1

_LARGE = """
    WITH entry AS (
        INSERT INTO journal_entry (key, kind, at, description)
        SELECT 'measured:' || n, 'measured', now() - n * interval '1 minute', ''
        FROM generate_series(1, %(entries)s) AS n RETURNING id
    )
    INSERT INTO posting (entry_id, account, vendor_id, currency, amount_minor)
    SELECT entry.id, line.account, line.seller, 'MAD', line.minor
    FROM entry, LATERAL (VALUES
        ('BANK', NULL::bigint, 150), ('VENDOR_HELD', %(seller)s, -50), ('VENDOR_PAYABLE', %(seller)s, -100)
    ) AS line (account, seller, minor)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--postings", type=int, default=1_000_000, help="of one seller")
    parser.add_argument("--rules", action="store_true", help="say what each rule of the check takes")
    given = parser.parse_args()
    settings = get_settings()
    server = EmbeddedServer(settings.data_dir / "bench-ledger")
    server.acquire()
    try:
        with psycopg.connect(server.url_of("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {NAME}")
        url = server.url_of(NAME)
        asyncio.run(measure(settings.model_copy(update={"database_url": url}), url, given))
    finally:
        with psycopg.connect(server.url_of("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        server.release()


async def measure(settings: Settings, url: str, given: argparse.Namespace) -> None:
    make_tables(url)
    with psycopg.connect(url, autocommit=True) as connection:
        began = time.perf_counter()
        key = settings.bank_keys.get_secret_value().split(",")[0]
        fill(connection, bank_key=key, orders=given.orders, sellers_per_order=SELLERS_PER_ORDER)
        found = connection.execute("SELECT count(*), count(DISTINCT entry_id) FROM posting").fetchone()
        print(f"{found} postings and entries, written in {time.perf_counter() - began:.1f} s", flush=True)
    unbounded = settings.model_copy(update={"statement_timeout_seconds": 0})
    database = Database(unbounded, application_name="benchmark")
    await database.open()
    if given.rules:
        await each_rule(database)
    await timed("ledger verify", database, verifying.verify)
    gc.freeze()  # As the command does.
    await timed("ledger rebuild --check", database, differences)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_LARGE, {"entries": given.postings // 2, "seller": LARGE_SELLER})
        connection.execute("VACUUM ANALYZE")
    await reads(database, "without snapshots")
    began = time.perf_counter()
    taken = await take_snapshots(database)
    print(f"snapshots of {taken} sellers taken in {time.perf_counter() - began:.1f} s", flush=True)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE balance_snapshot")
    await reads(database, "with snapshots")
    await timed("ledger verify, with the large seller", database, verifying.verify)
    await database.close()


def make_tables(url: str) -> None:
    engine = create_engine(sqlalchemy_url(url))
    with engine.begin() as connection:
        metadata.create_all(connection)
    engine.dispose()
    with psycopg.connect(url, autocommit=True) as plain:
        for statement_ in statements():
            plain.execute(statement_)  # type: ignore[arg-type]


async def each_rule(database: Database) -> None:
    for rule, query in verifying.RULES.items():
        async with session_of(database) as session:
            began = time.perf_counter()
            await session.scalars(text(f"{query} LIMIT 100"))
            print(f"  {time.perf_counter() - began:6.2f} s  {rule}", flush=True)


async def timed(what: str, database: Database, work: Callable[[AsyncSession], Awaitable[object]]) -> None:
    async with session_of(database) as session:
        began = time.perf_counter()
        found = await work(session)
    print(f"{what}: {time.perf_counter() - began:.1f} s, {found or 'nothing'} found", flush=True)


async def reads(database: Database, how: str) -> None:
    """What is asked of the large seller's account."""
    now = datetime.now(UTC)
    owed = queries.vendor_balances(literal(LARGE_SELLER))

    async def balance(session: AsyncSession) -> None:
        await balances(session, LARGE_SELLER)

    async def shown(session: AsyncSession) -> None:
        await session.execute(select(owed))

    async def page(session: AsyncSession) -> None:
        await statement(session, LARGE_SELLER, "MAD", now - timedelta(days=30), now, first=100)

    for what, read in (
        ("balance", balance),
        ("Vendor.balances", shown),
        ("a page of a month's statement", page),
    ):
        took = []
        async with session_of(database) as session:
            for _ in range(TIMES):
                began = time.perf_counter()
                await read(session)
                took.append((time.perf_counter() - began) * 1000)
        print(f"{what}, {how}: {median(took):.1f} ms (slowest {max(took):.1f})", flush=True)


@asynccontextmanager
async def session_of(database: Database) -> AsyncIterator[AsyncSession]:
    async with database.transaction() as session:
        yield session


if __name__ == "__main__":
    main()
