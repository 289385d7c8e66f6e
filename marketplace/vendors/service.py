"""Sellers: taking one in, and what one says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import InvalidError, NotFoundError, RequiredError
from marketplace.kit.events import publish
from marketplace.vendors import standing
from marketplace.vendors.errors import IceTakenError
from marketplace.vendors.events import VendorProfileChanged
from marketplace.vendors.legal_ids import checked_ice
from marketplace.vendors.models import MemberRole, Vendor, VendorKind, VendorMember
from marketplace.vendors.naming import free_slug

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
    await check_ice_free(session, number)
    vendor = Vendor(
        slug=await free_slug(session, name),
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
    standing.begin(session, vendor, owner_id)
    await session.flush()
    await publish(session, VendorProfileChanged(vendor.id))
    return vendor


async def check_ice_free(session: AsyncSession, number: str | None, but_for: int | None = None) -> None:
    """Raises IceTakenError. For staff only: an applicant is not to learn who sells here."""
    others = select(Vendor.id).where(Vendor.ice == number, Vendor.id.is_distinct_from(but_for))
    if number and await session.scalar(others.limit(1)):
        raise IceTakenError("Another seller has this ICE already.", field="ice")


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
