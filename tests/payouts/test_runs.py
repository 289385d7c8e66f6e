"""Payout runs: money is set aside once, another person approves, what is called off is payable again."""

import asyncio
from types import ModuleType

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.database import Database
from marketplace.kit.errors import InvalidError, NotFoundError
from marketplace.kit.money import Money
from marketplace.kit.settings import Settings
from marketplace.payouts.errors import (
    FourEyesError,
    LedgerInconsistentError,
    NothingToPayError,
    RunStateError,
)
from marketplace.payouts.journal import Entry, Line, record
from marketplace.payouts.ledger import Account
from marketplace.payouts.models import Payout, PayoutLine, PayoutRun, PayoutRunStatus, PayoutStatus
from marketplace.payouts.runs import approve_run, cancel_run, create_run, queue_unsent, review_run
from marketplace.vendors.models import VendorStatus
from tests.factories.payouts import Piece, approve, make_bank_account, place_order
from tests.factories.vendors import make_vendor
from tests.payouts.conftest import House, balance_of, earn, make_house


async def payouts_of(session: AsyncSession, run: PayoutRun) -> list[Payout]:
    return list(await session.scalars(select(Payout).where(Payout.run_id == run.id).order_by(Payout.number)))


async def test_a_run_pays_each_seller_its_whole_balance_and_sets_it_aside(
    session: AsyncSession, house: House, clock: ModuleType
) -> None:
    first = await earn(session, clock, house, 1000_00, 500_00)
    again = await earn(session, clock, house, 100_00)
    run = await create_run(session, "MAD", house.first.id)

    payouts = await payouts_of(session, run)
    assert [payout.amount_minor for payout in payouts] == [904_00 + 90_40, 452_00]
    assert {payout.status for payout in payouts} == {PayoutStatus.PENDING}
    lines = await session.scalars(select(PayoutLine).where(PayoutLine.payout_id == payouts[0].id))
    assert {(line.vendor_order_id, line.amount_minor) for line in lines} == {
        (first[0].id, 904_00),
        (again[0].id, 90_40),
    }
    balance = await balance_of(session, house.sellers[0])
    assert (balance.payable, balance.in_transit) == (Money(0, "MAD"), Money(994_40, "MAD"))


async def test_a_second_click_finds_nothing_left_to_pay(
    session: AsyncSession, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00)
    await create_run(session, "MAD", house.first.id)

    with pytest.raises(NothingToPayError):
        await create_run(session, "MAD", house.first.id)


async def test_two_people_at_once_make_one_run(
    database: Database, settings: Settings, clock: ModuleType
) -> None:
    async with database.transaction() as session:
        house = await make_house(session, settings, sellers=5)
        await earn(session, clock, house, 100_00, 200_00, 300_00, 400_00, 500_00)

    async def click(user_id: int) -> int | None:
        try:
            async with database.transaction() as session:
                return (await create_run(session, "MAD", user_id)).id
        except NothingToPayError:
            return None

    runs = await asyncio.gather(*(click(user.id) for user in (house.first, house.second) * 3))

    assert len([run for run in runs if run]) == 1
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Payout)) == 5
        for vendor in house.sellers:
            assert (await balance_of(session, vendor)).payable == Money(0, "MAD")


async def test_who_is_below_its_minimum_has_no_account_or_is_suspended_is_left_out(
    session: AsyncSession, settings: Settings, clock: ModuleType
) -> None:
    house = await make_house(session, settings, sellers=4)
    small, suspended, paid, exact = house.sellers
    house.sellers.append(await make_vendor(session))  # Without an account.
    await earn(session, clock, house, 100_00, 100_00, 100_00, 100_00, 100_00)
    small.payout_minimum_minor, exact.payout_minimum_minor = 90_41, 90_40
    suspended.status = VendorStatus.SUSPENDED

    run = await create_run(session, "MAD", house.first.id)

    assert {payout.vendor_id for payout in await payouts_of(session, run)} == {paid.id, exact.id}


async def test_a_run_may_be_for_named_sellers_only(
    session: AsyncSession, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00, 100_00)
    run = await create_run(session, "MAD", house.first.id, [house.sellers[1].id])

    assert [payout.vendor_id for payout in await payouts_of(session, run)] == [house.sellers[1].id]


async def test_a_run_pays_one_currency(session: AsyncSession, house: House, clock: ModuleType) -> None:
    await earn(session, clock, house, 100_00)

    with pytest.raises(NothingToPayError):
        await create_run(session, "XOF", house.first.id)
    with pytest.raises(InvalidError) as caught:
        await create_run(session, "BTC", house.first.id)
    assert caught.value.field == "currency"


async def test_a_refund_after_the_payout_is_a_negative_line_of_the_next(
    session: AsyncSession, house: House, clock: ModuleType
) -> None:
    vendor = house.sellers[0]
    parts = await earn(session, clock, house, 1000_00)
    await create_run(session, "MAD", house.first.id)
    refund = [
        Line(Account.VENDOR_PAYABLE, 50_00, "MAD", vendor.id),
        Line(Account.GATEWAY_RECEIVABLE, -50_00, "MAD"),
    ]
    await record(session, [Entry("refunded:1", "refunded", refund, "Avoir", parts[0].id)])
    assert (await balance_of(session, vendor)).payable == Money(-50_00, "MAD")
    with pytest.raises(NothingToPayError):
        await create_run(session, "MAD", house.first.id)

    await earn(session, clock, house, 100_00)
    [payout] = await payouts_of(session, await create_run(session, "MAD", house.first.id))
    assert payout.amount_minor == 90_40 - 50_00
    amounts = await session.scalars(select(PayoutLine.amount_minor).where(PayoutLine.payout_id == payout.id))
    assert sorted(amounts) == [-50_00, 90_40]


async def test_a_payout_keeps_the_account_it_was_made_for(
    session: AsyncSession, settings: Settings, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00)
    run = await create_run(session, "MAD", house.first.id)
    [payout] = await payouts_of(session, run)
    ending = payout.account_number_ending
    await session.execute(text("DELETE FROM bank_account"))
    account = await make_bank_account(
        session, house.sellers[0], settings.bank_keys.get_secret_value(), holder="Somebody else"
    )
    await session.refresh(payout)

    assert payout.account_number_ending == ending != account.number_ending
    assert payout.account_holder == house.sellers[0].name


async def test_who_made_a_run_cannot_approve_it(
    session: AsyncSession, settings: Settings, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00)
    run = await create_run(session, "MAD", house.first.id)

    with pytest.raises(FourEyesError, match="You made this run"):
        await approve(session, run.id, house.second, house.first, settings)

    assert run.status is PayoutRunStatus.REVIEWED


async def test_who_reviewed_a_run_of_the_schedule_cannot_approve_it(
    session: AsyncSession, settings: Settings, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00)
    run = await create_run(session, "MAD", None)

    with pytest.raises(RunStateError, match="Only a reviewed run"):
        await approve_run(session, run.id, house.second.id, settings)
    for _ in range(2):
        await review_run(session, run.id, house.first.id)
    with pytest.raises(RunStateError):
        await review_run(session, run.id, house.second.id)
    with pytest.raises(FourEyesError, match="You reviewed this run"):
        await approve_run(session, run.id, house.first.id, settings)
    await approve_run(session, run.id, house.second.id, settings)

    assert (run.reviewed_by_id, run.approved_by_id) == (house.first.id, house.second.id)


@pytest.mark.parametrize("approver", ["created_by_id", "reviewed_by_id"])
async def test_the_database_itself_wants_two_persons(
    session: AsyncSession, house: House, clock: ModuleType, approver: str
) -> None:
    await earn(session, clock, house, 100_00)
    run = await create_run(session, "MAD", house.first.id)
    await review_run(session, run.id, house.second.id)

    with pytest.raises(IntegrityError, match=r"four_eyes|two_persons"):
        await session.execute(text(f"UPDATE payout_run SET approved_by_id = {approver}"))  # noqa: S608


async def test_a_run_nobody_reviewed_is_approved_by_nobody(
    session: AsyncSession, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00)
    run = await create_run(session, "MAD", house.first.id)

    with pytest.raises(IntegrityError, match="two_persons"):
        await session.execute(update(PayoutRun).values(approved_by_id=house.second.id))
    assert run.id


async def test_an_approval_queues_one_job_however_often_it_is_clicked(
    session: AsyncSession, settings: Settings, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00)
    run = await create_run(session, "MAD", house.first.id)
    await review_run(session, run.id, house.first.id)
    for _ in range(2):
        run = await approve_run(session, run.id, house.second.id, settings)

    assert run.status is PayoutRunStatus.APPROVED
    assert run.message_id == f"SIL-{clock.now():%Y%m%d}-R{run.id}"
    ours = "SELECT task_name, args FROM procrastinate_jobs WHERE task_name ~ '^payouts'"
    jobs = await session.execute(text(ours))
    assert [tuple(job) for job in jobs] == [("payouts.send", {"run_id": run.id})]


async def test_a_run_whose_job_was_lost_is_queued_again_once(
    session: AsyncSession, settings: Settings, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00)
    run = await create_run(session, "MAD", house.first.id)
    assert await queue_unsent(session) == 0
    await approve(session, run.id, house.first, house.second, settings)
    assert await queue_unsent(session) == 0
    await session.execute(
        text("UPDATE procrastinate_jobs SET status = 'failed' WHERE task_name ~ '^payouts'")
    )
    assert [await queue_unsent(session) for _ in range(2)] == [1, 0]

    waiting = await session.execute(
        text("SELECT args FROM procrastinate_jobs WHERE status = 'todo' AND task_name ~ '^payouts'")
    )
    assert [args for (args,) in waiting] == [{"run_id": run.id}]


async def test_a_draft_that_is_called_off_makes_its_money_payable_again(
    session: AsyncSession, settings: Settings, house: House, clock: ModuleType
) -> None:
    [part] = await earn(session, clock, house, 100_00)
    run = await create_run(session, "MAD", house.first.id)
    for _ in range(2):
        await cancel_run(session, run.id, house.first.id)

    assert (await balance_of(session, house.sellers[0])).payable == Money(90_40, "MAD")
    with pytest.raises(RunStateError):
        await approve_run(session, run.id, house.second.id, settings)
    [payout] = await payouts_of(session, await create_run(session, "MAD", house.first.id))
    lines = await session.scalars(select(PayoutLine.vendor_order_id).where(PayoutLine.payout_id == payout.id))
    assert list(lines) == [part.id]


async def test_an_approved_run_cannot_be_called_off(
    session: AsyncSession, settings: Settings, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00)
    run = await create_run(session, "MAD", house.first.id)
    await approve(session, run.id, house.first, house.second, settings)

    with pytest.raises(RunStateError):
        await cancel_run(session, run.id, house.first.id)


async def test_there_is_no_run_of_an_unknown_number(session: AsyncSession, settings: Settings) -> None:
    with pytest.raises(NotFoundError):
        await approve_run(session, 404, 1, settings)


async def test_no_run_is_made_of_a_balance_that_its_entries_do_not_explain(
    session: AsyncSession, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00)
    run = await create_run(session, "MAD", house.first.id)
    await cancel_run(session, run.id, house.first.id)
    await session.execute(text("UPDATE payout SET status = 'PAID'"))

    with pytest.raises(LedgerInconsistentError):
        await create_run(session, "MAD", house.first.id)


async def test_an_order_of_many_sellers_is_paid_to_each_on_its_own(
    session: AsyncSession, settings: Settings, clock: ModuleType
) -> None:
    house = await make_house(session, settings, sellers=3)
    await place_order(session, house.channel, [Piece(house.sellers[2], 77_00)])  # Not delivered: not paid.
    await earn(session, clock, house, 10_00, 20_00, 30_00)
    run = await create_run(session, "MAD", house.first.id)

    assert [payout.amount_minor for payout in await payouts_of(session, run)] == [9_04, 18_08, 27_12]
