"""A person's book of addresses, and which of them are meant where none is named."""

from collections.abc import Mapping
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.announcements import announce
from marketplace.people.addresses import PostalAddress, change_address, checked_address, create_address
from marketplace.people.models import Address, User

MAXIMUM_ADDRESSES = 100
"""Of one person, as in Saleor: a further one takes the oldest one's place."""

AddressType = Literal["BILLING", "SHIPPING"]


async def add(
    session: AsyncSession,
    user: User,
    given: PostalAddress,
    *,
    metadata: Mapping[str, str] | None = None,
    default_for: AddressType | None = None,
    as_it_is: bool = False,
) -> Address:
    """Write an address into a user's book. `as_it_is`: without looking at it. Raises Errors."""
    checked = given if as_it_is else checked_address(given, default_for)
    await _make_room(session, user)
    address = await create_address(session, checked, user.id, metadata)
    if default_for is not None:
        set_default(user, address, default_for)
    await session.flush()
    await announce(session, "ADDRESS_CREATED", address)
    return address


async def change(
    session: AsyncSession,
    address: Address,
    given: PostalAddress,
    *,
    metadata: Mapping[str, str] | None = None,
    as_it_is: bool = False,
) -> None:
    """Write an address of a book anew; entries of metadata are added to those it has. Raises Errors."""
    change_address(address, given if as_it_is else checked_address(given))
    if metadata:
        address.public_metadata = {**address.public_metadata, **metadata}
    await session.flush()
    await announce(session, "ADDRESS_UPDATED", address)


async def remove(session: AsyncSession, address: Address) -> None:
    """Take an address out of its book. Orders have copies of their own."""
    await announce(session, "ADDRESS_DELETED", address)
    await session.delete(address)
    await session.flush()


def set_default(user: User, address: Address, address_type: AddressType) -> None:
    """Have an address of the user's book meant where none is named."""
    if address_type == "BILLING":
        user.default_billing_address_id = address.id
    else:
        user.default_shipping_address_id = address.id


async def set_default_to(
    session: AsyncSession,
    user: User,
    given: PostalAddress,
    address_type: AddressType,
    *,
    as_it_is: bool = False,
) -> Address:
    """Change the default address of a kind, or add one where there is none yet. `as_it_is`: without looking
    at it. Raises Errors.
    """
    billing = address_type == "BILLING"
    kept_id = user.default_billing_address_id if billing else user.default_shipping_address_id
    kept = await session.get(Address, kept_id) if kept_id is not None else None
    if kept is None or user.default_billing_address_id == user.default_shipping_address_id:
        return await add(session, user, given, default_for=address_type, as_it_is=as_it_is)
    change_address(kept, given if as_it_is else checked_address(given, address_type))
    await session.flush()
    return kept


async def _make_room(session: AsyncSession, user: User) -> None:
    """Take the oldest address out of a full book; the ones meant by default stay."""
    of_user = Address.user_id == user.id
    if (await session.scalar(select(func.count()).where(of_user)) or 0) < MAXIMUM_ADDRESSES:
        return
    defaults = {user.default_billing_address_id, user.default_shipping_address_id} - {None}
    oldest = await session.scalar(
        select(Address).where(of_user, Address.id.not_in(defaults)).order_by(Address.id).limit(1)
    )
    if oldest is not None:
        await session.delete(oldest)
