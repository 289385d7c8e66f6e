"""Files in S3, or in anything that speaks its protocol."""

import asyncio
import json
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from marketplace.kit.settings import Settings
from marketplace.kit.storage import CACHE_CONTROL, FileMissingError, placed, public_name

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


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
            Key=placed(key),
            Body=content,
            ContentType=content_type,
            CacheControl=CACHE_CONTROL,
        )

    async def get(self, key: str) -> bytes:
        return await asyncio.to_thread(self._read, placed(key))

    async def exists(self, key: str) -> bool:
        try:
            await asyncio.to_thread(self._client.head_object, Bucket=self._bucket, Key=placed(key))
        except ClientError as error:
            if _is_missing(error):
                return False
            raise
        return True

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self._client.delete_object, Bucket=self._bucket, Key=placed(key))

    def url(self, key: str) -> str:
        return f"{self._public_url}/{quote(public_name(key))}"

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
