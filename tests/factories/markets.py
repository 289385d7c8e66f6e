"""Channels and taxes for tests."""

from datetime import date
from itertools import count

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.markets.models import Channel, TaxClass, TaxRate

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
