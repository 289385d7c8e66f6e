"""Papers: checked by what is in them, replaced and never overwritten, shown as badges once accepted."""

from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
import pyvips
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock as the_clock
from marketplace.kit.errors import DomainError, Errors
from marketplace.vendors import certificates, documents, paper_files
from marketplace.vendors.document_models import DocumentKind, DocumentStatus
from marketplace.vendors.models import BadgeKind, VendorBadge, VendorStatus
from tests.factories.people import make_user
from tests.factories.sellers import PDF, letters_asked_for, make_document, make_origin
from tests.factories.vendors import make_member, make_vendor


def picture(ending: str) -> bytes:
    content: bytes = pyvips.Image.black(8, 8).write_to_buffer(f".{ending}")
    return content


def in_days(days: int) -> Any:
    return the_clock.now().date() + timedelta(days=days)


LABEL = {"kind": DocumentKind.CRAFT_LABEL, "name": "Morocco Handmade", "level": "Or", "holder": "Tifawin"}


@pytest.mark.parametrize(
    ("content", "content_type"),
    [(PDF, "application/pdf"), (picture("jpg"), "image/jpeg"), (picture("png"), "image/png")],
)
async def test_a_paper_is_what_its_content_says_and_lies_where_nobody_fetches_it(
    content: bytes, content_type: str
) -> None:
    file = await paper_files.read_paper(7, "../../statuts.exe", content)
    assert (file.content_type, file.key.startswith("private/vendors/7/")) == (content_type, True)
    assert "/" not in file.name
    assert file.name.endswith(file.key.rpartition(".")[2])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "INVALID_FILE_TYPE"),
        (b"%PDF-1.4 cut off", "INVALID_FILE_TYPE"),
        (b"\xff\xd8\xff nothing behind it", "INVALID_FILE_TYPE"),
        (picture("png")[:40], "INVALID_FILE_TYPE"),
        (b"<svg onload='alert(1)'/>", "INVALID_FILE_TYPE"),
        (b"%PDF-" + b"0" * paper_files.MAXIMUM_BYTES, "FILE_TOO_LARGE"),
    ],
)
async def test_what_is_no_paper_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        await paper_files.read_paper(7, "statuts.pdf", content)
    assert (refused.value.field, refused.value.code) == ("file", code)


@pytest.mark.parametrize(
    ("says", "fields"),
    [
        ({"kind": DocumentKind.CRAFT_LABEL}, ["name", "level", "holder", "validUntil"]),
        ({"kind": DocumentKind.GEOGRAPHICAL_INDICATION}, ["indication", "holder", "validUntil"]),
        ({"kind": DocumentKind.SANITARY_AUTHORISATION}, ["number"]),
        ({"kind": DocumentKind.OTHER, "name": "x" * 201}, ["name"]),
        ({"kind": DocumentKind.STATUTES, "valid_until": in_days(-1)}, ["validUntil"]),
        (
            {"kind": DocumentKind.STATUTES, "valid_from": in_days(9), "valid_until": in_days(8)},
            ["validUntil"],
        ),
    ],
)
async def test_a_paper_says_what_its_kind_demands(
    session: AsyncSession, says: dict[str, Any], fields: list[str]
) -> None:
    vendor = await make_vendor(session)
    with pytest.raises(Errors) as refused:
        await make_document(session, vendor.id, **says)
    assert [error.field for error in refused.value.errors] == fields


async def test_an_accepted_certificate_is_a_badge_to_the_end_of_its_last_day(session: AsyncSession) -> None:
    vendor, origin = await make_vendor(session), await make_origin(session)
    paper = await make_document(
        session,
        vendor.id,
        DocumentKind.GEOGRAPHICAL_INDICATION,
        indication_id=origin.id,
        holder="Tifawin",
        valid_until=in_days(0),
    )
    await documents.review_document(session, paper.id, is_accepted=True)
    (badge,) = (await session.scalars(select(VendorBadge).filter_by(vendor_id=vendor.id))).all()
    assert (badge.kind, badge.indication_id) == (BadgeKind.GEOGRAPHICAL_INDICATION, origin.id)
    assert badge.valid_until is not None
    assert badge.valid_until.date() == in_days(1)


async def test_a_refused_paper_says_why_and_its_badge_is_gone(session: AsyncSession) -> None:
    vendor = await make_vendor(session, email="tifawin@example.test")
    paper = await make_document(session, vendor.id, **LABEL, valid_until=in_days(90))
    await documents.review_document(session, paper.id, is_accepted=True)
    with pytest.raises(DomainError) as refused:
        await documents.review_document(session, paper.id, is_accepted=False)
    assert refused.value.code == "REQUIRED"
    await documents.review_document(session, paper.id, is_accepted=False, reason="Illisible.")
    assert (paper.status, paper.reason) == (DocumentStatus.REFUSED, "Illisible.")
    assert await session.scalar(select(VendorBadge)) is None
    (letter,) = await letters_asked_for(session)
    assert letter["said"] == {"words": "Illisible.", "document": "Morocco Handmade"}


async def test_a_new_version_takes_the_badge_over_only_once_it_is_accepted(session: AsyncSession) -> None:
    vendor = await make_vendor(session)
    first = await make_document(session, vendor.id, **LABEL, valid_until=in_days(10))
    await documents.review_document(session, first.id, is_accepted=True)
    second = await make_document(session, vendor.id, **LABEL, valid_until=in_days(300), replaces_id=first.id)
    await documents.review_document(session, second.id, is_accepted=False, reason="Illisible.")
    badges = select(VendorBadge.document_id).filter_by(vendor_id=vendor.id)
    assert (await session.scalars(badges)).all() == [first.id]
    third = await make_document(session, vendor.id, **LABEL, valid_until=in_days(300), replaces_id=second.id)
    await documents.review_document(session, third.id, is_accepted=True)
    assert (await session.scalars(badges)).all() == [third.id]
    with pytest.raises(DomainError) as refused:
        await make_document(session, vendor.id, **LABEL, valid_until=in_days(9), replaces_id=first.id)
    assert refused.value.code == "WRONG_STATUS"


async def test_a_strangers_paper_is_not_replaced(session: AsyncSession) -> None:
    paper = await make_document(session, (await make_vendor(session)).id)
    with pytest.raises(DomainError) as refused:
        await make_document(session, (await make_vendor(session)).id, replaces_id=paper.id)
    assert refused.value.code == "NOT_FOUND"


async def test_papers_are_bounded_and_none_are_taken_of_a_closed_seller(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "MOST_PAPERS", 1)
    vendor = await make_vendor(session)
    await make_document(session, vendor.id)
    with pytest.raises(DomainError) as refused:
        await make_document(session, vendor.id)
    assert refused.value.code == "LIMIT_REACHED"
    with pytest.raises(DomainError) as refused:
        await make_document(session, (await make_vendor(session, status=VendorStatus.CLOSED)).id)
    assert refused.value.code == "WRONG_STATUS"


async def test_a_seller_is_warned_once_and_told_once_that_a_certificate_ends(
    session: AsyncSession, clock: ModuleType
) -> None:
    vendor, owner = await make_vendor(session), await make_user(session)
    await make_member(session, vendor, owner)
    paper = await make_document(session, vendor.id, **LABEL, valid_until=in_days(31))
    await documents.review_document(session, paper.id, is_accepted=True)
    told = []
    for days in (0, 3, 0, 27, 2, 40):
        clock.advance(timedelta(days=days))
        told.append(await certificates.tell_of_endings(session))
    assert told == [0, 1, 0, 0, 1, 0]
    letters = await letters_asked_for(session)
    assert [(letter["letter"], letter["email"]) for letter in letters] == [
        ("CERTIFICATE_ENDING", owner.email),
        ("CERTIFICATE_ENDED", owner.email),
    ]
