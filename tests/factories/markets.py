"""Channels, taxes and ways to ship for tests."""

from datetime import date
from itertools import count

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.markets.models import (
    Channel,
    ShippingMethod,
    ShippingMethodListing,
    ShippingZone,
    TaxClass,
    TaxRate,
)

_numbers = count(1)


async def make_channel(session: AsyncSession, **given: object) -> Channel:
    """A market in dirhams, prices entered with tax, cash on delivery allowed."""
    number = next(_numbers)
    channel = Channel(
        **{
            "slug": f"maroc-{number}",
            "name": "Maroc",
            "currency_code": "MAD",
            "default_country_code": "MA",
            "cash_on_delivery": True,
        }
        | given
    )
    session.add(channel)
    await session.flush()
    return channel


async def make_tax_class(session: AsyncSession, rate_bp: int | None = 2000, country: str = "MA") -> TaxClass:
    """A class; with a rate, one that has been in force in the country since 2020."""
    tax_class = TaxClass(name=f"Classe {next(_numbers)}")
    session.add(tax_class)
    await session.flush()
    if rate_bp is not None:
        await make_tax_rate(session, tax_class_id=tax_class.id, rate_bp=rate_bp, country_code=country)
    return tax_class


async def make_tax_rate(session: AsyncSession, **given: object) -> TaxRate:
    rate = TaxRate(**{"country_code": "MA", "rate_bp": 2000, "valid_from": date(2020, 1, 1)} | given)
    session.add(rate)
    await session.flush()
    return rate


async def make_method(
    session: AsyncSession,
    channel: Channel,
    parcel_price_minor: int = 30_00,
    *,
    countries: tuple[str, ...] = ("MA",),
    listing: dict[str, int] | None = None,
    **given: object,
) -> ShippingMethod:
    """A carrier that takes cash, with a zone of its own, listed in a channel."""
    number = next(_numbers)
    zone = ShippingZone(name=f"Zone {number}", country_codes=list(countries), channels=[channel])
    session.add(zone)
    await session.flush()
    method = ShippingMethod(
        **{"zone_id": zone.id, "name": f"Livraison {number}", "carrier": "Amana", "collects_cash": True}
        | given
    )
    session.add(method)
    await session.flush()
    session.add(
        ShippingMethodListing(
            method_id=method.id,
            channel_id=channel.id,
            currency=channel.currency_code,
            parcel_price_minor=parcel_price_minor,
            **listing or {},
        )
    )
    await session.flush()
    return method
