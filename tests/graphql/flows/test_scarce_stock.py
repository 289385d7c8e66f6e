"""Nothing is oversold: sixteen shoppers on a real server race for what is scarce; the stocks end exact."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from types import ModuleType
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import Product, ProductVariant
from marketplace.inventory.models import Allocation, Reservation, Stock
from marketplace.kit.database import Database
from marketplace.kit.ids import to_global_id
from marketplace.orders.models import Order, OrderLine, OrderStatus, VendorOrder
from marketplace.people.service import create_user
from tests.factories.catalog import make_variant, put_on_sale
from tests.factories.checkout import make_market, make_piece
from tests.factories.inventory import make_stock

SHOPPERS = 16
SHELVES = (1, 2, 3, 5, 7, 9)
"""Pieces of each variant: 27 in all, far fewer than are wanted."""

CREATE = """mutation Create($channel: String!, $lines: [CheckoutLineInput!]!, $address: AddressInput!) {
  checkoutCreate(input: {channel: $channel, email: "race@example.test", lines: $lines,
                         shippingAddress: $address, billingAddress: $address}) {
    checkout { id } errors { code variants } } }"""
BUY = """mutation Buy($id: ID!, $method: ID!) {
  checkoutDeliveryMethodUpdate(id: $id, deliveryMethodId: $method) { errors { code } }
  transactionInitialize(id: $id, paymentGateway: {id: "marketplace.cash_on_delivery"}) { errors { code } }
  checkoutComplete(id: $id) { order { id lines { quantity } } errors { code variants } } }"""
CANCEL = "mutation Cancel($id: ID!) { orderCancel(id: $id) { order { status } errors { code } } }"
SIGN_IN = (
    'mutation In($email: String!) { tokenCreate(email: $email, password: "Argan-2026-Souss") { token } }'
)
ADDRESS = {
    "firstName": "Salma",
    "lastName": "Bennani",
    "streetAddress1": "12, rue Ibn Batouta",
    "city": "Rabat",
    "postalCode": "10000",
    "country": "MA",
}


@dataclass
class Bazaar:
    """Two channels with the same goods of three sellers: one keeps a cart's pieces for it, one doesn't."""

    address: str
    channels: dict[str, str] = field(default_factory=dict)
    """Slug -> the id of its shipping method."""
    variants: list[str] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    staff_token: str = ""

    async def ask(self, client: httpx.AsyncClient, document: str, **variables: Any) -> dict[str, Any]:
        answer = await client.post("/graphql/", json={"query": document, "variables": variables})
        assert answer.status_code == 200
        said = answer.json()
        assert "errors" not in said, said["errors"]
        data: dict[str, Any] = said["data"]
        return data

    async def fill(self, client: httpx.AsyncClient, channel: str, wanted: dict[str, int]) -> str | None:
        """A cart with all of it, or none."""
        lines = [{"variantId": variant, "quantity": quantity} for variant, quantity in wanted.items()]
        made = (await self.ask(client, CREATE, channel=channel, lines=lines, address=ADDRESS))[
            "checkoutCreate"
        ]
        self._note(made["errors"])
        return None if made["checkout"] is None else str(made["checkout"]["id"])

    async def buy(self, client: httpx.AsyncClient, channel: str, cart: str) -> str | None:
        bought = await self.ask(client, BUY, id=cart, method=self.channels[channel])
        assert bought["checkoutDeliveryMethodUpdate"]["errors"] == []
        assert bought["transactionInitialize"]["errors"] == []
        self._note(bought["checkoutComplete"]["errors"])
        order = bought["checkoutComplete"]["order"]
        return None if order is None else str(order["id"])

    async def cancel(self, client: httpx.AsyncClient, order: str) -> None:
        headers = {"authorization": f"Bearer {self.staff_token}"}
        body = {"query": CANCEL, "variables": {"id": order}}
        answer = (await client.post("/graphql/", json=body, headers=headers)).json()
        assert answer["data"]["orderCancel"] == {"order": {"status": "CANCELED"}, "errors": []}

    def _note(self, errors: list[dict[str, Any]]) -> None:
        for error in errors:
            self.refusals[error["code"]] += 1
            assert set(error["variants"]) <= set(self.variants)


@pytest.fixture
async def bazaar(database: Database, live: str) -> Bazaar:
    made = Bazaar(live)
    async with database.transaction() as session:
        keeping = await make_market(session)
        careless = await make_market(session, reserve_stock_minutes=0)
        for market in (keeping, careless):
            made.channels[market.channel.slug] = to_global_id("ShippingMethod", market.method.id)
        variants: list[ProductVariant] = []
        for number, pieces in enumerate(SHELVES):
            if number % 2 == 0:
                variant = await make_piece(session, keeping.channel, stock=pieces)
            else:  # A second size by the same seller.
                variant = await make_variant(session, await _product_of(session, variants[-1]))
                await put_on_sale(session, variant, keeping.channel, 90_00)
                await make_stock(session, variant, pieces)
            await put_on_sale(session, variant, careless.channel, 100_00)
            variants.append(variant)
        made.variants = [to_global_id("ProductVariant", variant.id) for variant in variants]
        await create_user(session, "boss@example.test", "Argan-2026-Souss", is_staff=True, is_superuser=True)
    async with httpx.AsyncClient(base_url=live) as client:
        token = await made.ask(client, SIGN_IN, email="boss@example.test")
        made.staff_token = token["tokenCreate"]["token"]
    return made


async def _product_of(session: AsyncSession, variant: ProductVariant) -> Product:
    return await session.get_one(Product, variant.product_id)


async def _shop_about(bazaar: Bazaar, number: int) -> None:
    """Mixed carts in both channels: some bought, some bought and called off, some left standing."""
    chance = random.Random(number)
    async with httpx.AsyncClient(base_url=bazaar.address, timeout=60) as client:
        for _ in range(4):
            channel = chance.choice(list(bazaar.channels))
            wanted = {
                variant: chance.randint(1, 2)
                for variant in chance.sample(bazaar.variants, chance.randint(1, 3))
            }
            cart = await bazaar.fill(client, channel, wanted)
            if cart is None or chance.random() < 0.2:
                continue
            order = await bazaar.buy(client, channel, cart)
            if order is not None and chance.random() < 0.4:
                await bazaar.cancel(client, order)


async def _buy_what_is_left(bazaar: Bazaar, number: int) -> None:
    """One piece at a time, until nothing of anything is left."""
    chance = random.Random(number)
    left = set(bazaar.variants)
    async with httpx.AsyncClient(base_url=bazaar.address, timeout=60) as client:
        while left:
            variant, channel = chance.choice(sorted(left)), chance.choice(list(bazaar.channels))
            cart = await bazaar.fill(client, channel, {variant: 1})
            if cart is None or await bazaar.buy(client, channel, cart) is None:
                left.discard(variant)


async def _books(session: AsyncSession) -> tuple[list[tuple[int, int]], dict[int, int], dict[int, int]]:
    """Shelves as (quantity, allocated), what standing orders bought, what is allocated: by variant."""
    shelves = await session.execute(select(Stock.quantity, Stock.quantity_allocated).order_by(Stock.id))
    bought = await session.execute(
        select(OrderLine.variant_id, func.sum(OrderLine.quantity))
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.status != OrderStatus.CANCELED)
        .group_by(OrderLine.variant_id)
    )
    allocated = await session.execute(
        select(Stock.variant_id, func.sum(Allocation.quantity))
        .join(Allocation, Allocation.stock_id == Stock.id)
        .group_by(Stock.variant_id)
    )
    return (
        [(quantity, sold) for quantity, sold in shelves],
        {variant: int(pieces) for variant, pieces in bought},
        {variant: int(pieces) for variant, pieces in allocated if pieces},
    )


async def test_sixteen_shoppers_race_and_every_piece_is_sold_once(
    bazaar: Bazaar, database: Database, clock: ModuleType
) -> None:
    await asyncio.gather(*[_shop_about(bazaar, number) for number in range(SHOPPERS)])
    async with database.transaction() as session:
        shelves, bought, allocated = await _books(session)
    assert [quantity for quantity, _ in shelves] == list(SHELVES)
    assert all(sold <= quantity for quantity, sold in shelves)
    assert bought == allocated
    # Carts that were left standing keep their pieces no longer than that.
    clock.advance(timedelta(hours=2))
    await asyncio.gather(*[_buy_what_is_left(bazaar, number) for number in range(SHOPPERS)])
    async with database.transaction() as session:
        shelves, bought, allocated = await _books(session)
        assert shelves == [(pieces, pieces) for pieces in SHELVES]
        assert bought == allocated
        assert sum(bought.values()) == sum(SHELVES)
        parts = await session.scalar(select(func.sum(VendorOrder.total_gross_minor)))
        wholes = await session.scalar(select(func.sum(Order.total_gross_minor)))
        assert parts == wholes
        kept = await session.scalar(
            select(func.count()).select_from(Reservation).where(Reservation.reserved_until > clock.now())
        )
        assert kept == 0
    # Whoever came too late was told so, and nothing else went wrong.
    assert set(bazaar.refusals) == {"INSUFFICIENT_STOCK"}
    assert bazaar.refusals["INSUFFICIENT_STOCK"] >= SHOPPERS
