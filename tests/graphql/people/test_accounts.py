"""An account's life over HTTP: what each step answers, and what it tells nobody."""

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import events as events_of_kit
from marketplace.kit.announcements import Announcement
from marketplace.kit.settings import Settings
from marketplace.people import mail_tokens
from marketplace.people.mail_tokens import Purpose
from marketplace.people.models import CustomerEvent, CustomerType, User
from marketplace.people.service import user_by_email
from tests.factories.checkout import make_market, make_piece
from tests.factories.orders import make_order
from tests.factories.people import make_user
from tests.factories.vendors import make_member, make_vendor
from tests.graphql.people.conftest import PAGE, PASSWORD, Post

REGISTER = """
mutation ($input: AccountRegisterInput!) {
  accountRegister(input: $input) {
    requiresConfirmation user { id email firstName isActive addresses { id } metadata { key value } }
    errors { field code } accountErrors { code }
  }
}
"""
CONFIRM = """
mutation ($email: String!, $token: String!, $password: String) {
  confirmAccount(email: $email, token: $token, password: $password) {
    user { email isConfirmed } errors { field code }
  }
}
"""
SIGN_IN = """
mutation ($email: String!, $password: String!) {
  tokenCreate(email: $email, password: $password) { token refreshToken errors { field code message } }
}
"""
ASK_RESET = """
mutation ($email: String!, $url: String!, $channel: String) {
  requestPasswordReset(email: $email, redirectUrl: $url, channel: $channel) { errors { field code } }
}
"""
SET_PASSWORD = """
mutation ($email: String!, $token: String!, $password: String!) {
  setPassword(email: $email, token: $token, password: $password) {
    token refreshToken csrfToken user { email } errors { field code }
  }
}
"""
CHANGE_PASSWORD = """
mutation ($old: String, $new: String!) {
  passwordChange(oldPassword: $old, newPassword: $new) { user { email } errors { field code } }
}
"""
ASK_EMAIL = """
mutation ($email: String!, $password: String!, $url: String!) {
  requestEmailChange(newEmail: $email, password: $password, redirectUrl: $url) {
    user { email } errors { field code }
  }
}
"""
CHANGE_EMAIL = """
mutation ($token: String!) { confirmEmailChange(token: $token) { user { email } errors { field code } } }
"""
DELETE = (
    "mutation ($token: String!) { accountDelete(token: $token) { user { id email } errors { field code } } }"
)
ME = "{ me { id } }"
NEW = {"email": "Salma@Example.test", "password": "un thé à la menthe", "redirectUrl": PAGE}


async def letters(session: AsyncSession) -> list[tuple[str, int | None]]:
    """What letters were asked for, and for which user."""
    query = text("SELECT args->>'letter', (args->>'user_id')::int FROM procrastinate_jobs ORDER BY id")
    return [tuple(row) for row in await session.execute(query)]  # type: ignore[misc]


async def events(session: AsyncSession, user: User) -> list[str]:
    query = select(CustomerEvent.type).where(CustomerEvent.user_id == user.id).order_by(CustomerEvent.id)
    return list(await session.scalars(query))


async def test_an_account_is_opened_confirmed_and_signed_into(
    session: AsyncSession, settings: Settings, post: Post, fatima: User
) -> None:
    session.add(CustomerType(name="Particuliers", slug="particuliers", is_default=True))
    more = {"firstName": "Salma", "languageCode": "AR_MA", "metadata": [{"key": "from", "value": "fair"}]}
    data = (await post(REGISTER, input=NEW | more))["accountRegister"]
    assert (data["requiresConfirmation"], data["errors"], data["accountErrors"]) == (True, [], [])
    assert data["user"] == {
        "id": "",  # As Saleor: nobody learns from it whether the account is new.
        "email": "salma@example.test",
        "firstName": "Salma",
        "isActive": True,
        "addresses": [],
        "metadata": [{"key": "from", "value": "fair"}],
    }
    user = await user_by_email(session, "salma@example.test")
    assert user is not None
    assert (user.is_confirmed, user.language_code, user.customer_type_id is not None) == (
        False,
        "ar-ma",
        True,
    )
    assert await letters(session) == [("confirm_account", user.id)]

    refused = (await post(SIGN_IN, email=user.email, password=NEW["password"]))["tokenCreate"]
    assert refused["errors"][0]["code"] == "ACCOUNT_NOT_CONFIRMED"
    token = mail_tokens.make(settings, Purpose.CONFIRM_ACCOUNT, user)
    confirmed = (await post(CONFIRM, email=user.email, token=token))["confirmAccount"]
    assert confirmed == {"user": {"email": user.email, "isConfirmed": True}, "errors": []}
    again = (await post(CONFIRM, email=user.email, token=token))["confirmAccount"]
    assert again["errors"] == [{"field": "token", "code": "INVALID"}]
    assert (await post(SIGN_IN, email=user.email, password=NEW["password"]))["tokenCreate"]["token"]
    assert await events(session, user) == ["ACCOUNT_CREATED", "ACCOUNT_ACTIVATED"]


async def test_a_known_address_reads_like_a_new_one(session: AsyncSession, post: Post, fatima: User) -> None:
    new = (await post(REGISTER, input=NEW))["accountRegister"]
    known = (await post(REGISTER, input=NEW | {"email": "FATIMA@example.test"}))["accountRegister"]
    assert known["user"] == new["user"] | {"email": "fatima@example.test"}
    assert (known["errors"], known["requiresConfirmation"]) == ([], True)
    assert (await letters(session))[1] == ("confirm_account", None)  # A job as well, which writes to nobody.
    assert await events(session, fatima) == []


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        ({"password": "short"}, "password", "PASSWORD_TOO_SHORT"),
        ({"password": "motdepasse2024"}, "password", "PASSWORD_TOO_COMMON"),
        ({"password": "azertyuiop"}, "password", "PASSWORD_TOO_COMMON"),
        ({"password": "aaaaaaaaaa"}, "password", "PASSWORD_TOO_COMMON"),
        ({"password": "8390275610"}, "password", "PASSWORD_ENTIRELY_NUMERIC"),
        ({"password": "salma@example"}, "password", "PASSWORD_TOO_SIMILAR"),
        ({"password": "benchekroun", "lastName": "Benchekroun"}, "password", "PASSWORD_TOO_SIMILAR"),
        ({"password": "é" * 2000}, "password", "INVALID"),
        ({"email": "no address"}, "email", "INVALID"),
        ({"email": "a" * 100_000 + "@example.test"}, "email", "INVALID"),
        ({"firstName": "x" * 300}, "firstName", "INVALID"),
        ({"redirectUrl": None}, "redirectUrl", "REQUIRED"),
        ({"redirectUrl": "https://evil.test/"}, "redirectUrl", "INVALID"),
        ({"redirectUrl": "javascript:alert(1)"}, "redirectUrl", "INVALID"),
        ({"redirectUrl": "https://testserver@evil.test/"}, "redirectUrl", "INVALID"),
        ({"redirectUrl": "https://evil.test\\@testserver/"}, "redirectUrl", "INVALID"),
        ({"channel": "mars"}, "channel", "NOT_FOUND"),
        ({"metadata": [{"key": " ", "value": ""}]}, "metadata", "REQUIRED"),
    ],
)
async def test_an_account_is_not_opened_for_a_reason_that_is_told(
    session: AsyncSession, post: Post, fatima: User, wrong: dict[str, Any], field: str, code: str
) -> None:
    data = (await post(REGISTER, input=NEW | wrong))["accountRegister"]
    assert data["errors"] == [{"field": field, "code": code}]
    assert await letters(session) == []


async def test_the_channel_must_be_named_where_there_are_several(
    post: Post, fatima: User, session: AsyncSession
) -> None:
    await make_market(session, slug="europe")
    data = (await post(REGISTER, input=NEW))["accountRegister"]
    assert data["errors"] == [{"field": "channel", "code": "MISSING_CHANNEL_SLUG"}]
    assert (await post(REGISTER, input=NEW | {"channel": "maroc"}))["accountRegister"]["errors"] == []


@pytest.mark.parametrize("email", ["fatima@example.test", "FATIMA@EXAMPLE.TEST", "nobody@example.test"])
async def test_asking_for_a_new_password_does_not_tell_whether_there_is_an_account(
    session: AsyncSession, post: Post, fatima: User, email: str
) -> None:
    data = await post(ASK_RESET, email=email, url=PAGE, channel="maroc")
    assert data["requestPasswordReset"] == {"errors": []}
    known = email.lower() == fatima.email
    assert await letters(session) == [("reset_password", fatima.id if known else None)]
    # Within a quarter of an hour a second letter is not written, and the answer stays the same.
    again = await post(ASK_RESET, email=email, url=PAGE, channel="maroc")
    assert again == data
    assert (await letters(session))[1] == ("reset_password", None)


async def test_a_link_to_reset_goes_to_allowed_hosts_only(
    post: Post, fatima: User, session: AsyncSession
) -> None:
    data = await post(ASK_RESET, email=fatima.email, url="https://evil.test/reset")
    assert data["requestPasswordReset"]["errors"] == [{"field": "redirectUrl", "code": "INVALID"}]
    assert await letters(session) == []


async def test_a_new_password_ends_every_session_and_its_link(
    session: AsyncSession, settings: Settings, post: Post, fatima: User
) -> None:
    before = (await post(SIGN_IN, email=fatima.email, password=PASSWORD))["tokenCreate"]["refreshToken"]
    await session.refresh(fatima)
    token = mail_tokens.make(settings, Purpose.SET_PASSWORD, fatima)
    given = {"email": fatima.email, "token": token}
    weak = (await post(SET_PASSWORD, password="12345678", **given))["setPassword"]
    assert weak["errors"] == [{"field": "password", "code": "PASSWORD_TOO_COMMON"}]
    done = (await post(SET_PASSWORD, password="une autre phrase", **given))["setPassword"]
    assert done["errors"] == []
    assert done["token"]
    again = (await post(SET_PASSWORD, password="encore une autre", **given))["setPassword"]
    assert (again["errors"], again["token"]) == ([{"field": "token", "code": "INVALID"}], None)
    refresh = "mutation ($t: String) { tokenRefresh(refreshToken: $t) { token errors { code } } }"
    assert (await post(refresh, t=before))["tokenRefresh"]["errors"] == [{"code": "JWT_INVALID_TOKEN"}]
    assert (await post(refresh, t=done["refreshToken"]))["tokenRefresh"]["token"]
    assert "PASSWORD_RESET" in await events(session, fatima)


@pytest.mark.parametrize("email", ["fatima@example.test", "nobody@example.test"])
async def test_a_wrong_link_reads_the_same_for_an_account_that_is_not_there(
    post: Post, fatima: User, email: str
) -> None:
    for token in ("", "junk", "ffffffff-abc", "x" * 100_000):
        data = (await post(SET_PASSWORD, email=email, token=token, password="une autre phrase"))[
            "setPassword"
        ]
        assert data["errors"] == [{"field": "token", "code": "INVALID"}]
        data = (await post(CONFIRM, email=email, token=token))["confirmAccount"]
        assert data["errors"] == [{"field": "token", "code": "INVALID"}]


async def test_a_link_is_good_for_one_purpose_and_one_account(
    session: AsyncSession, settings: Settings, post: Post, fatima: User
) -> None:
    other = await make_user(session)
    for purpose, user in ((Purpose.CONFIRM_ACCOUNT, fatima), (Purpose.SET_PASSWORD, other)):
        token = mail_tokens.make(settings, purpose, user)
        data = await post(SET_PASSWORD, email=fatima.email, token=token, password="une autre phrase")
        assert data["setPassword"]["errors"] == [{"field": "token", "code": "INVALID"}]


async def test_a_link_runs_out(
    session: AsyncSession, settings: Settings, post: Post, fatima: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = mail_tokens.make(settings, Purpose.SET_PASSWORD, fatima)
    monkeypatch.setitem(mail_tokens.LIFETIMES, Purpose.SET_PASSWORD, -mail_tokens.EMAIL_CHANGE_LIFETIME)
    data = await post(SET_PASSWORD, email=fatima.email, token=token, password="une autre phrase")
    assert data["setPassword"]["errors"] == [{"field": "token", "code": "INVALID"}]


async def test_a_password_is_changed_by_who_knows_the_old_one(
    session: AsyncSession, post: Post, fatima: User
) -> None:
    wrong = (await post(CHANGE_PASSWORD, fatima, old="guess", new="une autre phrase"))["passwordChange"]
    assert wrong["errors"] == [{"field": "oldPassword", "code": "INVALID_CREDENTIALS"}]
    none = (await post(CHANGE_PASSWORD, fatima, new="une autre phrase"))["passwordChange"]
    assert none["errors"] == [{"field": "oldPassword", "code": "INVALID_CREDENTIALS"}]
    weak = (await post(CHANGE_PASSWORD, fatima, old=PASSWORD, new="court"))["passwordChange"]
    assert weak["errors"] == [{"field": "newPassword", "code": "PASSWORD_TOO_SHORT"}]
    await session.refresh(fatima)
    before = fatima.token_key
    done = (await post(CHANGE_PASSWORD, fatima, old=PASSWORD, new="une autre phrase"))["passwordChange"]
    assert done == {"user": {"email": fatima.email}, "errors": []}
    await session.refresh(fatima)
    assert fatima.token_key != before
    assert (await post(SIGN_IN, email=fatima.email, password="une autre phrase"))["tokenCreate"]["token"]


async def test_an_address_is_changed_by_a_link_that_came_to_the_new_one(
    session: AsyncSession, settings: Settings, post: Post, fatima: User
) -> None:
    market = await make_market(session, slug="fair")
    guest_order = await make_order(
        session, market, await make_piece(session, market.channel), email="new@example.test"
    )
    asked = {"email": "New@Example.test", "url": PAGE}
    named = ASK_EMAIL.replace("$url)", '$url, channel: "maroc")')
    wrong = await post(ASK_EMAIL.replace("$url)", '$url, channel: "maroc")'), fatima, password="x", **asked)
    assert wrong["requestEmailChange"]["errors"] == [{"field": "password", "code": "INVALID_CREDENTIALS"}]
    taken = await post(named, fatima, password=PASSWORD, email=fatima.email.upper(), url=PAGE)
    assert taken["requestEmailChange"]["errors"] == [{"field": "newEmail", "code": "UNIQUE"}]
    done = await post(named, fatima, password=PASSWORD, **asked)
    assert done["requestEmailChange"] == {"user": {"email": "fatima@example.test"}, "errors": []}
    await session.refresh(fatima)
    token = mail_tokens.make_email_change(settings, fatima, "new@example.test")
    change = CHANGE_EMAIL.replace("token: $token)", 'token: $token, channel: "maroc")')
    stranger = await make_user(session)
    data = await post(change, stranger, token=token)
    assert data["confirmEmailChange"]["errors"] == [{"field": "token", "code": "JWT_INVALID_TOKEN"}]
    data = await post(change, fatima, token=token)
    assert data["confirmEmailChange"] == {"user": {"email": "new@example.test"}, "errors": []}
    await session.refresh(guest_order)
    assert guest_order.user_id == fatima.id
    assert ("email_changed", fatima.id) in await letters(session)
    assert await events(session, fatima) == ["EMAIL_CHANGED_REQUEST", "EMAIL_CHANGED"]


async def test_an_account_is_deleted_by_a_link_and_its_orders_stay(
    session: AsyncSession, settings: Settings, post: Post, fatima: User
) -> None:
    ask = "mutation ($u: String!) { accountRequestDeletion(redirectUrl: $u) { errors { field code } } }"
    assert (await post(ask, fatima, u=PAGE))["accountRequestDeletion"]["errors"] == []
    assert await letters(session) == [("delete_account", fatima.id)]
    market = await make_market(session, slug="fair")
    order = await make_order(session, market, await make_piece(session, market.channel), user=fatima)
    await session.refresh(fatima)
    wrong = (await post(DELETE, fatima, token="1-2"))["accountDelete"]
    assert wrong["errors"] == [{"field": "token", "code": "INVALID"}]
    email, key = fatima.email, fatima.id
    token = mail_tokens.make(settings, Purpose.DELETE_ACCOUNT, fatima)
    done = (await post(DELETE, fatima, token=token))["accountDelete"]
    assert (done["user"]["email"], done["errors"]) == (email, [])
    assert await session.scalar(select(User.id).where(User.id == key)) is None
    await session.refresh(order)
    assert (order.user_id, order.user_email) == (None, "salma@example.test")


@pytest.mark.parametrize(("who", "code"), [("staff", "DELETE_STAFF_ACCOUNT"), ("seller", "INVALID")])
async def test_who_others_depend_on_is_not_deleted(
    session: AsyncSession, settings: Settings, post: Post, fatima: User, who: str, code: str
) -> None:
    fatima.is_staff = who == "staff"
    if who == "seller":
        await make_member(session, await make_vendor(session), fatima)
    token = mail_tokens.make(settings, Purpose.DELETE_ACCOUNT, fatima)
    data = (await post(DELETE, fatima, token=token))["accountDelete"]
    assert [error["code"] for error in data["errors"]] == [code]
    assert await session.get(User, fatima.id) is not None


async def test_an_account_is_changed_by_its_owner(post: Post, fatima: User) -> None:
    update = """
    mutation ($input: AccountInput!) {
      accountUpdate(input: $input) {
        user { firstName lastName languageCode metadata { key value }
               defaultShippingAddress { city metadata { key } } defaultBillingAddress { city }
               addresses { city } }
        errors { field code addressType }
      }
    }
    """
    rabat = {
        "firstName": "F",
        "lastName": "B",
        "streetAddress1": "1, rue X",
        "city": "Rabat",
        "country": "MA",
    }
    given = {
        "lastName": "Bennani",
        "languageCode": "EN",
        "metadata": [{"key": "a", "value": "1"}],
        "defaultShippingAddress": rabat,
    }
    data = (await post(update, fatima, input=given))["accountUpdate"]
    assert data["errors"] == []
    assert (data["user"]["firstName"], data["user"]["lastName"]) == ("Fatima", "Bennani")
    assert data["user"]["languageCode"] == "EN"
    assert data["user"]["defaultShippingAddress"]["city"] == "RABAT"
    assert data["user"]["defaultBillingAddress"] is None
    moved = await post(update, fatima, input={"defaultShippingAddress": rabat | {"city": "Fès"}})
    assert moved["accountUpdate"]["user"]["addresses"] == [{"city": "FÈS"}]
    wrong = await post(update, fatima, input={"defaultBillingAddress": rabat | {"city": ""}})
    assert wrong["accountUpdate"]["errors"] == [
        {"field": "city", "code": "REQUIRED", "addressType": "BILLING"}
    ]


async def test_a_letter_to_confirm_is_sent_again_but_not_at_once(
    session: AsyncSession, post: Post, fatima: User
) -> None:
    send = """mutation ($u: String!) {
      sendConfirmationEmail(redirectUrl: $u, channel: "maroc") { errors { field code } } }"""
    data = (await post(send, fatima, u=PAGE))["sendConfirmationEmail"]
    assert data["errors"] == [{"field": None, "code": "ACCOUNT_CONFIRMED"}]
    fatima.is_confirmed = False
    data = (await post(send, fatima, u="https://evil.test/"))["sendConfirmationEmail"]
    assert data["errors"] == [{"field": "redirectUrl", "code": "INVALID"}]
    assert (await post(send, fatima, u=PAGE))["sendConfirmationEmail"]["errors"] == []
    assert await letters(session) == [("confirm_account", fatima.id)]
    data = (await post(send, fatima, u=PAGE))["sendConfirmationEmail"]
    assert data["errors"] == [{"field": None, "code": "CONFIRMATION_ALREADY_REQUESTED"}]


@pytest.mark.parametrize(
    ("field", "answer"),
    [
        ("externalAuthenticationUrl", "authenticationData"),
        ("externalObtainAccessTokens", "token user { id }"),
        ("externalRefresh", "token user { id }"),
        ("externalLogout", "logoutData"),
        ("externalVerify", "isValid user { id }"),
    ],
)
async def test_no_service_is_connected_to_sign_in_with_and_the_answer_says_so(
    post: Post, field: str, answer: str
) -> None:
    document = (
        f'mutation {{ it: {field}(pluginId: "x", input: "{{}}") {{ {answer} errors {{ field code }} }} }}'
    )
    data = (await post(document))["it"]
    assert data["errors"] == [{"field": "pluginId", "code": "NOT_FOUND"}]
    assert not any(value for name, value in data.items() if name != "errors")


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ("tokenCreate(email: $text, password: $text)", "email"),
        ("setPassword(email: $text, token: $text, password: $text)", "email"),
        ('requestPasswordReset(email: "a@b.test", redirectUrl: "x", channel: $text)', "channel"),
        ("accountUpdate(input: {metadata: [{key: $text, value: $text}]})", "key"),
        ("accountAddressCreate(input: {city: $text, country: MA})", "city"),
    ],
)
async def test_a_text_that_no_database_keeps_is_refused_by_its_field(
    post: Post, fatima: User, document: str, field: str
) -> None:
    mutation = f"mutation ($text: String!) {{ it: {document} {{ errors {{ field code }} }} }}"
    data = await post(mutation, fatima, text="a\0b@c.test")
    assert data["it"]["errors"] == [{"field": field, "code": "INVALID"}]


async def test_apps_are_told_where_links_lead_in_which_channel_and_to_which_address(
    post: Post, fatima: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Announcement] = []

    async def note(_session: AsyncSession, announcement: Announcement) -> None:
        told.append(announcement)

    monkeypatch.setitem(events_of_kit._subscribers, Announcement, [note])
    where = {"redirect_url": PAGE, "channel_slug": "maroc"}
    await post(ASK_RESET, email=fatima.email, url=PAGE, channel="maroc")
    await post(ASK_EMAIL, fatima, email="new@example.test", password=PASSWORD, url=PAGE)
    await post(
        CHANGE_EMAIL, fatima, token=mail_tokens.make_email_change(settings, fatima, "new@example.test")
    )
    ask = "mutation ($u: String!) { accountRequestDeletion(redirectUrl: $u) { errors { field code } } }"
    await post(ask, fatima, u=PAGE)
    await post(REGISTER, input=NEW)
    assert [(each.event, dict(each.details)) for each in told if each.event.startswith("ACCOUNT_")] == [
        ("ACCOUNT_SET_PASSWORD_REQUESTED", where),
        ("ACCOUNT_CHANGE_EMAIL_REQUESTED", where | {"new_email": "new@example.test"}),
        ("ACCOUNT_EMAIL_CHANGED", {"channel_slug": "maroc", "new_email": "new@example.test"}),
        ("ACCOUNT_DELETE_REQUESTED", where),
        ("ACCOUNT_CONFIRMATION_REQUESTED", where),
    ]
    told.clear()
    await post(ASK_RESET, email="nobody@example.test", url=PAGE, channel="maroc")
    await post(REGISTER, input=NEW)
    assert told == []
