"""Cells are read as people write them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.catalog.sheets.cells import CellError, decimal_of, grams_of, line_of, pieces_of, price_of
from marketplace.catalog.sheets.columns import Column, column_of, layout_of, letter_of
from marketplace.catalog.sheets.problems import Problems


@pytest.mark.parametrize(
    ("cell", "minor"),
    [
        ("1 250,50 DH", 1250_50),
        ("1\u202f250,50\u00a0DH", 1250_50),
        ("1.250,50", 1250_50),
        ("1,250.50", 1250_50),
        ("1250.5", 1250_50),
        ("1250,5 dhs", 1250_50),
        ("1.250", 1250_00),
        ("12,500", 12500_00),
        ("1.250.000", 1250000_00),
        ("1'250.50", 1250_50),
        ("MAD 180", 180_00),
        ("180 د.م.", 180_00),
        ("١٢٥٠٫٥٠ درهم", 1250_50),
        ("180,-"[:3], 180_00),
        (180, 180_00),
        (99.99, 99_99),
        (1250.5, 1250_50),
        (0.1 + 0.2, 30),
    ],
)
def test_these_are_prices(cell: str | float, minor: int) -> None:
    assert price_of(cell, "MAD") == minor


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("", "REQUIRED"),
        (None, "REQUIRED"),
        ("  ", "REQUIRED"),
        ("cher", "INVALID_PRICE"),
        ("12,50,30", "INVALID_PRICE"),
        ("1.25.00", "INVALID_PRICE"),
        ("12 ou 15", "INVALID_PRICE"),
        ("0", "PRICE_NOT_POSITIVE"),
        (0.0, "PRICE_NOT_POSITIVE"),
        ("-5", "PRICE_NOT_POSITIVE"),
        (float("nan"), "INVALID_PRICE"),
        ("12 €", "WRONG_CURRENCY"),
        ("12 000 FCFA", "WRONG_CURRENCY"),
        ("12,3456", "TOO_MANY_DECIMALS"),
        ("99999999", "PRICE_TOO_HIGH"),
        ("#N/A", "CELL_ERROR"),
    ],
)
def test_these_are_not(cell: str | float | None, code: str) -> None:
    with pytest.raises(CellError) as refused:
        price_of(cell, "MAD")
    assert refused.value.code == code


def test_francs_have_no_centimes() -> None:
    assert price_of("15 000 FCFA", "XOF") == 15000
    assert price_of("15 000 F", "XOF") == 15000
    assert price_of(15000.0, "XOF") == 15000
    with pytest.raises(CellError) as refused:
        price_of("15 000,50", "XOF")
    assert refused.value.code == "TOO_MANY_DECIMALS"


@given(st.integers(1, 10**9 - 1))
def test_any_price_written_the_french_way_is_read_back(minor: int) -> None:
    whole, cents = divmod(minor, 100)
    grouped = f"{whole:,}".replace(",", "\u202f")
    for text in (f"{grouped},{cents:02} DH", f"{whole:,}.{cents:02}", f"{whole},{cents:02}"):
        assert price_of(text, "MAD") == minor
    assert price_of(minor / 100, "MAD") == minor


@given(st.text(max_size=12))
def test_no_text_breaks_the_reading_of_numbers(text: str) -> None:
    number = decimal_of(text, 2)
    assert number is None or isinstance(number, Decimal)


@pytest.mark.parametrize(
    ("cell", "pieces"),
    [("12", 12), (12.0, 12), ("12 pièces", 12), ("1 200", 1200), ("0", 0), ("٣", 3), ("5 قطع", 5)],
)
def test_these_are_numbers_of_pieces(cell: str | float, pieces: int) -> None:
    assert pieces_of(cell) == pieces


@pytest.mark.parametrize("cell", ["12,5", "-1", "beaucoup", "99999999", 1.5])
def test_these_are_no_numbers_of_pieces(cell: str | float) -> None:
    with pytest.raises(CellError) as refused:
        pieces_of(cell)
    assert refused.value.code == "INVALID_STOCK"


@pytest.mark.parametrize(
    ("cell", "unit", "grams"),
    [
        ("350", 1, 350),
        ("350 g", 1, 350),
        ("350 gr.", 1000, 350),
        ("1,2 kg", 1, 1200),
        ("1.250 kg", 1, 1250),
        (1.25, 1000, 1250),
        ("0,5", 1000, 500),
        ("1 200", 1, 1200),
        ("", 1, None),
        ("3,2 كغ", 1, 3200),
    ],
)
def test_these_are_weights(cell: str | float, unit: int, grams: int | None) -> None:
    assert grams_of(cell, unit) == grams


@pytest.mark.parametrize("cell", ["lourd", "0", "-3", "5000 kg", "3 livres"])
def test_these_are_not_weights(cell: str) -> None:
    with pytest.raises(CellError) as refused:
        grams_of(cell, 1)
    assert refused.value.code == "INVALID_WEIGHT"


def test_text_loses_what_can_not_be_seen() -> None:
    assert line_of(" Tapis\u200b  de\nlaine\x07 ", 50) == "Tapis de laine"
    assert line_of(12.0, 50) == "12"
    with pytest.raises(CellError):
        line_of("x" * 51, 50)


@pytest.mark.parametrize(
    ("title", "column"),
    [
        ("Désignation", Column.NAME),
        ("DESIGNATION", Column.NAME),
        (" désignation  du produit ", Column.NAME),
        ("Nom du produit", Column.NAME),
        ("Categorie", Column.CATEGORY),
        ("Catégories", Column.CATEGORY),
        ("Prix (DH)", Column.PRICE),
        ("Prix unitaire TTC (MAD)", Column.PRICE),
        ("PRIX EN DH", Column.PRICE),
        ("P.U.", Column.PRICE),
        ("Qté", Column.STOCK),
        ("Quantité en stock", Column.STOCK),
        ("Poids (g)", Column.WEIGHT),
        ("Poids en kg", Column.WEIGHT),
        ("Descriptif", Column.DESCRIPTION),
        ("Photos", Column.PHOTO),
        ("N°", Column.IGNORED),
        ("Réf.", Column.IGNORED),
        ("اسم المنتج", Column.NAME),
        ("الفئة", Column.CATEGORY),
        ("الثمن (درهم)", Column.PRICE),
        ("الكميّة", Column.STOCK),
        ("الوزن", Column.WEIGHT),
        ("Product name", Column.NAME),
        ("Weight (g)", Column.WEIGHT),
        ("Couleur", None),
        ("", None),
    ],
)
def test_columns_are_known_by_the_titles_that_people_give_them(title: str, column: Column | None) -> None:
    assert column_of(title) == column


def test_units_in_titles_count() -> None:
    titles = ["Nom", "Catégorie", "Prix (€)", "Stock", "Poids (kg)"]
    problems = Problems("fr")
    layout = layout_of(titles, 1, set(range(5)), problems)
    assert (layout.currency, layout.grams) == ("EUR", 1000)
    assert not problems


def test_every_wrong_column_is_named() -> None:
    titles = ["Nom", "Couleur", "Prix", "prix ttc", "", "Stock"]
    problems = Problems("en")
    layout_of(titles, 3, {0, 1, 2, 3, 4, 5}, problems)
    found = [(row["row"], row["column"], row["code"]) for row in problems.as_rows()]
    assert found == [
        (3, "Couleur", "UNKNOWN_COLUMN"),
        (3, "prix ttc", "DUPLICATE_COLUMN"),
        (3, "E", "UNNAMED_COLUMN"),
        (3, "Category", "MISSING_COLUMN"),
    ]


def test_columns_have_letters_as_in_a_spreadsheet() -> None:
    assert [letter_of(place) for place in (0, 25, 26, 51, 52, 701, 702)] == [
        *["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]
    ]
