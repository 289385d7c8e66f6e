"""The ledger knows what gateways hold of buyers' money, whichever way their payments came to be so."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.events import publish
from marketplace.kit.money import Money
from marketplace.orders.events import VendorOrderDelivered
from marketplace.orders.models import Order, VendorOrderStatus
from marketplace.payments.holding import hold
from marketplace.payments.models import TransactionEventType as Type
from marketplace.payments.models import TransactionItem
from marketplace.payments.recording import Owner, create, update
from marketplace.payments.reporting import By
from marketplace.payments.transactions import tell
from marketplace.payouts.ledger import Account
from marketplace.payouts.verifying import verify
from tests.factories.checkout import make_market, make_piece
from tests.factories.orders import make_unpaid_order, parts_of
from tests.ledger import faults
from tests.payouts.conftest import total_of

STAFF = Owner(By())


@pytest.fixture
async def order(session: AsyncSession) -> Order:
    market = await make_market(session)
    pieces = [await make_piece(session, market.channel, price_minor=50_00) for _ in range(2)]
    return await make_unpaid_order(session, market, *pieces)


@pytest.fixture
async def payment(session: AsyncSession, order: Order) -> TransactionItem:
    return await create(session, STAFF, {"name": "Card"}, {}, None, order_id=order.id)


async def say(
    session: AsyncSession, payment: TransactionItem, kind: Type, minor: int, reference: str
) -> None:
    await tell(session, payment, kind, Money(minor, payment.currency), reference)


async def held_and_owed(session: AsyncSession) -> tuple[int, int, int]:
    """At gateways, disputed, and what buyers have paid in advance."""
    assert await faults(session) == []
    return (
        await total_of(session, Account.GATEWAY_RECEIVABLE),
        await total_of(session, Account.CHARGEBACKS),
        -await total_of(session, Account.CUSTOMER_ADVANCES),
    )


async def test_a_promise_moves_no_money(session: AsyncSession, payment: TransactionItem) -> None:
    await say(session, payment, Type.AUTHORIZATION_SUCCESS, 100_00, "a")
    await say(session, payment, Type.CHARGE_REQUEST, 100_00, "b")

    assert await held_and_owed(session) == (0, 0, 0)


async def test_what_is_charged_is_owed_by_the_gateway_and_to_the_buyer(
    session: AsyncSession, payment: TransactionItem
) -> None:
    await say(session, payment, Type.CHARGE_SUCCESS, 60_00, "a")
    await say(session, payment, Type.CHARGE_SUCCESS, 60_00, "a")
    await say(session, payment, Type.CHARGE_SUCCESS, 40_00, "b")

    assert await held_and_owed(session) == (100_00, 0, 100_00)


async def test_a_charge_that_turns_out_to_be_none_is_taken_back(
    session: AsyncSession, payment: TransactionItem
) -> None:
    await say(session, payment, Type.CHARGE_SUCCESS, 60_00, "a")
    await say(session, payment, Type.CHARGE_FAILURE, 60_00, "a")

    assert await held_and_owed(session) == (0, 0, 0)


async def test_a_refund_leaves_the_gateway_when_it_is_made_and_not_when_it_is_asked_for(
    session: AsyncSession, payment: TransactionItem
) -> None:
    await say(session, payment, Type.CHARGE_SUCCESS, 100_00, "a")
    await say(session, payment, Type.REFUND_REQUEST, 30_00, "r")
    assert await held_and_owed(session) == (100_00, 0, 100_00)

    await say(session, payment, Type.REFUND_SUCCESS, 30_00, "r")
    assert await held_and_owed(session) == (70_00, 0, 70_00)

    await say(session, payment, Type.REFUND_REVERSE, 30_00, "r")
    assert await held_and_owed(session) == (100_00, 0, 100_00)


async def test_what_the_buyers_bank_takes_back_is_disputed_until_it_gives_it_back(
    session: AsyncSession, payment: TransactionItem
) -> None:
    await say(session, payment, Type.CHARGE_SUCCESS, 100_00, "a")
    await say(session, payment, Type.CHARGE_BACK, 100_00, "dispute")
    assert await held_and_owed(session) == (0, 100_00, 100_00)

    await say(session, payment, Type.CHARGE_SUCCESS, 100_00, "dispute")
    assert await held_and_owed(session) == (100_00, 0, 100_00)


async def test_amounts_put_right_by_hand_are_booked_as_they_are(
    session: AsyncSession, payment: TransactionItem
) -> None:
    held = await hold(session, payment.token)
    await update(session, held, STAFF, {}, {"charged_minor": 80_00}, None)
    await update(session, held, STAFF, {}, {"charged_minor": 50_00}, None)

    assert await held_and_owed(session) == (50_00, 0, 50_00)


async def test_a_delivery_takes_what_was_paid_in_advance(
    session: AsyncSession, order: Order, payment: TransactionItem
) -> None:
    await say(session, payment, Type.CHARGE_SUCCESS, order.total_gross_minor, "a")
    for part in await parts_of(session, order):
        part.status = VendorOrderStatus.DELIVERED
        await session.flush()
        await publish(session, VendorOrderDelivered(part.id))

    assert await held_and_owed(session) == (order.total_gross_minor, 0, 0)


async def test_verifying_finds_money_of_gateways_that_no_payment_knows_of(
    session: AsyncSession, payment: TransactionItem
) -> None:
    await say(session, payment, Type.CHARGE_SUCCESS, 100_00, "a")
    await session.flush()
    await session.execute(text("UPDATE transaction_item SET charged_minor = 0"))

    assert [finding.rule for finding in await verify(session)] == [
        "gateways hold what they took and did not pay back"
    ]
