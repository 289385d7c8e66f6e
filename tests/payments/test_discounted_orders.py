"""A cart with a voucher or gift cards becomes an order: who bears the discount, and who pays what."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from types import ModuleType
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

import marketplace.reactions  # noqa: F401 - rooms hear of each other
from marketplace.catalog.models import Product
from marketplace.checkout.models import Checkout, CheckoutGiftCard
from marketplace.checkout.promo_codes import add_promo_code, remove_gift_card, remove_promo_code
from marketplace.kit.database import Database
from marketplace.kit.errors import DomainError
from marketplace.orders.cancelling import cancel_order, owed_minor
from marketplace.orders.discounts import OrderDiscount, OrderGiftCard, OrderLineDiscount
from marketplace.orders.fulfilment import deliver, fulfil, refuse
from marketplace.orders.models import AuthorizeStatus, ChargeStatus, Order, OrderLine
from marketplace.payments.completion import complete
from marketplace.payments.models import CashCollection
from marketplace.payouts.commission import freeze_commission
from marketplace.payouts.ledger import Account
from marketplace.payouts.models import VendorEarning
from marketplace.payouts.verifying import verify
from marketplace.pricing.discounts import DiscountType, DiscountValueType
from marketplace.pricing.gift_card_use import set_active
from marketplace.pricing.gift_cards import GiftCard, GiftCardEvent, GiftCardEventType
from marketplace.pricing.vouchers import Voucher, VoucherCode, VoucherCustomer, VoucherType
from tests.factories.checkout import Market, make_market, make_piece, make_ready_cart, promise_cash
from tests.factories.markets import make_channel, make_method, make_tax_class
from tests.factories.orders import parts_of
from tests.factories.payouts import make_rule
from tests.factories.people import make_user
from tests.factories.pricing import FIXED, make_gift_card, make_voucher
from tests.payouts.conftest import total_of


async def _ordered(session: AsyncSession, cart: Checkout, *codes: str) -> Order:
    """The order of a ready cart with some promo codes, to be paid at the door as far as anything is left."""
    for code in codes:
        cart = await add_promo_code(session, cart.id, code)
    if cart.total_gross_minor:
        await promise_cash(session, cart.id)
    return await complete(session, cart.id)


async def _two_sellers(session: AsyncSession, market: Market) -> Checkout:
    """Goods of 120 and 80 dirhams, a parcel of 30 dirhams from each."""
    pieces = [await make_piece(session, market.channel, price) for price in (120_00, 80_00)]
    return await make_ready_cart(session, market, *pieces)


async def _cash(session: AsyncSession) -> list[int]:
    found = await session.scalars(select(CashCollection.amount_minor).order_by(CashCollection.id))
    return list(found)


async def test_each_sellers_part_bears_its_lines_share_of_the_discount(session: AsyncSession) -> None:
    market = await make_market(session)
    code = await make_voucher(session, market.channel, 25)
    order = await _ordered(session, await _two_sellers(session, market), code)
    parts = await parts_of(session, order)
    assert [part.subtotal_gross_minor for part in parts] == [90_00, 60_00]
    assert (order.subtotal_gross_minor, order.total_gross_minor) == (150_00, 210_00)
    assert order.undiscounted_total_gross_minor == 260_00
    assert (order.voucher_code, order.voucher_id is not None) == (code, True)
    assert await _cash(session) == [120_00, 90_00]
    discount = (await session.scalars(select(OrderDiscount))).one()
    assert (discount.type, discount.value_type, discount.value) == (
        DiscountType.VOUCHER,
        DiscountValueType.PERCENTAGE,
        Decimal(25),
    )
    assert (discount.amount_minor, discount.reason) == (50_00, f"Voucher code: {code}")
    assert not (await session.scalars(select(OrderLineDiscount))).all()
    lines = (await session.scalars(select(OrderLine).order_by(OrderLine.position))).all()
    assert [line.unit_discount_minor for line in lines] == [30_00, 20_00]
    assert [line.voucher_code for line in lines] == [None, None]
    assert lines[0].unit_discount_reason == f"Entire order: Voucher code: {code}"


async def test_commission_and_earning_are_of_what_the_buyer_paid(session: AsyncSession) -> None:
    await make_rule(session, 1000)
    market = await make_market(session)
    code = await make_voucher(session, market.channel, 25)
    order = await _ordered(session, await _two_sellers(session, market), code)
    await freeze_commission(session, order.id)
    earnings = await session.execute(
        select(
            VendorEarning.sales_minor, VendorEarning.commission_minor, VendorEarning.earning_minor
        ).order_by(VendorEarning.sales_minor.desc())
    )
    assert [tuple(row) for row in earnings] == [(90_00, 9_00, 79_20), (60_00, 6_00, 52_80)]


async def test_a_discount_of_lines_stands_on_these_lines(session: AsyncSession) -> None:
    market = await make_market(session)
    code = await make_voucher(session, market.channel, 20, type=VoucherType.SPECIFIC_PRODUCT)
    await _ordered(session, await _two_sellers(session, market), code)
    assert not (await session.scalars(select(OrderDiscount))).all()
    found = await session.scalars(select(OrderLineDiscount.amount_minor))
    assert sorted(found) == [16_00, 24_00]
    line = (await session.scalars(select(OrderLine).order_by(OrderLine.position))).first()
    assert line is not None
    assert (line.voucher_code, line.unit_discount_type, line.unit_discount_value) == (
        code,
        DiscountValueType.PERCENTAGE,
        Decimal(20),
    )


async def test_a_discount_of_the_delivery_stands_on_its_parcels(session: AsyncSession) -> None:
    market = await make_market(session)
    code = await make_voucher(session, market.channel, "20.01", FIXED, type=VoucherType.SHIPPING)
    order = await _ordered(session, await _two_sellers(session, market), code)
    parts = await parts_of(session, order)
    assert [part.shipping_gross_minor for part in parts] == [19_99, 20_00]
    assert (order.shipping_gross_minor, order.shipping_discount_minor) == (39_99, 20_01)
    assert (order.total_gross_minor, order.undiscounted_total_gross_minor) == (239_99, 260_00)
    assert await session.scalar(select(OrderDiscount.amount_minor)) == 20_01


async def _refused(session: AsyncSession, cart_id: UUID) -> DomainError:
    """Why completing is refused; nothing is half written."""
    with pytest.raises(DomainError) as refused:
        async with session.begin_nested():
            await complete(session, cart_id)
    assert await session.scalar(select(func.count()).select_from(Order)) == 0
    return refused.value


@pytest.mark.parametrize("ending", ["over", "deleted", "dearer"])
async def test_an_order_is_not_placed_at_another_price_than_agreed(
    session: AsyncSession, clock: ModuleType, ending: str
) -> None:
    market = await make_market(session)
    code = await make_voucher(session, market.channel, 10, ends_at=clock.now() + timedelta(hours=1))
    cart = await add_promo_code(session, (await _two_sellers(session, market)).id, code)
    await promise_cash(session, cart.id)
    kept = (await session.scalars(select(VoucherCode).where(VoucherCode.code == code))).one()
    if ending == "over":
        clock.advance(timedelta(hours=2))
    elif ending == "deleted":
        await session.delete(kept)
    else:
        voucher = await session.get_one(Voucher, kept.voucher_id)
        voucher.minimum_pieces = 3
    await session.flush()
    refused = await _refused(session, cart.id)
    assert refused.code == "VOUCHER_NOT_APPLICABLE"
    cart = await remove_promo_code(session, cart.id, code)
    assert cart.total_gross_minor == 260_00


async def test_uses_are_counted_only_where_they_are_limited(session: AsyncSession) -> None:
    market = await make_market(session)
    open_code = await make_voucher(session, market.channel)
    limited = await make_voucher(session, market.channel, usage_limit=2)
    for code in (open_code, limited):
        await _ordered(session, await _two_sellers(session, market), code)
    found = await session.execute(select(VoucherCode.code, VoucherCode.used, VoucherCode.is_active))
    assert {row.code: (row.used, row.is_active) for row in found} == {
        open_code: (0, True),
        limited: (1, True),
    }


async def test_a_single_use_code_is_closed_by_its_order(session: AsyncSession) -> None:
    market = await make_market(session)
    code = await make_voucher(session, market.channel, single_use=True)
    cart = await _two_sellers(session, market)
    await _ordered(session, cart, code)
    assert not await session.scalar(select(VoucherCode.is_active))
    with pytest.raises(DomainError, match="not valid"):
        await add_promo_code(session, (await _two_sellers(session, market)).id, code)


async def test_once_per_customer_goes_by_the_address_however_it_is_written(session: AsyncSession) -> None:
    market = await make_market(session)
    code = await make_voucher(session, market.channel, apply_once_per_customer=True)
    await _ordered(session, await _two_sellers(session, market), code)
    assert await session.scalar(select(VoucherCustomer.customer_email)) == "salma@example.test"
    cart = await _two_sellers(session, market)
    cart.email = "Salma@Example.test"
    with pytest.raises(DomainError) as refused:
        await add_promo_code(session, cart.id, code)
    assert refused.value.code == "VOUCHER_NOT_APPLICABLE"


@pytest.mark.parametrize(
    "limits", [{"usage_limit": 1}, {"single_use": True}, {"apply_once_per_customer": True}]
)
async def test_of_four_buyers_one_gets_the_last_use(database: Database, limits: dict[str, object]) -> None:
    async with database.transaction() as session:
        market = await make_market(session)
        code = await make_voucher(session, market.channel, **limits)  # type: ignore[arg-type]
        piece = await make_piece(session, market.channel, stock=40)
        carts = [await make_ready_cart(session, market, piece) for _ in range(4)]
        for cart in carts:
            await add_promo_code(session, cart.id, code)
            await promise_cash(session, cart.id)

    async def buy(cart: Checkout) -> str:
        try:
            async with database.transaction() as session:
                await complete(session, cart.id)
        except DomainError as refused:
            return refused.code
        return "bought"

    outcomes = await asyncio.gather(*(buy(cart) for cart in carts))
    assert sorted(outcomes) == ["VOUCHER_NOT_APPLICABLE"] * 3 + ["bought"]
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Order)) == 1
        assert await session.scalar(select(func.count()).select_from(Checkout)) == 3


async def test_gift_cards_pay_one_after_the_other_and_the_door_asks_for_the_rest(
    session: AsyncSession,
) -> None:
    market = await make_market(session)
    cards = [await make_gift_card(session, balance) for balance in (50_00, 100_00)]
    order = await _ordered(session, await _two_sellers(session, market), *(card.code for card in cards))
    assert (order.total_gross_minor, order.gift_card_minor) == (110_00, 150_00)
    parts = await parts_of(session, order)
    assert [part.total_gross_minor for part in parts] == [150_00, 110_00]
    assert [part.gift_card_minor for part in parts] == [86_54, 63_46]
    assert await _cash(session) == [63_46, 46_54]
    assert (order.authorize_status, order.charge_status) == (AuthorizeStatus.FULL, ChargeStatus.NONE)
    assert [card.current_balance_minor for card in cards] == [0, 0]
    paid = await session.scalars(select(OrderGiftCard.amount_minor).order_by(OrderGiftCard.id))
    assert list(paid) == [50_00, 100_00]
    used = await session.scalars(
        select(GiftCardEvent).where(GiftCardEvent.type == GiftCardEventType.USED_IN_ORDER)
    )
    assert [
        (event.order_id, event.parameters["order_number"], event.parameters["old_current_balance_minor"])
        for event in used
    ] == [(order.id, str(order.number), 50_00), (order.id, str(order.number), 100_00)]


async def test_an_order_that_cards_pay_in_full_needs_no_payment(session: AsyncSession) -> None:
    market = await make_market(session)
    card = await make_gift_card(session, 300_00)
    order = await _ordered(session, await _two_sellers(session, market), card.code)
    assert (order.total_gross_minor, order.total_net_minor, order.gift_card_minor) == (0, 0, 260_00)
    assert (order.authorize_status, order.charge_status) == (AuthorizeStatus.FULL, ChargeStatus.FULL)
    assert card.current_balance_minor == 40_00
    assert await _cash(session) == []


async def test_a_voucher_comes_before_gift_cards(session: AsyncSession) -> None:
    market = await make_market(session)
    card = await make_gift_card(session, 100_00)
    code = await make_voucher(session, market.channel, 10)
    order = await _ordered(session, await _two_sellers(session, market), card.code, code)
    assert (order.total_gross_minor, order.gift_card_minor) == (140_00, 100_00)


async def test_what_is_left_to_pay_is_taxed_in_proportion(session: AsyncSession) -> None:
    market = await make_market(session)
    tax_class = await make_tax_class(session, 2000)
    piece = await make_piece(session, market.channel, 120_00, tax_class_id=tax_class.id)
    cart = await make_ready_cart(session, market, piece)
    cart = await add_promo_code(session, cart.id, (await make_gift_card(session, 75_00)).code)
    assert (cart.total_gross_minor, cart.total_net_minor) == (75_00, 65_00)
    assert (cart.subtotal_gross_minor, cart.gift_card_minor) == (120_00, 75_00)


@pytest.mark.parametrize("spoilt", ["closed", "expired", "another currency", "somebody else's", "unknown"])
async def test_cards_that_are_no_good_are_refused_as_unknown_codes_are(
    session: AsyncSession, clock: ModuleType, spoilt: str
) -> None:
    market = await make_market(session)
    cart = await _two_sellers(session, market)
    given: dict[str, object] = {}
    if spoilt == "expired":
        given = {"expires_on": clock.now().date() + timedelta(days=1)}
    elif spoilt == "another currency":
        given = {"currency": "EUR"}
    elif spoilt == "somebody else's":
        given = {"assigned_to": await make_user(session)}
    card = await make_gift_card(session, 50_00, **given)  # type: ignore[arg-type]
    if spoilt == "closed":
        await set_active(session, card, None, active=False)
    clock.advance(timedelta(days=3))
    with pytest.raises(DomainError) as refused:
        await add_promo_code(session, cart.id, "XXXX-XXXX" if spoilt == "unknown" else card.code)
    assert (refused.value.code, refused.value.message) == ("INVALID", "This promo code is not valid.")


async def test_a_card_of_ones_own_pays_for_ones_own_cart(session: AsyncSession) -> None:
    market = await make_market(session)
    buyer = await make_user(session)
    card = await make_gift_card(session, 50_00, assigned_to=buyer)
    cart = await make_ready_cart(session, market, await make_piece(session, market.channel), user=buyer)
    assert (await add_promo_code(session, cart.id, card.code.lower())).gift_card_minor == 50_00


async def test_a_card_that_was_closed_meanwhile_stops_the_order(session: AsyncSession) -> None:
    market = await make_market(session)
    card = await make_gift_card(session, 300_00)
    cart = await add_promo_code(session, (await _two_sellers(session, market)).id, card.code)
    await set_active(session, card, None, active=False)
    refused = await _refused(session, cart.id)
    assert (refused.code, card.code[-4:] in refused.message) == ("GIFT_CARD_NOT_APPLICABLE", True)
    cart = await remove_gift_card(session, cart.id, card.id)
    assert (cart.total_gross_minor, cart.uses_gift_cards) == (260_00, False)


async def test_a_card_is_taken_out_by_its_code(session: AsyncSession) -> None:
    market = await make_market(session)
    first, second = [await make_gift_card(session, 50_00) for _ in range(2)]
    cart = await _two_sellers(session, market)
    for code in (first.code, second.code, second.code):
        cart = await add_promo_code(session, cart.id, code)
    assert cart.gift_card_minor == 100_00
    cart = await remove_promo_code(session, cart.id, first.code)
    assert (cart.gift_card_minor, cart.total_gross_minor) == (50_00, 210_00)
    assert (await session.scalars(select(CheckoutGiftCard.gift_card_id))).all() == [second.id]


async def test_a_card_is_spent_once_however_many_pay_with_it_at_once(database: Database) -> None:
    async with database.transaction() as session:
        market = await make_market(session)
        card = await make_gift_card(session, 200_00)
        piece = await make_piece(session, market.channel, 120_00, stock=40)
        carts = [await make_ready_cart(session, market, piece) for _ in range(4)]
        for cart in carts:
            await add_promo_code(session, cart.id, card.code)

    async def buy(cart: Checkout) -> str:
        try:
            async with database.transaction() as session:
                await complete(session, cart.id)
        except DomainError as refused:
            return refused.code
        return "bought"

    outcomes = await asyncio.gather(*(buy(cart) for cart in carts))
    assert sorted(outcomes) == ["CHECKOUT_NOT_FULLY_PAID"] * 3 + ["bought"]
    async with database.transaction() as session:
        assert (await session.get_one(GiftCard, card.id)).current_balance_minor == 50_00
        assert await session.scalar(select(func.sum(OrderGiftCard.amount_minor))) == 150_00


async def test_the_ledger_keeps_a_cards_promise_and_sellers_are_paid_in_full(session: AsyncSession) -> None:
    await make_rule(session, 800)
    market = await make_market(session)
    cards = [await make_gift_card(session, 50_00), await make_gift_card(session, 100_00)]
    assert await total_of(session, Account.GIFT_CARDS) == -150_00
    assert await total_of(session, Account.GIFT_CARD_EXPENSE) == 150_00
    order = await _ordered(session, await _two_sellers(session, market), *(card.code for card in cards))
    first, second = await parts_of(session, order)
    assert await verify(session) == []
    await fulfil(session, first.id)
    await deliver(session, first.id)
    assert await total_of(session, Account.GIFT_CARDS) == -63_46
    assert await total_of(session, Account.CARRIER_RECEIVABLE) == 63_46
    assert await total_of(session, Account.CUSTOMER_ADVANCES) == 0
    earning = await session.get_one(VendorEarning, first.id)
    assert (earning.sales_minor, earning.earning_minor) == (120_00, 108_48)
    assert await verify(session) == []

    await fulfil(session, second.id)
    await refuse(session, second.id)
    assert await verify(session) == []
    assert [card.current_balance_minor for card in cards] == [0, 63_46]
    assert await owed_minor(session, order) == 63_46
    assert order.charge_status is ChargeStatus.FULL
    back = await session.scalars(
        select(GiftCardEvent.parameters).where(GiftCardEvent.type == GiftCardEventType.REFUNDED_IN_ORDER)
    )
    assert [event["current_balance_minor"] for event in back] == [63_46]


async def test_an_order_that_is_called_off_fills_its_cards_again(session: AsyncSession) -> None:
    market = await make_market(session)
    cards = [await make_gift_card(session, balance) for balance in (50_00, 100_01)]
    order = await _ordered(session, await _two_sellers(session, market), *(card.code for card in cards))
    await cancel_order(session, order.id)
    assert [card.current_balance_minor for card in cards] == [50_00, 100_01]
    assert await owed_minor(session, order) == 0
    assert await verify(session) == []


LINE = st.tuples(st.integers(0, 999_99), st.integers(1, 7), st.integers(0, 4000))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sellers=st.lists(st.lists(LINE, min_size=1, max_size=3), min_size=1, max_size=3),
    kind=st.sampled_from(VoucherType),
    once=st.booleans(),
    value_type=st.sampled_from(DiscountValueType),
    value=st.integers(0, 100_000).map(lambda thousandths: Decimal(thousandths) / 1000),
    card_minor=st.integers(1, 2000_00),
    parcel_price_minor=st.integers(0, 99_99),
    with_tax=st.booleans(),
    currency=st.sampled_from(["MAD", "XOF"]),
)
async def test_whatever_the_discount_all_parts_add_up(
    session: AsyncSession,
    *,
    sellers: list[list[tuple[int, int, int]]],
    kind: VoucherType,
    once: bool,
    value_type: DiscountValueType,
    value: Decimal,
    card_minor: int,
    parcel_price_minor: int,
    with_tax: bool,
    currency: str,
) -> None:
    async with session.begin_nested() as example:
        channel = await make_channel(session, prices_entered_with_tax=with_tax, currency_code=currency)
        market = Market(channel, await make_method(session, channel, parcel_price_minor))
        pieces = []
        for lines in sellers:
            vendor_id = None
            for price_minor, _, rate_bp in lines:
                tax_class = await make_tax_class(session, rate_bp)
                given = {} if vendor_id is None else {"vendor_id": vendor_id}
                piece = await make_piece(session, channel, price_minor, tax_class_id=tax_class.id, **given)
                vendor_id = await session.scalar(_vendor_of(piece.product_id))
                pieces.append(piece)
        cart = await make_ready_cart(session, market, *pieces, quantity=sellers[0][0][1])
        before = cart.subtotal_gross_minor, cart.shipping_gross_minor, cart.total_gross_minor
        code = await make_voucher(session, channel, value, value_type, type=kind, apply_once_per_order=once)
        card = await make_gift_card(session, card_minor, currency)
        order = await _ordered(session, cart, code, card.code)
        await _check_sums(session, order, before, with_tax=with_tax)
        assert card.current_balance_minor == card_minor - order.gift_card_minor
        assert await verify(session) == []
        await example.rollback()


def _vendor_of(product_id: int) -> Select[int]:
    return select(Product.vendor_id).where(Product.id == product_id)


async def _check_sums(
    session: AsyncSession, order: Order, before: tuple[int, int, int], *, with_tax: bool
) -> None:
    """Nothing is negative or dearer than before, and what is whole is the sum of its parts."""
    subtotal_minor, shipping_minor, total_minor = before
    parts = await parts_of(session, order)
    lines = (await session.scalars(select(OrderLine).where(OrderLine.order_id == order.id))).all()
    assert 0 <= order.subtotal_gross_minor <= subtotal_minor
    assert 0 <= order.shipping_gross_minor <= shipping_minor
    assert 0 <= order.total_net_minor <= order.total_gross_minor <= total_minor
    assert order.undiscounted_total_gross_minor == total_minor
    assert order.total_gross_minor + order.gift_card_minor == sum(p.total_gross_minor for p in parts)
    assert order.gift_card_minor == sum(part.gift_card_minor for part in parts)
    for side in ("gross_minor", "net_minor"):
        for name in ("subtotal", "shipping"):
            whole = getattr(order, f"{name}_{side}")
            assert whole == sum(getattr(part, f"{name}_{side}") for part in parts)
    for part in parts:
        own = [line for line in lines if line.vendor_order_id == part.id]
        assert part.subtotal_gross_minor == sum(line.total_gross_minor for line in own)
        assert part.subtotal_net_minor == sum(line.total_net_minor for line in own)
        assert part.total_gross_minor == part.subtotal_gross_minor + part.shipping_gross_minor
        assert 0 <= part.gift_card_minor <= part.total_gross_minor
    assert all(0 <= line.total_net_minor <= line.total_gross_minor for line in lines)
    cash = await session.scalars(select(CashCollection.amount_minor).order_by(CashCollection.id))
    assert sum(cash) == order.total_gross_minor
    of_order = await session.scalar(select(func.coalesce(func.sum(OrderDiscount.amount_minor), 0)))
    of_lines = await session.scalar(select(func.coalesce(func.sum(OrderLineDiscount.amount_minor), 0)))
    if with_tax:  # Then what is taken off is what the gross totals fell by.
        fell = subtotal_minor - order.subtotal_gross_minor + shipping_minor - order.shipping_gross_minor
        assert fell == (of_order or 0) + (of_lines or 0)
