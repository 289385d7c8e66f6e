"""Applications, papers and links for tests."""

from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.people.models import User
from marketplace.vendors import applications, documents
from marketplace.vendors.document_models import DocumentKind, VendorDocument
from marketplace.vendors.documents import PaperSays
from marketplace.vendors.legal_ids import LegalId
from marketplace.vendors.models import GeographicalIndication, Vendor, VendorKind
from marketplace.vendors.paper_files import PaperFile
from tests.factories.people import make_user
from tests.factories.vendors import make_region

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
COOPERATIVE: dict[str, Any] = {
    "name": "Coopérative Tifawin",
    "kind": VendorKind.COOPERATIVE,
    "region_code": "MA-09",
    "craft": "Tapis",
    "email": "tifawin@example.test",
    "ice": "001561191000066",
    "legal_ids": {LegalId.LOCAL_REGISTER: "123/2019"},
    "members_total": 12,
}
"""An application that lacks its papers only."""


async def make_application(
    session: AsyncSession, user: User | None = None, **given: Any
) -> tuple[Vendor, User]:
    """A cooperative's draft, and its applicant."""
    await make_region(session)
    applicant = user or await make_user(session)
    return await applications.register(session, applicant.id, COOPERATIVE | given), applicant


async def make_document(
    session: AsyncSession,
    vendor_id: int,
    kind: DocumentKind = DocumentKind.STATUTES,
    replaces_id: int | None = None,
    **says: Any,
) -> VendorDocument:
    """A paper whose file lies nowhere."""
    file = PaperFile(f"private/vendors/{vendor_id}/some.pdf", "some.pdf", "application/pdf", PDF)
    paper = PaperSays(kind=kind, **says)
    return await documents.add_document(
        session, vendor_id, paper, file, actor_id=None, replaces_id=replaces_id
    )


async def make_origin(session: AsyncSession, name: str = "Safran de Taliouine") -> GeographicalIndication:
    origin = GeographicalIndication(name=name, label="AOP", family="Safran", product="Safran")
    session.add(origin)
    await session.flush()
    return origin


async def letters_asked_for(session: AsyncSession) -> list[dict[str, Any]]:
    """What letters and text messages to sellers are queued, in order."""
    queued = await session.scalars(
        select(text("args"))
        .select_from(text("procrastinate_jobs"))
        .where(text("task_name IN ('post.vendor_letter', 'post.vendor_sms')"))
        .order_by(text("id"))
    )
    return list(queued)
