"""Groups of the staff: what their members may do, and where."""

from collections.abc import Collection, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError, Errors, InvalidError, RequiredError, UniqueError
from marketplace.kit.ids import to_global_id
from marketplace.people.managing import (
    Groups,
    Manager,
    Rights,
    channels_of,
    check_in_scope,
    check_manageable,
    lock_groups,
    without_members,
)
from marketplace.people.models import PermissionGroup, User, group_channel, group_member

NAME_CHARACTERS = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChanges:
    """What is written of a group; what is None is left as it is."""

    name: str | None = None
    is_restricted: bool | None = None
    """Whether its members work in the group's channels alone."""
    add_permissions: Sequence[str] = ()
    remove_permissions: Sequence[str] = ()
    add_users: Sequence[User] = ()
    remove_users: Sequence[User] = ()
    add_channels: Sequence[int] = ()
    remove_channels: Sequence[int] = ()


async def create_group(session: AsyncSession, manager: Manager, given: GroupChanges) -> PermissionGroup:
    """Make a group, of what the manager may do and where the manager works. Raises Errors."""
    await lock_groups(session)
    faults = _channel_faults(manager, given, is_restricted=bool(given.is_restricted))
    faults += _permission_faults(manager, given)
    faults += _staff_only(given.add_users)
    group = PermissionGroup(name="", permissions=[], restricted_access_to_channels=bool(given.is_restricted))
    await _write(session, group, given, faults)
    return group


async def update_group(
    session: AsyncSession, manager: Manager, group: PermissionGroup, given: GroupChanges
) -> PermissionGroup:
    """Change a group that is the manager's to change. Raises DomainError, Errors."""
    before = await lock_groups(session)
    await session.refresh(group)
    await _check_own(session, manager, group)
    faults = _named_twice(given)
    if faults:
        raise Errors(faults)
    restricted = group.restricted_access_to_channels if given.is_restricted is None else given.is_restricted
    faults = _channel_faults(manager, given, is_restricted=restricted)
    faults += _permission_faults(manager, given)
    faults += _staff_only(given.add_users)
    faults += await _leaving_faults(session, manager, group, before, given)
    group.restricted_access_to_channels = restricted
    await _write(session, group, given, faults)
    return group


async def check_group_may_go(session: AsyncSession, manager: Manager, group: PermissionGroup) -> None:
    """Raises DomainError for a group that is not the manager's to delete."""
    before = await lock_groups(session)
    await session.refresh(group)
    await _check_own(session, manager, group)
    after = {key: rights for key, rights in before.items() if key != group.id}
    check_manageable(manager, before, after, "id")
    if not manager.is_superuser and await _is_last_group(session, manager.user_id, group.id):
        raise DomainError(
            "Nobody deletes their own last group.", field="id", code="CANNOT_REMOVE_FROM_LAST_GROUP"
        )


async def delete_group(session: AsyncSession, group: PermissionGroup) -> None:
    await session.delete(group)
    await session.flush()


async def _check_own(session: AsyncSession, manager: Manager, group: PermissionGroup) -> None:
    """Raises DomainError for a group that may do more than the manager, or works elsewhere."""
    if manager.lacks(group.permissions):
        raise DomainError("This group may do more than you.", code="OUT_OF_SCOPE_PERMISSION")
    places = await channels_of(session, [group])
    if not manager.reaches(places[group.id]):
        raise DomainError("This group works in channels that are not yours.", code="OUT_OF_SCOPE_CHANNEL")


def _named_twice(given: GroupChanges) -> list[DomainError]:
    """What is both added and taken away."""
    users, channels = _keys(given.add_users), set(given.add_channels)
    twice: dict[str, list[str]] = {
        "permissions": sorted(set(given.add_permissions) & set(given.remove_permissions)),
        "users": [to_global_id("User", key) for key in sorted(users & _keys(given.remove_users))],
        "channels": [to_global_id("Channel", key) for key in sorted(channels & set(given.remove_channels))],
    }
    message = "Either added or taken away, not both."
    return [
        DomainError(message, field=field, code="DUPLICATED_INPUT_ITEM", **{field: named})
        for field, named in twice.items()
        if named
    ]


def _keys(users: Sequence[User]) -> set[int]:
    return {user.id for user in users}


def _channel_faults(manager: Manager, given: GroupChanges, *, is_restricted: bool) -> list[DomainError]:
    """Nobody lets a group work where they don't themselves."""
    if not is_restricted:
        if manager.reaches(None):
            return []
        message = "You don't work in all channels yourself."
        return [DomainError(message, field="restrictedAccessToChannels", code="OUT_OF_SCOPE_CHANNEL")]
    faults = []
    for field, named in (("addChannels", given.add_channels), ("removeChannels", given.remove_channels)):
        beyond = [key for key in named if not manager.reaches([key])]
        if beyond:
            faults.append(
                DomainError(
                    "You don't work in these channels yourself.",
                    field=field,
                    code="OUT_OF_SCOPE_CHANNEL",
                    channels=[to_global_id("Channel", key) for key in beyond],
                )
            )
    return faults


def _permission_faults(manager: Manager, given: GroupChanges) -> list[DomainError]:
    """Nobody gives or takes what they lack."""
    named = (("addPermissions", given.add_permissions), ("removePermissions", given.remove_permissions))
    return [
        DomainError(
            "You may not do this yourself.",
            field=field,
            code="OUT_OF_SCOPE_PERMISSION",
            permissions=manager.lacks(permissions),
        )
        for field, permissions in named
        if manager.lacks(permissions)
    ]


def _staff_only(users: Sequence[User]) -> list[DomainError]:
    others = [to_global_id("User", user.id) for user in users if not user.is_staff]
    if not others:
        return []
    message = "These are no members of the staff."
    return [DomainError(message, field="addUsers", code="ASSIGN_NON_STAFF_MEMBER", users=others)]


async def _leaving_faults(
    session: AsyncSession, manager: Manager, group: PermissionGroup, before: Groups, given: GroupChanges
) -> list[DomainError]:
    """What must not be left without anybody who may do it."""
    faults: list[DomainError] = []
    if given.remove_users:
        leaving = _keys(given.remove_users)
        if manager.user_id in leaving and await _is_last_group(session, manager.user_id, group.id):
            faults.append(
                DomainError(
                    "Nobody leaves their own last group.",
                    field="removeUsers",
                    code="CANNOT_REMOVE_FROM_LAST_GROUP",
                    users=[to_global_id("User", manager.user_id)],
                )
            )
        joining = {user.id for user in given.add_users if user.is_active}
        fuller = _with(before, group.id, members=before[group.id].members | joining)
        faults += await _tried(check_in_scope(session, manager, given.remove_users, "removeUsers"))
        faults += _left(manager, before, without_members(fuller, leaving, of=group.id), "removeUsers")
    if given.remove_permissions:
        kept = before[group.id].permissions - set(given.remove_permissions)
        faults += _left(manager, before, _with(before, group.id, permissions=kept), "removePermissions")
    return faults


def _with(
    groups: Groups, key: int, *, members: set[int] | None = None, permissions: set[str] | None = None
) -> Groups:
    """The groups if one of them were otherwise."""
    own = groups[key]
    changed = Rights(
        own.permissions if permissions is None else permissions, own.members if members is None else members
    )
    return {**groups, key: changed}


def _left(manager: Manager, before: Groups, after: Groups, field: str) -> list[DomainError]:
    try:
        check_manageable(manager, before, after, field)
    except DomainError as refused:
        return [refused]
    return []


async def _tried(check: Coroutine[Any, Any, None]) -> list[DomainError]:
    try:
        await check
    except DomainError as refused:
        return [refused]
    return []


async def _is_last_group(session: AsyncSession, user_id: int, group_id: int) -> bool:
    """Whether a person is in this group, and in no other."""
    groups = await session.scalars(select(group_member.c.group_id).where(group_member.c.user_id == user_id))
    return list(groups) == [group_id]


async def _write(
    session: AsyncSession, group: PermissionGroup, given: GroupChanges, faults: list[DomainError]
) -> None:
    with session.no_autoflush:
        try:
            await _name(session, group, given)
        except DomainError as refused:
            faults.append(refused)
    if faults:
        raise Errors(faults)
    held = (set(group.permissions) | set(given.add_permissions)) - set(given.remove_permissions)
    group.permissions = sorted(held)
    try:
        async with session.begin_nested():
            session.add(group)
    except IntegrityError:
        raise _name_taken() from None
    await _members(session, group, given)
    await _channels(session, group, given)


async def _name(session: AsyncSession, group: PermissionGroup, given: GroupChanges) -> None:
    if given.name is None:
        if not group.name:
            raise RequiredError("A group has a name.", field="name")
        return
    name = " ".join(given.name.split())
    if not name:
        raise RequiredError("A group has a name.", field="name")
    if len(name) > NAME_CHARACTERS:
        raise InvalidError(f"At most {NAME_CHARACTERS} characters fit here.", field="name")
    same = select(func.count()).where(PermissionGroup.name == name, PermissionGroup.id != (group.id or 0))
    if await session.scalar(same):
        raise _name_taken()
    group.name = name


def _name_taken() -> UniqueError:
    return UniqueError("There is a group of this name.", field="name")


async def _members(session: AsyncSession, group: PermissionGroup, given: GroupChanges) -> None:
    await _add(session, group_member, "user_id", group.id, _keys(given.add_users))
    await _take(session, group_member, "user_id", group.id, _keys(given.remove_users))


async def _channels(session: AsyncSession, group: PermissionGroup, given: GroupChanges) -> None:
    """A group that works everywhere has no channels of its own."""
    if not group.restricted_access_to_channels:
        await session.execute(delete(group_channel).where(group_channel.c.group_id == group.id))
        return
    await _add(session, group_channel, "channel_id", group.id, given.add_channels)
    await _take(session, group_channel, "channel_id", group.id, given.remove_channels)


async def _add(session: AsyncSession, table: Table, name: str, group_id: int, keys: Collection[int]) -> None:
    if keys:
        rows = [{"group_id": group_id, name: key} for key in sorted(keys)]
        await session.execute(insert(table).values(rows).on_conflict_do_nothing())


async def _take(session: AsyncSession, table: Table, name: str, group_id: int, keys: Collection[int]) -> None:
    if keys:
        await session.execute(delete(table).where(table.c.group_id == group_id, table.c[name].in_(keys)))
