"""Paying at the door, in a browser without JavaScript: why not, the link of a message, carriers' sheets."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from marketplace.kit.database import Database
from marketplace.markets.models import Channel, ShippingMethod
from marketplace.orders.models import Order, OrderStatus
from marketplace.payments.at_the_door import confirming
from marketplace.payments.at_the_door.models import CashOrder
from marketplace.people.passwords import hash_password
from marketplace.people.permissions import Permission
from tests.factories.cash import csv_of, deliver_all, make_rules
from tests.factories.checkout import Market, make_piece
from tests.factories.orders import make_order
from tests.factories.people import make_staff
from tests.pages.conftest import Shop
from tests.pages.test_buying import add, fill_address, text
from tests.pages.test_reading import FAULTS
from tests.pages.test_signing_in import PASSWORD


async def market_of(session: Any) -> Market:
    channel = (await session.scalars(select(Channel).where(Channel.slug == "maroc"))).one()
    method = (
        await session.scalars(select(ShippingMethod).where(ShippingMethod.name == "Livraison à domicile"))
    ).one()
    return Market(channel, method)


async def waiting(database: Database, **given: object) -> tuple[Order, str]:
    """An order that waits for its buyer, and the token of its link."""
    async with database.transaction() as session:
        market = await market_of(session)
        await make_rules(session, market.channel, confirms_every_order=True)
        pieces = [
            await make_piece(session, market.channel, 120_00, name="Tapis d’Azilal"),
            await make_piece(session, market.channel, 80_00, name="Miel de thym"),
        ]
        order = await make_order(session, market, *pieces, **given)
        kept = (await session.scalars(select(CashOrder))).one()
    token = confirming.sign(database.settings, kept)
    assert token is not None
    return order, token


async def status_of(database: Database, order: Order) -> OrderStatus:
    async with database.transaction() as session:
        return (await session.get_one(Order, order.id)).status


async def test_a_buyer_confirms_by_the_link_of_a_message(plain: Page, shop: Shop, database: Database) -> None:
    order, token = await waiting(database)
    await plain.goto(shop.page(f"c/{token}"))
    await expect(plain.get_by_role("heading", level=1)).to_have_text("Attendez-vous cette commande ?")
    await expect(plain.get_by_text("Tapis d’Azilal")).to_be_visible()
    assert await status_of(database, order) is OrderStatus.UNCONFIRMED
    await plain.get_by_role("button", name="Oui, je confirme").click()
    await expect(plain.get_by_role("heading", level=1)).to_have_text("Merci, votre commande est confirmée.")
    assert await status_of(database, order) is OrderStatus.UNFULFILLED
    await plain.goto(shop.page(f"c/{token}"))
    await expect(plain.get_by_role("button", name="Oui, je confirme")).to_have_count(0)


async def test_a_buyer_calls_an_order_off_by_the_link(plain: Page, shop: Shop, database: Database) -> None:
    order, token = await waiting(database)
    await plain.goto(shop.page(f"c/{token}"))
    await expect(plain.get_by_role("button", name="Annuler la commande")).to_be_hidden()
    await plain.get_by_text("Je ne veux plus de cette commande").click()
    await plain.get_by_role("button", name="Annuler la commande").click()
    await expect(plain.get_by_role("heading", level=1)).to_have_text("Votre commande est annulée.")
    assert await status_of(database, order) is OrderStatus.CANCELED


async def test_a_link_that_is_none_of_ours_is_no_page(plain: Page, shop: Shop) -> None:
    for token in ("x" * 38, "x" * 300):
        answer = await plain.goto(shop.page(f"c/{token}"))
        assert answer is not None
        assert answer.status == 404


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_everybody_can_use_the_page_of_the_link(
    browser: Browser, shop: Shop, database: Database, language: str, width: int
) -> None:
    _, token = await waiting(database)
    context = await browser.new_context(viewport={"width": width, "height": 800})
    page = await context.new_page()
    await page.goto(shop.page(f"c/{token}", language))
    assert await page.evaluate(FAULTS) == []
    await page.locator("button[value=confirm]").click()
    await context.close()


async def test_the_checkout_says_why_it_can_not_be_paid_at_the_door(
    plain: Page, shop: Shop, database: Database
) -> None:
    async with database.transaction() as session:
        await make_rules(session, (await market_of(session)).channel, maximum_minor=50_00)
    await add(plain, shop, shop.saffron, 2)
    await plain.get_by_role("link", name="Commander").click()
    await fill_address(plain)
    await plain.get_by_role("button", name="Vérifier la commande").click()
    await expect(plain.get_by_role("alert")).to_contain_text("trop grande pour être payée à la réception")
    await expect(plain.get_by_role("button", name=re.compile("Commander"))).to_have_count(0)


async def test_an_order_that_waits_says_so(plain: Page, shop: Shop, database: Database) -> None:
    async with database.transaction() as session:
        await make_rules(session, (await market_of(session)).channel, confirms_first_order=True)
    await add(plain, shop, shop.saffron, 2)
    await plain.get_by_role("link", name="Commander").click()
    await fill_address(plain)
    await plain.get_by_role("button", name="Vérifier la commande").click()
    await plain.get_by_role("button", name=text("payer")).click()
    await expect(plain.get_by_role("status")).to_contain_text("Un message vous demande de confirmer")


async def sign_in(page: Page, shop: Shop, database: Database, *permissions: Permission) -> None:
    async with database.transaction() as session:
        member = await make_staff(session, *permissions)
        member.password_hash = await hash_password(PASSWORD)
    await page.goto(shop.page("sign-in"))
    await page.get_by_label("Adresse e-mail").fill(member.email)
    await page.get_by_label("Mot de passe").fill(PASSWORD)
    await page.get_by_role("button", name="Se connecter").click()
    await page.wait_for_url(shop.page(""))


async def owed(database: Database) -> Order:
    async with database.transaction() as session:
        market = await market_of(session)
        pieces = [await make_piece(session, market.channel, price) for price in (120_00, 80_00)]
        order = await make_order(session, market, *pieces)
        await deliver_all(session, order, "AM20261125-")
        return order


SHEET = csv_of(["Suivi", "Montant"], ["AM20261125-0", "150"], ["AM20261125-1", "100"], ["X1", "20"])


async def test_staff_send_a_sheet_look_at_its_differences_and_book_it(
    plain: Page, shop: Shop, database: Database
) -> None:
    await owed(database)
    await sign_in(plain, shop, database, Permission.MANAGE_PAYOUTS)
    await plain.goto(shop.page("staff/cash"))
    await expect(plain.get_by_role("row", name=re.compile("Amana"))).to_contain_text(text("260,00 MAD"))
    await plain.get_by_label("Transporteur").fill("Amana")
    await plain.get_by_label("Référence de la remise").fill("BR-1")
    file: Any = {"name": "remise.csv", "mimeType": "text/csv", "buffer": SHEET}
    await plain.get_by_label(re.compile("Fichier")).set_input_files(file)
    await plain.get_by_role("button", name="Voir les lignes").click()
    await expect(plain.get_by_role("heading", level=1)).to_have_text("Bordereau BR-1")
    rows = plain.locator("tbody tr")
    await expect(rows.nth(0)).to_contain_text("Juste")
    await expect(rows.nth(1)).to_contain_text("Il manque de l’argent")
    await expect(rows.nth(2)).to_contain_text("Colis inconnu")
    await plain.get_by_label(re.compile("Accepter les montants différents")).check()
    await plain.get_by_role("button", name="Comptabiliser").click()
    await expect(plain.get_by_role("status")).to_contain_text(text("250,00 MAD"))
    await plain.get_by_role("link", name="Espèces chez les transporteurs").click()
    await expect(plain.get_by_text("Les transporteurs ne doivent rien.")).to_be_visible()


async def test_what_is_wrong_with_a_sheet_is_said_and_what_was_typed_is_kept(
    plain: Page, shop: Shop, database: Database
) -> None:
    await sign_in(plain, shop, database, Permission.MANAGE_PAYOUTS)
    await plain.goto(shop.page("staff/cash"))
    await plain.get_by_label("Transporteur").fill("Amana")
    await plain.get_by_label("Référence de la remise").fill("BR-1")
    file: Any = {"name": "x.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"}
    await plain.get_by_label(re.compile("Fichier")).set_input_files(file)
    await plain.get_by_role("button", name="Voir les lignes").click()
    await expect(plain.get_by_role("alert")).to_contain_text("Ce fichier ne convient pas")
    await expect(plain.get_by_label("Référence de la remise")).to_have_value("BR-1")


@pytest.mark.parametrize("language", ["fr", "ar"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_everybody_of_the_staff_can_use_their_pages(
    browser: Browser, shop: Shop, database: Database, language: str, width: int
) -> None:
    await owed(database)
    context = await browser.new_context(viewport={"width": width, "height": 800})
    page = await context.new_page()
    await sign_in(page, shop, database, Permission.MANAGE_PAYOUTS)
    await page.goto(shop.page("staff/cash", language))
    assert await page.evaluate(FAULTS) == []
    await page.locator("#carrier").fill("Amana")
    await page.locator("#reference").fill("BR-1")
    file: Any = {"name": "remise.csv", "mimeType": "text/csv", "buffer": SHEET}
    await page.locator("#file").set_input_files(file)
    await page.locator(".sheet-form button").click()
    await page.wait_for_url(re.compile("sheets"))
    assert await page.evaluate(FAULTS) == []
    await context.close()


async def test_the_report_is_a_file_for_spreadsheets(plain: Page, shop: Shop, database: Database) -> None:
    await owed(database)
    await sign_in(plain, shop, database, Permission.MANAGE_PAYOUTS)
    answer = await plain.request.get(shop.page("staff/cash/ageing.csv"))
    assert answer.headers["content-type"].startswith("text/csv")
    assert (await answer.text()).splitlines()[1] == "Amana,MAD,260.00,0.00,0.00,0.00,260.00,2"


async def test_pages_of_the_staff_are_closed_to_others(plain: Page, shop: Shop, database: Database) -> None:
    paths = ("staff/cash", "staff/cash/ageing.csv", "staff/cash/sheets/Q2FzaFNoZWV0OjE=")
    for path in paths:
        await plain.goto(shop.page(path))
        await expect(plain.get_by_role("heading", level=1)).to_have_text("Se connecter")
    await sign_in(plain, shop, database, Permission.MANAGE_ORDERS)
    for path in paths:
        answer = await plain.request.get(shop.page(path))
        assert answer.status == 403, path
    answer = await plain.request.get(shop.page("staff/cash/sheets/nonsense"))
    assert answer.status == 404
