"""The cooperative's listing sheet as people make them: French headers, a few slips, photos in an archive."""

import csv
import io
import zipfile
from dataclasses import dataclass, replace

import pyvips
import xlsxwriter

HEADERS = ["Désignation", "Catégorie", "Prix (DH)", "Stock", "Poids (g)", "Description", "Photo"]


@dataclass(frozen=True)
class Row:
    name: str
    category: str
    price: str
    stock: str
    weight_grams: str
    description: str
    photo: str = ""

    def cells(self) -> list[str]:
        return [
            self.name,
            self.category,
            self.price,
            self.stock,
            self.weight_grams,
            self.description,
            self.photo,
        ]


def good_rows(category: str, mark: str) -> list[Row]:
    """Three listings whose prices are written as people write them; `mark` keeps names apart between runs."""
    return [
        Row(
            f"Tapis berbère losanges {mark}",
            category,
            "1 250,50 DH",
            "4",
            "3200",
            "Laine de mouton filée à la main, teintures végétales.",
            "tapis-losanges.jpg",
        ),
        Row(
            f"Coussin tissé {mark}",
            category,
            "180",
            "12",
            "600",
            "Tissé au métier horizontal par les femmes de la coopérative.",
            "coussin.png",
        ),
        Row(f"Plaid à pompons {mark}", category, "420,00", "6", "1100", "Laine et coton, 130 × 180 cm."),
    ]


def with_slips(rows: list[Row]) -> list[Row]:
    """The same sheet with three slips: a price forgotten, a name twice, a photo that isn't in the archive."""
    return [
        replace(rows[0], price=""),
        rows[1],
        replace(rows[2], name=rows[1].name),
        replace(rows[2], photo="absente.jpg"),
    ]


def xlsx_archive(rows: list[Row]) -> bytes:
    """A ZIP with the workbook and the photos it names."""
    workbook_bytes = io.BytesIO()
    with xlsxwriter.Workbook(workbook_bytes, {"in_memory": True}) as workbook:
        page = workbook.add_worksheet("Produits")
        for index, cells in enumerate([HEADERS, *(row.cells() for row in rows)]):
            page.write_row(index, 0, cells)
    archive_bytes = io.BytesIO()
    with zipfile.ZipFile(archive_bytes, "w") as archive:
        archive.writestr("produits.xlsx", workbook_bytes.getvalue())
        archive.writestr("tapis-losanges.jpg", _photo(".jpg", "#9c2f2f", "#f3e6cf"))
        archive.writestr("coussin.png", _photo(".png", "#1f5f7a", "#f6d365"))
    return archive_bytes.getvalue()


def csv_sheet(rows: list[Row]) -> bytes:
    """What a French spreadsheet saves: semicolons, Windows-1252."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADERS)
    writer.writerows(row.cells() for row in rows)
    return text.getvalue().encode("cp1252")


def _photo(suffix: str, ground: str, figure: str) -> bytes:
    """A woven pattern, drawn here: lozenges on a plain ground, 900 pixels square."""
    lozenges = "".join(
        f'<path d="M{x} {y - 70}l55 70-55 70-55-70z"/>'
        for x in range(90, 900, 180)
        for y in range(90, 900, 180)
    )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="900" height="900">'
        f'<rect width="900" height="900" fill="{ground}"/><g fill="{figure}">{lozenges}</g></svg>'
    )
    picture = pyvips.Image.svgload_buffer(svg.encode()).flatten()
    return bytes(picture.write_to_buffer(suffix))
