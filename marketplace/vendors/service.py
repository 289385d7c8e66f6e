"""Sellers: taking one in, approving, suspending."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import InvalidError, NotFoundError, RequiredError
from marketplace.kit.events import publish
from marketplace.kit.text import slug_of
from marketplace.people import audit
from marketplace.vendors.errors import IceTakenError, VendorStatusError
from marketplace.vendors.events import VendorProfileChanged, VendorStandingChanged
from marketplace.vendors.legal_ids import checked_ice
from marketplace.vendors.models import MemberRole, Vendor, VendorKind, VendorMember, VendorStatus

OLDEST_YEAR = 1000
LONGEST_STORY = 5000
PROFILE = frozenset(
    {
        "story",
        "craft",
        "founded_year",
        *(f"members_{who}" for who in ("total", "women", "rural", "young")),
        *(f"shows_members_{who}" for who in ("total", "women", "rural", "young")),
    }
)
"""What a seller may say of itself at any time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVendor:
    """What a seller says of itself when it applies."""

    name: str
    kind: VendorKind
    country_code: str = "MA"
    region_code: str | None = None
    province_code: str | None = None
    programme_id: int | None = None
    story: str = ""
    craft: str = ""
    ice: str | None = None
    register_number: str | None = None
    email: str = ""
    phone: str = ""
    language_code: str = "fr"


async def create_vendor(session: AsyncSession, given: NewVendor, owner_id: int | None = None) -> Vendor:
    """Take a seller's application in. Raises RequiredError, IceInvalidError, IceTakenError."""
    name = " ".join(given.name.split())
    if not name:
        raise RequiredError("What is the seller called?", field="name")
    number = checked_ice(given.ice) if given.ice else None
    if number and await session.scalar(select(Vendor.id).where(Vendor.ice == number)):
        raise IceTakenError("Another seller has this ICE already.", field="ice")
    vendor = Vendor(
        slug=await _free_slug(session, name),
        name=name,
        kind=given.kind,
        country_code=given.country_code,
        region_code=given.region_code,
        province_code=given.province_code,
        programme_id=given.programme_id,
        story=given.story,
        craft=given.craft,
        ice=number,
        register_number=given.register_number,
        email=given.email,
        phone=given.phone,
        language_code=given.language_code,
    )
    session.add(vendor)
    await session.flush()
    if owner_id is not None:
        session.add(VendorMember(vendor_id=vendor.id, user_id=owner_id, role=MemberRole.OWNER))
        await session.flush()
    await publish(session, VendorProfileChanged(vendor.id))
    return vendor


async def update_profile(session: AsyncSession, vendor_id: int, changes: Mapping[str, Any]) -> Vendor:
    """Change what a seller says of itself, by the names in PROFILE. Raises NotFoundError, InvalidError.

    Figures are shown only where the seller chose so.
    """
    vendor = await session.get(Vendor, vendor_id, with_for_update=True)
    if vendor is None:
        raise NotFoundError("There is no such seller.", field="id")
    founded, this_year = changes.get("founded_year"), clock.now().year
    if founded is not None and not OLDEST_YEAR <= founded <= this_year:
        raise InvalidError(f"Between {OLDEST_YEAR} and {this_year}, please.", field="foundedYear")
    if len(changes.get("story") or "") > LONGEST_STORY:
        raise InvalidError(f"At most {LONGEST_STORY} letters, please.", field="story")
    for name in PROFILE & changes.keys():
        setattr(vendor, name, changes[name])
    parts = (vendor.members_women, vendor.members_rural, vendor.members_young)
    if min(parts) < 0 or max(parts) > vendor.members_total:
        raise InvalidError("There can't be more of some members than there are members.", field="members")
    await session.flush()
    await publish(session, VendorProfileChanged(vendor.id))
    return vendor


async def approve_vendor(session: AsyncSession, vendor_id: int, actor_id: int | None) -> Vendor:
    """Let an applied or suspended seller sell. Raises NotFoundError, VendorStatusError."""
    return await _move(
        session, vendor_id, actor_id, {VendorStatus.APPLIED, VendorStatus.SUSPENDED}, VendorStatus.APPROVED
    )


async def suspend_vendor(session: AsyncSession, vendor_id: int, actor_id: int | None) -> Vendor:
    """Take an approved seller's products off the shelves. Raises NotFoundError, VendorStatusError."""
    return await _move(session, vendor_id, actor_id, {VendorStatus.APPROVED}, VendorStatus.SUSPENDED)


async def _move(
    session: AsyncSession,
    vendor_id: int,
    actor_id: int | None,
    allowed_from: set[VendorStatus],
    status: VendorStatus,
) -> Vendor:
    vendor = await session.get(Vendor, vendor_id, with_for_update=True)
    if vendor is None:
        raise NotFoundError("There is no such seller.", field="id")
    if vendor.status not in allowed_from:
        raise VendorStatusError(f"This seller is {vendor.status.value.lower()}.", field="id")
    vendor.status = status
    await session.flush()
    await audit.record(session, actor_id, f"vendor.{status.value.lower()}", "Vendor", vendor.id)
    await publish(session, VendorStandingChanged(vendor.id))
    return vendor


async def _free_slug(session: AsyncSession, name: str) -> str:
    """The name's slug, with the least number behind it that nobody has."""
    base = slug_of(name, "vendor")
    taken = set(
        await session.scalars(
            select(Vendor.slug).where((Vendor.slug == base) | Vendor.slug.startswith(f"{base}-"))
        )
    )
    number = 1
    slug = base
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug
