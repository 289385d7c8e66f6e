"""Sellers for tests."""

from itertools import count

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.people.models import User
from marketplace.vendors.models import (
    MemberRole,
    Region,
    Vendor,
    VendorKind,
    VendorMember,
    VendorStatus,
)

_numbers = count(1)


async def make_region(session: AsyncSession, code: str = "MA-09", name: str = "Souss-Massa") -> Region:
    """The region of a code; made if it is not there yet."""
    region = await session.scalar(select(Region).where(Region.code == code))
    if region is None:
        region = Region(code=code, country_code=code[:2], name_fr=name, name_ar="سوس ماسة")
        session.add(region)
        await session.flush()
    return region


async def make_vendor(session: AsyncSession, **given: object) -> Vendor:
    """An approved cooperative."""
    number = next(_numbers)
    vendor = Vendor(
        **{
            "slug": f"cooperative-{number}",
            "name": f"Coopérative {number}",
            "kind": VendorKind.COOPERATIVE,
            "status": VendorStatus.APPROVED,
        }
        | given
    )
    session.add(vendor)
    await session.flush()
    return vendor


async def make_member(
    session: AsyncSession, vendor: Vendor, user: User, role: MemberRole = MemberRole.OWNER
) -> VendorMember:
    member = VendorMember(vendor_id=vendor.id, user_id=user.id, role=role)
    session.add(member)
    await session.flush()
    return member
