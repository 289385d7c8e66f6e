"""Telling apps what a variant costs in a channel from now on: by jobs, and only where anybody listens."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import ProductVariant
from marketplace.kit.announcements import RowKey, announce
from marketplace.kit.jobs import enqueue
from marketplace.webhooks import hearing

EVENT = "PRODUCT_VARIANT_DISCOUNTED_PRICE_UPDATED"
AT_ONCE = 100
"""Prices of which one job tells."""

Change = Sequence[Any]
"""A variant, a channel, its currency, and the price there before and after."""


async def is_heard(session: AsyncSession) -> bool:
    """Whether anybody wants to be told of prices."""
    return await hearing.is_heard(session, EVENT)


async def have_told(session: AsyncSession, written: Sequence[Change]) -> None:
    """Have it told after the commit which prices have changed; a first price is no change."""
    changed = [list(each) for each in written if None not in each[3:] and each[3] != each[4]]
    for start in range(0, len(changed), AT_ONCE):
        await enqueue(
            session,
            "pricing.tell_prices",
            priority=hearing.LATER_THAN_LETTERS,
            changes=changed[start : start + AT_ONCE],
        )


async def tell(session: AsyncSession, changes: Sequence[Change]) -> None:
    """Announce changed prices, each in its channel."""
    for variant_id, channel_id, currency, before, after in changes:
        await announce(
            session,
            EVENT,
            RowKey(ProductVariant, variant_id),
            channel_id=channel_id,
            currency=currency,
            previous_price_minor=before,
            new_price_minor=after,
        )
