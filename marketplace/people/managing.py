"""Who among the staff may give and take rights, and what must not be left without anybody who may.

As in Saleor: whoever manages staff gives no right that they lack, has nothing to do with colleagues or groups
that may do more, or work elsewhere; and each right that somebody can give stays one that somebody can give.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError
from marketplace.kit.ids import to_global_id
from marketplace.people.models import HeldPermission, PermissionGroup, User, group_channel, group_member
from marketplace.people.permissions import Permission


@dataclass(frozen=True, slots=True)
class Manager:
    """One of the staff who gives and takes rights."""

    user_id: int
    is_superuser: bool
    permissions: frozenset[str]
    channel_ids: tuple[int, ...] | None = None
    """Where they work; None: everywhere."""

    def lacks(self, permissions: Iterable[str]) -> list[str]:
        return [] if self.is_superuser else sorted(set(permissions) - self.permissions)

    def reaches(self, channel_ids: Collection[int] | None) -> bool:
        """Whether they work in all of these channels (None: in all that there are)."""
        if self.is_superuser or self.channel_ids is None:
            return True
        return channel_ids is not None and set(channel_ids) <= set(self.channel_ids)


@dataclass(slots=True)
class Rights:
    """A group: what it gives, and to which active members of the staff."""

    permissions: set[str]
    members: set[int] = field(default_factory=set)


Groups = dict[int, Rights]


async def lock_groups(session: AsyncSession) -> Groups:
    """All groups, kept from other changes: two managers can't take each other's last right at once."""
    rows = await session.execute(
        select(PermissionGroup.id, PermissionGroup.permissions)
        .order_by(PermissionGroup.id)
        .with_for_update(key_share=True)
    )
    groups = {group_id: Rights(set(permissions)) for group_id, permissions in rows}
    members = await session.execute(
        select(group_member.c.group_id, group_member.c.user_id)
        .join(User, User.id == group_member.c.user_id)
        .where(User.is_active, User.is_staff)
    )
    for group_id, user_id in members:
        if group_id in groups:
            groups[group_id].members.add(user_id)
    return groups


def manageable(groups: Groups) -> set[str]:
    """The permissions that somebody has who also manages staff."""
    managers: set[int] = set()
    for group in groups.values():
        if Permission.MANAGE_STAFF in group.permissions:
            managers |= group.members
    return {
        permission
        for group in groups.values()
        if group.members & managers
        for permission in group.permissions
    }


def check_manageable(manager: Manager, before: Groups, after: Groups, field: str) -> None:
    """Raises DomainError where a permission is left that nobody can give any more."""
    left = sorted(manageable(before) - manageable(after))
    if left and not manager.is_superuser:
        raise DomainError(
            "Nobody could manage these permissions any more.",
            field=field,
            code="LEFT_NOT_MANAGEABLE_PERMISSION",
            permissions=left,
        )


def without_members(groups: Groups, user_ids: Collection[int], *, of: int | None = None) -> Groups:
    """The groups if some members left all of them, or one."""
    gone = set(user_ids)
    return {
        group_id: Rights(group.permissions, group.members - gone if of in (None, group_id) else group.members)
        for group_id, group in groups.items()
    }


async def check_in_scope(session: AsyncSession, manager: Manager, users: Sequence[User], field: str) -> None:
    """Raises DomainError for colleagues who may do something that the manager may not."""
    held = await permissions_of(session, [user.id for user in users])
    beyond = [user for user in users if manager.lacks(held.get(user.id, ()))]
    if beyond:
        raise DomainError(
            "These members of staff may do more than you.",
            field=field,
            code="OUT_OF_SCOPE_USER",
            users=[to_global_id("User", user.id) for user in beyond],
        )


async def permissions_of(session: AsyncSession, user_ids: Collection[int]) -> Mapping[int, set[str]]:
    """What members of staff may do, by their keys."""
    held: dict[int, set[str]] = {}
    rows = await session.execute(
        select(HeldPermission.user_id, HeldPermission.code).where(HeldPermission.user_id.in_(user_ids))
    )
    for user_id, code in rows:
        held.setdefault(user_id, set()).add(code)
    return held


async def channels_of(session: AsyncSession, groups: Sequence[PermissionGroup]) -> dict[int, set[int] | None]:
    """By the groups' keys, where their members work; None: everywhere."""
    found: dict[int, set[int] | None] = {
        group.id: set() if group.restricted_access_to_channels else None for group in groups
    }
    rows = await session.execute(
        select(group_channel.c.group_id, group_channel.c.channel_id).where(
            group_channel.c.group_id.in_([group.id for group in groups])
        )
    )
    for group_id, channel_id in rows:
        places = found[group_id]
        if places is not None:
            places.add(channel_id)
    return found
