"""Passwords that are compared with nothing take as long as those that are compared with something."""

from argon2 import PasswordHasher

from marketplace.people.passwords import NOBODYS


def test_nobodys_password_is_hashed_as_everybodys_is() -> None:
    assert not PasswordHasher().check_needs_rehash(NOBODYS)
