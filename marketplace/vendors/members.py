"""Who works for a seller, and as what."""

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import NotFoundError
from marketplace.people import audit
from marketplace.people.service import user_by_email
from marketplace.vendors.models import MemberRole, VendorMember


async def set_member(
    session: AsyncSession, vendor_id: int, email: str, role: MemberRole | None, *, actor_id: int | None
) -> None:
    """Have whoever has this account work for a seller as that; None: no more. Raises NotFoundError."""
    user = await user_by_email(session, email)
    if user is None:
        raise NotFoundError("Nobody has an account with this e-mail address.", field="email")
    if role is None:
        await session.execute(
            delete(VendorMember).where(VendorMember.vendor_id == vendor_id, VendorMember.user_id == user.id)
        )
    else:
        given = insert(VendorMember).values(vendor_id=vendor_id, user_id=user.id, role=role)
        await session.execute(
            given.on_conflict_do_update(
                index_elements=[VendorMember.vendor_id, VendorMember.user_id], set_={"role": role}
            )
        )
    said = None if role is None else role.value
    await audit.record(session, actor_id, "vendor.member", "Vendor", vendor_id, user_id=user.id, role=said)
