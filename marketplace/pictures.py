"""Small pictures that nobody has asked for yet: made at the first request, at the address the API gave.

`/thumbnail/<global id of the media>/<size>/<webp or avif>/` makes the size and leads to the file. From then
on the API gives the file's own address.
"""

import asyncio
from typing import get_args

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from marketplace.catalog import media
from marketplace.kit.database import Database
from marketplace.kit.errors import DomainError
from marketplace.kit.ids import int_pk
from marketplace.kit.storage import FileMissingError, Storage

AT_ONCE = 2
"""Pictures that one process makes small at a time: the rest of it must go on answering."""
LARGEST_SIZE_ASKED = 10_000
CACHE_CONTROL = "public, max-age=86400"

_gate = asyncio.Semaphore(AT_ONCE)


def mount(app: FastAPI) -> None:
    """Join the address to an application that has its database and storage in its state."""
    app.add_api_route("/thumbnail/{media_id}/{size}/{file_format}/", thumbnail, methods=["GET", "HEAD"])
    app.add_api_route("/thumbnail/{media_id}/{size}/", thumbnail, methods=["GET", "HEAD"])


async def thumbnail(
    request: Request, media_id: str, size: int, file_format: media.ThumbnailFormat = "webp"
) -> Response:
    """Make the size of a product's picture if it is not there yet, and lead to it."""
    if file_format not in get_args(media.ThumbnailFormat) or not 0 < size <= LARGEST_SIZE_ASKED:
        return Response(status_code=404)
    database: Database = request.app.state.database
    storage: Storage = request.app.state.storage
    try:
        key = int_pk(media_id, "ProductMedia")
        async with _gate, database.transaction() as session:
            path = await media.thumbnail_of(session, storage, key, size, file_format)
    except (DomainError, FileMissingError):
        return Response(status_code=404)
    return RedirectResponse(storage.url(path), 302, {"cache-control": CACHE_CONTROL})
