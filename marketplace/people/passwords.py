"""Passwords: argon2id, hashed beside the event loop, never written anywhere else."""

import asyncio
import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from marketplace.kit.errors import DomainError, InvalidError
from marketplace.people.errors import (
    PasswordEntirelyNumericError,
    PasswordTooCommonError,
    PasswordTooShortError,
    PasswordTooSimilarError,
)
from marketplace.people.models import User

MINIMUM_LENGTH = 8
MAXIMUM_LENGTH = 1024
"""Hashing takes time for each character: a book is no password."""
TOO_SIMILAR = 0.7
"""Django's measure, and so Saleor's: how much of it may be a name or an address."""

_COMMON_WORDS = frozenset(
    [
        "password",
        "passw0rd",
        "motdepasse",
        "motdepass",
        "azertyuiop",
        "azerty",
        "qwertyuiop",
        "qwerty",
        "qwertz",
        "iloveyou",
        "jetaime",
        "jtaime",
        "monamour",
        "amour",
        "bonjour",
        "soleil",
        "princesse",
        "princess",
        "doudou",
        "chouchou",
        "loulou",
        "nicolas",
        "camille",
        "marseille",
        "casablanca",
        "marrakech",
        "maroc",
        "marocmaroc",
        "morocco",
        "raja",
        "wydad",
        "football",
        "barcelona",
        "realmadrid",
        "sunshine",
        "dragon",
        "monkey",
        "shadow",
        "master",
        "superman",
        "batman",
        "pokemon",
        "starwars",
        "football",
        "baseball",
        "welcome",
        "bienvenue",
        "letmein",
        "trustno",
        "login",
        "admin",
        "administrator",
        "administrateur",
        "secret",
        "changeme",
        "default",
        "mohamed",
        "mohammed",
        "youssef",
        "fatima",
        "khadija",
        "bismillah",
        "inshallah",
        "hamdoulah",
        "allahakbar",
        "habibi",
        "salam",
    ]
)
"""A first sieve, in the languages of those who shop here; what a person chooses beyond it is theirs."""
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "azertyuiopqsdfghjklmwxcvbn",
    "qwertyuiopasdfghjklzxcvbnm",
)

_hasher = PasswordHasher()
NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$W2Ja9CBFyybFskAY0QtFRA$KkOyghOk82sZfxmRHT9GNb7SA86ZIlnCmBebxjNKRCI"
"""What a password is compared with where there is no account: as slow as with one. Written out, since making
it would delay each start.
"""


async def hash_password(password: str, user: User | None = None, field: str = "password") -> str:
    """The hash to keep. Raises what `check_password` raises."""
    check_password(password, user, field)
    return await asyncio.to_thread(_hasher.hash, password)


def check_password(password: str, user: User | None = None, field: str = "password") -> None:
    """Raises a DomainError that says why it is no good: PasswordTooShortError, PasswordTooCommonError,
    PasswordEntirelyNumericError, PasswordTooSimilarError (to what is known of the user), InvalidError.
    """
    refused: DomainError | None = None
    if len(password) < MINIMUM_LENGTH:
        refused = PasswordTooShortError(f"A password has at least {MINIMUM_LENGTH} characters.", field=field)
    elif len(password) > MAXIMUM_LENGTH:
        refused = InvalidError(f"A password has at most {MAXIMUM_LENGTH} characters.", field=field)
    elif _is_common(password.casefold()):
        refused = PasswordTooCommonError(
            "This password is among the first that anyone would try.", field=field
        )
    elif password.isdecimal():
        refused = PasswordEntirelyNumericError("A password is not made of digits alone.", field=field)
    elif user is not None and _resembles(password.casefold(), _said_of(user)):
        refused = PasswordTooSimilarError("This password resembles your name or address.", field=field)
    if refused is not None:
        raise refused


async def password_matches(password: str, password_hash: str | None) -> bool:
    """Whether it is the one. It takes as long for who has no password, and for who doesn't exist."""
    return await asyncio.to_thread(_matches, password[: MAXIMUM_LENGTH + 1], password_hash)


def _matches(password: str, password_hash: str | None) -> bool:
    try:
        _hasher.verify(password_hash or NOBODYS, password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def _is_common(password: str) -> bool:
    """A word that everybody tries, whatever digits and signs stand around it; one key; a row of keys."""
    stem = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", password)
    if stem in _COMMON_WORDS or len(set(password)) <= 2:  # noqa: PLR2004 - one key, or two in turn
        return True
    return any(password in row * 2 or password in (row * 2)[::-1] for row in _ROWS)


def _said_of(user: User) -> Iterable[str]:
    email = user.email.casefold()
    yield email
    yield from re.split(r"\W+", email)
    yield user.first_name.casefold()
    yield user.last_name.casefold()


def _resembles(password: str, words: Iterable[str]) -> bool:
    return any(
        SequenceMatcher(a=password, b=word).quick_ratio() >= TOO_SIMILAR
        for word in words
        if word and len(word) * 10 >= len(password)
    )
