"""Tables as files: CSV and XLSX, written row by row into a file on disk.

No cell is ever a formula: what was typed by a seller must not run in the spreadsheet of who opens the file.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import xlsxwriter

from marketplace.exports.models import FileType
from marketplace.kit.errors import InvalidError
from marketplace.kit.sheets import harmless_text

Cell = str | int | float | bool | None
XLSX_ROWS = 1_048_576
"""As many as a sheet has."""
XLSX_CHARACTERS = 32_767
"""As many as a cell of one has."""


class TableWriter(Protocol):
    """Takes rows, and closes the file."""

    def rows(self, rows: Sequence[Sequence[Cell]]) -> None: ...

    def close(self) -> None: ...


def table_writer(path: Path, file_type: FileType) -> TableWriter:
    return CsvWriter(path) if file_type is FileType.CSV else XlsxWriter(path)


class CsvWriter:
    """Commas, UTF-8. A text that a spreadsheet would take for a formula gets an apostrophe before it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)

    def rows(self, rows: Sequence[Sequence[Cell]]) -> None:
        self._writer.writerows([[harmless(cell) for cell in row] for row in rows])

    def close(self) -> None:
        self._file.close()


class XlsxWriter:
    """A sheet whose texts are written as texts, whatever they look like; rows go to the disk at once."""

    def __init__(self, path: Path) -> None:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(str(path), options)
        self._sheet = self._book.add_worksheet()
        self._row = 0

    def rows(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Raises InvalidError for more rows than a sheet has."""
        if self._row + len(rows) > XLSX_ROWS:
            raise InvalidError(f"A sheet has at most {XLSX_ROWS} rows: take CSV.", field="fileType")
        for row in rows:
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    self._sheet.write_string(self._row, column, cell[:XLSX_CHARACTERS])
                elif cell is not None:
                    self._sheet.write(self._row, column, cell)
            self._row += 1

    def close(self) -> None:
        self._book.close()


def harmless(cell: Cell) -> Cell:
    """A cell that no spreadsheet takes for a formula."""
    return harmless_text(cell) if isinstance(cell, str) else cell
