"""The links of letters to sellers, in a browser without JavaScript: one question, one button."""

import os
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from marketplace.kit.database import Database
from marketplace.people.service import user_by_email
from marketplace.vendors import bank_changes, delegations, invitations
from marketplace.vendors.bank_changes import NewAccount
from marketplace.vendors.links import LinkPurpose, token_of
from marketplace.vendors.models import BankAccount, BankAccountKind, MemberRole, VendorMember
from tests.factories.people import make_user
from tests.factories.vendors import make_vendor
from tests.pages.conftest import Shop
from tests.pages.test_reading import FAULTS

RIB = "011519000001205000534921"


async def asked(database: Database, purpose: LinkPurpose) -> str:
    """The token of a link of that purpose."""
    async with database.transaction() as session:
        vendor = await make_vendor(session, name="Coopérative Tifawin", email="tifawin@example.test")
        key: UUID
        match purpose:
            case LinkPurpose.INVITATION:
                found = await invitations.invite(
                    session, vendor.id, "aicha@example.test", MemberRole.PACKER, actor_id=None
                )
                key = found.id
            case LinkPurpose.DELEGATION:
                agent = await make_user(session, is_staff=True, first_name="Salma", last_name="Idrissi")
                key = (await delegations.ask(session, vendor.id, agent.id, 30, "Photos des produits")).id
            case _:
                account = NewAccount(kind=BankAccountKind.RIB, holder="Tifawin", bank_name="", number=RIB)
                key = (
                    await bank_changes.ask_to_change(
                        session, database.settings, vendor.id, account, actor_id=None
                    )
                ).id
                if purpose is LinkPurpose.BANK_UNDOING:
                    await bank_changes.confirm(session, key)
    return token_of(database.settings, purpose, key)


async def test_somebody_without_an_account_accepts_an_invitation(
    plain: Page, shop: Shop, database: Database
) -> None:
    await plain.goto(shop.page(f"v/{await asked(database, LinkPurpose.INVITATION)}"))
    await expect(plain.get_by_role("heading", level=1)).to_have_text("Coopérative Tifawin vous invite")
    await plain.get_by_label("Mot de passe").fill("12345678")
    await plain.get_by_role("button", name="J’accepte").click()
    await expect(plain.locator(".field .problem")).to_be_visible()
    await plain.get_by_label("Mot de passe").fill("tapis-safran-argan")
    await plain.get_by_role("button", name="J’accepte").click()
    await expect(plain.get_by_role("heading", level=1)).to_have_text("Merci, c’est noté.")
    async with database.transaction() as session:
        user = await user_by_email(session, "aicha@example.test")
        assert user is not None
        role = await session.scalar(select(VendorMember.role).filter_by(user_id=user.id))
    assert role is MemberRole.PACKER


async def test_looking_changes_nothing_and_it_was_not_me_undoes_a_change(
    plain: Page, shop: Shop, database: Database
) -> None:
    page = shop.page(f"v/{await asked(database, LinkPurpose.BANK_UNDOING)}")
    await plain.goto(page)
    async with database.transaction() as session:
        assert await session.scalar(select(BankAccount.number_ending)) == "4921"
    await plain.get_by_role("button", name="Ce n’était pas moi").click()
    await expect(plain.get_by_role("status")).to_contain_text("reste comme il était")
    async with database.transaction() as session:
        assert await session.scalar(select(BankAccount.number_ending)) is None
    await plain.goto(page)
    await expect(plain.get_by_role("heading", level=1)).to_have_text("Ce lien n’est plus valable.")


async def test_a_link_that_is_none_of_ours_is_no_page(plain: Page, shop: Shop) -> None:
    for token in ("x" * 38, "x" * 300):
        answer = await plain.goto(shop.page(f"v/{token}"))
        assert answer is not None
        assert answer.status == 404


@pytest.mark.parametrize(("language", "width"), [("fr", 1280), ("ar", 360)])
async def test_everybody_can_use_every_question(
    browser: Browser, shop: Shop, database: Database, language: str, width: int
) -> None:
    context = await browser.new_context(viewport={"width": width, "height": 800})
    page = await context.new_page()
    for purpose in LinkPurpose:
        await page.goto(shop.page(f"v/{await asked(database, purpose)}", language))
        assert await page.evaluate(FAULTS) == []
        if os.environ.get("SHOTS"):
            await page.screenshot(path=f"{os.environ['SHOTS']}/{purpose}-{language}-{width}.png")
    await context.close()
