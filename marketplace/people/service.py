"""Accounts: opening one, signing in, staying signed in."""

import hmac
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import InvalidError
from marketplace.kit.settings import Settings
from marketplace.people import throttling, tokens
from marketplace.people.errors import (
    EmailTakenError,
    InactiveAccountError,
    InvalidCredentialsError,
    RefreshTokenError,
    TokenError,
    UnconfirmedAccountError,
)
from marketplace.people.models import User
from marketplace.people.passwords import hash_password, password_matches

EMAIL_LENGTH = 254
"""The longest address that mail can reach (RFC 5321)."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a person who has just signed in gets."""

    user: User
    access_token: str
    refresh_token: str
    csrf_token: str


async def create_user(
    session: AsyncSession,
    email: str,
    password: str | None = None,
    *,
    first_name: str = "",
    last_name: str = "",
    language_code: str = "fr",
    is_staff: bool = False,
    is_superuser: bool = False,
) -> User:
    """Open an account. Raises EmailTakenError, InvalidError, and what `hash_password` raises."""
    email = checked_email(email)
    if await user_by_email(session, email) is not None:
        raise EmailTakenError("There is an account with this e-mail address already.", field="email")
    user = User(
        email=email,
        first_name=first_name,
        last_name=last_name,
        language_code=language_code,
        is_staff=is_staff,
        is_superuser=is_superuser,
        token_key=tokens.new_token_key(),
    )
    user.password_hash = None if password is None else await hash_password(password, user)
    session.add(user)
    await session.flush()
    return user


async def user_by_email(session: AsyncSession, email: str) -> User | None:
    """The account of an e-mail address, whatever its capitals."""
    if len(email) > EMAIL_LENGTH * 2:
        return None  # Nobody's, and too long to be looked for.
    return await session.scalar(select(User).where(func.lower(User.email) == email.strip().lower()))


async def sign_in(
    session: AsyncSession,
    settings: Settings,
    email: str,
    password: str,
    *,
    address: str | None = None,
    audience: str | None = None,
) -> SignedIn:
    """Tokens for who knows the password. `address`: where the request comes from on the net.

    Raises AttemptDelayedError, InvalidCredentialsError (the attempt stays counted); for who does know it,
    UnconfirmedAccountError and InactiveAccountError.
    """
    user = await user_by_email(session, email)
    if not await knows_password(session, user, email, password, address) or user is None:
        raise InvalidCredentialsError
    return await signed_in(session, settings, user, audience=audience)


async def signed_in(
    session: AsyncSession, settings: Settings, user: User, *, audience: str | None = None
) -> SignedIn:
    """Tokens for a user who has proven who they are. Raises InactiveAccountError, UnconfirmedAccountError."""
    if not user.is_active:
        raise InactiveAccountError("This account is closed.", field="email")
    if not (user.is_confirmed or settings.sign_in_unconfirmed or not settings.account_confirmation):
        raise UnconfirmedAccountError("Confirm the e-mail address first, please.", field="email")
    user.last_login = clock.now()
    await session.flush()
    csrf_token = tokens.new_csrf_token()
    return SignedIn(
        user,
        tokens.access_token(user, settings, audience=audience),
        tokens.refresh_token(user, settings, csrf_token, audience=audience),
        csrf_token,
    )


async def knows_password(
    session: AsyncSession, user: User | None, account: str, password: str, address: str | None
) -> bool:
    """Whether it is the account's password; a wrong one is counted, and makes the next ones wait.

    `account` is the e-mail address that was given, whether or not there is a user.
    Raises AttemptDelayedError.
    """
    tried = throttling.guesses(account, address)
    await throttling.take_turn(session, tried)
    if await password_matches(password, user.password_hash if user else None):
        await throttling.forgive(session, account, address)
        return True
    await throttling.count(session, tried)
    return False


async def refresh(
    session: AsyncSession, settings: Settings, refresh_token: str, csrf_token: str | None = None
) -> tuple[User, str]:
    """The user and a new access token, for a refresh token. Raises RefreshTokenError."""
    user, claims = await user_of_token(session, settings, refresh_token, "refresh", field="refreshToken")
    if csrf_token is not None and not hmac.compare_digest(csrf_token, claims.csrf_token or ""):
        raise RefreshTokenError(
            "The CSRF token does not belong to this refresh token.",
            field="csrfToken",
            code="JWT_INVALID_CSRF_TOKEN",
        )
    audience = str(claims.payload.get("aud", "")).removeprefix(tokens.CUSTOM_AUDIENCE)
    return user, tokens.access_token(user, settings, audience=audience or None)


async def user_of_token(
    session: AsyncSession,
    settings: Settings,
    token: str,
    expected: tokens.TokenType | None = None,
    *,
    field: str = "token",
) -> tuple[User, tokens.Claims]:
    """Whose token it is, and what it says. Raises RefreshTokenError with the reason as its code.

    `field` is what the token was given as.
    """
    try:
        claims = tokens.read_token(token, settings, expected)
    except TokenError as error:
        raise RefreshTokenError(error.message, field=field, code=_CODES.get(error.code)) from error
    user = await session.get(User, claims.user_id)
    if user is None or not user.is_active or not hmac.compare_digest(user.token_key, claims.token_key):
        raise RefreshTokenError("This token is no longer good. Please sign in again.", field=field)
    return user, claims


_CODES = {"ExpiredSignatureError": "JWT_SIGNATURE_EXPIRED", "DecodeError": "JWT_DECODE_ERROR"}


async def sign_out_everywhere(session: AsyncSession, user: User) -> None:
    """Make all of the user's tokens worthless."""
    user.token_key = tokens.new_token_key()
    await session.flush()


def checked_email(email: str, field: str = "email") -> str:
    """The address without blanks around it; whether it works, only a letter tells. Raises InvalidError."""
    email = email.strip()
    name, at, domain = email.rpartition("@")
    if not (at and name and "." in domain) or len(email) > EMAIL_LENGTH or any(c.isspace() for c in email):
        raise InvalidError("This is not an e-mail address.", field=field)
    return email
