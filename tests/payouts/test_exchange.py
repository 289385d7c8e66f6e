"""What is payable in one currency becomes payable in another, at the rate of the day of the order."""

from datetime import date, timedelta
from decimal import Decimal
from types import ModuleType

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock as the_clock
from marketplace.kit.errors import DomainError
from marketplace.kit.settings import Settings
from marketplace.payouts.errors import NothingToPayError, RateMissingError
from marketplace.payouts.exchange import convert, set_rate
from marketplace.payouts.ledger import Account
from marketplace.payouts.runs import create_run
from tests.ledger import faults
from tests.payouts.conftest import House, balance_of, earn, make_house, total_of
from tests.payouts.test_answers import payouts_of
from tests.payouts.test_debts import pay_back


@pytest.fixture
async def house(session: AsyncSession, settings: Settings, clock: ModuleType) -> House:
    house = await make_house(session, settings, sellers=1)
    await set_rate(session, "MAD", "XOF", today(), Decimal("60.5"), house.first.id)
    return house


def today() -> date:
    return the_clock.now().date()


async def changed(session: AsyncSession, house: House, target: str = "XOF") -> tuple[int, int]:
    made = await convert(session, house.sellers[0].id, "MAD", target, house.first.id)
    return made.source_minor, made.target_minor


async def test_each_sale_is_changed_at_the_rate_of_the_day_on_which_it_was_made(
    session: AsyncSession, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00)  # Eight days pass, and the franc falls.
    await set_rate(session, "MAD", "XOF", today(), Decimal(62), house.first.id)
    await earn(session, clock, house, 100_00)

    # 90.40 at 60.5 is 5469.2, at 62 it is 5604.8; francs have no centimes.
    assert await changed(session, house) == (180_80, 5469 + 5605)
    seller = house.sellers[0]
    assert (await balance_of(session, seller)).payable.minor == 0
    assert (await balance_of(session, seller, "XOF")).payable.minor == 11074
    assert await total_of(session, Account.CURRENCY_EXCHANGE, "MAD") == -180_80
    assert await total_of(session, Account.CURRENCY_EXCHANGE, "XOF") == 11074
    assert await faults(session) == []
    with pytest.raises(NothingToPayError):
        await changed(session, house)


async def test_a_refund_takes_back_at_the_rate_of_the_sale_and_leaves_no_franc(
    session: AsyncSession, house: House, clock: ModuleType
) -> None:
    [part] = await earn(session, clock, house, 100_00)
    await changed(session, house)
    await set_rate(session, "MAD", "XOF", today(), Decimal(80), house.first.id)
    back = []
    for minor in (33_33, 33_33, 33_34):
        await pay_back(session, part, minor)
        back.append((await changed(session, house))[1])

    assert sum(back) == -5469
    assert (await balance_of(session, house.sellers[0], "XOF")).payable.minor == 0
    assert (await balance_of(session, house.sellers[0])).payable.minor == 0
    assert await faults(session) == []


async def test_what_was_changed_is_paid_in_the_new_currency_and_not_in_the_old_one(
    session: AsyncSession, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00)
    await changed(session, house)
    with pytest.raises(NothingToPayError):
        await create_run(session, "MAD", house.first.id)
    run = await create_run(session, "XOF", house.first.id)
    assert [payout.amount_minor for payout in await payouts_of(session, run)] == [5469]
    await earn(session, clock, house, 50_00)
    run = await create_run(session, "MAD", house.first.id)
    assert [payout.amount_minor for payout in await payouts_of(session, run)] == [45_20]
    with pytest.raises(NothingToPayError):
        await changed(session, house)
    assert await faults(session) == []


async def test_nothing_is_changed_without_a_rate(
    session: AsyncSession, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00)
    with pytest.raises(RateMissingError) as told:
        await changed(session, house, "EUR")
    assert str(today() - timedelta(days=8)) in str(told.value)


@pytest.mark.parametrize(
    ("target", "day", "rate", "field"),
    [
        ("MAD", 0, "1", "target"),
        ("XXX", 0, "1", "target"),
        ("EUR", 1, "0.09", "day"),
        ("EUR", 0, "0", "rate"),
        ("EUR", 0, "0.000000001", "rate"),
        ("EUR", 0, "10001", "rate"),
        ("XOF", 0, "61", "rate"),  # There is one of that day.
    ],
)
async def test_a_rate_that_can_not_be_is_refused(
    session: AsyncSession, house: House, target: str, day: int, rate: str, field: str
) -> None:
    with pytest.raises(DomainError) as told:
        await set_rate(session, "MAD", target, today() + timedelta(days=day), Decimal(rate), house.first.id)
    assert told.value.field == field
