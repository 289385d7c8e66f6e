"""Addresses of private files open one file, for ten minutes."""

from datetime import timedelta
from types import ModuleType

import httpx
import jwt
import pytest

from marketplace.app import create_app
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.kit.signing import AUDIENCE, FileTokenError, PrivateFile, opened, sign, signed_url
from marketplace.kit.storage import storage_from

FILE = PrivateFile("private/payouts/run-1/SIL.xml", "Relevé 1.xml", "application/xml")


def test_an_address_opens_the_file_it_was_made_for(settings: Settings) -> None:
    assert opened(settings, sign(settings, FILE)) == FILE


def test_an_address_is_valid_for_ten_minutes(settings: Settings, clock: ModuleType) -> None:
    token = sign(settings, FILE)
    clock.advance(timedelta(minutes=9))
    opened(settings, token)
    clock.advance(timedelta(minutes=2))
    with pytest.raises(FileTokenError):
        opened(settings, token)


@pytest.mark.parametrize("secret", ["", "another secret of the same length as ours"])
def test_an_address_that_we_did_not_make_opens_nothing(settings: Settings, secret: str) -> None:
    algorithm = "HS256" if secret else "none"
    claims = {
        "aud": AUDIENCE,
        "key": FILE.key,
        "name": "x",
        "type": "x",
        "until": "2999-01-01T00:00:00+00:00",
    }
    with pytest.raises(FileTokenError):
        opened(settings, jwt.encode(claims, secret, algorithm=algorithm))


def test_a_token_for_signing_in_opens_no_file(settings: Settings) -> None:
    secret = settings.secret_key.get_secret_value()
    with pytest.raises(FileTokenError):
        opened(settings, jwt.encode({"key": FILE.key, "name": "x", "type": "x"}, secret))


async def test_a_private_file_is_fetched_by_its_address_only(
    settings: Settings, engine_of_session: Database
) -> None:
    await storage_from(settings).put(FILE.key, b"<Document/>", "application/xml")
    app = create_app(settings, engine_of_session)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        answer = await client.get(signed_url(settings, FILE))
        assert answer.content == b"<Document/>"
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["content-disposition"].endswith("filename*=UTF-8''Relev%C3%A9%201.xml")
        assert answer.headers["x-content-type-options"] == "nosniff"
        gone = PrivateFile("private/nothing.pdf", "x", "application/pdf")
        for url in ("/files/forged", signed_url(settings, gone)):
            assert (await client.get(url)).status_code == 404
