"""Account numbers: encrypted at rest, and shown by their last four characters only."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from marketplace.kit.settings import Settings
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


def on_newest_key(number_encrypted: bytes, settings: Settings) -> bytes | None:
    """The same number under the key that encrypts now; None where it is under that one already."""
    cipher = _cipher(settings)
    try:
        _newest(settings).decrypt(number_encrypted)
    except InvalidToken:
        return cipher.rotate(number_encrypted)
    return None


def _cipher(settings: Settings) -> MultiFernet:
    """The first key encrypts, every key decrypts: so a key can be replaced without a stop."""
    return MultiFernet(_keys(settings))


def _newest(settings: Settings) -> Fernet:
    return _keys(settings)[0]


def _keys(settings: Settings) -> list[Fernet]:
    keys = [key.strip() for key in settings.bank_keys.get_secret_value().split(",")]
    return [Fernet(key) for key in keys if key]
