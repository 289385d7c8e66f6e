"""Markets, looked up."""

from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import NotFoundError
from marketplace.markets.errors import InactiveChannelError, MissingChannelError
from marketplace.markets.models import Channel, excluded_product


async def channel_to_shop_in(session: AsyncSession, slug: str | None) -> Channel:
    """The open channel of a slug; without one, the only channel there is, as in Saleor.

    Raises MissingChannelError, NotFoundError, InactiveChannelError.
    """
    channel: Channel = (await channel_and(session, slug))[0]
    return channel


async def channel_and(
    session: AsyncSession, slug: str | None, *more: ColumnElement[Any], **parameters: object
) -> Row[*tuple[Any, ...]]:
    """The same channel, first in a row with what expressions over Channel say of it: in one statement."""
    channels = select(Channel, *more)
    if slug is None:
        found = (await session.execute(channels.where(Channel.is_active).limit(2), parameters)).all()
        if len(found) != 1:
            raise MissingChannelError("Say in which channel: there are several.", field="channel")
        return found[0]
    row = (await session.execute(channels.where(Channel.slug == slug), parameters)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no channel {slug}.", field="channel")
    if not row[0].is_active:
        raise InactiveChannelError(f"The channel {slug} is closed.", field="channel")
    return row


def carries(method_id: Any, product_id: Any) -> ColumnElement[bool]:
    """Whether a method takes all of these products, given as something that a column can be equal to."""
    refused = excluded_product.alias()
    return ~(
        select(refused.c.product_id)
        .where(refused.c.method_id == method_id, refused.c.product_id == product_id)
        .correlate_except(refused)
        .exists()
    )
