"""Apps can check by Saleor's headers who calls them, and of what."""

import hashlib
import hmac

import jwt
import pytest

from marketplace.kit.settings import Settings
from marketplace.people.keys import key_set
from marketplace.webhooks.models import Webhook
from marketplace.webhooks.requests import headers_of, shown, signature_of

BODY = '{"product": {"name": "Théière"}}'.encode()


def verified(settings: Settings, signature: str, body: bytes) -> bytes:
    """The body, if the shop's published keys say that the signature is of it."""
    (key,) = jwt.PyJWKSet.from_dict(key_set(settings)).keys
    return bytes(jwt.api_jws.decode(signature, key.key, algorithms=["RS256"], detached_payload=body))


def test_a_request_says_what_has_happened_where_and_what_is_sent(settings: Settings) -> None:
    here = settings.model_copy(update={"public_url": "https://shop.example:8443"})
    webhook = Webhook(custom_headers={"x-key": "1"}, secret_key=None)
    headers = headers_of(here, webhook, "PRODUCT_UPDATED", BODY)
    assert verified(here, headers.pop("saleor-signature"), BODY) == BODY
    assert headers.pop("x-saleor-signature").count(".") == 2
    assert headers == {
        "content-type": "application/json",
        "saleor-event": "product_updated",
        "saleor-domain": "shop.example:8443",
        "saleor-api-url": "https://shop.example:8443/graphql/",
        "saleor-schema-version": "3.23",
        "x-saleor-event": "product_updated",
        "x-saleor-domain": "shop.example:8443",
        "x-key": "1",
    }


def test_the_signature_is_a_detached_jws_of_the_body_as_it_is(settings: Settings) -> None:
    signature = signature_of(settings, None, BODY)
    assert signature.split(".")[1] == ""
    header = jwt.get_unverified_header(signature)
    assert (header["alg"], header["b64"], header["crit"]) == ("RS256", False, ["b64"])
    assert header["kid"] == key_set(settings)["keys"][0]["kid"]
    with pytest.raises(jwt.InvalidSignatureError):
        verified(settings, signature, BODY + b" ")


def test_with_a_secret_the_signature_is_saleors_older_one(settings: Settings) -> None:
    expected = hmac.new(b"secret", BODY, hashlib.sha256).hexdigest()
    assert signature_of(settings, "secret", BODY) == expected
    assert signature_of(settings, "another", BODY) != expected


def test_what_opens_the_apps_door_is_not_noted() -> None:
    headers = {"authorization": "Bearer abc", "authorization-x": "abc", "x-key": "1"}
    assert shown(headers) == {"authorization": "***", "authorization-x": "***", "x-key": "1"}
