"""Addresses of private files: they open one file, and only for some minutes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

from marketplace.kit import clock
from marketplace.kit.settings import Settings

VALID_FOR = timedelta(minutes=10)
AUDIENCE = "private-file"
"""Keeps these tokens apart from those by which people sign in."""


@dataclass(frozen=True, slots=True)
class PrivateFile:
    """A private file as a token names it: the storage's key, and what a browser shall save it as."""

    key: str
    name: str
    content_type: str


class FileTokenError(Exception):
    """The address was not given out by us, or is no longer valid."""


def signed_url(settings: Settings, file: PrivateFile, valid_for: timedelta = VALID_FOR) -> str:
    """Where whoever is given this address may fetch the file: for ten minutes, or as long as is said."""
    return f"{settings.public_url}/files/{sign(settings, file, valid_for)}"


def sign(settings: Settings, file: PrivateFile, valid_for: timedelta = VALID_FOR) -> str:
    claims = {
        "aud": AUDIENCE,
        "key": file.key,
        "name": file.name,
        "type": file.content_type,
        "until": (clock.now() + valid_for).isoformat(),
    }
    return jwt.encode(claims, settings.secret_key.get_secret_value(), algorithm="HS256")


def opened(settings: Settings, token: str) -> PrivateFile:
    """The file that a token opens. Raises FileTokenError."""
    secret = settings.secret_key.get_secret_value()
    try:
        claims = jwt.decode(
            token, secret, algorithms=["HS256"], audience=AUDIENCE, options={"require": ["aud"]}
        )
        until = datetime.fromisoformat(claims["until"])
        file = PrivateFile(claims["key"], claims["name"], claims["type"])
    except (jwt.InvalidTokenError, KeyError, ValueError):
        raise FileTokenError("not an address of ours") from None
    if until < clock.now():
        raise FileTokenError("no longer valid")
    return file
