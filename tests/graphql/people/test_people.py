"""People over the API: signing in, being someone, and what an address needs."""

from datetime import timedelta

import httpx
import jwt
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.ids import to_global_id
from marketplace.kit.settings import Settings
from marketplace.people.models import User
from marketplace.people.service import create_user
from marketplace.people.tokens import access_token, refresh_token
from tests.factories.people import make_user
from tests.factories.vendors import make_member, make_vendor
from tests.graphql.conftest import Ask, buyer, staff

PASSWORD = "le tapis de Taznakht"
SIGN_IN = """
mutation ($email: String!, $password: String!) {
  tokenCreate(email: $email, password: $password) {
    token refreshToken csrfToken user { email } errors { field code } accountErrors { code }
  }
}
"""
REFRESH = """
mutation ($token: String, $csrf: String) {
  tokenRefresh(refreshToken: $token, csrfToken: $csrf) { token user { email } errors { field code } }
}
"""
ME = "{ me { id email isStaff vendors { slug } } }"


@pytest.fixture
async def fatima(session: AsyncSession) -> User:
    return await create_user(session, "fatima@example.test", PASSWORD)


async def test_who_signs_in_gets_tokens_that_clients_understand(
    read: Ask, settings: Settings, fatima: User
) -> None:
    data = (await read(SIGN_IN, email="fatima@example.test", password=PASSWORD))["tokenCreate"]
    assert (data["user"], data["errors"], data["accountErrors"]) == ({"email": fatima.email}, [], [])
    said = jwt.decode(data["token"], options={"verify_signature": False})
    assert (said["iss"], said["type"]) == (settings.api_url, "access")
    assert said["user_id"] == to_global_id("User", fatima.id)
    renewed = await read(REFRESH, token=data["refreshToken"], csrf=data["csrfToken"])
    assert renewed["tokenRefresh"]["errors"] == []
    assert renewed["tokenRefresh"]["user"] == {"email": fatima.email}


async def test_who_does_not_know_the_password_gets_nothing(read: Ask, fatima: User) -> None:
    data = (await read(SIGN_IN, email=fatima.email, password="wrong"))["tokenCreate"]
    assert data["errors"] == [{"field": "email", "code": "INVALID_CREDENTIALS"}]
    assert data["accountErrors"] == [{"code": "INVALID_CREDENTIALS"}]
    assert (data["token"], data["refreshToken"], data["user"]) == (None, None, None)


async def test_a_refresh_says_why_it_fails(read: Ask, settings: Settings, fatima: User) -> None:
    said = []
    for token, csrf in (
        (None, None),
        ("junk", None),
        (access_token(fatima, settings), None),
        (refresh_token(fatima, settings, "right"), "wrong"),
    ):
        data = (await read(REFRESH, token=token, csrf=csrf))["tokenRefresh"]
        assert data["token"] is None
        said += [(error["field"], error["code"]) for error in data["errors"]]
    assert said == [
        ("refreshToken", "JWT_MISSING_TOKEN"),
        ("refreshToken", "JWT_DECODE_ERROR"),
        ("refreshToken", "JWT_INVALID_TOKEN"),
        ("csrfToken", "JWT_INVALID_CSRF_TOKEN"),
    ]


async def test_a_token_is_verified(read: Ask, settings: Settings, fatima: User) -> None:
    verify = (
        "mutation ($t: String!) { tokenVerify(token: $t) { isValid user { email } payload errors { code } } }"
    )
    good = (await read(verify, t=access_token(fatima, settings)))["tokenVerify"]
    assert (good["isValid"], good["user"]) == (True, {"email": fatima.email})
    assert good["payload"]["email"] == fatima.email
    bad = (await read(verify, t="junk"))["tokenVerify"]
    assert (bad["isValid"], bad["user"]) == (False, None)


async def test_me_is_who_asks(session: AsyncSession, read: Ask, fatima: User) -> None:
    vendor = await make_vendor(session, slug="tifawin")
    await make_member(session, vendor, fatima)
    expected = {
        "id": to_global_id("User", fatima.id),
        "email": fatima.email,
        "isStaff": False,
        "vendors": [{"slug": "tifawin"}],
    }
    assert (await read(ME, buyer(fatima)))["me"] == expected
    assert (await read(ME))["me"] is None


async def test_nobody_reads_another_persons_account(session: AsyncSession, ask: Ask, fatima: User) -> None:
    query = "query ($id: ID) { user(id: $id) { email } }"
    given = {"id": to_global_id("User", fatima.id)}
    answer = await ask(query, buyer(await make_user(session)), **given)
    assert answer["data"]["user"] is None
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    assert (await ask(query, staff("MANAGE_USERS"), **given))["data"]["user"] == {"email": fatima.email}


async def test_an_address_is_asked_for_as_its_country_writes_it(read: Ask) -> None:
    query = """
    query ($country: CountryCode!) {
      addressValidationRules(countryCode: $country) {
        countryCode countryName requiredFields allowedFields postalCodeMatchers
        countryAreaChoices { raw verbose }
      }
    }
    """
    morocco = (await read(query, country="MA"))["addressValidationRules"]
    assert (morocco["countryCode"], morocco["countryName"]) == ("MA", "Morocco")
    assert morocco["requiredFields"] == ["city", "streetAddress1"]
    assert {"streetAddress1", "streetAddress2", "postalCode"} < set(morocco["allowedFields"])
    assert "streetAddress" not in morocco["allowedFields"]
    assert morocco["postalCodeMatchers"] == [r"^\d{5}$"]
    states = (await read(query, country="US"))["addressValidationRules"]["countryAreaChoices"]
    assert {"raw": "AL", "verbose": "Alabama"} in states


@pytest.mark.parametrize("header", ["Bearer {}", "JWT {}"])
async def test_a_request_is_its_tokens_owners(
    client: httpx.AsyncClient, session: AsyncSession, settings: Settings, fatima: User, header: str
) -> None:
    await session.commit()
    headers = {"authorization": header.format(access_token(fatima, settings))}
    answer = await client.post("/graphql/", json={"query": "{ me { email } }"}, headers=headers)
    assert answer.json() == {"data": {"me": {"email": fatima.email}}}


@pytest.mark.parametrize(
    ("token", "code"),
    [("junk", "DecodeError"), ("expired", "ExpiredSignatureError"), ("refresh", "InvalidTokenError")],
)
async def test_a_token_that_can_not_be_trusted_is_refused_by_its_name(
    client: httpx.AsyncClient,
    session: AsyncSession,
    settings: Settings,
    fatima: User,
    token: str,
    code: str,
) -> None:
    await session.commit()
    tokens = {
        "junk": "junk",
        "expired": access_token(fatima, settings, timedelta(seconds=-1)),
        "refresh": refresh_token(fatima, settings, "csrf"),
    }
    answer = await client.post(
        "/graphql/", json={"query": "{ me { email } }"}, headers={"authorization": f"Bearer {tokens[token]}"}
    )
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["extensions"]["exception"]["code"] == code
