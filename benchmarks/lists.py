"""`make bench-lists`: what a page of 24 costs in a shop of 10,000 listings and in one of 100,000.

Every filter and every order of the catalogue's lists, as SQL that the API sends and nothing around it: the
first page, the same with `totalCount`, and of every order a page from the middle. A page must not cost more
than twice as much in the large shop; counting is a matter of its own (docs/lists.md).
"""

import random
import statistics
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

import psycopg
import typer
import uvloop
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.list_cases import BUYERS_CHANNEL, Case, Samples, cases
from benchmarks.reading import Reader
from benchmarks.shops import loaded
from marketplace.catalog.listings import ProductChannelListing, VariantChannelListing
from marketplace.catalog.models import Category, Collection, Product, ProductVariant
from marketplace.inventory.models import Stock
from marketplace.kit import clock
from marketplace.kit.database import Database, connection_options, fetch_json_on
from marketplace.kit.ids import to_global_id
from marketplace.kit.settings import Settings
from marketplace.kit.storage import storage_from
from marketplace.markets.models import Channel
from marketplace.vendors.models import Vendor
from marketplace_graphql.asgi import make_api

SIZES = (10_000, 100_000)
ALLOWED = 2.0
NOISE_MS = 1.0
"""Below this a ratio says more about the machine than about the list."""
MIDDLES = 5
"""Places in a list whose pages are measured: the median counts."""
SECONDS_EACH = 0.25
REPEATS = 12

Times = dict[tuple[str, str, str], float]
"""Milliseconds by list, case and kind of page."""


@dataclass
class _Reader(Reader):
    """Sends what the API would send, over one bare connection."""

    connection: psycopg.AsyncConnection = field(kw_only=True)

    async def milliseconds(self, document: str, variables: dict[str, object]) -> float:
        """The quickest of some runs of the statement: what it costs when nobody else is at work."""
        self.sent.clear()
        await self.ask(document, variables)
        ((statement, parameters),) = self.sent
        best, ends = float("inf"), time.perf_counter() + SECONDS_EACH
        for _ in range(REPEATS):
            began = time.perf_counter()
            await fetch_json_on(self.connection, statement, parameters)
            ended = time.perf_counter()
            best = min(best, (ended - began) * 1000)
            if ended > ends:
                break
        return best


def main(
    listings: Annotated[list[int] | None, typer.Option(help="Two sizes of shop.")] = None,
    only: Annotated[str, typer.Option(help="Measure only cases whose name has this in it.")] = "",
) -> None:
    """Print what every list costs in both shops; exits with 1 where a page costs more than twice as much."""
    small, large = listings or SIZES
    taken = {size: uvloop.run(_measure(size, only)) for size in (small, large)}
    over = _print(taken[small], taken[large], small, large)
    if over:
        print(f"\nMore than {ALLOWED:g} times as much: {'; '.join(over)}")
        raise typer.Exit(1)


async def _measure(listings: int, only: str) -> Times:
    with loaded(listings) as (data_dir, database_url):
        settings = Settings(database_url=database_url, data_dir=data_dir)
        database = Database(settings)
        await database.open()
        try:
            async with database.transaction() as session:
                samples = await _samples(session)
                middles = await _middles(session)
            connection = await psycopg.AsyncConnection.connect(
                database_url,
                autocommit=True,
                prepare_threshold=0,
                **connection_options(settings, "benchmark"),  # type: ignore[arg-type]
            )
            reader = _Reader(
                make_api(settings, database, storage=storage_from(settings)), connection=connection
            )
            reader.listen(database)
            async with connection:
                return await _measure_all(reader, samples, middles, only)
        finally:
            await database.close()


async def _measure_all(reader: _Reader, samples: Samples, middles: dict[str, list[str]], only: str) -> Times:
    times: Times = {}
    channel: dict[str, object] = {"channel": BUYERS_CHANNEL}
    for case in cases(samples):
        if only not in f"{case.field} {case.name}":
            continue
        for total in (False, True):
            kind = "with totalCount" if total else "page"
            document = case.document(total=total)
            times[case.field, case.name, kind] = await reader.milliseconds(document, channel)
        if case.sort is None or case.arguments or case.field not in middles:
            continue
        cursors = [await _cursor(reader, case, each) for each in middles[case.field]]
        document = case.document(total=False, cursor=True)
        times[case.field, case.name, "middle page"] = statistics.median(
            [await reader.milliseconds(document, channel | {"after": cursor}) for cursor in cursors]
        )
    return times


async def _cursor(reader: _Reader, case: Case, row: str) -> str:
    """The place of a row in the order of a case."""
    document = case.document(total=False, ids=True)
    found = await reader.ask(document, {"channel": BUYERS_CHANNEL, "id": row})
    return str(found[case.field]["edges"][0]["cursor"])


async def _middles(session: AsyncSession) -> dict[str, list[str]]:
    """Some products and variants that buyers see, from anywhere in the shop."""
    listing = ProductChannelListing
    in_shop = select(Channel.id).where(Channel.slug == BUYERS_CHANNEL).scalar_subquery()
    live = select(listing.product_id).where(
        listing.is_live, listing.visible_in_listings, listing.channel_id == in_shop
    )
    chosen = random.Random(24).sample(sorted(await session.scalars(live)), MIDDLES)
    variants = await session.scalars(
        select(func.min(ProductVariant.id))
        .join(VariantChannelListing, VariantChannelListing.variant_id == ProductVariant.id)
        .where(ProductVariant.product_id.in_(chosen), VariantChannelListing.channel_id == in_shop)
        .group_by(ProductVariant.product_id)
    )
    return {
        "products": [to_global_id("Product", each) for each in chosen],
        "productVariants": [to_global_id("ProductVariant", each) for each in variants],
    }


async def _samples(session: AsyncSession) -> Samples:
    """What filters are given: the shelf, type, seller and so on of a product in the middle of the shop."""
    count = await session.scalar(select(func.count()).select_from(Product)) or 0
    product = (await session.scalars(select(Product).order_by(Product.id).offset(count // 2).limit(1))).one()
    shelf = await session.get_one(Category, product.category_id)
    some = (await session.scalars(select(Product).order_by(Product.id).limit(3))).all()
    variants = (await session.scalars(select(ProductVariant).order_by(ProductVariant.id).limit(3))).all()
    vendor = await session.get_one(Vendor, product.vendor_id)
    own = [ProductVariant.product_id == product.id, Stock.variant_id == ProductVariant.id]
    warehouse = (await session.scalars(select(Stock.warehouse_id).where(*own).limit(1))).one()
    collection = (await session.scalars(select(Collection.id).order_by(Collection.id).limit(1))).one()
    return Samples(
        category=to_global_id("Category", shelf.path[0]),
        shelf=to_global_id("Category", shelf.id),
        collection=to_global_id("Collection", collection),
        product_type=to_global_id("ProductType", product.product_type_id),
        vendor=to_global_id("Vendor", vendor.id),
        warehouse=to_global_id("Warehouse", warehouse),
        region=vendor.region_code or "",
        products=[to_global_id("Product", each.id) for each in some],
        slugs=[each.slug for each in some],
        variants=[to_global_id("ProductVariant", each.id) for each in variants],
        skus=[each.sku or "" for each in variants],
        day=(clock.now() - timedelta(days=7)).isoformat(),
    )


def _print(before: Times, after: Times, small: int, large: int) -> list[str]:
    """A line for each case; gives those whose page costs too much in the large shop."""
    over = []
    print(f"{'milliseconds':<74}{small:>10,}{large:>10,}{'ratio':>8}")
    for key in [key for key in before if key in after]:
        ratio = after[key] / before[key]
        name = ", ".join(key)
        too_much = ratio > ALLOWED and after[key] > NOISE_MS
        print(f"{name:<74}{before[key]:>10.2f}{after[key]:>10.2f}{ratio:>8.1f}{' !' if too_much else ''}")
        if too_much and key[2] != "with totalCount":
            over.append(name)
    return over


if __name__ == "__main__":
    typer.run(main)
