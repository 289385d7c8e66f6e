"""Letters to sellers: a service asks for them, a job writes each in its reader's language after the commit.

What makes a link work is made when the letter is written: no row of the queue can answer in anybody's place.
"""

from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.jobs import enqueue
from marketplace.people.models import HeldPermission, User
from marketplace.people.permissions import Permission
from marketplace.vendors.models import MemberRole, Vendor, VendorMember

JOB = "post.vendor_letter"
SMS_JOB = "post.vendor_sms"
MOST_READERS = 50


class VendorLetter(StrEnum):
    """What is written about. `pages/seller_letters.py` has the words of each."""

    APPLIED = "APPLIED"
    IN_REVIEW = "IN_REVIEW"
    CHANGES_ASKED = "CHANGES_ASKED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"
    DOCUMENT_REFUSED = "DOCUMENT_REFUSED"
    CERTIFICATE_ENDING = "CERTIFICATE_ENDING"
    CERTIFICATE_ENDED = "CERTIFICATE_ENDED"
    INVITATION = "INVITATION"
    DELEGATION_ASKED = "DELEGATION_ASKED"
    BANK_CONFIRM = "BANK_CONFIRM"
    BANK_CHANGED = "BANK_CHANGED"
    BANK_UNDONE = "BANK_UNDONE"
    BANK_UNDONE_STAFF = "BANK_UNDONE_STAFF"


async def write_to(
    session: AsyncSession,
    letter: VendorLetter,
    vendor_id: int,
    email: str,
    *,
    about: UUID | None = None,
    **said: str,
) -> None:
    """Have a letter sent to an address. `about`: the key of what its link is about."""
    await enqueue(
        session,
        JOB,
        letter_id=uuid4(),
        letter=letter,
        vendor_id=vendor_id,
        email=email,
        about=about,
        said=said,
    )


async def text_to(
    session: AsyncSession, letter: VendorLetter, vendor_id: int, phone: str, *, about: UUID, **said: str
) -> None:
    """Have a text message sent to a telephone."""
    await enqueue(
        session,
        SMS_JOB,
        letter_id=uuid4(),
        letter=letter,
        vendor_id=vendor_id,
        phone=phone,
        about=about,
        said=said,
    )


async def tell_owners(
    session: AsyncSession, letter: VendorLetter, vendor_id: int, *, about: UUID | None = None, **said: str
) -> None:
    """Have everybody written to who owns a seller; of one without owners its own address."""
    owners = (
        select(User.email)
        .join(VendorMember, VendorMember.user_id == User.id)
        .where(VendorMember.vendor_id == vendor_id, VendorMember.role == MemberRole.OWNER, User.is_active)
        .order_by(User.id)
        .limit(MOST_READERS)
    )
    addresses = list(await session.scalars(owners))
    if not addresses:
        own = await session.scalar(select(Vendor.email).where(Vendor.id == vendor_id))
        addresses = [own] if own else []
    for email in addresses:
        await write_to(session, letter, vendor_id, email, about=about, **said)


async def tell_staff(session: AsyncSession, letter: VendorLetter, vendor_id: int, *, ending: str) -> None:
    """Have the staff written to who work with sellers."""
    staff = (
        select(User.email)
        .join(HeldPermission, HeldPermission.user_id == User.id)
        .where(HeldPermission.code == Permission.MANAGE_VENDORS, User.is_active)
        .order_by(User.id)
        .limit(MOST_READERS)
    )
    for email in await session.scalars(staff):
        await write_to(session, letter, vendor_id, email, ending=ending)
