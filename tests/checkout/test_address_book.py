"""What a buyer's address book learns from their orders."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout import address_book
from marketplace.checkout.service import set_billing_address
from marketplace.people.addresses import create_address
from marketplace.people.models import Address, User
from tests.factories.checkout import RABAT, make_cart, make_market, make_piece
from tests.factories.orders import make_order
from tests.factories.people import make_user

CASABLANCA = replace(RABAT, city="Casablanca", postal_code="20000")


async def _book(session: AsyncSession, user: User) -> list[tuple[int, str]]:
    rows = await session.execute(
        select(Address.id, Address.city).where(Address.user_id == user.id).order_by(Address.id)
    )
    await session.refresh(user)
    return [(address_id, city) for address_id, city in rows]


async def test_an_order_teaches_each_address_once_and_makes_the_first_the_default(
    session: AsyncSession,
) -> None:
    market, user = await make_market(session), await make_user(session)
    rug = await make_piece(session, market.channel)
    await make_order(session, market, rug, user=user)
    ((home, city),) = await _book(session, user)
    assert city == "RABAT"
    assert user.default_shipping_address_id == user.default_billing_address_id == home
    await make_order(session, market, rug, user=user, billing_address=CASABLANCA)
    book = await _book(session, user)
    assert [city for _, city in book] == ["RABAT", "CASABLANCA"]
    assert user.default_billing_address_id == home


async def test_addresses_that_shall_not_be_kept_are_not(session: AsyncSession) -> None:
    market, user = await make_market(session), await make_user(session)
    rug = await make_piece(session, market.channel)
    await make_order(
        session,
        market,
        rug,
        user=user,
        billing_address=CASABLANCA,
        save_shipping_address=False,
        save_billing_address=True,
    )
    assert [city for _, city in await _book(session, user)] == ["CASABLANCA"]
    assert user.default_shipping_address_id is None


async def test_guests_have_no_book(session: AsyncSession) -> None:
    market = await make_market(session)
    await make_order(session, market, await make_piece(session, market.channel))
    assert (await session.scalars(select(Address.user_id))).unique().all() == [None]


async def test_a_full_book_learns_nothing(session: AsyncSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address_book, "MAXIMUM_ADDRESSES", 1)
    market, user = await make_market(session), await make_user(session)
    await create_address(session, CASABLANCA, user.id)
    await make_order(session, market, await make_piece(session, market.channel), user=user)
    assert [city for _, city in await _book(session, user)] == ["Casablanca"]
    assert user.default_shipping_address_id is None


async def test_what_is_said_last_counts(session: AsyncSession) -> None:
    market, user = await make_market(session), await make_user(session)
    cart = await make_cart(
        session, market.channel, user=user, billing_address=RABAT, save_billing_address=True
    )
    await set_billing_address(session, cart.id, RABAT, save=False)
    assert cart.save_billing_address is False
