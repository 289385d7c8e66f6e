"""A carrier's sheet as it is sent: which column says what, and what each line says."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from marketplace.catalog.errors import SheetError as NoSheetError
from marketplace.catalog.sheets.cells import Cell, CellError, decimal_of, price_of, text_of
from marketplace.catalog.sheets.reading import Row, read_sheet
from marketplace.kit.text import without_marks
from marketplace.payments.at_the_door.errors import SheetError
from marketplace.payments.cash import MAXIMUM_PARCELS

SHEET_BYTES = 5 * 1024 * 1024
NUMBER_LENGTH = 255
ROWS_BEFORE_TITLES = 20
"""Carriers put their name and address above the table."""


class Column(StrEnum):
    TRACKING = "tracking"
    NUMBER = "number"
    AMOUNT = "amount"
    CURRENCY = "currency"
    DATE = "date"


_TITLES = {
    Column.TRACKING: [
        *[
            "tracking",
            "tracking number",
            "tracking no",
            "awb",
            "barcode",
            "parcel",
            "parcel number",
            "shipment",
        ],
        *["numero de suivi", "n de suivi", "n suivi", "suivi", "code de suivi", "code suivi", "code barre"],
        *["code barres", "colis", "numero de colis", "n de colis", "n colis", "code colis", "bordereau"],
        *["shipment", "numero d envoi", "n d envoi", "n envoi", "code d envoi", "code envoi", "envoi"],
        *["رقم التتبع", "رمز التتبع", "رقم الشحنة", "الشحنة", "رقم الطرد", "الطرد", "رقم الارسالية"],
    ],
    Column.NUMBER: [
        *["order", "order number", "order no", "vendor order", "reference", "ref", "your reference"],
        *["commande", "numero de commande", "n de commande", "n commande", "reference commande"],
        *["ref commande", "reference client", "ref client", "votre reference"],
        *["رقم الطلب", "الطلب", "رقم الطلبية", "الطلبية", "المرجع"],
    ],
    Column.AMOUNT: [
        *["amount", "amount collected", "collected", "cash", "cod", "cod amount", "total"],
        *["montant", "montant encaisse", "montant crbt", "crbt", "contre remboursement", "montant cod"],
        *["encaisse", "encaissement", "especes", "montant remis", "montant verse", "montant total"],
        *["المبلغ", "مبلغ", "المبلغ المحصل", "المبلغ المستخلص", "الدفع عند الاستلام"],
    ],
    Column.CURRENCY: ["currency", "devise", "monnaie", "العملة"],
    Column.DATE: [
        *["date", "collected on", "paid on", "payment date", "delivery date", "delivered on"],
        *["date d encaissement", "date encaissement", "date de livraison", "date livraison"],
        *["date de paiement", "التاريخ", "تاريخ التسليم", "تاريخ الاستلام", "تاريخ الدفع", "تاريخ التحصيل"],
    ],
}
"""As carriers write them: in small letters, without accents; what is no letter or digit reads as a space."""

_SUMS = ("total", "totaux", "somme", "sum", "المجموع", "مجموع")
_IN_BRACKETS = re.compile(r"[(\[][^)\]]*[)\]]")
_NO_LETTERS = re.compile(r"[^\w]+|_")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})\b")


@dataclass(frozen=True, slots=True)
class Said:
    """What one line says."""

    row: int
    """As the spreadsheet shows it."""
    tracking: str
    number: str
    amount_minor: int | None
    """None: it can't be read, or is in another currency."""
    currency: str
    paid_on: str | None
    """ISO 8601, as far as it can be read."""
    problem: str = ""
    """Why it can't be read: `currency`, `amount`, `number`."""


def read_lines(content: bytes, currency: str) -> list[Said]:
    """The lines of a sheet of one currency: XLSX, XLS, ODS or CSV. Raises SheetError."""
    if len(content) > SHEET_BYTES:
        raise SheetError("This file is too large for a carrier's sheet.", field="file")
    try:
        rows = read_sheet(content, "en").rows
    except NoSheetError as refused:
        if refused.code == "TOO_MANY_ROWS":
            raise SheetError(f"At most {MAXIMUM_PARCELS} parcels in a file, please.", field="file") from None
        raise SheetError("This file is no spreadsheet (XLSX, XLS, ODS or CSV).", field="file") from None
    titles, places = _titles(rows)
    said = list(_lines(rows, titles, places, currency))
    if not said:
        raise SheetError("The file says nothing of any parcel.", field="file")
    if len(said) > MAXIMUM_PARCELS:
        raise SheetError(f"At most {MAXIMUM_PARCELS} parcels in a file, please.", field="file")
    return said


def _titles(rows: Sequence[Row]) -> tuple[int, dict[Column, int]]:
    """Which row has the titles, and which place holds what. Raises SheetError."""
    for index, row in enumerate(rows[:ROWS_BEFORE_TITLES]):
        places: dict[Column, int] = {}
        for place, cell in enumerate(row.cells):
            column = _BY_TITLE.get(_key(str(cell or "")))
            if column is not None:
                places.setdefault(column, place)
        if Column.AMOUNT in places and (Column.TRACKING in places or Column.NUMBER in places):
            return index, places
    raise SheetError(
        "The first row must name the columns: tracking number or order number, amount, and besides,"
        " if they are there, currency and date.",
        field="file",
    )


def _key(title: str) -> str:
    return " ".join(_NO_LETTERS.sub(" ", without_marks(_IN_BRACKETS.sub(" ", title))).split())


_BY_TITLE = {_key(title): column for column, titles in _TITLES.items() for title in titles}


def _lines(rows: Sequence[Row], titles: int, places: dict[Column, int], currency: str) -> Iterator[Said]:
    for row in rows[titles + 1 :]:
        cells = {column: _cell(row, place) for column, place in places.items()}
        if not _is_sum(row, cells):
            yield _line(row.number, cells, currency)


def _is_sum(row: Row, cells: dict[Column, Cell]) -> bool:
    """Whether it adds up the lines above: it names no parcel, or names itself where parcels are named."""
    names = [_key(_text(cells.get(column))) for column in (Column.TRACKING, Column.NUMBER)]
    said = [name for name in names if name] or [
        _key(str(cell)) for cell in row.cells if isinstance(cell, str)
    ]
    return any(word.partition(" ")[0] in _SUMS for word in said)


def _cell(row: Row, place: int) -> Cell:
    return row.cells[place] if place < len(row.cells) else None


def _line(number: int, cells: dict[Column, Cell], currency: str) -> Said:
    tracking, order = (_text(cells.get(column)) for column in (Column.TRACKING, Column.NUMBER))
    amount, problem = _amount(cells.get(Column.AMOUNT), currency)
    named = _text(cells.get(Column.CURRENCY))
    if named and _CURRENCIES.get(_key(named), named.upper()) != currency:
        amount, problem = None, "currency"
    if not tracking and not order:
        problem = "number"
    return Said(number, tracking, order, amount, currency, _day(cells.get(Column.DATE)), problem)


_CURRENCIES = {"dh": "MAD", "dhs": "MAD", "dirham": "MAD", "dirhams": "MAD", "درهم": "MAD", "mad": "MAD"} | {
    "euro": "EUR",
    "euros": "EUR",
    "eur": "EUR",
    "cfa": "XOF",
    "fcfa": "XOF",
    "f cfa": "XOF",
    "xof": "XOF",
}


def _text(cell: Cell) -> str:
    try:
        return " ".join(text_of(cell).split())[:NUMBER_LENGTH]
    except CellError:
        return ""


def _amount(cell: Cell, currency: str) -> tuple[int | None, str]:
    try:
        return price_of(cell, currency), ""
    except CellError as wrong:
        if wrong.code == "WRONG_CURRENCY":
            return None, "currency"
        is_nothing = wrong.code == "PRICE_NOT_POSITIVE" and decimal_of(_text(cell), 2) == 0
        return (0, "") if is_nothing else (None, "amount")


def _day(cell: Cell) -> str | None:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    text = _text(cell)
    day_first = _DAY_FIRST.match(text)
    try:
        if day_first:
            day, month, year = (int(part) for part in day_first.groups())
            return date(year, month, day).isoformat()
        return datetime.fromisoformat(text).date().isoformat()
    except ValueError:
        return None
