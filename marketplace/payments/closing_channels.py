"""A channel goes. What was bought in it stays, in another one; and so does every cart that holds money."""

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import Product
from marketplace.checkout.models import Checkout
from marketplace.kit.errors import DomainError, InvalidError
from marketplace.markets.models import Channel
from marketplace.orders.models import Order
from marketplace.payments.models import TransactionItem

_QUIETLY = {"synchronize_session": False}


async def empty_channel(session: AsyncSession, channel: Channel, heir: Channel | None) -> None:
    """Give a channel's orders, and the carts in which something is paid or promised, to another channel;
    other carts are deleted. Both channels are locked.

    Raises InvalidError where the two are the same or differ in currency, and DomainError
    (CHANNEL_WITH_ORDERS) where there is something to give and nobody to take it.
    """
    if heir is not None:
        _check_heir(channel, heir)
    paid = exists().where(
        TransactionItem.checkout_id == Checkout.id,
        TransactionItem.authorized_minor
        + TransactionItem.authorize_pending_minor
        + TransactionItem.charged_minor
        + TransactionItem.charge_pending_minor
        > 0,
    )
    if heir is None:
        orders = select(Order.id).where(Order.channel_id == channel.id)
        carts = select(Checkout.id).where(Checkout.channel_id == channel.id, paid)
        if await session.scalar(select(or_(orders.exists(), carts.exists()))):
            raise DomainError(
                "There are orders or paid carts in this channel: say which other one gets them.",
                field="id",
                code="CHANNEL_WITH_ORDERS",
            )
    else:
        moved = {"channel_id": heir.id}
        await session.execute(
            update(Order)
            .where(Order.channel_id == channel.id)
            .values(moved | {"updated_at": Order.updated_at}),
            execution_options=_QUIETLY,
        )
        await session.execute(
            update(Checkout)
            .where(Checkout.channel_id == channel.id, paid)
            .values(moved | {"updated_at": Checkout.updated_at}),
            execution_options=_QUIETLY,
        )
    await session.execute(
        delete(Checkout).where(Checkout.channel_id == channel.id), execution_options=_QUIETLY
    )


async def delete_channel(session: AsyncSession, channel: Channel) -> None:
    """Delete an emptied channel, with the prices and publications in it."""
    await session.execute(
        update(Product)
        .where(Product.listed_in.contains([channel.id]))
        .values(listed_in=func.array_remove(Product.listed_in, channel.id), updated_at=Product.updated_at),
        execution_options=_QUIETLY,
    )
    await session.delete(channel)
    await session.flush()


def _check_heir(channel: Channel, heir: Channel) -> None:
    if heir.id == channel.id:
        raise InvalidError("The channel that goes can't take its own orders.", field="channelId")
    if heir.currency_code != channel.currency_code:
        raise InvalidError(
            f"Its orders are in {channel.currency_code}, that channel's in {heir.currency_code}.",
            field="channelId",
            code="CHANNELS_CURRENCY_MUST_BE_THE_SAME",
        )
