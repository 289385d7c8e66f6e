"""What happens to a sale, event by event: who owes what after it, and that the ledger is in order."""

from datetime import timedelta
from types import ModuleType

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.orders.models import VendorOrderStatus
from marketplace.payouts.ledger import Account, JournalEntry
from marketplace.payouts.release import release_due
from marketplace.payouts.runs import create_run
from tests.factories.markets import make_channel
from tests.factories.payouts import Piece, deliver, place_order, remit
from tests.ledger import faults
from tests.payouts.conftest import House, balance_of, earn, sell, total_of
from tests.payouts.test_answers import payouts_of
from tests.payouts.test_debts import pay_back


@pytest.mark.parametrize(("short_minor", "difference"), [(0, 0), (4_50, 4_50), (-2_00, -2_00)])
async def test_cash_that_comes_in_full_short_or_over(
    session: AsyncSession, house: House, short_minor: int, difference: int
) -> None:
    [part] = await sell(session, house, 100_00)
    await deliver(session, part)
    await remit(session, [part], short_minor=short_minor)

    assert await total_of(session, Account.CARRIER_RECEIVABLE) == 0
    assert await total_of(session, Account.BANK) == 130_00 - short_minor
    assert await total_of(session, Account.CASH_DIFFERENCE) == difference
    assert (await balance_of(session, house.sellers[0])).held.minor == 90_40
    assert await faults(session) == []


async def test_cash_that_comes_late_keeps_the_earning_held_until_it_is_there(
    session: AsyncSession, house: House, clock: ModuleType
) -> None:
    [part] = await sell(session, house, 100_00)
    await deliver(session, part)
    clock.advance(timedelta(days=60))
    await release_due(session)
    assert (await balance_of(session, house.sellers[0])).payable.minor == 0
    assert await total_of(session, Account.CARRIER_RECEIVABLE) == 130_00

    await remit(session, [part])
    await release_due(session)
    assert (await balance_of(session, house.sellers[0])).payable.minor == 90_40
    assert await faults(session) == []


async def test_what_is_called_off_before_it_left_posts_nothing(session: AsyncSession, house: House) -> None:
    [part] = await sell(session, house, 100_00)
    part.status = VendorOrderStatus.CANCELED
    await session.flush()

    assert await session.scalar(select(func.count()).select_from(JournalEntry)) == 0
    assert await faults(session) == []


@pytest.mark.parametrize("back_minor", [40_00, 100_00])
async def test_a_refund_before_the_payout_lowers_what_is_paid(
    session: AsyncSession, house: House, clock: ModuleType, back_minor: int
) -> None:
    kept, part = [*await earn(session, clock, house, 200_00), *await earn(session, clock, house, 100_00)]
    await pay_back(session, part, back_minor)
    run = await create_run(session, "MAD", house.first.id)

    [payout] = await payouts_of(session, run)
    assert payout.amount_minor == 180_80 + 90_40 - back_minor * 904 // 1000
    assert await faults(session) == []
    assert kept.vendor_id == part.vendor_id


@pytest.mark.parametrize(
    ("currency", "price_minor", "commission", "vat"),
    [("MAD", 33_33, 2_67, 53), ("MAD", 6, 0, 0), ("XOF", 999, 80, 16), ("XOF", 7, 1, 0)],
)
async def test_commission_and_vat_on_it_are_rounded_half_up_and_the_seller_has_the_rest(
    session: AsyncSession, house: House, currency: str, price_minor: int, commission: int, vat: int
) -> None:
    channel = await make_channel(session, currency_code=currency)
    [part] = await place_order(session, channel, [Piece(house.sellers[0], price_minor)])
    await deliver(session, part)

    assert await total_of(session, Account.COMMISSION_REVENUE, currency) == -commission
    assert await total_of(session, Account.VAT_PAYABLE, currency) == -vat
    owed = (await balance_of(session, house.sellers[0], currency)).held.minor
    assert owed == price_minor - commission - vat
    assert await faults(session) == []
