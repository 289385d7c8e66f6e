"""Where a seller is paid is changed with a second yes, held for two days, and can be undone in these."""

from datetime import timedelta
from types import ModuleType

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.database import Database
from marketplace.kit.errors import DomainError
from marketplace.kit.settings import Settings
from marketplace.payouts.key_rotation import rotate_keys
from marketplace.people.models import AuditEntry
from marketplace.people.permissions import Permission
from marketplace.vendors import bank_changes
from marketplace.vendors.bank import decrypted, decrypted_number, encrypted_number
from marketplace.vendors.bank_changes import NewAccount
from marketplace.vendors.bank_models import BankChange, BankChangeStatus
from marketplace.vendors.models import BankAccount, BankAccountKind, Vendor, VendorStatus
from tests.factories.payouts import make_bank_account, rib
from tests.factories.people import make_staff
from tests.factories.sellers import letters_asked_for
from tests.factories.vendors import make_vendor

RIB = "011519000001205000534921"


def new_account(number: str = RIB, **given: str) -> NewAccount:
    said = {"holder": " Coopérative  Tifawin", "bank_name": "", "number": number} | given
    return NewAccount(kind=BankAccountKind.RIB, **said)


async def ask(session: AsyncSession, settings: Settings, vendor: Vendor, number: str = RIB) -> BankChange:
    return await bank_changes.ask_to_change(session, settings, vendor.id, new_account(number), actor_id=None)


async def account_of(session: AsyncSession, vendor: Vendor) -> BankAccount | None:
    return await session.scalar(select(BankAccount).filter_by(vendor_id=vendor.id))


async def test_nothing_changes_before_the_contact_has_said_yes(
    session: AsyncSession, settings: Settings
) -> None:
    vendor = await make_vendor(session, email="tifawin@example.test", phone="+212600000001")
    change = await ask(session, settings, vendor)
    assert await account_of(session, vendor) is None
    assert RIB.encode() not in change.number_encrypted
    letters = await letters_asked_for(session)
    assert [(each["letter"], each.get("email") or each.get("phone")) for each in letters] == [
        ("BANK_CONFIRM", "tifawin@example.test"),
        ("BANK_CONFIRM", "+212600000001"),
    ]
    assert RIB not in str(letters)


async def test_a_confirmed_account_is_paid_into_from_two_days_on(
    session: AsyncSession, settings: Settings, clock: ModuleType
) -> None:
    vendor = await make_vendor(session, email="tifawin@example.test")
    await bank_changes.confirm(session, (await ask(session, settings, vendor)).id)
    account = await account_of(session, vendor)
    assert account is not None
    assert decrypted_number(account, settings) == RIB
    assert (account.holder, account.number_ending) == ("Coopérative Tifawin", "4921")
    held_for = (account.payable_from or clock.now()) - clock.now()
    assert timedelta(hours=47, minutes=59) < held_for <= timedelta(hours=48)


async def test_the_old_accounts_contact_is_asked_whatever_the_seller_says_now(
    session: AsyncSession, settings: Settings
) -> None:
    vendor = await make_vendor(session, email="thief@example.test")
    await make_bank_account(
        session, vendor, settings.bank_keys.get_secret_value(), contact_email="old@example.test"
    )
    change = await ask(session, settings, vendor)
    await bank_changes.confirm(session, change.id)
    letters = await letters_asked_for(session)
    assert [(each["letter"], each["email"]) for each in letters] == [
        ("BANK_CONFIRM", "old@example.test"),
        ("BANK_CHANGED", "old@example.test"),
    ]


async def test_it_was_not_me_puts_the_old_account_back_and_tells_the_staff(
    session: AsyncSession, settings: Settings
) -> None:
    staff = await make_staff(session, Permission.MANAGE_VENDORS)
    vendor = await make_vendor(session, email="tifawin@example.test")
    old = await make_bank_account(session, vendor, settings.bank_keys.get_secret_value())
    before = (decrypted_number(old, settings), old.holder, old.number_ending)
    change = await ask(session, settings, vendor)
    await bank_changes.confirm(session, change.id)
    await bank_changes.undo(session, change.id)
    account = await account_of(session, vendor)
    assert account is not None
    assert (decrypted_number(account, settings), account.holder, account.number_ending) == before
    assert account.payable_from is None
    letters = await letters_asked_for(session)
    assert [(each["letter"], each["email"]) for each in letters[-2:]] == [
        ("BANK_UNDONE", "tifawin@example.test"),
        ("BANK_UNDONE_STAFF", staff.email),
    ]
    with pytest.raises(DomainError):
        await bank_changes.undo(session, change.id)


async def test_a_first_account_that_is_undone_is_gone(session: AsyncSession, settings: Settings) -> None:
    vendor = await make_vendor(session, email="tifawin@example.test")
    change = await ask(session, settings, vendor)
    await bank_changes.confirm(session, change.id)
    await bank_changes.undo(session, change.id)
    assert await account_of(session, vendor) is None


@pytest.mark.parametrize("what", [bank_changes.confirm, bank_changes.undo, bank_changes.decline])
async def test_a_link_is_good_for_a_while_only(
    session: AsyncSession, settings: Settings, clock: ModuleType, what: object
) -> None:
    vendor = await make_vendor(session, email="tifawin@example.test")
    change = await ask(session, settings, vendor)
    if what is bank_changes.undo:
        await bank_changes.confirm(session, change.id)
    clock.advance(timedelta(hours=49))
    with pytest.raises(DomainError) as refused:
        await what(session, change.id)  # type: ignore[operator]
    assert refused.value.code == "INVALID_TOKEN"


async def test_only_the_last_change_that_was_asked_for_can_be_confirmed(
    session: AsyncSession, settings: Settings
) -> None:
    vendor = await make_vendor(session, email="tifawin@example.test")
    first = await ask(session, settings, vendor)
    second = await ask(session, settings, vendor, rib(7))
    assert first.status is BankChangeStatus.CANCELED
    with pytest.raises(DomainError):
        await bank_changes.confirm(session, first.id)
    await bank_changes.confirm(session, second.id)


async def test_no_further_change_is_asked_for_while_one_can_be_undone(
    session: AsyncSession, settings: Settings, clock: ModuleType
) -> None:
    vendor = await make_vendor(session, email="tifawin@example.test")
    await bank_changes.confirm(session, (await ask(session, settings, vendor)).id)
    with pytest.raises(DomainError) as refused:
        await ask(session, settings, vendor, rib(7))
    assert refused.value.code == "WRONG_STATUS"
    clock.advance(timedelta(hours=48, seconds=1))
    await ask(session, settings, vendor, rib(7))


async def test_letters_are_not_asked_for_without_end(session: AsyncSession, settings: Settings) -> None:
    vendor = await make_vendor(session, email="tifawin@example.test")
    for _ in range(bank_changes.MOST_IN_A_DAY):
        await ask(session, settings, vendor)
    with pytest.raises(DomainError) as refused:
        await ask(session, settings, vendor)
    assert refused.value.code == "LIMIT_REACHED"


@pytest.mark.parametrize(
    ("given", "seller", "field", "code"),
    [
        ({"number": RIB[::-1]}, {}, "number", "BANK_NUMBER_INVALID"),
        ({"holder": " "}, {}, "holder", "REQUIRED"),
        ({"holder": "x" * 141}, {}, "holder", "INVALID"),
        ({}, {"email": ""}, "vendorId", "REQUIRED"),
        ({}, {"status": VendorStatus.CLOSED}, "vendorId", "WRONG_STATUS"),
    ],
)
async def test_what_can_not_be_paid_into_is_refused_and_nothing_is_kept(
    session: AsyncSession,
    settings: Settings,
    given: dict[str, str],
    seller: dict[str, object],
    field: str,
    code: str,
) -> None:
    vendor = await make_vendor(session, **{"email": "tifawin@example.test"} | seller)
    with pytest.raises(DomainError) as refused:
        await bank_changes.ask_to_change(session, settings, vendor.id, new_account(**given), actor_id=None)
    assert (refused.value.field, refused.value.code) == (field, code)
    assert await session.scalar(select(BankChange)) is None


async def test_the_log_names_no_number(session: AsyncSession, settings: Settings) -> None:
    vendor = await make_vendor(session, email="tifawin@example.test")
    await make_bank_account(session, vendor, settings.bank_keys.get_secret_value(), number=rib(5))
    await bank_changes.confirm(session, (await ask(session, settings, vendor)).id)
    entries = list(await session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
    assert [entry.action for entry in entries] == ["bank_account.asked", "bank_account.confirmed"]
    assert entries[-1].details == {"ending": "4921", "replaced_ending": rib(5)[-4:]}


async def test_keys_are_rotated_in_batches_and_a_second_run_changes_nothing(
    database: Database,
) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    before = database.settings.model_copy(update={"bank_keys": SecretStr(old)})
    after = database.settings.model_copy(update={"bank_keys": SecretStr(f"{new},{old}")})
    only_new = database.settings.model_copy(update={"bank_keys": SecretStr(new)})
    async with database.transaction() as session:
        for number in range(5):
            vendor = await make_vendor(session, email="tifawin@example.test")
            await make_bank_account(session, vendor, old, number=rib(number + 100))
        change = await ask(session, before, vendor)
        change.previous_kind, change.previous_number_encrypted = change.kind, encrypted_number(RIB, before)
    done = await rotate_keys(database, after, batch=2)
    assert done == {
        "bank_account.number_encrypted": 5,
        "bank_change.number_encrypted": 1,
        "bank_change.previous_number_encrypted": 1,
        "payout.account_number_encrypted": 0,
    }
    async with database.transaction() as session:
        numbers = [decrypted_number(each, only_new) for each in await session.scalars(select(BankAccount))]
        kept = (await session.scalars(select(BankChange))).one()
        assert decrypted(kept.number_encrypted, only_new) == RIB
    assert sorted(numbers) == sorted(rib(number + 100) for number in range(5))
    assert not any((await rotate_keys(database, after, batch=2)).values())
