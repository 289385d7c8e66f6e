"""The request that tells an app of an event: Saleor's headers, and a signature that the app can check."""

import hashlib
import hmac
from urllib.parse import urlsplit

import jwt

from marketplace.apps.versions import SALEOR_SCHEMA
from marketplace.kit.settings import Settings
from marketplace.people.keys import ALGORITHM, signing_keys
from marketplace.webhooks.models import Webhook


def headers_of(settings: Settings, webhook: Webhook, event: str, body: bytes) -> dict[str, str]:
    """The headers of one request, by lower-case names; the webhook's own last."""
    name, signature = event.lower(), signature_of(settings, webhook.secret_key, body)
    domain = urlsplit(settings.public_url).netloc
    return {
        "content-type": "application/json",
        "saleor-event": name,
        "saleor-domain": domain,
        "saleor-signature": signature,
        "saleor-api-url": settings.api_url,
        "saleor-schema-version": SALEOR_SCHEMA,
        # Older names of the same, which Saleor still sends.
        "x-saleor-event": name,
        "x-saleor-domain": domain,
        "x-saleor-signature": signature,
        **webhook.custom_headers,
    }


def signature_of(settings: Settings, secret_key: str | None, body: bytes) -> str:
    """HMAC-SHA256 by the webhook's own secret; without one, a JWS by the shop's key (RFC 7797, payload
    detached and not encoded), which is checked with `/.well-known/jwks.json`.
    """
    if secret_key:
        return hmac.new(secret_key.encode(), body, hashlib.sha256).hexdigest()
    key = signing_keys(settings)[0]
    return jwt.api_jws.encode(
        body,
        key.private,
        ALGORITHM,
        headers={"kid": key.name, "crit": ["b64"]},
        is_payload_detached=True,
    )


def shown(headers: dict[str, str]) -> dict[str, str]:
    """Headers as they may stand in a log: without what opens the app's own door."""
    return {name: "***" if name.startswith("authorization") else value for name, value in headers.items()}
