"""Drafts are priced as carts are, sell nothing, and split as checkouts do once they are completed."""

from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import ProductVariant
from marketplace.inventory.models import Allocation, Stock
from marketplace.kit.errors import Errors
from marketplace.orders import editing, staff_discounts
from marketplace.orders.draft_completion import complete_draft
from marketplace.orders.editing import NewLine
from marketplace.orders.models import Order, OrderLine, OrderStatus, VendorOrder
from marketplace.orders.staff_discounts import Given
from marketplace.payouts.queries import verify
from marketplace.pricing.discounts import DiscountValueType
from tests.factories.checkout import make_market, make_piece
from tests.factories.drafts import make_ready_draft, make_unconfirmed
from tests.factories.orders import make_order, parts_of


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
