"""Pictures: what comes in is a picture, what is kept tells nothing but what it shows."""

from pathlib import Path

import pytest
import pyvips
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog import media
from marketplace.catalog.errors import PictureError
from marketplace.catalog.models import ProductMedia
from marketplace.catalog.thumbnails import snapped, thumbnail_key
from marketplace.kit.errors import NotFoundError
from marketplace.kit.storage import FolderStorage
from tests.factories.catalog import make_product


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path / "media", "http://testserver/media")


def rug(width: int = 900, height: int = 600, suffix: str = ".jpg", **options: object) -> bytes:
    colours = [pyvips.Image.sines(width, height, uchar=True, hfreq=each) for each in (1, 2, 3)]
    image = colours[0].bandjoin(colours[1:]).copy(interpretation="srgb")
    encoded: bytes = image.write_to_buffer(suffix, **options)
    return encoded


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".gif", ".avif"])
async def test_a_picture_of_any_usual_kind_is_kept_as_webp(storage: FolderStorage, suffix: str) -> None:
    picture = await media.read_picture(rug(suffix=suffix))
    assert (picture.width_pixels, picture.height_pixels) == (900, 600)
    await media.keep_picture(storage, picture, (256,))
    small = pyvips.Image.new_from_buffer(await storage.get(thumbnail_key(picture.key, 256)), "")
    assert (small.width, small.height, small.get("vips-loader")) == (256, 171, "webpload_buffer")


async def test_the_same_picture_has_one_key() -> None:
    assert (await media.read_picture(rug())).key == (await media.read_picture(rug())).key
    assert (await media.read_picture(rug())).key != (await media.read_picture(rug(width=800))).key


async def test_a_picture_taken_sideways_is_turned_upright_and_loses_what_the_camera_wrote() -> None:
    sideways = pyvips.Image.new_from_buffer(rug(), "").copy()
    sideways.set_type(pyvips.GValue.gint_type, "orientation", 6)
    sideways.set_type(
        pyvips.GValue.gstr_type, "exif-ifd0-Artist", "Fatima (Fatima, ASCII, 7 components, 7 bytes)"
    )
    encoded = sideways.write_to_buffer(".jpg")
    assert b"Fatima" in encoded
    picture = await media.read_picture(encoded)
    assert (picture.width_pixels, picture.height_pixels) == (600, 900)
    assert b"Fatima" not in picture.content
    assert not [
        name for name in pyvips.Image.new_from_buffer(picture.content, "").get_fields() if "exif" in name
    ]


async def test_a_huge_picture_is_made_smaller() -> None:
    picture = await media.read_picture(rug(width=6000, height=3000))
    assert (picture.width_pixels, picture.height_pixels) == (4096, 2048)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'/>",
        b"%PDF-1.7",
        b"\xff\xd8\xff\xe0 just the beginning",
        rug()[: len(rug()) // 2],
        rug(suffix=".png")[:200],
    ],
)
async def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(PictureError) as refused:
        await media.read_picture(content)
    assert refused.value.code == "NOT_AN_IMAGE"


async def test_a_picture_that_would_fill_the_memory_is_refused_unread() -> None:
    bomb = pyvips.Image.black(20_000, 20_000).write_to_buffer(".png")
    assert len(bomb) < 1_000_000
    with pytest.raises(PictureError, match="million pixels"):
        await media.read_picture(bomb)


async def test_a_file_too_large_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "MAXIMUM_BYTES", 1000)
    with pytest.raises(PictureError) as refused:
        await media.read_picture(rug())
    assert refused.value.code == "FILE_TOO_LARGE"


async def kept(session: AsyncSession, storage: FolderStorage) -> ProductMedia:
    picture = await media.read_picture(rug())
    await media.keep_picture(storage, picture)
    row = ProductMedia(product_id=(await make_product(session)).id, path=picture.key)
    session.add(row)
    await session.flush()
    return row


async def test_the_usual_sizes_are_made_by_a_job_once(session: AsyncSession, storage: FolderStorage) -> None:
    row = await kept(session, storage)
    await media.make_thumbnails(session, storage, row.id)
    assert row.thumbnail_sizes == [256, 512, 1024]
    await storage.delete(row.path)  # A second run has nothing to read any more, and needs nothing.
    await media.make_thumbnails(session, storage, row.id)
    await media.make_thumbnails(session, storage, row.id + 1)


async def test_another_size_is_made_when_it_is_first_asked_for(
    session: AsyncSession, storage: FolderStorage
) -> None:
    row = await kept(session, storage)
    key = await media.thumbnail_of(session, storage, row.id, 100)
    assert key == thumbnail_key(row.path, 128)
    assert row.thumbnail_sizes == [128]
    avif = await media.thumbnail_of(session, storage, row.id, 128, "avif")
    assert pyvips.Image.new_from_buffer(await storage.get(avif), "").get("vips-loader") == "heifload_buffer"
    assert await media.thumbnail_of(session, storage, row.id, 128) == key
    with pytest.raises(NotFoundError):
        await media.thumbnail_of(session, storage, row.id + 1, 128)


def test_a_size_asked_for_becomes_the_nearest_that_is_made() -> None:
    assert [snapped(size) for size in (1, 32, 100, 200, 384, 700, 9999)] == [32, 32, 128, 256, 256, 512, 4096]
