"""Pictures that were given by their address are fetched by a worker, and what hosts say of videos.

What can't be fetched, or is no picture, is taken away again: a product is never shown by a broken one.
"""

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog import gallery
from marketplace.catalog.errors import PictureError
from marketplace.catalog.media import MAXIMUM_BYTES, keep_picture, make_thumbnails, read_picture
from marketplace.catalog.models import MediaType, Product, ProductMedia
from marketplace.kit.announcements import announce
from marketplace.kit.jobs import Work
from marketplace.kit.outgoing import Answer, NotSentError, send

PATIENCE_SECONDS = 30.0
OEMBED_BYTES = 64 * 1024
KEPT_OF_OEMBED = (
    *("type", "version", "title", "author_name", "author_url", "provider_name", "provider_url"),
    *("thumbnail_url", "thumbnail_width", "thumbnail_height", "width", "height", "html"),
)
TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}


async def fetch_media(work: Work, media_id: int) -> None:
    """Fetch what a picture's or a video's address has to give. Raises to be done again."""
    media = await work.session.get(ProductMedia, media_id, with_for_update={"key_share": True})
    if media is None or media.path is not None or media.external_url is None:
        return  # Taken away since, or fetched already.
    if media.type is MediaType.VIDEO:
        await _ask_host(work, media, media.external_url)
    else:
        await _fetch_picture(work, media, media.external_url)


async def _fetch_picture(work: Work, media: ProductMedia, url: str) -> None:
    try:
        answer = await _asked(work, url, MAXIMUM_BYTES + 1)
        picture = await read_picture(answer.body)
    except (NotSentError, PictureError):
        await _give_up(work.session, media)
        return
    await keep_picture(work.storage, picture)
    media.path = picture.key
    media.width_pixels, media.height_pixels = picture.width_pixels, picture.height_pixels
    await work.session.flush()
    await make_thumbnails(work.session, work.storage, media.id)
    await _tell(work.session, media)


async def _ask_host(work: Work, media: ProductMedia, url: str) -> None:
    """A video is shown all the same where its host says nothing of it."""
    host = gallery.video_host(url)
    if host is None:
        return
    try:
        answer = await _asked(work, gallery.oembed_address(host, url), OEMBED_BYTES)
        said = orjson.loads(answer.body)
    except (NotSentError, orjson.JSONDecodeError):
        return
    if isinstance(said, dict):
        known = {name: said[name] for name in KEPT_OF_OEMBED if isinstance(said.get(name), str | int)}
        media.oembed_data = media.oembed_data | known
        media.alt = media.alt or str(known.get("title", ""))[: gallery.ALT_LENGTH]
        await work.session.flush()
        await _tell(work.session, media)


async def _asked(work: Work, url: str, at_most_bytes: int) -> Answer:
    """The answer. Raises NotSentError where there is none to be had, _NotYetError where one may come."""
    try:
        answer = await send(
            work.settings, "GET", url, patience_seconds=PATIENCE_SECONDS, at_most_bytes=at_most_bytes
        )
    except NotSentError as error:
        if work.is_last_attempt:
            raise
        raise _NotYetError(str(error)) from error
    if answer.status in TRY_AGAIN and not work.is_last_attempt:
        raise _NotYetError(f"{url} answers {answer.status}.")
    if not answer.is_success:
        raise NotSentError(f"{url} answers {answer.status}.")
    return answer


class _NotYetError(Exception):
    """The other side is silent or asks for patience: the job is done again."""


async def _give_up(session: AsyncSession, media: ProductMedia) -> None:
    await announce(session, "PRODUCT_MEDIA_DELETED", media)
    await gallery.delete_media(session, [media])


async def _tell(session: AsyncSession, media: ProductMedia) -> None:
    await announce(session, "PRODUCT_MEDIA_UPDATED", media)
    await announce(session, "PRODUCT_UPDATED", await session.get_one(Product, media.product_id))
