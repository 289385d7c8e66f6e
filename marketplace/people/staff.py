"""Members of the staff: taken on, changed, let go."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, Errors
from marketplace.kit.events import publish
from marketplace.kit.ids import to_global_id
from marketplace.kit.settings import Settings
from marketplace.people import accounts
from marketplace.people.changing import Kept, PersonChanges, default_type, new_account, write
from marketplace.people.events import AccountClosing, EmailProven
from marketplace.people.managing import (
    Manager,
    channels_of,
    check_in_scope,
    check_manageable,
    lock_groups,
    without_members,
)
from marketplace.people.models import PermissionGroup, User, group_member
from marketplace.people.redirects import checked_redirect
from marketplace.people.service import user_by_email


async def create_staff(
    session: AsyncSession,
    settings: Settings,
    manager: Manager,
    given: PersonChanges,
    groups: Sequence[PermissionGroup],
    *,
    redirect_url: str | None = None,
) -> User:
    """Take somebody on, who chooses a password by a letter's link; a customer keeps account and password.

    Raises Errors, DomainError.
    """
    faults: list[DomainError] = []
    if redirect_url is not None:
        try:
            checked_redirect(settings, redirect_url)
        except DomainError as refused:
            faults.append(refused)
    faults += await _beyond(session, manager, groups, "addGroups")
    if faults:
        raise Errors(faults)
    user = await _customer(session, given)
    is_new = user is None
    if user is None:
        user = new_account(is_confirmed=True)
        user.customer_type_id = await default_type(session)
    user.is_staff = True
    await write(session, user, given)
    await _join(session, user, groups)
    if is_new and redirect_url is not None:
        await accounts.invite_to_set_password(session, settings, user, redirect_url)
        await announce(session, "STAFF_SET_PASSWORD_REQUESTED", user, redirect_url=redirect_url)
    return user


async def update_staff(
    session: AsyncSession,
    manager: Manager,
    user: User,
    given: PersonChanges,
    *,
    joins: Sequence[PermissionGroup] = (),
    leaves: Sequence[PermissionGroup] = (),
) -> User:
    """Change a locked account of a colleague. Who is closed out has no access from that moment on.

    Raises Errors, DomainError.
    """
    await check_in_scope(session, manager, [user], "id")
    twice = {group.id for group in joins} & {group.id for group in leaves}
    if twice:
        raise DomainError(
            "A group is joined or left, not both.",
            code="DUPLICATED_INPUT_ITEM",
            groups=[to_global_id("Group", key) for key in sorted(twice)],
        )
    faults = await _beyond(session, manager, joins, "addGroups")
    faults += await _beyond(session, manager, leaves, "removeGroups")
    if given.is_active is False:
        faults += await _why_not_close(session, manager, user)
    if faults:
        raise Errors(faults)
    changed = await write(session, user, given)
    await _join(session, user, joins)
    await session.execute(
        delete(group_member).where(
            group_member.c.user_id == user.id, group_member.c.group_id.in_([group.id for group in leaves])
        )
    )
    if "email" in changed and user.is_confirmed:
        await publish(session, EmailProven(user.id, user.email))
    return user


async def check_leaving(
    session: AsyncSession, manager: Manager, users: Sequence[User], field: str = "id"
) -> None:
    """Whether members of the staff may be let go. Raises Errors."""
    faults: list[DomainError] = []
    if any(user.id == manager.user_id for user in users):
        faults.append(
            DomainError("Nobody deletes their own account.", field=field, code="DELETE_OWN_ACCOUNT")
        )
    if any(user.is_superuser for user in users):
        faults.append(DomainError("This account stays.", field=field, code="DELETE_SUPERUSER_ACCOUNT"))
    others = [to_global_id("User", user.id) for user in users if not user.is_staff]
    if others:
        faults.append(
            DomainError(
                "These are no members of the staff.", field=field, code="DELETE_NON_STAFF_USER", users=others
            )
        )
    before = await lock_groups(session)
    try:
        await check_in_scope(session, manager, users, field)
    except DomainError as refused:
        faults.append(refused)
    try:
        check_manageable(manager, before, without_members(before, [user.id for user in users]), field)
    except DomainError as refused:
        faults.append(refused)
    if faults:
        raise Errors(faults)


async def delete_staff(session: AsyncSession, users: Collection[User]) -> None:
    """Delete accounts. What they did stays, without their names. Raises what another room raises."""
    for user in users:
        await publish(session, AccountClosing(user.id))
        await session.delete(user)
    await session.flush()


async def _customer(session: AsyncSession, given: PersonChanges) -> User | None:
    """The customer's account of the address, who becomes one of the staff, locked."""
    if isinstance(given.email, Kept):
        return None
    user = await user_by_email(session, given.email)
    if user is None or user.is_staff:
        return None
    await session.refresh(user, with_for_update={"key_share": True})
    return user


async def _why_not_close(session: AsyncSession, manager: Manager, user: User) -> list[DomainError]:
    before = await lock_groups(session)
    faults = []
    if user.id == manager.user_id:
        faults.append(
            DomainError("Nobody closes their own account.", field="isActive", code="DEACTIVATE_OWN_ACCOUNT")
        )
    elif user.is_superuser:
        faults.append(
            DomainError("This account stays open.", field="isActive", code="DEACTIVATE_SUPERUSER_ACCOUNT")
        )
    try:
        check_manageable(manager, before, without_members(before, [user.id]), "isActive")
    except DomainError as refused:
        faults.append(refused)
    return faults


async def _beyond(
    session: AsyncSession, manager: Manager, groups: Sequence[PermissionGroup], field: str
) -> list[DomainError]:
    """An error where some groups may do more than the manager, or work elsewhere."""
    places = await channels_of(session, groups)
    beyond = [
        to_global_id("Group", group.id)
        for group in groups
        if manager.lacks(group.permissions) or not manager.reaches(places[group.id])
    ]
    if not beyond:
        return []
    message = "These groups may do more than you, or work elsewhere."
    return [DomainError(message, field=field, code="OUT_OF_SCOPE_GROUP", groups=beyond)]


async def _join(session: AsyncSession, user: User, groups: Sequence[PermissionGroup]) -> None:
    if groups:
        await session.execute(
            insert(group_member)
            .values([{"group_id": group.id, "user_id": user.id} for group in groups])
            .on_conflict_do_nothing()
        )
