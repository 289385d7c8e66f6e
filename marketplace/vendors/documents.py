"""Sellers' papers: given in, replaced by other versions, read by staff and accepted or refused.

A paper is never overwritten: another version is another row and another file, and the one before says which
took its place. A certificate is shown as a badge once its paper is accepted (`certificates.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import InvalidError, Mistakes, NotFoundError, RequiredError
from marketplace.people import audit
from marketplace.vendors import certificates, standing
from marketplace.vendors.document_models import DocumentKind, DocumentStatus, VendorDocument
from marketplace.vendors.errors import LimitReachedError, VendorStatusError
from marketplace.vendors.letters import VendorLetter, tell_owners
from marketplace.vendors.models import GeographicalIndication, VendorStatus
from marketplace.vendors.paper_files import PaperFile

MOST_PAPERS = 100
"""Of one seller, all versions counted."""
LONGEST_LINE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperSays:
    """What a paper says, as whoever gives it in reads it."""

    kind: DocumentKind
    name: str = ""
    indication_id: int | None = None
    level: str = ""
    holder: str = ""
    issuer: str = ""
    number: str = ""
    valid_from: date | None = None
    valid_until: date | None = None


_NEEDED: Final[Mapping[DocumentKind, tuple[str, ...]]] = {
    DocumentKind.GEOGRAPHICAL_INDICATION: ("indication", "holder", "valid_until"),
    DocumentKind.CRAFT_LABEL: ("name", "level", "holder", "valid_until"),
    DocumentKind.SANITARY_AUTHORISATION: ("number",),
    DocumentKind.ORGANIC: ("holder", "valid_until"),
    DocumentKind.OTHER: ("name",),
}
"""What a paper of a kind says in any case."""
_LINES = ("name", "level", "holder", "issuer", "number")
_FIELDS = {"valid_until": "validUntil", "valid_from": "validFrom"}


async def add_document(
    session: AsyncSession,
    vendor_id: int,
    says: PaperSays,
    file: PaperFile,
    *,
    actor_id: int | None,
    replaces_id: int | None = None,
) -> VendorDocument:
    """Take a paper in whose file is kept already. Raises Errors, VendorStatusError, LimitReachedError."""
    vendor = await standing.locked(session, vendor_id)
    await check_may_give_in(session, vendor_id, vendor.status)
    said = await _checked(session, says)
    before = await _replaceable(session, vendor_id, replaces_id)
    document = VendorDocument(
        vendor_id=vendor_id,
        kind=said.kind,
        name=said.name,
        file_name=file.name,
        storage_key=file.key,
        content_type=file.content_type,
        size_bytes=len(file.content),
        indication_id=said.indication_id,
        level=said.level,
        holder=said.holder,
        issuer=said.issuer,
        number=said.number,
        valid_from=said.valid_from,
        valid_until=said.valid_until,
        uploaded_by_id=actor_id,
    )
    session.add(document)
    await session.flush()
    if before is not None:
        before.replaced_by_id = document.id
        await session.flush()
    await _note(session, actor_id, "given_in", document)
    return document


async def check_may_give_in(session: AsyncSession, vendor_id: int, status: VendorStatus) -> None:
    """Raises VendorStatusError, LimitReachedError."""
    if status in (VendorStatus.REFUSED, VendorStatus.CLOSED):
        raise VendorStatusError("This seller has no papers to give in any more.", field="vendorId")
    given_in = await session.scalar(select(func.count()).where(VendorDocument.vendor_id == vendor_id))
    if (given_in or 0) >= MOST_PAPERS:
        raise LimitReachedError(f"A seller has at most {MOST_PAPERS} papers.", field="vendorId")


async def review_document(
    session: AsyncSession,
    document_id: int,
    *,
    is_accepted: bool,
    reason: str = "",
    actor_id: int | None = None,
) -> VendorDocument:
    """Say of a paper that it is good, or why it isn't. What was accepted may be refused later.

    Raises NotFoundError, RequiredError, VendorStatusError, InvalidError.
    """
    said = standing.checked_reason(reason, is_needed=not is_accepted)
    document = await session.get(VendorDocument, document_id, with_for_update=True, populate_existing=True)
    if document is None:
        raise NotFoundError("There is no such paper.", field="id")
    if document.replaced_by_id is not None and is_accepted:
        raise VendorStatusError("Another version has taken the place of this paper.", field="id")
    status = DocumentStatus.ACCEPTED if is_accepted else DocumentStatus.REFUSED
    if document.status is status:
        raise VendorStatusError(f"This paper is {status.value.lower()} already.", field="id")
    document.status, document.reason = status, said
    document.reviewed_at, document.reviewed_by_id = clock.now(), actor_id
    await session.flush()
    await certificates.follow(session, document)
    await _note(session, actor_id, status.value.lower(), document)
    if not is_accepted:
        await tell_owners(
            session,
            VendorLetter.DOCUMENT_REFUSED,
            document.vendor_id,
            words=said,
            document=document.name or document.file_name,
        )
    return document


async def open_document(session: AsyncSession, document: VendorDocument, actor_id: int | None) -> None:
    """Write down that a paper is being read, and by whom."""
    await _note(session, actor_id, "opened", document)


async def _note(session: AsyncSession, actor_id: int | None, what: str, document: VendorDocument) -> None:
    named = {"document": document.id, "kind": document.kind.value}
    await audit.record(session, actor_id, f"vendor.document_{what}", "Vendor", document.vendor_id, **named)


async def _replaceable(
    session: AsyncSession, vendor_id: int, document_id: int | None
) -> VendorDocument | None:
    if document_id is None:
        return None
    before = await session.scalar(
        select(VendorDocument).filter_by(id=document_id, vendor_id=vendor_id).with_for_update()
    )
    if before is None:
        raise NotFoundError("The seller has no such paper.", field="replaces")
    if before.replaced_by_id is not None:
        raise VendorStatusError("Another version has taken its place already.", field="replaces")
    return before


async def _checked(session: AsyncSession, says: PaperSays) -> PaperSays:
    """What the paper says, tidied. Raises Errors: one for each field that is wrong."""
    mistakes = Mistakes()
    texts = {name: " ".join(getattr(says, name).split()) for name in _LINES}
    for name, text in texts.items():
        with mistakes.noted():
            if len(text) > LONGEST_LINE:
                raise InvalidError(f"At most {LONGEST_LINE} characters, please.", field=name)
    for name in _NEEDED.get(says.kind, ()):
        given = says.indication_id if name == "indication" else texts.get(name) or getattr(says, name, None)
        with mistakes.noted():
            if not given:
                raise RequiredError("Say this, as the paper does.", field=_FIELDS.get(name, name))
    with mistakes.noted():
        await _check_origin(session, says)
    with mistakes.noted():
        _check_validity(says)
    mistakes.raise_any()
    return PaperSays(
        kind=says.kind,
        indication_id=says.indication_id,
        valid_from=says.valid_from,
        valid_until=says.valid_until,
        **texts,
    )


async def _check_origin(session: AsyncSession, says: PaperSays) -> None:
    if says.indication_id is None:
        return
    if says.kind is not DocumentKind.GEOGRAPHICAL_INDICATION:
        raise InvalidError("Only the certificate of a protected origin is about one.", field="indication")
    found = select(GeographicalIndication.id).where(GeographicalIndication.id == says.indication_id)
    if await session.scalar(found) is None:
        raise NotFoundError("There is no such protected origin.", field="indication")


def _check_validity(says: PaperSays) -> None:
    if says.valid_until is None:
        return
    if says.valid_from is not None and says.valid_until < says.valid_from:
        raise InvalidError("It ends before it begins.", field="validUntil")
    if says.valid_until < clock.now().date():
        raise InvalidError("This paper is valid no more.", field="validUntil")
