"""What pricing does when another room tells of a change."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.events import ListingsChanged
from marketplace.kit.events import subscribe
from marketplace.pricing.repricing import price_anew
from marketplace.pricing.service import reprice
from marketplace.vendors.events import VendorStandingChanged


@subscribe(VendorStandingChanged)
async def reprice_vendor(session: AsyncSession, event: VendorStandingChanged) -> None:
    """Put a seller's products on the shelves or take them off, and tax them as the seller now stands."""
    await reprice(session, vendor_id=event.vendor_id)


@subscribe(ListingsChanged)
async def reprice_products(session: AsyncSession, event: ListingsChanged) -> None:
    """Work out what lists show of products whose prices, publication or shelf changed."""
    await price_anew(session, event.product_ids)
