"""Numbers of accounts and of registers: checked, encrypted, put under other keys."""

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from marketplace.kit.errors import DomainError
from marketplace.kit.settings import Settings
from marketplace.vendors.bank import decrypted_number, encrypted_number, on_newest_key
from marketplace.vendors.legal_ids import LegalId, checked_iban, checked_ice, checked_legal_id, checked_rib
from marketplace.vendors.models import BankAccount

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


async def test_keys_can_be_replaced_without_losing_what_the_old_ones_hid(settings: Settings) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    before = settings.model_copy(update={"bank_keys": SecretStr(old)})
    after = settings.model_copy(update={"bank_keys": SecretStr(f"{new}, {old}")})
    account = BankAccount(number_encrypted=encrypted_number(RIB, before))
    assert decrypted_number(account, after) == RIB
    renewed = on_newest_key(account.number_encrypted, after)
    assert renewed is not None
    assert on_newest_key(renewed, after) is None
    account.number_encrypted = renewed
    only_new = settings.model_copy(update={"bank_keys": SecretStr(new)})
    assert decrypted_number(account, only_new) == RIB


@pytest.mark.parametrize(
    ("kind", "number", "kept"),
    [
        (LegalId.TAX_ID, "1 234 567", "1234567"),
        (LegalId.NINEA, "306 7221", "3067221"),
        (LegalId.NINEA, "3067221 2G2", "30672212G2"),
        (LegalId.TAX_ACCOUNT, "0123456 a", "0123456A"),
        (LegalId.SOCIAL_SECURITY, "1234567", "1234567"),
        (LegalId.LOCAL_REGISTER, "  123/2019 ", "123/2019"),
        (LegalId.CRAFT_REGISTER, "ص 12-345", "ص 12-345"),
    ],
)
def test_numbers_of_registers_are_kept_in_one_form(kind: LegalId, number: str, kept: str) -> None:
    assert checked_legal_id(kind, number) == kept


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (LegalId.TAX_ID, "123456"),
        (LegalId.TAX_ID, "123456789"),
        (LegalId.TAX_ID, "١٢٣٤٥٦٧"),
        (LegalId.NINEA, "3067222"),
        (LegalId.TAX_ACCOUNT, "12345678"),
        (LegalId.PROFESSIONAL_TAX, "12"),
        (LegalId.ODCO, "sans"),
        (LegalId.LOCAL_REGISTER, "1" * 41),
        (LegalId.TRADE_REGISTER, "<12>"),
    ],
)
def test_numbers_that_no_register_gives_are_refused(kind: LegalId, number: str) -> None:
    with pytest.raises(DomainError) as refused:
        checked_legal_id(kind, number)
    assert refused.value.field == "legalIds"
