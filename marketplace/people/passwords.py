"""Passwords: argon2id, hashed beside the event loop, never written anywhere else."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from marketplace.people.errors import PasswordTooCommonError, PasswordTooShortError

MINIMUM_LENGTH = 8
_COMMON = frozenset(
    {
        "12345678",
        "123456789",
        "1234567890",
        "password",
        "password1",
        "motdepasse",
        "azertyuiop",
        "qwertyuiop",
        "iloveyou",
        "marocmaroc",
        "11111111",
        "00000000",
    }
)
"""A first sieve; what a person chooses is theirs to answer for beyond it."""

_hasher = PasswordHasher()
_nobodys = _hasher.hash("nobody signs in with this")


async def hash_password(password: str) -> str:
    """The hash to keep. Raises PasswordTooShortError, PasswordTooCommonError."""
    if len(password) < MINIMUM_LENGTH:
        raise PasswordTooShortError(f"A password has at least {MINIMUM_LENGTH} characters.", field="password")
    if password.lower() in _COMMON:
        raise PasswordTooCommonError(
            "This password is among the first that anyone would try.", field="password"
        )
    return await asyncio.to_thread(_hasher.hash, password)


async def password_matches(password: str, password_hash: str | None) -> bool:
    """Whether it is the one. It takes as long for who has no password, and for who doesn't exist."""
    return await asyncio.to_thread(_matches, password, password_hash)


def _matches(password: str, password_hash: str | None) -> bool:
    try:
        _hasher.verify(password_hash or _nobodys, password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None
