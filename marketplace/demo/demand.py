"""When people order, and from whom: growth, seasons, favourites."""

from bisect import bisect
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import accumulate
from random import Random

from marketplace.demo.world import HISTORY_DAYS, Listing, Market, Seller, Variant, World

SEASONS = {
    "flat": (1.0,) * 12,
    "winter": (1.5, 1.3, 1.1, 0.9, 0.7, 0.6, 0.6, 0.6, 0.9, 1.2, 1.5, 1.7),
    "summer": (0.6, 0.7, 0.9, 1.1, 1.4, 1.6, 1.6, 1.4, 1.0, 0.8, 0.6, 0.8),
    "spring": (0.8, 1.0, 1.5, 1.6, 1.7, 1.2, 0.9, 0.8, 0.8, 0.8, 0.9, 1.0),
    "autumn": (0.9, 0.8, 0.9, 1.0, 1.0, 0.9, 0.8, 0.9, 1.2, 1.4, 1.4, 1.3),
    "harvest": (1.3, 1.0, 0.9, 0.7, 0.6, 0.5, 0.5, 0.7, 1.1, 1.6, 1.8, 1.6),
    "feast": (0.8, 0.9, 1.3, 1.3, 1.0, 0.9, 0.9, 0.8, 0.8, 0.9, 1.2, 1.9),
}
"""From January to December."""
OVERALL = (0.95, 0.9, 1.05, 1.05, 1.0, 0.95, 0.9, 0.8, 0.95, 1.05, 1.2, 1.3)
YEARLY_GROWTH = 1.55
"""By how much the whole shop grows in a year."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A seller's listings in a market, oldest first."""

    seller: Seller
    listings: list[Listing]
    since: list[datetime]


class Demand:
    """Picks moments of orders, sellers, and what is bought of them."""

    def __init__(self, world: World, market: Market, chance: Random) -> None:
        self._world, self._market, self._chance = world, market, chance
        by_seller: dict[int, list[Listing]] = {}
        for listing in world.listings:
            if market.id in listing.variants[0].prices_minor:
                by_seller.setdefault(listing.seller.id, []).append(listing)
        self._offered = []
        for listings in by_seller.values():
            listings.sort(key=lambda listing: (listing.created_at, listing.id))
            since = [listing.created_at for listing in listings]
            self._offered.append(Offered(listings[0].seller, listings, since))
        self._weights = cache(self._weights_in)

    def moments(self, number: int) -> list[datetime]:
        """When orders come in, earliest first: more each month, more in some."""
        chance, now = self._chance, self._world.now
        days = [now - timedelta(days=HISTORY_DAYS - day) for day in range(HISTORY_DAYS)]
        pull = [
            YEARLY_GROWTH ** (place / 365)
            * OVERALL[day.month - 1]
            * (1.15 if day.weekday() in (4, 6) else 1.0)
            for place, day in enumerate(days)
        ]
        chosen = chance.choices(days, weights=pull, k=number)
        # By day more than by night, and never later than now.
        return sorted(day + timedelta(seconds=86_399 * chance.betavariate(2.2, 1.6)) for day in chosen)

    def sellers(self, at: datetime, number: int) -> list[Offered]:
        """Different sellers that have something to sell at a moment."""
        found: dict[int, Offered] = {}
        weights = self._weights((at.year, at.month))
        if weights is None:
            return []
        for offered in self._chance.choices(self._offered, cum_weights=weights, k=number * 3):
            if offered.since[0] <= at and len(found) < number:
                found.setdefault(offered.seller.id, offered)
        return list(found.values())

    def goods(self, offered: Offered, at: datetime) -> list[tuple[Listing, Variant, int]]:
        """One or two things of a seller, and how many of each."""
        chance = self._chance
        on_shelf = bisect(offered.since, at)
        bought: dict[int, tuple[Listing, Variant, int]] = {}
        for _ in range(chance.choices((1, 2), (74, 26))[0]):
            # Older listings are better known.
            listing = offered.listings[int(on_shelf * chance.random() ** 1.3)]
            variant = chance.choice(listing.variants)
            quantity = 1 if variant.weight_grams > 4000 else chance.choices((1, 2, 3, 4), (68, 21, 8, 3))[0]
            bought.setdefault(variant.id, (listing, variant, quantity))
        return list(bought.values())

    def _weights_in(self, month: tuple[int, int]) -> list[float] | None:
        """The sellers' shares of attention in a month, added up from one to the next."""
        if not self._offered:
            return None
        year, number = month
        now = self._world.now
        years = (year - now.year) + (number - now.month) / 12 + 1  # 0 is the middle of the history.
        return list(
            accumulate(
                offered.seller.appeal
                * offered.seller.growth**years
                * SEASONS[offered.seller.shelf.season][number - 1]
                for offered in self._offered
            )
        )
