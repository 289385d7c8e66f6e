"""Goods that are made when they are ordered."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import ProductVariant
from marketplace.kit.errors import InvalidError, NotFoundError

LEGAL_DELIVERY_DAYS = 30
"""Law 31-08: goods arrive within thirty days of the order unless another time was agreed."""
LONGEST_DAYS = 365


async def make_to_order(session: AsyncSession, variant_id: int, days: int | None) -> None:
    """Sell a variant before it is made: so many days until it is handed to the carrier. None: from the shelf.

    What is made to order is not counted; what comes from the shelf is. Raises InvalidError, NotFoundError.
    """
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise InvalidError(f"Between one day and {LONGEST_DAYS}, please.", field="leadTimeDays")
    changed = await session.scalar(
        update(ProductVariant)
        .where(ProductVariant.id == variant_id)
        .values(lead_time_days=days, track_inventory=days is None)
        .returning(ProductVariant.id)
    )
    if changed is None:
        raise NotFoundError("There is no such variant.", field="variantId")
