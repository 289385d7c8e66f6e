"""From the file that was sent to rows of cells: workbooks, CSV as offices save it, archives with photos."""

import csv
import io
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO

import python_calamine as calamine

from marketplace.catalog.errors import SheetError
from marketplace.catalog.sheets.cells import Cell
from marketplace.catalog.sheets.embedded import embedded_pictures
from marketplace.catalog.sheets.messages import message

MAXIMUM_PRODUCTS = 2000
MAXIMUM_RAW_ROWS = 20_000
"""Rows that a file may have, empty ones included, before it is read at all."""
MAXIMUM_COLUMNS = 60
MAXIMUM_UNPACKED_BYTES = 200 * 1024 * 1024
MAXIMUM_PART_BYTES = 40 * 1024 * 1024
MAXIMUM_PARTS = 5000

_SHEET_SUFFIXES = {".xlsx", ".xlsm", ".xls", ".ods", ".csv"}
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


_UNREADABLE = (
    calamine.CalamineError,
    csv.Error,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    UnicodeError,
    NotImplementedError,  # A way of packing that Python doesn't know.
    RuntimeError,  # An archive with a password.
)
"""What the readers say to a file that is broken, or something else."""


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    """As the spreadsheet shows it, beside the row."""
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was sent: its rows that hold anything, and the pictures that came along."""

    rows: list[Row]
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    """By file name, as `picture_name` writes it."""
    row_pictures: Mapping[int, list[bytes]] = field(default_factory=dict)
    """Pictures that lie on a row of the workbook itself, by row number."""
    is_archive: bool = False


class RefusedError(Exception):
    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


def read_sheet(content: bytes, language: str) -> Sheet:
    """The rows of a sheet, and its pictures. Raises SheetError, its message in the language.

    What a file is, its first bytes tell; its name is not believed. Sizes are looked at before it is read.
    """
    try:
        return _read(content)
    except RefusedError as refused:
        code = "NOT_A_SHEET" if refused.code in {"ARCHIVE_WITHOUT_SHEET", "SEVERAL_SHEETS"} else refused.code
        raise SheetError(message(refused.code, language, **refused.facts), field="file", code=code) from None
    except _UNREADABLE:
        raise SheetError(message("NOT_A_SHEET", language), field="file") from None


def picture_name(name: str) -> str:
    """A file's name as it is compared: without folders, capitals and ways of writing accents."""
    base = PurePosixPath(name.replace("\\", "/")).name
    return unicodedata.normalize("NFC", base).strip().casefold()


def _read(content: bytes) -> Sheet:
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _from_archive(archive, content)
    if content.startswith(_OLD_WORKBOOK):
        return Sheet(_workbook_rows(content))
    return Sheet(_csv_rows(content))


def _from_archive(archive: zipfile.ZipFile, content: bytes) -> Sheet:
    parts = [part for part in archive.infolist() if not part.is_dir()]
    if (
        len(parts) > MAXIMUM_PARTS
        or any(part.file_size > MAXIMUM_PART_BYTES for part in parts)
        or sum(part.file_size for part in parts) > MAXIMUM_UNPACKED_BYTES
    ):
        raise RefusedError("FILE_TOO_LARGE", limit=MAXIMUM_UNPACKED_BYTES // 1024**2)
    if _is_workbook(archive):
        _refuse_endless(archive, parts)
        return Sheet(_workbook_rows(content), row_pictures=embedded_pictures(archive))
    files = [part for part in parts if not _is_leftover(part.filename)]
    sheets = [part for part in files if PurePosixPath(part.filename).suffix.lower() in _SHEET_SUFFIXES]
    if not sheets:
        raise RefusedError("ARCHIVE_WITHOUT_SHEET")
    if len(sheets) > 1:
        raise RefusedError("SEVERAL_SHEETS", names=", ".join(part.filename for part in sheets[:5]))
    inner_content = archive.read(sheets[0])
    if inner_content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(inner_content)) as inner_archive:
            if not _is_workbook(inner_archive):  # An archive in an archive in an archive ...
                raise RefusedError("NOT_A_SHEET")
    inner = _read(inner_content)
    pictures = {picture_name(part.filename): archive.read(part) for part in files if part is not sheets[0]}
    return Sheet(inner.rows, pictures, inner.row_pictures, is_archive=True)


def _is_workbook(archive: zipfile.ZipFile) -> bool:
    """Office Open XML, or OpenDocument."""
    return bool({"xl/workbook.xml", "content.xml"} & set(archive.namelist()))


def _is_leftover(name: str) -> bool:
    """What macOS and Windows put into archives by themselves, and what Excel leaves beside an open file."""
    path = PurePosixPath(name)
    return "__MACOSX" in path.parts or path.name.startswith((".", "~$")) or path.name == "Thumbs.db"


def _refuse_endless(archive: zipfile.ZipFile, parts: Iterable[zipfile.ZipInfo]) -> None:
    """Refuse a workbook of very many rows by counting them as they stream by, before it is read."""
    for part in parts:
        if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
            with archive.open(part) as stream:
                if _more_than(stream, b"<row ", MAXIMUM_RAW_ROWS):
                    raise RefusedError("TOO_MANY_ROWS", limit=MAXIMUM_PRODUCTS)


def _more_than(stream: IO[bytes], mark: bytes, most: int) -> bool:
    seen, tail = 0, b""
    while chunk := stream.read(1 << 18):
        seen += (tail + chunk).count(mark)
        tail = chunk[-(len(mark) - 1) :]
        if seen > most:
            return True
    return False


def _workbook_rows(content: bytes) -> list[Row]:
    """The rows of the first page that shows and holds anything."""
    with calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
        for page in workbook.sheets_metadata:
            if (
                page.typ != calamine.SheetTypeEnum.WorkSheet
                or page.visible != calamine.SheetVisibleEnum.Visible
            ):
                continue
            cells = workbook.get_sheet_by_name(page.name)
            if cells.total_height > MAXIMUM_RAW_ROWS:
                raise RefusedError("TOO_MANY_ROWS", limit=MAXIMUM_PRODUCTS)
            rows = _filled(enumerate(cells.to_python(skip_empty_area=False), start=1))
            if rows:
                return rows
    raise RefusedError("NO_ROWS")


def _csv_rows(content: bytes) -> list[Row]:
    text = _decoded(content)
    if "\x00" in text or not text.strip():
        raise RefusedError("NOT_A_SHEET" if content.strip() else "NO_ROWS")
    text = text.removeprefix("sep=;\n").removeprefix("sep=;\r\n").removeprefix("sep=,\n")
    first_line = text.lstrip().split("\n", 1)[0]
    delimiter = max(";,\t", key=first_line.count)
    if delimiter not in first_line:
        raise RefusedError("NOT_A_SHEET")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
    return _filled(enumerate((list(cells) for cells in _bounded(reader)), start=1))


def _bounded(records: Iterable[list[str]]) -> Iterator[list[str]]:
    for number, record in enumerate(records):
        if number >= MAXIMUM_RAW_ROWS:
            raise RefusedError("TOO_MANY_ROWS", limit=MAXIMUM_PRODUCTS)
        yield record


def _filled(numbered: Iterable[tuple[int, Iterable[Cell]]]) -> list[Row]:
    """Rows that hold anything, at most as many as may be products, and those around them."""
    rows: list[Row] = []
    for number, cells in numbered:
        kept = list(cells)[:MAXIMUM_COLUMNS]
        if any(cell not in ("", None) and str(cell).strip() for cell in kept):
            rows.append(Row(number, kept))
        if len(rows) > MAXIMUM_PRODUCTS + 50:
            raise RefusedError("TOO_MANY_ROWS", limit=MAXIMUM_PRODUCTS)
    return rows


def _decoded(content: bytes) -> str:
    """UTF-8 or UTF-16 where the file says so or is it, else Windows-1252, which French offices still save."""
    if content.startswith(_UTF16):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252")
