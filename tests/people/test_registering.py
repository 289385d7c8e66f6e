"""What an installation chooses about new accounts: whether, and how, their addresses are confirmed."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

import marketplace.reactions  # noqa: F401 - what rooms above do when an address is proven
from marketplace.kit.errors import DomainError
from marketplace.kit.settings import Settings
from marketplace.people import accounts, mail_tokens, service
from marketplace.people.accounts import Registration
from marketplace.people.mail_tokens import Purpose
from marketplace.people.models import User
from tests.factories.checkout import make_market, make_piece
from tests.factories.orders import make_order

EMAIL, PASSWORD = "salma@example.test", "un thé à la menthe"
PAGE = "http://testserver/confirm"


def choosing(settings: Settings, **chosen: object) -> Settings:
    return settings.model_copy(update=chosen)


async def registered(session: AsyncSession, settings: Settings) -> User:
    given = Registration(email=EMAIL, password=PASSWORD, redirect_url=PAGE)
    user = await accounts.register(session, settings, given)
    assert user is not None
    return user


async def test_without_confirmation_an_account_is_open_at_once_and_a_taken_address_is_told(
    session: AsyncSession, settings: Settings
) -> None:
    settings = choosing(settings, account_confirmation=False)
    given = Registration(email=EMAIL, password=PASSWORD)
    user = await accounts.register(session, settings, given)
    assert user is not None
    assert user.is_confirmed
    assert (await service.sign_in(session, settings, EMAIL, PASSWORD)).user is user
    with pytest.raises(DomainError) as refused:
        await accounts.register(session, settings, given)
    assert (refused.value.code, refused.value.field) == ("UNIQUE", "email")


async def test_a_shop_may_let_people_in_before_they_confirm(
    session: AsyncSession, settings: Settings
) -> None:
    await registered(session, settings)
    with pytest.raises(DomainError) as refused:
        await service.sign_in(session, settings, EMAIL, PASSWORD)
    assert refused.value.code == "ACCOUNT_NOT_CONFIRMED"
    trusting = choosing(settings, sign_in_unconfirmed=True)
    assert (await service.sign_in(session, trusting, EMAIL, PASSWORD)).access_token


async def test_what_was_bought_as_a_guest_comes_in_by_the_link_and_the_password_together(
    session: AsyncSession, settings: Settings
) -> None:
    settings = choosing(settings, account_confirm_mode="REQUIRE_PASSWORD")
    market = await make_market(session)
    order = await make_order(session, market, await make_piece(session, market.channel), email=EMAIL)
    user = await registered(session, settings)
    token = mail_tokens.make(settings, Purpose.CONFIRM_ACCOUNT, user)
    for password, code in ((None, "REQUIRED"), ("", "REQUIRED"), ("guess", "INVALID")):
        with pytest.raises(DomainError) as refused:
            await accounts.confirm(session, settings, EMAIL, token, password)
        assert (refused.value.code, refused.value.field) == (code, "password")
    assert not user.is_confirmed
    await accounts.confirm(session, settings, EMAIL, token, PASSWORD)
    await session.refresh(order)
    assert (user.is_confirmed, order.user_id) == (True, user.id)


async def test_the_link_alone_brings_nothing_in(session: AsyncSession, settings: Settings) -> None:
    market = await make_market(session)
    order = await make_order(session, market, await make_piece(session, market.channel), email=EMAIL)
    user = await registered(session, settings)
    token = mail_tokens.make(settings, Purpose.CONFIRM_ACCOUNT, user)
    await accounts.confirm(session, settings, EMAIL, token)
    await session.refresh(order)
    assert (user.is_confirmed, order.user_id) == (True, None)
