"""Pictures and videos that come with new products."""

from collections.abc import Sequence
from typing import Any

from marketplace.catalog import gallery
from marketplace.kit.errors import InvalidError
from marketplace_graphql.catalog.uploads import kept_picture, picture_given
from marketplace_graphql.kernel import Faults, Info, Upload, input_type


@input_type
class MediaInput:
    """A picture, uploaded or to be fetched, or a video elsewhere."""

    alt: str | None
    """What it shows, for those who can't see it."""
    image: Upload | None
    """A picture, in a multipart request."""
    media_url: str | None
    """Where a picture lies, or a video of YouTube or Vimeo."""


async def draft_media(info: Info, given: Sequence[dict[str, Any]], faults: Faults) -> list[dict[str, Any]]:
    """The rows of a product's pictures, those uploaded already kept; what is wrong is noted at its place."""
    if len(given) > gallery.MEDIA_LIMIT:
        raise InvalidError(f"A product has at most {gallery.MEDIA_LIMIT} pictures.", field="media")
    rows = []
    for index, each in enumerate(given):
        with faults.at("media", index):
            rows.append(await _row(info, each))
    return rows


async def _row(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    source, alt = picture_given(given), given.get("alt") or ""
    if isinstance(source, str):
        return gallery.address_row(source, alt)
    return gallery.picture_row(await kept_picture(info, source, "products", "image"), alt)
