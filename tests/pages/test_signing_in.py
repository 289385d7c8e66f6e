"""Signing in, staying signed in for weeks, and going on as a guest when that is over."""

import re

import pytest
from playwright.async_api import Page, expect

from marketplace.kit.database import Database
from marketplace.people.passwords import hash_password
from tests.factories.people import make_user
from tests.pages.conftest import Shop

PASSWORD = "un thé à la menthe"


@pytest.fixture
async def buyer(database: Database) -> str:
    async with database.transaction() as session:
        password_hash = await hash_password(PASSWORD)
        user = await make_user(session, email="salma@example.test", password_hash=password_hash)
        return user.email


async def sign_in(page: Page, shop: Shop, email: str, password: str = PASSWORD) -> None:
    await page.goto(shop.page("sign-in"))
    await page.get_by_label("Adresse e-mail").fill(email)
    await page.get_by_label("Mot de passe").fill(password)
    await page.get_by_role("button", name="Se connecter").click()


async def test_a_wrong_password_is_told_next_to_its_field_and_the_address_stays(
    plain: Page, shop: Shop, buyer: str
) -> None:
    await sign_in(plain, shop, buyer, "un café")
    await expect(plain.get_by_role("alert")).to_contain_text("ne convient pas")
    await expect(plain.get_by_label("Mot de passe")).to_have_accessible_description(
        re.compile("ne convient pas")
    )
    await expect(plain.get_by_label("Adresse e-mail")).to_have_value(buyer)
    await expect(plain.get_by_label("Mot de passe")).to_have_value("")


async def test_a_buyer_signs_in_and_out(plain: Page, shop: Shop, buyer: str) -> None:
    await sign_in(plain, shop, buyer)
    assert plain.url == shop.page("")
    cookies = {cookie["name"]: cookie for cookie in await plain.context.cookies()}
    assert cookies["session"]["httpOnly"]
    assert cookies["session"]["sameSite"] == "Lax"
    await plain.get_by_role("button", name="Se déconnecter").click()
    await expect(plain.get_by_role("link", name="Se connecter")).to_be_visible()
    assert "session-renewal" not in {cookie["name"] for cookie in await plain.context.cookies()}


async def test_a_session_that_ran_out_is_renewed_without_a_question(
    plain: Page, shop: Shop, buyer: str
) -> None:
    await sign_in(plain, shop, buyer)
    await plain.context.clear_cookies(name="session")
    await plain.goto(shop.page("cart"))
    await expect(plain.get_by_role("button", name="Se déconnecter")).to_be_visible()
    assert "session" in {cookie["name"] for cookie in await plain.context.cookies()}


async def test_whoever_carries_a_token_of_nobody_s_goes_on_as_a_guest(plain: Page, shop: Shop) -> None:
    for name in ("session", "session-renewal"):
        await plain.context.add_cookies([{"name": name, "value": "nonsense", "url": shop.address}])
    await plain.goto(shop.page("sellers"))
    assert plain.url == shop.page("sellers")
    await expect(plain.get_by_role("link", name="Se connecter")).to_be_visible()
    assert await plain.context.cookies() == []
