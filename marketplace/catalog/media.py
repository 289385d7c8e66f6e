"""Pictures: checked, cleaned and kept when they come in; made small by a job, or when first asked for.

What is kept is never the uploaded file: it is decoded, turned upright, brought into sRGB, rid of what a
camera writes along (place, time, owner) and encoded anew. A key is made of the content, so the same picture
has one.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import pyvips
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.errors import PictureError
from marketplace.catalog.models import ProductMedia
from marketplace.catalog.thumbnails import USUAL_SIZES, snapped, thumbnail_key
from marketplace.kit.announcements import RowKey, announce
from marketplace.kit.errors import NotFoundError
from marketplace.kit.ids import to_global_id
from marketplace.kit.storage import Storage

MAXIMUM_BYTES = 20 * 1024 * 1024
MAXIMUM_PIXELS = 60_000_000
LONGEST_SIDE_PIXELS = 4096
"""Larger pictures are made smaller when they come in: no size above it is ever served."""

ThumbnailFormat = Literal["webp", "avif"]
_TYPES = {"webp": "image/webp", "avif": "image/avif"}
_LOADERS: dict[str, Callable[[bytes], bool]] = {
    "jpegload_buffer": lambda content: content[:3] == b"\xff\xd8\xff",
    "pngload_buffer": lambda content: content[:8] == b"\x89PNG\r\n\x1a\n",
    "webpload_buffer": lambda content: content[:4] == b"RIFF" and content[8:12] == b"WEBP",
    "gifload_buffer": lambda content: content[:4] == b"GIF8",
    "heifload_buffer": lambda content: content[4:12] in {b"ftypavif", b"ftypheic", b"ftypheix", b"ftypmif1"},
}
"""The only decoders that see what a stranger sends. SVG is none of them: it is a program, not a picture."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was read and found good, ready to be kept."""

    key: str
    content: bytes
    width_pixels: int
    height_pixels: int


async def read_picture(content: bytes, folder: str = "products", field: str = "image") -> Picture:
    """Check and clean an uploaded picture. Raises PictureError for what is none, or is too large."""
    if len(content) > MAXIMUM_BYTES:
        raise PictureError(
            f"This picture has more than {MAXIMUM_BYTES // 1024**2} MB.", field=field, code="FILE_TOO_LARGE"
        )
    return await asyncio.to_thread(_read, content, folder, field)


async def keep_picture(storage: Storage, picture: Picture, sizes: Sequence[int] = ()) -> None:
    """Put a picture into the storage, and small versions of it in the given sizes."""
    await storage.put(picture.key, picture.content, _TYPES["webp"])
    for size in sizes:
        await _make_thumbnail(storage, picture.key, picture.content, size, "webp")


async def in_size(content: bytes, size: int, file_format: ThumbnailFormat = "webp") -> bytes:
    """A picture that was read, made smaller without being kept."""
    return await asyncio.to_thread(_shrunk, content, size, file_format)


async def make_thumbnails(
    session: AsyncSession, storage: Storage, media_id: int, sizes: Sequence[int] = USUAL_SIZES
) -> None:
    """Make the sizes that a product's picture still lacks. Done twice, it does nothing the second time."""
    media = await session.get(ProductMedia, media_id, with_for_update={"key_share": True})
    if media is None or media.path is None:
        return  # Removed since the job was queued: nothing is left to be made small.
    missing = [size for size in sizes if size not in media.thumbnail_sizes]
    if not missing:
        return
    content = await storage.get(media.path)
    for size in missing:
        await _make_thumbnail(storage, media.path, content, size, "webp")
        await _tell(session, storage, media_id, media.path, thumbnail_key(media.path, size))
    media.thumbnail_sizes = sorted({*media.thumbnail_sizes, *missing})
    await session.flush()


async def thumbnail_of(
    session: AsyncSession, storage: Storage, media_id: int, size: int, file_format: ThumbnailFormat = "webp"
) -> str:
    """The key of a product's picture in a size; made now if it is not there. Raises NotFoundError."""
    path = await session.scalar(select(ProductMedia.path).where(ProductMedia.id == media_id))
    if path is None:
        raise NotFoundError("There is no such picture.", field="id")
    is_new = not await storage.exists(thumbnail_key(path, snapped(size), file_format))
    key = await thumbnail_at(storage, path, size, file_format)
    if is_new:
        await _tell(session, storage, media_id, path, key)
    if file_format == "webp":
        await _note_size(session, media_id, snapped(size))
    return key


async def thumbnail_at(storage: Storage, path: str, size: int, file_format: ThumbnailFormat = "webp") -> str:
    """The key of any kept picture in a size; made now if it is not there."""
    size = snapped(size)
    key = thumbnail_key(path, size, file_format)
    if not await storage.exists(key):
        await _make_thumbnail(storage, path, await storage.get(path), size, file_format)
    return key


async def _tell(session: AsyncSession, storage: Storage, media_id: int, path: str, key: str) -> None:
    told = {"url": storage.url(key), "media_url": storage.url(path)}
    object_id = to_global_id("ProductMedia", media_id)
    await announce(session, "THUMBNAIL_CREATED", RowKey(ProductMedia, media_id), object_id=object_id, **told)


async def _note_size(session: AsyncSession, media_id: int, size: int) -> None:
    """From now on the size's own address is given, not the one that makes it."""
    media = await session.get(ProductMedia, media_id, with_for_update={"key_share": True})
    if media is not None and size not in media.thumbnail_sizes:
        media.thumbnail_sizes = sorted({*media.thumbnail_sizes, size})
        await session.flush()


async def _make_thumbnail(
    storage: Storage, path: str, content: bytes, size: int, file_format: ThumbnailFormat
) -> None:
    small = await asyncio.to_thread(_shrunk, content, size, file_format)
    await storage.put(thumbnail_key(path, size, file_format), small, _TYPES[file_format])


def _read(content: bytes, folder: str, field: str) -> Picture:
    loader = next((name for name, fits in _LOADERS.items() if fits(content)), None)
    if loader is None:
        raise PictureError("This file is not a picture (JPEG, PNG, WebP, GIF or AVIF).", field=field)
    try:
        header = getattr(pyvips.Image, loader)(content, access="sequential", fail_on="truncated")
        if header.width * header.height > MAXIMUM_PIXELS:
            raise PictureError(
                f"This picture has more than {MAXIMUM_PIXELS // 10**6} million pixels.", field=field
            )
        header.avg()  # Reads it to its end, line by line: shrinking alone passes over one that breaks off.
        upright = pyvips.Image.thumbnail_buffer(
            content,
            LONGEST_SIDE_PIXELS,
            height=LONGEST_SIDE_PIXELS,
            size="down",
            export_profile="srgb",
        )
        clean: bytes = upright.write_to_buffer(".webp", Q=86, keep="none")
    except pyvips.Error:
        raise PictureError("This picture is damaged, or of a kind we can't read.", field=field) from None
    key = f"{folder}/{sha256(clean).hexdigest()[:32]}.webp"
    return Picture(key, clean, upright.width, upright.height)


def _shrunk(content: bytes, size: int, file_format: ThumbnailFormat) -> bytes:
    image = pyvips.Image.thumbnail_buffer(content, size, height=size, size="down")
    options = {"Q": 80} if file_format == "webp" else {"Q": 60, "effort": 3}
    small: bytes = image.write_to_buffer(f".{file_format}", keep="none", **options)
    return small
