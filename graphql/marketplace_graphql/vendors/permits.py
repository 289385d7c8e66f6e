"""Who may do what with a seller: its members by their roles, and staff who work with sellers."""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false

from marketplace.kit.errors import PermissionDeniedError
from marketplace.people.permissions import Permission
from marketplace.vendors import models
from marketplace.vendors.models import MemberRole
from marketplace.vendors.queries import works_as
from marketplace_graphql.kernel import Info
from marketplace_graphql.kernel.reader.aliases import aliased

STAFF = Permission.MANAGE_VENDORS


def of_role(vendor_id: Any, ctx: Any, *roles: MemberRole) -> ColumnElement[bool]:
    """The rule of what a seller shows to some of its members; to no app in whose hands they are. Told by the
    rows, so that whoever has just applied sees the application at once.
    """
    if ctx.requester.is_anonymous:
        return false()
    member = aliased(models.VendorMember)
    holds = exists().where(
        member.vendor_id == vendor_id,
        member.user_id == ctx.requester.user_id,
        member.role.in_(roles),
    )
    return and_(ctx.requester.own_app_id.is_(None), holds.correlate_except(member))


def owner_or_staff(vendor_id: Any, ctx: Any) -> ColumnElement[bool] | None:
    """Papers, members, the log: the seller's owners, and staff who work with sellers."""
    return None if ctx.requester.has(STAFF) else of_role(vendor_id, ctx, MemberRole.OWNER)


def member_or_staff(vendor_id: Any, ctx: Any) -> ColumnElement[bool] | None:
    """What all of a seller's members are told, and staff who work with sellers."""
    return None if ctx.requester.has(STAFF) else of_role(vendor_id, ctx, *MemberRole)


async def works_for(info: Info, vendor_id: int, permission: Permission, *roles: MemberRole) -> None:
    """Raises PermissionDeniedError for who neither holds the permission nor works for the seller as that."""
    if permission not in info.requester.permissions and not await is_one_of(info, vendor_id, *roles):
        raise PermissionDeniedError(permission)


async def is_one_of(info: Info, vendor_id: int, *roles: MemberRole) -> bool:
    """Whether the requester works for the seller in one of the roles: a person, not an app for one."""
    requester = info.requester
    return vendor_id in requester.vendor_ids and await works_as(
        info.session, requester.user_id, vendor_id, *roles
    )


def is_staff(info: Info) -> bool:
    return STAFF in info.requester.permissions
