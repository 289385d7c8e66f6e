"""`make bench-staff-lists`: what staff wait for a page of 50 of their lists, in a shop of 100,000 of each.

Each condition and each order of products, orders, drafts and customers, with a dashboard's fields, as one
member of staff who may do everything and asks for one page after another. Exits with 1 where a page
takes longer than the mark. Other work on the machine counts along: the quickest run is printed, too.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
import uvloop
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks import many_rows
from benchmarks.reading import Reader
from benchmarks.shops import loaded
from benchmarks.staff_cases import CHANNEL, Case, cases
from marketplace.catalog.attributes import (
    Attribute,
    AttributeInputType,
    AttributeValue,
    product_attribute_value,
)
from marketplace.catalog.models import Category, Collection, Product, ProductVariant
from marketplace.inventory import summaries
from marketplace.inventory.ddl import FILLED
from marketplace.inventory.models import Warehouse
from marketplace.kit import clock
from marketplace.kit.database import Database
from marketplace.kit.ids import to_global_id
from marketplace.kit.settings import Settings
from marketplace.kit.storage import storage_from
from marketplace.markets.models import Channel
from marketplace.orders.models import Order
from marketplace.people.models import Address, User
from marketplace.people.permissions import Permission
from marketplace.vendors.models import Vendor
from marketplace_graphql.asgi import make_api
from marketplace_graphql.kernel import Requester

MARK_MS = 60.0
ROWS = 100_000
SMALL = 1_000
"""Listings of the shop that is copied."""
SECONDS_EACH = 1.0
REPEATS = 20
FEWEST = 3
SEARCHES = {
    "products": ["tapis", "nobody-has-this", "P", "ma"],
    "product_variants": ["tapis", "nobody-has-this", "P", "ma"],
    "orders": ["7", "nobody-has-this"],
    "draft_orders": ["7", "nobody-has-this"],
    "customers": ["demo.sil", "nobody-has-this"],
}


@dataclass(frozen=True)
class Taken:
    """Milliseconds of a case's runs."""

    case: Case
    runs: list[float]

    def share(self, part: float) -> float:
        """So long or shorter took this part of the runs."""
        return sorted(self.runs)[math.ceil(len(self.runs) * part) - 1]


def main(
    only: Annotated[str, typer.Option(help="Measure only cases whose name has this in it.")] = "",
    every_order: Annotated[bool, typer.Option(help="Each condition in every order.")] = False,
    explain: Annotated[bool, typer.Option(help="Print the plans of what is above the mark.")] = False,
) -> None:
    """Print what each list costs; exits with 1 where the 95th percentile of its runs is above the mark."""
    above = uvloop.run(_measure(only, every_order=every_order, explain=explain))
    if above:
        print(f"\nAbove {MARK_MS:g} ms (quickest, half, 95 % of the runs):")
        for each in sorted(above, key=lambda each: -min(each.runs)):
            print(_line(each))
        raise typer.Exit(1)


async def _measure(only: str, *, every_order: bool, explain: bool) -> list[Taken]:
    above = []
    with _shop() as (data_dir, database_url):
        settings = Settings(database_url=database_url, data_dir=data_dir)
        database = Database(settings)
        await database.open()
        try:
            async with database.transaction() as session:
                samples, requester = await _samples(session), await _staff(session)
            reader = Reader(make_api(settings, database, storage=storage_from(settings)), requester)
            reader.listen(database)
            for case in cases(samples, every_order=every_order):
                if only not in f"{case.list} {case.name}":
                    continue
                taken = await _take(reader, case)
                print(_line(taken), flush=True)
                if taken.share(0.95) > MARK_MS:
                    above.append(taken)
                    if explain:
                        await _explain(database, reader)
        finally:
            await database.close()
    return above


@contextmanager
def _shop() -> Iterator[tuple[Path, str]]:
    """A shop of 1,000 listings, copied once until there are 100,000 products, orders and customers."""
    with loaded(SMALL, name="bench-staff") as (data_dir, database_url):
        if not (data_dir / "copied").exists():
            with psycopg.connect(database_url, autocommit=True) as database:
                _copy(database)
            (data_dir / "copied").touch()
        yield data_dir, database_url


def _copy(database: psycopg.Connection) -> None:
    for tables, counted, beside in (
        (many_rows.PRODUCTS, "product", ()),
        (many_rows.PEOPLE, "user_account", ()),
        (many_rows.ORDERS, "customer_order", many_rows.PEOPLE),
    ):
        ((count,),) = database.execute(f"SELECT count(*) FROM {counted}").fetchall()  # type: ignore[arg-type]  # noqa: S608
        many_rows.copy(database, tables, ROWS // int(count), beside)
    database.execute("DELETE FROM product_maybe_sold_out")
    for statement in (*FILLED, str(summaries.TIDY)):
        database.execute(statement)  # type: ignore[arg-type]
    # One in ten becomes a draft: the demo has none.
    database.execute("UPDATE customer_order SET status = 'DRAFT', origin = 'DRAFT' WHERE number % 10 = 3")
    database.execute("VACUUM ANALYZE")


async def _take(reader: Reader, case: Case) -> Taken:
    document, variables, runs = case.document, case.variables, list[float]()
    if case.after is not None:
        (place,) = (await reader.ask(document, case.place)).values()
        variables = variables | {"after": place["pageInfo"]["endCursor"]}
    await reader.ask(document, variables)  # Compiles the statement.
    ends = time.perf_counter() + SECONDS_EACH
    while len(runs) < FEWEST or (len(runs) < REPEATS and time.perf_counter() < ends):
        reader.sent.clear()
        began = time.perf_counter()
        await reader.ask(document, variables)
        runs.append((time.perf_counter() - began) * 1000)
    return Taken(case, runs)


async def _explain(database: Database, reader: Reader) -> None:
    for statement, parameters in list(reader.sent):
        plan = await database.reads.fetch_json(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters
        )
        print(plan.decode())


def _line(taken: Taken) -> str:
    times = "".join(f"{each:>10.1f}" for each in (min(taken.runs), taken.share(0.5), taken.share(0.95)))
    return f"{taken.case.list:<14}{taken.case.name:<52}{times}"


async def _staff(session: AsyncSession) -> Requester:
    staff = (await session.scalars(select(User).where(User.is_superuser).order_by(User.id).limit(1))).one()
    return Requester(
        user_id=staff.id, permissions=frozenset(each.value for each in Permission), is_staff=True
    )


async def _samples(session: AsyncSession) -> dict[str, Any]:
    """What conditions are asked: by a product, an order and a customer in the middle of the shop."""

    async def middle(model: Any, *conditions: Any) -> Any:
        count = await session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0
        chosen = select(model).where(*conditions).order_by(model.created_at, model.id).offset(count // 2)
        return (await session.scalars(chosen.limit(1))).one()

    async def first(model: Any, number: int = 1) -> Any:
        return (await session.scalars(select(model).order_by(model.id).limit(number))).all()

    product = await middle(Product)
    order = await middle(Order, Order.user_id.is_not(None), Order.checkout_id.is_not(None))
    person = await session.get_one(User, order.user_id)
    shelf, vendor = (
        await session.get_one(Category, product.category_id),
        await session.get_one(Vendor, product.vendor_id),
    )
    phone = await session.scalar(select(Address.phone).where(Address.user_id == person.id).limit(1))
    channel = (await session.scalars(select(Channel).where(Channel.slug == CHANNEL))).one()
    now = clock.now()
    variant = await middle(ProductVariant)
    answer = (
        select(Attribute.slug, AttributeValue.slug)
        .join(AttributeValue, AttributeValue.attribute_id == Attribute.id)
        .join(product_attribute_value, product_attribute_value.c.value_id == AttributeValue.id)
        .where(Attribute.input_type == AttributeInputType.DROPDOWN)
        .order_by(product_attribute_value.c.product_id)
        .limit(1)
    )
    variants = await first(ProductVariant, 3)
    return {
        "searches": SEARCHES | {"customers": [*SEARCHES["customers"], person.last_name]},
        "products": [to_global_id("Product", each.id) for each in await first(Product, 3)],
        "slugs": [each.slug for each in await first(Product, 3)],
        "name": product.name,
        "product_type": to_global_id("ProductType", product.product_type_id),
        "category": to_global_id("Category", shelf.path[0]),
        "shelf": to_global_id("Category", shelf.id),
        "collection": to_global_id("Collection", (await first(Collection))[0].id),
        "vendor": to_global_id("Vendor", vendor.id),
        "region": vendor.region_code or "",
        "warehouse": to_global_id("Warehouse", (await first(Warehouse))[0].id),
        "channel": to_global_id("Channel", channel.id),
        "orders": [to_global_id("Order", order.id)],
        "number": str(order.number),
        "checkout": to_global_id("Checkout", order.checkout_id),
        "token": str(order.checkout_id),
        "customers": [to_global_id("User", person.id)],
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "phone": phone or "",
        "customer_type": person.customer_type_id and to_global_id("CustomerType", person.customer_type_id),
        "answer": tuple((await session.execute(answer)).one()),
        "variants": [to_global_id("ProductVariant", each.id) for each in variants],
        "skus": [each.sku or "" for each in variants],
        "middles": {
            "products": to_global_id("Product", product.id),
            "product_variants": to_global_id("ProductVariant", variant.id),
            "orders": to_global_id("Order", order.id),
            "draft_orders": to_global_id("Order", (await middle(Order, Order.status == "DRAFT")).id),
            "customers": to_global_id("User", person.id),
        },
        "day": (now - timedelta(days=7)).isoformat(),
        "now": now.isoformat(),
    }


if __name__ == "__main__":
    typer.run(main)
