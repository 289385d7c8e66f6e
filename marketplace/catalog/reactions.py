"""What the catalogue does when another room tells of a change."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog import search, seller_search
from marketplace.catalog.models import Product
from marketplace.kit.events import subscribe
from marketplace.vendors.events import VendorProfileChanged


@subscribe(VendorProfileChanged)
async def reindex_vendor(session: AsyncSession, event: VendorProfileChanged) -> None:
    """A seller is found by its words, and so are its listings."""
    await seller_search.reindex_vendors(session, [event.vendor_id])
    product_ids = await session.scalars(select(Product.id).where(Product.vendor_id == event.vendor_id))
    await search.reindex(session, product_ids.all())
