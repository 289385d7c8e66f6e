"""When sellers are paid and from how much on: what staff and sellers say, and what runs make of it."""

from datetime import date, timedelta
from decimal import Decimal
from types import ModuleType

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import InvalidError, NotFoundError
from marketplace.payouts.drafting import draft_due, scheduled_currencies
from marketplace.payouts.errors import NothingToPayError
from marketplace.payouts.models import Payout, PayoutRhythm, PayoutRun, PayoutRunStatus, PayoutTerms
from marketplace.payouts.runs import create_run
from marketplace.payouts.terms import due_day, set_sellers_terms, set_terms
from marketplace.vendors.models import BankAccount, PayoutMethod
from tests.payouts.conftest import House, earn


async def vendors_in(session: AsyncSession, run: PayoutRun) -> set[int]:
    return set(await session.scalars(select(Payout.vendor_id).where(Payout.run_id == run.id)))


async def usual(
    session: AsyncSession,
    house: House,
    minimum: str = "0",
    rhythm: PayoutRhythm = PayoutRhythm.BY_HAND,
    day: int | None = None,
) -> PayoutTerms:
    return await set_terms(session, "MAD", house.first.id, minimum=Decimal(minimum), rhythm=rhythm, day=day)


async def test_the_usual_minimum_holds_for_who_said_nothing(
    session: AsyncSession, house: House, clock: ModuleType
) -> None:
    silent, chose = house.sellers
    await earn(session, clock, house, 100_00, 100_00)
    await usual(session, house, minimum="90.41")
    await set_sellers_terms(session, chose.id, house.first.id, minimum=Decimal("90.40"), keeps_minimum=False)
    assert await vendors_in(session, await create_run(session, "MAD", house.first.id)) == {chose.id}

    await usual(session, house, minimum="90.40")
    assert await vendors_in(session, await create_run(session, "MAD", house.first.id)) == {silent.id}


async def test_a_sellers_minimum_is_in_its_own_currency_only(
    session: AsyncSession, house: House, clock: ModuleType
) -> None:
    abroad = house.sellers[0]
    abroad.country_code = "CI"
    await set_sellers_terms(session, abroad.id, None, minimum=Decimal(50_000), keeps_minimum=False)
    assert abroad.payout_minimum_minor == 50_000  # Francs have no cents.
    await earn(session, clock, house, 100_00)

    assert await vendors_in(session, await create_run(session, "MAD", house.first.id)) == {abroad.id}


async def test_who_takes_its_minimum_back_has_the_usual_one(session: AsyncSession, house: House) -> None:
    vendor = house.sellers[0]
    await set_sellers_terms(session, vendor.id, None, minimum=Decimal(5), keeps_minimum=False)
    await set_sellers_terms(session, vendor.id, None, method=PayoutMethod.CASH_PICKUP)
    assert (vendor.payout_minimum_minor, vendor.payout_method) == (5_00, PayoutMethod.CASH_PICKUP)
    await set_sellers_terms(session, vendor.id, None, keeps_minimum=False)
    assert vendor.payout_minimum_minor is None


@pytest.mark.parametrize("minimum", [-1, 1_000_001, Decimal("1e29")])
async def test_a_minimum_is_an_amount_that_can_be_reached(
    session: AsyncSession, house: House, minimum: Decimal
) -> None:
    with pytest.raises(InvalidError) as caught:
        await set_sellers_terms(
            session, house.sellers[0].id, None, minimum=Decimal(minimum), keeps_minimum=False
        )
    assert caught.value.field == "minimum"


async def test_there_are_no_terms_of_nobody(session: AsyncSession) -> None:
    with pytest.raises(NotFoundError):
        await set_sellers_terms(session, 404, None)


@pytest.mark.parametrize(
    ("rhythm", "day"),
    [
        (PayoutRhythm.WEEKLY, None),
        (PayoutRhythm.WEEKLY, 0),
        (PayoutRhythm.WEEKLY, 8),
        (PayoutRhythm.MONTHLY, 29),
    ],
)
async def test_a_schedule_needs_a_day_that_comes(
    session: AsyncSession, house: House, rhythm: PayoutRhythm, day: int | None
) -> None:
    with pytest.raises(InvalidError) as caught:
        await usual(session, house, rhythm=rhythm, day=day)
    assert caught.value.field == "day"


async def test_terms_are_of_a_currency_that_the_shop_trades_in(session: AsyncSession, house: House) -> None:
    with pytest.raises(InvalidError) as caught:
        await set_terms(
            session, "BTC", house.first.id, minimum=Decimal(0), rhythm=PayoutRhythm.BY_HAND, day=None
        )
    assert caught.value.field == "currency"


@pytest.mark.parametrize(
    ("rhythm", "day", "last", "today", "due"),
    [
        (PayoutRhythm.WEEKLY, 1, None, date(2026, 11, 23), date(2026, 11, 23)),
        (PayoutRhythm.WEEKLY, 1, date(2026, 11, 23), date(2026, 11, 29), None),
        (PayoutRhythm.WEEKLY, 7, date(2026, 11, 1), date(2026, 11, 28), date(2026, 11, 22)),
        (PayoutRhythm.MONTHLY, 5, date(2026, 11, 5), date(2026, 12, 4), None),
        (PayoutRhythm.MONTHLY, 5, date(2026, 10, 5), date(2026, 12, 4), date(2026, 11, 5)),
        (PayoutRhythm.MONTHLY, 28, date(2027, 1, 28), date(2027, 3, 1), date(2027, 2, 28)),
        (PayoutRhythm.BY_HAND, None, None, date(2026, 11, 23), None),
    ],
)
def test_the_day_that_is_due_is_the_latest_one_nothing_was_drafted_for(
    rhythm: PayoutRhythm, day: int | None, last: date | None, today: date, due: date | None
) -> None:
    terms = PayoutTerms(currency="MAD", rhythm=rhythm, day=day, drafted_for=last)
    assert due_day(terms, today) == due


async def test_the_schedule_drafts_once_a_day_and_has_staff_told(
    session: AsyncSession, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00, 100_00)
    today = clock.now().date()
    await usual(session, house, rhythm=PayoutRhythm.WEEKLY, day=today.isoweekday())
    assert await scheduled_currencies(session) == ["MAD"]
    run = await draft_due(session, "MAD")

    assert run is not None
    assert (run.status, run.created_by_id, run.drafted_for) == (PayoutRunStatus.DRAFT, None, today)
    await earn(session, clock, house, 100_00)  # Eight days later: the week after's day has come.
    assert (await draft_due(session, "MAD") or run).drafted_for == today + timedelta(days=7)
    assert await draft_due(session, "MAD") is None
    letters = await session.scalars(
        text("SELECT args ->> 'run_id' FROM procrastinate_jobs WHERE task_name = 'post.payout_draft_waits'")
    )
    assert len(list(letters)) == 2


async def test_a_day_on_which_nobody_is_owed_anything_is_over_as_well(
    session: AsyncSession, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00)
    await create_run(session, "MAD", house.first.id)
    terms = await usual(session, house, rhythm=PayoutRhythm.WEEKLY, day=clock.now().isoweekday())
    assert await draft_due(session, "MAD") is None

    assert terms.drafted_for == clock.now().date()


async def test_a_schedule_that_is_changed_does_not_draft_for_days_before(
    session: AsyncSession, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00)
    yesterday = clock.now() - timedelta(days=1)
    await usual(session, house, rhythm=PayoutRhythm.WEEKLY, day=yesterday.isoweekday())

    assert await draft_due(session, "MAD") is None


async def test_nobody_is_paid_into_an_account_that_was_changed_a_moment_ago(
    session: AsyncSession, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00)
    account = (
        await session.scalars(select(BankAccount).where(BankAccount.vendor_id == house.sellers[0].id))
    ).one()
    account.payable_from = clock.now() + timedelta(hours=48)
    with pytest.raises(NothingToPayError):
        await create_run(session, "MAD", house.first.id)
    clock.advance(timedelta(hours=48))

    assert await vendors_in(session, await create_run(session, "MAD", house.first.id))
