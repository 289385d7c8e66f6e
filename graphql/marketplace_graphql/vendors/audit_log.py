"""The audit log, as staff and owners of sellers read it."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, ColumnElement, String, and_, any_, case, cast, false, select
from sqlalchemy.dialects.postgresql import ARRAY
from strawberry import ID

from marketplace.people.models import AuditEntry as EntryRow
from marketplace.people.permissions import Permission
from marketplace.vendors.models import MemberRole, VendorMember
from marketplace_graphql.inputs import DateTimeRangeInput
from marketplace_graphql.kernel import (
    AUTHENTICATED,
    CountableConnection,
    DateTime,
    Filter,
    JSONString,
    Node,
    between,
    connection,
    expression,
    input_type,
    node,
    object_type,
    related,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.vendors.people import name_of

if TYPE_CHECKING:
    from marketplace_graphql.apps.types import App
    from marketplace_graphql.people.types import User
    from marketplace_graphql.vendors.types import Vendor

ABOUT_SELLER = "Vendor"


def entry_visible(row: Any, ctx: Any) -> ColumnElement[bool] | None:
    """All of it to who manages staff; what concerns sellers to who works with these; what concerns their own
    seller to its owners.
    """
    if ctx.requester.has(Permission.MANAGE_STAFF):
        return None
    about_seller: ColumnElement[bool] = row.subject_type == ABOUT_SELLER
    if ctx.requester.has(Permission.MANAGE_VENDORS):
        return about_seller
    if not ctx.requester.is_vendor:
        return false()
    member = aliased(VendorMember)
    own = select(cast(member.vendor_id, String)).where(
        member.user_id == ctx.requester.user_id,
        member.role == MemberRole.OWNER,
        member.vendor_id == any_(ctx.requester.vendor_ids),
    )
    return and_(about_seller, row.subject_id.in_(own.correlate_except(member)))


@node(EntryRow, visible=entry_visible, order_by=lambda row, ctx: (row.at.desc(), row.id.desc()))
class AuditEntry(Node):
    """Something that somebody did, or saw, of somebody else's."""

    at: DateTime
    action: str
    """In words of the program, such as `vendor.approved`, `delegate.acted`, `bank_account.confirmed`."""
    subject_type: str
    subject_id: str
    details: JSONString
    """What is to be known besides; never a number of an account."""
    actor: "User | None" = related(lambda row, user, ctx: user.id == row.actor_id)
    actor_name: str | None = expression(lambda row, ctx: name_of(row.actor_id))
    """Who did it; null where it was done by a link, by the clock, or by somebody who is gone."""
    app: "App | None" = related(lambda row, app, ctx: app.id == row.app_id, needs=Permission.MANAGE_APPS)
    """The app that did it, if it was one."""
    vendor: "Vendor | None" = related(lambda row, vendor, ctx: vendor.id == _vendor_of(row))
    """The seller that it concerns, if it is one."""


def _vendor_of(row: Any) -> ColumnElement[int]:
    is_number = and_(row.subject_type == ABOUT_SELLER, row.subject_id.regexp_match("^[0-9]{1,18}$"))
    return case((is_number, cast(row.subject_id, BigInteger)))


@input_type
class AuditLogFilterInput:
    """Which lines of the log are listed."""

    vendors: list[ID] | None
    """What concerns these sellers."""
    actors: list[ID] | None
    """What these people did."""
    actions: list[str] | None
    at: DateTimeRangeInput | None


def _concerns(row: Any, ids: Any, ctx: Any) -> ColumnElement[bool]:
    keys = cast(ctx.key(ids, "Vendor"), ARRAY(String))
    return and_(row.subject_type == ABOUT_SELLER, row.subject_id == any_(keys))


log_filter = Filter(
    AuditLogFilterInput,
    {
        "vendors": _concerns,
        "actors": lambda row, ids, ctx: row.actor_id == any_(ctx.key(ids, "User")),
        "actions": lambda row, actions, ctx: row.action == any_(actions),
        "at": between(lambda row, ctx: row.at),
    },
)


@object_type
class AuditQueries:
    """The audit log."""

    audit_log: "CountableConnection[AuditEntry] | None" = connection(filter=log_filter, needs=AUTHENTICATED)
    """Who did what, the latest first: for staff, and of their own seller for its owners."""
