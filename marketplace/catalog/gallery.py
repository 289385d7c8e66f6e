"""What a product is shown by: pictures and videos added, described, put in order, chosen for variants."""

import mimetypes
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.media import Picture
from marketplace.catalog.models import MediaType, Product, ProductMedia, ProductVariant, variant_media
from marketplace.kit.announcements import RowKey, announce
from marketplace.kit.errors import DomainError, InvalidError
from marketplace.kit.jobs import enqueue
from marketplace.kit.outgoing import is_web_address

ALT_LENGTH = 250
ADDRESS_LENGTH = 2000
MEDIA_LIMIT = 100
"""Pictures and videos of one product."""


@dataclass(frozen=True)
class VideoHost:
    """Where videos lie that a storefront can show, and where the host tells of them."""

    name: str
    oembed: str


YOUTUBE = VideoHost("YouTube", "https://www.youtube.com/oembed?format=json&url=")
VIMEO = VideoHost("Vimeo", "https://vimeo.com/api/oembed.json?url=")


async def add_picture(session: AsyncSession, product: Product, picture: Picture, alt: str) -> ProductMedia:
    """Put a kept picture behind the others of a product. Raises InvalidError."""
    media = await _add(
        session,
        product,
        ProductMedia(
            alt=_checked_alt(alt),
            path=picture.key,
            width_pixels=picture.width_pixels,
            height_pixels=picture.height_pixels,
        ),
    )
    await enqueue(session, "catalog.make_thumbnails", media_ids=[media.id])
    return media


async def add_from_address(session: AsyncSession, product: Product, url: str, alt: str) -> ProductMedia:
    """Put what lies elsewhere behind the other pictures of a product.

    A video stays there, a picture is fetched by a worker. Raises InvalidError, UNSUPPORTED_MEDIA_PROVIDER.
    """
    host = _checked_address(url)
    media = ProductMedia(alt=_checked_alt(alt), external_url=url)
    if host is not None:
        media.type = MediaType.VIDEO
        media.oembed_data = _told_of_video(host, url)
    await _add(session, product, media)
    await enqueue(session, "catalog.fetch_media", media_id=media.id)
    return media


def _checked_address(url: str) -> VideoHost | None:
    """Whose video it is, or None for a picture. Raises InvalidError, UNSUPPORTED_MEDIA_PROVIDER."""
    if len(url) > ADDRESS_LENGTH or not is_web_address(url):
        raise InvalidError("This is no address of a picture or a video.", field="mediaUrl")
    host = video_host(url)
    guessed = mimetypes.guess_type(urlsplit(url).path)[0]
    if host is None and guessed is not None and not guessed.startswith("image/"):
        raise DomainError(
            "Videos of YouTube and Vimeo can be shown, and pictures from anywhere.",
            field="mediaUrl",
            code="UNSUPPORTED_MEDIA_PROVIDER",
        )
    return host


def _told_of_video(host: VideoHost, url: str) -> dict[str, str]:
    return {"type": "video", "url": url, "provider_name": host.name}


async def describe_media(session: AsyncSession, media: ProductMedia, alt: str) -> ProductMedia:
    """Say what a picture shows. Raises InvalidError."""
    media.alt = _checked_alt(alt)
    await session.flush()
    await _tell_product(session, media)
    return media


async def delete_media(session: AsyncSession, media: Sequence[ProductMedia]) -> None:
    """Take pictures away. Their files stay: other rows may show the same ones, orders among them."""
    await session.execute(delete(ProductMedia).where(ProductMedia.id.in_([each.id for each in media])))
    product_ids = {each.product_id for each in media}
    products = await session.scalars(select(Product).where(Product.id.in_(product_ids)).order_by(Product.id))
    await announce(session, "PRODUCT_UPDATED", *products)


async def reorder_media(
    session: AsyncSession, product: Product, media_ids: Sequence[int]
) -> list[ProductMedia]:
    """Put all pictures of a product into an order. Raises InvalidError, NOT_PRODUCTS_IMAGE."""
    await _lock(session, product.id)
    own = {
        each.id: each
        for each in await session.scalars(select(ProductMedia).where(ProductMedia.product_id == product.id))
    }
    if len(media_ids) != len(own):
        raise InvalidError("Give each picture of the product once.", field="order")
    if set(media_ids) != own.keys():
        raise DomainError(
            "A picture does not belong to this product, or stands there twice.",
            field="order",
            code="NOT_PRODUCTS_IMAGE",
        )
    for position, media_id in enumerate(media_ids):
        own[media_id].position = position
    await session.flush()
    return [own[media_id] for media_id in media_ids]


async def assign_media(session: AsyncSession, media: ProductMedia, variant: ProductVariant) -> None:
    """Have a picture show a variant. Raises NOT_PRODUCTS_IMAGE, MEDIA_ALREADY_ASSIGNED."""
    _check_same_product(media, variant)
    made = await session.execute(
        insert(variant_media)
        .values(variant_id=variant.id, media_id=media.id)
        .on_conflict_do_nothing()
        .returning(variant_media.c.media_id)
    )
    if made.scalar() is None:
        raise DomainError(
            "This picture shows the variant already.", field="mediaId", code="MEDIA_ALREADY_ASSIGNED"
        )


async def unassign_media(session: AsyncSession, media: ProductMedia, variant: ProductVariant) -> None:
    """Have a picture not show a variant any more. Raises NOT_PRODUCTS_IMAGE where it did not."""
    columns = variant_media.c
    gone = await session.execute(
        delete(variant_media)
        .where(columns.variant_id == variant.id, columns.media_id == media.id)
        .returning(columns.media_id)
    )
    if gone.scalar() is None:
        raise DomainError(
            "This picture does not show the variant.", field="mediaId", code="NOT_PRODUCTS_IMAGE"
        )


async def add_to_new(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the pictures of products that have just been made: rows of `picture_row` and `address_row`, with
    their products and places. As many statements for many as for few.
    """
    if not rows:
        return
    made = insert(ProductMedia).returning(ProductMedia.id, ProductMedia.path)
    media = (await session.execute(made, list(rows))).all()
    kept = sorted(media_id for media_id, path in media if path is not None)
    elsewhere = sorted(media_id for media_id, path in media if path is None)
    if kept:
        await enqueue(session, "catalog.make_thumbnails", media_ids=kept)
    if elsewhere:
        await enqueue(session, "catalog.fetch_all_media", media_ids=elsewhere)
    keys = sorted(media_id for media_id, _ in media)
    await announce(session, "PRODUCT_MEDIA_CREATED", *(RowKey(ProductMedia, key) for key in keys))


def picture_row(picture: Picture, alt: str) -> dict[str, Any]:
    """The columns of a kept picture. Raises InvalidError."""
    return _row(alt, path=picture.key, width_pixels=picture.width_pixels, height_pixels=picture.height_pixels)


def address_row(url: str, alt: str) -> dict[str, Any]:
    """The columns of what lies elsewhere. Raises InvalidError, UNSUPPORTED_MEDIA_PROVIDER."""
    host = _checked_address(url)
    if host is None:
        return _row(alt, external_url=url)
    return _row(alt, external_url=url, type=MediaType.VIDEO, oembed_data=_told_of_video(host, url))


def _row(alt: str, **columns: Any) -> dict[str, Any]:
    """All rows of one statement have the same columns."""
    none = dict.fromkeys(("path", "width_pixels", "height_pixels", "external_url"))
    return {**none, "type": MediaType.IMAGE, "oembed_data": {}, "alt": _checked_alt(alt, "alt"), **columns}


def video_host(url: str) -> VideoHost | None:
    """The host that an address is a video of; None for anything else."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    if host == "youtu.be" or (host == "youtube.com" and parts.path.startswith(("/shorts/", "/embed/"))):
        return YOUTUBE
    if host == "youtube.com" and parts.path == "/watch" and parse_qs(parts.query).get("v"):
        return YOUTUBE
    if host in ("vimeo.com", "player.vimeo.com") and re.search(r"/\d+", parts.path):
        return VIMEO
    return None


def oembed_address(host: VideoHost, url: str) -> str:
    """Where a host tells of one of its videos."""
    return host.oembed + quote(url, safe="")


async def _add(session: AsyncSession, product: Product, media: ProductMedia) -> ProductMedia:
    await _lock(session, product.id)
    count, last = (
        await session.execute(
            select(func.count(), func.max(ProductMedia.position)).where(ProductMedia.product_id == product.id)
        )
    ).one()
    if count >= MEDIA_LIMIT:
        raise InvalidError(f"A product has at most {MEDIA_LIMIT} pictures.", field="product")
    media.product_id = product.id
    media.position = 0 if last is None else last + 1
    session.add(media)
    await session.flush()
    await announce(session, "PRODUCT_UPDATED", product)
    return media


async def _lock(session: AsyncSession, product_id: int) -> None:
    """One change of a product's gallery at a time."""
    await session.execute(select(Product.id).where(Product.id == product_id).with_for_update(key_share=True))


async def _tell_product(session: AsyncSession, media: ProductMedia) -> None:
    product = await session.get_one(Product, media.product_id)
    await announce(session, "PRODUCT_UPDATED", product)


def _checked_alt(alt: str, field: str = "input") -> str:
    if len(alt) > ALT_LENGTH:
        raise InvalidError(f"At most {ALT_LENGTH} letters on what it shows.", field=field)
    return alt.strip()


def _check_same_product(media: ProductMedia, variant: ProductVariant) -> None:
    if media.product_id != variant.product_id:
        raise DomainError("This picture is of another product.", field="mediaId", code="NOT_PRODUCTS_IMAGE")
