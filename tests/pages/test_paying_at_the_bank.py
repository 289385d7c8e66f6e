"""Paying on the bank's own page, in a real browser that runs no JavaScript."""

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.orders.models import ChargeStatus, Order
from marketplace.payments.models import TransactionItem
from marketplace.payments.stand_ins.bank.serving import BankStandIn
from tests.factories.bank import on_bank
from tests.pages import test_paying_by_card as by_card
from tests.pages.conftest import Shop
from tests.pages.test_buying import text

order_and_payment, review, shop = by_card.order_and_payment, by_card.review, by_card.shop

THANKS = "Merci ! Votre commande est passée."


@pytest.fixture
def live_settings(database: Database, bank: BankStandIn) -> Settings:
    return on_bank(database.settings, bank)


async def to_the_bank(page: Page) -> None:
    """From the review to the bank's page."""
    await page.get_by_role("button", name=text("Payer 100,00 MAD par carte")).click()
    await page.get_by_role("button", name="Continuer sur la page de la banque").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Votre banque")


async def test_a_buyer_pays_on_the_banks_page(plain: Page, shop: Shop, database: Database) -> None:
    await review(plain, shop)
    await to_the_bank(plain)
    await plain.get_by_role("button", name="Payer").click()

    await expect(plain.get_by_role("heading", level=1)).to_have_text(THANKS)
    order, payment = await order_and_payment(database)
    assert order.charge_status is ChargeStatus.FULL
    assert payment.charged_minor == order.total_gross_minor == 100_00


async def test_after_a_refusal_the_buyer_may_try_again(plain: Page, shop: Shop, database: Database) -> None:
    await review(plain, shop)
    await to_the_bank(plain)
    await plain.get_by_role("button", name="Refuser").click()
    await expect(plain.get_by_role("alert")).to_contain_text("Votre banque a refusé ce paiement")
    await to_the_bank(plain)
    await plain.get_by_role("button", name="Payer").click()

    await expect(plain.get_by_role("heading", level=1)).to_have_text(THANKS)
    async with database.transaction() as session:
        charged = await session.scalars(select(TransactionItem.charged_minor).order_by(TransactionItem.id))
        assert list(charged) == [0, 100_00]


async def test_who_leaves_the_banks_page_comes_back_to_the_cart(
    plain: Page, shop: Shop, database: Database
) -> None:
    await review(plain, shop)
    await to_the_bank(plain)
    await plain.get_by_role("link", name="Revenir").click()
    await expect(plain.get_by_role("alert")).to_contain_text("n’a pas été terminé")
    async with database.transaction() as session:
        assert await session.scalar(select(Order.id)) is None
    await to_the_bank(plain)
    await plain.get_by_role("button", name="Payer").click()

    await expect(plain.get_by_role("heading", level=1)).to_have_text(THANKS)
    await order_and_payment(database)  # There is one of each.
