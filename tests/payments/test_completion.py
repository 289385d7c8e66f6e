"""A checkout becomes an order: once, whole, and split among its sellers."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import ProductChannelListing, VariantChannelListing
from marketplace.catalog.models import Product, ProductType
from marketplace.checkout.deliveries import calculate_deliveries, choose_delivery
from marketplace.checkout.errors import CheckoutGoneError
from marketplace.checkout.lines import LineToAdd, add_lines
from marketplace.checkout.models import Checkout, CheckoutDelivery, CheckoutLine
from marketplace.checkout.service import set_shipping_address
from marketplace.inventory.errors import InsufficientStockError
from marketplace.inventory.models import Allocation, Reservation, Stock
from marketplace.kit import clock as the_clock
from marketplace.kit.database import Database
from marketplace.kit.errors import DomainError, Errors
from marketplace.orders.models import AuthorizeStatus, ChargeStatus, Order, OrderEvent, OrderLine, OrderStatus
from marketplace.payments.completion import complete
from marketplace.payments.models import CashCollection, CashStatus, TransactionItem
from marketplace.people.models import Address
from marketplace.vendors.models import TaxRegime
from tests.factories.checkout import (
    RABAT,
    make_cart,
    make_market,
    make_piece,
    make_ready_cart,
    promise_cash,
)
from tests.factories.markets import make_channel, make_method, make_tax_class
from tests.factories.orders import make_order, parts_of
from tests.factories.vendors import make_vendor


async def _refused(session: AsyncSession, cart: Checkout) -> str:
    """The code with which completing is refused; no order is made, and the cart is as it was."""
    cart_id = cart.id
    with pytest.raises(DomainError) as refused:
        async with session.begin_nested():
            await complete(session, cart_id)
    assert await session.scalar(select(func.count()).select_from(Order)) == 0
    assert cart_id in set(await session.scalars(select(Checkout.id)))
    return refused.value.code


async def test_an_order_has_one_part_for_each_seller_and_they_add_up(session: AsyncSession) -> None:
    market = await make_market(session)
    seller = await make_vendor(session)
    rug, runner = [await make_piece(session, market.channel, 120_00, vendor_id=seller.id) for _ in range(2)]
    honey = await make_piece(session, market.channel, 80_00)
    order = await make_order(session, market, honey, rug, runner, quantity=2)
    first, second = await parts_of(session, order)
    assert (first.position, second.position, second.vendor_id) == (1, 2, seller.id)
    assert [part.subtotal_gross_minor for part in (first, second)] == [160_00, 480_00]
    assert [part.shipping_gross_minor for part in (first, second)] == [30_00, 30_00]
    assert order.total_gross_minor == 700_00
    lines = await session.scalars(select(OrderLine).where(OrderLine.vendor_order_id == second.id))
    assert {line.variant_id for line in lines} == {rug.id, runner.id}


async def test_a_placed_order_is_promised_in_full_and_nothing_is_charged_yet(session: AsyncSession) -> None:
    market = await make_market(session)
    order = await make_order(session, market, await make_piece(session, market.channel))
    assert order.status is OrderStatus.UNFULFILLED
    assert (order.authorize_status, order.charge_status) == (AuthorizeStatus.FULL, ChargeStatus.NONE)
    assert (order.total_authorized_minor, order.total_charged_minor) == (150_00, 0)
    (part,) = await parts_of(session, order)
    cash = await session.scalar(select(CashCollection).where(CashCollection.vendor_order_id == part.id))
    assert cash is not None
    assert (cash.status, cash.amount_minor, cash.carrier) == (CashStatus.EXPECTED, 150_00, "Amana")


async def test_the_checkout_is_gone_with_all_that_hung_on_it(session: AsyncSession) -> None:
    market = await make_market(session)
    order = await make_order(session, market, await make_piece(session, market.channel))
    for table in (Checkout, CheckoutLine, CheckoutDelivery, Reservation):
        assert await session.scalar(select(func.count()).select_from(table)) == 0
    assert await session.scalar(select(TransactionItem.order_id)) == order.id
    assert (await session.get_one(Address, order.shipping_address_id)).city == "RABAT"
    assert list(await session.scalars(select(OrderEvent.type))) == ["PLACED", "CONFIRMED"]


async def test_completed_twice_it_is_the_same_order(session: AsyncSession) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    await promise_cash(session, cart.id)
    assert (await complete(session, cart.id)).id == (await complete(session, cart.id)).id
    with pytest.raises(CheckoutGoneError):
        await complete(session, uuid4())


async def test_a_line_remembers_what_it_was_called_and_what_it_cost(session: AsyncSession) -> None:
    market = await make_market(session)
    tax_class = await make_tax_class(session, 2000)
    rug = await make_piece(session, market.channel, 120_00, name="Tapis d'Azilal", tax_class_id=tax_class.id)
    await make_order(session, market, rug, quantity=3)
    line = await session.scalar(select(OrderLine))
    assert line is not None
    assert (line.product_name, line.quantity, line.tax_class_name) == ("Tapis d'Azilal", 3, tax_class.name)
    assert (line.unit_gross_minor, line.unit_net_minor, line.tax_rate_bp) == (120_00, 100_00, 2000)
    assert (line.total_gross_minor, line.total_net_minor) == (360_00, 300_00)


async def test_it_must_be_promised_or_paid_in_full(session: AsyncSession) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    assert await _refused(session, cart) == "CHECKOUT_NOT_FULLY_PAID"


async def test_a_dearer_delivery_after_the_promise_must_be_promised_too(session: AsyncSession) -> None:
    market = await make_market(session)
    await make_method(session, market.channel, 45_00)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    await promise_cash(session, cart.id)
    await _raise_price(session, 121_00)
    assert await _refused(session, cart) == "CHECKOUT_NOT_FULLY_PAID"


async def _raise_price(session: AsyncSession, price_minor: int) -> None:
    price = await session.scalar(select(VariantChannelListing))
    assert price is not None
    price.price_minor = price.entered_price_minor = price_minor
    await session.flush()


async def test_where_a_price_fell_after_the_promise_the_lower_one_is_collected(session: AsyncSession) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    await promise_cash(session, cart.id)
    await _raise_price(session, 100_00)
    order = await complete(session, cart.id)
    assert (order.total_gross_minor, order.total_authorized_minor) == (130_00, 130_00)
    assert await session.scalar(select(CashCollection.amount_minor)) == 130_00


async def test_it_needs_an_email_address(session: AsyncSession) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel), email=None)
    assert await _refused(session, cart) == "EMAIL_NOT_SET"


async def test_it_needs_lines(session: AsyncSession) -> None:
    market = await make_market(session)
    assert await _refused(session, await make_cart(session, market.channel)) == "NO_LINES"


async def test_it_needs_to_know_where_it_goes_and_how(session: AsyncSession) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel)
    cart = await make_cart(session, market.channel, rug)
    assert await _refused(session, cart) == "SHIPPING_ADDRESS_NOT_SET"
    await session.refresh(cart)
    await set_shipping_address(session, cart.id, RABAT)
    assert await _refused(session, cart) == "SHIPPING_METHOD_NOT_SET"


async def test_it_needs_to_know_who_is_billed(session: AsyncSession) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel)
    cart = await make_ready_cart(session, market, rug, billing_address=None)
    assert await _refused(session, cart) == "BILLING_ADDRESS_NOT_SET"


async def test_an_address_that_was_let_through_unfinished_is_looked_at_again(session: AsyncSession) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    await promise_cash(session, cart.id)
    (await session.get_one(Address, cart.shipping_address_id)).city = ""
    with pytest.raises(Errors) as refused:
        await complete(session, cart.id)
    assert [(error.field, error.code) for error in refused.value.errors] == [("city", "REQUIRED")]


async def test_a_method_that_is_not_offered_any_more_is_refused(session: AsyncSession) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel, weight_grams=500))
    await promise_cash(session, cart.id)
    market.method.maximum_weight_grams = 100
    assert await _refused(session, cart) == "INVALID_SHIPPING_METHOD"


async def test_what_is_not_sold_any_more_is_refused(session: AsyncSession) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    await promise_cash(session, cart.id)
    listing = await session.scalar(select(ProductChannelListing))
    assert listing is not None
    listing.is_live = False
    assert await _refused(session, cart) == "PRODUCT_NOT_PUBLISHED"


async def test_an_expired_reservation_does_no_harm_while_there_is_enough(
    session: AsyncSession, clock: object
) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel, stock=1))
    await promise_cash(session, cart.id)
    the_clock.advance(timedelta(hours=2))
    await complete(session, cart.id)


async def test_an_expired_reservation_is_refused_when_someone_else_has_the_piece(
    session: AsyncSession, clock: object
) -> None:
    market = await make_market(session)
    rug = await make_piece(session, market.channel, stock=1)
    cart = await make_ready_cart(session, market, rug)
    await promise_cash(session, cart.id)
    the_clock.advance(timedelta(hours=2))
    await make_cart(session, market.channel, rug)
    assert await _refused(session, cart) == "INSUFFICIENT_STOCK"


async def test_a_cart_of_nothing_to_ship_needs_no_delivery(session: AsyncSession) -> None:
    market = await make_market(session)
    workshop = await make_piece(session, market.channel, 0)
    product = await session.get_one(Product, workshop.product_id)
    (await session.get_one(ProductType, product.product_type_id)).is_shipping_required = False
    cart = await make_cart(session, market.channel, workshop, billing_address=RABAT)
    order = await complete(session, cart.id)
    assert (order.shipping_method_name, order.total_gross_minor) == (None, 0)
    assert order.charge_status is ChargeStatus.FULL


async def test_two_buyers_and_one_last_rug_make_one_order(database: Database) -> None:
    async with database.transaction() as session:
        market = await make_market(session, reserve_stock_minutes=0)
        rug = await make_piece(session, market.channel, stock=1)
        carts = [await make_ready_cart(session, market, rug) for _ in range(4)]
        for cart in carts:
            await promise_cash(session, cart.id)

    async def buy(cart: Checkout) -> bool:
        try:
            async with database.transaction() as session:
                await complete(session, cart.id)
        except InsufficientStockError:
            return False
        return True

    assert sum(await asyncio.gather(*(buy(cart) for cart in carts))) == 1
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Order)) == 1
        assert await session.scalar(select(func.sum(Allocation.quantity))) == 1
        assert await session.scalar(select(Stock.quantity_allocated)) == 1


async def test_a_buyer_who_clicks_five_times_gets_one_order(database: Database) -> None:
    async with database.transaction() as session:
        market = await make_market(session)
        cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
        await promise_cash(session, cart.id)

    async def click() -> object:
        async with database.transaction() as session:
            return (await complete(session, cart.id)).id

    assert len(set(await asyncio.gather(*(click() for _ in range(5))))) == 1
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Order)) == 1
        assert await session.scalar(select(func.count()).select_from(CashCollection)) == 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sellers=st.lists(
        st.tuples(
            st.booleans(),
            st.lists(
                st.tuples(st.integers(1, 999_99), st.integers(1, 7), st.integers(0, 5000)),
                min_size=1,
                max_size=3,
            ),
        ),
        min_size=1,
        max_size=4,
    ),
    with_tax=st.booleans(),
    parcel_price_minor=st.integers(0, 99_99),
    rates=st.tuples(st.integers(0, 4000), st.integers(0, 4000)),
)
async def test_parts_always_add_up_to_the_whole(
    session: AsyncSession,
    sellers: list[tuple[bool, list[tuple[int, int, int]]]],
    with_tax: bool,
    parcel_price_minor: int,
    rates: tuple[int, int],
) -> None:
    """Whatever prices, quantities, weights, rates and regimes: every amount of the order is the sum of its
    parts', each part's the sum of its lines' and parcel's, and the cash is the total.
    """
    channel = await make_channel(session, prices_entered_with_tax=with_tax)
    goods, carriage = [await make_tax_class(session, rate) for rate in rates]
    method = await make_method(
        session,
        channel,
        parcel_price_minor,
        listing={"further_kilogram_price_minor": 3_33},
        tax_class_id=carriage.id,
    )
    cart = await make_cart(session, channel, shipping_address=RABAT, billing_address=RABAT)
    for exempt, pieces in sellers:
        seller = await make_vendor(session, tax_regime=TaxRegime.EXEMPT if exempt else TaxRegime.STANDARD)
        for price_minor, quantity, grams in pieces:
            variant = await make_piece(
                session,
                channel,
                price_minor,
                vendor_id=seller.id,
                tax_class_id=goods.id,
                weight_grams=grams,
            )
            await add_lines(session, cart.id, [LineToAdd(variant.id, quantity)])
    await calculate_deliveries(session, cart.id)
    await choose_delivery(session, cart.id, method_id=method.id)
    expected = cart.total_gross_minor, cart.total_net_minor
    await promise_cash(session, cart.id)
    order = await complete(session, cart.id)
    assert (order.total_gross_minor, order.total_net_minor) == expected
    parts = await parts_of(session, order)
    lines = list(await session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)))
    for side in ("gross_minor", "net_minor"):
        for amount in ("subtotal", "shipping", "total"):
            assert getattr(order, f"{amount}_{side}") == sum(getattr(p, f"{amount}_{side}") for p in parts)
        for part in parts:
            own = [getattr(line, f"total_{side}") for line in lines if line.vendor_order_id == part.id]
            assert getattr(part, f"subtotal_{side}") == sum(own)
            assert getattr(part, f"total_{side}") == sum(own) + getattr(part, f"shipping_{side}")
    cash = await session.scalar(
        select(func.sum(CashCollection.amount_minor)).where(
            CashCollection.vendor_order_id.in_([part.id for part in parts])
        )
    )
    assert int(cash or 0) == order.total_gross_minor
