"""Markets, looked up."""

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import NotFoundError
from marketplace.markets.errors import InactiveChannelError, MissingChannelError
from marketplace.markets.models import Channel, excluded_product


async def channel_to_shop_in(session: AsyncSession, slug: str | None) -> Channel:
    """The open channel of a slug; without one, the only channel there is, as in Saleor.

    Raises MissingChannelError, NotFoundError, InactiveChannelError.
    """
    if slug is None:
        channels = (await session.scalars(select(Channel).where(Channel.is_active).limit(2))).all()
        if len(channels) != 1:
            raise MissingChannelError("Say in which channel: there are several.", field="channel")
        return channels[0]
    channel = await session.scalar(select(Channel).where(Channel.slug == slug))
    if channel is None:
        raise NotFoundError(f"There is no channel {slug}.", field="channel")
    if not channel.is_active:
        raise InactiveChannelError(f"The channel {slug} is closed.", field="channel")
    return channel


def carries(method_id: Any, product_id: Any) -> ColumnElement[bool]:
    """Whether a method takes all of these products, given as something that a column can be equal to."""
    refused = excluded_product.alias()
    return ~(
        select(refused.c.product_id)
        .where(refused.c.method_id == method_id, refused.c.product_id == product_id)
        .correlate_except(refused)
        .exists()
    )
