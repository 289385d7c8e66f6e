"""Attempts are counted though they are refused, over HTTP and in the pages' name."""

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.people import throttling
from marketplace.people.models import AttemptCount, User
from marketplace.people.throttling import Allowance
from tests.graphql.people.conftest import PAGE, PASSWORD, Post

SIGN_IN = """
mutation ($email: String!, $password: String!) {
  tokenCreate(email: $email, password: $password) { token errors { field code message } }
}
"""


async def test_a_refused_attempt_stays_counted_and_the_next_ones_wait(
    session: AsyncSession, post: Post, fatima: User
) -> None:
    for _ in range(4):
        data = (await post(SIGN_IN, email=fatima.email, password="guess"))["tokenCreate"]
        assert data["errors"][0]["code"] == "INVALID_CREDENTIALS"
    data = (await post(SIGN_IN, email=fatima.email, password=PASSWORD))["tokenCreate"]
    (error,) = data["errors"]
    assert (data["token"], error["field"], error["code"]) == (None, "email", "LOGIN_ATTEMPT_DELAYED")
    assert "T" in error["message"]  # Until when.
    assert sorted(await session.scalars(select(AttemptCount.count))) == [4, 4]


async def test_many_guesses_in_one_document_are_counted_one_by_one(post: Post, fatima: User) -> None:
    fields = " ".join(
        f'a{number}: tokenCreate(email: "fatima@example.test", password: "x{number}") {{ errors {{ code }} }}'
        for number in range(8)
    )
    data = await post(f"mutation {{ {fields} }}")
    codes = [answer["errors"][0]["code"] for answer in data.values()]
    assert codes == ["INVALID_CREDENTIALS"] * 4 + ["LOGIN_ATTEMPT_DELAYED"] * 4


async def test_the_pages_count_their_visitors_too(
    session: AsyncSession, client: httpx.AsyncClient, fatima: User
) -> None:
    await session.commit()
    for _ in range(2):
        form = {"email": fatima.email, "password": "guess"}
        answer = await client.post("/fr/sign-in", data=form, headers={"origin": "http://testserver"})
        assert answer.status_code == 422
    assert sorted(await session.scalars(select(AttemptCount.count))) == [2, 2]


async def test_accounts_are_opened_by_the_dozen_not_by_the_thousand(
    post: Post, fatima: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling, "ACCOUNTS_FROM_ADDRESS", Allowance("accounts", free=2))
    register = """mutation ($e: String!, $p: String!, $u: String!) {
      accountRegister(input: {email: $e, password: $p, redirectUrl: $u}) { errors { field code } } }"""
    codes = []
    for number in range(4):
        given = {"e": f"person-{number}@shop.test", "p": "un thé à la menthe", "u": PAGE}
        codes += [error["code"] for error in (await post(register, **given))["accountRegister"]["errors"]]
    assert codes == ["LOGIN_ATTEMPT_DELAYED"]


async def test_letters_are_asked_for_by_the_dozen_not_by_the_thousand(
    post: Post, fatima: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling, "LETTERS_FROM_ADDRESS", Allowance("letters", free=2))
    ask = """mutation ($e: String!, $u: String!) {
      requestPasswordReset(email: $e, redirectUrl: $u) { errors { field code } } }"""
    codes = []
    for number in range(4):
        given = {"e": f"person-{number}@shop.test", "u": PAGE}
        codes += [error["code"] for error in (await post(ask, **given))["requestPasswordReset"]["errors"]]
    assert codes == ["PASSWORD_RESET_ALREADY_REQUESTED"]
