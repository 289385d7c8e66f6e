"""Who is written to about each new order, besides the sellers."""

from sqlalchemy import exists, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import InvalidError, RequiredError, UniqueError
from marketplace.people.models import HeldPermission, StaffNotificationRecipient, User
from marketplace.people.permissions import Permission
from marketplace.people.service import checked_email, user_by_email

FIELD = "staffNotification"
MOST_AT_ONCE = 100
"""No letter goes to more members of staff than this."""


async def add_recipient(
    session: AsyncSession, *, user: User | None, email: str | None, is_active: bool = True
) -> StaffNotificationRecipient:
    """Have one of the staff, or an address, written to.

    Raises RequiredError, InvalidError, UniqueError.
    """
    if user is None and not email:
        raise RequiredError("Say who is written to: by `user` or by `email`.", field=FIELD)
    recipient = StaffNotificationRecipient(is_active=is_active)
    await _name(session, recipient, user, email)
    return recipient


async def change_recipient(
    session: AsyncSession,
    recipient: StaffNotificationRecipient,
    *,
    user: User | None = None,
    email: str | None = None,
    is_active: bool | None = None,
) -> StaffNotificationRecipient:
    """Change who is written to, or whether. What is None stays. Raises InvalidError, UniqueError."""
    if is_active is not None:
        recipient.is_active = is_active
    if user is not None or email is not None:
        if user is None and not email:
            raise InvalidError("Somebody has to be written to.", field=FIELD)
        await _name(session, recipient, user, email)
    await session.flush()
    return recipient


async def remove_recipient(session: AsyncSession, recipient: StaffNotificationRecipient) -> None:
    await session.delete(recipient)
    await session.flush()


async def addresses_to_write_to(session: AsyncSession) -> list[tuple[int, str, str]]:
    """Of each active recipient its key, an e-mail address and the language to write in; nobody's who is
    closed out or of the staff no more.
    """
    rows = await session.execute(
        select(StaffNotificationRecipient.id, StaffNotificationRecipient.email, User)
        .outerjoin(User, User.id == StaffNotificationRecipient.user_id)
        .where(StaffNotificationRecipient.is_active)
        .order_by(StaffNotificationRecipient.id)
    )
    found: list[tuple[int, str, str]] = []
    for key, email, account in rows:
        user: User | None = account
        if email is not None:
            found.append((key, email, ""))
        elif user is not None and user.is_active and user.is_staff:
            found.append((key, user.email, user.language_code))
    return found


async def staff_who_may(session: AsyncSession, permission: Permission) -> list[int]:
    """The keys of active members of staff who hold a permission, or may do everything."""
    holds = exists().where(HeldPermission.user_id == User.id, HeldPermission.code == permission.value)
    found = await session.scalars(
        select(User.id)
        .where(User.is_staff, User.is_active, or_(User.is_superuser, holds))
        .order_by(User.id)
        .limit(MOST_AT_ONCE)
    )
    return list(found)


async def _name(
    session: AsyncSession, recipient: StaffNotificationRecipient, user: User | None, email: str | None
) -> None:
    """An address of an account is its owner, as in Saleor."""
    address = None
    if email:
        address = checked_email(email).lower()
        user = await user_by_email(session, address) or user
    if user is not None and not user.is_staff:
        raise InvalidError("Only staff are written to.", field="email" if email else "user")
    recipient.user_id = None if user is None else user.id
    recipient.email = address if user is None else None
    try:
        async with session.begin_nested():
            session.add(recipient)
    except IntegrityError:
        raise UniqueError("They are written to already.", field="email" if email else "user") from None
