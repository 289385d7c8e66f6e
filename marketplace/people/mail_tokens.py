"""What stands in the links of letters: proof that whoever has it reads the mail of an address.

A token is good for one purpose, for one account, until a moment, and only as long as what it was made from
stays as it was: a new password makes the links to choose one worthless, and so does signing in.
"""

import hmac
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from hashlib import sha256

import jwt

from marketplace.kit.settings import Settings
from marketplace.people.errors import LinkError
from marketplace.people.models import User

EMAIL_CHANGE_LIFETIME = timedelta(hours=1)


class Purpose(StrEnum):
    CONFIRM_ACCOUNT = "confirm account"
    SET_PASSWORD = "set password"  # noqa: S105 - a purpose, no password
    DELETE_ACCOUNT = "delete account"


LIFETIMES = {
    Purpose.CONFIRM_ACCOUNT: timedelta(days=3),
    Purpose.SET_PASSWORD: timedelta(days=3),
    Purpose.DELETE_ACCOUNT: timedelta(hours=24),
}


def make(settings: Settings, purpose: Purpose, user: User) -> str:
    """A token for a link: `<seconds since 1970>-<signature>`."""
    made_at = int(datetime.now(UTC).timestamp())
    return f"{made_at:x}-{_signature(settings, purpose, user, made_at)}"


def check(settings: Settings, purpose: Purpose, user: User | None, token: str) -> User:
    """The user, if the token is theirs and still good. Raises LinkError.

    It takes as long for an account that isn't there.
    """
    made_at, signature = _parts(token)
    right = _signature(settings, purpose, user or _nobody(), made_at)
    is_right = hmac.compare_digest(signature.encode(), right.encode())
    age = datetime.now(UTC).timestamp() - made_at
    if user is None or not is_right or age > LIFETIMES[purpose].total_seconds():
        raise LinkError
    return user


def make_email_change(settings: Settings, user: User, new_email: str) -> str:
    """A token that changes an account's address; it names both, and is good for an hour."""
    claims = {
        "aud": "email-change",
        "exp": datetime.now(UTC) + EMAIL_CHANGE_LIFETIME,
        "user": user.id,
        "old_email": user.email,
        "new_email": new_email,
        "state": _state(user),
    }
    return jwt.encode(claims, _key(settings, "email change"), algorithm="HS256")


def new_email_of(settings: Settings, user: User, token: str) -> str:
    """The new address that a token gives to this very account. Raises LinkError."""
    key = _key(settings, "email change")
    try:
        claims = jwt.decode(
            token, key, algorithms=["HS256"], audience="email-change", options={"require": ["exp", "aud"]}
        )
    except jwt.InvalidTokenError:
        raise LinkError(code="JWT_INVALID_TOKEN") from None
    if (claims["user"], claims["old_email"], claims["state"]) != (user.id, user.email, _state(user)):
        raise LinkError(code="JWT_INVALID_TOKEN")
    return str(claims["new_email"])


@cache
def _nobody() -> User:
    return User(id=0, email="", is_confirmed=True, token_key="")


def _parts(token: str) -> tuple[int, str]:
    made_at, _, signature = token[:200].partition("-")
    try:
        return int(made_at, 16), signature
    except ValueError:
        return 0, ""


def _signature(settings: Settings, purpose: Purpose, user: User, made_at: int) -> str:
    parts = [str(user.id), user.email.lower(), str(made_at)]
    if purpose is Purpose.CONFIRM_ACCOUNT:
        parts.append(str(user.is_confirmed))
    else:
        parts += [_state(user), user.last_login.isoformat() if user.last_login else ""]
    message = "\0".join(parts).encode()
    return hmac.new(_key(settings, purpose), message, sha256).hexdigest()[:40]


def _state(user: User) -> str:
    """Changes with the password. A digest: it goes into tokens that can be read."""
    return sha256(f"{user.id}:{user.password_hash or ''}".encode()).hexdigest()[:16]


def _key(settings: Settings, purpose: str) -> bytes:
    """One for each purpose, and shared with nothing else that the secret signs."""
    secret = settings.secret_key.get_secret_value()
    return sha256(f"letters:{purpose}:{secret}".encode()).digest()
