"""Who works for a seller, who is asked to, and who of the staff acts for it: parts of `Vendor`."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from marketplace.people.models import User as UserRow
from marketplace.vendors import models
from marketplace.vendors.member_models import VendorDelegation as DelegationRow
from marketplace.vendors.member_models import VendorInvitation as InvitationRow
from marketplace_graphql.kernel import (
    DateTime,
    Node,
    enum,
    expression,
    never_null,
    node,
    object_type,
    record,
    related,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.vendors.permits import owner_or_staff

if TYPE_CHECKING:
    from marketplace_graphql.people.types import User
    from marketplace_graphql.vendors.types import Vendor

MemberRoleEnum = enum(models.MemberRole, name="VendorMemberRoleEnum")


def name_of(user_id: Any) -> ColumnElement[str]:
    """What somebody is called; by whose address, who gave no name."""
    user = aliased(UserRow)
    called = func.nullif(func.trim(user.first_name + " " + user.last_name), "")
    found = select(func.coalesce(called, user.email)).where(user.id == user_id).correlate_except(user)
    return found.scalar_subquery()


@record(models.VendorMember, order_by=lambda row, ctx: row.user_id)
class VendorMember:
    """Somebody who works for a seller."""

    role: MemberRoleEnum  # type: ignore[valid-type]
    user: "User | None" = related()
    name: str = expression(lambda row, ctx: func.coalesce(name_of(row.user_id), ""))


@node(
    InvitationRow,
    visible=lambda row, ctx: owner_or_staff(row.vendor_id, ctx),
    order_by=lambda row, ctx: (row.created_at, row.id),
)
class VendorInvitation(Node):
    """Somebody who is asked by letter to work for a seller."""

    email: str
    role: MemberRoleEnum  # type: ignore[valid-type]
    created_at: DateTime
    expires_at: DateTime


def delegation_visible(row: Any, ctx: Any) -> ColumnElement[bool] | None:
    """The seller's owners, the agent, and staff who work with sellers."""
    rule = owner_or_staff(row.vendor_id, ctx)
    return None if rule is None else or_(rule, row.agent_id == ctx.requester.user_id)


@node(DelegationRow, visible=delegation_visible, order_by=lambda row, ctx: (row.asked_at.desc(), row.id))
class VendorDelegation(Node):
    """One of the staff who acts for a seller, or asks whether they may."""

    vendor: "Vendor | None" = related(lambda row, vendor, ctx: vendor.id == row.vendor_id)
    agent_name: str = expression(lambda row, ctx: never_null(name_of(row.agent_id)))
    reason: str
    days: int
    """For how long, from the consent on; at most ninety."""
    asked_at: DateTime
    consented_at: DateTime | None
    consented_by: "User | None" = related(lambda row, user, ctx: user.id == row.consented_by_id)
    ends_at: DateTime | None
    ended_at: DateTime | None
    """When it was declined, or ended before its time."""

    @expression
    def is_in_force(row: Any, ctx: Any) -> bool:
        """Whether the agent acts for the seller now."""
        return never_null(func.coalesce(and_(row.ends_at > ctx.now, row.ended_at.is_(None)), False))


def _owner_or_staff(row: Any, ctx: Any) -> ColumnElement[bool] | None:
    return owner_or_staff(row.id, ctx)


@object_type
class PeopleOfVendor:
    """A part of `Vendor`."""

    team: list[VendorMember] | None = related(
        lambda row, member, ctx: member.vendor_id == row.id, limit=100, allowed=_owner_or_staff
    )
    """Who works for it, and as what."""
    invitations: list[VendorInvitation] | None = related(
        lambda row, asked, ctx: and_(
            asked.vendor_id == row.id, asked.closed_at.is_(None), asked.expires_at > ctx.now
        ),
        limit=100,
        allowed=_owner_or_staff,
    )
    """Who is asked to work for it and has not answered yet."""
    delegations: list[VendorDelegation] | None = related(
        lambda row, delegation, ctx: delegation.vendor_id == row.id, limit=100, allowed=_owner_or_staff
    )
    """Who of the staff acts for it, acted for it, or asks to; the latest first."""
