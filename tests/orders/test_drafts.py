"""Drafts are priced as carts are, sell nothing, and split as checkouts do once they are completed."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from types import ModuleType
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from marketplace.catalog.events import VariantsWithdrawn
from marketplace.catalog.listings import VariantChannelListing
from marketplace.catalog.models import ProductVariant
from marketplace.checkout.promo_codes import add_promo_code
from marketplace.inventory.models import Allocation, Stock
from marketplace.kit import clock as the_clock
from marketplace.kit.database import Database
from marketplace.kit.errors import DomainError, Errors
from marketplace.kit.events import publish
from marketplace.kit.jobs import is_pending
from marketplace.orders import drafts, editing, staff_discounts
from marketplace.orders.discounts import OrderDiscount, OrderLineDiscount
from marketplace.orders.draft_completion import complete_draft
from marketplace.orders.drafts import Changes, refresh_draft
from marketplace.orders.editing import NewLine
from marketplace.orders.models import Order, OrderLine, OrderOrigin, OrderStatus, VendorOrder
from marketplace.orders.staff_discounts import Given
from marketplace.payments.completion import complete
from marketplace.payouts.verifying import verify
from marketplace.pricing import service as pricing
from marketplace.pricing.discounts import DiscountType, DiscountValueType
from tests.factories.checkout import make_market, make_piece, make_ready_cart, promise_cash
from tests.factories.drafts import make_draft, make_ready_draft, make_unconfirmed
from tests.factories.orders import make_order, parts_of
from tests.factories.pricing import make_gift_card, make_voucher
from tests.factories.promotions import make_order_rule, make_rule, of
from tests.statements import counted


async def lines_of(session: AsyncSession, order: Order) -> list[OrderLine]:
    found = await session.scalars(
        select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position),
        execution_options={"populate_existing": True},
    )
    return list(found)


async def sold(session: AsyncSession, variant: ProductVariant) -> int:
    found = await session.scalars(select(Stock.quantity_allocated).where(Stock.variant_id == variant.id))
    return sum(found)


def adds_up(order: Order, parts: list[VendorOrder]) -> bool:
    whole = sum(part.total_gross_minor for part in parts)
    net = sum(part.subtotal_net_minor + part.shipping_net_minor for part in parts)
    goods = order.subtotal_gross_minor + order.shipping_gross_minor
    return whole == goods == order.total_gross_minor + order.gift_card_minor and net == (
        order.subtotal_net_minor + order.shipping_net_minor
    )


async def test_a_draft_costs_what_a_cart_would_and_sells_nothing(session: AsyncSession) -> None:
    market = await make_market(session)
    cup, rug = await make_piece(session, market.channel), await make_piece(session, market.channel, 900_00)
    draft = await make_ready_draft(session, market, cup, rug, quantity=2)
    order = await make_order(session, market, cup, rug, quantity=2)
    amounts = ("subtotal_gross_minor", "subtotal_net_minor", "shipping_gross_minor", "total_net_minor")
    assert {name: getattr(draft, name) for name in amounts} == {
        name: getattr(order, name) for name in amounts
    }
    assert draft.status is OrderStatus.DRAFT
    assert await parts_of(session, draft) == []
    assert [line.vendor_order_id for line in await lines_of(session, draft)] == [None, None]
    assert await sold(session, cup) == 2


async def test_a_completed_draft_is_split_as_a_checkout_is(session: AsyncSession) -> None:
    market = await make_market(session)
    cup, rug = await make_piece(session, market.channel), await make_piece(session, market.channel, 900_00)
    order = await make_order(session, market, cup, rug, quantity=2)
    draft = await make_ready_draft(session, market, cup, rug, quantity=2)
    completed = await complete_draft(session, draft.id, None)
    assert completed.status is OrderStatus.UNFULFILLED
    names = ("vendor_id", "position", "weight_grams", "subtotal_gross_minor", "shipping_net_minor")
    parts, others = await parts_of(session, completed), await parts_of(session, order)
    assert [[getattr(part, name) for name in names] for part in parts] == [
        [getattr(part, name) for name in names] for part in others
    ]
    assert adds_up(completed, parts)
    assert await sold(session, cup) == 4
    assert not await verify(session)


async def test_what_is_not_there_is_not_sold(session: AsyncSession) -> None:
    market = await make_market(session)
    cup = await make_piece(session, market.channel, stock=3)
    draft = await make_ready_draft(session, market, cup, quantity=4)
    with pytest.raises(Errors) as refused:
        await complete_draft(session, draft.id, None)
    (error,) = refused.value.errors
    assert (error.code, error.field) == ("INSUFFICIENT_STOCK", "lines")


async def test_what_staff_take_off_the_whole_is_spread_over_goods_and_delivery(session: AsyncSession) -> None:
    market = await make_market(session)
    cup, rug = await make_piece(session, market.channel), await make_piece(session, market.channel, 900_00)
    draft = await make_ready_draft(session, market, cup, rug)
    before = draft.total_gross_minor
    given = Given(DiscountValueType.FIXED, Decimal("100.01"), "regular customer")
    await staff_discounts.add_discount(session, draft.id, given, None)
    assert draft.total_gross_minor == before - 100_01
    assert draft.undiscounted_total_gross_minor == before
    assert 0 < draft.shipping_discount_minor < 100_01
    completed = await complete_draft(session, draft.id, None)
    assert completed.total_gross_minor == before - 100_01
    assert adds_up(completed, await parts_of(session, completed))
    assert not await verify(session)


async def test_an_unconfirmed_order_moves_parts_stock_and_cash_along(session: AsyncSession) -> None:
    market = await make_market(session)
    cup, rug = await make_piece(session, market.channel), await make_piece(session, market.channel, 900_00)
    order = await make_unconfirmed(session, market, cup, quantity=2)
    await editing.add_lines(session, order.id, [NewLine(rug.id, 1), NewLine(cup.id, 1)], None)
    parts = await parts_of(session, order)
    assert [part.position for part in parts] == [1, 2]
    assert adds_up(order, parts)
    assert (await sold(session, cup), await sold(session, rug)) == (3, 1)
    assert order.total_authorized_minor == order.total_gross_minor
    assert not await verify(session)
    first = (await lines_of(session, order))[0]
    await editing.take_out(session, order.id, [first.id], None)
    parts = await parts_of(session, order)
    assert [part.total_gross_minor > 0 for part in parts] == [False, True]
    assert (await sold(session, cup), await sold(session, rug)) == (0, 1)
    assert order.total_authorized_minor == order.total_gross_minor
    assert not await verify(session)
    await editing.add_lines(session, order.id, [NewLine(cup.id, 5)], None)
    assert adds_up(order, await parts_of(session, order))
    assert await sold(session, cup) == 5


async def test_more_than_is_left_is_not_added_to_an_unconfirmed_order(session: AsyncSession) -> None:
    market = await make_market(session)
    cup = await make_piece(session, market.channel, stock=3)
    order = await make_unconfirmed(session, market, cup, quantity=2)
    (line,) = await lines_of(session, order)
    with pytest.raises(Errors):
        await editing.change_quantity(session, line.id, 4, None)
    allocated = await session.scalars(select(Allocation.quantity).where(Allocation.order_line_id == line.id))
    assert sum(allocated) in {0, 2}


async def reprice(session: AsyncSession, variant: ProductVariant, price_minor: int) -> None:
    """The shop asks another price."""
    await session.execute(
        update(VariantChannelListing)
        .where(VariantChannelListing.variant_id == variant.id)
        .values(entered_price_minor=price_minor, price_minor=price_minor)
    )


async def test_a_line_of_a_draft_keeps_its_price_for_a_day(session: AsyncSession, clock: ModuleType) -> None:
    market = await make_market(session)
    cup, own = await make_piece(session, market.channel), await make_piece(session, market.channel)
    draft = await make_draft(session, market.channel, cup)
    await editing.add_lines(session, draft.id, [NewLine(own.id, 1, price=Decimal(50))], None)
    for variant in (cup, own):
        await reprice(session, variant, 200_00)
    cup_line, own_line = await lines_of(session, draft)
    await editing.change_quantity(session, cup_line.id, 2, None)
    assert draft.total_gross_minor == 2 * 120_00 + 50_00
    clock.advance(timedelta(hours=25))
    await refresh_draft(session, draft.id)
    assert draft.total_gross_minor == 2 * 200_00 + 50_00
    cup_line, own_line = await lines_of(session, draft)
    assert cup_line.price_frozen_until is not None
    assert cup_line.price_frozen_until > the_clock.now()
    assert own_line.price_frozen_until is None


async def test_what_was_sold_keeps_its_price_and_its_promotion(session: AsyncSession) -> None:
    market = await make_market(session)
    cup = await make_piece(session, market.channel)
    await make_rule(session, [market.channel], of(cup), percent=25)
    await pricing.reprice(session)
    order = await make_unconfirmed(session, market, cup)
    (line,) = await lines_of(session, order)
    assert line.unit_gross_minor == 90_00
    await reprice(session, cup, 500_00)
    await editing.change_quantity(session, line.id, 3, None)
    (line,) = await lines_of(session, order)
    assert (line.total_gross_minor, line.undiscounted_unit_gross_minor) == (270_00, 120_00)
    (discount,) = await session.scalars(
        select(OrderLineDiscount).where(OrderLineDiscount.order_line_id == line.id)
    )
    assert (discount.type, discount.amount_minor) == (DiscountType.PROMOTION, 90_00)
    assert not await verify(session)


async def test_a_single_use_voucher_goes_on_reducing_what_was_sold_with_it(session: AsyncSession) -> None:
    market = await make_market(session)
    cup = await make_piece(session, market.channel)
    code = await make_voucher(session, market.channel, single_use=True)
    draft = await make_ready_draft(session, market, cup, voucher_code=code)
    await complete_draft(session, draft.id, None)
    other = await make_draft(session, market.channel, cup)
    with pytest.raises(DomainError):
        await drafts.change_draft(session, other, Changes({"voucher_code": code}))
    draft.status = OrderStatus.UNCONFIRMED
    await session.flush()
    (line,) = await lines_of(session, draft)
    await editing.change_quantity(session, line.id, 2, None)
    assert draft.subtotal_gross_minor == 2 * 108_00


async def test_what_staff_take_off_the_whole_stands_instead_of_voucher_and_promotion(
    session: AsyncSession,
) -> None:
    market = await make_market(session)
    cup, gift = await make_piece(session, market.channel), await make_piece(session, market.channel)
    await make_order_rule(session, [market.channel], gifts=[gift])
    draft = await make_ready_draft(session, market, cup)
    assert [line.is_gift for line in await lines_of(session, draft)] == [False, True]
    ten = Given(DiscountValueType.PERCENTAGE, Decimal(10))
    await staff_discounts.add_discount(session, draft.id, ten, None)
    assert [line.is_gift for line in await lines_of(session, draft)] == [False]
    assert draft.total_gross_minor == 135_00
    manual = await session.scalar(select(OrderDiscount).where(OrderDiscount.order_id == draft.id))
    assert manual is not None
    await staff_discounts.remove_discount(session, manual.id, None)
    assert [line.is_gift for line in await lines_of(session, draft)] == [False, True]
    completed = await complete_draft(session, draft.id, None)
    assert await sold(session, gift) == 1
    assert adds_up(completed, await parts_of(session, completed))
    assert not await verify(session)


async def test_a_gift_card_gets_back_what_is_not_owed_any_more(session: AsyncSession) -> None:
    market = await make_market(session)
    cup, rug = await make_piece(session, market.channel), await make_piece(session, market.channel)
    card = await make_gift_card(session, 200_00)
    cart = await make_ready_cart(session, market, cup, rug)
    await add_promo_code(session, cart.id, card.code)
    await promise_cash(session, cart.id)
    order = await complete(session, cart.id)
    order.status = OrderStatus.UNCONFIRMED
    await session.flush()
    assert (order.gift_card_minor, card.current_balance_minor) == (200_00, 0)
    cup_line, _ = await lines_of(session, order)
    await editing.take_out(session, order.id, [cup_line.id], None)
    assert (order.gift_card_minor, order.total_gross_minor) == (150_00, 0)
    assert card.current_balance_minor == 50_00
    assert not await verify(session)


async def test_completing_a_draft_asks_no_more_than_completing_a_checkout(
    session: AsyncSession, connection: AsyncConnection
) -> None:
    market = await make_market(session)
    cup, rug = await make_piece(session, market.channel), await make_piece(session, market.channel)
    draft = await make_ready_draft(session, market, cup, rug, quantity=2)
    with counted(connection) as statements:
        await complete_draft(session, draft.id, None)
    assert len([each for each in statements if "SAVEPOINT" not in each]) <= 50


async def test_of_two_drafts_that_want_the_last_piece_one_gets_it(database: Database) -> None:
    async with database.transaction() as session:
        market = await make_market(session)
        cup = await make_piece(session, market.channel, stock=1)
        keys = [(await make_ready_draft(session, market, cup)).id for _ in range(2)]

    async def completed(key: UUID) -> bool:
        try:
            async with database.transaction() as session:
                await complete_draft(session, key, None)
        except Errors:
            return False
        return True

    assert sorted(await asyncio.gather(*map(completed, keys))) == [False, True]


async def test_a_draft_that_replaces_pieces_goes_on_costing_what_they_did(session: AsyncSession) -> None:
    market = await make_market(session)
    cup = await make_piece(session, market.channel)
    draft = await make_ready_draft(session, market, cup)
    (line,) = await lines_of(session, draft)
    # As pieces are replaced: a line as it was sold, for 20 dirhams less, and nothing that says why.
    draft.origin, line.unit_discount_minor, line.price_frozen_until = OrderOrigin.REISSUE, 20_00, None
    await session.flush()
    await editing.change_quantity(session, line.id, 2, None)
    ten = Given(DiscountValueType.PERCENTAGE, Decimal(10))
    await staff_discounts.add_discount(session, draft.id, ten, None)
    assert draft.subtotal_gross_minor == 180_00
    await editing.change_quantity(session, line.id, 3, None)
    assert draft.subtotal_gross_minor == 270_00


async def test_a_draft_loses_what_is_deleted_and_is_added_up_anew(session: AsyncSession) -> None:
    market = await make_market(session)
    rug, bowl = await make_piece(session, market.channel), await make_piece(session, market.channel)
    draft = await make_ready_draft(session, market, rug, bowl)
    before = draft.subtotal_gross_minor
    await publish(session, VariantsWithdrawn((rug.id,)))
    assert [line.variant_id for line in await lines_of(session, draft)] == [bowl.id]
    assert await is_pending(session, "orders.refresh_draft", order_id=str(draft.id))
    await refresh_draft(session, draft.id)
    (line,) = await lines_of(session, draft)
    assert draft.subtotal_gross_minor == line.total_gross_minor < before
