"""From rows of cells to listings: every cell looked at, every mistake noted where it stands."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from marketplace.catalog.service import NAME_LENGTH
from marketplace.catalog.sheets.cells import (
    Cell,
    CellError,
    grams_of,
    line_of,
    paragraphs_of,
    pieces_of,
    price_of,
    text_of,
)
from marketplace.catalog.sheets.columns import Column, Layout, layout_of, recognised
from marketplace.catalog.sheets.photos import Photo, PhotoBox
from marketplace.catalog.sheets.problems import Problem, Problems
from marketplace.catalog.sheets.reading import Row, Sheet
from marketplace.catalog.sheets.shelves import Shelves

DESCRIPTION_LENGTH = 5000
TITLES_WITHIN_ROWS = 15
"""The titles stand in one of the first rows: above them there may be a heading, or the cooperative's name."""
ENOUGH_TITLES = 2

Value = TypeVar("Value")


@dataclass(slots=True)
class Draft:
    """A row that was understood. Where something in it is wrong, a default stands in its place."""

    row: int
    name: str = ""
    category_id: int = 0
    price_minor: int = 0
    pieces: int = 0
    weight_grams: int | None = None
    description: str = ""
    photos: list[Photo] = field(default_factory=list)


@dataclass(slots=True)
class Checked:
    """A sheet that was looked through."""

    layout: Layout
    drafts: list[Draft]


def check_sheet(sheet: Sheet, shelves: Shelves, currency: str, problems: Problems) -> Checked:
    """Look at every cell. Where the titles can't be understood, the rows below them are not looked at."""
    place = _titles_place(sheet.rows)
    titles_row, rows = sheet.rows[place], sheet.rows[place + 1 :]
    titles = [_title(cell) for cell in titles_row.cells]
    used = {index for row in rows for index, cell in enumerate(row.cells) if cell not in ("", None)}
    titles += [""] * (max(used, default=-1) + 1 - len(titles))
    layout = layout_of(titles, titles_row.number, used, problems)
    if layout.currency not in (None, currency):
        facts: dict[str, object] = {"given": layout.currency, "expected": currency}
        problems.add(Problem(titles_row.number, layout.title(Column.PRICE), "WRONG_CURRENCY", facts))
    if problems:
        return Checked(layout, [Draft(row.number) for row in rows])
    photo_box = PhotoBox(sheet)
    reader = _Reader(layout, shelves, currency, photo_box, problems)
    drafts = [reader.draft(row) for row in rows]
    _note_names_twice(drafts, layout, problems)
    return Checked(layout, drafts)


def _titles_place(rows: Sequence[Row]) -> int:
    """Where the titles are: the first row with two that we know, else the one with the most of them."""
    counts = [recognised([_title(cell) for cell in row.cells]) for row in rows[:TITLES_WITHIN_ROWS]]
    enough = next((place for place, count in enumerate(counts) if count >= ENOUGH_TITLES), None)
    return counts.index(max(counts)) if enough is None else enough


def _title(cell: Cell) -> str:
    try:
        return line_of(cell, NAME_LENGTH).rstrip(" :*")
    except CellError:
        return "?"


@dataclass(frozen=True, slots=True)
class _Reader:
    layout: Layout
    shelves: Shelves
    currency: str
    photo_box: PhotoBox
    problems: Problems

    def draft(self, row: Row) -> Draft:
        draft = Draft(row.number)
        draft.name = self._read(row, Column.NAME, _name, "")
        draft.category_id = self._read(row, Column.CATEGORY, self._category, 0)
        draft.price_minor = self._read(row, Column.PRICE, lambda cell: price_of(cell, self.currency), 0)
        draft.pieces = self._read(row, Column.STOCK, pieces_of, 0)
        grams = self.layout.grams
        draft.weight_grams = self._read(row, Column.WEIGHT, lambda cell: grams_of(cell, grams), None)
        draft.description = self._read(row, Column.DESCRIPTION, _description, "")
        draft.photos = self._read(
            row, Column.PHOTO, lambda cell: self.photo_box.photos_of(row.number, text_of(cell)), []
        )
        return draft

    def _read(self, row: Row, column: Column, read: Callable[[Cell], Value], otherwise: Value) -> Value:
        place = self.layout.places.get(column)
        cell = row.cells[place] if place is not None and place < len(row.cells) else None
        if place is None and column is not Column.PHOTO:
            return otherwise
        try:
            return read(cell)
        except CellError as error:
            title = self.layout.title(column, self.problems.language_place)
            self.problems.add(Problem(row.number, title, error.code, error.facts))
            return otherwise

    def _category(self, cell: Cell) -> int:
        text = line_of(cell, NAME_LENGTH)
        if not text:
            raise CellError("REQUIRED")
        found = self.shelves.find(text)
        if found is not None:
            return found
        suggestion = self.shelves.nearest(text)
        if suggestion is None:
            raise CellError("UNKNOWN_CATEGORY", value=text)
        raise CellError("UNKNOWN_CATEGORY_SUGGESTION", value=text, suggestion=suggestion)


def _name(cell: Cell) -> str:
    name = line_of(cell, NAME_LENGTH)
    if not name:
        raise CellError("REQUIRED")
    return name


def _description(cell: Cell) -> str:
    return paragraphs_of(cell, DESCRIPTION_LENGTH)


def _note_names_twice(drafts: Sequence[Draft], layout: Layout, problems: Problems) -> None:
    first_rows: dict[str, int] = {}
    for draft in drafts:
        if draft.name:
            first = first_rows.setdefault(draft.name.casefold(), draft.row)
            if first != draft.row:
                problems.add(Problem(draft.row, layout.title(Column.NAME), "DUPLICATE_NAME", {"row": first}))


def photos_of(drafts: Sequence[Draft]) -> Iterator[tuple[Draft, Photo]]:
    """Every photo of every row."""
    for draft in drafts:
        for photo in draft.photos:
            yield draft, photo
