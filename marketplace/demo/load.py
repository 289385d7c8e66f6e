"""Loading the demo: every table by COPY, in one transaction, with a line for each step."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import psycopg
from psycopg import sql
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from marketplace import tables as every_table
from marketplace.catalog.search import refresh_lexicon
from marketplace.catalog.seller_search import reindex_vendors
from marketplace.demo.answers import Answers
from marketplace.demo.books import Books
from marketplace.demo.collections import collect
from marketplace.demo.gallery import Gallery
from marketplace.demo.listings import Listings, list_products
from marketplace.demo.markets import open_markets
from marketplace.demo.menus import hang_menus
from marketplace.demo.order_rows import OrderRows
from marketplace.demo.orders import place_orders
from marketplace.demo.pages import write_pages
from marketplace.demo.payments import Payments
from marketplace.demo.promo_codes import give_promo_codes
from marketplace.demo.promotions import promote
from marketplace.demo.rows import set_identities
from marketplace.demo.sellers import found_sellers, hire_staff, settle_regions
from marketplace.demo.shelves import build_shelves
from marketplace.demo.world import World
from marketplace.inventory import summaries
from marketplace.kit import clock
from marketplace.kit.database import create_sessions, required_database_url, sqlalchemy_url
from marketplace.kit.settings import Settings
from marketplace.kit.storage import storage_from
from marketplace.markets.models import Channel
from marketplace.orders.models import Order, order_number
from marketplace.pricing.service import reprice
from marketplace.vendors.models import Vendor

SEED = 2026
LOCK_KEY = 4_711
"""Two loads at once: the second waits, and then finds that there is data."""

WAITING_ROWS = 100_000

Progress = Callable[[str], None]


NOT_EMPTY = (
    "There is data already, and demo data go into an empty database only. Name another database with"
    " DATABASE_URL, or another folder with MARKETPLACE_DATA_DIR."
)


class NotEmptyError(Exception):
    """Demo data go into an empty database only."""


def load(
    settings: Settings,
    scale: float = 1.0,
    *,
    seed: int = SEED,
    progress: Progress | None = None,
    pictures: bool = True,
) -> None:
    """Fill an empty database with demo data, relative to today; the same seed gives the same data on a day.

    Scale 1 has about 800 sellers, 3,300 listings and 12,000 orders; listings grow with the scale (30 makes a
    hundred thousand), orders at most threefold. Without pictures, rows name some that are not there. Raises
    NotEmptyError. A load that is killed leaves nothing.
    """
    asyncio.run(load_into(settings, scale, seed=seed, progress=progress, pictures=pictures))


async def load_into(
    settings: Settings,
    scale: float = 1.0,
    *,
    seed: int = SEED,
    progress: Progress | None = None,
    pictures: bool = True,
) -> None:
    """What `load` does, for who has an event loop already."""
    say = progress or _print
    began = time.monotonic()
    gallery = Gallery(storage_from(settings) if pictures else None)
    async with _session(settings) as session:
        if not await is_empty(session):
            raise NotEmptyError(NOT_EMPTY)
        world = World(settings=settings, scale=scale, seed=seed, now=clock.now().replace(microsecond=0))
        await _fill(session, world, gallery, say)
    say(f"Demo data are there ({time.monotonic() - began:.1f} s). Everybody's password: demo-marketplace")


async def is_empty(session: AsyncSession) -> bool:
    """Whether nobody has put anything into this database: no market, no seller, no order."""
    found = await session.execute(
        select(select(Channel.id).exists() | select(Vendor.id).exists() | select(Order.id).exists())
    )
    return not found.scalar_one()


async def _fill(session: AsyncSession, world: World, gallery: Gallery, say: Progress) -> None:
    connection = await _driver_connection(session)
    steps = _Steps(world, connection, say)
    open_markets(world)
    settle_regions(world)
    hire_staff(world)
    await steps.end("Markets, regions, staff")
    found_sellers(world, gallery)
    await steps.end(f"{len(world.sellers)} sellers")
    shop = build_shelves(world, gallery)
    pages = write_pages(world)
    listings = Listings(world, shop, gallery, Answers(world, shop, pages))
    for _ in list_products(world, listings):
        await steps.send_much()
    hang_menus(world, shop.categories, collect(world, gallery), pages.keys)
    promote(world, shop)
    await steps.end(f"{len(world.listings)} listings")
    drawing = asyncio.create_task(asyncio.to_thread(gallery.hang))
    try:
        orders = place_orders(world)
        rows, payments, books = OrderRows(world), Payments(world), Books(world)
        for number, order in enumerate(orders):
            rows.write(order, payments.promise(order))
            if number % 500 == 0:
                await steps.send_much()
        books.keep(orders, *payments.collect(orders))
        await steps.end(f"{len(orders)} orders, with their deliveries, cash and payouts")
        await _finish(session, connection)
        await give_promo_codes(session, world)
        await steps.end("Prices, words, numbers")
        drawn = await drawing
        await steps.end(f"{len(gallery)} pictures, {drawn} of them drawn now")
    finally:
        gallery.close()


async def _finish(session: AsyncSession, connection: psycopg.AsyncConnection) -> None:
    """What follows from the rows: statistics, derived prices, the lexicon, the next number of everything."""
    for table in every_table.metadata.sorted_tables:
        await connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table.name)))
    await connection.execute(_SET_ASIDE)
    await reprice(session)
    await refresh_lexicon(session)
    await summaries.tidy(session)
    await reindex_vendors(session, (await session.scalars(select(Vendor.id))).all())
    await set_identities(connection, every_table.metadata.sorted_tables)
    orders = await session.scalar(select(func.coalesce(func.max(Order.number), 0)))
    await session.execute(select(func.setval(order_number.name, (orders or 0) + 1, False)))


_SET_ASIDE = """
    UPDATE stock SET quantity = stock.quantity + sold.pieces, quantity_allocated = sold.pieces
    FROM (SELECT stock_id, sum(quantity) AS pieces FROM allocation GROUP BY stock_id) AS sold
    WHERE stock.id = sold.stock_id
"""
"""Pieces that are sold and have not left are on the shelf too."""


class _Steps:
    """Sends rows and says how far the load has come."""

    def __init__(self, world: World, connection: psycopg.AsyncConnection, say: Progress) -> None:
        self._world, self._connection, self._say = world, connection, say
        self._sent, self._began = 0, time.monotonic()

    async def send_much(self) -> None:
        """Send what waits once it is a lot, so that memory doesn't grow with the scale."""
        if self._world.tables.waiting > WAITING_ROWS:
            self._sent += await self._world.tables.copy(self._connection)

    async def end(self, what: str) -> None:
        self._sent += await self._world.tables.copy(self._connection)
        seconds = time.monotonic() - self._began
        self._say(
            f"  {what}: {self._sent} rows, {seconds:.1f} s" if self._sent else f"  {what}: {seconds:.1f} s"
        )
        self._sent, self._began = 0, time.monotonic()


@asynccontextmanager
async def _session(settings: Settings) -> AsyncIterator[AsyncSession]:
    """A session in one transaction that may take its time, and that no other load runs beside."""
    engine = create_async_engine(
        sqlalchemy_url(required_database_url(settings)),
        connect_args={"application_name": "marketplace demo", "options": "-c jit=off -c timezone=UTC"},
    )
    try:
        async with create_sessions(engine).begin() as session:
            await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
            yield session
    finally:
        await engine.dispose()


async def _driver_connection(session: AsyncSession) -> psycopg.AsyncConnection:
    raw = await (await session.connection()).get_raw_connection()
    connection = raw.driver_connection
    if not isinstance(connection, psycopg.AsyncConnection):
        raise TypeError(f"psycopg's connection was expected, not {type(connection)}")
    return connection


def _print(line: str) -> None:
    print(line, flush=True)
