"""What is past its best is not sold; what keeps the shortest goes first."""

from datetime import date, datetime, timedelta
from types import ModuleType

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.lead_times import make_to_order
from marketplace.catalog.models import ProductVariant
from marketplace.checkout.lines import LineToAdd, add_lines
from marketplace.inventory.availability import available_of
from marketplace.inventory.errors import InsufficientStockError
from marketplace.inventory.lots import NewLot, lay_in
from marketplace.inventory.models import Allocation, Lot, Stock
from marketplace.kit import clock as the_clock
from marketplace.kit.errors import DomainError
from marketplace.markets.models import Channel
from marketplace.payments.completion import complete
from tests.factories.checkout import make_cart, make_market, make_piece, make_ready_cart, promise_cash
from tests.factories.inventory import make_lot
from tests.factories.markets import make_channel
from tests.factories.orders import make_order


async def _available(session: AsyncSession, variant: ProductVariant, at: datetime | None = None) -> int:
    channel_id = (await session.scalars(select(Channel.id))).one()
    found = await available_of(session, [variant.id], at or the_clock.now(), channel_id=channel_id)
    return found[variant.id]


async def _sold_lots(session: AsyncSession) -> list[tuple[str | None, int]]:
    rows = await session.execute(
        select(Lot.code, Allocation.quantity)
        .select_from(Allocation)
        .join(Stock, Stock.id == Allocation.stock_id)
        .outerjoin(Lot, Lot.id == Stock.lot_id)
        .order_by(Allocation.id)
    )
    return [(code, quantity) for code, quantity in rows]


async def test_pieces_past_their_best_are_not_for_sale(session: AsyncSession, clock: ModuleType) -> None:
    oil = await make_piece(session, await make_channel(session), stock=2)
    today = clock.now().date()
    await make_lot(session, oil, pieces=5, best_before=today + timedelta(days=3))
    await make_lot(session, oil, pieces=7, best_before=today - timedelta(days=3))
    assert await _available(session, oil) == 2 + 5
    clock.advance(timedelta(days=6))
    assert await _available(session, oil) == 2


async def test_the_best_before_day_itself_is_still_good(session: AsyncSession, clock: ModuleType) -> None:
    oil = await make_piece(session, await make_channel(session), stock=0)
    noon = clock.now().replace(hour=12)
    await make_lot(session, oil, pieces=5, best_before=noon.date())
    assert await _available(session, oil, noon) == 5
    assert await _available(session, oil, noon + timedelta(days=1)) == 0


async def test_nobody_buys_what_is_past_its_best(session: AsyncSession) -> None:
    channel = await make_channel(session)
    oil = await make_piece(session, channel, stock=0)
    await make_lot(session, oil, pieces=5, best_before=date(2020, 1, 1))
    cart = await make_cart(session, channel)
    with pytest.raises(InsufficientStockError):
        await add_lines(session, cart.id, [LineToAdd(oil.id, 1)])


async def test_what_goes_off_in_the_cart_is_not_sold(session: AsyncSession, clock: ModuleType) -> None:
    market = await make_market(session)
    oil = await make_piece(session, market.channel, stock=0)
    await make_lot(session, oil, pieces=5, best_before=clock.now().date() + timedelta(days=1))
    cart = await make_ready_cart(session, market, oil)
    await promise_cash(session, cart.id)
    clock.advance(timedelta(days=3))
    with pytest.raises(InsufficientStockError):
        await complete(session, cart.id)


async def test_the_lot_that_keeps_the_shortest_is_sold_first(session: AsyncSession) -> None:
    market = await make_market(session)
    oil = await make_piece(session, market.channel, stock=50)
    today = the_clock.now().date()
    await make_lot(session, oil, code="later", pieces=9, best_before=today + timedelta(days=90))
    await make_lot(session, oil, code="sooner", pieces=2, best_before=today + timedelta(days=30))
    await make_lot(session, oil, code="gone", pieces=9, best_before=today - timedelta(days=30))
    await make_order(session, market, oil, quantity=3)
    assert await _sold_lots(session) == [("sooner", 2), ("later", 1)]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"code": "  "}, ("REQUIRED", "code")),
        ({"code": "x" * 61}, ("INVALID", "code")),
        ({"pieces": 0}, ("INVALID", "pieces")),
        (
            {"harvested_on": date(2026, 11, 1), "best_before": date(2026, 10, 31)},
            ("INVALID", "bestBefore"),
        ),
        ({"code": "L1"}, ("UNIQUE", "code")),
    ],
)
async def test_a_lot_that_can_not_be_is_refused(
    session: AsyncSession, given: dict[str, object], told: tuple[str, str]
) -> None:
    oil = await make_piece(session, await make_channel(session))
    await make_lot(session, oil, code="L1")
    stock = (await session.scalars(select(Stock).where(Stock.lot_id.is_not(None)))).one()
    with pytest.raises(DomainError) as refused:
        await lay_in(
            session,
            oil.id,
            stock.warehouse_id,
            NewLot(**{"code": "L2", "pieces": 3} | given),  # type: ignore[arg-type]
        )
    assert (refused.value.code, refused.value.field) == told


async def test_what_is_made_to_order_is_not_counted(session: AsyncSession) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel, stock=0)
    await make_to_order(session, rug.id, 25)
    await session.refresh(rug)
    assert (rug.lead_time_days, rug.track_inventory) == (25, False)
    await make_order(session, market, rug, quantity=7)
    assert await _sold_lots(session) == []
    await make_to_order(session, rug.id, None)
    await session.refresh(rug)
    assert (rug.lead_time_days, rug.track_inventory) == (None, True)


@pytest.mark.parametrize("days", [0, -1, 366])
async def test_a_lead_time_has_bounds(session: AsyncSession, days: int) -> None:
    rug = await make_piece(session, await make_channel(session))
    with pytest.raises(DomainError) as refused:
        await make_to_order(session, rug.id, days)
    assert (refused.value.code, refused.value.field) == ("INVALID", "leadTimeDays")


async def test_only_what_there_is_is_made_to_order(session: AsyncSession) -> None:
    with pytest.raises(DomainError) as refused:
        await make_to_order(session, 0, 5)
    assert (refused.value.code, refused.value.field) == ("NOT_FOUND", "variantId")
