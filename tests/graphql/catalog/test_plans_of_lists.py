"""Lists are read along indexes: no page of the shop's usual lists sorts or counts the whole table.

With a few thousand listings PostgreSQL has the choice, and must choose the walk.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from marketplace.inventory import summaries
from marketplace.kit.ids import to_global_id
from marketplace.kit.settings import Settings
from marketplace.kit.storage import storage_from
from marketplace_graphql.asgi import make_api
from marketplace_graphql.catalog import filters
from marketplace_graphql.kernel import Api
from tests.factories.attributes import make_attribute, make_value
from tests.factories.catalog import make_category, make_product
from tests.factories.inventory import make_warehouse
from tests.factories.markets import make_channel
from tests.shared_connection import SharedConnection

LISTINGS = 4_000
PAGE = """query ($channel: String, $filter: ProductFilterInput, $sort: ProductOrder, $after: String) {
  products(first: 24, channel: $channel, filter: $filter, sortBy: $sort, after: $after) {
    pageInfo { endCursor } edges { node { id name } } } }"""
FILL = """
WITH made AS (
    INSERT INTO product (vendor_id, product_type_id, category_id, name, slug, description_text, rating,
                         search_text, is_demo, created_at, updated_at, metadata, private_metadata)
    SELECT vendor_id, product_type_id, CAST(:shelf AS bigint) + n % 40, 'P' || md5(n::text), 'p' || n, '',
           nullif(n % 5, 0), '', false, now() - n * interval '1 minute', now() - n * interval '1 minute',
           '{}', '{}'
    FROM product, generate_series(1, :listings) n WHERE product.id = :sample
    RETURNING id, category_id)
INSERT INTO product_channel_listing (product_id, channel_id, category_id, currency, price_minor, is_published,
                                     visible_in_listings, is_live, published_at)
SELECT id, :channel, category_id, 'MAD', id * 7919 % 1000, true, true, true,
       now() - id * interval '1 minute'
FROM made
"""
ANSWER = """
INSERT INTO product_attribute_value (product_id, value_id)
SELECT id, :first + id % 7 FROM product WHERE id % 3 > 0
"""
STOCK = """
WITH made AS (
    INSERT INTO product_variant (product_id, name, sku, position, track_inventory, created_at, updated_at,
                                 metadata, private_metadata)
    SELECT id, '', 's' || id, 0, true, now(), now(), '{}', '{}' FROM product RETURNING id),
listed AS (
    INSERT INTO variant_channel_listing (variant_id, channel_id, currency, entered_price_minor, price_minor,
        tax_rate_bp, gross_minor, net_minor, undiscounted_gross_minor, undiscounted_net_minor)
    SELECT made.id, channel.id, 'MAD', 900, 900, 0, 900, 900, 900, 900
    FROM made, channel WHERE channel.slug = :channel)
INSERT INTO stock (warehouse_id, variant_id, quantity, quantity_allocated)
SELECT CAST(:warehouse AS uuid), id, id % 20, 0 FROM made
"""
COUNT = """query ($channel: String, $filter: ProductFilterInput) {
  products(channel: $channel, filter: $filter) { totalCount } }"""
ORDERS = ["NAME", "PRICE", "MINIMAL_PRICE", "TYPE", "PUBLISHED", "PUBLISHED_AT", "RATING", "CREATED_AT"]
ORDERS += ["LAST_MODIFIED_AT"]
ORDERS_OF_A_SHELF = ["NAME", "PRICE", "CREATED_AT"]


class Explaining:
    """A database that keeps what it was asked."""

    def __init__(self, database: SharedConnection) -> None:
        self._fetch = database.reads.fetch_json
        self.asked: list[tuple[str, Sequence[Any]]] = []
        database.reads.fetch_json = self.fetch_json  # type: ignore[method-assign]

    async def fetch_json(self, statement: str, parameters: Sequence[Any]) -> bytes:
        self.asked.append((statement, parameters))
        return await self._fetch(statement, parameters)


@pytest.fixture
async def shop(session: AsyncSession) -> dict[str, str]:
    """A shop of some thousand listings on forty shelves: its channel and one of the shelves."""
    channel = await make_channel(session)
    shelves = [await make_category(session) for _ in range(40)]
    sample = await make_product(session)
    given = {"shelf": shelves[0].id, "listings": LISTINGS, "sample": sample.id, "channel": channel.id}
    await session.execute(text(FILL), given)
    for table in ("product", "product_channel_listing", "category"):
        await session.execute(text(f"ANALYZE {table}"))
    return {"channel": channel.slug, "shelf": to_global_id("Category", shelves[7].id)}


@pytest.fixture
async def explaining(
    connection: AsyncConnection, settings: Settings
) -> AsyncIterator[tuple[Api, Explaining]]:
    database = SharedConnection(settings, connection)
    listening = Explaining(database)
    yield make_api(settings, database, storage=storage_from(settings)), listening
    await database.close()


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


async def expect_a_walk(explaining: tuple[Api, Explaining], session: AsyncSession, **variables: Any) -> str:
    """Ask for a page; its plan must read no table to its end. Gives the cursor of the page's last row."""
    api, listening = explaining
    await session.commit()
    answer = await api.execute(PAGE, variables)
    assert len(answer["data"]["products"]["edges"]) == 24, answer
    statement, parameters = listening.asked[-1]
    explained = await listening.fetch_json(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
    (plan,) = orjson.loads(explained)
    for node in nodes(plan["Plan"]):
        whole = node["Node Type"] == "Seq Scan" and node["Relation Name"].startswith("product")
        sorted_whole = node["Node Type"] == "Sort" and node["Plan Rows"] > 24 * 10
        assert not whole, (variables, node)
        assert not sorted_whole, (variables, node)
    cursor: str = answer["data"]["products"]["pageInfo"]["endCursor"]
    return cursor


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_every_order_is_a_walk_along_an_index(
    session: AsyncSession, explaining: tuple[Api, Explaining], shop: dict[str, str], direction: str
) -> None:
    for field in ORDERS:
        given = {"channel": shop["channel"], "sort": {"field": field, "direction": direction}}
        cursor = await expect_a_walk(explaining, session, **given)
        await expect_a_walk(explaining, session, **given, after=cursor)


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_the_order_by_an_attribute_is_two_walks(
    session: AsyncSession, explaining: tuple[Api, Explaining], shop: dict[str, str], direction: str
) -> None:
    colour = await make_attribute(session)
    values = [await make_value(session, colour) for _ in range(7)]
    await session.execute(text(ANSWER), {"first": values[0].id})
    await session.execute(text("ANALYZE product_answer_order"))
    sort = {"attributeId": to_global_id("Attribute", colour.id), "direction": direction}
    cursor = await expect_a_walk(explaining, session, channel=shop["channel"], sort=sort)
    await expect_a_walk(explaining, session, channel=shop["channel"], sort=sort, after=cursor)


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_the_usual_orders_of_a_shelf_are_walks_too(
    session: AsyncSession, explaining: tuple[Api, Explaining], shop: dict[str, str], direction: str
) -> None:
    fields = [*ORDERS_OF_A_SHELF, *(["RATING"] if direction == "DESC" else [])]
    for field in fields:
        given = {
            "channel": shop["channel"],
            "filter": {"categories": [shop["shelf"]]},
            "sort": {"field": field, "direction": direction},
        }
        cursor = await expect_a_walk(explaining, session, **given)
        await expect_a_walk(explaining, session, **given, after=cursor)


async def test_a_band_of_prices_is_walked_in_the_order_asked_for(
    session: AsyncSession,
    explaining: tuple[Api, Explaining],
    shop: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filters, "FEW_OF_A_BAND", 100)
    for field in ["NAME", "PRICE", "CREATED_AT"]:
        given = {
            "channel": shop["channel"],
            "filter": {"minimalPrice": {"gte": 1, "lte": 4}},
            "sort": {"field": field, "direction": "ASC"},
        }
        cursor = await expect_a_walk(explaining, session, **given)
        await expect_a_walk(explaining, session, **given, after=cursor)


@pytest.mark.parametrize(
    "narrowed",
    [
        {"stockAvailability": "IN_STOCK"},
        {"stockAvailability": "OUT_OF_STOCK"},
        {"isAvailable": True},
        {"isAvailable": False},
        {"stocks": {"quantity": {"gte": 5}}},
        {"price": {"gte": 5}},
    ],
)
async def test_counting_what_lies_on_shelves_looks_at_few_products_one_by_one(
    session: AsyncSession, explaining: tuple[Api, Explaining], shop: dict[str, str], narrowed: dict[str, Any]
) -> None:
    """A look at the shelves for each product would take a second in a shop of 100,000."""
    warehouse = await make_warehouse(session)
    await session.execute(text(STOCK), {"channel": shop["channel"], "warehouse": warehouse.id})
    await summaries.tidy(session)
    for table in ("product_variant", "variant_channel_listing", "stock", "product_maybe_sold_out"):
        await session.execute(text(f"ANALYZE {table}"))
    api, listening = explaining
    await session.commit()
    await api.execute(COUNT, {"channel": shop["channel"], "filter": narrowed})
    statement, parameters = listening.asked[-1]
    explained = await listening.fetch_json(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
    (plan,) = orjson.loads(explained)
    for part in subplans(plan["Plan"]):
        # One in twenty is sold out.
        assert part["Actual Loops"] <= LISTINGS / 10, (narrowed, part)


def subplans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What PostgreSQL does for each row."""
    return (node for node in nodes(plan) if node.get("Parent Relationship") == "SubPlan")
