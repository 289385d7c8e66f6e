"""Tokens of links in letters and text messages: a row's key, and our signature of it.

They are short, since a text message carries them, and hold nothing else: until when a link is good, and
whether it was used, is what the row says.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

from marketplace.kit.settings import Settings

KEY_BYTES, SIGNATURE_BYTES = 16, 12


def link_token(settings: Settings, purpose: bytes, key: UUID) -> str:
    """What stands in a link. `purpose` keeps its signature apart from those of all other links."""
    return urlsafe_b64encode(key.bytes + _signature(settings, purpose, key.bytes)).decode().rstrip("=")


def key_in(settings: Settings, purpose: bytes, token: str) -> UUID | None:
    """The key that a token says; None for one that we have not signed for this purpose."""
    try:
        said = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    key, signature = said[:KEY_BYTES], said[KEY_BYTES:]
    if len(key) != KEY_BYTES or not hmac.compare_digest(signature, _signature(settings, purpose, key)):
        return None
    return UUID(bytes=key)


def _signature(settings: Settings, purpose: bytes, key: bytes) -> bytes:
    secret = settings.secret_key.get_secret_value().encode()
    return hmac.digest(secret, purpose + key, "sha256")[:SIGNATURE_BYTES]
