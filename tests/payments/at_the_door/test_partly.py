"""A parcel that was paid in part: the buyer keeps it; its seller or the marketplace bears the rest."""

from datetime import timedelta
from types import ModuleType

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

import marketplace.reactions  # noqa: F401 - rooms hear of each other
from marketplace.kit.errors import DomainError, InvalidError, NotFoundError
from marketplace.kit.money import Money
from marketplace.orders.errors import CannotRefundError, VendorOrderStatusError
from marketplace.orders.fulfilment import deliver, fulfil
from marketplace.orders.models import AuthorizeStatus, ChargeStatus, Order, VendorOrder, VendorOrderStatus
from marketplace.payments.at_the_door.errors import PartialAmountError
from marketplace.payments.at_the_door.partly import collect_partly
from marketplace.payments.cash import remit
from marketplace.payments.models import CashCollection, CashStatus, ShortfallBearer, TransactionEvent
from marketplace.payouts.ledger import Account
from marketplace.payouts.release import release_due
from marketplace.vendors.models import Vendor
from tests.factories.cash import deliver_all, order_of
from tests.factories.checkout import make_market, make_piece
from tests.factories.orders import make_order, make_unpaid_order, parts_of, refund_amount
from tests.factories.payouts import make_rule
from tests.ledger import faults
from tests.payouts.conftest import balance_of, total_of

SELLER, MARKETPLACE = ShortfallBearer.SELLER, ShortfallBearer.MARKETPLACE


def dirhams(minor: int) -> Money:
    return Money(minor, "MAD")


async def sent(session: AsyncSession) -> tuple[Order, VendorOrder]:
    """A parcel on its way: goods for 120, delivery for 30; 8 % commission and 20 % VAT on it."""
    await make_rule(session, 800)
    order = await order_of(session, await make_market(session))
    (part,) = await parts_of(session, order)
    await fulfil(session, part.id)
    return order, part


async def held(session: AsyncSession, part: VendorOrder) -> int:
    vendor = await session.get_one(Vendor, part.vendor_id)
    return (await balance_of(session, vendor)).held.minor


async def collection(session: AsyncSession, part: VendorOrder) -> CashCollection:
    found = await session.scalars(
        select(CashCollection).where(CashCollection.vendor_order_id == part.id),
        execution_options={"populate_existing": True},
    )
    return found.one()


@pytest.mark.parametrize(
    ("bearer", "earned", "commission", "difference"),
    [(SELLER, 81_36, 7_20, 0), (MARKETPLACE, 108_48, 9_60, 30_00)],
)
async def test_the_difference_is_borne_by_whom_staff_say(
    session: AsyncSession, bearer: ShortfallBearer, earned: int, commission: int, difference: int
) -> None:
    _, part = await sent(session)
    await collect_partly(session, part.id, dirhams(120_00), bearer, "Une tasse fêlée")
    assert part.status is VendorOrderStatus.DELIVERED
    assert await held(session, part) == earned
    assert await total_of(session, Account.COMMISSION_REVENUE) == -commission
    assert await total_of(session, Account.CASH_DIFFERENCE) == difference
    assert await total_of(session, Account.CARRIER_RECEIVABLE) == 120_00
    assert await total_of(session, Account.GATEWAY_RECEIVABLE) == 0
    assert await total_of(session, Account.DELIVERY_PAYABLE) == -30_00
    assert await faults(session) == []
    cash = await collection(session, part)
    assert (cash.status, cash.amount_minor) == (CashStatus.COLLECTED, 120_00)
    assert (cash.shortfall_minor, cash.shortfall_bearer) == (30_00, bearer)
    assert cash.shortfall_reason == "Une tasse fêlée"


@pytest.mark.parametrize("bearer", [SELLER, MARKETPLACE])
async def test_the_buyer_owes_nothing_more_and_the_payment_says_what_happened(
    session: AsyncSession, bearer: ShortfallBearer
) -> None:
    order, part = await sent(session)
    await collect_partly(session, part.id, dirhams(100_00), bearer, "Rayé")
    assert (order.total_charged_minor, order.total_authorized_minor) == (100_00, 0)
    assert (order.charge_status, order.authorize_status) == (ChargeStatus.FULL, AuthorizeStatus.FULL)
    events = await session.execute(
        select(TransactionEvent.type, TransactionEvent.amount_minor).order_by(TransactionEvent.id)
    )
    assert events.all()[-2:] == [("CANCEL_SUCCESS", 50_00), ("CHARGE_SUCCESS", 100_00)]


async def test_more_than_the_goods_is_taken_off_the_delivery(session: AsyncSession) -> None:
    _, part = await sent(session)
    await collect_partly(session, part.id, dirhams(10_00), SELLER, "Arrivé en morceaux")
    assert await held(session, part) == 0
    assert await total_of(session, Account.COMMISSION_REVENUE) == 0
    assert await total_of(session, Account.DELIVERY_PAYABLE) == -10_00
    assert await faults(session) == []


async def test_told_twice_it_is_so_once(session: AsyncSession) -> None:
    _, part = await sent(session)
    for _ in range(2):
        await collect_partly(session, part.id, dirhams(120_00), MARKETPLACE, "Geste")
    assert await total_of(session, Account.CASH_DIFFERENCE) == 30_00
    with pytest.raises(VendorOrderStatusError):
        await collect_partly(session, part.id, dirhams(119_00), MARKETPLACE, "Geste")


async def test_what_was_collected_is_remitted_and_then_payable(
    session: AsyncSession, clock: ModuleType
) -> None:
    _, part = await sent(session)
    await collect_partly(session, part.id, dirhams(120_00), SELLER, "Rabais")
    await remit(session, "Amana", "BR-1", dirhams(120_00), [part.id])
    clock.advance(timedelta(days=8))
    await release_due(session)
    vendor = await session.get_one(Vendor, part.vendor_id)
    balance = await balance_of(session, vendor)
    assert (balance.held.minor, balance.payable.minor) == (0, 81_36)
    assert await faults(session) == []


@pytest.mark.parametrize("bearer", [SELLER, MARKETPLACE])
async def test_no_more_is_paid_back_later_than_was_collected(
    session: AsyncSession, bearer: ShortfallBearer
) -> None:
    order, part = await sent(session)
    await collect_partly(session, part.id, dirhams(120_00), bearer, "Rabais")
    with pytest.raises(CannotRefundError):
        async with session.begin_nested():
            await refund_amount(session, order.id, 120_01)
    await refund_amount(session, order.id, 120_00)
    assert await faults(session) == []


async def test_the_other_parcels_of_an_order_are_left_alone(session: AsyncSession) -> None:
    market = await make_market(session)
    pieces = [await make_piece(session, market.channel, price) for price in (120_00, 80_00)]
    order = await make_order(session, market, *pieces)
    first, second = await parts_of(session, order)
    for part in (first, second):
        await fulfil(session, part.id)
    await collect_partly(session, first.id, dirhams(140_00), SELLER, "Rabais")
    assert (order.charge_status, order.total_authorized_minor) == (ChargeStatus.PARTIAL, 110_00)
    await deliver(session, second.id)
    assert (order.charge_status, order.total_charged_minor) == (ChargeStatus.FULL, 250_00)
    assert await faults(session) == []


@pytest.mark.parametrize("minor", [0, 150_00, 150_01])
async def test_less_than_was_due_and_more_than_nothing(session: AsyncSession, minor: int) -> None:
    _, part = await sent(session)
    with pytest.raises(PartialAmountError):
        await collect_partly(session, part.id, dirhams(minor), SELLER, "x")
    with pytest.raises(PartialAmountError):
        await collect_partly(session, part.id, Money(100_00, "EUR"), SELLER, "x")


async def test_only_what_the_carrier_has_and_is_paid_at_the_door_is_paid_in_part(
    session: AsyncSession,
) -> None:
    market = await make_market(session)
    order = await order_of(session, market)
    (part,) = await parts_of(session, order)
    with pytest.raises(VendorOrderStatusError):
        await collect_partly(session, part.id, dirhams(1), SELLER, "x")
    await deliver_all(session, order)
    with pytest.raises(VendorOrderStatusError):
        await collect_partly(session, part.id, dirhams(1), SELLER, "x")
    unpaid = await make_unpaid_order(session, market, await make_piece(session, market.channel))
    (other,) = await parts_of(session, unpaid)
    with pytest.raises(NotFoundError):
        await collect_partly(session, other.id, dirhams(1), SELLER, "x")
    with pytest.raises(NotFoundError):
        await collect_partly(session, unpaid.id, dirhams(1), SELLER, "x")


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
async def test_a_reason_is_needed(session: AsyncSession, reason: str) -> None:
    _, part = await sent(session)
    with pytest.raises(InvalidError) as refused:
        await collect_partly(session, part.id, dirhams(1), SELLER, reason)
    assert refused.value.field == "reason"
    assert isinstance(refused.value, DomainError)
