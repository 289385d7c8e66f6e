"""An order that is not confirmed yet is exempt from tax: it, its parts, its promise and what sellers earn."""

from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.orders.editing import NewLine, add_lines
from marketplace.orders.errors import NotEditableError
from marketplace.orders.models import Order, OrderLine
from marketplace.orders.tax_exemption import exempt_order
from marketplace.payments.models import TransactionItem
from marketplace.payouts.models import VendorEarning
from tests.factories.checkout import Market, make_piece
from tests.factories.drafts import make_ready_draft, make_unconfirmed
from tests.factories.markets import make_channel, make_method, make_tax_class
from tests.factories.orders import make_order, parts_of


async def _market(session: AsyncSession) -> tuple[Market, int]:
    """Goods and deliveries are taxed 20 %."""
    tax_class = await make_tax_class(session, 2000)
    channel = await make_channel(session)
    return Market(
        channel, await make_method(session, channel, 36_00, tax_class_id=tax_class.id)
    ), tax_class.id


async def _figures(session: AsyncSession, order: Order) -> tuple[int, int, list[int], list[int], int]:
    """Gross and net of the order, gross of its parts, what sellers earn by sales, what is promised."""
    await session.refresh(order)
    parts = await parts_of(session, order)
    sales = await session.scalars(
        select(VendorEarning.sales_minor).order_by(VendorEarning.vendor_order_id),
        execution_options={"populate_existing": True},
    )
    promised = select(TransactionItem.authorized_minor)
    return (
        order.total_gross_minor,
        order.total_net_minor,
        [part.total_gross_minor for part in parts],
        list(sales),
        (await session.scalars(promised)).one(),
    )


async def test_an_unconfirmed_order_costs_what_is_left_without_tax_and_back(session: AsyncSession) -> None:
    market, tax_class_id = await _market(session)
    pieces = [await make_piece(session, market.channel, 120_00, tax_class_id=tax_class_id) for _ in range(2)]
    order = await make_unconfirmed(session, market, *pieces)
    before = (312_00, 260_00, [156_00, 156_00], [120_00, 120_00], 312_00)
    assert await _figures(session, order) == before
    await exempt_order(session, order.id, is_exempt=True)
    assert await _figures(session, order) == (260_00, 260_00, [130_00] * 2, [100_00] * 2, 260_00)
    lines = (await session.scalars(select(OrderLine))).all()
    assert {(line.tax_rate_bp, line.undiscounted_unit_gross_minor) for line in lines} == {(0, 100_00)}
    await exempt_order(session, order.id, is_exempt=True)  # Told twice, it is so once.
    assert (await _figures(session, order))[0] == 260_00
    await exempt_order(session, order.id, is_exempt=False)
    assert await _figures(session, order) == before


async def test_what_is_added_to_an_exempt_order_is_without_tax_too(session: AsyncSession) -> None:
    market, tax_class_id = await _market(session)
    rug, bowl = [
        await make_piece(session, market.channel, 120_00, tax_class_id=tax_class_id) for _ in range(2)
    ]
    draft = await make_ready_draft(session, market, rug)
    await exempt_order(session, draft.id, is_exempt=True)
    await add_lines(session, draft.id, [NewLine(bowl.id, 1, price=Decimal(60))], None)
    await session.refresh(draft)
    assert (draft.subtotal_gross_minor, draft.subtotal_net_minor) == (150_00, 150_00)
    assert (draft.shipping_gross_minor, draft.shipping_net_minor) == (60_00, 60_00)


async def test_a_confirmed_order_stays_as_it_is(session: AsyncSession) -> None:
    market, _ = await _market(session)
    order = await make_order(session, market, await make_piece(session, market.channel))
    with pytest.raises(NotEditableError) as refused:
        await exempt_order(session, order.id, is_exempt=True)
    assert refused.value.code == "NOT_EDITABLE_ORDER"
