"""What the buyer sees at the bank: one page, in French, Arabic or English, that needs no JavaScript."""

from decimal import Decimal
from html import escape

from marketplace.kit.money import MINOR_DIGITS
from marketplace.payments.stand_ins.bank.books import Json

WORDS = {
    "fr": (
        "MODE TEST : aucun argent ne circule",
        "Votre banque",
        "Payer %s ?",
        "Payer",
        "Refuser",
        "Revenir",
    ),
    "ar": ("وضع الاختبار: لا تُنقل أي أموال", "مصرفك", "هل تدفع %s؟", "أدفع", "أرفض", "العودة"),
    "en": ("TEST MODE: no money moves", "Your bank", "Pay %s?", "Pay", "Refuse", "Go back"),
}
STYLE = (
    "body{font:1.1rem/1.6 system-ui,sans-serif;max-width:26rem;margin:10vh auto;padding:0 1rem;color:#1d2433}"
    ".test{background:#ffe9a8;padding:.4rem .8rem;border-radius:.4rem}"
    "form{display:grid;gap:.7rem}button,a{font:inherit;padding:.8rem;border-radius:.5rem;text-align:center;"
    "border:1px solid #1d4f8f;background:#fff;color:#1d4f8f}button.yes{background:#1d4f8f;color:#fff}"
)


def page(order: Json, language: str) -> bytes:
    """The bank's question."""
    language = language if language in WORDS else "fr"
    test, title, question, approve, refuse, leave = WORDS[language]
    digits = MINOR_DIGITS[order["currency"]]
    amount = f"<bdi>{Decimal(order['amount']).scaleb(-digits)} {escape(order['currency'])}</bdi>"
    way = "rtl" if language == "ar" else "ltr"
    return (
        f'<!doctype html><html lang="{language}" dir="{way}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title><style>{STYLE}</style>'
        f'<p class="test">{test}</p><h1>{title}</h1><p>{question % amount}</p>'
        f'<form method="post" action="/pages/{order["page"]}">'
        f'<button class="yes" name="answer" value="approve">{approve}</button>'
        f'<button name="answer" value="refuse">{refuse}</button>'
        f'<a href="{escape(order["back"])}">{leave}</a></form></html>'
    ).encode()
