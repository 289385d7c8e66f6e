"""What a channel lets happen by itself: orders that expire, carts that are completed, orders paid later."""

from datetime import timedelta
from types import ModuleType

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout import promo_codes
from marketplace.checkout.models import Checkout
from marketplace.inventory.models import Allocation, Stock
from marketplace.kit.errors import DomainError
from marketplace.orders.fulfilment import deliver, fulfil
from marketplace.orders.models import (
    AuthorizeStatus,
    ChargeStatus,
    Order,
    OrderEvent,
    OrderStatus,
    VendorOrderStatus,
)
from marketplace.payments import auto_completion, expiring
from marketplace.payments.completion import complete
from marketplace.payouts.models import VendorEarning
from marketplace.payouts.release import release_due
from marketplace.pricing.vouchers import Voucher, VoucherCode, VoucherCustomer
from tests.factories.checkout import Market, make_market, make_piece, make_ready_cart, promise_cash
from tests.factories.orders import parts_of
from tests.factories.pricing import make_gift_card, make_voucher


async def _unpaid(session: AsyncSession, market: Market, *, code: str | None = None) -> Order:
    """An order that waits to be confirmed, and of which nothing is paid."""
    rug = await make_piece(session, market.channel, stock=3)
    cart = await make_ready_cart(session, market, rug, quantity=2)
    if code:
        await promo_codes.add_promo_code(session, cart.id, code)
    order = await complete(session, cart.id)
    order.status = OrderStatus.UNCONFIRMED
    await session.flush()
    return order


async def test_an_order_is_placed_unpaid_only_where_the_channel_lets_it(session: AsyncSession) -> None:
    market = await make_market(session)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    with pytest.raises(DomainError) as refused:
        async with session.begin_nested():
            await complete(session, cart.id)
    assert refused.value.code == "CHECKOUT_NOT_FULLY_PAID"
    market.channel.allow_unpaid_orders = True
    await session.flush()
    order = await complete(session, cart.id)
    assert (order.charge_status, order.authorize_status) == (ChargeStatus.NONE, AuthorizeStatus.NONE)


async def test_a_seller_is_not_paid_out_what_the_buyer_has_not_paid(
    session: AsyncSession, clock: ModuleType
) -> None:
    market = await make_market(session, allow_unpaid_orders=True)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    order = await complete(session, cart.id)
    (part,) = await parts_of(session, order)
    await fulfil(session, part.id)
    await deliver(session, part.id)
    clock.advance(timedelta(days=8))
    assert await release_due(session) == 0
    order.charge_status = ChargeStatus.FULL
    await session.flush()
    assert await release_due(session) == 1
    assert (await session.scalars(select(VendorEarning.released_at))).one() is not None


async def test_an_order_that_nobody_pays_or_confirms_expires(
    session: AsyncSession, clock: ModuleType
) -> None:
    market = await make_market(session, allow_unpaid_orders=True, expire_orders_after_minutes=30)
    order = await _unpaid(session, market)
    clock.advance(timedelta(minutes=29))
    assert await expiring.expire_due(session) == 0
    clock.advance(timedelta(minutes=2))
    assert await expiring.expire_due(session) == 1
    assert order.status is OrderStatus.EXPIRED
    assert [part.status for part in await parts_of(session, order)] == [VendorOrderStatus.CANCELED]
    assert (await session.scalars(select(Allocation.id))).all() == []
    assert await session.scalar(select(Stock.quantity_allocated)) == 0
    assert "EXPIRED" in set(await session.scalars(select(OrderEvent.type)))
    assert await expiring.expire_due(session) == 0


async def test_a_voucher_can_be_used_again_once_its_order_has_expired(
    session: AsyncSession, clock: ModuleType
) -> None:
    market = await make_market(session, allow_unpaid_orders=True, expire_orders_after_minutes=30)
    code = await make_voucher(
        session, market.channel, usage_limit=1, single_use=True, apply_once_per_customer=True
    )
    await _unpaid(session, market, code=code)
    used = select(Voucher.used, VoucherCode.used, VoucherCode.is_active).join(VoucherCode)
    assert (await session.execute(used)).one() == (1, 1, False)
    clock.advance(timedelta(minutes=31))
    assert await expiring.expire_due(session) == 1
    assert (await session.execute(used)).one() == (0, 0, True)
    assert (await session.scalars(select(VoucherCustomer.id))).all() == []


@pytest.mark.parametrize("status", [OrderStatus.UNFULFILLED, OrderStatus.CANCELED])
async def test_only_what_waits_to_be_confirmed_expires(
    session: AsyncSession, clock: ModuleType, status: OrderStatus
) -> None:
    market = await make_market(session, allow_unpaid_orders=True, expire_orders_after_minutes=30)
    order = await _unpaid(session, market)
    order.status = status
    await session.flush()
    clock.advance(timedelta(hours=1))
    assert await expiring.expire_due(session) == 0


async def test_a_promised_order_does_not_expire(session: AsyncSession, clock: ModuleType) -> None:
    market = await make_market(session, expire_orders_after_minutes=30)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    await promise_cash(session, cart.id)
    order = await complete(session, cart.id)
    order.status = OrderStatus.UNCONFIRMED
    await session.flush()
    clock.advance(timedelta(hours=1))
    assert await expiring.expire_due(session) == 0


async def test_without_a_time_no_order_expires(session: AsyncSession, clock: ModuleType) -> None:
    await _unpaid(session, await make_market(session, allow_unpaid_orders=True))
    clock.advance(timedelta(days=300))
    assert await expiring.expire_due(session) == 0


async def test_expired_orders_are_deleted_after_the_channels_days(
    session: AsyncSession, clock: ModuleType
) -> None:
    market = await make_market(
        session,
        allow_unpaid_orders=True,
        expire_orders_after_minutes=30,
        delete_expired_orders_after_days=2,
    )
    await _unpaid(session, market)
    clock.advance(timedelta(minutes=31))
    await expiring.expire_due(session)
    clock.advance(timedelta(days=1))
    assert await expiring.delete_expired(session) == 0
    clock.advance(timedelta(days=1, minutes=1))
    assert await expiring.delete_expired(session) == 1
    assert await session.scalar(select(func.count()).select_from(Order)) == 0


async def _completing(session: AsyncSession, **given: object) -> tuple[Market, Checkout]:
    settings = {
        "automatically_complete_fully_paid_checkouts": True,
        "automatic_completion_delay_minutes": 30,
    }
    market = await make_market(session, **settings | given)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    market.channel.automatic_completion_cut_off_date = cart.created_at
    await promise_cash(session, cart.id)
    return market, cart


async def test_a_cart_that_is_paid_in_full_becomes_an_order_by_itself(
    session: AsyncSession, clock: ModuleType
) -> None:
    _, cart = await _completing(session)
    key = cart.id
    assert await auto_completion.queue_due(session) == 0
    clock.advance(timedelta(minutes=31))
    assert await auto_completion.queue_due(session) == 1
    await auto_completion.complete_if_due(session, key)
    assert await session.scalar(select(Order.checkout_id)) == key
    await auto_completion.complete_if_due(session, key)  # Told twice, it is done once.
    assert await session.scalar(select(func.count()).select_from(Order)) == 1


async def test_carts_are_left_alone_where_the_channel_says_so(
    session: AsyncSession, clock: ModuleType
) -> None:
    market, cart = await _completing(session)
    clock.advance(timedelta(minutes=31))
    for setting, left_alone in (
        ("automatically_complete_fully_paid_checkouts", False),
        ("is_active", False),
        ("automatic_completion_cut_off_date", clock.now()),
    ):
        before = getattr(market.channel, setting)
        setattr(market.channel, setting, left_alone)
        await session.flush()
        assert await auto_completion.queue_due(session) == 0
        setattr(market.channel, setting, before)
    await session.execute(update(Checkout).values(total_gross_minor=cart.total_gross_minor + 1))
    assert await auto_completion.queue_due(session) == 0


async def test_a_cart_that_can_not_be_completed_is_not_tried_until_it_changes(
    session: AsyncSession, clock: ModuleType
) -> None:
    _, cart = await _completing(session)
    key = cart.id
    await session.execute(update(Stock).values(quantity=0))
    clock.advance(timedelta(minutes=200))
    await auto_completion.complete_if_due(session, key)
    assert await session.scalar(select(func.count()).select_from(Order)) == 0
    assert await auto_completion.queue_due(session) == 0
    await session.execute(update(Stock).values(quantity=5))
    await session.execute(update(Checkout).values(updated_at=clock.now()))
    clock.advance(timedelta(minutes=31))
    assert await auto_completion.queue_due(session) == 1


async def test_gift_cards_are_no_promo_codes_where_the_channel_says_so(session: AsyncSession) -> None:
    market = await make_market(session, allow_legacy_gift_card_use=False)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel))
    card = await make_gift_card(session)
    with pytest.raises(DomainError) as refused:
        await promo_codes.add_promo_code(session, cart.id, card.code)
    assert refused.value.field == "promoCode"
