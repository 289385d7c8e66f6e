"""Addresses of pictures, put together in SQL."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, SQLColumnExpression, Text, any_, case, cast, literal

from marketplace.catalog.models import ProductMedia
from marketplace.catalog.thumbnails import snapped, thumbnail_key_sql
from marketplace_graphql.kernel.reader.sql import global_id
from marketplace_graphql.values import ThumbnailFormatEnum

THUMBNAIL_SIZE = literal(256, BigInteger())
"""Of a thumbnail where no size is asked for."""
DEFAULT_SIZE = 4096
"""What a size of 0 means, as in Saleor: as large as it goes."""


def file_url(path: SQLColumnExpression[str], ctx: Any) -> ColumnElement[str]:
    """Where a file of the media storage is fetched."""
    address: ColumnElement[str] = ctx.setting("media_url").concat("/").concat(path)
    return address


def picture_url(
    path: SQLColumnExpression[str], ctx: Any, size: Any, picture_format: ThumbnailFormatEnum | None
) -> ColumnElement[str]:
    """A picture whose small sizes were made with it: of a category, a seller."""
    if size is None:
        return file_url(path, ctx)
    return file_url(thumbnail_key_sql(path, _made(size), _suffix(picture_format)), ctx)


def media_url(
    media: type[ProductMedia], ctx: Any, size: Any, picture_format: ThumbnailFormatEnum | None
) -> ColumnElement[str]:
    """A product's picture: the thumbnail where it is made already, else the address that makes it."""
    if size is None:
        return file_url(media.path, ctx)
    made, suffix = _made(size), _suffix(picture_format)
    to_be_made = (
        ctx.setting("public_url")
        .concat("/thumbnail/")
        .concat(global_id("ProductMedia", media.id.expression))
        .concat("/")
        .concat(cast(made, Text))
        .concat(f"/{suffix}/")
    )
    if suffix != "webp":
        return to_be_made
    return case(
        (made == any_(media.thumbnail_sizes), file_url(thumbnail_key_sql(media.path, made), ctx)),
        else_=to_be_made,
    )


def _made(size: Any) -> ColumnElement[int]:
    """The size that is made for one asked for."""
    made: ColumnElement[int] = (
        size.converted("made size", BigInteger(), _snapped_text) if _is_asked(size) else size
    )
    return made


def _is_asked(size: Any) -> bool:
    """Whether a client named the size: else it is our own."""
    return hasattr(size, "converted")


def _snapped_text(size: object) -> str:
    return str(snapped(int(str(size)) or DEFAULT_SIZE))


def _suffix(picture_format: ThumbnailFormatEnum | None) -> str:
    return "avif" if picture_format is ThumbnailFormatEnum.AVIF else "webp"
