"""A cart that a promotion has made cheaper, or given something, becomes an order that says so."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

import marketplace.reactions  # noqa: F401 - rooms hear of each other
from marketplace.checkout.models import Checkout, CheckoutLine
from marketplace.checkout.promo_codes import add_promo_code
from marketplace.inventory.models import Allocation, Stock
from marketplace.kit.database import Database
from marketplace.kit.ids import to_global_id
from marketplace.orders.discounts import OrderDiscount, OrderLineDiscount
from marketplace.orders.fulfilment import deliver, fulfil
from marketplace.orders.models import Order, OrderLine
from marketplace.orders.reordering import reorder
from marketplace.payments.completion import complete
from marketplace.payouts.models import VendorEarning
from marketplace.payouts.release import release_due
from marketplace.payouts.verifying import verify
from marketplace.pricing.discounts import DiscountType, DiscountValueType
from marketplace.pricing.promotions import PromotionTranslation
from marketplace.pricing.service import reprice
from marketplace.pricing.vouchers import VoucherType
from tests.factories.checkout import Market, make_market, make_piece, make_ready_cart, promise_cash
from tests.factories.markets import make_channel, make_method, make_tax_class
from tests.factories.orders import parts_of
from tests.factories.payouts import make_rule as make_commission
from tests.factories.pricing import make_voucher
from tests.factories.promotions import make_order_rule, make_promotion, make_rule, of
from tests.statements import counted


async def _ordered(session: AsyncSession, cart: Checkout) -> Order:
    if cart.total_gross_minor:
        await promise_cash(session, cart.id)
    return await complete(session, cart.id)


async def _lines(session: AsyncSession, order: Order) -> list[OrderLine]:
    found = await session.scalars(
        select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
    )
    return list(found)


async def test_each_sellers_part_bears_its_share_of_a_reward(session: AsyncSession) -> None:
    market = await make_market(session)
    rule = await make_order_rule(session, [market.channel], percent=12.5, name="Fidèles")
    pieces = [await make_piece(session, market.channel, price) for price in (99_99, 50_03, 33_33)]
    order = await _ordered(session, await make_ready_cart(session, market, *pieces))
    off = 22_92  # 12.5 % of 183.35, rounded half up.
    assert order.subtotal_gross_minor == 183_35 - off
    assert order.undiscounted_total_gross_minor - order.total_gross_minor == off
    parts = await parts_of(session, order)
    assert sum(part.subtotal_gross_minor for part in parts) == order.subtotal_gross_minor
    assert sum(part.total_gross_minor for part in parts) == order.total_gross_minor
    (discount,) = await session.scalars(select(OrderDiscount))
    assert (discount.type, discount.value_type, discount.value, discount.amount_minor) == (
        DiscountType.ORDER_PROMOTION,
        DiscountValueType.PERCENTAGE,
        Decimal("12.5"),
        off,
    )
    promotion = to_global_id("Promotion", rule.promotion_id)
    assert discount.reason == f"Promotion: {promotion}"
    lines = await _lines(session, order)
    assert {line.unit_discount_reason for line in lines} == {f"Entire order: Promotion: {promotion}"}
    assert sum(line.unit_discount_minor for line in lines) == off
    assert (order.voucher_code, order.voucher_id) == (None, None)


async def test_what_the_shop_had_reduced_stands_on_the_line(session: AsyncSession) -> None:
    market = await make_market(session)
    rug, plain = [await make_piece(session, market.channel, 100_00) for _ in range(2)]
    promotion = await make_promotion(session, name="Aïd")
    session.add(PromotionTranslation(promotion_id=promotion.id, language_code="ar", name="العيد"))
    await make_rule(session, [market.channel], of(rug), percent=15, promotion=promotion, name="Tapis")
    await reprice(session)
    cart = await make_ready_cart(session, market, rug, plain, quantity=3, language_code="ar")
    order = await _ordered(session, cart)
    (discount,) = await session.scalars(select(OrderLineDiscount))
    assert (discount.type, discount.name, discount.translated_name) == (
        DiscountType.PROMOTION,
        "Aïd: Tapis",
        "العيد",
    )
    assert (discount.value_type, discount.value, discount.amount_minor) == (
        DiscountValueType.PERCENTAGE,
        15,
        45_00,
    )
    lines = {line.variant_id: line for line in await _lines(session, order)}
    reduced, other = lines[rug.id], lines[plain.id]
    assert (reduced.promotion_id, other.promotion_id) == (promotion.id, None)
    assert (reduced.unit_discount_minor, reduced.unit_discount_value) == (15_00, 15)
    assert (reduced.unit_discount_type, other.unit_discount_type) == (DiscountValueType.PERCENTAGE, None)
    assert reduced.unit_discount_reason == f"Promotion: {to_global_id('Promotion', promotion.id)}"
    assert (reduced.undiscounted_unit_gross_minor, reduced.unit_gross_minor) == (100_00, 85_00)


async def test_a_line_tells_of_its_promotion_and_its_voucher(session: AsyncSession) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel, 100_00)
    rule = await make_rule(session, [market.channel], of(rug), percent=20)
    await reprice(session)
    cart = await make_ready_cart(session, market, rug)
    code = await make_voucher(session, market.channel, 10, type=VoucherType.SPECIFIC_PRODUCT)
    order = await _ordered(session, await add_promo_code(session, cart.id, code))
    (line,) = await _lines(session, order)
    assert (line.unit_gross_minor, line.unit_discount_minor, line.unit_discount_type) == (
        72_00,
        28_00,
        DiscountValueType.FIXED,
    )
    promotion = to_global_id("Promotion", rule.promotion_id)
    assert line.unit_discount_reason == f"Promotion: {promotion}; Voucher code: {code}"
    found = await session.execute(
        select(OrderLineDiscount.type, OrderLineDiscount.amount_minor).order_by(
            OrderLineDiscount.amount_minor
        )
    )
    assert [tuple(row) for row in found] == [(DiscountType.VOUCHER, 8_00), (DiscountType.PROMOTION, 20_00)]


async def _with_gift(session: AsyncSession, market: Market) -> tuple[Order, int]:
    """An order for goods of 100 dirhams with a mug of 30 by another seller."""
    mug = await make_piece(session, market.channel, 30_00, stock=5)
    await make_order_rule(session, [market.channel], gifts=[mug])
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel, 100_00))
    return await _ordered(session, cart), mug.id


async def test_a_gift_is_a_line_of_its_sellers_part(session: AsyncSession) -> None:
    order, mug_id = await _with_gift(session, await make_market(session))
    goods, gift = await _lines(session, order)
    assert (goods.is_gift, gift.is_gift, gift.variant_id, gift.quantity) == (False, True, mug_id, 1)
    assert (gift.unit_gross_minor, gift.total_gross_minor, gift.undiscounted_unit_gross_minor) == (
        0,
        0,
        30_00,
    )
    assert (gift.unit_discount_minor, gift.unit_discount_type) == (30_00, DiscountValueType.FIXED)
    (discount,) = await session.scalars(select(OrderLineDiscount))
    assert (discount.type, discount.order_line_id, discount.amount_minor) == (
        DiscountType.ORDER_PROMOTION,
        gift.id,
        30_00,
    )
    assert not (await session.scalars(select(OrderDiscount))).all()
    first, second = await parts_of(session, order)
    assert (first.total_gross_minor, second.subtotal_gross_minor, second.total_gross_minor) == (
        130_00,
        0,
        30_00,
    )
    assert order.total_gross_minor == 160_00
    assert order.undiscounted_total_gross_minor == 190_00
    assert await session.scalar(select(Allocation.quantity).where(Allocation.order_line_id == gift.id)) == 1


@pytest.mark.parametrize("parcel_price_minor", [30_00, 0])
async def test_who_sends_a_gift_earns_nothing_and_the_ledger_holds(
    session: AsyncSession, clock: ModuleType, parcel_price_minor: int
) -> None:
    await make_commission(session, 800)
    channel = await make_channel(session)
    market = Market(channel, await make_method(session, channel, parcel_price_minor))
    order, _ = await _with_gift(session, market)
    for part in await parts_of(session, order):
        await fulfil(session, part.id)
        await deliver(session, part.id)
    assert await verify(session) == []
    _, of_gift = await parts_of(session, order)
    earning = await session.get_one(VendorEarning, of_gift.id)
    assert (earning.sales_minor, earning.commission_minor, earning.earning_minor) == (0, 0, 0)
    clock.advance(timedelta(days=30))
    await release_due(session)
    assert await verify(session) == []


async def test_a_gift_is_not_ordered_again(session: AsyncSession) -> None:
    market = await make_market(session)
    order, _ = await _with_gift(session, market)
    checkout, unavailable = await reorder(session, order, None)
    assert unavailable == []
    found = await session.scalars(select(CheckoutLine.is_gift).where(CheckoutLine.checkout_id == checkout.id))
    assert sorted(found) == [False, True]  # The new one earns its own.
    assert checkout.subtotal_gross_minor == 100_00


async def test_of_four_buyers_one_gets_the_last_gift_and_all_get_their_goods(database: Database) -> None:
    async with database.transaction() as session:
        market = await make_market(session, reserve_stock_minutes=0)
        mug = await make_piece(session, market.channel, 30_00, stock=1)
        await make_order_rule(session, [market.channel], gifts=[mug])
        piece = await make_piece(session, market.channel, 100_00, stock=40)
        carts = [await make_ready_cart(session, market, piece) for _ in range(4)]
        for cart in carts:
            assert cart.shipping_gross_minor == 60_00
            await promise_cash(session, cart.id)

    async def buy(cart: Checkout) -> None:
        async with database.transaction() as session:
            await complete(session, cart.id)

    await asyncio.gather(*(buy(cart) for cart in carts))
    async with database.transaction() as session:
        totals = await session.scalars(select(Order.total_gross_minor))
        assert sorted(totals) == [130_00] * 3 + [160_00]
        assert await session.scalar(select(func.count()).where(OrderLine.is_gift)) == 1
        stock = (await session.scalars(select(Stock).where(Stock.variant_id == mug.id))).one()
        assert (stock.quantity, stock.quantity_allocated) == (1, 1)
        assert await verify(session) == []


async def test_carts_that_buy_and_are_given_the_same_pieces_never_stop_each_other(database: Database) -> None:
    async with database.transaction() as session:
        market = await make_market(session)
        mug = await make_piece(session, market.channel, 300_00, stock=40)
        bowl = await make_piece(session, market.channel, 200_00, stock=40)
        await make_order_rule(session, [market.channel], gifts=[mug, bowl])
    carts = [[mug], [bowl], [mug, bowl], [bowl, mug]] * 3

    async def buy(number: int) -> None:
        async with database.transaction() as session:
            cart = await make_ready_cart(session, market, *carts[number])
            await promise_cash(session, cart.id)
        async with database.transaction() as session:
            await complete(session, cart.id)

    await asyncio.gather(*(buy(number) for number in range(len(carts))))
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).where(OrderLine.is_gift)) == len(carts)
        assert await session.scalar(select(func.sum(Stock.quantity_allocated))) == len(carts) * 5 // 2


async def test_an_order_without_promotions_costs_what_it_did(
    session: AsyncSession, connection: AsyncConnection
) -> None:
    market = await make_market(session)
    pieces = [await make_piece(session, market.channel, price) for price in (100_00, 60_00)]
    cart = await make_ready_cart(session, market, *pieces)
    await promise_cash(session, cart.id)
    with counted(connection) as plain:
        await complete(session, cart.id)
    await make_rule(session, [market.channel], of(pieces[0]), percent=10)
    await reprice(session)
    cart = await make_ready_cart(session, market, *pieces)
    await promise_cash(session, cart.id)
    with counted(connection) as promoted:
        await complete(session, cart.id)
    assert len(plain) <= 21
    assert len(promoted) == len(plain) + 1  # What the promotion is called.


PIECE = st.tuples(st.integers(1, 999_99), st.integers(1, 4), st.sampled_from([0, 1000, 2000]))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    goods=st.lists(PIECE, min_size=1, max_size=4),
    off_catalogue=st.integers(0, 100),
    worth=st.integers(0, 2_000_00),
    is_percentage=st.booleans(),
    gift_minor=st.one_of(st.none(), st.integers(1, 500_00)),
    with_tax=st.booleans(),
    currency=st.sampled_from(["MAD", "XOF"]),
)
async def test_whatever_the_reward_all_parts_add_up(
    session: AsyncSession,
    *,
    goods: list[tuple[int, int, int]],
    off_catalogue: int,
    worth: int,
    is_percentage: bool,
    gift_minor: int | None,
    with_tax: bool,
    currency: str,
) -> None:
    async with session.begin_nested() as example:
        channel = await make_channel(session, prices_entered_with_tax=with_tax, currency_code=currency)
        market = Market(channel, await make_method(session, channel, 7_00))
        pieces = []
        for price_minor, _, rate_bp in goods:
            tax_class = await make_tax_class(session, rate_bp)
            pieces.append(await make_piece(session, channel, price_minor, tax_class_id=tax_class.id))
        await make_rule(session, [channel], of(pieces[0]), percent=off_catalogue)
        await reprice(session)
        reward: dict[str, float | int] = (
            {"percent": min(worth, 100_000) / 1000} if is_percentage else {"fixed_minor": worth}
        )
        await make_order_rule(session, [channel], **reward)  # type: ignore[arg-type]
        if gift_minor is not None:
            await make_order_rule(session, [channel], gifts=[await make_piece(session, channel, gift_minor)])
        order = await _ordered(session, await make_ready_cart(session, market, *pieces, quantity=goods[0][1]))
        await _check(session, order, with_tax=with_tax)
        await example.rollback()


async def _check(session: AsyncSession, order: Order, *, with_tax: bool) -> None:
    parts, lines = await parts_of(session, order), await _lines(session, order)
    for side in ("gross_minor", "net_minor"):
        for name in ("subtotal", "shipping", "total"):
            assert getattr(order, f"{name}_{side}") == sum(getattr(part, f"{name}_{side}") for part in parts)
        assert getattr(order, f"subtotal_{side}") == sum(getattr(line, f"total_{side}") for line in lines)
    assert all(0 <= line.total_net_minor <= line.total_gross_minor for line in lines)
    assert all(line.total_gross_minor == 0 for line in lines if line.is_gift)
    off = [
        sum(await session.scalars(select(table.amount_minor))) for table in (OrderDiscount, OrderLineDiscount)
    ]
    side = "gross" if with_tax else "net"
    before = getattr(order, f"undiscounted_total_{side}_minor")
    assert before - getattr(order, f"total_{side}_minor") == sum(off)
    assert await verify(session) == []
