"""A product's page says where it comes from, how long it takes, and where the money goes."""

import re
from datetime import date

from playwright.async_api import Page, expect
from sqlalchemy import select, update

from marketplace.catalog.lead_times import make_to_order
from marketplace.catalog.models import Product, ProductVariant
from marketplace.catalog.origins import ProductOrigin
from marketplace.kit.database import Database
from marketplace.markets.models import ShippingMethod
from marketplace.orders.fulfilment import fulfil
from marketplace.orders.models import VendorOrder
from tests.factories.inventory import make_lot
from tests.factories.payouts import make_rule
from tests.pages.conftest import Shop
from tests.pages.test_buying import add, fill_address


def _spaced(text: str) -> re.Pattern[str]:
    """A text, whatever kinds of space a browser shows in it."""
    return re.compile(r"\s*".join(re.escape(word) for word in text.split()))


async def test_a_page_says_where_the_money_goes(plain: Page, shop: Shop, database: Database) -> None:
    async with database.transaction() as session:
        await make_rule(session, 800)
    await plain.goto(shop.page(f"products/{shop.saffron}"))
    shared = plain.get_by_role("region", name="Où va votre argent")
    await expect(shared).to_contain_text(_spaced("Sur 45,00 MAD, 40,68 MAD restent à qui l’a fait."))
    rows = shared.get_by_role("row")
    for row, amount in enumerate(("40,68 MAD", "3,60 MAD", "0,72 MAD", "45,00 MAD")):
        await expect(rows.nth(row).get_by_role("cell")).to_have_text(_spaced(amount))
    await plain.goto(shop.page(f"products/{shop.saffron}", "ar"))
    await expect(plain.get_by_role("region", name="أين تذهب نقودك").get_by_role("row")).to_have_count(4)


async def test_a_page_says_where_it_comes_from(plain: Page, shop: Shop, database: Database) -> None:
    async with database.transaction() as session:
        saffron = (await session.scalars(select(ProductVariant).join(Product).filter_by(slug="safran"))).one()
        await make_lot(session, saffron, code="S-26", best_before=date(2039, 1, 31))
        session.add(
            ProductOrigin(product_id=saffron.product_id, maker_name="Fatima Aït Lahcen", shows_maker=True)
        )
    await plain.goto(shop.page(f"products/{shop.saffron}"))
    said = plain.get_by_role("region", name="D’où ça vient")
    for words in ("Fès-Meknès", "Fatima Aït Lahcen", "S-26", "31 janvier 2039"):
        await expect(said).to_contain_text(words)
    await plain.goto(shop.page(f"products/{shop.bowl}"))
    await expect(plain.get_by_role("region", name="D’où ça vient")).not_to_contain_text("Lot")


async def test_who_orders_what_must_be_made_is_told_how_long_it_takes(
    plain: Page, shop: Shop, database: Database
) -> None:
    async with database.transaction() as session:
        bowl = (await session.scalars(select(ProductVariant).join(Product).filter_by(slug="bol"))).one()
        await make_to_order(session, bowl.id, 40)
        await session.execute(update(ShippingMethod).values(tracking_url="https://carrier.test/{number}"))
    await plain.goto(shop.page(f"products/{shop.bowl}"))
    await expect(plain.locator(".buy")).to_contain_text("Fait à la commande, expédié en 40 jours")
    await expect(plain.locator(".buy")).to_contain_text("vous acceptez ce délai")
    await add(plain, shop, shop.bowl)
    await plain.get_by_role("link", name="Commander").click()
    await fill_address(plain)
    home = plain.locator("label.delivery", has_text="Livraison à domicile")
    await expect(home).to_contain_text("En 44 jours")
    await expect(home).to_contain_text("vous acceptez ce délai")
    await home.click()
    await plain.get_by_role("button", name="Vérifier la commande").click()
    await plain.get_by_role("button", name=re.compile("Commander|Passer")).click()
    await expect(plain.locator(".parcel")).to_contain_text("Attendu au plus tard le")

    async with database.transaction() as session:
        part = (await session.scalars(select(VendorOrder))).one()
        await fulfil(session, part.id, tracking_number="EE1MA")
    await plain.reload()
    link = plain.get_by_role("link", name="EE1MA")
    await expect(link).to_have_attribute("href", "https://carrier.test/EE1MA")
