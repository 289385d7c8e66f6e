"""Prices, weights and days as people write them."""

import pytest

from marketplace.pages import formats
from marketplace.pages.languages import languages


def written(amount: float, currency: str, code: str) -> str:
    text = formats.money({"amount": amount, "currency": currency}, languages()[code].locale)
    return text.replace("\u202f", " ").replace("\xa0", " ").replace("\u200f", "")


@pytest.mark.parametrize(
    ("amount", "currency", "code", "text"),
    [
        (1234.5, "MAD", "fr", "1 234,50 MAD"),
        (1234.5, "MAD", "ar", "1.234,50 د.م."),
        (1234.5, "MAD", "en", "MAD 1,234.50"),
        (19.9, "EUR", "en", "€19.90"),
        (6500, "XOF", "fr", "6 500 F CFA"),
        (0.1, "MAD", "fr", "0,10 MAD"),
    ],
)
def test_a_price_is_written_as_its_reader_does(amount: float, currency: str, code: str, text: str) -> None:
    assert written(amount, currency, code) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.25, "KG", "250 g"), (900, "G", "900 g"), (4.25, "KG", "4,2 kg"), (2000, "G", "2 kg")],
)
def test_a_weight_is_written_in_grams_until_it_is_a_kilogram(value: float, unit: str, text: str) -> None:
    found = formats.weight({"value": value, "unit": unit}, languages()["fr"].locale)
    assert found.replace("\u202f", " ").replace("\xa0", " ") == text


def test_a_text_is_shown_as_its_seller_wrote_it_where_nobody_has_translated_it() -> None:
    assert formats.translated({"name": "Tapis", "translation": {"name": "زربية"}}, "name") == "زربية"
    assert formats.translated({"name": "Tapis", "translation": {"name": None}}, "name") == "Tapis"
    assert formats.translated({"name": "Tapis", "translation": None}, "name") == "Tapis"


def test_a_region_is_named_in_arabic_only_to_readers_of_arabic() -> None:
    region = {"name": "Souss-Massa", "nameAr": "سوس ماسة"}
    names = [formats.region_name(region, languages()[code]) for code in ("fr", "ar", "en")]
    assert names == ["Souss-Massa", "سوس ماسة", "Souss-Massa"]
