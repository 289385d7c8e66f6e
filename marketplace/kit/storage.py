"""Where files lie: a folder on disk, or an S3 bucket. Rows keep a key; a key's content never changes.

Keys under `private/` (bank files, statements, sellers' documents) are nobody's to fetch: they have no URL,
and reach people only through a service that asks who they are. All others are media, open to the world.
"""

import asyncio
import mimetypes
import os
import re
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol
from urllib.parse import quote

from marketplace.kit.settings import Settings

CACHE_CONTROL = "public, max-age=31536000, immutable"
"""A key's content never changes, so whoever has it may keep it for a year."""

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
KEY_LIMIT = 500
PRIVATE = "private/"


class FileMissingError(Exception):
    """There is no file of that key."""


class BadKeyError(ValueError):
    """A key that could name something outside the store: always a fault of ours."""


class Storage(Protocol):
    """What holds files."""

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        """Keep a file, whole or not at all."""

    async def get(self, key: str) -> bytes:
        """The file's content. Raises FileMissingError."""

    async def exists(self, key: str) -> bool: ...

    async def delete(self, key: str) -> None:
        """Remove a file. It is no error if there is none."""

    def url(self, key: str) -> str:
        """Where a browser gets the file. Raises BadKeyError for a private one."""


def storage_from(settings: Settings) -> Storage:
    """The bucket where one is set, else a folder in the data directory."""
    if settings.s3_bucket is None:
        return FolderStorage(settings.data_dir, settings.public_url)
    from marketplace.kit.s3 import S3Storage  # noqa: PLC0415 - loading S3's library takes a third of a second

    return S3Storage(settings)


class FolderStorage:
    """Files in a directory, of which the app serves `media/` under that very name."""

    def __init__(self, directory: Path, base_url: str) -> None:
        self.directory = directory
        self._base_url = base_url.rstrip("/")

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        """Keep a file. Its type is told by its name here, so the two must agree."""
        if mimetypes.guess_type(key)[0] not in (content_type, None):
            raise BadKeyError(f"{key} does not end as {content_type} does")
        await asyncio.to_thread(self._write, self._path(key), content)

    async def get(self, key: str) -> bytes:
        try:
            return await asyncio.to_thread(self._path(key).read_bytes)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise FileMissingError(key) from None

    async def exists(self, key: str) -> bool:
        return await asyncio.to_thread(self._path(key).is_file)

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    def url(self, key: str) -> str:
        return f"{self._base_url}/{quote(public_name(key))}"

    def _path(self, key: str) -> Path:
        return self.directory / placed(key)

    @staticmethod
    def _write(path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as draft:
            try:
                draft.write(content)
                draft.flush()
                os.fchmod(draft.fileno(), 0o644)
                Path(draft.name).replace(path)
            except BaseException:
                Path(draft.name).unlink(missing_ok=True)
                raise


def checked(key: str) -> str:
    """The key itself. Raises BadKeyError for what could lead out of the store."""
    if len(key) > KEY_LIMIT or not KEY.fullmatch(key):
        raise BadKeyError(f"not a key: {key!r}")
    return key


def placed(key: str) -> str:
    """The name of a key's file in the folder or the bucket."""
    return checked(key) if key.startswith(PRIVATE) else f"media/{checked(key)}"


def public_name(key: str) -> str:
    """The same, for a file that has a URL. Raises BadKeyError for a private one."""
    if key.startswith(PRIVATE):
        raise BadKeyError(f"{key} is private and has no URL")
    return placed(key)
