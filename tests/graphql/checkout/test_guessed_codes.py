"""Promo codes are secrets: whoever guesses has to wait, and nobody else."""

import re
from collections.abc import Awaitable, Callable

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.models import Checkout
from marketplace.kit.ids import to_global_id
from marketplace.kit.settings import Settings
from marketplace.people import throttling
from marketplace.people.models import AttemptCount, User
from marketplace.people.throttling import Allowance
from marketplace.people.tokens import access_token
from tests.factories.checkout import Market, make_cart, make_market, make_piece
from tests.factories.people import make_user
from tests.factories.pricing import make_voucher

ADD = """mutation ($id: ID!, $code: String!) { checkoutAddPromoCode(id: $id, promoCode: $code) {
  checkout { voucherCode } errors { field code message } } }"""
Try = Callable[..., Awaitable[tuple[str | None, str] | None]]


@pytest.fixture
async def market(session: AsyncSession, monkeypatch: pytest.MonkeyPatch) -> Market:
    monkeypatch.setattr(throttling, "CODES_FROM_ADDRESS", Allowance("codes from an address", free=2))
    monkeypatch.setattr(throttling, "CODES_OF_CUSTOMER", Allowance("codes of a customer", free=1))
    return await make_market(session)


@pytest.fixture
def try_code(client: httpx.AsyncClient, session: AsyncSession, settings: Settings) -> Try:
    """Use a code over HTTP; the refusal's field and message, or None."""

    async def tried(cart: Checkout, code: str, user: User | None = None) -> tuple[str | None, str] | None:
        await session.commit()
        headers = {} if user is None else {"authorization": f"Bearer {access_token(user, settings)}"}
        body = {"query": ADD, "variables": {"id": to_global_id("Checkout", cart.id), "code": code}}
        answer = (await client.post("/graphql/", json=body, headers=headers)).json()
        errors = answer["data"]["checkoutAddPromoCode"]["errors"]
        if not errors:
            return None
        assert errors[0]["code"] == "INVALID"
        return errors[0]["field"], errors[0]["message"]

    return tried


async def _cart(session: AsyncSession, market: Market, user: User | None = None) -> Checkout:
    piece = await make_piece(session, market.channel)
    return await make_cart(session, market.channel, piece, **({"user": user} if user else {}))


async def test_who_guesses_waits_and_a_new_checkout_does_not_help(
    session: AsyncSession, market: Market, try_code: Try
) -> None:
    good = await make_voucher(session, market.channel)
    for number in range(3):
        wrong = await try_code(await _cart(session, market), f"GUESS{number}")
        assert wrong == ("promoCode", "This promo code is not valid.")
    fresh = await _cart(session, market)
    for code in ("GUESS9", good):  # The right one is not looked at either.
        refused = await try_code(fresh, code)
        assert refused is not None
        assert refused[0] is None
        assert re.match(r"Too many attempts\. The next one is possible at .*T", refused[1])
    assert list(await session.scalars(select(AttemptCount.count))) == [3]
    await session.execute(update(AttemptCount).values(refused_until=None))
    assert await try_code(fresh, good) is None


async def test_neighbours_who_guess_keep_no_customer_from_using_a_code(
    session: AsyncSession, market: Market, try_code: Try
) -> None:
    good = await make_voucher(session, market.channel)
    guest = await _cart(session, market)
    for number in range(4):
        await try_code(guest, f"GUESS{number}")
    customer = await make_user(session)
    own = await _cart(session, market, customer)
    assert await try_code(own, good, customer) is None
    answers = [await try_code(own, f"GUESS{number}", customer) for number in range(3)]
    assert [answer and answer[0] for answer in answers] == ["promoCode", "promoCode", None]


async def test_a_good_code_that_does_not_fit_the_cart_is_no_guess(
    session: AsyncSession, market: Market, client: httpx.AsyncClient
) -> None:
    dear = await make_voucher(session, market.channel, minimum_spent_minor=9000_00)
    cart = await _cart(session, market)
    await session.commit()
    body = {"query": ADD, "variables": {"id": to_global_id("Checkout", cart.id), "code": dear}}
    for _ in range(4):
        answer = (await client.post("/graphql/", json=body)).json()
        assert answer["data"]["checkoutAddPromoCode"]["errors"][0]["code"] == "VOUCHER_NOT_APPLICABLE"
    assert list(await session.scalars(select(AttemptCount.count))) == []
