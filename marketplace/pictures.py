"""Small pictures that nobody has asked for yet: made at the first request, at the address the API gave.

`/thumbnail/<global id of the media>/<size>/<webp or avif>/` makes the size and leads to the file. From then
on the API gives the file's own address. Pictures that are no product's media are named by what has them.
"""

import asyncio
from typing import get_args

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import QueryableAttribute

from marketplace.apps.models import App, AppInstallation
from marketplace.catalog import media
from marketplace.catalog.models import Category, Collection
from marketplace.kit.database import Database
from marketplace.kit.errors import DomainError, NotFoundError
from marketplace.kit.ids import int_pk, split_global_id, uuid_pk
from marketplace.kit.storage import FileMissingError, Storage
from marketplace.orders.models import OrderLine
from marketplace.vendors.models import Vendor

AT_ONCE = 2
"""Pictures that one process makes small at a time: the rest of it must go on answering."""
LARGEST_SIZE_ASKED = 10_000
CACHE_CONTROL = "public, max-age=86400"

OWNERS: dict[str, QueryableAttribute[str | None]] = {
    "App": App.logo_path,
    "AppInstallation": AppInstallation.logo_path,
    "Category": Category.picture_path,
    "Collection": Collection.picture_path,
    "OrderLine": OrderLine.picture_path,
    "VendorLogo": Vendor.logo_path,
    "VendorCover": Vendor.cover_path,
}
"""What pictures belong to, and where their keys are kept."""

_gate = asyncio.Semaphore(AT_ONCE)


def mount(app: FastAPI) -> None:
    """Join the address to an application that has its database and storage in its state."""
    app.add_api_route("/thumbnail/{media_id}/{size}/{file_format}/", thumbnail, methods=["GET", "HEAD"])
    app.add_api_route("/thumbnail/{media_id}/{size}/", thumbnail, methods=["GET", "HEAD"])


async def thumbnail(
    request: Request, media_id: str, size: int, file_format: media.ThumbnailFormat = "webp"
) -> Response:
    """Make the size of a picture if it is not there yet, and lead to it."""
    if file_format not in get_args(media.ThumbnailFormat) or not 0 < size <= LARGEST_SIZE_ASKED:
        return Response(status_code=404)
    database: Database = request.app.state.database
    storage: Storage = request.app.state.storage
    try:
        kind, _ = split_global_id(media_id)
        async with _gate, database.transaction() as session:
            if kind == "ProductMedia":
                number = int_pk(media_id, kind)
                path = await media.thumbnail_of(session, storage, number, size, file_format)
            else:
                original = await _original(session, kind, media_id)
                path = await media.thumbnail_at(storage, original, size, file_format)
    except (DomainError, FileMissingError):
        return Response(status_code=404)
    return RedirectResponse(storage.url(path), 302, {"cache-control": CACHE_CONTROL})


async def _original(session: AsyncSession, kind: str, global_id: str) -> str:
    """The key of the picture that something has. Raises NotFoundError."""
    if kind not in OWNERS:
        raise NotFoundError("There is no such picture.", field="id")
    path, model = OWNERS[kind], OWNERS[kind].class_
    key = uuid_pk(global_id, kind) if model is OrderLine else int_pk(global_id, kind)
    found = await session.scalar(select(path).where(model.id == key))
    if found is None:
        raise NotFoundError("There is no such picture.", field="id")
    return found
