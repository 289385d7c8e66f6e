"""A paper in one language, ready to be written as PDF, CSV or XLSX.

What a paper says is put together in the modules beside this one, from frozen rows; here is how it is written.
Each file follows from the document alone, with the document's own time as its date: made again, by whichever
process, it is the same to the byte.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum

import xlsxwriter
from babel.dates import format_date

from marketplace.kit import pdf
from marketplace.kit.money import MINOR_DIGITS, Money
from marketplace.kit.sheets import harmless_text
from marketplace.payouts.commission import LOCALES, say
from marketplace.payouts.statements import LEFT_TO_RIGHT, plain_amount

LANGUAGES = ("fr", "ar", "en")
TEMPLATE = pdf.TEMPLATES / "papers" / "paper.typ"
DEMO = {
    "fr": "Document de démonstration, sans valeur",
    "ar": "وثيقة تجريبية لا قيمة لها",
    "en": "Document of a demonstration, without value",
}


class Format(StrEnum):
    PDF = "PDF"
    CSV = "CSV"
    XLSX = "XLSX"


CONTENT_TYPES = {
    Format.PDF: "application/pdf",
    Format.CSV: "text/csv",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Cell = str | Money | date | None


class Kind(StrEnum):
    """What a column holds, and so how it is set."""

    TEXT = "text"
    """Takes what room is left."""
    CODE = "code"
    """A number or a rate, in figures and Latin letters, whatever the language."""
    DATE = "date"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Column:
    label: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Party:
    """Who gives the paper, or whom it is for."""

    label: str
    name: str
    lines: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Total:
    label: str
    amount: Money
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    language: str
    title: str
    reference: str
    """Names the paper at the foot of each page, and its file."""
    made_at: datetime
    issuer: str
    parties: Sequence[Party]
    facts: Sequence[tuple[str, str]]
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    totals: Sequence[Total]
    notes: Sequence[str] = field(default=())
    is_demo: bool = False


def written(document: Document, as_format: Format) -> bytes:
    """The file. A PDF takes some tens of milliseconds: call it in a thread."""
    return {Format.PDF: _pdf, Format.CSV: _csv, Format.XLSX: _xlsx}[as_format](document)


def _pdf(document: Document) -> bytes:
    language = document.language
    return pdf.compiled(
        TEMPLATE,
        {
            "language": language,
            "title": document.title,
            "reference": document.reference,
            "issuer": document.issuer,
            "date": format_date(document.made_at, "long", locale=LOCALES[language]),
            "demo": DEMO[language] if document.is_demo else None,
            "parties": [
                {"label": party.label, "name": party.name, "lines": [line for line in party.lines if line]}
                for party in document.parties
            ],
            "facts": [{"label": label, "value": text} for label, text in document.facts if text],
            "columns": [{"label": column.label, "kind": column.kind} for column in document.columns],
            "rows": [[_printed(cell, language) for cell in row] for row in document.rows],
            "totals": [
                {"label": each.label, "amount": _said(each.amount, language), "strong": each.is_strong}
                for each in document.totals
            ],
            "notes": list(document.notes),
        },
        document.made_at,
    )


def _said(amount: Money, language: str) -> str:
    return f"{LEFT_TO_RIGHT}{say(amount, language)}" if language == "ar" else say(amount, language)


def _printed(cell: Cell, language: str) -> str:
    if isinstance(cell, Money):
        return plain_amount(cell, language)
    return f"{cell:%d/%m/%Y}" if isinstance(cell, date) else cell or ""


def _table(document: Document) -> list[list[Cell]]:
    """What sheets hold: who and what, then the lines under their headings, then the totals."""
    width = len(document.columns)
    head: list[list[Cell]] = [[document.title], [document.issuer]]
    head += [[party.label, party.name, *filter(None, party.lines)] for party in document.parties]
    head += [[label, text] for label, text in document.facts if text]
    totals: list[list[Cell]] = [[each.label, *[None] * (width - 2), each.amount] for each in document.totals]
    notes: list[list[Cell]] = [[note] for note in document.notes]
    headings: list[Cell] = [column.label for column in document.columns]
    return [*head, [], headings, *map(list, document.rows), [], *totals, *notes]


def _csv(document: Document) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in _table(document):
        writer.writerow([_in_csv(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")  # By the mark spreadsheets know that Arabic is UTF-8.


def _in_csv(cell: Cell) -> str:
    if isinstance(cell, Money):
        return f"{cell.amount:f}"
    return f"{cell:%Y-%m-%d}" if isinstance(cell, date) else harmless_text(cell or "")


def _xlsx(document: Document) -> bytes:
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        created = document.made_at.astimezone(UTC).replace(tzinfo=None)
        book.set_properties({"title": document.title, "author": document.issuer, "created": created})
        sheet = book.add_worksheet()
        sheet.set_column(0, max(len(document.columns) - 1, 1), 18)
        if document.language == "ar":
            sheet.right_to_left()
        digits = {money.currency: MINOR_DIGITS[money.currency] for money in _amounts(document)}
        formats = {
            currency: book.add_format({"num_format": "#,##0" + ("." + "0" * places if places else "")})
            for currency, places in sorted(digits.items())
        }
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for at, row in enumerate(_table(document)):
            for column, cell in enumerate(row):
                if isinstance(cell, Money):
                    sheet.write_number(at, column, float(cell.amount), formats[cell.currency])
                elif isinstance(cell, date):
                    sheet.write_datetime(at, column, datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001 - sheets know no zones
                elif cell:
                    sheet.write_string(at, column, cell)
    return content.getvalue()


def _amounts(document: Document) -> list[Money]:
    cells = [cell for row in document.rows for cell in row if isinstance(cell, Money)]
    return [*cells, *(each.amount for each in document.totals)]
