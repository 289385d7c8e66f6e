"""Files come to the shop by `fileUpload`: of known kinds, and what they say they are."""

import pytest
import pyvips
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.settings import Settings
from marketplace.kit.storage import storage_from
from marketplace_graphql.kernel import Requester, UploadedFile
from tests.factories.people import make_user
from tests.factories.vendors import make_vendor
from tests.graphql.conftest import Ask, seller, staff

UPLOAD = """mutation($file: Upload!) { fileUpload(file: $file) {
  errors { field code } uploadErrors { code } uploadedFile { url contentType } } }"""
STAFF = staff()
PDF = b"%PDF-1.7 ..."


def file(name: str, content: bytes) -> UploadedFile:
    return UploadedFile(name, "application/octet-stream", content)


@pytest.mark.parametrize(
    ("name", "content", "ending", "content_type"),
    [
        ("Notice (2).PDF", PDF, "/notice-2.pdf", "application/pdf"),
        ("تعليمات.txt", "مرحبا".encode(), "/file.txt", "text/plain"),
        ("../../etc/x.csv", b"a;b", "/etc-x.csv", "text/csv"),
        ("film.mp4", b"\x00\x00\x00\x20ftypisom", "/film.mp4", "video/mp4"),
    ],
)
async def test_a_file_is_kept_under_a_harmless_name(
    read: Ask, settings: Settings, name: str, content: bytes, ending: str, content_type: str
) -> None:
    answer = (await read(UPLOAD, STAFF, file=file(name, content)))["fileUpload"]
    assert answer["errors"] == []
    assert answer["uploadedFile"]["contentType"] == content_type
    url = answer["uploadedFile"]["url"]
    assert url.startswith("http://testserver/media/uploads/")
    assert url.endswith(ending)
    key = url.removeprefix("http://testserver/media/")
    assert await storage_from(settings).get(key) == content


async def test_a_picture_loses_what_the_camera_wrote(read: Ask) -> None:
    content = pyvips.Image.black(10, 10, bands=3).write_to_buffer(".jpg")
    answer = (await read(UPLOAD, STAFF, file=file("photo.jpg", content)))["fileUpload"]
    assert answer["uploadedFile"]["contentType"] == "image/webp"
    assert answer["uploadedFile"]["url"].endswith(".webp")


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("page.html", b"<script>", "UNSUPPORTED_MIME_TYPE"),
        ("drawing.svg", b"<svg/>", "UNSUPPORTED_MIME_TYPE"),
        ("photo.jpg", b"no picture", "UNSUPPORTED_MIME_TYPE"),
        ("noending", PDF, "UNSUPPORTED_MIME_TYPE"),
        ("notice.pdf", b"<html>", "INVALID_FILE_TYPE"),
        ("notes.txt", b"\xff\xfe\x00", "INVALID_FILE_TYPE"),
        ("huge.txt", b"a" * (20 * 1024**2 + 1), "INVALID_FILE_TYPE"),
    ],
)
async def test_what_it_is_not_is_not_kept(read: Ask, name: str, content: bytes, code: str) -> None:
    answer = (await read(UPLOAD, STAFF, file=file(name, content)))["fileUpload"]
    assert answer == {
        "errors": [{"field": "file", "code": code}],
        "uploadErrors": [{"code": code}],
        "uploadedFile": None,
    }


async def test_staff_apps_and_sellers_upload_and_buyers_do_not(session: AsyncSession, ask: Ask) -> None:
    user, vendor = await make_user(session), await make_vendor(session)
    for requester in (Requester(app_id=1), seller(vendor.id, user)):
        answer = await ask(UPLOAD, requester, file=file("a.pdf", PDF))
        assert answer["data"]["fileUpload"]["errors"] == []
    for stranger in (None, Requester(user_id=user.id)):
        answer = await ask(UPLOAD, stranger, file=file("a.pdf", PDF))
        assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
