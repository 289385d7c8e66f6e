"""Apps' own tokens: opaque, without an end, and known to us only by their digest."""

import hmac
import re
import secrets
import string
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256

import orjson

from marketplace.apps.models import App, AppToken

LENGTH = 30
"""Of a token, as in Saleor: 178 bits of chance. By it clients and we tell them from people's tokens."""
ALPHABET = string.ascii_letters + string.digits
_SHAPE = re.compile(rf"[A-Za-z0-9]{{{LENGTH}}}")

FetchJson = Callable[[str, dict[str, object]], Awaitable[bytes]]
"""`ReadPool.fetch_json`, or anything that runs a statement and gives its one JSON value as bytes."""

_APP_SQL = """
SELECT json_build_object('id', app.id, 'digest', token.digest, 'permissions', app.permissions)
FROM app_token token JOIN app ON app.id = token.app_id
WHERE token.digest = %(digest)s AND app.is_active AND app.removed_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class ActingApp:
    """An app that has signed in, as far as rights go."""

    app_id: int
    permissions: frozenset[str]


def new_token(app: App, name: str = "") -> tuple[AppToken, str]:
    """A row for a new token of an app, and the token itself, which is never to be had again."""
    token = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return AppToken(app_id=app.id, name=name, digest=digest_of(token), last_four=token[-4:]), token


def digest_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def looks_like_one(token: str) -> bool:
    """Whether it has the shape of an app's token; people's are longer, and have dots."""
    return _SHAPE.fullmatch(token) is not None


async def app_of_token(fetch_json: FetchJson, token: str) -> ActingApp | None:
    """Whose token it is, by one short statement; None: nobody's, or that of an app that may not act now.

    Asked at each request, so that switching an app off works at once.
    """
    digest = digest_of(token)
    try:
        found = orjson.loads(await fetch_json(_APP_SQL, {"digest": digest}))
    except LookupError:
        return None
    if not hmac.compare_digest(found["digest"], digest):
        return None
    return ActingApp(found["id"], frozenset(found["permissions"]))
