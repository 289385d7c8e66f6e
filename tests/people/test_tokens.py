"""Tokens are in the shape that Saleor's clients read, and only ours are believed."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.settings import Settings
from marketplace.people.errors import TokenError
from marketplace.people.tokens import access_token, new_csrf_token, read_token, refresh_token, token_of
from tests.factories.people import make_user


async def test_a_client_finds_in_a_token_what_it_looks_for(session: AsyncSession, settings: Settings) -> None:
    user = await make_user(session)
    token = access_token(user, settings)
    said = jwt.decode(token, options={"verify_signature": False})
    assert said["iss"] == "http://testserver/graphql/"
    assert base64.b64decode(said["user_id"]).decode() == f"User:{user.id}"
    assert (said["type"], said["owner"], said["email"]) == ("access", "saleor", user.email)
    seconds_left = said["exp"] - datetime.now(UTC).timestamp()
    assert 290 < seconds_left <= 300
    assert read_token(token, settings).user_id == user.id


async def test_a_token_out_of_date_is_refused_by_its_own_name(
    session: AsyncSession, settings: Settings
) -> None:
    token = access_token(await make_user(session), settings, timedelta(seconds=-1))
    with pytest.raises(TokenError) as refused:
        read_token(token, settings)
    assert refused.value.code == "ExpiredSignatureError"


async def test_a_token_signed_with_another_key_is_refused(
    session: AsyncSession, settings: Settings, tmp_path: Path
) -> None:
    another = Settings(data_dir=tmp_path).rsa_private_key
    other = settings.model_copy(update={"rsa_private_key": another})
    token = access_token(await make_user(session), other)
    with pytest.raises(TokenError) as refused:
        read_token(token, settings)
    assert refused.value.code == "InvalidSignatureError"


async def test_a_token_of_another_shop_is_refused(session: AsyncSession, settings: Settings) -> None:
    other = settings.model_copy(update={"public_url": "https://elsewhere.test"})
    with pytest.raises(TokenError) as refused:
        read_token(access_token(await make_user(session), other), settings)
    assert refused.value.code == "InvalidIssuerError"


async def test_a_refresh_token_opens_nothing(session: AsyncSession, settings: Settings) -> None:
    token = refresh_token(await make_user(session), settings, new_csrf_token())
    with pytest.raises(TokenError):
        read_token(token, settings)
    assert read_token(token, settings, "refresh").csrf_token


@pytest.mark.parametrize("junk", ["", "a.b.c", "not a token", "eyJhbGciOiJub25lIn0.e30."])
def test_junk_is_refused(settings: Settings, junk: str) -> None:
    with pytest.raises(TokenError):
        read_token(junk, settings)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"authorization": "Bearer abc"}, "abc"),
        ({"authorization": "JWT abc"}, "abc"),
        ({"authorization": "bearer  abc "}, "abc"),
        ({"authorization-bearer": "abc"}, "abc"),
        ({"authorization": "Basic abc"}, None),
        ({"authorization": "Bearer"}, None),
        ({}, None),
    ],
)
def test_a_token_may_come_in_three_ways(headers: dict[str, str], expected: str | None) -> None:
    assert token_of(headers) == expected
