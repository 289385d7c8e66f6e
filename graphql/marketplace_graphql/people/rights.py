"""What members of staff may do: groups, and the permissions that they give."""

from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, ColumnElement, String, Text, and_, any_, func, literal, or_, select
from strawberry import ID

from marketplace.people import models
from marketplace.people.models import HeldPermission, group_channel, group_member
from marketplace.people.permissions import Permission as PermissionCode
from marketplace_graphql.kernel import (
    Filter,
    Node,
    OrderDirection,
    Sorting,
    by_id,
    each,
    enum,
    expression,
    input_type,
    never_null,
    node,
    object_type,
    record,
    related,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased

if TYPE_CHECKING:
    from marketplace_graphql.markets.types import Channel
    from marketplace_graphql.people.types import User

PermissionEnum = enum(PermissionCode, name="PermissionEnum")


def _in_words(code: Any) -> ColumnElement[str]:
    """`MANAGE_ORDERS` as Saleor's dashboard shows it: "Manage orders."."""
    words = func.lower(func.replace(code, "_", " "), type_=Text)
    return func.upper(func.left(words, 1), type_=Text).concat(func.substr(words, 2)).concat(".")


def in_words(code: str) -> str:
    """The same, of a code that is known."""
    return f"{code.replace('_', ' ').capitalize()}."


@object_type
class Permission:
    """Something that staff may be allowed to do."""

    code: PermissionEnum  # type: ignore[valid-type]
    name: str
    """In English."""


@record(models.HeldPermission, name="UserPermission", order_by=lambda row, ctx: row.code)
class UserPermission:
    """Something that a member of staff may do."""

    code: PermissionEnum = expression(lambda row, ctx: never_null(row.code))  # type: ignore[valid-type]
    name: str = expression(lambda row, ctx: never_null(_in_words(row.code)))
    """In English."""

    @related(limit=100)
    def source_permission_groups(row: Any, group: Any, ctx: Any, user_id: ID) -> "list[Group] | None":
        """The groups by which a person may."""
        return and_(row.code == any_(group.permissions), _has_member(group, ctx.key(user_id, "User")))


def group_visible(row: Any, ctx: Any) -> ColumnElement[bool] | None:
    """One's own groups; all of them to those who manage staff."""
    if ctx.requester.has(PermissionCode.MANAGE_STAFF):
        return None
    return _has_member(row, ctx.requester.user_id)


@node(models.PermissionGroup, name="Group", visible=group_visible, order_by=lambda row, ctx: row.name)
class Group(Node):
    """People who may do the same things."""

    name: str
    users: "list[User] | None" = related(
        lambda row, user, ctx: user.id.in_(_members_of(row)), needs=PermissionCode.MANAGE_STAFF, limit=100
    )
    permissions: list[Permission] | None = value(lambda row, ctx: permissions_in(row.permissions))
    """What they may do."""
    user_can_manage: bool = expression(lambda row, ctx: never_null(_covers(ctx.requester.user_id, row)))
    """Whether whoever asks may do all of it, and so may give it to others."""
    accessible_channels: "list[Channel] | None" = related(
        lambda row, channel, ctx: or_(~row.restricted_access_to_channels, channel.id.in_(_channels_of(row))),
        limit=100,
    )
    """Where they may do it."""
    restricted_access_to_channels: bool
    """Whether it is only in some channels."""


@input_type
class PermissionGroupFilterInput:
    """Which groups are listed."""

    search: str | None
    """A part of the name."""
    ids: list[ID] | None


@enum
class PermissionGroupSortField(Enum):
    """What groups can be sorted by."""

    NAME = "NAME"


@input_type
class PermissionGroupSortingInput:
    """How groups are sorted."""

    direction: OrderDirection
    field: PermissionGroupSortField


group_filter = Filter(
    PermissionGroupFilterInput,
    {
        "search": lambda row, term, ctx: row.name.icontains(term, autoescape=False),
        "ids": by_id("Group"),
    },
)
group_order = Sorting(PermissionGroupSortingInput, {PermissionGroupSortField.NAME: lambda row, ctx: row.name})


@object_type
class RightsOfUser:
    """What a member of staff may do: a part of `User`."""

    user_permissions: list[UserPermission] | None = related(
        lambda row, held, ctx: held.user_id == row.id, limit=100
    )
    permission_groups: list[Group] | None = related(
        lambda row, group, ctx: _has_member(group, row.id), limit=100
    )
    editable_groups: list[Group] | None = related(lambda row, group, ctx: _covers(row.id, group), limit=100)
    """Groups that may do nothing that the person may not, nowhere where the person does not work."""
    accessible_channels: "list[Channel] | None" = related(
        lambda row, channel, ctx: or_(_is_everywhere(row), channel.id.in_(_channels_of_groups(row.id))),
        limit=100,
    )
    """Channels in which the person works."""
    restricted_access_to_channels: bool = expression(lambda row, ctx: never_null(~_is_everywhere(row)))
    """Whether the person works only in some channels, or in none."""


def all_permissions() -> Any:
    """Parts of all the `Permission`s that there are."""
    codes = func.unnest(literal(list(PermissionCode), ARRAY(String))).table_valued("code").render_derived()
    return each(codes, {"code": codes.c.code, "name": _in_words(codes.c.code)}, order_by=codes.c.code)


def permissions_in(codes: Any) -> Any:
    """Parts of the `Permission`s of an array of codes."""
    held = func.unnest(codes).table_valued("code", name="held").render_derived()
    return each(held, {"code": held.c.code, "name": _in_words(held.c.code)}, order_by=held.c.code)


def _members_of(group: Any) -> Any:
    return select(group_member.c.user_id).where(group_member.c.group_id == group.id)


def _has_member(group: Any, user_id: Any) -> ColumnElement[bool]:
    member = group_member.alias()
    groups = select(member.c.group_id).where(member.c.user_id == user_id)
    found: ColumnElement[bool] = group.id.in_(groups.correlate_except(member))
    return found


def _covers(user_id: Any, group: Any) -> ColumnElement[bool]:
    """Whether a member of staff holds every permission of a group, and works wherever its members do."""
    held, user = aliased(HeldPermission), aliased(models.User)
    elsewhere = group_channel.alias()
    codes = func.array(
        select(held.code).where(held.user_id == user_id).correlate_except(held).scalar_subquery(),
        type_=ARRAY(String),
    )
    outside = select(literal(1)).where(
        elsewhere.c.group_id == group.id, elsewhere.c.channel_id.not_in(_channels_of_groups(user_id))
    )
    reaches = or_(
        _is_everywhere(user),
        and_(group.restricted_access_to_channels, ~outside.correlate_except(elsewhere).exists()),
    )
    is_staff = select(user.id).where(user.id == user_id, user.is_staff, reaches)
    return and_(is_staff.correlate_except(user).exists(), group.permissions.op("<@")(codes))


def _channels_of(group: Any) -> Any:
    place = group_channel.alias()
    return select(place.c.channel_id).where(place.c.group_id == group.id).correlate_except(place)


def _channels_of_groups(user_id: Any) -> Any:
    """The channels of a person's groups that work in some channels only."""
    place, member = group_channel.alias(), group_member.alias()
    return (
        select(place.c.channel_id)
        .join_from(place, member, member.c.group_id == place.c.group_id)
        .where(member.c.user_id == user_id)
        .correlate_except(place, member)
    )


def _is_everywhere(user: Any) -> ColumnElement[bool]:
    """Whether a person is in a group that works in all channels, or may do everything."""
    member, group = group_member.alias(), aliased(models.PermissionGroup)
    free = (
        select(literal(1))
        .join_from(member, group, group.id == member.c.group_id)
        .where(member.c.user_id == user.id, ~group.restricted_access_to_channels)
    )
    return or_(free.correlate_except(member, group).exists(), and_(user.is_staff, user.is_superuser))
