"""The house's own seller: whose the products are of which staff name no seller."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.events import publish
from marketplace.kit.text import slug_of
from marketplace.vendors.events import VendorProfileChanged
from marketplace.vendors.models import Vendor, VendorKind, VendorStatus


async def house_seller(session: AsyncSession, name: str) -> Vendor:
    """The house's seller; made, approved and called by this name, where there is none yet."""
    found = await session.scalar(select(Vendor).where(Vendor.is_house))
    if found is not None:
        return found
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext("vendor.is_house"))))
    found = await session.scalar(select(Vendor).where(Vendor.is_house))
    if found is not None:
        return found
    base = slug_of(name, "house")
    is_taken = await session.scalar(select(Vendor.id).where(Vendor.slug == base))
    house = Vendor(
        name=name,
        slug=f"{base}-house" if is_taken else base,
        kind=VendorKind.ENTREPRENEUR,
        status=VendorStatus.APPROVED,
        is_house=True,
    )
    session.add(house)
    await session.flush()
    await publish(session, VendorProfileChanged(house.id))
    return house
