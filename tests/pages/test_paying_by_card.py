"""Paying by card, in a real browser, with the stand-in of Stripe behind the form."""

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select, update

from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.markets.models import Channel, TransactionFlowStrategy
from marketplace.orders.models import ChargeStatus, Order
from marketplace.payments.models import TransactionItem
from marketplace.payments.stand_ins.stripe.serving import StripeStandIn
from tests.factories.stripe import on_stand_in
from tests.pages.conftest import Shop
from tests.pages.test_buying import add, fill_address, text

GOOD, DECLINED, ASKS_THE_BANK = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0025 0000 3155"
CARD = "Par carte bancaire"


@pytest.fixture
def live_settings(database: Database, stripe_stand_in: StripeStandIn) -> Settings:
    return on_stand_in(database.settings, stripe_stand_in)


@pytest.fixture
async def shop(shop: Shop, database: Database) -> Shop:
    """It takes money at once."""
    async with database.transaction() as session:
        await session.execute(
            update(Channel).values(default_transaction_flow_strategy=TransactionFlowStrategy.CHARGE)
        )
    return shop


async def review(page: Page, shop: Shop, delivery: str = "Casier") -> None:
    """All the way to the last page, with a delivery: lockers take no cash."""
    await add(page, shop, shop.saffron, 2)
    await page.get_by_role("link", name="Commander").click()
    await fill_address(page)
    await page.locator("label.delivery", has_text=delivery).click()
    await page.get_by_role("button", name="Vérifier la commande").click()


async def fill_card(page: Page, number: str) -> None:
    await page.locator("#number").fill(number)
    await page.locator("#expiry").fill("12 / 34")
    await page.locator("#cvc").fill("123")
    await page.get_by_role("button", name=text("Payer 100,00 MAD par carte")).click()


async def order_and_payment(database: Database) -> tuple[Order, TransactionItem]:
    async with database.transaction() as session:
        return (
            (await session.scalars(select(Order))).one(),
            (await session.scalars(select(TransactionItem))).one(),
        )


async def test_a_buyer_pays_by_card_what_no_carrier_takes_cash_for(
    page: Page, shop: Shop, database: Database, stripe_stand_in: StripeStandIn
) -> None:
    await review(page, shop)
    await expect(page.get_by_role("heading", name=CARD)).to_be_visible()
    await page.get_by_role("button", name=text("Payer 100,00 MAD par carte")).click()
    await fill_card(page, GOOD)

    await expect(page.get_by_role("heading", level=1)).to_have_text("Merci ! Votre commande est passée.")
    order, payment = await order_and_payment(database)
    assert order.charge_status is ChargeStatus.FULL
    assert payment.charged_minor == order.total_gross_minor == 100_00
    assert stripe_stand_in.object(payment.psp_reference)["amount_received"] == 100_00


async def test_a_declined_card_may_be_followed_by_another(page: Page, shop: Shop, database: Database) -> None:
    await review(page, shop)
    await page.get_by_role("button", name=text("Payer 100,00 MAD par carte")).click()
    await fill_card(page, DECLINED)
    await expect(page.locator("#card-element").get_by_role("alert")).to_contain_text("refusée")
    await fill_card(page, GOOD)

    await expect(page.get_by_role("heading", level=1)).to_have_text("Merci ! Votre commande est passée.")
    _, payment = await order_and_payment(database)
    assert payment.charged_minor == 100_00


@pytest.mark.parametrize(("answer", "is_paid"), [("Approuver", True), ("Refuser", False)])
async def test_the_bank_may_ask(
    page: Page, shop: Shop, database: Database, answer: str, is_paid: bool
) -> None:
    await review(page, shop)
    await page.get_by_role("button", name=text("Payer 100,00 MAD par carte")).click()
    await fill_card(page, ASKS_THE_BANK)
    await page.frame_locator("dialog iframe").get_by_role("button", name=answer).click()

    if is_paid:
        await expect(page.get_by_role("heading", level=1)).to_have_text("Merci ! Votre commande est passée.")
    else:
        await expect(page.locator("#card-problem")).to_be_visible()
        async with database.transaction() as session:
            assert await session.scalar(select(Order.id)) is None


async def test_who_could_do_both_is_asked_which(page: Page, shop: Shop, database: Database) -> None:
    await review(page, shop, "Point relais")
    await page.get_by_label(CARD).check()
    await page.get_by_role("button", name=text("Commander et payer 110,00 MAD")).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Paiement par carte")
    await page.get_by_role("link", name="Payer autrement").click()
    await page.get_by_label("Paiement à la réception").check()
    await page.get_by_role("button", name=text("Commander et payer 110,00 MAD")).click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Merci ! Votre commande est passée.")
    order, payment = await order_and_payment(database)
    assert (order.charge_status, payment.authorized_minor) == (ChargeStatus.NONE, 110_00)


async def test_without_stripe_the_cart_is_kept_and_words_say_so(
    page: Page, shop: Shop, database: Database, stripe_stand_in: StripeStandIn
) -> None:
    await review(page, shop)
    await page.get_by_role("button", name=text("Payer 100,00 MAD par carte")).click()
    stripe_stand_in.faults.add("error", "POST /v1/payment_intents*", times=9)
    await fill_card(page, GOOD)

    await expect(page.locator("#card-problem")).to_contain_text("Rien n’a été débité")
    await expect(page.get_by_role("button", name=text("Payer 100,00 MAD par carte"))).to_be_enabled()
    async with database.transaction() as session:
        assert await session.scalar(select(Order.id)) is None


async def test_without_javascript_the_page_says_so_and_leads_back(plain: Page, shop: Shop) -> None:
    await review(plain, shop)
    await plain.get_by_role("button", name=text("Payer 100,00 MAD par carte")).click()
    await expect(plain.get_by_text("a besoin de JavaScript")).to_be_visible()
    await plain.get_by_role("link", name="Payer autrement").click()
    await expect(plain.get_by_role("heading", level=1)).to_have_text("Tout est juste ?")
