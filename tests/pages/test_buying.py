"""Buying, in a real browser that runs no JavaScript, from the first page to the order."""

import re

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from marketplace.kit.database import Database
from marketplace.markets.models import Channel
from marketplace.orders.models import Order, VendorOrder
from marketplace.pricing.promotions import Promotion, PromotionType
from tests.factories.checkout import make_piece
from tests.factories.pricing import make_gift_card, make_voucher
from tests.factories.promotions import make_order_rule, make_promotion
from tests.pages.conftest import Shop

ADDRESS = {
    "Adresse e-mail": "salma@example.test",
    "Téléphone": "06 61 23 45 67",
    "Prénom": "Salma",
    "Nom": "Bennani",
    "Rue et numéro": "12, rue Ibn Batouta",
    "Ville ou douar": "Rabat",
}


async def add(page: Page, shop: Shop, slug: str, quantity: int = 1) -> None:
    await page.goto(shop.page(f"products/{slug}"))
    await page.get_by_label("Quantité").fill(str(quantity))
    await page.get_by_role("button", name="Ajouter au panier").click()


async def fill_address(page: Page, **changes: str) -> None:
    for label, text in (ADDRESS | changes).items():
        await page.get_by_label(re.compile(f"^{label}( \\(facultatif\\))?$")).fill(text)
    await page.get_by_role("button", name="Choisir la livraison").click()


def text(amount: str) -> re.Pattern[str]:
    """An amount, whatever kind of space a browser shows in it."""
    return re.compile(re.escape(amount).replace(r"\ ", r"\s"))


async def test_a_buyer_finds_two_pieces_and_buys_them_from_two_sellers(
    plain: Page, shop: Shop, database: Database
) -> None:
    await plain.goto(shop.page(""))
    await (
        plain.get_by_role("navigation", name="Rayons")
        .first.get_by_role("link", name="Tapis et tissages")
        .click()
    )
    await plain.get_by_role("link", name="Tapis d’Azilal").click()
    await expect(plain.get_by_role("heading", level=1)).to_have_text("Tapis d’Azilal")
    await expect(plain.get_by_label("160 × 240 cm")).to_be_disabled()
    await plain.get_by_role("button", name="Ajouter au panier").click()
    await expect(plain.get_by_role("status")).to_contain_text("C’est dans votre panier")
    await add(plain, shop, shop.saffron, 2)
    await plain.get_by_role("link", name="Commander").click()
    await fill_address(plain)

    home = plain.locator("label.delivery", has_text="Livraison à domicile")
    await expect(home).to_contain_text("Coopérative Tifawin")
    await expect(home.locator("strong + bdi")).to_have_text(text("60,00 MAD"))
    await expect(plain.get_by_label("Casier")).to_have_count(0)
    await home.click()
    await plain.get_by_role("button", name="Vérifier la commande").click()
    await expect(plain.locator("address")).to_contain_text("12, rue Ibn Batouta")
    await plain.get_by_role("button", name=text("payer 1 350,00 MAD à la réception")).click()

    await expect(plain.get_by_role("heading", level=1)).to_have_text("Merci ! Votre commande est passée.")
    await expect(plain.locator(".order-parcels > section")).to_have_count(2)
    await expect(plain.get_by_text(text("1 230,00 MAD"))).to_be_visible()
    await expect(plain.get_by_role("link", name="Panier")).not_to_contain_text("Pièces")
    async with database.transaction() as session:
        order = (await session.scalars(select(Order))).one()
        parts = (await session.scalars(select(VendorOrder))).all()
    assert order.total_gross_minor == 1_350_00
    assert sorted(part.total_gross_minor for part in parts) == [120_00, 1_230_00]
    assert order.user_email == "salma@example.test"


async def test_what_is_wrong_in_the_address_stands_next_to_its_field_and_nothing_typed_is_lost(
    plain: Page, shop: Shop
) -> None:
    await add(plain, shop, shop.saffron)
    await plain.goto(shop.page("checkout"))
    await fill_address(plain, **{"Téléphone": "0612", "Code postal": "1234567"})

    assert (await plain.title()).startswith("À corriger")
    for label, message in (("Téléphone", "Ce numéro n’existe pas"), ("Code postal", "Ce code postal")):
        field = plain.get_by_label(label)
        await expect(field).to_have_attribute("aria-invalid", "true")
        await expect(field).to_have_accessible_description(re.compile(message))
    await expect(plain.get_by_role("alert").get_by_role("link")).to_have_count(2)
    for label, typed in ADDRESS.items():
        if label != "Téléphone":
            await expect(plain.get_by_label(label, exact=True)).to_have_value(typed)
    await expect(plain.get_by_label("Téléphone")).to_have_value("0612")

    await plain.get_by_label("Téléphone").fill("0612345678")
    await plain.get_by_label("Code postal").fill("10000")
    await plain.get_by_role("button", name="Choisir la livraison").click()
    await expect(plain.get_by_role("heading", level=1)).to_have_text("Comment livrer ?")


async def test_more_than_there_is_can_neither_be_added_nor_kept(plain: Page, shop: Shop) -> None:
    await plain.goto(shop.page(f"products/{shop.saffron}"))
    await plain.get_by_label("Quantité").evaluate("field => field.removeAttribute('max')")
    await plain.get_by_label("Quantité").fill("40")
    await plain.get_by_role("button", name="Ajouter au panier").click()
    await expect(plain.get_by_role("alert")).to_contain_text("Il n’en reste pas autant")
    await expect(plain.get_by_label("Quantité")).to_have_value("40")

    await add(plain, shop, shop.saffron, 3)
    quantity = plain.get_by_label("Quantité de Safran")
    await quantity.fill("40")
    await plain.get_by_role("button", name="Mettre à jour").click()
    await expect(plain.get_by_role("alert")).to_contain_text("Il n’en reste pas autant")
    await expect(quantity).to_have_value("40")
    await expect(plain.locator(".basket .badge")).to_contain_text("3")


async def test_a_cart_is_changed_and_emptied_by_plain_forms(plain: Page, shop: Shop) -> None:
    await add(plain, shop, shop.saffron)
    await plain.get_by_label("Quantité de Safran").fill("4")
    await plain.get_by_role("button", name="Mettre à jour").click()
    await expect(plain.locator(".line-total")).to_have_text(text("180,00 MAD"))
    await plain.get_by_role("button", name="Retirer Safran").click()
    await expect(plain.get_by_role("heading", name="Votre panier est vide")).to_be_visible()


async def test_the_button_pressed_twice_places_one_order(plain: Page, shop: Shop, database: Database) -> None:
    await add(plain, shop, shop.saffron)
    await plain.goto(shop.page("checkout"))
    await fill_address(plain)
    await plain.get_by_role("button", name="Vérifier la commande").click()
    cookies = {cookie["name"]: cookie for cookie in await plain.context.cookies()}
    await plain.get_by_role("button", name=re.compile("Commander et payer")).click()
    first = plain.url
    await plain.context.add_cookies([cookies["cart-maroc"]])
    again = await plain.request.post(shop.page("checkout/review"), headers={"origin": shop.address})
    assert again.url.split("?")[0] == first.split("?")[0]
    async with database.transaction() as session:
        assert len((await session.scalars(select(Order))).all()) == 1


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("categories/tapis", ["Tapis d’Azilal"]),
        ("categories/epicerie", ["Bol de Fès", "Safran"]),
        ("categories/epices", ["Safran"]),
        ("collections/a-offrir", ["Bol de Fès"]),
        ("collections/vide", []),
    ],
)
async def test_a_shelf_shows_what_stands_on_it_and_below_it(
    plain: Page, shop: Shop, path: str, names: list[str]
) -> None:
    await plain.goto(shop.page(f"{path}?sort=name"))
    await expect(plain.locator(".product-card h2")).to_have_text(names)


async def test_filters_narrow_a_shelf_and_stand_in_its_address(plain: Page, shop: Shop) -> None:
    await plain.goto(shop.page(f"categories/{shop.larder}"))
    await expect(plain.locator(".product-card")).to_have_count(2)
    await plain.get_by_role("link", name="Filtrer et trier").click()
    await plain.get_by_label("Trier par").select_option("price")
    await plain.get_by_label("à", exact=True).fill("50,00")
    await plain.get_by_label("Fès-Meknès").check()
    await plain.get_by_role("button", name="Appliquer").click()
    await expect(plain.locator(".product-card h2")).to_have_text(["Safran"])
    assert "region=MA-03" in plain.url
    await plain.get_by_role("link", name=re.compile("Fès-Meknès.*Retirer")).click()
    assert "region" not in plain.url
    assert "to=50" in plain.url


@pytest.mark.parametrize("words", ["azilal", "Azilàl", "tifawin"])
async def test_a_search_finds_by_name_and_by_seller_without_accents(
    plain: Page, shop: Shop, words: str
) -> None:
    await plain.goto(shop.page(""))
    await plain.get_by_role("searchbox").fill(words)
    await plain.get_by_role("button", name="Chercher").click()
    await expect(plain.get_by_role("link", name="Tapis d’Azilal")).to_be_visible()


async def test_another_market_has_its_own_currency_and_its_own_cart(plain: Page, shop: Shop) -> None:
    await add(plain, shop, shop.saffron)
    await plain.goto(shop.page("sellers"))
    await plain.locator(".market-switch summary").click()
    await plain.get_by_role("button", name="Europe EUR").click()
    assert plain.url == shop.page("sellers")
    await expect(plain.locator(".market-switch summary")).to_contain_text("EUR")
    await expect(plain.locator(".basket .badge")).to_have_count(0)


async def test_a_promo_code_and_a_gift_card_make_the_order_cheaper(
    plain: Page, shop: Shop, database: Database
) -> None:
    async with database.transaction() as session:
        channel = (await session.scalars(select(Channel).where(Channel.slug == "maroc"))).one()
        await make_voucher(session, channel, 10, code="BIENVENUE10", name="Bienvenue")
        card = await make_gift_card(session, 500_00)
    await add(plain, shop, shop.rug)
    await plain.get_by_label("Votre code").fill("FAUX")
    await plain.get_by_role("button", name="Appliquer le code").click()
    assert "FAUX" not in plain.url
    assert (await plain.title()).startswith("À corriger")
    field = plain.get_by_label("Votre code")
    await expect(field).to_have_accessible_description(re.compile("n’est pas valable"))
    await field.fill("bienvenue10")
    await plain.get_by_role("button", name="Appliquer le code").click()
    totals = plain.locator(".totals")
    await expect(totals.locator("div", has_text="Réduction")).to_contain_text(text("120,00 MAD"))
    await expect(totals.locator(".grand")).to_contain_text(text("1 080,00 MAD"))
    await expect(plain.locator(".promo-used")).to_contain_text("BIENVENUE10")
    await plain.get_by_role("button", name="Retirer BIENVENUE10").click()
    await expect(totals.locator(".grand")).to_contain_text(text("1 200,00 MAD"))

    await plain.goto(shop.page("checkout"))
    await fill_address(plain)
    await plain.locator("label.delivery", has_text="Livraison à domicile").click()
    await plain.get_by_role("button", name="Vérifier la commande").click()
    for code in ("BIENVENUE10", card.code):
        await plain.get_by_label("Votre code").fill(code)
        await plain.get_by_role("button", name="Appliquer le code").click()
    await expect(totals.locator("div", has_text="Carte cadeau")).to_contain_text(text("500,00 MAD"))
    await expect(plain.locator(".promo-used", has_text=card.code[-4:])).to_be_visible()
    await plain.get_by_role("button", name=text("payer 610,00 MAD à la réception")).click()
    await expect(plain.get_by_role("heading", level=1)).to_have_text("Merci ! Votre commande est passée.")
    rows = await plain.locator(".order-foot .totals div").all_inner_texts()
    assert [re.sub(r"\s+", " ", row) for row in rows][:5] == [
        "Produits 1 080,00 MAD",
        "Livraison 30,00 MAD",
        "Carte cadeau − 500,00 MAD",
        "Total 610,00 MAD",
        "Réduction déjà déduite BIENVENUE10 120,00 MAD",
    ]
    await expect(plain.locator(".parcel-totals .grand")).to_contain_text(text("610,00 MAD"))


async def test_a_gift_is_shown_as_one_and_has_nothing_to_change(
    plain: Page, shop: Shop, database: Database
) -> None:
    async with database.transaction() as session:
        channel = (await session.scalars(select(Channel).where(Channel.slug == "maroc"))).one()
        mug = await make_piece(session, channel, 40_00)
        promotion = await make_promotion(session, PromotionType.ORDER, name="Aïd")
        await make_order_rule(session, [channel], gifts=[mug], promotion=promotion)
    await add(plain, shop, shop.rug)
    gift = plain.locator(".line", has_text="Offert")
    await expect(gift).to_have_count(1)
    await expect(gift.get_by_role("button")).to_have_count(0)
    await expect(plain.locator(".totals .grand")).to_contain_text(text("1 200,00 MAD"))
    async with database.transaction() as session:
        channel = (await session.scalars(select(Channel).where(Channel.slug == "maroc"))).one()
        await make_order_rule(
            session, [channel], percent=10, promotion=await session.get_one(Promotion, promotion.id)
        )
    await add(plain, shop, shop.rug)
    await expect(plain.locator(".line", has_text="Offert")).to_have_count(0)
    await expect(plain.locator(".totals div", has_text="Réduction")).to_contain_text("Aïd")


async def test_a_gift_card_can_pay_all_of_it(plain: Page, shop: Shop, database: Database) -> None:
    async with database.transaction() as session:
        card = await make_gift_card(session, 500_00)
    await add(plain, shop, shop.saffron)
    await plain.get_by_label("Votre code").fill(card.code)
    await plain.get_by_role("button", name="Appliquer le code").click()
    await plain.goto(shop.page("checkout"))
    await fill_address(plain)
    await plain.get_by_role("button", name="Vérifier la commande").click()
    await expect(plain.get_by_text("Rien à payer à la réception")).to_be_visible()
    await plain.get_by_role("button", name="Commander", exact=True).click()
    await expect(plain.get_by_role("heading", level=1)).to_have_text("Merci ! Votre commande est passée.")
    await expect(plain.locator(".parcel-totals .grand")).to_contain_text(text("0,00 MAD"))
