"""Cash that sellers fetch: prepared with a receipt and a code, handed over once, or payable again."""

import io
from datetime import timedelta
from types import ModuleType

import pytest
from pypdf import PdfReader
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from marketplace.kit.errors import InvalidError, NotFoundError, RequiredError
from marketplace.kit.jobs import Work
from marketplace.kit.money import Money
from marketplace.kit.settings import Settings
from marketplace.kit.storage import Storage, storage_from
from marketplace.payouts.answers import import_answer
from marketplace.payouts.cash_models import CashPickup
from marketplace.payouts.counter import TRIES, hand_over, move_cash, renew_code, return_unfetched
from marketplace.payouts.errors import CashBoxShortError, CodeWrongError, NothingToPayError, RunStateError
from marketplace.payouts.ledger import Account
from marketplace.payouts.models import Payout, PayoutRun, PayoutRunStatus, PayoutStatus
from marketplace.payouts.runs import create_run
from marketplace.payouts.sending import send
from marketplace.payouts.verifying import verify
from marketplace.people.models import User
from marketplace.vendors.bank import decrypted
from marketplace.vendors.models import MemberRole, PayoutMethod
from tests.factories.payouts import approve
from tests.factories.people import make_user
from tests.factories.vendors import make_member
from tests.payouts.conftest import House, balance_of, earn, total_of
from tests.shared_connection import SharedConnection


@pytest.fixture
async def treasurer(session: AsyncSession, house: House) -> User:
    """Of the first seller, which wants its money in cash."""
    house.sellers[0].payout_method = PayoutMethod.CASH_PICKUP
    user = await make_user(session, first_name="Fatima", last_name="Aït Baha", language_code="ar")
    await make_member(session, house.sellers[0], user, MemberRole.TREASURER)
    return user


@pytest.fixture
def storage(settings: Settings) -> Storage:
    return storage_from(settings)


@pytest.fixture
async def payout(
    session: AsyncSession,
    connection: AsyncConnection,
    settings: Settings,
    house: House,
    treasurer: User,
    clock: ModuleType,
    storage: Storage,
) -> Payout:
    """A payout of 90.40 MAD that waits at the counter; the run pays another seller by its bank."""
    await earn(session, clock, house, 100_00, 200_00)
    run = await create_run(session, "MAD", house.first.id)
    await approve(session, run.id, house.first, house.second, settings)
    await session.flush()
    work = Work(session, SharedConnection(settings, connection), settings, storage)
    for _ in range(2):
        await send(work, run.id)
    query = select(Payout).where(Payout.method == PayoutMethod.CASH_PICKUP)
    return (await session.scalars(query.execution_options(populate_existing=True))).one()


async def pickup_of(session: AsyncSession, payout: Payout) -> CashPickup:
    return await session.get_one(CashPickup, payout.id, populate_existing=True)


async def code_of(session: AsyncSession, settings: Settings, payout: Payout) -> str:
    return decrypted((await pickup_of(session, payout)).code_encrypted, settings)


async def fetch(
    session: AsyncSession, settings: Settings, house: House, payout: Payout, **given: str
) -> Payout:
    said = {"code": await code_of(session, settings, payout)} | given
    return await hand_over(session, settings, payout.id, actor_id=house.first.id, **said)


async def fill(session: AsyncSession, house: House, minor: int = 500_00, reference: str = "RET-1") -> None:
    await move_cash(session, Money(minor, "MAD"), reference, house.first.id)


async def test_a_run_of_both_ways_has_a_file_and_a_receipt(
    session: AsyncSession, payout: Payout, storage: Storage
) -> None:
    run = await session.get_one(PayoutRun, payout.run_id)
    assert (payout.status, run.status) == (PayoutStatus.SENT, PayoutRunStatus.SENT)
    assert (await storage.get(run.pain001_path or "")).count(b"<CdtTrfTxInf>") == 1
    pickup = await pickup_of(session, payout)
    assert pickup.receipts.keys() == {"fr", "ar", "en"}
    said = {}
    for language, key in pickup.receipts.items():
        [page] = PdfReader(io.BytesIO(await storage.get(key))).pages
        said[language] = page.extract_text()
    assert f"{pickup.receipt_check[:4]}-{pickup.receipt_check[4:]}" in said["en"]
    assert "90,40" in said["fr"]
    assert "90,40" in said["ar"]
    jobs = await session.scalars(
        text("SELECT args FROM procrastinate_jobs WHERE task_name = 'post.cash_waits'")
    )
    assert list(jobs) == [{"payout_id": str(payout.id), "code_number": 1}]


async def test_who_has_the_code_gets_the_cash_once(
    session: AsyncSession, settings: Settings, house: House, payout: Payout, treasurer: User
) -> None:
    await fill(session, house)
    code = await code_of(session, settings, payout)
    shown = f" {code[:4]}-{code[4:]} "
    for _ in range(2):
        await fetch(session, settings, house, payout, code=shown, received_by=treasurer.email.upper())

    pickup = await pickup_of(session, payout)
    assert payout.status is PayoutStatus.PAID
    assert (pickup.received_by_name, pickup.handed_over_by_id) == ("Fatima Aït Baha", house.first.id)
    assert await total_of(session, Account.CASH_BOX) == 500_00 - 90_40
    assert await verify(session) == []


async def test_a_run_closes_once_its_bank_and_the_counter_are_done(
    session: AsyncSession, settings: Settings, house: House, payout: Payout, treasurer: User
) -> None:
    run = await session.get_one(PayoutRun, payout.run_id)
    other = (await session.scalars(select(Payout).where(Payout.id != payout.id))).one()
    sheet = f"end_to_end_id;status\n{other.end_to_end_id};PAID"
    await import_answer(session, run.id, sheet.encode())
    assert run.status is PayoutRunStatus.SENT
    await fill(session, house)
    await fetch(session, settings, house, payout, received_by=treasurer.email)

    assert run.status is PayoutRunStatus.CLOSED


async def test_wrong_codes_are_counted_and_a_new_one_helps(
    session: AsyncSession, settings: Settings, house: House, payout: Payout, treasurer: User
) -> None:
    await fill(session, house)
    lost = await code_of(session, settings, payout)
    wrong = "x" if lost != "x" else "y"
    for _ in range(TRIES):
        with pytest.raises(CodeWrongError, match="not the code"):
            await fetch(session, settings, house, payout, code=wrong, received_by=treasurer.email)
    with pytest.raises(CodeWrongError, match="Too many"):
        await fetch(session, settings, house, payout, received_by=treasurer.email)
    await renew_code(session, settings, payout.id, house.first.id)
    with pytest.raises(CodeWrongError):
        await fetch(session, settings, house, payout, code=lost, received_by=treasurer.email)
    await fetch(session, settings, house, payout, received_by=treasurer.email)

    assert payout.status is PayoutStatus.PAID


async def test_only_members_of_the_seller_receive_it(
    session: AsyncSession, settings: Settings, house: House, payout: Payout
) -> None:
    await fill(session, house)
    stranger = await make_user(session)
    await make_member(session, house.sellers[1], stranger, MemberRole.OWNER)
    for email in (stranger.email, "nobody@example.test"):
        with pytest.raises(NotFoundError) as caught:
            await fetch(session, settings, house, payout, received_by=email)
        assert caught.value.field == "receivedBy"


async def test_the_box_is_never_below_nothing(
    session: AsyncSession, settings: Settings, house: House, payout: Payout, treasurer: User
) -> None:
    with pytest.raises(CashBoxShortError):
        await fetch(session, settings, house, payout, received_by=treasurer.email)
    await fill(session, house, 100_00)
    with pytest.raises(CashBoxShortError):
        await fill(session, house, -100_01, "VERS-1")
    await fetch(session, settings, house, payout, received_by=treasurer.email)
    await fill(session, house, -9_60, "VERS-1")

    assert await total_of(session, Account.CASH_BOX) == 0


async def test_a_movement_that_is_told_twice_is_booked_once(session: AsyncSession, house: House) -> None:
    bank = await total_of(session, Account.BANK)
    for _ in range(2):
        await fill(session, house, 100_00)
    with pytest.raises(InvalidError, match="already"):
        await fill(session, house, 200_00)
    with pytest.raises(RequiredError):
        await fill(session, house, 1, "  ")
    with pytest.raises(InvalidError):
        await fill(session, house, 0, "RET-2")

    assert await total_of(session, Account.BANK) == bank - 100_00


async def test_what_nobody_fetches_is_payable_again(
    session: AsyncSession,
    settings: Settings,
    house: House,
    payout: Payout,
    treasurer: User,
    clock: ModuleType,
) -> None:
    assert await return_unfetched(session) == 0
    clock.advance(timedelta(days=settings.cash_pickup_days))
    assert [await return_unfetched(session) for _ in range(2)] == [1, 0]

    assert payout.status is PayoutStatus.RETURNED
    assert (await balance_of(session, house.sellers[0])).payable == Money(90_40, "MAD")
    await fill(session, house)
    with pytest.raises(RunStateError):
        await fetch(session, settings, house, payout, received_by=treasurer.email)
    with pytest.raises(RunStateError):
        await renew_code(session, settings, payout.id, house.first.id)
    assert await verify(session) == []


async def test_what_was_fetched_stays_fetched(
    session: AsyncSession,
    settings: Settings,
    house: House,
    payout: Payout,
    treasurer: User,
    clock: ModuleType,
) -> None:
    await fill(session, house)
    await fetch(session, settings, house, payout, received_by=treasurer.email)
    clock.advance(timedelta(days=settings.cash_pickup_days))

    assert await return_unfetched(session) == 0


async def test_who_has_nobody_to_tell_the_code_is_left_out(
    session: AsyncSession, house: House, treasurer: User, clock: ModuleType
) -> None:
    treasurer.is_active = False
    await earn(session, clock, house, 100_00)

    with pytest.raises(NothingToPayError):
        await create_run(session, "MAD", house.first.id)


async def test_a_transfer_is_not_handed_over(
    session: AsyncSession, settings: Settings, house: House, payout: Payout, treasurer: User
) -> None:
    other = (await session.scalars(select(Payout).where(Payout.id != payout.id))).one()
    with pytest.raises(RunStateError, match="not fetched in cash"):
        await hand_over(
            session, settings, other.id, code="1", received_by=treasurer.email, actor_id=house.first.id
        )
