"""What sellers say when another room tells of a change."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError
from marketplace.kit.events import subscribe
from marketplace.people.events import AccountClosing
from marketplace.vendors.models import VendorMember


@subscribe(AccountClosing)
async def keep_members(session: AsyncSession, event: AccountClosing) -> None:
    """A seller is not left without the people who answer for it. Raises DomainError."""
    if await session.scalar(
        select(VendorMember.vendor_id).where(VendorMember.user_id == event.user_id).limit(1)
    ):
        raise DomainError("This account works for a seller: leave the seller first.")
