"""What buyers and sellers are told by e-mail."""

import pytest

from marketplace.pages.languages import TEMPLATES, languages
from marketplace.pages.letters import new_order, order_confirmation
from marketplace.pages.static import StaticFiles
from marketplace.pages.templates import Templates


def dirhams(amount: float) -> dict[str, object]:
    return {"gross": {"amount": amount, "currency": "MAD"}}


LINE = {
    "productName": "Tapis d’Azilal <ancien>",
    "variantName": "160 × 240 cm",
    "translatedProductName": "زربية أزيلال",
    "quantity": 2,
    "totalPrice": dirhams(2400),
}
PART = {
    "number": "1042-1",
    "vendor": {"name": "Coopérative Tifawin", "translation": {"name": "تعاونية تيفاوين"}},
    "lines": [LINE],
    "weight": {"value": 8.4, "unit": "KG"},
    "shippingPrice": dirhams(35),
    "total": dirhams(2435),
    "cash": {"amount": dirhams(2435)["gross"]},
    "shippingAddress": {
        "firstName": "Salma",
        "lastName": "Bennani",
        "streetAddress1": "12, rue Ibn Batouta",
        "postalCode": "10000",
        "city": "Rabat",
        "phone": "+212661234567",
    },
}
ORDER = {
    "id": "T3JkZXI6MQ==",
    "number": "1042",
    "status": "UNFULFILLED",
    "total": dirhams(2435),
    "vendorOrders": [PART],
}


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates(StaticFiles(TEMPLATES / "static"), "https://shop.test", reload=False)


def test_a_buyer_is_told_what_each_courier_will_ask_for(templates: Templates) -> None:
    letter = order_confirmation(templates, languages()["fr"], ORDER)
    assert letter.subject == "Votre commande 1042 est passée"
    for form in (letter.text, letter.html):
        assert "435,00" in form
        assert "https://shop.test/fr/orders/T3JkZXI6MQ==" in form


def test_an_arabic_letter_reads_from_right_to_left_in_arabic(templates: Templates) -> None:
    letter = order_confirmation(templates, languages()["ar"], ORDER)
    assert 'dir="rtl"' in letter.html
    assert "تعاونية تيفاوين" in letter.text
    assert "زربية أزيلال" in letter.html


def test_a_seller_is_told_what_to_pack_and_for_whom(templates: Templates) -> None:
    letter = new_order(templates, languages()["fr"], PART)
    assert letter.subject == "Nouvelle commande 1042-1 à préparer"
    assert "2 × Tapis d’Azilal <ancien> (160 × 240 cm)" in letter.text
    assert "Tapis d’Azilal &lt;ancien&gt;" in letter.html
    assert "+212661234567" in letter.text
