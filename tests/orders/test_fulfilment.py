"""A parcel on its way."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.inventory.models import Stock
from marketplace.kit import clock as the_clock
from marketplace.kit.errors import DomainError, NotFoundError
from marketplace.orders.cancelling import cancel_order, cancel_part, owed_minor
from marketplace.orders.errors import VendorOrderStatusError
from marketplace.orders.fulfilment import deliver, fulfil, refuse
from marketplace.orders.models import (
    Fulfillment,
    FulfillmentLine,
    FulfillmentStatus,
    Order,
    OrderEvent,
    OrderLine,
    OrderStatus,
    VendorOrder,
    VendorOrderStatus,
)
from tests.factories.checkout import make_market, make_piece
from tests.factories.orders import make_order, parts_of


async def _order(session: AsyncSession, quantity: int = 2) -> tuple[Order, list[VendorOrder]]:
    """An order of so many pieces from each of two sellers, who have ten."""
    market = await make_market(session)
    pieces = [await make_piece(session, market.channel) for _ in range(2)]
    order = await make_order(session, market, *pieces, quantity=quantity)
    return order, await parts_of(session, order)


async def _shelves(session: AsyncSession) -> list[tuple[int, int]]:
    rows = await session.execute(select(Stock.quantity, Stock.quantity_allocated).order_by(Stock.id))
    return [(quantity, allocated) for quantity, allocated in rows]


async def _refusal(coroutine: object) -> str:
    with pytest.raises(DomainError) as refused:
        await coroutine  # type: ignore[misc]
    return refused.value.code


async def test_what_is_handed_over_has_left_the_shelf(session: AsyncSession) -> None:
    order, (first, _) = await _order(session)
    parcel = await fulfil(session, first.id, tracking_number=" AM123 ")
    assert (first.status, order.status) == (VendorOrderStatus.FULFILLED, OrderStatus.PARTIALLY_FULFILLED)
    assert (parcel.tracking_number, parcel.fulfillment_order) == ("AM123", 1)
    assert first.shipped_at is not None
    assert await _shelves(session) == [(8, 0), (10, 2)]
    assert await session.scalar(select(FulfillmentLine.quantity)) == 2


async def test_some_of_it_can_be_handed_over_first(session: AsyncSession) -> None:
    _, (first, _) = await _order(session)
    line_id = await session.scalar(select(OrderLine.id).where(OrderLine.vendor_order_id == first.id))
    assert line_id is not None
    await fulfil(session, first.id, {line_id: 1})
    assert first.status is VendorOrderStatus.PARTIALLY_FULFILLED
    assert await _refusal(fulfil(session, first.id, {line_id: 2})) == "FULFILL_ORDER_LINE"
    assert await _refusal(fulfil(session, first.id, {line_id: 0})) == "ZERO_QUANTITY"
    parcel = await fulfil(session, first.id)
    assert (first.status, parcel.fulfillment_order) == (VendorOrderStatus.FULFILLED, 2)
    assert await _refusal(fulfil(session, first.id)) == "FULFILL_ORDER_LINE"


async def test_a_strangers_line_can_not_be_handed_over(session: AsyncSession) -> None:
    _, (first, second) = await _order(session)
    line_id = await session.scalar(select(OrderLine.id).where(OrderLine.vendor_order_id == second.id))
    assert line_id is not None
    assert await _refusal(fulfil(session, first.id, {line_id: 1})) == "FULFILL_ORDER_LINE"


async def test_delivered_the_buyer_has_seven_days(session: AsyncSession) -> None:
    order, parts = await _order(session)
    for part in parts:
        await fulfil(session, part.id)
        await deliver(session, part.id)
    assert order.status is OrderStatus.FULFILLED
    assert parts[0].delivered_at is not None
    assert parts[0].withdrawal_ends_at == parts[0].delivered_at + timedelta(days=7)
    assert all(await session.scalars(select(Fulfillment.delivered_at)))


async def test_it_was_delivered_when_the_carrier_says(session: AsyncSession, clock: object) -> None:
    _, (first, _) = await _order(session)
    await fulfil(session, first.id)
    shipped_at = the_clock.now()
    the_clock.advance(timedelta(days=3))
    early = shipped_at - timedelta(hours=1)
    assert await _refusal(deliver(session, first.id, delivered_at=early)) == "INVALID"
    late = the_clock.now() + timedelta(hours=1)
    assert await _refusal(deliver(session, first.id, delivered_at=late)) == "INVALID"
    at = shipped_at + timedelta(days=2)
    await deliver(session, first.id, delivered_at=at)
    assert first.delivered_at == at


async def test_what_the_carrier_does_not_have_can_not_arrive(session: AsyncSession) -> None:
    _, (first, _) = await _order(session)
    assert await _refusal(deliver(session, first.id)) == "INVALID_STATUS"
    assert await _refusal(refuse(session, first.id)) == "INVALID_STATUS"


async def test_a_refused_parcel_is_back_on_the_shelf(session: AsyncSession) -> None:
    order, (first, second) = await _order(session)
    await fulfil(session, first.id)
    await refuse(session, first.id)
    await refuse(session, first.id)
    assert (first.status, order.status) == (VendorOrderStatus.REFUSED, OrderStatus.PARTIALLY_RETURNED)
    assert await _shelves(session) == [(10, 0), (10, 2)]
    assert await session.scalar(select(Fulfillment.status)) is FulfillmentStatus.RETURNED
    assert await _refusal(deliver(session, first.id)) == "INVALID_STATUS"
    assert await owed_minor(session, order) == second.total_gross_minor


async def test_a_part_that_is_called_off_is_for_sale_again(session: AsyncSession) -> None:
    order, (first, second) = await _order(session)
    await cancel_part(session, first.id)
    await cancel_part(session, first.id)
    assert (first.status, order.status) == (VendorOrderStatus.CANCELED, OrderStatus.UNFULFILLED)
    assert await _shelves(session) == [(10, 0), (10, 2)]
    assert await owed_minor(session, order) == second.total_gross_minor


async def test_what_has_left_can_not_be_called_off(session: AsyncSession) -> None:
    order, (first, _) = await _order(session)
    await fulfil(session, first.id)
    with pytest.raises(VendorOrderStatusError):
        await cancel_part(session, first.id)
    assert await _refusal(cancel_order(session, order.id)) == "CANNOT_CANCEL_ORDER"


async def test_an_order_is_called_off_as_a_whole_and_once(session: AsyncSession) -> None:
    order, _ = await _order(session)
    await cancel_order(session, order.id)
    assert order.status is OrderStatus.CANCELED
    assert await _shelves(session) == [(10, 0), (10, 0)]
    assert await _refusal(cancel_order(session, order.id)) == "CANNOT_CANCEL_ORDER"


async def test_an_orders_history_tells_it_all(session: AsyncSession) -> None:
    order, (first, second) = await _order(session)
    await fulfil(session, first.id, tracking_number="AM1")
    await deliver(session, first.id)
    await cancel_part(session, second.id)
    events = await session.scalars(
        select(OrderEvent.type).where(OrderEvent.order_id == order.id).order_by(OrderEvent.id)
    )
    assert list(events) == [
        "PLACED",
        "CONFIRMED",
        "FULFILLMENT_FULFILLED_ITEMS",
        "TRACKING_UPDATED",
        "EMAIL_SENT",
        "OTHER",
        "FULFILLMENT_RESTOCKED_ITEMS",
        "ORDER_FULLY_PAID",  # What was delivered is, and nothing else is owed.
    ]


async def test_an_order_is_called_off_with_the_last_of_its_parts(session: AsyncSession) -> None:
    order, (first, second) = await _order(session)
    await cancel_part(session, first.id)
    await cancel_part(session, second.id)
    events = await session.scalars(
        select(OrderEvent.type).where(OrderEvent.order_id == order.id).order_by(OrderEvent.id)
    )
    assert order.status is OrderStatus.CANCELED
    restocked = ["FULFILLMENT_RESTOCKED_ITEMS"] * 2
    assert list(events)[2:] == [*restocked, "CANCELED", "EMAIL_SENT"]


async def test_there_is_nothing_to_do_for_a_vendor_order_that_does_not_exist(session: AsyncSession) -> None:
    for act in (fulfil, deliver, refuse, cancel_part):
        with pytest.raises(NotFoundError):
            await act(session, uuid4())
    with pytest.raises(NotFoundError):
        await cancel_order(session, uuid4())
