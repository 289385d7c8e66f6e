"""What the buyer sees at the bank: one page, in French, Arabic or English, that needs no JavaScript."""

from decimal import Decimal
from html import escape

from marketplace.kit.money import MINOR_DIGITS
from marketplace.payments.stand_ins.bank.books import Json

WORDS = {
    "fr": (
        "MODE TEST : aucun argent ne circule",
        "Votre banque",
        "Payer %s&nbsp;?",
        "Payer",
        "Refuser",
        "Revenir",
    ),
    "ar": ("وضع الاختبار: لا تُنقل أي أموال", "مصرفك", "هل تدفع %s؟", "أدفع", "أرفض", "العودة"),
    "en": ("TEST MODE: no money moves", "Your bank", "Pay %s?", "Pay", "Refuse", "Go back"),
}
STYLE = (
    "*{box-sizing:border-box}body{font:1.1rem/1.6 system-ui,'Noto Sans','Noto Sans Arabic',sans-serif;"
    "margin:0;padding:min(8vh,4rem) 1rem;background:#eef2f7;color:#1d2433}"
    "main{max-width:26rem;margin:auto;padding:1.5rem;background:#fff;border:1px solid #cfd8e3;"
    "border-radius:.8rem}h1{margin:1.2rem 0 0;font-size:1.5rem;line-height:1.3}"
    ".test{margin:0;padding:.4rem .8rem;background:#ffe9a8;border-radius:.4rem;font-size:1rem}"
    ".sum{margin:.3rem 0 1.2rem;font-size:1.25rem}form{display:grid;gap:.7rem}"
    "button{font:inherit;font-weight:600;padding:.8rem;border-radius:.5rem;cursor:pointer;"
    "border:1px solid #1d4f8f;background:#fff;color:#1d4f8f}button.yes{background:#1d4f8f;color:#fff}"
    "a{padding:.6rem;text-align:center;color:#1d4f8f}"
    ":is(button,a):focus-visible{outline:3px solid #e0a100;outline-offset:2px}"
)


def page(order: Json, language: str) -> bytes:
    """The bank's question."""
    language = language if language in WORDS else "fr"
    test, title, question, approve, refuse, leave = WORDS[language]
    digits = MINOR_DIGITS[order["currency"]]
    figure = str(Decimal(order["amount"]).scaleb(-digits))
    figure = figure if language == "en" else figure.replace(".", ",")  # As it is written in Morocco.
    amount = f"<bdi><b>{figure}&nbsp;{escape(order['currency'])}</b></bdi>"
    way = "rtl" if language == "ar" else "ltr"
    return (
        f'<!doctype html><html lang="{language}" dir="{way}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title><style>{STYLE}</style>'
        f'<main><p class="test">{test}</p><h1>{title}</h1><p class="sum">{question % amount}</p>'
        f'<form method="post" action="/pages/{order["page"]}">'
        f'<button class="yes" name="answer" value="approve">{approve}</button>'
        f'<button name="answer" value="refuse">{refuse}</button>'
        f'<a href="{escape(order["back"])}">{leave}</a></form></main></html>'
    ).encode()
