"""Where a seller is paid. The number is encrypted at rest, and shown by its last four characters only."""

from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import RequiredError
from marketplace.kit.settings import Settings
from marketplace.people import audit
from marketplace.vendors.legal_ids import checked_iban, checked_rib
from marketplace.vendors.models import BankAccount, BankAccountKind

ENDING_LENGTH = 4


def encrypted_number(number: str, settings: Settings) -> bytes:
    """A checked account number as it is kept. Encrypting it twice gives two different texts."""
    return _cipher(settings).encrypt(number.encode())


def decrypted_number(account: BankAccount, settings: Settings) -> str:
    """The whole number: for bank files only, never for a screen or a log."""
    return decrypted(account.number_encrypted, settings)


def decrypted(number_encrypted: bytes, settings: Settings) -> str:
    """The same of a number copied, still encrypted, from an account: a payout keeps the one it goes to."""
    return _cipher(settings).decrypt(number_encrypted).decode()


def checked_number(kind: BankAccountKind, number: str, field: str = "number") -> str:
    """The number in the form that is kept. Raises BankNumberInvalidError."""
    check = checked_rib if kind is BankAccountKind.RIB else checked_iban
    return check(number, field)


async def set_bank_account(
    session: AsyncSession,
    settings: Settings,
    vendor_id: int,
    *,
    kind: BankAccountKind,
    holder: str,
    bank_name: str,
    number: str,
    actor_id: int | None,
) -> BankAccount:
    """Keep where a seller is paid, in place of what was there; the log says who changed it, not to what.

    Raises BankNumberInvalidError, RequiredError.
    """
    holder = " ".join(holder.split())
    if not holder:
        raise RequiredError("Whose account is it? Give the holder as the bank writes it.", field="holder")
    checked = checked_number(kind, number)
    account = await session.scalar(
        select(BankAccount).where(BankAccount.vendor_id == vendor_id).with_for_update()
    )
    replaced = account.number_ending if account else None
    if account is None:
        account = BankAccount(vendor_id=vendor_id)
        session.add(account)
    account.kind = kind
    account.holder = holder
    account.bank_name = " ".join(bank_name.split())
    account.number_encrypted = encrypted_number(checked, settings)
    account.number_ending = checked[-ENDING_LENGTH:]
    await session.flush()
    await audit.record(
        session,
        actor_id,
        "bank_account.changed",
        "Vendor",
        vendor_id,
        ending=account.number_ending,
        replaced_ending=replaced,
    )
    return account


def _cipher(settings: Settings) -> MultiFernet:
    """The first key encrypts, every key decrypts: so a key can be replaced without a stop."""
    keys = [key.strip() for key in settings.bank_keys.get_secret_value().split(",")]
    return MultiFernet([Fernet(key) for key in keys if key])
