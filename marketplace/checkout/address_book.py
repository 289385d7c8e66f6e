"""A buyer's address book learns the addresses of a checkout that becomes an order, each once."""

from sqlalchemy import BigInteger, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.models import Checkout
from marketplace.people.addresses import PostalAddress, create_address, postal_address
from marketplace.people.models import Address, User

MAXIMUM_ADDRESSES = 100
"""In one book, as in Saleor; a full one learns nothing more."""


async def remember_addresses(session: AsyncSession, checkout: Checkout) -> None:
    """Keep the addresses of a checkout that its buyer wants kept."""
    await remember(
        session,
        checkout.user_id,
        shipping_address_id=checkout.shipping_address_id if checkout.save_shipping_address else None,
        billing_address_id=checkout.billing_address_id if checkout.save_billing_address else None,
    )


async def remember(
    session: AsyncSession,
    user_id: int | None,
    *,
    shipping_address_id: int | None,
    billing_address_id: int | None,
) -> None:
    """Keep copies of addresses in a buyer's book, and make them defaults where there are none yet."""
    wanted = {
        "default_shipping_address_id": shipping_address_id,
        "default_billing_address_id": billing_address_id,
    }
    address_ids = [address_id for address_id in wanted.values() if address_id is not None]
    if user_id is None or not address_ids:
        return
    # Two orders at once don't both learn the same address.
    user = await session.scalar(_LOCKED_USER, {"user_id": user_id})
    if user is None:
        return
    book = {postal_address(row): row.id for row in await session.scalars(_BOOK, {"user_id": user.id})}
    rows = await session.scalars(select(Address).where(Address.id.in_(address_ids)))
    given = {row.id: postal_address(row) for row in rows}
    for default, address_id in wanted.items():
        if address_id not in given:
            continue
        kept_id = await _kept(session, user, given[address_id], book)
        if getattr(user, default) is None:
            setattr(user, default, kept_id)
    await session.flush()


async def _kept(
    session: AsyncSession, user: User, address: PostalAddress, book: dict[PostalAddress, int]
) -> int | None:
    """The key of an address in the user's book; None where the book is full."""
    if address not in book and len(book) < MAXIMUM_ADDRESSES:
        book[address] = (await create_address(session, address, user.id)).id
    return book.get(address)


_user_id = bindparam("user_id", type_=BigInteger)
_LOCKED_USER = select(User).where(User.id == _user_id).with_for_update(key_share=True)
_BOOK = select(Address).where(Address.user_id == _user_id).order_by(Address.id).limit(MAXIMUM_ADDRESSES + 1)
