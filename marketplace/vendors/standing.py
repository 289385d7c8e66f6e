"""Where a seller stands, from its application to its end; each step is written down with its reason."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError, InvalidError, NotFoundError, RequiredError
from marketplace.kit.events import publish
from marketplace.people import audit
from marketplace.vendors.errors import IceTakenError, VendorStatusError
from marketplace.vendors.events import VendorClosing, VendorStandingChanged
from marketplace.vendors.letters import VendorLetter, tell_owners
from marketplace.vendors.models import APPLYING, WORKING, Vendor, VendorMember, VendorStatus
from marketplace.vendors.naming import DRAFT_SLUG, free_slug
from marketplace.vendors.standing_models import VendorStanding

LONGEST_REASON = 2000
FROM: Mapping[VendorStatus, frozenset[VendorStatus]] = {
    VendorStatus.APPLIED: frozenset({VendorStatus.DRAFT, VendorStatus.CHANGES_ASKED}),
    VendorStatus.IN_REVIEW: frozenset({VendorStatus.APPLIED}),
    VendorStatus.CHANGES_ASKED: frozenset({VendorStatus.APPLIED, VendorStatus.IN_REVIEW}),
    VendorStatus.APPROVED: frozenset({VendorStatus.APPLIED, VendorStatus.IN_REVIEW, VendorStatus.SUSPENDED}),
    VendorStatus.REFUSED: frozenset(
        {VendorStatus.APPLIED, VendorStatus.IN_REVIEW, VendorStatus.CHANGES_ASKED}
    ),
    VendorStatus.SUSPENDED: frozenset({VendorStatus.APPROVED}),
    VendorStatus.CLOSED: frozenset({*APPLYING, *WORKING}),
}
"""Where each step begins."""


async def locked(session: AsyncSession, vendor_id: int) -> Vendor:
    """A seller, kept from other changes. Raises NotFoundError."""
    vendor = await session.get(Vendor, vendor_id, with_for_update=True, populate_existing=True)
    if vendor is None:
        raise NotFoundError("There is no such seller.", field="id")
    return vendor


async def begin_review(session: AsyncSession, vendor_id: int, actor_id: int | None) -> Vendor:
    """Take an application up. Raises NotFoundError, VendorStatusError."""
    return await _move(session, await locked(session, vendor_id), VendorStatus.IN_REVIEW, actor_id)


async def ask_for_changes(
    session: AsyncSession, vendor_id: int, actor_id: int | None, message: str
) -> Vendor:
    """Give an application back with words to its applicant. Raises as `begin_review`, and RequiredError."""
    said = checked_reason(message, "message", is_needed=True)
    vendor = await locked(session, vendor_id)
    return await _move(session, vendor, VendorStatus.CHANGES_ASKED, actor_id, said)


async def approve_vendor(
    session: AsyncSession, vendor_id: int, actor_id: int | None, reason: str = ""
) -> Vendor:
    """Let a seller sell that has applied, or was suspended.

    Raises NotFoundError, VendorStatusError, IceTakenError, DomainError for one's own seller.
    """
    said = checked_reason(reason)
    vendor = await locked(session, vendor_id)
    _check_step(vendor, VendorStatus.APPROVED)
    own = select(VendorMember.user_id).filter_by(vendor_id=vendor_id, user_id=actor_id)
    if actor_id is not None and await session.scalar(own):
        raise DomainError("Nobody approves the seller that they work for.", field="id")
    if vendor.slug.startswith(DRAFT_SLUG):
        vendor.slug = await free_slug(session, vendor.name)
    return await _move(session, vendor, VendorStatus.APPROVED, actor_id, said)


async def refuse_vendor(session: AsyncSession, vendor_id: int, actor_id: int | None, reason: str) -> Vendor:
    """End an application that can't be approved. Raises as `begin_review`, and RequiredError."""
    said = checked_reason(reason, is_needed=True)
    return await _move(session, await locked(session, vendor_id), VendorStatus.REFUSED, actor_id, said)


async def suspend_vendor(
    session: AsyncSession, vendor_id: int, actor_id: int | None, reason: str = ""
) -> Vendor:
    """Take an approved seller's products off the shelves. Raises NotFoundError, VendorStatusError."""
    said = checked_reason(reason)
    return await _move(session, await locked(session, vendor_id), VendorStatus.SUSPENDED, actor_id, said)


async def close_vendor(session: AsyncSession, vendor_id: int, actor_id: int | None, reason: str) -> Vendor:
    """End a seller for good, once nothing of it is open. What it sold stays in the books.

    Raises NotFoundError, RequiredError, VendorStatusError, StillOpenError.
    """
    said = checked_reason(reason, is_needed=True)
    vendor = await locked(session, vendor_id)
    if vendor.is_house:
        raise DomainError("This is the house's own seller: it stays.", field="id")
    _check_step(vendor, VendorStatus.CLOSED)
    await publish(session, VendorClosing(vendor.id))
    return await _move(session, vendor, VendorStatus.CLOSED, actor_id, said)


async def withdraw(session: AsyncSession, vendor_id: int, actor_id: int | None) -> Vendor:
    """The applicant gives an application up. Raises NotFoundError, VendorStatusError."""
    vendor = await locked(session, vendor_id)
    if vendor.status not in APPLYING:
        raise _wrong_status(vendor)
    return await _move(session, vendor, VendorStatus.CLOSED, actor_id, tells=False)


async def send_in(session: AsyncSession, vendor: Vendor, actor_id: int | None) -> Vendor:
    """Hand an application, locked and complete, over to the staff. Raises VendorStatusError."""
    return await _move(session, vendor, VendorStatus.APPLIED, actor_id)


def begin(session: AsyncSession, vendor: Vendor, actor_id: int | None) -> None:
    """Write down where a new seller stands first."""
    session.add(VendorStanding(vendor_id=vendor.id, actor_id=actor_id, to_status=vendor.status))


def checked_reason(reason: str, field: str = "reason", *, is_needed: bool = False) -> str:
    """Words to a seller. Raises RequiredError, InvalidError."""
    said = reason.strip()
    if is_needed and not said:
        raise RequiredError("Say why, in words to the seller.", field=field)
    if len(said) > LONGEST_REASON:
        raise InvalidError(f"At most {LONGEST_REASON} characters, please.", field=field)
    return said


async def _move(
    session: AsyncSession,
    vendor: Vendor,
    status: VendorStatus,
    actor_id: int | None,
    reason: str = "",
    *,
    tells: bool = True,
) -> Vendor:
    _check_step(vendor, status)
    before, vendor.status = vendor.status, status
    try:
        async with session.begin_nested():
            await session.flush()
    except IntegrityError as refused:  # Of those that sell, each has an ICE of its own.
        if "uq_vendor_ice" not in str(refused.orig):
            raise
        raise IceTakenError("Another seller has this ICE already.", field="ice") from None
    session.add(
        VendorStanding(
            vendor_id=vendor.id, actor_id=actor_id, from_status=before, to_status=status, reason=reason
        )
    )
    await session.flush()
    await audit.record(session, actor_id, f"vendor.{status.value.lower()}", "Vendor", vendor.id)
    if VendorStatus.APPROVED in (before, status):
        await publish(session, VendorStandingChanged(vendor.id))
    if tells:
        await tell_owners(session, VendorLetter(status.value), vendor.id, words=reason)
    return vendor


def _check_step(vendor: Vendor, status: VendorStatus) -> None:
    if vendor.status not in FROM[status]:
        raise _wrong_status(vendor)


def _wrong_status(vendor: Vendor) -> VendorStatusError:
    now = vendor.status.value.lower().replace("_", " ")
    return VendorStatusError(f"This seller stands otherwise: {now}.", field="id")
