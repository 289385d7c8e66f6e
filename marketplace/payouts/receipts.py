"""The receipt of a payout in cash, as PDF, to be signed by whoever fetches it: French, Arabic and English.

Made of frozen rows and the time of the run's approval: made again, it is the same file to the byte. The code
that the seller was told is not on it.
"""

from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_date

from marketplace.kit import pdf
from marketplace.kit.money import Money
from marketplace.payouts.cash_models import CashPickup
from marketplace.payouts.commission import LOCALES, say
from marketplace.payouts.models import Payout, PayoutRun
from marketplace.vendors.models import Vendor

LANGUAGES = ("fr", "ar", "en")
TEMPLATE = pdf.TEMPLATES / "statements" / "receipt.typ"

WORDS = {
    "fr": {
        "title": "Reçu de paiement en espèces n° {number}",
        "seller": "Vendeur",
        "ice": "ICE",
        "amount_says": "Montant remis en espèces",
        "fetch_by": "À retirer avant le {day}",
        "check": "Code de contrôle du reçu",
        "received_by": "Reçu par (nom, qualité)",
        "day_and_signature": "Date et signature",
        "given_by": "Remis par",
        "note": "La personne qui retire la somme donne le code envoyé au vendeur par lettre. Le code ne"
        " figure pas sur ce reçu ; aucune pièce d'identité n'est copiée ni enregistrée.",
        "demo": "Document de démonstration, sans valeur",
    },
    "ar": {
        "title": "وصل أداء نقدي رقم {number}",
        "seller": "البائع",
        "ice": "التعريف الموحد للمقاولة",
        "amount_says": "المبلغ المسلَّم نقدًا",
        "fetch_by": "يُسحب قبل {day}",
        "check": "رمز التحقق من الوصل",
        "received_by": "تسلَّمه (الاسم والصفة)",
        "day_and_signature": "التاريخ والتوقيع",
        "given_by": "سلَّمه",
        "note": "على من يسحب المبلغ أن يُدلي بالرمز الذي أُرسل إلى البائع في رسالة. لا يظهر الرمز على هذا"
        " الوصل، ولا تُنسخ أي بطاقة هوية ولا تُسجَّل.",
        "demo": "وثيقة تجريبية لا قيمة لها",
    },
    "en": {
        "title": "Receipt of a payment in cash no. {number}",
        "seller": "Seller",
        "ice": "ICE",
        "amount_says": "Amount handed over in cash",
        "fetch_by": "To be fetched before {day}",
        "check": "Check code of this receipt",
        "received_by": "Received by (name, function)",
        "day_and_signature": "Date and signature",
        "given_by": "Handed over by",
        "note": "Whoever fetches the money gives the code that the seller was sent by letter. The code is not"
        " on this receipt; no identity document is copied or kept.",
        "demo": "Document of a demonstration, without value",
    },
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says, in no language yet."""

    number: int
    reference: str
    made_at: datetime
    payer: str
    seller: str
    seller_in_arabic: str
    ice: str
    amount: Money
    check: str
    fetch_by: datetime
    is_demo: bool = False


def receipt_of(
    run: PayoutRun, payout: Payout, pickup: CashPickup, vendor: Vendor, name_in_arabic: str, payer_name: str
) -> Receipt:
    if run.approved_at is None:
        raise ValueError("only approved runs have receipts")
    return Receipt(
        number=payout.number,
        reference=payout.end_to_end_id,
        made_at=run.approved_at,
        payer=payer_name,
        seller=vendor.name,
        seller_in_arabic=name_in_arabic,
        ice=vendor.ice or "",
        amount=Money(payout.amount_minor, payout.currency),
        check=pickup.receipt_check,
        fetch_by=pickup.fetch_by,
        is_demo=vendor.is_demo,
    )


def receipt_pdf(receipt: Receipt, language: str) -> bytes:
    """The receipt as PDF in one of LANGUAGES. Takes some tens of milliseconds: call it in a thread."""
    words, locale = WORDS[language], LOCALES[language]
    day = format_date(receipt.fetch_by, "long", locale=locale)
    data = {
        **words,
        "language": language,
        "title": words["title"].format(number=receipt.number),
        "payer": receipt.payer,
        "date": format_date(receipt.made_at, "long", locale=locale),
        "demo": words["demo"] if receipt.is_demo else None,
        "reference": receipt.reference,
        "name": (language == "ar" and receipt.seller_in_arabic) or receipt.seller,
        "ice_number": receipt.ice,
        "amount": say(receipt.amount, language),
        "fetch_by": words["fetch_by"].format(day=day),
        "check_code": f"{receipt.check[:4]}-{receipt.check[4:]}",
    }
    return pdf.compiled(TEMPLATE, data, receipt.made_at)
