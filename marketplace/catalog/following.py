"""What is derived of products follows their changes: at once for a few, by jobs for many.

Prices and places in lists are the pricing room's to see to; words that searches find are ours.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import BigInteger

from marketplace.catalog import search
from marketplace.catalog.events import ListingsChanged
from marketplace.catalog.models import Category, Product
from marketplace.kit.announcements import announce
from marketplace.kit.events import publish
from marketplace.kit.jobs import enqueue

AT_ONCE = 100
"""Products whose words are gathered in the request that changed them."""
BATCH = 500
"""Products of one job."""


async def products_changed(session: AsyncSession, product_ids: Collection[int]) -> None:
    """Have prices, places and words of some products follow, and tell of them: PRODUCT_UPDATED."""
    if not product_ids:
        return
    keys = sorted(product_ids)
    await publish(session, ListingsChanged(tuple(keys)))
    if len(keys) <= AT_ONCE:
        await follow(session, keys)
        return
    for start in range(0, len(keys), BATCH):
        await enqueue(session, "catalog.follow", product_ids=keys[start : start + BATCH])


async def follow(session: AsyncSession, product_ids: Sequence[int]) -> None:
    """Gather the words of products anew, and tell that they have changed."""
    await search.reindex(session, product_ids)
    chosen = Product.id == any_(bindparam("ids", list(product_ids), ARRAY(BigInteger)))
    await announce(session, "PRODUCT_UPDATED", *await session.scalars(select(Product).where(chosen)))


async def shelf_renamed(session: AsyncSession, category_id: int) -> None:
    """Have everything on a shelf and below it be found by the shelf's new name, soon."""
    await enqueue(session, "catalog.reindex_shelf", category_id=category_id)


async def reindex_shelf(session: AsyncSession, category_id: int, after_product_id: int) -> None:
    """Gather the words of one batch of a shelf's products; the rest is the next job's."""
    shelves = select(Category.id).where(Category.path.contains([category_id]))
    found = await session.scalars(
        select(Product.id)
        .where(Product.category_id.in_(shelves), Product.id > after_product_id)
        .order_by(Product.id)
        .limit(BATCH)
    )
    product_ids = list(found)
    await search.reindex(session, product_ids)
    if len(product_ids) == BATCH:
        await enqueue(
            session, "catalog.reindex_shelf", category_id=category_id, after_product_id=product_ids[-1]
        )
