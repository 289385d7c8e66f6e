"""What tests of orders share: an order with its clerk, its ids, and what is announced."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.inventory.models import Stock
from marketplace.kit import events
from marketplace.kit.announcements import Announcement
from marketplace.kit.ids import to_global_id
from marketplace.markets.shop_settings import shop_settings
from marketplace.orders.models import Order, OrderEvent, OrderLine, VendorOrder
from marketplace.payments.by_hand import mark_as_paid
from marketplace_graphql.kernel import Requester
from tests.factories.checkout import Market, make_market, make_piece
from tests.factories.orders import make_order, make_unpaid_order, parts_of
from tests.factories.people import make_user
from tests.graphql.conftest import staff


@dataclass
class Placed:
    """An order of so many pieces from each of some sellers, to be paid at the door; and who works on it."""

    market: Market
    order: Order
    parts: list[VendorOrder]
    lines: list[OrderLine]
    stocks: list[Stock]
    clerk: Requester

    @property
    def id(self) -> str:
        return to_global_id("Order", self.order.id)

    def part_id(self, index: int = 0) -> str:
        return to_global_id("VendorOrder", self.parts[index].id)

    def line_id(self, index: int = 0) -> str:
        return to_global_id("OrderLine", self.lines[index].id)

    def room_id(self, index: int = 0) -> str:
        return to_global_id("Warehouse", self.stocks[index].warehouse_id)

    def pick(self, index: int = 0, quantity: int = 1, room: str | None = None) -> dict[str, object]:
        """A line of `OrderFulfillInput`: pieces of a line, from its own store room unless given."""
        stock = {"quantity": quantity, "warehouse": room or self.room_id(index)}
        return {"orderLineId": self.line_id(index), "stocks": [stock]}


async def place(
    session: AsyncSession,
    sellers: int = 1,
    quantity: int = 2,
    price_minor: int = 120_00,
    *,
    make: Callable[..., Awaitable[Order]] = make_order,
    **given: object,
) -> Placed:
    market = await make_market(session)
    pieces = [
        await make_piece(session, market.channel, price_minor=price_minor, **given) for _ in range(sellers)
    ]
    order = await make(session, market, *pieces, quantity=quantity)
    parts = await parts_of(session, order)
    lines = await session.scalars(
        select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
    )
    stocks = await session.scalars(
        select(Stock).where(Stock.variant_id.in_([piece.id for piece in pieces])).order_by(Stock.id)
    )
    clerk = staff("MANAGE_ORDERS", user=await make_user(session))
    return Placed(market, order, parts, list(lines), list(stocks), clerk)


async def place_paid(session: AsyncSession, **given: object) -> Placed:
    """An order that was paid by transfer, as staff have said."""
    placed = await place(session, make=make_unpaid_order, **given)  # type: ignore[arg-type]
    await mark_as_paid(session, placed.order.id)
    return placed


async def shelves(session: AsyncSession) -> list[tuple[int, int]]:
    """Pieces on each shelf, and how many of them are sold."""
    rows = await session.execute(select(Stock.quantity, Stock.quantity_allocated).order_by(Stock.id))
    return [(quantity, allocated) for quantity, allocated in rows]


async def history(session: AsyncSession, order: Order) -> list[str]:
    """What happened to an order after it was placed."""
    found = await session.scalars(
        select(OrderEvent.type).where(OrderEvent.order_id == order.id).order_by(OrderEvent.id)
    )
    return list(found)[2:]


async def set_rules(session: AsyncSession, **rules: bool) -> None:
    """Decide for the shop: `fulfillment_auto_approve`, `fulfillment_allow_unpaid`."""
    settings = await shop_settings(session)
    for name, value in rules.items():
        setattr(settings, name, value)
    await session.flush()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what is announced, in order."""
    names: list[str] = []

    async def listen(_session: AsyncSession, announcement: Announcement) -> None:
        names.extend(announcement.event for _ in announcement.rows)

    monkeypatch.setitem(events._subscribers, Announcement, [listen])
    return names
