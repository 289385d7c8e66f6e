"""Who works for a seller, and as what. A seller is never without an owner who had one."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import NotFoundError
from marketplace.people import audit
from marketplace.people.service import user_by_email
from marketplace.vendors import standing
from marketplace.vendors.errors import LastOwnerError
from marketplace.vendors.models import MemberRole, VendorMember


async def set_member(
    session: AsyncSession, vendor_id: int, email: str, role: MemberRole | None, *, actor_id: int | None
) -> None:
    """Have whoever has this account work for a seller as that; None: no more.

    Raises NotFoundError, LastOwnerError.
    """
    user = await user_by_email(session, email)
    if user is None:
        raise NotFoundError("Nobody has an account with this e-mail address.", field="email")
    await standing.locked(session, vendor_id)
    member = await _member(session, vendor_id, user.id)
    if member is None and role is not None:
        await join(session, vendor_id, user.id, role)
    elif member is not None:
        await _give(session, member, role)
    await _note(session, actor_id, vendor_id, user.id, role)


async def change_member(
    session: AsyncSession, vendor_id: int, user_id: int, role: MemberRole | None, *, actor_id: int | None
) -> None:
    """Give a member another role; None: none any more. Raises NotFoundError, LastOwnerError."""
    await standing.locked(session, vendor_id)
    member = await _member(session, vendor_id, user_id)
    if member is None:
        raise NotFoundError("Nobody of that account works for the seller.", field="userId")
    await _give(session, member, role)
    await _note(session, actor_id, vendor_id, user_id, role)


async def join(session: AsyncSession, vendor_id: int, user_id: int, role: MemberRole) -> None:
    """Have somebody work for a seller, locked, who does not yet."""
    session.add(VendorMember(vendor_id=vendor_id, user_id=user_id, role=role))
    await session.flush()


async def _member(session: AsyncSession, vendor_id: int, user_id: int) -> VendorMember | None:
    return await session.get(VendorMember, (vendor_id, user_id), populate_existing=True)


async def _give(session: AsyncSession, member: VendorMember, role: MemberRole | None) -> None:
    if member.role is MemberRole.OWNER and role is not MemberRole.OWNER:
        owners = select(func.count()).where(
            VendorMember.vendor_id == member.vendor_id, VendorMember.role == MemberRole.OWNER
        )
        if await session.scalar(owners) == 1:
            raise LastOwnerError("This is the seller's last owner: name another one first.", field="role")
    if role is None:
        await session.delete(member)
    else:
        member.role = role
    await session.flush()


async def _note(
    session: AsyncSession, actor_id: int | None, vendor_id: int, user_id: int, role: MemberRole | None
) -> None:
    said = None if role is None else role.value
    await audit.record(session, actor_id, "vendor.member", "Vendor", vendor_id, user_id=user_id, role=said)
