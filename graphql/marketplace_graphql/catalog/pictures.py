"""Addresses of pictures, put together in SQL."""

from typing import Any

from sqlalchemy import ColumnElement, Text, any_, case, literal

from marketplace.catalog.models import ProductMedia
from marketplace.catalog.thumbnails import snapped, thumbnail_key_sql
from marketplace_graphql.kernel.reader.sql import global_id
from marketplace_graphql.values import ThumbnailFormatEnum

DEFAULT_SIZE = 4096
"""What a size of 0 means, as in Saleor: as large as it goes."""


def file_url(path: ColumnElement[str], ctx: Any) -> ColumnElement[str]:
    """Where a file of the media storage is fetched."""
    address: ColumnElement[str] = ctx.setting("media_url").concat(literal("/", Text())).concat(path)
    return address


def picture_url(
    path: ColumnElement[str], ctx: Any, size: int | None, picture_format: ThumbnailFormatEnum | None
) -> ColumnElement[str]:
    """A picture whose small sizes were made with it: of a category, a seller."""
    if size is None:
        return file_url(path, ctx)
    return file_url(thumbnail_key_sql(path, snapped(size or DEFAULT_SIZE), _suffix(picture_format)), ctx)


def media_url(
    media: type[ProductMedia], ctx: Any, size: int | None, picture_format: ThumbnailFormatEnum | None
) -> ColumnElement[str]:
    """A product's picture: the thumbnail where it is made already, else the address that makes it."""
    if size is None:
        return file_url(media.path, ctx)
    made, suffix = snapped(size or DEFAULT_SIZE), _suffix(picture_format)
    to_be_made = (
        ctx.setting("public_url")
        .concat(literal("/thumbnail/", Text()))
        .concat(global_id("ProductMedia", media.id))
        .concat(literal(f"/{made}/{suffix}/", Text()))
    )
    if suffix != "webp":
        return to_be_made
    return case(
        (literal(made) == any_(media.thumbnail_sizes), file_url(thumbnail_key_sql(media.path, made), ctx)),
        else_=to_be_made,
    )


def _suffix(picture_format: ThumbnailFormatEnum | None) -> str:
    return "avif" if picture_format is ThumbnailFormatEnum.AVIF else "webp"
