"""A cart is never sold at a price of yesterday's promotion, nor without today's."""

from datetime import timedelta
from types import ModuleType

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from marketplace.checkout import closing
from marketplace.pricing import repricing
from marketplace.pricing.repricing import follow
from marketplace.pricing.service import lock_promotions, reprice
from tests.factories.catalog import make_category
from tests.factories.checkout import make_cart, make_market, make_piece, make_ready_cart
from tests.factories.markets import make_channel
from tests.factories.promotions import make_promotion, make_rule, of
from tests.statements import counted


async def test_a_cart_has_the_reduced_price(session: AsyncSession) -> None:
    channel = await make_channel(session)
    rug = await make_piece(session, channel, 100_00)
    await make_rule(session, [channel], of(rug), percent=15)
    await reprice(session)
    cart = await make_cart(session, channel, rug, quantity=3)
    assert cart.subtotal_gross_minor == 255_00


async def test_what_has_begun_since_is_granted_at_once(session: AsyncSession, clock: ModuleType) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel, 100_00)
    promotion = await make_promotion(session, start_date=clock.now() + timedelta(hours=1))
    await make_rule(session, [market.channel], of(rug), percent=15, promotion=promotion)
    await reprice(session)
    cart = await make_ready_cart(session, market, rug)
    assert cart.subtotal_gross_minor == 100_00
    clock.advance(timedelta(hours=2))
    settled = await closing.settle(session, cart.id)
    assert settled.subtotal.gross_minor == 85_00
    assert settled.cart.offers[rug.id].promotion_rule_id is not None


async def test_what_has_ended_since_is_not_granted(session: AsyncSession, clock: ModuleType) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel, 100_00)
    promotion = await make_promotion(session, end_date=clock.now() + timedelta(hours=1))
    await make_rule(session, [market.channel], of(rug), percent=15, promotion=promotion)
    await reprice(session)
    cart = await make_ready_cart(session, market, rug)
    assert cart.subtotal_gross_minor == 85_00
    clock.advance(timedelta(hours=2))
    settled = await closing.settle(session, cart.id)
    assert settled.subtotal.gross_minor == 100_00
    assert settled.cart.offers[rug.id].promotion_rule_id is None


async def test_a_cart_does_not_wait_for_many_listings_to_be_repriced(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repricing, "REPRICE_BATCH", 1)
    channel = await make_channel(session)
    shelf = await make_category(session)
    rug = await make_piece(session, channel, 100_00, category_id=shelf.id)
    await make_piece(session, channel, 100_00, category_id=shelf.id)
    await make_rule(session, [channel], of(shelf), percent=15)
    await lock_promotions(session)
    await follow(session, [of(shelf)])
    cart = await make_cart(session, channel, rug)
    assert cart.subtotal_gross_minor == 85_00


async def test_a_promotion_in_force_costs_a_cart_no_statement_more(
    session: AsyncSession, connection: AsyncConnection
) -> None:
    channel = await make_channel(session)
    plain = await make_piece(session, channel, 100_00)
    reduced = await make_piece(session, channel, 100_00)
    await make_rule(session, [channel], of(reduced), percent=15)
    await reprice(session)
    numbers = []
    for piece in (plain, plain, reduced):
        with counted(connection) as statements:
            await make_cart(session, channel, piece)
        numbers.append(len(statements))
    assert numbers[1] == numbers[2]
