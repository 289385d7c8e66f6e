"""Stored prices follow promotions, tax rates and channels' settings: at once where few listings are
concerned, in batches where many are.

A cart never waits for this: what it sells is priced by the rules themselves wherever the stored price may be
out of date (`checkout.offers`).
"""

from collections.abc import Sequence

from sqlalchemy import Select, any_, bindparam, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import BigInteger

from marketplace.catalog.listings import ProductChannelListing, VariantChannelListing
from marketplace.catalog.models import Product, ProductVariant
from marketplace.kit import clock
from marketplace.pricing.predicates import Predicate, chosen_variants
from marketplace.pricing.promotions import Repricing
from marketplace.pricing.service import reprice, wake_repricing

REPRICE_BATCH = 1000
"""Products repriced in one transaction."""


async def follow(session: AsyncSession, predicates: Sequence[Predicate]) -> None:
    """Have prices follow rules that have just changed; the predicates are the rules' old and new ones.

    In this transaction, if they choose a batch of products or less; otherwise by jobs after the commit.
    The caller holds the lock of `lock_promotions`.
    """
    if not any(predicates):
        return
    product_ids = list(await session.scalars(_chosen_by(predicates).limit(REPRICE_BATCH + 1)))
    if len(product_ids) <= REPRICE_BATCH:
        await reprice(session, product_ids)
        return
    session.add(Repricing(predicates=[dict(predicate) for predicate in predicates]))
    await session.flush()
    await wake_repricing(session)


async def price_anew(session: AsyncSession, product_ids: Sequence[int]) -> None:
    """Have the prices of some products worked out: in this transaction, or where they are many soon after."""
    if len(product_ids) <= REPRICE_BATCH:
        await reprice(session, product_ids)
        return
    session.add(Repricing(product_ids=sorted(product_ids), predicates=[]))
    await session.flush()
    await wake_repricing(session)


async def follow_markets(session: AsyncSession, channel_id: int | None = None) -> None:
    """Have prices follow a change of tax rates or of channels, which may concern all there are: in a channel,
    or in all. The change itself is written.
    """
    listed = select(ProductChannelListing.product_id).distinct()
    if channel_id is not None:
        listed = listed.where(ProductChannelListing.channel_id == channel_id)
    product_ids = list(await session.scalars(listed.limit(REPRICE_BATCH + 1)))
    if len(product_ids) <= REPRICE_BATCH:
        await reprice(session, product_ids, channel_id=channel_id)
        return
    session.add(Repricing(predicates=[], channel_id=channel_id))
    await session.flush()
    await wake_repricing(session)


async def catch_up(session: AsyncSession) -> bool:
    """Reprice one batch of what is out of date; whether there is more of it.

    First what waits to be repriced, then listings for which a promotion has begun or ended by itself.
    """
    waiting = await session.scalar(
        select(Repricing).order_by(Repricing.id).limit(1).with_for_update(skip_locked=True)
    )
    if waiting is None:
        due = list(await session.scalars(_DUE, {"now": clock.now()}))
        await reprice(session, due)
        return len(due) == REPRICE_BATCH
    product_ids = list(await session.scalars(_next_of(waiting)))
    await reprice(session, product_ids, channel_id=waiting.channel_id)
    if len(product_ids) < REPRICE_BATCH:
        await session.delete(waiting)
    else:
        waiting.after_product_id = product_ids[-1]
    await session.flush()
    return True


_DUE = (
    select(ProductVariant.product_id)
    .join(VariantChannelListing, VariantChannelListing.variant_id == ProductVariant.id)
    .where(VariantChannelListing.price_valid_until <= bindparam("now"))
    .distinct()
    .limit(REPRICE_BATCH)
)


def _next_of(waiting: Repricing) -> Select[int]:
    chosen = select(Product.id).order_by(Product.id)
    if waiting.product_ids is not None:
        ids = bindparam("product_ids", waiting.product_ids, ARRAY(BigInteger))
        chosen = chosen.where(Product.id == any_(ids))
    elif waiting.predicates:
        chosen = _chosen_by(waiting.predicates)
    return chosen.where(Product.id > waiting.after_product_id).limit(REPRICE_BATCH)


def _chosen_by(predicates: Sequence[Predicate]) -> Select[int]:
    """Products of which a predicate chooses a variant, by id."""
    chosen = or_(*(chosen_variants(predicate) for predicate in predicates))
    return (
        select(Product.id)
        .join(ProductVariant, ProductVariant.product_id == Product.id)
        .where(chosen)
        .group_by(Product.id)
        .order_by(Product.id)
    )
