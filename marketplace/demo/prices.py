"""Prices of listings in each market, with everything that `pricing.service.reprice` derives from them.

They are written as repricing would write them, so that repricing afterwards finds nothing to do: a row
written once costs half of one written twice.
"""

from random import Random

from marketplace.catalog.listings import ProductChannelListing, VariantChannelListing
from marketplace.demo.crafts import Item, Size
from marketplace.demo.world import Listing, Market, World
from marketplace.kit.money import MINOR_DIGITS, net_of_gross


class PriceTags:
    """Writes what a product and its variants cost in each market where it is sold."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._products = world.tables.of(
            ProductChannelListing,
            """
            product_id channel_id is_published published_at available_for_purchase_at is_live
            category_id currency price_minor start_gross_minor start_net_minor stop_gross_minor
            stop_net_minor undiscounted_start_gross_minor undiscounted_start_net_minor
            undiscounted_stop_gross_minor undiscounted_stop_net_minor
            """,
        )
        self._variants = world.tables.of(
            VariantChannelListing,
            """
            variant_id channel_id currency entered_price_minor cost_price_minor price_minor tax_rate_bp
            gross_minor net_minor undiscounted_gross_minor undiscounted_net_minor
            """,
        )

    def hang(
        self, listing: Listing, item: Item, chosen: list[Size | None], published: bool, chance: Random
    ) -> None:
        """Price a listing everywhere. All channels' prices include tax."""
        low, high = item.mad
        whole_mad = chance.uniform(low, high)
        dirhams = [whole_mad * (size.price_share if size else 1) for size in chosen]
        listing.price_mad = round(min(dirhams))
        for market in _markets_of(self._world, listing, chance):
            prices = [price_minor(market, mad) for mad in dirhams]
            self._hang_in(listing, market, prices, published)

    def _hang_in(self, listing: Listing, market: Market, prices: list[int], published: bool) -> None:
        world, opened = self._world, listing.created_at
        rate_bp = world.rate_bp(
            listing.seller.regime, listing.tax_class_id, market.country_code, world.now.date()
        )
        nets = [net_of_gross(price, rate_bp) for price in prices]
        low, high, low_net, high_net = min(prices), max(prices), min(nets), max(nets)
        self._products.add(
            listing.id, market.id, published, opened, opened, published, listing.category_id, market.currency,
            low, low, low_net, high, high_net, low, low_net, high, high_net,
        )  # fmt: skip
        for variant, price, net in zip(listing.variants, prices, nets, strict=True):
            if published:
                variant.prices_minor[market.id] = price
            self._variants.add(
                variant.id, market.id, market.currency, price, price * 55 // 100, price, rate_bp, price, net,
                price, net,
            )  # fmt: skip


def price_minor(market: Market, mad: float) -> int:
    """What so many dirhams come to in a market, on a round figure."""
    minor = mad * market.per_dirham * float(10 ** MINOR_DIGITS[market.currency])
    step = market.step_minor * (5 if minor > 100 * market.step_minor else 1)
    return max(market.step_minor, round(minor / step) * step)


def _markets_of(world: World, listing: Listing, chance: Random) -> list[Market]:
    """Where it is sold: at home, and some of it abroad."""
    home = "maroc" if listing.seller.place.country_code == "MA" else "afrique-ouest"
    odds = {"maroc": 0.35, "europe": 0.6, "afrique-ouest": 0.15}
    return [market for slug, market in world.markets.items() if slug == home or chance.random() < odds[slug]]
