"""The columns of a sheet: their titles as people write them, in three languages."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from marketplace.catalog.sheets.problems import Problem, Problems
from marketplace.catalog.words import words_of


class Column(StrEnum):
    NAME = "name"
    CATEGORY = "category"
    PRICE = "price"
    STOCK = "stock"
    WEIGHT = "weight"
    DESCRIPTION = "description"
    PHOTO = "photo"
    IGNORED = "ignored"
    """Numbering and the seller's own references: not ours to keep, no mistake either."""


REQUIRED = (Column.NAME, Column.CATEGORY, Column.PRICE, Column.STOCK)

TITLES = {
    Column.NAME: ("Désignation", "اسم المنتج", "Name"),
    Column.CATEGORY: ("Catégorie", "الفئة", "Category"),
    Column.PRICE: ("Prix", "الثمن", "Price"),
    Column.STOCK: ("Stock", "الكمية", "Stock"),
    Column.WEIGHT: ("Poids (g)", "الوزن (غ)", "Weight (g)"),
    Column.DESCRIPTION: ("Description", "الوصف", "Description"),
    Column.PHOTO: ("Photo", "الصورة", "Photo"),
}
"""What we call them, in French, Arabic and English."""

_SYNONYMS = {
    Column.NAME: [
        *["désignation", "désignation du produit", "désignation article", "nom", "nom du produit"],
        *["nom de l'article", "produit", "article", "libellé", "intitulé", "titre", "name", "product name"],
        *["product", "title", "item", "اسم المنتج", "الاسم", "المنتج", "التسمية", "اسم السلعة", "السلعة"],
    ],
    Column.CATEGORY: [
        *["catégorie", "catégorie du produit", "rayon", "famille", "type", "type de produit", "category"],
        *["الفئة", "الصنف", "التصنيف", "النوع"],
    ],
    Column.PRICE: [
        *["prix", "prix ttc", "prix unitaire", "prix de vente", "prix public", "prix unitaire ttc", "tarif"],
        *["pu", "pu ttc", "pv", "price", "unit price", "الثمن", "السعر", "ثمن البيع", "سعر البيع"],
    ],
    Column.STOCK: [
        *["stock", "quantité", "quantité en stock", "quantité disponible", "qté", "qte", "qté en stock"],
        *["nombre", "nombre de pièces", "pièces", "disponible", "en stock", "stock disponible", "quantity"],
        *["qty", "in stock", "الكمية", "المخزون", "العدد", "الكمية المتوفرة"],
    ],
    Column.WEIGHT: ["poids", "poids net", "poids unitaire", "weight", "net weight", "الوزن", "الوزن الصافي"],
    Column.DESCRIPTION: [
        *["description", "descriptif", "description du produit", "détails", "détail", "texte", "details"],
        *["الوصف", "وصف المنتج", "التفاصيل"],
    ],
    Column.PHOTO: [
        *["photo", "photos", "image", "images", "photo du produit", "nom de la photo", "fichier photo"],
        *["picture", "pictures", "الصورة", "الصور", "صورة المنتج"],
    ],
    Column.IGNORED: [
        "n",
        "no",
        "num",
        "numéro",
        "ref",
        "réf",
        "référence",
        "reference",
        "sku",
        "code",
        "رقم",
    ],
}
_CURRENCIES = {"dh": "MAD", "dhs": "MAD", "mad": "MAD", "dirham": "MAD", "درهم": "MAD", "د.م.": "MAD"} | {
    "€": "EUR",
    "eur": "EUR",
    "euro": "EUR",
    "euros": "EUR",
    "fcfa": "XOF",
    "cfa": "XOF",
    "xof": "XOF",
    "f cfa": "XOF",
}
_GRAMS = {"g": 1, "gr": 1, "grammes": 1, "gramme": 1, "grams": 1, "غ": 1, "غرام": 1} | {
    "kg": 1000,
    "kgs": 1000,
    "kilo": 1000,
    "kilos": 1000,
    "كغ": 1000,
    "كيلو": 1000,
    "كلغ": 1000,
}
_IN_BRACKETS = re.compile(r"[(\[（](?P<inside>[^)\]）]*)[)\]）]")
_NOT_LETTERS = re.compile(r"[^\w€.]+")


def _key(title: str) -> str:
    """A title without capitals, accents, plurals and marks. Words of one letter count here."""
    return " ".join(words_of(title)) or title.replace(".", "").strip(" :*#°").casefold()


_BY_KEY = {_key(title): column for column, titles in _SYNONYMS.items() for title in titles}


@dataclass(frozen=True, slots=True)
class Layout:
    """Which place of a row holds what."""

    titles: Sequence[str]
    """As they stand in the sheet."""
    places: dict[Column, int]
    currency: str | None
    """Of the price column, if its title says: ISO 4217."""
    grams: int
    """What a weight without a unit counts: 1, or 1,000 where the title says kilograms."""

    def title(self, column: Column, language_place: int = 0) -> str:
        """What the sheet calls a column; what we call it where the sheet has none."""
        place = self.places.get(column)
        return TITLES[column][language_place] if place is None else self.titles[place]


def column_of(title: str) -> Column | None:
    """What a column holds, by its title: with or without a unit, in any of the three languages."""
    bare, _ = _without_unit(title)
    return _BY_KEY.get(_key(bare)) or _BY_KEY.get(_key(title))


def recognised(titles: Sequence[str]) -> int:
    """How many of a row's cells are titles that we know."""
    return sum(column_of(title) is not None for title in titles if title)


def layout_of(titles: Sequence[str], row_number: int, used: set[int], problems: Problems) -> Layout:
    """Read the row of titles. `used` are the places that hold values further down.

    Every column that can't be understood is a problem of the title's row.
    """
    places: dict[Column, int] = {}
    currency, grams = None, 1
    for place, title in enumerate(titles):
        if not title:
            if place in used:
                letter = letter_of(place)
                problems.add(Problem(row_number, letter, "UNNAMED_COLUMN", {"letter": letter}))
            continue
        column = column_of(title)
        if column is None:
            known = ", ".join(each[problems.language_place] for each in TITLES.values())
            problems.add(Problem(row_number, title, "UNKNOWN_COLUMN", {"known": known}))
        elif column is not Column.IGNORED and column in places:
            problems.add(Problem(row_number, title, "DUPLICATE_COLUMN"))
        else:
            places[column] = place
        unit = _without_unit(title)[1]
        if column is Column.PRICE:
            currency = _CURRENCIES.get(unit)
        elif column is Column.WEIGHT:
            grams = _GRAMS.get(unit, 1)
    for column in REQUIRED:
        if column not in places:
            title = TITLES[column][problems.language_place]
            problems.add(Problem(row_number, title, "MISSING_COLUMN", {"column": title}))
    return Layout(titles, places, currency, grams)


def _without_unit(title: str) -> tuple[str, str]:
    """`Prix (DH)` as `Prix` and `dh`; `Poids en kg` as `Poids` and `kg`; `Prix MAD` likewise."""
    found = _IN_BRACKETS.search(title)
    if found:
        return _IN_BRACKETS.sub(" ", title), found["inside"].strip().casefold()
    words = [word for word in _NOT_LETTERS.split(title) if word]
    if len(words) > 1 and words[-1].casefold() in _CURRENCIES.keys() | _GRAMS.keys():
        rest = words[:-1]
        if len(rest) > 1 and rest[-1].casefold() in {"en", "in", "ب"}:
            rest = rest[:-1]
        return " ".join(rest), words[-1].casefold()
    return title, ""


def letter_of(place: int) -> str:
    """The letter over a column in a spreadsheet: A for 0, AA for 26."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
