"""A seller's sheet: looked through first, then imported whole or not at all."""

import csv
import io
import time
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
import pyvips
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

import marketplace.inventory.reactions
import marketplace.pricing.reactions  # noqa: F401 - the rooms above, which the catalogue tells
from marketplace.catalog.errors import SheetError
from marketplace.catalog.listings import ProductChannelListing
from marketplace.catalog.models import Category, CategoryTranslation, Product, ProductMedia, SheetImport
from marketplace.catalog.sheets.importing import import_sheet
from marketplace.catalog.sheets.messages import CODES, message
from marketplace.catalog.sheets.reading import read_sheet
from marketplace.inventory.models import Stock
from marketplace.kit.errors import NotFoundError
from marketplace.kit.storage import FolderStorage
from marketplace.markets.models import Channel
from marketplace.vendors.models import Vendor
from tests.factories.catalog import make_category, make_product
from tests.factories.markets import make_channel
from tests.factories.vendors import make_vendor

HEADERS = ["Désignation", "Catégorie", "Prix (DH)", "Stock", "Poids (g)", "Description", "Photo"]
RUG = ["Tapis noué", "Tapis", "1 250,50 DH", "4", "3200", "Laine.\n\nFaite main.", ""]
CUSHION = ["Coussin", "tapis", "180", "12", "", "", ""]


def photo(colour: int = 100) -> bytes:
    image = pyvips.Image.black(40, 30, bands=3) + colour
    encoded: bytes = image.cast("uchar").copy(interpretation="srgb").write_to_buffer(".jpg")
    return encoded


def csv_of(rows: Sequence[Sequence[object]], delimiter: str = ";", encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_of(rows: Sequence[Sequence[object]], pictures: dict[int, bytes] | None = None) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as workbook:
        page = workbook.add_worksheet("Produits")
        for number, cells in enumerate(rows):
            page.write_row(number, 0, cells)
        for number, picture in (pictures or {}).items():
            page.insert_image(number - 1, 6, "p.jpg", {"image_data": io.BytesIO(picture)})
    return content.getvalue()


def zip_of(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


class Shop:
    def __init__(
        self, session: AsyncSession, storage: FolderStorage, vendor: Vendor, channel: Channel
    ) -> None:
        self.session, self.storage, self.vendor, self.channel = session, storage, vendor, channel

    async def send(
        self, content: bytes, *, dry_run: bool = False, name: str = "produits.csv", **given: object
    ) -> SheetImport:
        return await import_sheet(
            self.session,
            self.storage,
            self.vendor.id,
            name,
            content,
            dry_run=dry_run,
            **{"channel_slug": self.channel.slug} | given,  # type: ignore[arg-type]
        )

    async def problems(self, content: bytes, **given: object) -> list[tuple[object, object, object]]:
        done = await self.send(content, dry_run=True, **given)  # type: ignore[arg-type]
        return [(error["row"], error["column"], error["code"]) for error in done.errors]

    async def products(self) -> int:
        return await self.session.scalar(select(func.count()).select_from(Product)) or 0


@pytest.fixture
async def shop(session: AsyncSession, tmp_path: Path) -> Shop:
    rugs = await make_category(session, await make_category(session, name="Maison"), name="Tapis")
    session.add(CategoryTranslation(category_id=rugs.id, language_code="ar", name="زرابي"))
    vendor = await make_vendor(session)
    storage = FolderStorage(tmp_path / "media", "http://testserver/media")
    return Shop(session, storage, vendor, await make_channel(session))


@pytest.mark.parametrize(
    "content",
    [
        xlsx_of([HEADERS, RUG, CUSHION]),
        xlsx_of([HEADERS, [*RUG[:2], 1250.5, 4, 3200, *RUG[5:]], CUSHION]),
        csv_of([HEADERS, RUG, CUSHION]),
        csv_of([HEADERS, RUG, CUSHION], ","),
        csv_of([HEADERS, RUG, CUSHION], "\t"),
        csv_of([HEADERS, RUG, CUSHION], encoding="cp1252"),
        csv_of([HEADERS, RUG, CUSHION], encoding="utf-8-sig"),
        csv_of([HEADERS, RUG, CUSHION], encoding="utf-16"),
        b"sep=;\r\n" + csv_of([HEADERS, RUG, CUSHION]),
        zip_of({"dossier/produits.csv": csv_of([HEADERS, RUG, CUSHION]), "__MACOSX/._produits.csv": b"x"}),
        zip_of({"produits.xlsx": xlsx_of([HEADERS, RUG, CUSHION])}),
        xlsx_of([["Coopérative Tifawin"], [], ["", *HEADERS], ["", *RUG], [], ["", *CUSHION], []]),
    ],
    ids=[
        "xlsx",
        "numbers",
        "csv",
        "comma",
        "tab",
        "cp1252",
        "bom",
        "utf16",
        "sep",
        "zip",
        "zipped",
        "heading",
    ],
)
async def test_a_sheet_as_offices_save_it_goes_on_the_shelves(shop: Shop, content: bytes) -> None:
    tried = await shop.send(content, dry_run=True)
    assert (tried.status.value, tried.rows_total, tried.errors) == ("CHECKED", 2, [])
    assert await shop.products() == 0
    done = await shop.send(content)
    assert (done.status.value, done.products_created, done.errors) == ("DONE", 2, [])
    rows = await shop.session.execute(
        select(Product.name, Product.weight_grams, ProductChannelListing.price_minor, Category.name)
        .join(ProductChannelListing, ProductChannelListing.product_id == Product.id)
        .join(Category, Category.id == Product.category_id)
        .where(Product.id.in_(done.product_ids))
        .order_by(Product.id)
    )
    assert [tuple(row) for row in rows] == [
        ("Tapis noué", 3200, 1250_50, "Tapis"),
        ("Coussin", None, 180_00, "Tapis"),
    ]
    stocks = await shop.session.scalars(select(Stock.quantity).order_by(Stock.variant_id))
    assert list(stocks) == [4, 12]


async def test_every_mistake_is_told_by_row_and_column(shop: Shop) -> None:
    await make_product(shop.session, name="Déjà là", vendor_id=shop.vendor.id)
    content = csv_of(
        [
            HEADERS,
            ["Sans prix", "Tapis", "", "1", "", "", ""],
            ["", "Tapis", "10", "1", "", "", ""],
            ["Prix bizarre", "Tapis", "cher", "beaucoup", "lourd", "", ""],
            ["Rayon inconnu", "Tapiss", "10", "1", "", "", ""],
            ["Rayon perdu", "Plomberie", "10", "1", "", "", ""],
            ["DÉJÀ LÀ", "Tapis", "10", "1", "", "", ""],
            ["sans prix", "Tapis", "10", "1", "", "", ""],
            ["Photo", "Tapis", "10", "1", "", "", "absente.jpg"],
            ["Lien", "Tapis", "10", "1", "", "", "https://example.test/a.jpg"],
            ["Euros", "Tapis", "10 €", "1", "", "x" * 5001, ""],
        ]
    )
    assert await shop.problems(content) == [
        (2, "Prix (DH)", "REQUIRED"),
        (3, "Désignation", "REQUIRED"),
        (4, "Prix (DH)", "INVALID_PRICE"),
        (4, "Stock", "INVALID_STOCK"),
        (4, "Poids (g)", "INVALID_WEIGHT"),
        (5, "Catégorie", "UNKNOWN_CATEGORY"),
        (6, "Catégorie", "UNKNOWN_CATEGORY"),
        (7, "Désignation", "NAME_TAKEN"),
        (8, "Désignation", "DUPLICATE_NAME"),
        (9, "Photo", "PHOTO_WITHOUT_ARCHIVE"),
        (10, "Photo", "PHOTO_IS_A_LINK"),
        (11, "Prix (DH)", "WRONG_CURRENCY"),
        (11, "Description", "TOO_LONG"),
    ]
    done = await shop.send(content)
    assert (done.status.value, done.products_created, len(done.errors)) == ("REFUSED", 0, 13)
    assert await shop.products() == 1
    suggestion = next(error for error in done.errors if error["row"] == 5)
    assert "« Tapis »" in suggestion["message"]


@pytest.mark.parametrize(
    ("language", "words"),
    [("fr", "doit être remplie"), ("ar", "يجب ملء"), ("en", "must be filled"), ("zgh", "remplie")],
)
async def test_mistakes_are_told_in_the_sellers_language(shop: Shop, language: str, words: str) -> None:
    shop.vendor.language_code = language
    done = await shop.send(csv_of([HEADERS, ["Sans prix", "Tapis", "", "1", "", "", ""]]), dry_run=True)
    assert words in done.errors[0]["message"]


async def test_an_arabic_sheet_is_read_too(shop: Shop) -> None:
    headers = ["اسم المنتج", "الفئة", "الثمن (درهم)", "الكمية"]
    done = await shop.send(xlsx_of([headers, ["زربية أزيلال", "الزرابي", "١٢٥٠٫٥", "٣"]]), language="ar")
    assert done.products_created == 1


async def test_photos_come_in_the_archive_by_name(shop: Shop) -> None:
    rows = [HEADERS, [*RUG[:6], "Tapis.JPG; dos"], [*CUSHION[:6], "photos/tapis.jpg"]]
    files = {"produits.xlsx": xlsx_of(rows), "photos/tapis.jpg": photo(), "dos.jpg": photo(50)}
    done = await shop.send(zip_of(files))
    assert done.products_created == 2
    media = list(await shop.session.scalars(select(ProductMedia).order_by(ProductMedia.id)))
    assert [(each.position, each.width_pixels) for each in media] == [(0, 40), (1, 40), (0, 40)]
    assert media[0].path == media[2].path != media[1].path
    assert await shop.storage.exists(media[0].path)


async def test_photos_may_lie_on_the_rows_of_the_workbook(shop: Shop) -> None:
    done = await shop.send(xlsx_of([HEADERS, RUG, CUSHION], {3: photo()}))
    assert done.errors == []
    (media,) = await shop.session.scalars(select(ProductMedia))
    product = await shop.session.get_one(Product, media.product_id)
    assert product.name == "Coussin"


async def test_a_photo_that_is_none_is_told_and_nothing_is_imported(shop: Shop) -> None:
    rows = [HEADERS, [*RUG[:6], "tapis.jpg"], [*CUSHION[:6], "coussin.png"]]
    files = {"p.csv": csv_of(rows), "tapis.jpg": photo()[:300], "coussin.png": b"<svg/>"}
    expected = [(2, "Photo", "NOT_AN_IMAGE"), (3, "Photo", "NOT_AN_IMAGE")]
    assert await shop.problems(zip_of(files)) == expected
    await shop.send(zip_of(files))
    assert await shop.products() == 0


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "NO_ROWS"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "NOT_A_SHEET"),
        (b"%PDF-1.7 \x00\x81\x8d", "NOT_A_SHEET"),
        (b"just some words", "NOT_A_SHEET"),
        (b"PK\x03\x04 broken", "NOT_A_SHEET"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 broken", "NOT_A_SHEET"),
        (xlsx_of([HEADERS, RUG])[:-200], "NOT_A_SHEET"),
        (zip_of({"photo.jpg": photo()}), "NOT_A_SHEET"),
        (zip_of({"a.csv": csv_of([HEADERS, RUG]), "b.csv": csv_of([HEADERS, RUG])}), "NOT_A_SHEET"),
        (zip_of({"a.xlsx": zip_of({"b.csv": csv_of([HEADERS, RUG])})}), "NOT_A_SHEET"),
        (zip_of({"word/document.xml": b"<x/>"}), "NOT_A_SHEET"),
        (xlsx_of([]), "NO_ROWS"),
        (xlsx_of([HEADERS]), "NO_ROWS"),
        (csv_of([HEADERS]), "NO_ROWS"),
    ],
)
async def test_what_is_no_sheet_is_refused_whole(shop: Shop, content: bytes, code: str) -> None:
    with pytest.raises(SheetError) as refused:
        await shop.send(content)
    assert (refused.value.code, refused.value.field) == (code, "file")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_fifty_thousand_rows_are_refused_at_once(shop: Shop, kind: str) -> None:
    rows = [HEADERS, *([f"Tapis {n}", *RUG[1:]] for n in range(50_000))]
    content = csv_of(rows) if kind == "csv" else xlsx_of(rows)
    began = time.perf_counter()
    with pytest.raises(SheetError) as refused:
        await shop.send(content)
    assert refused.value.code == "TOO_MANY_ROWS"
    assert time.perf_counter() - began < 1


async def test_two_thousand_rows_are_imported_and_one_more_refused(shop: Shop) -> None:
    rows = [HEADERS, *([f"Tapis {n}", *RUG[1:]] for n in range(2001))]
    with pytest.raises(SheetError) as refused:
        await shop.send(csv_of(rows))
    assert refused.value.code == "TOO_MANY_ROWS"
    done = await shop.send(csv_of(rows[:2001]))
    assert done.products_created == 2000


async def test_an_archive_that_would_unpack_without_end_is_refused(shop: Shop) -> None:
    bomb = zip_of({"p.csv": csv_of([HEADERS, RUG]), "big.jpg": bytes(50 * 1024 * 1024)})
    assert len(bomb) < 100_000
    with pytest.raises(SheetError) as refused:
        await shop.send(bomb)
    assert refused.value.code == "FILE_TOO_LARGE"


async def test_a_sheet_without_a_channel_is_priced_where_the_seller_is_at_home(shop: Shop) -> None:
    francs = await make_channel(shop.session, currency_code="XOF", default_country_code="CI")
    shop.vendor.country_code = "SN"
    headers = [title.replace(" (DH)", "") for title in HEADERS]
    row = [RUG[0], RUG[1], "15 000 FCFA", *RUG[3:]]
    done = await shop.send(csv_of([headers, row]), channel_slug=None)
    assert done.errors == []
    listing = (await shop.session.scalars(select(ProductChannelListing))).one()
    assert (listing.channel_id, listing.price_minor) == (francs.id, 15_000)
    with pytest.raises(NotFoundError):
        await shop.send(csv_of([headers, row]), channel_slug="nowhere")


async def test_a_price_column_in_another_currency_is_told_once(shop: Shop) -> None:
    headers = [title.replace("DH", "€") for title in HEADERS]
    assert await shop.problems(csv_of([headers, RUG, CUSHION])) == [(1, "Prix (€)", "WRONG_CURRENCY")]


async def test_a_category_may_be_named_with_its_parents(shop: Shop) -> None:
    session = shop.session
    garden = await make_category(session, name="Jardin")
    await make_category(session, garden, name="Tapis")
    rows = [HEADERS, [RUG[0], "Tapis", *RUG[2:]], [CUSHION[0], "Jardin > Tapis", *CUSHION[2:]]]
    assert await shop.problems(csv_of(rows)) == [(2, "Catégorie", "UNKNOWN_CATEGORY")]


def test_every_message_exists_in_three_languages() -> None:
    names = [
        "names",
        "limit",
        "known",
        "letter",
        "column",
        "given",
        "expected",
        "value",
        "currency",
        "digits",
    ]
    facts = dict.fromkeys([*names, "suggestion", "row"], "‹fact›")
    for code in CODES:
        texts = {message(code, language, **facts) for language in ("fr", "ar", "en")}
        assert len(texts) == 3, code


WORKBOOK = xlsx_of([HEADERS, RUG], {2: photo()})


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=200), st.integers(0, 5000), st.integers(0, 50))
def test_a_damaged_workbook_is_read_or_refused_and_nothing_else(junk: bytes, at: int, cut: int) -> None:
    damaged = WORKBOOK[:at] + junk + WORKBOOK[at + cut :]
    with suppress(SheetError):
        read_sheet(damaged, "fr")
