"""Access and refresh tokens, in the shape that Saleor's clients read.

A client compares `iss` with the API address it was given, reads `exp` in seconds and `type`, and refreshes
in time.
Permissions don't stand in a token: they are looked up at each request, so that taking one away works at once.
(An app's token of a person names permissions, which only ever narrow what the person may at that moment.)
Tokens live by the machine's time, not by `kit.clock`: moving a demonstration's clock signs nobody out.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, Protocol

import jwt

from marketplace.kit.errors import InvalidError
from marketplace.kit.ids import int_pk, to_global_id
from marketplace.kit.settings import Settings
from marketplace.people.errors import TokenError
from marketplace.people.keys import ALGORITHM, SigningKey, keys_in, signing_keys
from marketplace.people.models import User

ACCESS_LIFETIME = timedelta(minutes=5)
REFRESH_LIFETIME = timedelta(days=30)
TOKENS_REMEMBERED = 4096
"""Whose signature is not looked at again: checking one takes as long as a short query."""
CUSTOM_AUDIENCE = "custom:"
"""Stands before what a client named as the audience of its tokens."""

TokenType = Literal["access", "refresh", "thirdparty"]
"""`thirdparty`: a person's access token in the hands of an app, whose rights bound the person's."""


class Bearer(Protocol):
    """What of a person stands in a token."""

    @property
    def id(self) -> int: ...
    @property
    def email(self) -> str: ...
    @property
    def is_staff(self) -> bool: ...
    @property
    def token_key(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Claims:
    """What a genuine token says. Whether the user still accepts it is `token_key`'s matter."""

    user_id: int
    token_key: str
    type: TokenType
    csrf_token: str | None
    payload: dict[str, Any]
    app_id: int | None = None
    """The app that it was made for, of a `thirdparty` token."""

    @property
    def permissions(self) -> frozenset[str] | None:
        """What may be done with it at most; None: whatever the person may."""
        return None if self.app_id is None else frozenset(map(str, self.payload.get("permissions") or ()))


def new_token_key() -> str:
    """A key that goes into all of a user's tokens; a new one makes the old ones worthless."""
    return secrets.token_hex(16)


def access_token(
    user: User, settings: Settings, lifetime: timedelta = ACCESS_LIFETIME, *, audience: str | None = None
) -> str:
    """A token that proves who asks, for some minutes."""
    return _token(user, settings, "access", lifetime, _of_audience(audience))


def refresh_token(
    user: User,
    settings: Settings,
    csrf_token: str,
    lifetime: timedelta = REFRESH_LIFETIME,
    *,
    audience: str | None = None,
) -> str:
    """A token that buys access tokens, for some weeks."""
    return _token(user, settings, "refresh", lifetime, {"csrfToken": csrf_token} | _of_audience(audience))


def access_token_for_app(
    bearer: Bearer,
    settings: Settings,
    app_id: int,
    *,
    permissions: Collection[str],
    of_bearer: Collection[str],
    audience: str | None = None,
    extension_id: int | None = None,
) -> str:
    """A person's token for the app that they use: it opens what both the person and the app may do.

    `permissions` are the app's (or its extension's), `of_bearer` the person's: the app is told of them.
    """
    claims: dict[str, Any] = {
        "app": to_global_id("App", app_id),
        "permissions": sorted(set(permissions) & set(of_bearer)),
        "user_permissions": sorted(of_bearer),
    }
    if audience:
        claims["aud"] = audience
    if extension_id is not None:
        claims["app_extension"] = to_global_id("AppExtension", extension_id)
    return _token(bearer, settings, "thirdparty", ACCESS_LIFETIME, claims)


def new_csrf_token() -> str:
    """Goes with a refresh token that a browser keeps in a cookie."""
    return secrets.token_urlsafe(32)


def read_token(token: str, settings: Settings, expected: TokenType | None = "access") -> Claims:
    """What a token says. Raises TokenError unless it is ours, whole, and not out of date."""
    try:
        payload = dict(_genuine(token, settings.rsa_private_key.get_secret_value(), settings.api_url))
        if payload["exp"] <= datetime.now(UTC).timestamp():
            raise jwt.ExpiredSignatureError("Signature has expired")
    except jwt.InvalidTokenError as error:
        raise TokenError(type(error).__name__, str(error)) from error
    kind = payload["type"]
    opens_as = "access" if kind == "thirdparty" else kind
    if opens_as not in ("access", "refresh") or (expected and expected not in (kind, opens_as)):
        raise TokenError("InvalidTokenError", "This is not the kind of token that is wanted here.")
    try:
        user_id = int_pk(str(payload["user_id"]), "User")
        app_id = int_pk(str(payload.get("app")), "App") if kind == "thirdparty" else None
    except InvalidError as error:
        raise TokenError("InvalidTokenError", error.message) from error
    return Claims(user_id, str(payload["token"]), kind, payload.get("csrfToken"), payload, app_id)


@lru_cache(maxsize=TOKENS_REMEMBERED)
def _genuine(token: str, pem: str, issuer: str) -> Mapping[str, Any]:
    """What stands in a token that is ours. Raises jwt.InvalidTokenError.

    A signature that was right stays right; only whether the token is out of date has to be asked again.
    """
    payload: Mapping[str, Any] = jwt.decode(
        token,
        _key_of(token, pem).public,
        algorithms=[ALGORITHM],
        issuer=issuer,
        # Whom a token is meant for is between its client and that audience.
        options={"require": ["exp", "iss", "type", "user_id", "token"], "verify_aud": False},
    )
    return payload


def token_of(headers: Mapping[str, str]) -> str | None:
    """The token that a request carries: `Authorization: Bearer …` or `JWT …`, or `Authorization-Bearer`.

    Header names are in lower case. None: the request is anonymous.
    """
    own = headers.get("authorization-bearer")
    if own:
        return own.strip()
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.upper() in ("BEARER", "JWT") else None


def _token(
    user: Bearer, settings: Settings, kind: TokenType, lifetime: timedelta, more: Mapping[str, Any]
) -> str:
    now = datetime.now(UTC)
    payload = {
        "iat": now,
        "exp": now + lifetime,
        "iss": settings.api_url,
        "owner": "saleor",  # Saleor's clients tell the shop's own tokens from an app's by this word.
        "type": kind,
        "token": user.token_key,
        "email": user.email,
        "user_id": to_global_id("User", user.id),
        "is_staff": user.is_staff,
        **more,
    }
    key = signing_keys(settings)[0]
    return jwt.encode(payload, key.private, algorithm=ALGORITHM, headers={"kid": key.name})


def _of_audience(audience: str | None) -> dict[str, str]:
    return {"aud": f"{CUSTOM_AUDIENCE}{audience}"} if audience else {}


def _key_of(token: str, pem: str) -> SigningKey:
    """The key that a token says it was signed with. Raises what `jwt` raises for one that is none."""
    name = jwt.get_unverified_header(token).get("kid")
    for key in keys_in(pem):
        if key.name == name:
            return key
    raise jwt.InvalidSignatureError("Signature verification failed")
