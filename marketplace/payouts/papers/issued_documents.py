"""Numbered papers in a language, from what they keep: the same whatever has become of seller and order."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal

from marketplace.kit.money import Money
from marketplace.payouts.commission import LOCALES
from marketplace.payouts.papers.commission_invoices import CommissionLine, vat_by_rate
from marketplace.payouts.papers.document import Column, Document, Kind, Party, Total
from marketplace.payouts.papers.models import IssuedPaper, PaperKind
from marketplace.payouts.papers.parties import MARKETPLACE, issuing_party, selling_party
from marketplace.payouts.papers.words import WORDS

_TITLES = {
    PaperKind.COMMISSION_INVOICE: "invoice",
    PaperKind.COMMISSION_CREDIT_NOTE: "credit_note",
    PaperKind.SALE_INVOICE: "sale_invoice",
}


def issued_document(paper: IssuedPaper, language: str) -> Document:
    """The paper in one of LANGUAGES."""
    return (_sale if paper.kind is PaperKind.SALE_INVOICE else _commission)(paper, language)


def percentage(rate_bp: int | None, language: str) -> str:
    if rate_bp is None:
        return WORDS[language]["mixed"]
    return f"{format_decimal(Decimal(rate_bp) / 100, locale=LOCALES[language])}\N{NO-BREAK SPACE}%"


def _totals(paper: IssuedPaper, vat: list[tuple[int | None, int]], language: str) -> list[Total]:
    """What it comes to without VAT, the VAT at each rate, and with it."""
    words, currency = WORDS[language], paper.currency
    return [
        Total(words["net"], Money(paper.net_minor, currency)),
        *(
            Total(
                words["exempt_at"] if rate == 0 else words["vat_at"].format(rate=percentage(rate, language)),
                Money(minor, currency),
            )
            for rate, minor in vat
        ),
        Total(words["gross"], Money(paper.gross_minor, currency), is_strong=True),
    ]


def _commission(paper: IssuedPaper, language: str) -> Document:
    words, said = WORDS[language], paper.content
    lines = [CommissionLine(**line) for line in said["lines"]]
    vat = vat_by_rate(lines)
    notes = [words["credit_reason"]] if paper.kind is PaperKind.COMMISSION_CREDIT_NOTE else []
    if any(rate == 0 for rate, _ in vat):
        notes.append(said["issuer"]["exemption"] or words["exemption"])

    def amount(minor: int) -> Money:
        return Money(minor, paper.currency)

    return Document(
        language=language,
        title=words[_TITLES[paper.kind]].format(number=paper.number),
        reference=paper.number,
        made_at=paper.issued_at,
        issuer=MARKETPLACE,
        parties=[issuing_party(said["issuer"], language), selling_party(said["seller"], language, "billed")],
        facts=[(words["period"], _month(paper.month, language)), (words["currency"], paper.currency)],
        columns=[
            Column(words["date"], Kind.DATE),
            Column(words["order"], Kind.TEXT),
            Column(words["sales"], Kind.AMOUNT),
            Column(words["rate"], Kind.CODE),
            Column(words["commission"], Kind.AMOUNT),
            Column(words["vat_rate"], Kind.CODE),
            Column(words["vat"], Kind.AMOUNT),
        ],
        rows=[
            [
                date.fromisoformat(line.day),
                line.order,
                amount(line.sales_minor),
                percentage(line.rate_bp, language),
                amount(line.commission_minor),
                percentage(line.vat_rate_bp, language),
                amount(line.vat_minor),
            ]
            for line in lines
        ],
        totals=_totals(paper, vat, language),
        notes=notes,
        is_demo=said["seller"]["is_demo"],
    )


def _month(month: date | None, language: str) -> str:
    return format_date(month, "LLLL yyyy", locale=LOCALES[language]) if month else ""


def _sale(paper: IssuedPaper, language: str) -> Document:
    words, said = WORDS[language], paper.content
    seller = selling_party(said["seller"], language, "issued_by")
    return Document(
        language=language,
        title=words["sale_invoice"].format(number=paper.number),
        reference=paper.number,
        made_at=paper.issued_at,
        issuer=MARKETPLACE,
        parties=[seller, Party(words["billed"], said["buyer"][0], said["buyer"][1:])],
        facts=[
            (words["order"], said["order"]),
            (words["sold_on"], _day(said["sold_on"])),
            (words["delivered_on"], _day(said["delivered_on"])),
            (words["currency"], paper.currency),
        ],
        columns=[
            Column(words["what"], Kind.TEXT),
            Column(words["pieces"], Kind.CODE),
            Column(words["unit"], Kind.AMOUNT),
            Column(words["vat_rate"], Kind.CODE),
            Column(words["gross"], Kind.AMOUNT),
        ],
        rows=[
            [
                line["what"] or words["delivery"],
                str(line["pieces"]),
                Money(line["unit_minor"], paper.currency),
                percentage(line["vat_rate_bp"], language),
                Money(line["gross_minor"], paper.currency),
            ]
            for line in said["lines"]
        ],
        totals=_totals(paper, _vat_of_sale(said), language),
        notes=[words["exempt_seller"] + "."] if said["seller"]["is_exempt"] else [],
        is_demo=said["seller"]["is_demo"],
    )


def _vat_of_sale(said: Mapping[str, Any]) -> list[tuple[int | None, int]]:
    sums: dict[int, int] = {}
    for line in said["lines"]:
        rate = line["vat_rate_bp"]
        sums[rate] = sums.get(rate, 0) + line["gross_minor"] - line["net_minor"]
    return sorted(sums.items())


def _day(day: str) -> str:
    return f"{date.fromisoformat(day):%d/%m/%Y}"
