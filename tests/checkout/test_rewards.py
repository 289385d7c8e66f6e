"""What order promotions do to a cart: discounts of all its goods, and gifts that come and go."""

from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from marketplace.checkout import closing
from marketplace.checkout.deliveries import calculate_deliveries, choose_delivery
from marketplace.checkout.lines import LineChange, LineToAdd, add_lines, delete_lines, update_lines
from marketplace.checkout.models import Checkout, CheckoutDelivery, CheckoutLine
from marketplace.checkout.promo_codes import add_promo_code, remove_promo_code
from marketplace.inventory.models import Reservation, Stock
from marketplace.kit.errors import DomainError
from marketplace.pricing.promotions import PromotionType
from marketplace.pricing.vouchers import VoucherType
from tests.factories.checkout import RABAT, make_cart, make_market, make_piece, make_ready_cart
from tests.factories.pricing import make_voucher
from tests.factories.promotions import make_order_rule, make_promotion
from tests.statements import counted


def at_least(amount: str, name: str = "baseSubtotalPrice") -> dict[str, Any]:
    return {"discountedObjectPredicate": {name: {"range": {"gte": amount}}}}


async def _lines(session: AsyncSession, cart: Checkout) -> list[CheckoutLine]:
    found = await session.scalars(
        select(CheckoutLine)
        .where(CheckoutLine.checkout_id == cart.id)
        .order_by(CheckoutLine.is_gift, CheckoutLine.created_at, CheckoutLine.id),
        execution_options={"populate_existing": True},
    )
    return list(found)


async def _gifts(session: AsyncSession, cart: Checkout) -> list[int]:
    """The variants of the cart's gifts."""
    return [line.variant_id for line in await _lines(session, cart) if line.is_gift]


async def _kept(session: AsyncSession, variant_id: int) -> int:
    """Pieces that are kept for carts."""
    found = await session.scalars(select(Reservation.quantity).where(Reservation.variant_id == variant_id))
    return sum(found)


async def test_a_discount_of_the_goods_is_spread_over_the_lines(session: AsyncSession) -> None:
    market = await make_market(session)
    await make_order_rule(session, [market.channel], at_least("100"), percent=10, name="Dix")
    pieces = [await make_piece(session, market.channel, price) for price in (99_99, 50_01)]
    cart = await make_ready_cart(session, market, *pieces)
    assert cart.discount_minor == 15_00
    assert cart.discount_name is not None
    assert cart.discount_name.endswith(": Dix")
    assert (cart.subtotal_gross_minor, cart.total_gross_minor) == (135_00, 195_00)
    assert sorted(line.discount_minor for line in await _lines(session, cart)) == [5_00, 10_00]


async def test_a_new_cart_is_rewarded_at_once(session: AsyncSession) -> None:
    market = await make_market(session)
    await make_order_rule(session, [market.channel], fixed_minor=20_00)
    cart = await make_cart(session, market.channel, await make_piece(session, market.channel, 100_00))
    assert (cart.discount_minor, cart.total_gross_minor) == (20_00, 80_00)


async def test_a_reward_is_lost_with_what_earned_it(session: AsyncSession) -> None:
    market = await make_market(session)
    await make_order_rule(session, [market.channel], at_least("150"), percent=10)
    pieces = [await make_piece(session, market.channel, 100_00) for _ in range(2)]
    cart = await make_cart(session, market.channel, *pieces)
    assert cart.discount_minor == 20_00
    line = (await _lines(session, cart))[0]
    cart = await delete_lines(session, cart.id, [line.id])
    assert (cart.discount_minor, cart.discount_name, cart.total_gross_minor) == (0, None, 100_00)


async def test_a_reward_that_is_over_is_lost_with_the_next_change(
    session: AsyncSession, clock: ModuleType
) -> None:
    market = await make_market(session)
    piece = await make_piece(session, market.channel, 100_00)
    mug = await make_piece(session, market.channel, 30_00)
    promotion = await make_promotion(
        session, PromotionType.ORDER, end_date=clock.now() + timedelta(minutes=5)
    )
    await make_order_rule(session, [market.channel], gifts=[mug], promotion=promotion)
    cart = await make_cart(session, market.channel, piece)
    assert await _gifts(session, cart) == [mug.id]
    clock.advance(timedelta(minutes=6))
    await add_lines(session, cart.id, [LineToAdd(piece.id, 1)])
    assert await _gifts(session, cart) == []
    assert await _kept(session, mug.id) == 0


async def test_a_reward_may_hang_on_the_delivery(session: AsyncSession) -> None:
    market = await make_market(session)  # Parcels cost 30 dirhams.
    await make_order_rule(session, [market.channel], at_least("130", "baseTotalPrice"), percent=10)
    piece = await make_piece(session, market.channel, 100_00)
    cart = await make_cart(session, market.channel, piece, shipping_address=RABAT, billing_address=RABAT)
    assert cart.discount_minor == 0
    await calculate_deliveries(session, cart.id)
    cart = await choose_delivery(session, cart.id, method_id=market.method.id)
    assert (cart.discount_minor, cart.total_gross_minor) == (10_00, 120_00)
    settled = await closing.settle(session, cart.id)
    assert settled.total.gross_minor == 120_00


async def test_a_gift_that_hangs_on_the_delivery_travels_with_it(session: AsyncSession) -> None:
    market = await make_market(session)
    mug = await make_piece(session, market.channel, 30_00)
    await make_order_rule(session, [market.channel], at_least("130", "baseTotalPrice"), gifts=[mug])
    piece = await make_piece(session, market.channel, 100_00)
    cart = await make_ready_cart(session, market, piece)
    assert await _gifts(session, cart) == [mug.id]
    assert cart.shipping_gross_minor == 60_00  # Its seller sends a parcel, too.
    settled = await closing.settle(session, cart.id)
    assert settled.total.gross_minor == cart.total_gross_minor == 160_00


async def test_a_gift_costs_nothing_and_is_kept_for_the_cart(session: AsyncSession) -> None:
    market = await make_market(session)
    mug = await make_piece(session, market.channel, 30_00, stock=1)
    await make_order_rule(session, [market.channel], at_least("100"), gifts=[mug])
    cart = await make_cart(session, market.channel, await make_piece(session, market.channel, 100_00))
    gift = (await _lines(session, cart))[-1]
    assert (gift.is_gift, gift.variant_id, gift.quantity) == (True, mug.id, 1)
    assert (gift.unit_gross_minor, gift.total_gross_minor, gift.undiscounted_unit_price_minor) == (
        0,
        0,
        30_00,
    )
    assert (cart.discount_minor, cart.discount_name, cart.total_gross_minor) == (0, None, 100_00)
    assert await _kept(session, mug.id) == 1
    other = await make_cart(session, market.channel, await make_piece(session, market.channel, 100_00))
    assert await _gifts(session, other) == []  # The only mug is the first cart's.


async def test_a_gift_is_exchanged_for_a_dearer_one_and_taken_back(session: AsyncSession) -> None:
    market = await make_market(session)
    mug, bowl = [await make_piece(session, market.channel, price) for price in (30_00, 60_00)]
    await make_order_rule(session, [market.channel], at_least("100"), gifts=[mug])
    await make_order_rule(session, [market.channel], at_least("200"), gifts=[bowl])
    piece = await make_piece(session, market.channel, 100_00)
    cart = await make_cart(session, market.channel, piece)
    assert await _gifts(session, cart) == [mug.id]
    await add_lines(session, cart.id, [LineToAdd(piece.id, 1)])
    assert await _gifts(session, cart) == [bowl.id]
    assert (await _kept(session, mug.id), await _kept(session, bowl.id)) == (0, 1)
    await update_lines(session, cart.id, [LineChange(0, variant_id=piece.id)])
    assert await _lines(session, cart) == []
    assert await _kept(session, bowl.id) == 0


async def test_a_gift_can_be_bought_besides(session: AsyncSession) -> None:
    market = await make_market(session)
    mug = await make_piece(session, market.channel, 120_00, stock=3)
    await make_order_rule(session, [market.channel], at_least("100"), gifts=[mug])
    cart = await make_cart(session, market.channel, mug)
    await add_lines(session, cart.id, [LineToAdd(mug.id, 1)])
    assert [(line.is_gift, line.quantity) for line in await _lines(session, cart)] == [(False, 2), (True, 1)]


async def test_nobody_is_given_the_piece_that_they_buy(session: AsyncSession) -> None:
    market = await make_market(session)
    mug = await make_piece(session, market.channel, 120_00, stock=1)
    await make_order_rule(session, [market.channel], at_least("100"), gifts=[mug])
    cart = await make_ready_cart(session, market, mug)
    assert await _gifts(session, cart) == []
    settled = await closing.settle(session, cart.id)
    assert [line.is_gift for line in settled.cart.lines] == [False]


async def test_a_gift_is_neither_changed_nor_taken_out_by_its_buyer(session: AsyncSession) -> None:
    market = await make_market(session)
    mug = await make_piece(session, market.channel, 30_00)
    await make_order_rule(session, [market.channel], gifts=[mug])
    cart = await make_cart(session, market.channel, await make_piece(session, market.channel))
    gift = (await _lines(session, cart))[-1]
    with pytest.raises(DomainError) as changed:
        await update_lines(session, cart.id, [LineChange(2, line_id=gift.id)])
    with pytest.raises(DomainError) as removed:
        await delete_lines(session, cart.id, [gift.id])
    assert (changed.value.code, removed.value.code) == ("NON_EDITABLE_GIFT_LINE", "NON_REMOVABLE_GIFT_LINE")


async def test_a_voucher_takes_the_place_of_a_reward(session: AsyncSession) -> None:
    market = await make_market(session)
    await make_order_rule(session, [market.channel], fixed_minor=30_00)
    cart = await make_cart(session, market.channel, await make_piece(session, market.channel, 100_00))
    code = await make_voucher(session, market.channel, 10)
    cart = await add_promo_code(session, cart.id, code)
    assert (cart.voucher_code, cart.discount_minor, cart.total_gross_minor) == (code, 10_00, 90_00)
    cart = await remove_promo_code(session, cart.id, code)
    assert (cart.discount_minor, cart.total_gross_minor) == (30_00, 70_00)


async def test_a_voucher_takes_a_gift_out(session: AsyncSession) -> None:
    market = await make_market(session)
    mug = await make_piece(session, market.channel, 30_00)
    await make_order_rule(session, [market.channel], gifts=[mug])
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel, 100_00))
    code = await make_voucher(session, market.channel, 10)
    cart = await add_promo_code(session, cart.id, code)
    assert await _gifts(session, cart) == []
    assert (cart.shipping_gross_minor, cart.total_gross_minor) == (30_00, 120_00)
    cart = await remove_promo_code(session, cart.id, code)
    assert await _gifts(session, cart) == [mug.id]
    assert cart.shipping_gross_minor == 60_00


async def test_where_a_voucher_ends_its_cart_is_rewarded(session: AsyncSession) -> None:
    market = await make_market(session)
    mug = await make_piece(session, market.channel, 30_00)
    await make_order_rule(session, [market.channel], gifts=[mug])
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel, 100_00))
    await add_promo_code(
        session, cart.id, await make_voucher(session, market.channel, 50, type=VoucherType.SHIPPING)
    )
    assert await _gifts(session, cart) == []
    cart = await choose_delivery(session, cart.id)  # None: a voucher of the delivery is lost with it.
    assert (cart.voucher_code, cart.discount_name) == (None, None)
    assert await _gifts(session, cart) == [mug.id]


async def test_what_begins_meanwhile_is_granted_with_the_order(
    session: AsyncSession, clock: ModuleType
) -> None:
    market = await make_market(session)
    promotion = await make_promotion(
        session, PromotionType.ORDER, start_date=clock.now() + timedelta(minutes=1)
    )
    mug = await make_piece(session, market.channel, 30_00)
    await make_order_rule(session, [market.channel], gifts=[mug], promotion=promotion)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel, 100_00))
    assert await _gifts(session, cart) == []
    clock.advance(timedelta(minutes=2))
    settled = await closing.settle(session, cart.id)
    assert settled.cart.gift_variant_id == mug.id
    assert settled.shipping.gross_minor == 60_00


async def test_a_gift_that_is_gone_by_then_is_not_sent(session: AsyncSession, clock: ModuleType) -> None:
    market = await make_market(session)
    mug = await make_piece(session, market.channel, 30_00, stock=1)
    await make_order_rule(session, [market.channel], gifts=[mug])
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel, 100_00))
    assert await _gifts(session, cart) == [mug.id]
    clock.advance(timedelta(hours=24))  # Nothing is kept any more.
    stock = (await session.scalars(select(Stock).where(Stock.variant_id == mug.id))).one()
    stock.quantity = 0
    await session.flush()
    settled = await closing.settle(session, cart.id)
    assert settled.cart.gift is None
    assert settled.shipping.gross_minor == 30_00


async def test_prices_that_staff_have_set_are_what_is_reduced(session: AsyncSession) -> None:
    market = await make_market(session)
    await make_order_rule(session, [market.channel], percent=10)
    cart = await make_cart(session, market.channel, await make_piece(session, market.channel, 100_00))
    (line,) = await _lines(session, cart)
    line.price_override_minor = 60_00
    await session.flush()
    cart = await update_lines(session, cart.id, [LineChange(2, line_id=line.id)])
    assert (cart.discount_minor, cart.subtotal_gross_minor) == (12_00, 108_00)


async def test_promotions_that_are_not_in_force_cost_no_statement(
    session: AsyncSession, connection: AsyncConnection
) -> None:
    market = await make_market(session)
    piece, other = [await make_piece(session, market.channel) for _ in range(2)]
    with counted(connection) as seen:
        cart = await make_ready_cart(session, market, piece)
        await add_lines(session, cart.id, [LineToAdd(other.id, 1)])
        await closing.settle(session, cart.id)
    assert not [one for one in seen if "FROM promotion_rule JOIN" in one and "checkout" not in one]
    await make_order_rule(session, [market.channel], percent=10)
    with counted(connection) as seen:
        await make_cart(session, market.channel, piece)
    assert [one for one in seen if one.startswith("SELECT promotion_rule.id")] != []


@given(
    st.lists(st.tuples(st.integers(1, 500_00), st.integers(1, 4)), min_size=1, max_size=5),
    st.one_of(st.integers(0, 100_000), st.integers(0, 2_000_00)),
    st.booleans(),
)
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_whatever_is_granted_its_parts_add_up(
    session: AsyncSession, goods: list[tuple[int, int]], worth: int, is_percentage: bool
) -> None:
    savepoint = await session.begin_nested()
    market = await make_market(session)
    percent = min(worth, 100_000) / 1000
    await make_order_rule(
        session,
        [market.channel],
        percent=percent if is_percentage else None,
        fixed_minor=None if is_percentage else worth,
    )
    cart = await make_cart(session, market.channel)
    for price, pieces in goods:
        piece = await make_piece(session, market.channel, price)
        cart = await add_lines(session, cart.id, [LineToAdd(piece.id, pieces)])
    lines = await _lines(session, cart)
    before = sum(price * pieces for price, pieces in goods)
    assert sum(line.discount_minor for line in lines) == cart.discount_minor <= before
    assert sum(line.total_gross_minor for line in lines) == cart.subtotal_gross_minor
    assert cart.subtotal_gross_minor == before - cart.discount_minor
    await savepoint.rollback()


async def test_the_chosen_delivery_is_what_it_costs_with_the_gift(session: AsyncSession) -> None:
    market = await make_market(session)
    mug = await make_piece(session, market.channel, 30_00)
    await make_order_rule(session, [market.channel], at_least("150"), gifts=[mug])
    piece = await make_piece(session, market.channel, 100_00)
    cart = await make_ready_cart(session, market, piece)
    cart = await add_lines(session, cart.id, [LineToAdd(piece.id, 1)])
    delivery = await session.get_one(CheckoutDelivery, cart.delivery_id, populate_existing=True)
    assert (delivery.price_minor, cart.shipping_gross_minor) == (60_00, 60_00)
