"""Pictures that were laid onto the rows of a workbook: found by the drawing's anchors (Office Open XML)."""

import posixpath
import zipfile
from collections.abc import Iterator
from itertools import islice
from xml.etree import ElementTree as ET

MAXIMUM_XML_BYTES = 8 * 1024 * 1024
MAXIMUM_PICTURES = 4000

_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
_PICTURE = "{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
_EMBED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"


def embedded_pictures(workbook: zipfile.ZipFile) -> dict[int, list[bytes]]:
    """The pictures of the first drawing, by the number of the row in which their upper edge lies.

    A drawing that can't be read is passed over: the rows are what counts, and a row that names a photo which
    isn't there is told so.
    """
    names = set(workbook.namelist())
    drawings = [name for name in sorted(names) if name.startswith("xl/drawings/") and name.endswith(".xml")]
    found: dict[int, list[bytes]] = {}
    if not drawings:
        return found
    folder, base = posixpath.split(drawings[0])
    relations = f"{folder}/_rels/{base}.rels"
    targets = dict(_targets(workbook, relations, folder)) if relations in names else {}
    for row, relation in islice(_anchors(workbook, drawings[0]), MAXIMUM_PICTURES):
        part = targets.get(relation, "")
        if part in names:
            found.setdefault(row, []).append(workbook.read(part))
    return found


def _targets(workbook: zipfile.ZipFile, part: str, folder: str) -> Iterator[tuple[str, str]]:
    for relation in _parsed(workbook, part):
        identifier, target = relation.get("Id"), relation.get("Target")
        if identifier and target and relation.get("TargetMode") != "External":
            absolute = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
            yield identifier, posixpath.normpath(absolute)


def _anchors(workbook: zipfile.ZipFile, part: str) -> Iterator[tuple[int, str]]:
    for anchor in _parsed(workbook, part):
        row = anchor.findtext(f"{_DRAWING}from/{_DRAWING}row")
        picture = anchor.find(f".//{_PICTURE}")
        relation = None if picture is None else picture.get(_EMBED)
        if row and row.isdecimal() and relation:
            yield int(row) + 1, relation


def _parsed(workbook: zipfile.ZipFile, part: str) -> ET.Element:
    if workbook.getinfo(part).file_size > MAXIMUM_XML_BYTES:
        return ET.Element("empty")
    try:
        # Expat refuses entities that grow beyond measure, and loads nothing from outside.
        return ET.fromstring(workbook.read(part))  # noqa: S314
    except ET.ParseError:
        return ET.Element("empty")
