"""Files in a folder and in a bucket: the same promises, kept by both."""

import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer

from marketplace.kit.s3 import S3Storage
from marketplace.kit.settings import Settings
from marketplace.kit.storage import (
    BadKeyError,
    FileMissingError,
    FolderStorage,
    Storage,
    storage_from,
)

PHOTO = b"\x89PNG rug"


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def with_bucket(settings: Settings, s3: str) -> Settings:
    return Settings(
        environment="test",
        data_dir=settings.data_dir,
        s3_bucket="sil-media",
        s3_endpoint_url=s3,
        s3_region="eu-west-3",
        s3_access_key_id="tester",
        s3_secret_access_key="not-a-secret",
    )


@pytest.fixture(params=["folder", "bucket"])
async def storage(
    request: pytest.FixtureRequest, tmp_path: Path, with_bucket: Settings
) -> AsyncIterator[Storage]:
    if request.param == "folder":
        yield FolderStorage(tmp_path, "http://testserver")
        return
    bucket = S3Storage(with_bucket)
    await bucket.ensure_bucket()
    await bucket.ensure_bucket()
    yield bucket


async def test_a_file_comes_back_as_it_was_put(storage: Storage) -> None:
    await storage.put("products/1/rug.png", PHOTO, "image/png")
    assert await storage.exists("products/1/rug.png")
    assert await storage.get("products/1/rug.png") == PHOTO


async def test_a_file_that_is_put_again_is_replaced(storage: Storage) -> None:
    await storage.put("a.png", b"old", "image/png")
    await storage.put("a.png", b"new", "image/png")
    assert await storage.get("a.png") == b"new"


async def test_a_missing_file_is_said_to_be_missing(storage: Storage) -> None:
    assert not await storage.exists("nothing.png")
    with pytest.raises(FileMissingError):
        await storage.get("nothing.png")


async def test_a_file_can_be_deleted_and_deleted_again(storage: Storage) -> None:
    await storage.put("gone.png", PHOTO, "image/png")
    await storage.delete("gone.png")
    await storage.delete("gone.png")
    assert not await storage.exists("gone.png")


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../x", "a/../b", "a//b", ".hidden", "a/.b", "a\0b", "x" * 501]
)
async def test_a_key_can_not_lead_out_of_the_store(storage: Storage, key: str) -> None:
    with pytest.raises(BadKeyError):
        await storage.put(key, PHOTO, "image/png")
    with pytest.raises(BadKeyError):
        storage.url(key)


async def test_a_folders_file_is_what_its_name_says(tmp_path: Path) -> None:
    with pytest.raises(BadKeyError):
        await FolderStorage(tmp_path, "http://x").put("page.html", PHOTO, "image/png")


async def test_a_failed_write_leaves_neither_half_a_file_nor_a_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("marketplace.kit.storage.Path.replace", full_disk)
    with pytest.raises(OSError, match="No space"):
        await FolderStorage(tmp_path, "http://x").put("a.png", PHOTO, "image/png")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_what_is_private_has_no_address(storage: Storage, s3: str) -> None:
    await storage.put("private/payouts/run-1.xml", b"<Document/>", "application/xml")
    assert await storage.get("private/payouts/run-1.xml") == b"<Document/>"
    with pytest.raises(BadKeyError):
        storage.url("private/payouts/run-1.xml")
    async with httpx.AsyncClient() as stranger:
        answer = await stranger.get(f"{s3}/sil-media/private/payouts/run-1.xml")
    assert answer.status_code in (403, 404)


async def test_browsers_may_keep_what_lies_in_the_bucket(with_bucket: Settings) -> None:
    bucket = S3Storage(with_bucket)
    await bucket.ensure_bucket()
    await bucket.put("kept.webp", PHOTO, "image/webp")
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(bucket.url("kept.webp"))
    assert (answer.content, answer.headers["content-type"]) == (PHOTO, "image/webp")
    assert "immutable" in answer.headers["cache-control"]


def test_the_settings_say_which_store_and_where_its_files_are_seen(
    settings: Settings, with_bucket: Settings
) -> None:
    assert isinstance(storage_from(settings), FolderStorage)
    assert storage_from(settings).url("a/b.webp") == "http://testserver/media/a/b.webp"
    behind_cdn = with_bucket.model_copy(update={"s3_public_url": "https://media.example/"})
    assert storage_from(behind_cdn).url("a.webp") == "https://media.example/media/a.webp"
    at_amazon = with_bucket.model_copy(update={"s3_endpoint_url": None, "s3_region": "eu-south-2"})
    assert (
        storage_from(at_amazon).url("a.webp") == "https://sil-media.s3.eu-south-2.amazonaws.com/media/a.webp"
    )


async def test_a_bucket_that_can_not_be_reached_is_an_error_and_not_a_missing_file(
    with_bucket: Settings,
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
        unreachable = S3Storage(with_bucket.model_copy(update={"s3_endpoint_url": nowhere}))
        with pytest.raises(Exception, match="Could not connect"):
            await unreachable.exists("a.png")
