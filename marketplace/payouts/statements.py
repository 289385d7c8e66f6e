"""A seller's statement of a payout, as PDF, in French and in Arabic.

The texts and figures are written here, the layout is a Typst template. A statement is made of frozen rows and
carries the time of the run's approval, so made again it is the same file to the byte.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_date
from babel.numbers import format_decimal

from marketplace.kit import pdf
from marketplace.kit.money import MINOR_DIGITS, Money
from marketplace.payouts.commission import LOCALES, say

LANGUAGES = ("fr", "ar")
TEMPLATE = pdf.TEMPLATES / "statements" / "payout.typ"

LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"
"""Keeps a minus sign before its figures inside Arabic text."""

LABELS = {
    "fr": {
        "seller": "Vendeur",
        "ice": "ICE",
        "account": "Compte crédité",
        "order": "Commande",
        "delivered": "Livrée le",
        "sales": "Ventes TTC",
        "commission": "Commission HT",
        "vat": "TVA sur commission",
        "earning": "Net",
        "total": "Total",
    },
    "ar": {
        "seller": "البائع",
        "ice": "التعريف الموحد للمقاولة",
        "account": "الحساب المستفيد",
        "order": "الطلب",
        "delivered": "تاريخ التسليم",
        "sales": "المبيعات مع الرسوم",
        "commission": "العمولة",
        "vat": "الضريبة على العمولة",
        "earning": "الصافي",
        "total": "المجموع",
    },
}
TITLES = {"fr": "Relevé de paiement n° {number}", "ar": "كشف الدفعة رقم {number}"}
AMOUNT_SAYS = {"fr": "Viré sur votre compte", "ar": "المبلغ المحوّل إلى حسابكم"}
CASH_SAYS = {"fr": "À retirer en espèces", "ar": "مبلغ يُسحب نقدًا"}
NOTES = {
    "fr": "Les ventes deviennent payables sept jours après la livraison, une fois l'argent remis par le"
    " transporteur. La livraison est encaissée pour le transporteur et ne figure pas ici. Référence du"
    " virement : {reference}.",
    "ar": "تصبح المبيعات مستحقة الأداء بعد سبعة أيام من التسليم، وبعد أن يسلّم الناقل المبالغ المحصّلة. تُحصَّل"
    " مصاريف التوصيل لفائدة الناقل ولا تظهر هنا. مرجع التحويل: {reference}.",
}
DEMO = {"fr": "Document de démonstration, sans valeur", "ar": "وثيقة تجريبية لا قيمة لها"}


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One vendor order, or one correction, of which only the earning is known."""

    name: str
    earning: Money
    delivered_at: datetime | None = None
    sales: Money | None = None
    commission: Money | None = None
    vat: Money | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """What a payout's statement says, in no language yet."""

    number: int
    reference: str
    made_at: datetime
    payer: str
    seller: str
    seller_in_arabic: str
    place: str
    place_in_arabic: str
    ice: str
    account_holder: str
    account_ending: str
    amount: Money
    lines: Sequence[StatementLine]
    is_cash: bool = False
    is_demo: bool = False


def statement_pdf(statement: Statement, language: str) -> bytes:
    """The statement as PDF in one of LANGUAGES. Takes some tens of milliseconds: call it in a thread."""
    return pdf.compiled(TEMPLATE, _data(statement, language), statement.made_at)


def _data(statement: Statement, language: str) -> dict[str, object]:
    """What the template reads: every value as it is printed."""
    arabic = language == "ar"
    locale = LOCALES[language]
    lines = statement.lines
    return {
        "language": language,
        "labels": LABELS[language],
        "title": TITLES[language].format(number=statement.number),
        "payer": statement.payer,
        "date": format_date(statement.made_at, "long", locale=locale),
        "demo": DEMO[language] if statement.is_demo else None,
        "reference": statement.reference,
        "seller": {
            "name": (arabic and statement.seller_in_arabic) or statement.seller,
            "place": (arabic and statement.place_in_arabic) or statement.place,
            "ice": statement.ice,
        },
        "account": {
            "holder": statement.account_holder,
            "ending": statement.account_ending and f"•••• {statement.account_ending}",
        },
        "amount_says": (CASH_SAYS if statement.is_cash else AMOUNT_SAYS)[language],
        "amount": say(statement.amount, language),
        "lines": [_line(line, language) for line in lines],
        "total": {
            "sales": _sum((line.sales for line in lines), statement.amount.currency, language),
            "commission": _sum((line.commission for line in lines), statement.amount.currency, language),
            "vat": _sum((line.vat for line in lines), statement.amount.currency, language),
            "earning": plain_amount(statement.amount, language),
        },
        "note": NOTES[language].format(reference=statement.reference),
    }


def _line(line: StatementLine, language: str) -> dict[str, str]:
    return {
        "order": line.name,
        "delivered": f"{line.delivered_at:%d/%m/%Y}" if line.delivered_at else "",
        "sales": plain_amount(line.sales, language),
        "commission": plain_amount(line.commission, language),
        "vat": plain_amount(line.vat, language),
        "earning": plain_amount(line.earning, language),
    }


def plain_amount(amount: Money | None, language: str) -> str:
    """An amount in a column, whose currency the total names: `1 084,80`."""
    if amount is None:
        return ""
    digits = MINOR_DIGITS[amount.currency]
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    text = format_decimal(amount.amount, format=pattern, locale=LOCALES[language])
    return f"{LEFT_TO_RIGHT}{text}" if language == "ar" else text


def _sum(amounts: Iterable[Money | None], currency: str, language: str) -> str:
    total = sum((amount for amount in amounts if amount is not None), Money.zero(currency))
    return plain_amount(total, language)
