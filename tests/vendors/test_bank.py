"""Where a seller is paid."""

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError
from marketplace.kit.settings import Settings
from marketplace.people.models import AuditEntry
from marketplace.vendors.bank import decrypted_number, encrypted_number
from marketplace.vendors.legal_ids import checked_iban, checked_ice, checked_rib
from marketplace.vendors.models import BankAccount, BankAccountKind
from tests.factories.vendors import make_vendor

RIB = "011519000001205000534921"
IBAN = "MA64" + RIB


def test_numbers_with_right_check_digits_are_kept_without_blanks() -> None:
    assert checked_rib("011 519 0000012050005349 21") == RIB
    assert checked_iban("ma64 0115 1900 0001 2050 0053 4921") == IBAN
    assert checked_ice("00 15 61 191 0000 66") == "001561191000066"


@pytest.mark.parametrize(
    ("check", "number"),
    [
        (checked_rib, RIB[:-1]),
        (checked_rib, RIB[:-1] + "2"),
        (checked_rib, "0" * 24),
        (checked_rib, ""),
        (checked_rib, "٠١١٥١٩٠٠٠٠٠١٢٠٥٠٠٠٥٣٤٩٢١"),
        (checked_iban, IBAN[:-1] + "2"),
        (checked_iban, "XX00"),
        (checked_iban, "FR1420041010050500013M02607"),
        (checked_iban, "MA64"),
        (checked_ice, "001561191000065"),
        (checked_ice, "12345"),
    ],
)
def test_numbers_with_wrong_check_digits_are_refused(check: object, number: str) -> None:
    with pytest.raises(DomainError):
        check(number)  # type: ignore[operator]


@given(st.integers(0, 10**22 - 1), st.integers(1, 96))
def test_one_wrong_key_never_passes(account: int, wrong_by: int) -> None:
    key = 97 - account * 100 % 97
    right = f"{account:022}{key:02}"
    assert checked_rib(right) == right
    wrong = f"{account:022}{(key + wrong_by - 1) % 97 + 1:02}"
    with pytest.raises(DomainError):
        checked_rib(wrong)


async def test_only_the_ending_of_a_number_can_be_read_in_the_table(
    session: AsyncSession, settings: Settings
) -> None:
    vendor = await make_vendor(session)
    account = await set_bank_account(
        session,
        settings,
        vendor.id,
        kind=BankAccountKind.RIB,
        holder=" Coopérative  Tifawin",
        bank_name="",
        number=RIB,
        actor_id=None,
    )
    assert RIB.encode() not in account.number_encrypted
    assert (account.number_ending, account.holder) == ("4921", "Coopérative Tifawin")
    assert decrypted_number(account, settings) == RIB


async def test_a_new_account_takes_the_place_of_the_old_and_the_log_names_no_number(
    session: AsyncSession, settings: Settings
) -> None:
    vendor = await make_vendor(session)
    for kind, number in [(BankAccountKind.RIB, RIB), (BankAccountKind.IBAN, "FR1420041010050500013M02606")]:
        await set_bank_account(
            session,
            settings,
            vendor.id,
            kind=kind,
            holder="Tifawin",
            bank_name="",
            number=number,
            actor_id=None,
        )
    account = (await session.scalars(select(BankAccount).filter_by(vendor_id=vendor.id))).one()
    assert (account.kind, account.number_ending) == (BankAccountKind.IBAN, "2606")
    entries = list(await session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
    assert entries[-1].details == {"ending": "2606", "replaced_ending": "4921"}


async def test_a_wrong_number_changes_nothing(session: AsyncSession, settings: Settings) -> None:
    vendor = await make_vendor(session)
    with pytest.raises(DomainError) as refused:
        await set_bank_account(
            session,
            settings,
            vendor.id,
            kind=BankAccountKind.RIB,
            holder="Tifawin",
            bank_name="",
            number=RIB[::-1],
            actor_id=None,
        )
    assert (refused.value.code, refused.value.field) == ("BANK_NUMBER_INVALID", "number")
    assert await session.scalar(select(BankAccount)) is None


async def test_keys_can_be_replaced_without_losing_what_the_old_ones_hid(settings: Settings) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    before = settings.model_copy(update={"bank_keys": SecretStr(old)})
    after = settings.model_copy(update={"bank_keys": SecretStr(f"{new}, {old}")})
    account = BankAccount(number_encrypted=encrypted_number(RIB, before))
    assert decrypted_number(account, after) == RIB
