"""Addresses of pictures, put together in SQL."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, SQLColumnExpression, Text, any_, case, cast, false, literal

from marketplace.catalog.models import ProductMedia
from marketplace.catalog.thumbnails import USUAL_SIZES, snapped, thumbnail_key_sql
from marketplace_graphql.kernel.reader.sql import global_id
from marketplace_graphql.values import ThumbnailFormatEnum

LARGEST = literal(4096, BigInteger())
"""What a picture has where no size is asked for, as in Saleor. None is kept larger, so the original is it."""
ORIGINAL = 0
"""The size by which the original is asked for, as in Saleor."""


def file_url(path: SQLColumnExpression[str], ctx: Any) -> ColumnElement[str]:
    """Where a file of the media storage is fetched."""
    address: ColumnElement[str] = ctx.setting("media_url").concat("/").concat(path)
    return address


def picture_url(
    path: SQLColumnExpression[str],
    ctx: Any,
    size: Any,
    picture_format: ThumbnailFormatEnum | None,
    *,
    owner: ColumnElement[str] | None,
) -> ColumnElement[str]:
    """A picture of which the usual sizes were made when it was kept: of a category, a seller, a sold product.

    `owner` is the name under which `marketplace.pictures` finds it, for the other sizes. People's have none,
    since names can be guessed: the original stands in.
    """
    there = [literal(made, BigInteger()) for made in USUAL_SIZES]
    return _url(path, ctx, size, picture_format, owner, lambda made: made.in_(there))


def rare_picture_url(
    path: SQLColumnExpression[str], ctx: Any, size: Any, *, owner: ColumnElement[str]
) -> ColumnElement[str]:
    """A picture that is seldom shown: no size of it is made before it is asked for."""
    return _url(path, ctx, size, None, owner, lambda made: false())


def media_url(
    media: type[ProductMedia], ctx: Any, size: Any, picture_format: ThumbnailFormatEnum | None
) -> ColumnElement[str]:
    """A product's picture: the thumbnail where it is made already, else the address that makes it.

    A video, and a picture that is still being fetched, lie elsewhere.
    """
    owner = global_id("ProductMedia", media.id.expression)
    kept = _url(
        media.path, ctx, size, picture_format, owner, lambda made: made == any_(media.thumbnail_sizes)
    )
    return case((media.path.is_(None), media.external_url), else_=kept)


def _url(
    path: SQLColumnExpression[Any],
    ctx: Any,
    size: Any,
    picture_format: ThumbnailFormatEnum | None,
    owner: ColumnElement[str] | None,
    is_there: Any,
) -> ColumnElement[str]:
    suffix = "avif" if picture_format is ThumbnailFormatEnum.AVIF else "webp"
    if size is None and suffix == "webp":
        return file_url(path, ctx)
    made = LARGEST if size is None else size.converted("made size", BigInteger(), _snapped_text)
    to_be_made = (
        file_url(path, ctx)
        if owner is None
        else ctx.setting("public_url")
        .concat("/thumbnail/")
        .concat(owner)
        .concat("/")
        .concat(cast(made, Text))
        .concat(f"/{suffix}/")
    )
    known = [(made == ORIGINAL, file_url(path, ctx))]
    if suffix == "webp":
        known.append((is_there(made), file_url(thumbnail_key_sql(path, made), ctx)))
    return case(*known, else_=to_be_made)


def _snapped_text(size: object) -> str:
    asked = int(str(size))
    return str(snapped(asked) if asked else ORIGINAL)
