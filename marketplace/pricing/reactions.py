"""What pricing does when another room tells of a change."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.events import ListingsChanged
from marketplace.kit.events import subscribe
from marketplace.markets.events import ChannelChanged, TaxRatesChanged
from marketplace.markets.models import Channel
from marketplace.pricing.repricing import follow_markets, price_anew
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


PRICING_SETTINGS = frozenset(
    {
        "is_active",
        "default_country_code",
        "prices_entered_with_tax",
        "charge_taxes",
        "tax_calculation_strategy",
    }
)
"""Of a channel: what decides what lists show of its listings, and whether they show them."""


@subscribe(ChannelChanged)
async def reprice_channel(session: AsyncSession, event: ChannelChanged) -> None:
    """Have the listings of a channel follow its settings."""
    if event.names & PRICING_SETTINGS:
        await follow_markets(session, event.channel_id)


@subscribe(TaxRatesChanged)
async def reprice_taxed(session: AsyncSession, event: TaxRatesChanged) -> None:
    """Have listings follow the rates of the countries whose prices they show."""
    channels = await session.scalars(
        select(Channel.id).where(Channel.default_country_code.in_(event.country_codes)).order_by(Channel.id)
    )
    for channel_id in channels.all():
        await follow_markets(session, channel_id)
