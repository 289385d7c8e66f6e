"""Cash: at the door, in the carrier's hands, and handed over."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

import marketplace.payments.reactions  # noqa: F401 - the money follows the parcel
from marketplace.kit import clock as the_clock
from marketplace.kit.errors import DomainError
from marketplace.kit.money import Money
from marketplace.orders.cancelling import cancel_order
from marketplace.orders.fulfilment import deliver, fulfil, refuse
from marketplace.orders.models import ChargeStatus, Order, OrderEvent
from marketplace.payments.cash import outstanding, remit
from marketplace.payments.models import CashCollection, CashRemittance, CashStatus, TransactionItem
from tests.factories.checkout import make_market, make_piece
from tests.factories.orders import make_order, parts_of


async def _order(session: AsyncSession) -> tuple[Order, list[UUID]]:
    """An order of two parcels: 150 and 110 dirhams."""
    market = await make_market(session)
    pieces = [await make_piece(session, market.channel, price) for price in (120_00, 80_00)]
    order = await make_order(session, market, *pieces)
    return order, [part.id for part in await parts_of(session, order)]


async def _delivered(session: AsyncSession) -> tuple[Order, list[UUID]]:
    order, parts = await _order(session)
    for part_id in parts:
        await fulfil(session, part_id)
        await deliver(session, part_id)
    return order, parts


async def _statuses(session: AsyncSession) -> list[CashStatus]:
    return list(
        await session.scalars(
            select(CashCollection.status).order_by(CashCollection.id),
            execution_options={"populate_existing": True},
        )
    )


async def test_each_delivered_parcel_is_charged_for_itself(session: AsyncSession) -> None:
    order, (first, second) = await _order(session)
    await fulfil(session, first)
    await deliver(session, first)
    transaction = await session.scalar(select(TransactionItem))
    assert transaction is not None
    assert (transaction.charged_minor, transaction.authorized_minor) == (150_00, 110_00)
    assert (order.total_charged_minor, order.charge_status) == (150_00, ChargeStatus.PARTIAL)
    await fulfil(session, second)
    await deliver(session, second)
    assert (order.total_charged_minor, order.charge_status) == (260_00, ChargeStatus.FULL)
    paid = await session.scalars(select(OrderEvent.parameters).where(OrderEvent.type == "ORDER_FULLY_PAID"))
    assert paid.all() == [{"amount": "260.00"}]
    assert await _statuses(session) == [CashStatus.COLLECTED, CashStatus.COLLECTED]


async def test_a_delivery_told_twice_is_charged_once(session: AsyncSession) -> None:
    order, (first, _) = await _order(session)
    await fulfil(session, first)
    await deliver(session, first)
    await deliver(session, first)
    assert order.total_charged_minor == 150_00


async def test_a_refused_parcel_is_promised_and_owed_no_more(session: AsyncSession) -> None:
    order, (first, second) = await _order(session)
    for part_id in (first, second):
        await fulfil(session, part_id)
    await refuse(session, first)
    await deliver(session, second)
    assert await _statuses(session) == [CashStatus.REFUSED, CashStatus.COLLECTED]
    assert (order.total_charged_minor, order.total_authorized_minor) == (110_00, 0)
    assert order.charge_status is ChargeStatus.FULL


async def test_an_order_that_was_refused_altogether_does_not_read_as_paid(session: AsyncSession) -> None:
    order, parts = await _order(session)
    for part_id in parts:
        await fulfil(session, part_id)
        await refuse(session, part_id)
    assert (order.total_charged_minor, order.charge_status) == (0, ChargeStatus.NONE)


async def test_a_canceled_order_expects_no_cash(session: AsyncSession) -> None:
    order, _ = await _order(session)
    await cancel_order(session, order.id)
    assert await _statuses(session) == [CashStatus.CANCELED, CashStatus.CANCELED]
    assert (order.total_authorized_minor, order.charge_status) == (0, ChargeStatus.NONE)


async def test_what_carriers_owe_is_told_by_age(session: AsyncSession, clock: object) -> None:
    await _delivered(session)
    oldest = the_clock.now()
    the_clock.advance(timedelta(days=3))
    await _delivered(session)
    (debt,) = await outstanding(session)
    assert (debt.carrier, debt.amount, debt.parcels) == ("Amana", Money(520_00, "MAD"), 4)
    assert abs(debt.oldest_collected_at - oldest) < timedelta(minutes=1)


async def test_a_remittance_settles_the_debt_and_told_twice_is_booked_once(session: AsyncSession) -> None:
    _, parts = await _delivered(session)
    first = await remit(session, "Amana", "BR-1", Money(260_00, "MAD"), parts)
    again = await remit(session, "Amana", "BR-1", Money(260_00, "MAD"), parts)
    assert again.id == first.id
    assert await outstanding(session) == []
    assert await _statuses(session) == [CashStatus.REMITTED, CashStatus.REMITTED]


async def _refusal(session: AsyncSession, *given: object, **more: object) -> str:
    """The code with which a remittance is refused; nothing of it is booked."""
    before = await _statuses(session)
    with pytest.raises(DomainError) as refused:
        async with session.begin_nested():
            await remit(session, *given, **more)  # type: ignore[arg-type]
    assert await _statuses(session) == before
    return refused.value.code


async def test_a_remittance_must_be_what_the_parcels_come_to(session: AsyncSession) -> None:
    _, parts = await _delivered(session)
    short = Money(259_99, "MAD")
    assert await _refusal(session, "Amana", "BR-1", short, parts) == "AMOUNT_MISMATCH"
    assert await session.scalar(select(CashRemittance.id)) is None
    remittance = await remit(session, "Amana", "BR-1", short, parts, accept_difference=True)
    assert remittance.amount_minor == 259_99


async def test_a_reference_can_not_be_used_for_something_else(session: AsyncSession) -> None:
    _, (first, second) = await _delivered(session)
    await remit(session, "Amana", "BR-1", Money(150_00, "MAD"), [first])
    assert await _refusal(session, "Amana", "BR-1", Money(110_00, "MAD"), [second]) == "UNIQUE"


async def test_a_parcel_is_remitted_once(session: AsyncSession) -> None:
    _, (first, _) = await _delivered(session)
    await remit(session, "Amana", "BR-1", Money(150_00, "MAD"), [first])
    assert await _refusal(session, "Amana", "BR-2", Money(150_00, "MAD"), [first]) == "INVALID"


async def test_only_cash_that_this_carrier_owes_can_be_remitted(session: AsyncSession) -> None:
    _, parts = await _delivered(session)
    assert await _refusal(session, "Chronopost", "1", Money(260_00, "MAD"), parts) == "INVALID"
    assert await _refusal(session, "Amana", "1", Money(260_00, "EUR"), parts) == "INVALID"
    assert await _refusal(session, "Amana", "1", Money(260_00, "MAD"), [uuid4()]) == "NOT_FOUND"
    assert await _refusal(session, "Amana", " ", Money(260_00, "MAD"), parts) == "REQUIRED"


async def test_cash_that_was_not_collected_yet_can_not_be_remitted(session: AsyncSession) -> None:
    _, parts = await _order(session)
    assert await _refusal(session, "Amana", "1", Money(260_00, "MAD"), parts) == "INVALID"
