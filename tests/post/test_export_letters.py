"""Whoever asked for a file is written to when it is there, or when it can't be made."""

import pytest

from marketplace.exports import service
from marketplace.exports.models import ExportFile, ExportKind, FileType
from marketplace.kit.database import Database
from marketplace.kit.jobs import JobStatus
from marketplace.kit.settings import Settings
from marketplace.kit.signing import opened
from tests.factories.people import make_staff
from tests.post.conftest import PostOffice, link_of, text_of, work


@pytest.mark.parametrize("fails", [False, True])
async def test_a_letter_says_what_became_of_the_file(
    database: Database, mailing: Settings, post_office: PostOffice, fails: bool
) -> None:
    wanted = {"filter": {"nothing": "like this"}} if fails else {}
    async with database.transaction() as session:
        user = await make_staff(session, email="nadia@sil.test", language_code="en")
        export = await service.ask_for(session, ExportKind.PRODUCTS, FileType.CSV, wanted, user.id)
        if fails:
            await service.fail(session, export.id, "No.")
    await work(mailing)
    (message,) = post_office.to("nadia@sil.test")
    async with database.transaction() as session:
        export = await session.get_one(ExportFile, export.id)
    if fails:
        assert message["Subject"] == "Your file could not be made"
        assert "https://shop.test/files" not in text_of(message)
        assert export.status is JobStatus.FAILED
    else:
        assert message["Subject"] == "Your file is ready"
        file = opened(mailing, link_of(message).rsplit("/", 1)[1])
        assert file.key == export.storage_key
        assert file.name.startswith("products_")
