"""Applications: begun by whoever wants to sell, or by staff on somebody's behalf; sent in once complete."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import (
    Errors,
    InvalidError,
    Mistakes,
    NotFoundError,
    RequiredError,
)
from marketplace.kit.events import publish
from marketplace.people import audit
from marketplace.people.models import User
from marketplace.people.phones import checked_phone
from marketplace.people.service import checked_email
from marketplace.vendors import standing
from marketplace.vendors.document_models import DocumentStatus, VendorDocument
from marketplace.vendors.errors import LimitReachedError, VendorStatusError
from marketplace.vendors.events import VendorProfileChanged
from marketplace.vendors.invitations import invite
from marketplace.vendors.legal_ids import LegalId, checked_ice, checked_legal_ids
from marketplace.vendors.models import (
    APPLYING,
    WORKING,
    MemberRole,
    Programme,
    Province,
    Region,
    Vendor,
    VendorKind,
    VendorMember,
    VendorStatus,
)
from marketplace.vendors.naming import draft_slug
from marketplace.vendors.requirements import SAID, missing
from marketplace.vendors.service import LONGEST_STORY, OLDEST_YEAR, check_ice_free

MOST_IN_A_YEAR = 5
"""Applications that one person may begin: enough for every mistake, too few to fill the desk."""
LONGEST_LINE = 250
MOST_MEMBERS = 100_000
WRITABLE = (VendorStatus.DRAFT, VendorStatus.CHANGES_ASKED)
"""Where the applicant may write in the application; staff may wherever it is not ended."""


async def register(session: AsyncSession, applicant_id: int, given: Mapping[str, Any]) -> Vendor:
    """Begin an application as whoever is signed in, who owns the seller.

    Raises Errors, InvalidError, LimitReachedError.
    """
    await session.get_one(User, applicant_id, with_for_update=True)  # Two clicks, one application.
    await _check_may_apply(session, applicant_id)
    vendor = await _new(session, given, applicant_id=applicant_id)
    session.add(VendorMember(vendor_id=vendor.id, user_id=applicant_id, role=MemberRole.OWNER))
    await session.flush()
    return vendor


async def register_on_behalf(
    session: AsyncSession, staff_id: int | None, owner_email: str, given: Mapping[str, Any]
) -> Vendor:
    """Begin an application for somebody who is asked by letter to own the seller.

    Raises Errors, InvalidError.
    """
    owner_email = checked_email(owner_email, "ownerEmail")
    vendor = await _new(session, given, registered_by_id=staff_id)
    await invite(session, vendor.id, owner_email, MemberRole.OWNER, actor_id=staff_id)
    return vendor


async def write(
    session: AsyncSession,
    vendor_id: int,
    given: Mapping[str, Any],
    *,
    actor_id: int | None,
    is_staff: bool = False,
) -> Vendor:
    """Change what an application, or later the seller's entry, says. Raises Errors, VendorStatusError."""
    vendor = await standing.locked(session, vendor_id)
    ended = vendor.status in (VendorStatus.REFUSED, VendorStatus.CLOSED)
    if ended or not (is_staff or vendor.status in WRITABLE):
        raise VendorStatusError("This application can't be changed now.", field="id")
    columns = await _checked(session, given, vendor)
    if vendor.status in WORKING or is_staff:
        await check_ice_free(session, columns.get("ice"), vendor.id)
    for name, value in columns.items():
        setattr(vendor, name, value)
    await session.flush()
    if is_staff:
        await audit.record(session, actor_id, "vendor.written", "Vendor", vendor.id, fields=sorted(columns))
    await publish(session, VendorProfileChanged(vendor.id))
    return vendor


async def send_in(session: AsyncSession, vendor_id: int, actor_id: int | None) -> Vendor:
    """Hand an application over to the staff.

    Raises Errors (one for each thing that is missing), VendorStatusError.
    """
    vendor = await standing.locked(session, vendor_id)
    if vendor.status not in WRITABLE:
        raise VendorStatusError("This application has been sent in already.", field="id")
    said = {name: getattr(vendor, name) for name in SAID if name != "documents"}
    papers = await session.scalars(
        select(VendorDocument.kind).where(
            VendorDocument.vendor_id == vendor_id,
            VendorDocument.status != DocumentStatus.REFUSED,
            VendorDocument.replaced_by_id.is_(None),
        )
    )
    lacking = missing(said | {"documents": {kind.value for kind in papers}})
    if lacking:
        raise Errors([RequiredError(each.message, field=each.field) for each in lacking])
    return await standing.send_in(session, vendor, actor_id)


async def _check_may_apply(session: AsyncSession, applicant_id: int) -> None:
    open_one = select(Vendor.id).where(Vendor.applicant_id == applicant_id, Vendor.status.in_(APPLYING))
    if await session.scalar(open_one.limit(1)):
        raise LimitReachedError("You have an application under way: send that one in, or withdraw it.")
    begun = await session.scalar(
        select(func.count()).where(
            Vendor.applicant_id == applicant_id, Vendor.created_at > clock.now() - timedelta(days=365)
        )
    )
    if (begun or 0) >= MOST_IN_A_YEAR:
        raise LimitReachedError("You have applied several times this year. Please write to us.")


async def _new(session: AsyncSession, given: Mapping[str, Any], **whose: int | None) -> Vendor:
    vendor = Vendor(
        slug=draft_slug(),
        name="",
        kind=VendorKind.COOPERATIVE,
        status=VendorStatus.DRAFT,
        country_code="MA",
        members_total=0,
        members_women=0,
        members_rural=0,
        members_young=0,
        **whose,
    )
    for name, value in (await _checked(session, given, vendor)).items():
        setattr(vendor, name, value)
    session.add(vendor)
    await session.flush()
    actor_id = next(iter(whose.values()), None)
    standing.begin(session, vendor, actor_id)
    await session.flush()
    await audit.record(session, actor_id, "vendor.registered", "Vendor", vendor.id)
    await publish(session, VendorProfileChanged(vendor.id))
    return vendor


async def _checked(session: AsyncSession, given: Mapping[str, Any], vendor: Vendor) -> dict[str, Any]:
    """What is given as it is kept, by columns. Raises Errors: one for each field that is wrong."""
    mistakes, columns = Mistakes(), dict[str, Any]()
    country = given.get("country_code") or vendor.country_code
    lines = {"name": LONGEST_LINE, "craft": LONGEST_LINE, "story": LONGEST_STORY}
    for name in lines.keys() & given.keys():
        with mistakes.noted():
            columns[name] = _text(given[name] or "", name, lines[name])
    for name in ("kind", "country_code", "language_code"):
        if given.get(name) is not None:
            columns[name] = given[name]
    if "email" in given:
        with mistakes.noted():
            columns["email"] = checked_email(given["email"]) if given["email"] else ""
    if "phone" in given:
        with mistakes.noted():
            columns["phone"] = checked_phone(given["phone"] or "", country)
    if "ice" in given:
        with mistakes.noted():
            columns["ice"] = checked_ice(given["ice"]) if given["ice"] else None
    if "legal_ids" in given:
        with mistakes.noted():
            columns["legal_ids"] = ids = checked_legal_ids(given["legal_ids"] or {})
            register = ids.get(LegalId.LOCAL_REGISTER.value) or ids.get(LegalId.CRAFT_REGISTER.value)
            columns["register_number"] = register or vendor.register_number
    with mistakes.noted():
        columns |= _figures(given, vendor)
    with mistakes.noted():
        columns |= await _place(session, given, vendor, country)
    mistakes.raise_any()
    return columns


def _text(text: str, name: str, longest: int) -> str:
    said = text.strip() if name == "story" else " ".join(text.split())
    if name == "name" and not said:
        raise RequiredError("What is the seller called?", field="name")
    if len(said) > longest:
        raise InvalidError(f"At most {longest} characters, please.", field=name)
    return said


def _figures(given: Mapping[str, Any], vendor: Vendor) -> dict[str, Any]:
    """The year and the numbers of members."""
    columns: dict[str, Any] = {}
    if "founded_year" in given:
        year, this_year = given["founded_year"], clock.now().year
        if year is not None and not OLDEST_YEAR <= year <= this_year:
            raise InvalidError(f"Between {OLDEST_YEAR} and {this_year}, please.", field="foundedYear")
        columns["founded_year"] = year
    names = ("members_total", "members_women", "members_rural", "members_young")
    said: dict[str, int] = {name: given[name] for name in names if given.get(name) is not None}
    total, *some = (said.get(name, getattr(vendor, name)) for name in names)
    if min(some) < 0 or max(some) > total or total > MOST_MEMBERS:
        raise InvalidError(
            "There can't be more of some members than there are members.", field="membersTotal"
        )
    return columns | said


async def _place(
    session: AsyncSession, given: Mapping[str, Any], vendor: Vendor, country: str
) -> dict[str, Any]:
    """Where it works, and through which programme. Another country takes its regions along."""
    columns = {
        name: given[name] for name in ("region_code", "province_code", "programme_id") if name in given
    }
    if country != vendor.country_code:
        columns = {"region_code": None, "province_code": None} | columns
    region = columns.get("region_code", vendor.region_code)
    province = columns.get("province_code", vendor.province_code)
    if region and await session.scalar(select(Region.country_code).filter_by(code=region)) != country:
        raise NotFoundError("The country has no such region.", field="region")
    if province and await session.scalar(select(Province.region_code).filter_by(code=province)) != region:
        raise NotFoundError("The region has no such province.", field="province")
    programme = columns.get("programme_id")
    if programme and await session.scalar(select(Programme.id).filter_by(id=programme)) is None:
        raise NotFoundError("There is no such programme.", field="programme")
    return columns
