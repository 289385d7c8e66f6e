"""What those who manage staff do with colleagues and their groups, and colleagues with their own picture."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from strawberry import ID

from marketplace.catalog.media import Picture, keep_picture, read_picture
from marketplace.catalog.thumbnails import USUAL_SIZES
from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, NotFoundError, PermissionDeniedError
from marketplace.markets.models import Channel
from marketplace.people import groups as group_service
from marketplace.people import models, staff
from marketplace.people.groups import GroupChanges
from marketplace.people.managing import Manager
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import (
    AUTHENTICATED_STAFF,
    Info,
    Upload,
    UploadedFile,
    error_type,
    input_type,
    mutation,
    object_type,
)
from marketplace_graphql.people.errors import AccountError, AccountErrorCode, AddressTypeEnum
from marketplace_graphql.people.requests import requester_account, settings_of
from marketplace_graphql.people.rights import PermissionEnum
from marketplace_graphql.people.staff_inputs import StaffCreateInput, StaffUpdateInput, person_changes
from marketplace_graphql.rules import codes_of

NEEDS = Permission.MANAGE_STAFF
AT_ONCE = 100
FILE_TOO_LARGE = "FILE_TOO_LARGE"

StaffError = error_type(
    "StaffError",
    AccountErrorCode,
    twin="staffErrors",
    address_type=AddressTypeEnum | None,
    attributes=list[ID] | None,
    permissions=list[PermissionEnum] | None,
    groups=list[ID] | None,
    users=list[ID] | None,
)
PermissionGroupError = error_type(
    "PermissionGroupError",
    (
        "REQUIRED",
        "UNIQUE",
        "ASSIGN_NON_STAFF_MEMBER",
        "DUPLICATED_INPUT_ITEM",
        "CANNOT_REMOVE_FROM_LAST_GROUP",
        "LEFT_NOT_MANAGEABLE_PERMISSION",
        "OUT_OF_SCOPE_PERMISSION",
        "OUT_OF_SCOPE_USER",
        "OUT_OF_SCOPE_CHANNEL",
    ),
    twin="permissionGroupErrors",
    permissions=list[PermissionEnum] | None,
    users=list[ID] | None,
    channels=list[ID] | None,
)


@input_type
class PermissionGroupCreateInput:
    """A new group."""

    add_permissions: list[PermissionEnum] | None
    add_users: list[ID] | None
    add_channels: list[ID] | None
    name: str
    restricted_access_to_channels: bool | None
    """Whether its members work in its channels alone."""


@input_type
class PermissionGroupUpdateInput:
    """What changes of a group."""

    add_permissions: list[PermissionEnum] | None
    add_users: list[ID] | None
    add_channels: list[ID] | None
    name: str | None
    remove_permissions: list[PermissionEnum] | None
    remove_users: list[ID] | None
    remove_channels: list[ID] | None
    restricted_access_to_channels: bool | None
    """Whether its members work in its channels alone."""


@object_type
class StaffMutations:
    """Colleagues."""

    @mutation(returns="User", field="user", errors=StaffError, needs=NEEDS, tells="STAFF_CREATED")
    async def staff_create(self, info: Info, input: StaffCreateInput) -> models.User:
        """Takes somebody on. No app may."""
        manager = await _manager(info)
        groups = await info.find_many(models.PermissionGroup, input.add_groups or (), field_name="addGroups")
        with codes_of(StaffError):
            return await staff.create_staff(
                info.session,
                settings_of(info),
                manager,
                await person_changes(info, input),
                groups,
                redirect_url=input.redirect_url or None,
            )

    @mutation(returns="User", field="user", errors=StaffError, needs=NEEDS, tells="STAFF_UPDATED")
    async def staff_update(self, info: Info, id: ID, input: StaffUpdateInput) -> models.User:
        """Changes a colleague's account and rights. No app may."""
        manager = await _manager(info)
        user = await info.find(models.User, id, lock=True)
        if not user.is_staff:
            raise NotFoundError("There is no such member of the staff.", field="id")
        joins = await info.find_many(models.PermissionGroup, input.add_groups or (), field_name="addGroups")
        leaves = await info.find_many(
            models.PermissionGroup, input.remove_groups or (), field_name="removeGroups"
        )
        with codes_of(StaffError):
            return await staff.update_staff(
                info.session,
                manager,
                user,
                await person_changes(info, input),
                joins=joins,
                leaves=leaves,
            )

    @mutation(returns="User", field="user", errors=StaffError, needs=NEEDS)
    async def staff_delete(self, info: Info, id: ID) -> models.User:
        """Deletes a colleague's account. No app may."""
        manager = await _manager(info)
        user = await info.find(models.User, id, lock=True)
        await staff.check_leaving(info.session, manager, [user])
        await announce(info.session, "STAFF_DELETED", user)
        info.afterwards(lambda: staff.delete_staff(info.session, [user]))
        return user

    @mutation(returns={"count": int}, failed={"count": 0}, errors=StaffError, needs=NEEDS)
    async def staff_bulk_delete(self, info: Info, ids: list[ID]) -> dict[str, int]:
        """Deletes colleagues' accounts, all of them or none. No app may."""
        manager = await _manager(info)
        info.at_most(AT_ONCE, ids, "ids")
        users = await info.find_many(models.User, dict.fromkeys(ids), field_name="ids", lock=True)
        await staff.check_leaving(info.session, manager, users, "ids")
        await announce(info.session, "STAFF_DELETED", *users)
        await staff.delete_staff(info.session, users)
        return {"count": len(users)}

    @mutation(returns="User", field="user", errors=AccountError, needs=AUTHENTICATED_STAFF)
    async def user_avatar_update(self, info: Info, image: Upload) -> models.User:
        """Changes one's own picture; only members of the staff have one."""
        if not isinstance(image, UploadedFile):
            raise DomainError("This is no file.", field="image", code="INVALID")
        user = await requester_account(info)
        with codes_of(AccountError):
            picture = await _read(image.content)
        await keep_picture(info.context["storage"], picture, USUAL_SIZES)
        user.avatar_path = picture.key
        return user

    @mutation(returns="User", field="user", errors=AccountError, needs=AUTHENTICATED_STAFF)
    async def user_avatar_delete(self, info: Info) -> models.User:
        """Takes one's own picture away."""
        user = await requester_account(info)
        user.avatar_path = None
        return user


@object_type
class GroupMutations:
    """Groups of colleagues."""

    @mutation(
        returns={"group": "Group | None"},
        errors=PermissionGroupError,
        needs=NEEDS,
        tells="PERMISSION_GROUP_CREATED",
    )
    async def permission_group_create(
        self, info: Info, input: PermissionGroupCreateInput
    ) -> dict[str, models.PermissionGroup]:
        """Makes a group of what one may do oneself. No app may."""
        manager = await _manager(info)
        given = await _group_changes(info, input)
        return {"group": await group_service.create_group(info.session, manager, given)}

    @mutation(
        returns={"group": "Group | None"},
        errors=PermissionGroupError,
        needs=NEEDS,
        tells="PERMISSION_GROUP_UPDATED",
    )
    async def permission_group_update(
        self, info: Info, id: ID, input: PermissionGroupUpdateInput
    ) -> dict[str, models.PermissionGroup]:
        """Changes a group that may do nothing that one may not. No app may."""
        manager = await _manager(info)
        group = await info.find(models.PermissionGroup, id, lock=True)
        given = await _group_changes(info, input)
        return {"group": await group_service.update_group(info.session, manager, group, given)}

    @mutation(returns={"group": "Group | None"}, errors=PermissionGroupError, needs=NEEDS)
    async def permission_group_delete(self, info: Info, id: ID) -> dict[str, models.PermissionGroup]:
        """Deletes a group that may do nothing that one may not. No app may."""
        manager = await _manager(info)
        group = await info.find(models.PermissionGroup, id, lock=True)
        await group_service.check_group_may_go(info.session, manager, group)
        await announce(info.session, "PERMISSION_GROUP_DELETED", group)
        info.afterwards(lambda: group_service.delete_group(info.session, group))
        return {"group": group}


async def _manager(info: Info) -> Manager:
    """Whoever asks, as one who manages staff. Raises PermissionDeniedError for apps."""
    user_id = info.requester.user_id
    if user_id is None:
        raise PermissionDeniedError(NEEDS)
    user = await info.session.get(models.User, user_id)
    return Manager(
        user_id=user_id,
        is_superuser=user is not None and user.is_staff and user.is_superuser,
        permissions=frozenset(info.requester.permissions),
        channel_ids=info.requester.channel_ids,
    )


async def _group_changes(
    info: Info, given: PermissionGroupCreateInput | PermissionGroupUpdateInput
) -> GroupChanges:
    """Raises NotFoundError, InvalidError."""
    taken = given if isinstance(given, PermissionGroupUpdateInput) else None
    return GroupChanges(
        name=given.name or ("" if given.name == "" else None),
        is_restricted=_told(given.restricted_access_to_channels),
        add_permissions=_codes(given.add_permissions),
        remove_permissions=_codes(taken.remove_permissions) if taken else (),
        add_users=await info.find_many(models.User, given.add_users or (), field_name="addUsers"),
        remove_users=await info.find_many(
            models.User, (taken.remove_users or ()) if taken else (), field_name="removeUsers"
        ),
        add_channels=await _channels(info, given.add_channels, "addChannels"),
        remove_channels=await _channels(info, taken.remove_channels if taken else None, "removeChannels"),
    )


def _told(given: Any) -> bool | None:
    return given if isinstance(given, bool) else None


def _codes(given: Iterable[Any] | None) -> list[str]:
    return [permission.value for permission in given or ()]


async def _channels(info: Info, given: Iterable[str] | None, field: str) -> list[int]:
    """Keys of channels, be they the requester's own or not: the service says what that means."""
    keys = [info.key(each, "Channel") for each in given or ()]
    if keys:
        found = await _existing(info, keys)
        missing = [key for key in keys if key not in found]
        if missing:
            raise NotFoundError("There is no such channel.", field=field)
    return keys


async def _existing(info: Info, keys: list[int]) -> set[int]:
    return set(await info.session.scalars(select(Channel.id).where(Channel.id.in_(keys))))


async def _read(content: bytes) -> Picture:
    try:
        return await read_picture(content, "people")
    except DomainError as refused:
        if refused.code == FILE_TOO_LARGE:
            refused.code = "FILE_SIZE_LIMIT_EXCEEDED"
        raise
