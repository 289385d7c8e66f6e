"""Where files lie: a folder on disk, or an S3 bucket. Rows keep a key; a key's content never changes.

Keys under `private/` (bank files, statements, sellers' documents) are nobody's to fetch: they have no URL, and
reach people only through a service that asks who they are. All others are media, open to the world.
"""

import asyncio
import json
import mimetypes
import os
import re
from functools import cached_property
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from marketplace.kit.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

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
        return f"{self._base_url}/{quote(_public(key))}"

    def _path(self, key: str) -> Path:
        return self.directory / _placed(key)

    @staticmethod
    def _write(path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as draft:
            try:
                draft.write(content)
                draft.flush()
                os.fchmod(draft.fileno(), 0o644)
                os.replace(draft.name, path)
            except BaseException:
                Path(draft.name).unlink(missing_ok=True)
                raise


class S3Storage:
    """Files in a bucket of S3 or of anything that speaks its protocol."""

    def __init__(self, settings: Settings) -> None:
        if settings.s3_bucket is None:
            raise ValueError("no bucket is set")
        self._bucket = settings.s3_bucket
        self._settings = settings

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        await asyncio.to_thread(
            self._client.put_object,
            Bucket=self._bucket,
            Key=_placed(key),
            Body=content,
            ContentType=content_type,
            CacheControl=CACHE_CONTROL,
        )

    async def get(self, key: str) -> bytes:
        return await asyncio.to_thread(self._read, _placed(key))

    async def exists(self, key: str) -> bool:
        try:
            await asyncio.to_thread(self._client.head_object, Bucket=self._bucket, Key=_placed(key))
        except ClientError as error:
            if _is_missing(error):
                return False
            raise
        return True

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self._client.delete_object, Bucket=self._bucket, Key=_placed(key))

    def url(self, key: str) -> str:
        return f"{self._public_url}/{quote(_public(key))}"

    async def ensure_bucket(self) -> None:
        """Make the bucket if it is missing, its media open to readers: for MinIO on a developer's machine."""
        try:
            await asyncio.to_thread(self._client.head_bucket, Bucket=self._bucket)
        except ClientError as error:
            if not _is_missing(error):
                raise
            await asyncio.to_thread(self._make_bucket)

    def _read(self, name: str) -> bytes:
        try:
            return self._client.get_object(Bucket=self._bucket, Key=name)["Body"].read()
        except ClientError as error:
            if _is_missing(error):
                raise FileMissingError(name) from None
            raise

    def _make_bucket(self) -> None:
        region = self._settings.s3_region
        if region == "us-east-1":  # S3's first region, the one that can't be named here.
            self._client.create_bucket(Bucket=self._bucket)
        else:
            self._client.create_bucket(
                Bucket=self._bucket,
                CreateBucketConfiguration={"LocationConstraint": region},  # type: ignore[typeddict-item]
            )
        self._client.put_bucket_policy(Bucket=self._bucket, Policy=_media_are_public(self._bucket))

    @cached_property
    def _public_url(self) -> str:
        settings = self._settings
        if settings.s3_public_url:
            return settings.s3_public_url.rstrip("/")
        if settings.s3_endpoint_url:
            return f"{settings.s3_endpoint_url.rstrip('/')}/{self._bucket}"
        return f"https://{self._bucket}.s3.{settings.s3_region}.amazonaws.com"

    @cached_property
    def _client(self) -> "S3Client":
        settings = self._settings
        secret = settings.s3_secret_access_key
        return boto3.client(
            "s3",
            region_name=settings.s3_region,
            endpoint_url=settings.s3_endpoint_url,
            aws_access_key_id=settings.s3_access_key_id,
            aws_secret_access_key=secret.get_secret_value() if secret else None,
            config=Config(
                connect_timeout=5, read_timeout=30, retries={"max_attempts": 4, "mode": "standard"}
            ),
        )


def _checked(key: str) -> str:
    if len(key) > KEY_LIMIT or not KEY.fullmatch(key):
        raise BadKeyError(f"not a key: {key!r}")
    return key


def _placed(key: str) -> str:
    """The name of a key's file in the folder or the bucket."""
    return _checked(key) if key.startswith(PRIVATE) else f"media/{_checked(key)}"


def _public(key: str) -> str:
    if key.startswith(PRIVATE):
        raise BadKeyError(f"{key} is private and has no URL")
    return _placed(key)


def _media_are_public(bucket: str) -> str:
    readable = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/media/*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [readable]})


def _is_missing(error: ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") in {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}
