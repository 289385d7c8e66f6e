"""The photos that came with a sheet: found by the names in its rows, or lying on the rows themselves."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from marketplace.catalog.sheets.cells import CellError
from marketplace.catalog.sheets.reading import Sheet, picture_name

PHOTOS_PER_LISTING = 8
_SEPARATORS = re.compile(r"\s*[;,|\n]\s*")
_LINK = re.compile(r"(?i)\s*(https?:|www\.|data:|file:|ftp:)")


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture as it was sent, and what the sheet calls it."""

    name: str
    content: bytes


class PhotoBox:
    """All photos of a sheet."""

    def __init__(self, sheet: Sheet) -> None:
        self._by_name: Mapping[str, bytes] = sheet.pictures
        self._by_stem = {PurePosixPath(name).stem: content for name, content in sheet.pictures.items()}
        self._on_rows = sheet.row_pictures
        self._is_archive = sheet.is_archive

    def photos_of(self, row_number: int, cell_text: str) -> list[Photo]:
        """The photos of a row: those it names, then those that lie on it. Raises CellError."""
        on_row = [Photo(f"#{row_number}", content) for content in self._on_rows.get(row_number, ())]
        if _LINK.match(cell_text):
            raise CellError("PHOTO_IS_A_LINK")
        named = [] if not cell_text else self._named(cell_text)
        if len(named) + len(on_row) > PHOTOS_PER_LISTING:
            raise CellError("TOO_MANY_PHOTOS", limit=PHOTOS_PER_LISTING)
        return named + on_row

    def _named(self, cell_text: str) -> list[Photo]:
        whole = self._find(cell_text)  # First as it stands: a name may have a comma in it.
        if whole is not None:
            return [Photo(cell_text, whole)]
        photos = []
        for name in filter(None, _SEPARATORS.split(cell_text)):
            content = self._find(name)
            if content is None:
                raise CellError("PHOTO_MISSING" if self._is_archive else "PHOTO_WITHOUT_ARCHIVE", value=name)
            photos.append(Photo(name, content))
        return photos

    def _find(self, name: str) -> bytes | None:
        key = picture_name(name)
        return self._by_name.get(key) or self._by_stem.get(key)
