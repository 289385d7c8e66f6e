"""Repricing: every price that a list shows is stored, and worked out here when its inputs change.

Inputs are the price a seller entered, promotions of the catalogue, the seller's regime and standing, tax
classes and rates, the product's category and collections, and publication. Whoever changes one of them calls
`reprice` in the same transaction; promotions, which may concern all there is, do it by `pricing.repricing`.
"""

from collections.abc import Collection

from sqlalchemy import BigInteger, Select, any_, bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import ProductChannelListing
from marketplace.catalog.models import Product
from marketplace.kit import clock
from marketplace.kit.jobs import enqueue
from marketplace.markets.models import Channel
from marketplace.pricing import telling
from marketplace.pricing.catalogue_promotions import catalogue_rules
from marketplace.pricing.derived import product_prices, products_listed, variant_prices
from marketplace.pricing.promotions import Repricing
from marketplace.vendors.models import Vendor, VendorStatus

PUBLISH_BATCH = 1000
PROMOTIONS_LOCK = 7_031
"""PostgreSQL's advisory lock of whoever changes promotions, shared by whoever prices by them."""


async def reprice(
    session: AsyncSession,
    product_ids: Collection[int] | None = None,
    *,
    vendor_id: int | None = None,
    channel_id: int | None = None,
) -> None:
    """Work out all derived columns of the listings concerned (by default: of all there are).

    Five statements, whatever their number: lock, rules, variants, listings, products; and once in a
    transaction the question whether anybody wants to be told of new prices. Rows that come out as
    they were are not written. The products are locked in the order of their ids, so that two repricings wait
    for each other rather than stop each other dead. Listings that the session has loaded are not refreshed.
    """
    if product_ids is not None and not product_ids:
        return
    chosen = _chosen(product_ids, vendor_id)
    locked = chosen.order_by(Product.id).with_for_update(key_share=True).subquery()
    undisturbed = func.pg_try_advisory_xact_lock_shared(PROMOTIONS_LOCK)
    found = await session.execute(select(func.count(), undisturbed).select_from(locked))
    if not found.one()[1]:
        await _do_it_again_later(session, chosen)
    now = clock.now()
    rules = await catalogue_rules(session, now)
    is_heard = await telling.is_heard(session)
    unsynchronised = {"synchronize_session": False}
    prices = variant_prices(chosen, channel_id, now, rules, with_changes=is_heard)
    written = await session.execute(prices, execution_options=unsynchronised)
    if is_heard:
        await telling.have_told(session, [tuple(row) for row in written])
    for statement in (product_prices(chosen, channel_id, now), products_listed(chosen)):
        await session.execute(statement, execution_options=unsynchronised)


async def lock_promotions(session: AsyncSession) -> None:
    """Let nobody else change promotions, and wait for whoever is pricing by them as they are.

    To be called before anything else is locked. Whoever reprices meanwhile does not wait for the new rules,
    which would wait for the rows it has locked: it leaves word to have it done again.
    """
    await session.execute(select(func.pg_advisory_xact_lock(PROMOTIONS_LOCK)))


async def wake_repricing(session: AsyncSession) -> None:
    """Have the prices that are out of date worked out after the commit."""
    await enqueue(session, "pricing.promotions_due", queueing_lock="schedule:pricing.promotions_due")


async def _do_it_again_later(session: AsyncSession, chosen: Select[int]) -> None:
    """Somebody changes promotions just now, and can't see what this transaction writes, nor it them."""
    product_ids = list(await session.scalars(chosen))
    await session.execute(insert(Repricing).values(product_ids=product_ids, predicates=[]))
    await wake_repricing(session)


async def publish_due(session: AsyncSession) -> int:
    """Put products on the shelf whose day of publication has come; how many. For a periodic job."""
    due = await session.scalars(
        select(ProductChannelListing.product_id)
        .join(ProductChannelListing.product)
        .join(Product.vendor)
        .join(ProductChannelListing.channel)
        .where(
            ProductChannelListing.is_published,
            ~ProductChannelListing.is_live,
            ProductChannelListing.published_at <= clock.now(),
            ProductChannelListing.price_minor.is_not(None),
            Vendor.status == VendorStatus.APPROVED,
            Channel.is_active,
        )
        .distinct()
        .limit(PUBLISH_BATCH)
    )
    product_ids = list(due)
    await reprice(session, product_ids)
    return len(product_ids)


def _chosen(product_ids: Collection[int] | None, vendor_id: int | None) -> Select[int]:
    chosen = select(Product.id)
    if product_ids is not None:
        ids = bindparam("product_ids", list(product_ids), ARRAY(BigInteger))
        chosen = chosen.where(Product.id == any_(ids))
    if vendor_id is not None:
        chosen = chosen.where(Product.vendor_id == vendor_id)
    return chosen
