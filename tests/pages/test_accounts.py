"""Opening an account and getting back into one, with a letter in between, without JavaScript."""

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select, text

from marketplace.kit.database import Database
from marketplace.people import mail_tokens
from marketplace.people.mail_tokens import Purpose
from marketplace.people.models import User
from marketplace.people.passwords import hash_password
from marketplace.people.redirects import link
from tests.factories.people import make_user
from tests.pages.conftest import Shop

EMAIL, PASSWORD = "salma@example.test", "un thé à la menthe"


async def link_of_letter(database: Database, purpose: Purpose) -> str:
    """The link that the letter will have which was asked for last."""
    query = text(
        "SELECT args->>'redirect_url' FROM procrastinate_jobs WHERE task_name ~ '^post' ORDER BY id DESC"
    )
    async with database.transaction() as session:
        url: str = (await session.execute(query)).scalars().first() or ""
        user = (await session.scalars(select(User).where(User.email == EMAIL))).one()
    return link(url, email=user.email, token=mail_tokens.make(database.settings, purpose, user))


@pytest.mark.parametrize(
    ("language", "create", "confirm", "direction"),
    [
        ("fr", "Créer un compte", "Confirmer l’adresse", "ltr"),
        ("ar", "إنشاء حساب", "تأكيد البريد", "rtl"),
        ("en", "Create an account", "Confirm the address", "ltr"),
    ],
    ids=["fr", "ar", "en"],
)
async def test_an_account_is_opened_and_confirmed(
    plain: Page, shop: Shop, database: Database, language: str, create: str, confirm: str, direction: str
) -> None:
    await plain.goto(shop.page("register", language))
    await plain.locator("#email").fill(EMAIL)
    await plain.locator("#password").fill(PASSWORD)
    await plain.get_by_role("button", name=create).click()
    await expect(plain.get_by_role("status")).to_be_visible()
    await plain.goto(await link_of_letter(database, Purpose.CONFIRM_ACCOUNT))
    await expect(plain.locator("html")).to_have_attribute("dir", direction)
    await plain.get_by_role("button", name=confirm).click()
    await expect(plain.get_by_role("status")).to_be_visible()  # Where to sign in.
    await plain.locator("#email").fill(EMAIL)
    await plain.locator("#password").fill(PASSWORD)
    await plain.keyboard.press("Enter")
    await expect(plain).to_have_url(shop.page("", language))


async def test_a_password_that_is_no_good_is_told_beside_its_field(plain: Page, shop: Shop) -> None:
    await plain.goto(shop.page("register"))
    await plain.get_by_label("Adresse e-mail").fill(EMAIL)
    await plain.get_by_label("Mot de passe").fill("motdepasse")
    await plain.get_by_role("button", name="Créer un compte").click()
    field = plain.get_by_label("Mot de passe")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(plain.get_by_text("parmi les premiers")).to_be_visible()
    await expect(field).to_have_value("")
    await expect(plain.get_by_label("Adresse e-mail")).to_have_value(EMAIL)


async def test_a_forgotten_password_is_replaced_by_the_link_of_a_letter(
    plain: Page, shop: Shop, database: Database
) -> None:
    async with database.transaction() as session:
        await make_user(session, email=EMAIL, password_hash=await hash_password("un café noir"))
    await plain.goto(shop.page("sign-in"))
    await plain.get_by_role("link", name="Mot de passe oublié ?").click()
    await plain.get_by_label("Adresse e-mail").fill(EMAIL)
    await plain.get_by_role("button", name="Recevoir le lien").click()
    await expect(plain.get_by_role("status")).to_be_visible()
    address = await link_of_letter(database, Purpose.SET_PASSWORD)
    await plain.goto(address)
    await plain.get_by_label("Mot de passe").fill(PASSWORD)
    await plain.get_by_role("button", name="Choisir un mot de passe").click()
    await expect(plain.get_by_role("button", name="Se déconnecter")).to_be_visible()
    await plain.goto(address)
    await plain.get_by_label("Mot de passe").fill("encore une autre")
    await plain.get_by_role("button", name="Choisir un mot de passe").click()
    await expect(plain.get_by_role("alert")).to_contain_text("n’est plus valable")


async def test_who_has_not_confirmed_is_told_so_and_who_guesses_has_to_wait(
    plain: Page, shop: Shop, database: Database
) -> None:
    async with database.transaction() as session:
        password_hash = await hash_password(PASSWORD)
        await make_user(session, email=EMAIL, password_hash=password_hash, is_confirmed=False)

    async def sign_in(password: str) -> None:
        await plain.goto(shop.page("sign-in"))
        await plain.get_by_label("Adresse e-mail").fill(EMAIL)
        await plain.get_by_label("Mot de passe").fill(password)
        await plain.get_by_role("button", name="Se connecter").click()

    await sign_in(PASSWORD)
    await expect(plain.get_by_role("alert")).to_contain_text("Confirmez d’abord")
    for _ in range(4):
        await sign_in("guess")
    await sign_in(PASSWORD)
    await expect(plain.get_by_role("alert")).to_contain_text("Trop d’essais")
