"""Badges made from accepted papers, and sellers told in time of those that end.

A badge is shown while it is valid, by the clock: nothing has to be done for one to be hidden.
"""

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Select, delete, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.vendors.document_models import DocumentKind, DocumentStatus, VendorDocument
from marketplace.vendors.letters import VendorLetter, tell_owners
from marketplace.vendors.models import (
    WORKING,
    BadgeKind,
    GeographicalIndication,
    Vendor,
    VendorBadge,
)

WARNED_BEFORE = timedelta(days=30)
TOLD_UNTIL = timedelta(days=30)
"""What ended longer ago is no news."""
BATCH = 200
KINDS = {
    DocumentKind.GEOGRAPHICAL_INDICATION: (BadgeKind.GEOGRAPHICAL_INDICATION, ""),
    DocumentKind.CRAFT_LABEL: (BadgeKind.CRAFT_LABEL, ""),
    DocumentKind.SANITARY_AUTHORISATION: (BadgeKind.SANITARY, "ONSSA"),
    DocumentKind.ORGANIC: (BadgeKind.ORGANIC, "Bio"),
}
"""The papers that buyers are told of: as what, and under which name where the paper gives none."""


async def follow(session: AsyncSession, document: VendorDocument) -> None:
    """Have a seller's badges say what staff have just found of a paper, locked: its badge is made, in place
    of that of the version before; or taken away.
    """
    is_good = document.status is DocumentStatus.ACCEPTED
    of_papers = _versions_before(document.id) if is_good else select(literal(document.id))
    await session.execute(
        delete(VendorBadge)
        .where(or_(VendorBadge.document_id == document.id, VendorBadge.document_id.in_(of_papers)))
        .execution_options(synchronize_session=False)
    )
    if not is_good or document.kind not in KINDS:
        return
    kind, usual_name = KINDS[document.kind]
    of_origin = kind is BadgeKind.GEOGRAPHICAL_INDICATION
    session.add(
        VendorBadge(
            vendor_id=document.vendor_id,
            document_id=document.id,
            kind=kind,
            indication_id=document.indication_id,
            name="" if of_origin else document.name or usual_name,
            level=document.level,
            holder=document.holder,
            issuer=document.issuer,
            number=document.number,
            valid_from=_begins(document),
            valid_until=document.valid_until and _midnight(document.valid_until) + timedelta(days=1),
        )
    )
    await session.flush()


def _versions_before(document_id: int) -> Select[tuple[int]]:
    """The keys of all papers that a paper has taken the place of, one after the other."""
    before = select(VendorDocument.id).where(VendorDocument.replaced_by_id == document_id).cte(recursive=True)
    further = select(VendorDocument.id).where(VendorDocument.replaced_by_id == before.c.id)
    return select(before.union_all(further).c.id)


def _begins(document: VendorDocument) -> datetime:
    """From the day that the paper names; else from the day on which it was accepted."""
    return _midnight(document.valid_from or clock.now().date())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


async def tell_of_endings(session: AsyncSession) -> int:
    """Tell sellers of certificates that end within thirty days, and of those that have ended: of each once.

    Gives how many were told of. For a periodic job.
    """
    now = clock.now()
    ending = select(VendorBadge.id).where(
        VendorBadge.warned_at.is_(None),
        VendorBadge.valid_until > now,
        VendorBadge.valid_until <= now + WARNED_BEFORE,
    )
    ended = select(VendorBadge.id).where(
        VendorBadge.end_told_at.is_(None),
        VendorBadge.valid_until <= now,
        VendorBadge.valid_until > now - TOLD_UNTIL,
    )
    told = 0
    for due, letter in ((ending, VendorLetter.CERTIFICATE_ENDING), (ended, VendorLetter.CERTIFICATE_ENDED)):
        rows = await session.execute(
            select(VendorBadge, GeographicalIndication.name)
            .join(Vendor, Vendor.id == VendorBadge.vendor_id)
            .outerjoin(GeographicalIndication, GeographicalIndication.id == VendorBadge.indication_id)
            .where(VendorBadge.id.in_(due), Vendor.status.in_(WORKING))
            .order_by(VendorBadge.valid_until, VendorBadge.id)
            .limit(BATCH)
            .with_for_update(of=VendorBadge, skip_locked=True),
            execution_options={"populate_existing": True},
        )
        for badge, origin in rows.all():
            if letter is VendorLetter.CERTIFICATE_ENDING:
                badge.warned_at = now
            else:
                badge.end_told_at = now
            end = badge.valid_until or now
            last_day = (end - timedelta(seconds=1)).date().isoformat()
            await tell_owners(session, letter, badge.vendor_id, name=origin or badge.name, last_day=last_day)
            told += 1
    await session.flush()
    return told
