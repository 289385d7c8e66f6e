"""What staff do with customers' accounts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError
from marketplace.kit.events import publish
from marketplace.kit.settings import Settings
from marketplace.people import accounts, address_book, history
from marketplace.people.address_book import AddressType
from marketplace.people.addresses import PostalAddress
from marketplace.people.changing import PersonChanges, default_type, full_name, new_account, write
from marketplace.people.errors import StaffAccountError
from marketplace.people.events import AccountClosing, EmailProven
from marketplace.people.models import CustomerEventType, User
from marketplace.people.redirects import checked_redirect


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultAddress:
    """An address that is meant from now on where none is named."""

    type: AddressType
    given: PostalAddress
    metadata: Mapping[str, str] = field(default_factory=dict)
    as_it_is: bool = False


async def create_customer(
    session: AsyncSession,
    settings: Settings,
    given: PersonChanges,
    addresses: Sequence[DefaultAddress] = (),
    *,
    redirect_url: str | None = None,
    channel_slug: str | None = None,
) -> User:
    """Open an account for somebody, who chooses a password by a letter's link and is confirmed by it.

    Raises Errors, InvalidError (of the link).
    """
    if redirect_url is not None:
        checked_redirect(settings, redirect_url)
    user = new_account(is_confirmed=False)
    user.customer_type_id = await default_type(session)
    await write(session, user, given)
    user.is_confirmed = False
    await set_addresses(session, user, addresses)
    await history.record(session, user.id, CustomerEventType.ACCOUNT_CREATED)
    if redirect_url is not None:
        await accounts.invite_to_set_password(session, settings, user, redirect_url)
        told = {"redirect_url": redirect_url, "channel_slug": channel_slug}
        await announce(session, "ACCOUNT_SET_PASSWORD_REQUESTED", user, **told)
    return user


async def update_customer(
    session: AsyncSession,
    user: User,
    given: PersonChanges,
    addresses: Sequence[DefaultAddress] = (),
    *,
    staff_id: int | None,
) -> User:
    """Change a locked account, and write down which of the staff did what. Raises Errors."""
    was_confirmed = user.is_confirmed
    changed = await write(session, user, given)
    await set_addresses(session, user, addresses)
    if user.is_confirmed and ("email" in changed or not was_confirmed):
        await publish(session, EmailProven(user.id, user.email))
    if staff_id is not None:
        await _write_down(session, user, changed, staff_id)
    if changed & {"public_metadata", "private_metadata"}:
        await announce(session, "CUSTOMER_METADATA_UPDATED", user)
    return user


async def delete_customers(session: AsyncSession, users: Sequence[User], *, staff_id: int | None) -> None:
    """Delete accounts; what was sold stays, without the person.

    Raises what `check_deletable` raises, and what a room that can't do without one raises.
    """
    for user in users:
        await publish(session, AccountClosing(user.id))
        await session.delete(user)
    await session.flush()
    if staff_id is not None and users:
        await history.record(session, staff_id, CustomerEventType.CUSTOMER_DELETED, count=len(users))


def check_deletable(user: User, staff_id: int | None, field: str = "id") -> None:
    """Whether an account is a customer's. Raises DomainError, StaffAccountError."""
    if user.id == staff_id:
        raise DomainError("Nobody deletes their own account.", field=field, code="DELETE_OWN_ACCOUNT")
    if user.is_superuser:
        raise DomainError("This account stays.", field=field, code="DELETE_SUPERUSER_ACCOUNT")
    if user.is_staff:
        raise StaffAccountError("An account of the staff is not deleted like this.", field=field)


async def set_active(
    session: AsyncSession, users: Sequence[User], *, active: bool, staff_id: int | None
) -> None:
    """Let accounts be signed into, or no more. Raises DomainError."""
    for user in users:
        if user.id == staff_id:
            raise DomainError(
                "Nobody does this to their own account.", field="isActive", code="ACTIVATE_OWN_ACCOUNT"
            )
        if user.is_superuser:
            raise DomainError(
                "This account stays as it is.", field="isActive", code="ACTIVATE_SUPERUSER_ACCOUNT"
            )
    for user in users:
        user.is_active = active
    await session.flush()


async def set_addresses(session: AsyncSession, user: User, addresses: Sequence[DefaultAddress]) -> None:
    """Change the addresses that are meant by default, or add them. Raises Errors."""
    for each in addresses:
        address = await address_book.set_default_to(
            session, user, each.given, each.type, as_it_is=each.as_it_is
        )
        address.public_metadata = {**address.public_metadata, **each.metadata}
    await session.flush()


async def _write_down(session: AsyncSession, user: User, changed: set[str], staff_id: int) -> None:
    """Into the history of the one who did it, as Saleor does."""
    if "email" in changed:
        await history.record(session, staff_id, CustomerEventType.EMAIL_ASSIGNED, message=user.email)
    if changed & {"first_name", "last_name"}:
        await history.record(session, staff_id, CustomerEventType.NAME_ASSIGNED, message=full_name(user))
    if "note" in changed and user.note:
        await history.record(session, staff_id, CustomerEventType.NOTE_ADDED, message=user.note)
    if "is_active" in changed:
        active, closed = CustomerEventType.ACCOUNT_ACTIVATED, CustomerEventType.ACCOUNT_DEACTIVATED
        await history.record(session, staff_id, active if user.is_active else closed, message=user.email)
