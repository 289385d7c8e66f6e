"""Every page of the shop, for readers of Arabic, of a screen reader, and of nothing but what is asked for."""

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.async_api import Page, expect

from tests.pages.conftest import Shop

PAGES = [
    "",
    "categories/tapis",
    "search?q=safran",
    "search?q=introuvable",
    "products/tapis-azilal",
    "sellers",
    "sellers?region=MA-09",
    "sellers/tifawin",
    "cart",
    "checkout",
    "checkout/delivery",
    "sign-in",
    "no-such-page",
]

FAULTS = (Path(__file__).parent / "faults.js").read_text()
"""What keeps a page from being used by ear, by keyboard or by tired eyes: a function that lists it."""


@pytest.fixture
async def reader(page: Page, shop: Shop) -> Page:
    """A visitor with something in the cart, on a phone."""
    await page.goto(shop.page(f"products/{shop.saffron}"))
    await page.get_by_role("button", name="Ajouter au panier").click()
    await page.set_viewport_size({"width": 360, "height": 740})
    return page


@pytest.mark.parametrize("language", ["fr", "ar"])
async def test_every_page_can_be_used_by_ear_and_by_keyboard(reader: Page, shop: Shop, language: str) -> None:
    faults: dict[str, list[str]] = {}
    for path in PAGES:
        await reader.goto(shop.page(path, language))
        faults[path] = await reader.evaluate(FAULTS)
    assert {path: found for path, found in faults.items() if found} == {}


async def test_what_looks_for_faults_finds_them(page: Page) -> None:
    await page.set_content(
        "<main><h2>Sans titre</h2><img src='x'><input name='q'><button></button>"
        "<p style='color: #ccc'>Pâle</p><p aria-labelledby='nobody'></p></main>"
    )
    faults = "\n".join(await page.evaluate(FAULTS))
    for fault in (
        "no label: q",
        "no alt",
        "no name",
        "not one h1",
        "skips a level",
        "#nobody",
        "no nav",
        "Pâle",
    ):
        assert fault in faults


async def test_the_first_tab_leads_past_the_menus(reader: Page, shop: Shop) -> None:
    await reader.goto(shop.page(""))
    await reader.keyboard.press("Tab")
    await expect(reader.locator(":focus")).to_have_text("Aller au contenu")
    await expect(reader.locator(":focus")).to_be_in_viewport()
    await reader.keyboard.press("Enter")
    await expect(reader.locator("main")).to_be_focused()


async def test_arabic_runs_from_right_to_left_with_arabic_names_and_latin_digits(
    page: Page, shop: Shop
) -> None:
    await page.goto(shop.page(f"products/{shop.rug}", "ar"))
    assert await page.evaluate("document.documentElement.dir") == "rtl"
    await expect(page.get_by_role("heading", level=1)).to_have_text("زربية أزيلال")
    await expect(page.locator(".seller-box")).to_contain_text("تعاونية تيفاوين")
    await expect(page.locator(".variant").first).to_contain_text("1.200,00")
    brand, basket = page.locator("header .brand"), page.locator(".basket")
    places = [(await element.bounding_box() or {})["x"] for element in (brand, basket)]
    assert places[0] > places[1], "the brand begins the line, on the right"


async def test_a_product_says_only_what_was_said_of_it(page: Page, shop: Shop) -> None:
    await page.goto(shop.page(f"products/{shop.rug}"))
    await expect(page.locator(".details")).to_have_text(re.compile(r"^\s*Matière\s+Laine\s*$"))
    await page.goto(shop.page(f"products/{shop.saffron}"))
    await expect(page.locator(".details")).not_to_contain_text("Laine")


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
async def test_search_engines_find_each_page_in_each_language(page: Page, shop: Shop, language: str) -> None:
    await page.goto(shop.page(f"products/{shop.rug}", language))
    assert await page.locator("link[rel=canonical]").get_attribute("href") == page.url
    others = page.locator("link[rel=alternate]")
    assert [await one.get_attribute("hreflang") for one in await others.all()] == [
        "fr",
        "ar",
        "en",
        "x-default",
    ]
    described = await page.locator("script[type='application/ld+json']").text_content()
    assert described
    for said in ('"@type": "Product"', '"price": 1200.0', '"priceCurrency": "MAD"', "InStock"):
        assert said in described
    assert await page.locator("meta[name=description]").get_attribute("content")


async def test_a_page_that_is_not_there_says_so_in_the_language_of_its_address(
    page: Page, shop: Shop
) -> None:
    for path in ("products/no-such", "categories/no-such", "sellers/no-such", "orders/bm90aGluZw=="):
        answer = await page.goto(shop.page(path, "en"))
        assert answer
        assert answer.status == 404
        await expect(page.get_by_role("heading", level=1)).to_have_text(
            "This page does not exist, or no longer."
        )
    answer = await page.goto(shop.page(f"categories/{shop.category}?after=nonsense"))
    assert answer
    assert answer.status == 404


async def test_what_is_typed_is_shown_and_never_run(page: Page, shop: Shop) -> None:
    typed = "</title><script>document.title = 'taken'</script><img src=x onerror=\"document.title='taken'\">"
    await page.goto(shop.page(f"search?q={quote(typed)}"))
    await expect(page.get_by_role("heading", level=1)).to_contain_text("<script>")
    await expect(page.get_by_role("searchbox")).to_have_value(typed)
    assert "Résultats pour" in await page.title()


async def test_a_page_can_be_asked_for_without_its_body(page: Page, shop: Shop) -> None:
    answer = await page.request.head(shop.page(f"products/{shop.rug}"))
    assert answer.status == 200
    assert await answer.body() == b""


async def test_whoever_names_no_language_is_taken_to_theirs(page: Page, shop: Shop) -> None:
    await page.goto(shop.address)
    assert page.url == shop.page("")


async def test_another_site_cannot_fill_a_cart(page: Page, shop: Shop) -> None:
    answer = await page.request.post(
        shop.page("cart/add"), form={"variant": "x"}, headers={"origin": "http://elsewhere.test"}
    )
    assert answer.status == 403
