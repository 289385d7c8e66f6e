"""How thumbnails are called and which sizes there are, for whoever makes them or links to them."""

from sqlalchemy import ColumnElement, SQLColumnExpression, Text, cast, func

SIZES = (32, 64, 128, 256, 512, 1024, 2048, 4096)
"""Saleor's sizes, in pixels of the longer side."""
FORMATS = ("webp", "avif")
USUAL_SIZES = (256, 512, 1024)
"""Made before anybody asks: what pages and lists show."""


def snapped(size: int) -> int:
    """The size that is made for one asked for: the nearest, the smaller of two as near."""
    return min(SIZES, key=lambda made: (abs(made - size), made))


def thumbnail_key(original_key: str, size: int, file_format: str = "webp") -> str:
    """Where the thumbnail of an original lies: `media/a/rug.jpg` at 256 is `media/a/rug/256.webp`."""
    stem = original_key.rpartition(".")[0] or original_key
    return f"{stem}/{size}.{file_format}"


def thumbnail_key_sql(
    original_key: SQLColumnExpression[str], size: SQLColumnExpression[int], file_format: str = "webp"
) -> ColumnElement[str]:
    """The same key as SQL, for the reader."""
    stem = func.regexp_replace(original_key, r"\.[^.]*$", "", type_=Text)
    return stem.concat("/").concat(cast(size, Text)).concat(f".{file_format}")
