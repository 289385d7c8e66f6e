"""The markets a visitor may choose from: each is a channel, with its currency and its countries."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from marketplace.kit.database import Database
from marketplace.markets.models import Channel, ShippingZone, zone_channel
from marketplace.pages.languages import marked

KEPT_SECONDS = 60
"""Markets hardly ever change; every page needs them."""

LIMIT = 50

NAMES = (marked("Maroc"), marked("Europe"), marked("Afrique de l’Ouest"), marked("Monde"))
"""What markets are usually called. One with a name of its own shows it as it is, in every language."""


@dataclass(frozen=True, slots=True)
class Market:
    slug: str
    name: str
    currency: str
    country_code: str
    countries: tuple[str, ...]
    """Where parcels go, the market's own country first."""
    cash_on_delivery: bool


class NoMarketError(Exception):
    """The shop has no active channel, and so nothing to show."""


class Markets:
    """The active markets, looked up again once a minute."""

    def __init__(self, load: Callable[[], Awaitable[Sequence[Market]]]) -> None:
        self._load = load
        self._kept: Sequence[Market] = ()
        self._kept_until = 0.0

    async def all(self) -> Sequence[Market]:
        """Every market, the default one first. Raises NoMarketError."""
        if time.monotonic() >= self._kept_until:
            self._kept = await self._load()
            self._kept_until = time.monotonic() + KEPT_SECONDS if self._kept else 0.0
        if not self._kept:
            raise NoMarketError
        return self._kept

    async def named(self, slug: str | None) -> Market:
        """The market of that name, or the default one."""
        markets = await self.all()
        return next((market for market in markets if market.slug == slug), markets[0])


def markets_in(database: Database) -> Markets:
    """The markets that stand in the database, the oldest first."""

    async def load() -> Sequence[Market]:
        async with database.transaction() as session:
            rows = await session.scalars(
                select(Channel).where(Channel.is_active).order_by(Channel.id).limit(LIMIT)
            )
            channels = rows.all()
            pairs = await session.execute(
                select(zone_channel.c.channel_id, func.unnest(ShippingZone.country_codes).label("code"))
                .join(ShippingZone, ShippingZone.id == zone_channel.c.zone_id)
                .distinct()
                .order_by("code")
                .limit(LIMIT * 250)
            )
            shipped_to: dict[int, list[str]] = {}
            for channel_id, code in pairs:
                shipped_to.setdefault(channel_id, []).append(code)
        return [_market(channel, shipped_to.get(channel.id, [])) for channel in channels]

    return Markets(load)


def _market(channel: Channel, countries: list[str]) -> Market:
    own = channel.default_country_code
    return Market(
        slug=channel.slug,
        name=channel.name,
        currency=channel.currency_code,
        country_code=own,
        countries=(own, *(code for code in countries if code != own)),
        cash_on_delivery=channel.cash_on_delivery,
    )
