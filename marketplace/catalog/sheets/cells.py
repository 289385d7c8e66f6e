"""Cells: the numbers that people write, and the text they leave around them."""

import math
import re
import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from marketplace.kit.money import MINOR_DIGITS

Cell = str | int | float | bool | date | datetime | time | timedelta | None

HIGHEST_PRICE = 10_000_000
"""In whole units of the currency. Above it, a decimal mark has been lost."""
MOST_PIECES = 1_000_000
HEAVIEST_GRAMS = 1_000_000
DECIMALS_OF_KILOGRAMS = 3

_ERROR_VALUES = {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#N/D"}
_CURRENCY_SIGNS = [
    (re.compile(r"(?i)dirhams?|dhs?\b\.?|\bmad\b|درهم|د\.?\s*م\.?"), "MAD"),
    (re.compile(r"(?i)€|\beuros?\b|\beur\b"), "EUR"),
    (re.compile(r"(?i)\bf\.?\s*cfa\b|\bcfa\b|\bxof\b|(?<=[\d\s])f\.?$"), "XOF"),
]
_PIECES = re.compile(r"(?i)\s*(pi[eè]ces?|pcs?|unit[eé]s?|units?|قطع|قطعة|وحدة|وحدات)\.?$")
_WEIGHT_UNITS = re.compile(
    r"(?i)(?P<kilograms>kgs?|kilos?|kilogrammes?|كغ|كلغ|كيلو)\.?$|(?P<grams>grammes?|grams?|grs?|g|غرام|غ)\.?$"
)
_BLANKS_AND_QUOTES = re.compile(r"[\s'’\u00a0\u202f\u2009]")
_GROUPED = re.compile(r"\d{1,3}([.,])\d{3}(\1\d{3})*")
_PLAIN = re.compile(r"\d+([.,]\d+)?")
_MIXED = re.compile(r"\d{1,3}([.,])\d{3}(?:\1\d{3})*([.,])\d+")


class CellError(Exception):
    """A cell that says nothing we understand; `code` and `facts` are of `messages`."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


def text_of(cell: Cell) -> str:
    """What a cell shows, tidied: no control characters, no blanks at its ends. Raises CellError."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = unicodedata.normalize("NFC", str(cell))
    text = "".join(letter for letter in text if letter in "\n\t" or unicodedata.category(letter)[0] != "C")
    text = text.strip()
    if text in _ERROR_VALUES:
        raise CellError("CELL_ERROR", value=text)
    return text


def line_of(cell: Cell, longest: int) -> str:
    """A text of one line. Raises CellError."""
    return _within(" ".join(text_of(cell).split()), longest)


def paragraphs_of(cell: Cell, longest: int) -> str:
    """A text that keeps its lines. Raises CellError."""
    return _within(text_of(cell).replace("\r\n", "\n").replace("\r", "\n"), longest)


def price_of(cell: Cell, currency: str) -> int:
    """A price in minor units, as people write it: `1 250,50 DH`, `1.250,50`, `1250.5`. Raises CellError."""
    shown = text_of(cell)
    if not shown:
        raise CellError("REQUIRED")
    number, said = _without_currency(shown)
    if said is not None and said != currency:
        raise CellError("WRONG_CURRENCY", given=said, expected=currency)
    digits = MINOR_DIGITS[currency]
    amount = _cell_number(cell) or decimal_of(number, digits)
    if amount is None:
        raise CellError("INVALID_PRICE", value=shown)
    if amount <= 0:
        raise CellError("PRICE_NOT_POSITIVE")
    if amount > HIGHEST_PRICE:
        raise CellError("PRICE_TOO_HIGH")
    minor = amount.scaleb(digits)
    if minor != minor.to_integral_value():
        raise CellError("TOO_MANY_DECIMALS", currency=currency, digits=digits)
    return int(minor)


def pieces_of(cell: Cell) -> int:
    """A number of pieces: whole, not below zero. Raises CellError."""
    shown = text_of(cell)
    if not shown:
        raise CellError("REQUIRED")
    amount = decimal_of(_PIECES.sub("", shown), 0)
    if amount is None or amount != amount.to_integral_value() or not 0 <= amount <= MOST_PIECES:
        raise CellError("INVALID_STOCK", value=shown)
    return int(amount)


def grams_of(cell: Cell, grams_per_unit: int) -> int | None:
    """A weight in whole grams; a number without a unit counts what the title says. Raises CellError."""
    shown = text_of(cell)
    if not shown:
        return None
    unit = _WEIGHT_UNITS.search(shown)
    number = shown[: unit.start()] if unit else shown
    factor = grams_per_unit if unit is None else 1000 if unit["kilograms"] else 1
    amount = decimal_of(number, DECIMALS_OF_KILOGRAMS if factor > 1 else 0)
    if amount is None or not 0 < amount * factor <= HEAVIEST_GRAMS:
        raise CellError("INVALID_WEIGHT", value=shown)
    return max(1, round(amount * factor))


def decimal_of(text: str, usual_decimals: int) -> Decimal | None:
    """A number as people write it: `1 250,50`, `1.250,50`, `1,250.50`, `1'250`, `١٢٥٠٫٥`. None: it is none.

    A single mark before exactly three digits parts thousands, unless three decimals are usual.
    """
    plain = _BLANKS_AND_QUOTES.sub("", text.translate(_ARABIC_MARKS))
    plain = "".join(str(unicodedata.decimal(letter, letter)) for letter in plain)
    sign = -1 if plain.startswith(("-", "−")) else 1
    plain = plain.lstrip("+-−")
    mixed = _MIXED.fullmatch(plain)
    if mixed and mixed[1] != mixed[2]:
        plain = plain.replace(mixed[1], "").replace(mixed[2], ".")
    elif _GROUPED.fullmatch(plain) and (
        usual_decimals != DECIMALS_OF_KILOGRAMS or plain.count(".") + plain.count(",") > 1
    ):
        plain = plain.replace(".", "").replace(",", "")
    elif not _PLAIN.fullmatch(plain):
        return None
    try:
        return sign * Decimal(plain.replace(",", "."))
    except InvalidOperation:
        return None


_ARABIC_MARKS = str.maketrans({"٫": ",", "٬": "", "،": ","})


def _cell_number(cell: Cell) -> Decimal | None:
    """A cell that holds a number holds it in binary: 99.99 comes as 99.98999…, and means 99.99."""
    if isinstance(cell, bool) or not isinstance(cell, int | float) or not math.isfinite(cell):
        return None
    return round(Decimal(repr(cell)), 6).normalize() or Decimal(0)


def _without_currency(shown: str) -> tuple[str, str | None]:
    for sign, currency in _CURRENCY_SIGNS:
        if sign.search(shown):
            return sign.sub("", shown), currency
    return shown, None


def _within(text: str, longest: int) -> str:
    if len(text) > longest:
        raise CellError("TOO_LONG", limit=longest)
    return text
