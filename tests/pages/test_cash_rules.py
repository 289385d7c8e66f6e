"""Staff say on which conditions one may pay at the door, in a browser without JavaScript."""

import re

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from marketplace.kit.database import Database
from marketplace.payments.at_the_door.models import CashRules
from marketplace.people.permissions import Permission
from tests.pages.conftest import Shop
from tests.pages.test_cash import sign_in
from tests.pages.test_reading import FAULTS


async def rules_of(database: Database) -> CashRules:
    async with database.transaction() as session:
        return (await session.scalars(select(CashRules))).one()


async def test_a_rule_is_added_changed_and_ended(plain: Page, shop: Shop, database: Database) -> None:
    await sign_in(plain, shop, database, Permission.HANDLE_PAYMENTS)
    await plain.goto(shop.page("staff/cash/rules"))
    await plain.get_by_role("link", name="Ajouter des conditions – Maroc").click()
    await plain.get_by_label("Maroc", exact=True).check()
    await plain.get_by_label(re.compile("Jusqu’à")).fill("2 500,50")
    await plain.get_by_label("Colis refusés, au plus").fill("2")
    await plain.get_by_label("La première commande d’un acheteur").check()
    await plain.get_by_role("button", name="Enregistrer").click()
    await expect(plain.get_by_role("status")).to_have_text("Les conditions sont enregistrées.")
    await expect(plain.get_by_text("Pas plus de 2 colis refusés en 12 mois")).to_be_visible()
    rules = await rules_of(database)
    assert (rules.country_codes, rules.maximum_minor, rules.most_refusals) == (["MA"], 2_500_50, 2)
    assert (rules.confirms_first_order, rules.minimum_minor, rules.most_open_orders) == (True, None, None)

    await plain.get_by_role("link", name="Changer les conditions – Maroc").click()
    await plain.get_by_label(re.compile("À partir de")).fill("3000")
    await plain.get_by_label("Un refus compte pendant (mois)").fill("a year")
    await plain.get_by_role("button", name="Enregistrer").click()
    await expect(plain.get_by_text("Ce n’est pas un nombre.")).to_be_visible()
    await plain.get_by_label("Un refus compte pendant (mois)").fill("6")
    await plain.get_by_role("button", name="Enregistrer").click()
    await expect(plain.get_by_role("alert")).to_contain_text("Vérifiez les champs marqués.")
    await expect(plain.get_by_label(re.compile("À partir de"))).to_have_value("3000")  # As it was typed.
    assert (await rules_of(database)).refusal_months == 12

    await plain.get_by_role("button", name="Retirer toutes les conditions").click()
    await expect(plain.get_by_text("Aucune condition").first).to_be_visible()
    rules = await rules_of(database)
    assert (rules.country_codes, rules.maximum_minor, rules.confirms_first_order) == ([], None, False)


@pytest.mark.parametrize("language", ["fr", "ar"])
async def test_everybody_can_use_these_pages(
    browser: Browser, shop: Shop, database: Database, language: str
) -> None:
    context = await browser.new_context(viewport={"width": 360, "height": 800})
    page = await context.new_page()
    await sign_in(page, shop, database, Permission.MANAGE_CHANNELS)
    for path in ("staff/cash/rules", "staff/cash/rules/maroc"):
        await page.goto(shop.page(path, language))
        for width in (360, 1280):
            await page.set_viewport_size({"width": width, "height": 800})
            assert await page.evaluate(FAULTS) == []
    await context.close()


async def test_they_are_closed_to_others(plain: Page, shop: Shop, database: Database) -> None:
    await plain.goto(shop.page("staff/cash/rules"))
    await expect(plain.get_by_role("heading", level=1)).to_have_text("Se connecter")
    await sign_in(plain, shop, database, Permission.MANAGE_ORDERS)
    for path in ("staff/cash/rules", "staff/cash/rules/maroc"):
        assert (await plain.request.get(shop.page(path))).status == 403
