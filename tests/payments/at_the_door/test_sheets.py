"""What a carrier's sheet says, whatever program made it."""

from datetime import date

import pytest

from marketplace.payments.at_the_door.errors import SheetError
from marketplace.payments.at_the_door.sheets import SHEET_BYTES, Said, read_lines
from tests.factories.cash import csv_of, xlsx_of

FRENCH = ["N° de suivi", "Réf. commande", "Montant encaissé (DH)", "Devise", "Date d'encaissement"]


@pytest.mark.parametrize(
    "heads",
    [
        FRENCH,
        ["Tracking number", "Order number", "COD amount", "Currency", "Paid on"],
        ["رقم التتبع", "رقم الطلب", "المبلغ", "العملة", "التاريخ"],
        ["CODE_SUIVI", "N° COMMANDE", "CRBT", "DEVISE", "DATE LIVRAISON"],
    ],
    ids=["French", "English", "Arabic", "as an export writes it"],
)
def test_columns_are_found_by_their_titles(heads: list[str]) -> None:
    content = csv_of(heads, ["AM1", "1042-1", "1 230,50", "MAD", "25/11/2026"])
    assert read_lines(content, "MAD") == [Said(2, "AM1", "1042-1", 1230_50, "MAD", "2026-11-25")]


def test_a_workbook_s_own_numbers_and_days_are_read() -> None:
    content = xlsx_of(["Commande", "Montant"], [1042, 99.99], ["1043-2", 150])
    said = read_lines(content, "MAD")
    assert [(line.number, line.amount_minor) for line in said] == [("1042", 99_99), ("1043-2", 150_00)]


def test_what_stands_above_the_table_and_the_sum_below_it_are_left_alone() -> None:
    content = csv_of(
        ["Transport Amana", "", ""],
        ["Remise BR-1", "", ""],
        ["Suivi", "Client", "Montant"],
        ["AM1", "Total Énergies", "150"],
        ["", "", ""],
        ["Total", "", "150"],
    )
    assert [(line.row, line.tracking) for line in read_lines(content, "MAD")] == [(4, "AM1")]


@pytest.mark.parametrize(
    ("amount", "currency", "problem"),
    [
        ("abc", "MAD", "amount"),
        ("", "MAD", "amount"),
        ("-12", "MAD", "amount"),
        ("1,234", "MAD", ""),
        ("12.345", "MAD", ""),
        ("10.505 DH", "MAD", ""),
        ("150 €", "MAD", "currency"),
        ("150", "EUR", "currency"),
        ("150", "dirhams", ""),
        ("12,5", "MAD", ""),
        ("99999999999", "MAD", "amount"),
    ],
)
def test_amounts_are_read_as_people_write_them(amount: str, currency: str, problem: str) -> None:
    (said,) = read_lines(csv_of(["Suivi", "Montant", "Devise"], ["AM1", amount, currency]), "MAD")
    assert said.problem == problem
    assert (said.amount_minor is None) is bool(problem)


def test_nothing_taken_is_no_mistake_and_a_line_without_a_number_is_one() -> None:
    content = csv_of(["Suivi", "Montant", "Client"], ["AM1", "0,00", "a"], ["", "20", "b"])
    said = read_lines(content, "MAD")
    assert [(line.amount_minor, line.problem) for line in said] == [(0, ""), (2000, "number")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no spreadsheet"),
        (b"%PDF-1.7", "no spreadsheet"),
        (b"\x00\x01;\x02", "no spreadsheet"),
        (csv_of(["Nom", "Ville"], ["a", "b"]), "name the columns"),
        (csv_of(["Suivi", "Ville"], ["a", "b"]), "name the columns"),
        (csv_of(["Montant", "Ville"], ["1", "b"]), "name the columns"),
        (csv_of(["Suivi", "Montant"]), "nothing of any parcel"),
        (csv_of(["Suivi", "Montant"], *[[f"A{n}", 1] for n in range(1001)]), "1000 parcels"),
        (csv_of(["Suivi", "Montant"], *[[f"A{n}", 1] for n in range(25_000)]), "1000 parcels"),
        (b"x" * (SHEET_BYTES + 1), "too large"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_is_no_such_sheet_is_refused_in_words(content: bytes, says: str) -> None:
    with pytest.raises(SheetError, match=says) as refused:
        read_lines(content, "MAD")
    assert refused.value.field == "file"


@pytest.mark.parametrize(
    ("written", "day"),
    [("2026-11-05", "2026-11-05"), ("5/11/2026", "2026-11-05"), ("31/02/2026", None), ("hier", None)],
)
def test_days_are_read_as_far_as_they_can_be(written: str, day: str | None) -> None:
    (said,) = read_lines(csv_of(["Suivi", "Montant", "Date"], ["AM1", "1", written]), "MAD")
    assert said.paid_on == day
    assert day is None or date.fromisoformat(day)
