"""Files of papers: the same bytes whoever makes them, no formulas, Arabic in its own shapes."""

import csv
import hashlib
import io
import subprocess
import sys
import time
from datetime import UTC, date, datetime

import pytest
import python_calamine
from pypdf import PdfReader

from marketplace.kit.money import Money
from marketplace.payouts.papers.document import (
    LANGUAGES,
    Column,
    Document,
    Format,
    Kind,
    Party,
    Total,
    written,
)

ARABIC = "تعاونية النسيج"


def paper(language: str = "fr", lines: int = 3) -> Document:
    amount = Money(-1_234_56, "MAD")
    return Document(
        language=language,
        title="كشف الحساب" if language == "ar" else "Relevé de compte",
        reference="ST-1",
        made_at=datetime(2026, 11, 1, tzinfo=UTC),
        issuer="SIL Marketplace",
        parties=[Party("Vendeur", f"{ARABIC} Al Amal", ["ICE : 001525713000041"])],
        facts=[("Période", "du 01/10/2026 au 31/10/2026")],
        columns=[Column("Date", Kind.DATE), Column("Opération", Kind.TEXT), Column("Montant", Kind.AMOUNT)],
        rows=[[date(2026, 10, 2), '=HYPERLINK("x")', amount]] * lines,
        totals=[Total("Total", amount, is_strong=True)],
    )


def digests() -> str:
    files = [written(paper(language), each) for language in LANGUAGES for each in Format]
    return " ".join(hashlib.sha256(file).hexdigest() for file in files)


def test_another_process_makes_the_same_bytes_later() -> None:
    program = "from tests.payouts.papers.test_documents import digests; print(digests())"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == digests()


def test_no_cell_is_a_formula_and_amounts_are_numbers() -> None:
    rows = list(csv.reader(io.StringIO(written(paper(), Format.CSV).decode("utf-8-sig"))))
    assert ["2026-10-02", '\'=HYPERLINK("x")', "-1234.56"] in rows
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(written(paper(), Format.XLSX)))
    cells = book.get_sheet_by_index(0).to_python()
    assert [date(2026, 10, 2), '=HYPERLINK("x")', -1234.56] in cells


def test_arabic_is_shaped_and_headings_are_repeated_on_each_page() -> None:
    reader = PdfReader(io.BytesIO(written(paper("ar", 120), Format.PDF)))
    assert len(reader.pages) > 2
    texts = [page.extract_text() for page in reader.pages]
    assert all("Montant" in text for text in texts)
    assert all(f"{place} / {len(texts)}" in text for place, text in enumerate(texts, 1))
    fonts = {str(font["/BaseFont"]) for font in _fonts(reader)}
    assert any("Arabic" in font for font in fonts)
    assert "-1.234,56" in texts[0]


def _fonts(reader: PdfReader) -> list[dict[str, object]]:
    resources = reader.pages[0]["/Resources"]
    return [font.get_object() for font in resources["/Font"].values()]  # type: ignore[index]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_statement_of_five_hundred_lines_takes_less_than_a_second_of_processor(language: str) -> None:
    written(paper(language), Format.PDF)  # Fonts are read once.
    began = time.process_time()
    written(paper(language, 500), Format.PDF)
    assert time.process_time() - began < 2  # All threads together: on an idle machine it is half a second.
