"""Lists by what lies in store rooms say what the shelves say, whatever has happened to them before."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import ColumnElement, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import ProductChannelListing
from marketplace.catalog.models import Product, ProductType, ProductVariant
from marketplace.inventory import summaries
from marketplace.inventory.models import Lot, Stock, Warehouse
from marketplace.inventory.serving import outside_channel
from marketplace.kit import clock
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel
from marketplace.vendors.models import Vendor
from marketplace_graphql.catalog import filters
from marketplace_graphql.kernel.reader import walks
from tests.factories.catalog import list_product, make_product, make_product_type
from tests.factories.inventory import make_stock, make_warehouse
from tests.factories.markets import make_channel
from tests.factories.vendors import make_vendor
from tests.graphql.conftest import Ask, staff

LIST = """query (
  $channel: String, $filter: ProductFilterInput, $where: ProductWhereInput, $sort: ProductOrder
) {
  products(first: 100, channel: $channel, filter: $filter, where: $where, sortBy: $sort) {
    edges { node { name } } } }"""
COUNT = """query ($channel: String, $filter: ProductFilterInput) {
  products(channel: $channel, filter: $filter) { totalCount } }"""
PRODUCTS = 24
CHANGES = 60
RESERVED = text(
    """INSERT INTO reservation (checkout_line_id, variant_id, quantity, reserved_until)
    VALUES (gen_random_uuid(), :variant, :quantity, :until)"""
)


@dataclass
class Shop:
    """Where products and their pieces may be."""

    channel: Channel
    rooms: list[Warehouse]
    """The channel does not take from the last one."""
    vendor: Vendor
    product_type: ProductType


@pytest.fixture
async def shop(session: AsyncSession) -> Shop:
    channel = await make_channel(session)
    rooms = [await make_warehouse(session) for _ in range(3)]
    outside = {"warehouse_id": rooms[-1].id, "channel_id": channel.id}
    await session.execute(outside_channel.insert().values(outside))
    return Shop(channel, rooms, await make_vendor(session), await make_product_type(session))


@pytest.fixture(params=[10_000, 0], ids=["few found", "many found"])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walks, "FEW", request.param)
    monkeypatch.setattr(filters, "FEW_SOLD_OUT", request.param)


class Change:
    """One thing after the other that happens to shelves, by chance."""

    def __init__(self, session: AsyncSession, shop: Shop, chance: random.Random) -> None:
        self.session, self.shop, self.chance = session, shop, chance

    async def happens(self) -> None:
        ways = [self.laid_in, self.laid_in, self.sold, self.sold, self.recounted, self.taken_away]
        ways += [self.variant_made, self.variant_gone, self.counted_or_not, self.product_gone]
        ways += [self.reserved, self.tidied]
        await self.chance.choice(ways)()

    async def product_made(self) -> None:
        product = await make_product(
            self.session, vendor_id=self.shop.vendor.id, product_type_id=self.shop.product_type.id
        )
        now = clock.now()
        begins = self.chance.choice([now - timedelta(days=1), now + timedelta(days=1), None])
        if self.chance.random() < 0.8:
            await list_product(self.session, product.id, self.shop.channel, available_for_purchase_at=begins)

    async def one(self, model: Any) -> Any:
        keys = list(await self.session.scalars(select(model.id).order_by(model.id)))
        return self.chance.choice(keys) if keys else None

    async def laid_in(self) -> None:
        variant_id, room = await self.one(ProductVariant), self.chance.choice(self.shop.rooms)
        if variant_id is None:
            return
        lot_id = None
        if self.chance.random() < 0.5:
            ends = clock.now().date() + timedelta(days=self.chance.choice([-30, 30]))
            lot = Lot(variant_id=variant_id, code=str(self.chance.random()), best_before=ends)
            self.session.add(lot)
            await self.session.flush()
            lot_id = lot.id
        here = (Stock.variant_id == variant_id, Stock.warehouse_id == room.id, Stock.lot_id.is_(None))
        if lot_id is None and await self.session.scalar(select(Stock.id).where(*here)):
            return
        pieces = self.chance.randint(0, 4)
        self.session.add(Stock(variant_id=variant_id, warehouse_id=room.id, quantity=pieces, lot_id=lot_id))
        await self.session.flush()

    async def sold(self) -> None:
        some = Stock.id % 3 == self.chance.randint(0, 2)
        await self.session.execute(update(Stock).where(some).values(quantity_allocated=Stock.quantity))

    async def recounted(self) -> None:
        values = {"quantity": self.chance.randint(0, 5), "quantity_allocated": 0}
        await self.session.execute(update(Stock).where(Stock.id == await self.one(Stock)).values(values))

    async def taken_away(self) -> None:
        await self.session.execute(delete(Stock).where(Stock.id == await self.one(Stock)))

    async def variant_made(self) -> None:
        product_id = await self.one(Product)
        if product_id is not None:
            self.session.add(ProductVariant(product_id=product_id, name="Autre"))
            await self.session.flush()

    async def variant_gone(self) -> None:
        variant_id = await self.one(ProductVariant)
        await self._delete(ProductVariant, variant_id, ProductVariant.id == variant_id)

    async def product_gone(self) -> None:
        product_id = await self.one(Product)
        await self._delete(Product, product_id, ProductVariant.product_id == product_id)

    async def _delete(self, model: Any, key: int | None, variants: ColumnElement[bool]) -> None:
        """What lies there by lots goes first: lots are not left without a word."""
        lots = Stock.variant_id.in_(select(ProductVariant.id).where(variants))
        by_lots = delete(Stock).where(Stock.lot_id.is_not(None), lots)
        for going in (by_lots, delete(model).where(model.id == key)):
            await self.session.execute(going, execution_options={"synchronize_session": False})

    async def counted_or_not(self) -> None:
        turned = {"track_inventory": ~ProductVariant.track_inventory, "lead_time_days": None}
        changing = update(ProductVariant).where(ProductVariant.id == await self.one(ProductVariant))
        await self.session.execute(changing.values(turned))

    async def reserved(self) -> None:
        """A cart holds pieces of it, or has held them."""
        variant_id = await self.one(ProductVariant)
        if variant_id is None:
            return
        until = clock.now() + timedelta(minutes=self.chance.choice([-5, 5]))
        given = {"variant": variant_id, "quantity": self.chance.randint(1, 4), "until": until}
        await self.session.execute(text("SET LOCAL session_replication_role = replica"))  # No cart is needed.
        await self.session.execute(RESERVED, given)
        await self.session.execute(text("SET LOCAL session_replication_role = origin"))

    async def tidied(self) -> None:
        await summaries.tidy(self.session)


SHELVES = """
SELECT p.name, v.id AS variant_id, v.track_inventory, s.id AS stock_id, s.warehouse_id, s.quantity,
    s.quantity - s.quantity_allocated AS free, coalesce(l.best_before < CURRENT_DATE, false) AS is_past,
    (SELECT coalesce(sum(quantity), 0) FROM reservation r
     WHERE r.variant_id = v.id AND r.reserved_until > CAST(:now AS timestamptz)) AS held
FROM product p LEFT JOIN product_variant v ON v.product_id = p.id LEFT JOIN stock s ON s.variant_id = v.id
LEFT JOIN lot l ON l.id = s.lot_id
"""


class Shelves:
    """What the tables say, added up by hand."""

    def __init__(self, rows: list[Any], on_sale: set[str], outside: Any) -> None:
        self.products = {row.name for row in rows}
        self.on_sale = on_sale
        self.free: dict[tuple[str, int], int] = defaultdict(int)
        self.pieces: dict[tuple[str, int], dict[Any, int]] = defaultdict(lambda: defaultdict(int))
        self.uncounted = {row.name for row in rows if row.track_inventory is False}
        self.held = {row.variant_id: row.held for row in rows}
        for row in rows:
            if row.stock_id is not None:
                key = row.name, row.variant_id
                self.pieces[key][row.warehouse_id] += row.quantity
                if row.warehouse_id != outside and not row.is_past:
                    self.free[key] += row.free

    def in_stock(self) -> set[str]:
        sold = {name for (name, variant), free in self.free.items() if free > self.held[variant]}
        return sold | self.uncounted

    def available(self) -> set[str]:
        return self.in_stock() & self.on_sale

    def holding(self, least: int = 0, most: int = 10**9, rooms: Any = None) -> set[str]:
        found = set()
        for (name, _), pieces in self.pieces.items():
            here = {room: quantity for room, quantity in pieces.items() if rooms is None or room in rooms}
            if here and least <= sum(here.values()) <= most:
                found.add(name)
        return found


async def added_up(session: AsyncSession, shop: Shop) -> Shelves:
    now = clock.now()
    listing = ProductChannelListing
    begun = select(Product.name).join(listing, listing.product_id == Product.id)
    on_sale = await session.scalars(begun.where(listing.available_for_purchase_at <= now))
    rows = (await session.execute(text(SHELVES), {"now": now})).all()
    return Shelves(list(rows), set(on_sale), shop.rooms[-1].id)


def questions(shop: Shop, shelves: Shelves) -> Iterator[tuple[dict[str, Any], set[str]]]:
    yield {"stockAvailability": "IN_STOCK"}, shelves.in_stock()
    yield {"stockAvailability": "OUT_OF_STOCK"}, shelves.products - shelves.in_stock()
    yield {"isAvailable": True}, shelves.available()
    yield {"isAvailable": False}, shelves.products - shelves.available()
    for rooms in (None, [shop.rooms[0]], shop.rooms[1:]):
        keys = None if rooms is None else {room.id for room in rooms}
        ids = [to_global_id("Warehouse", key) for key in keys or ()]
        named: dict[str, Any] = {"warehouseIds": ids} if ids else {}
        for bounds in ({"gte": 3}, {"lte": 0}, {"gte": 1, "lte": 3}, {"gte": 100}):
            expected = shelves.holding(bounds.get("gte", 0), bounds.get("lte", 10**9), keys)
            yield {"stocks": named | {"quantity": bounds}}, expected
        if rooms is not None:
            yield {"stocks": named}, shelves.holding(rooms=keys)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("seed", range(2))
async def test_lists_say_what_the_shelves_say(
    session: AsyncSession, read: Ask, shop: Shop, seed: int
) -> None:
    change = Change(session, shop, random.Random(seed))
    for _ in range(PRODUCTS):
        await change.product_made()
    for number in range(1, CHANGES + 1):
        await change.happens()
        if number % (CHANGES // 2):
            continue
        shelves = await added_up(session, shop)
        for asked, expected in questions(shop, shelves):
            field = "PRICE" if number == CHANGES else "NAME"
            given = {"channel": shop.channel.slug, "sort": {"field": field, "direction": "ASC"}}
            page = await read(LIST, staff("MANAGE_PRODUCTS"), filter=asked, **given)
            names = [edge["node"]["name"] for edge in page["products"]["edges"]]
            assert (asked, sorted(names)) == (asked, sorted(expected))
            counted = await read(COUNT, staff("MANAGE_PRODUCTS"), filter=asked, channel=shop.channel.slug)
            assert (asked, counted["products"]["totalCount"]) == (asked, len(expected))


@pytest.mark.usefixtures("few")
async def test_what_is_sold_out_or_of_something_else(session: AsyncSession, read: Ask, shop: Shop) -> None:
    change = Change(session, shop, random.Random(7))
    for _ in range(6):
        await change.product_made()
    shelves = await added_up(session, shop)
    one = (await session.scalars(select(Product).order_by(Product.id).limit(1))).one()
    variant = (await session.scalars(select(ProductVariant).filter_by(product_id=one.id))).one()
    await make_stock(session, variant, 1)
    either = [{"stockAvailability": "OUT_OF_STOCK"}, {"ids": [to_global_id("Product", one.id)]}]
    given = {"channel": shop.channel.slug, "where": {"OR": either}}
    page = await read(LIST, staff("MANAGE_PRODUCTS"), **given)
    assert {edge["node"]["name"] for edge in page["products"]["edges"]} == shelves.products
