"""What goods cost their seller, and what is left of their prices over it. For staff."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Numeric, SQLColumnExpression, cast, func, select

from marketplace.catalog.listings import VariantChannelListing
from marketplace.catalog.models import ProductVariant
from marketplace_graphql.kernel import each, null_when
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.values import money


def margin(listing: Any) -> ColumnElement[int]:
    """What is left of a variant's price over its cost, in whole percent of the price; null if unknown."""
    price = func.nullif(listing.entered_price_minor, 0)
    share = cast(listing.entered_price_minor - listing.cost_price_minor, Numeric) / price
    rounded: ColumnElement[int] = cast(func.round(share * 100), BigInteger)
    return rounded


def purchase_cost(product_listing: Any) -> Any:
    """The parts of a `MoneyRange`: the variants' cost prices in the channel, null where none is known."""
    listing = aliased(VariantChannelListing)
    bounds = _bounds(product_listing, listing, listing.cost_price_minor)
    currency = product_listing.currency
    return each(
        bounds,
        null_when(
            bounds.c.least.is_(None),
            {"start": money(bounds.c.least, currency), "stop": money(bounds.c.most, currency)},
        ),
    )


def margins(product_listing: Any) -> Any:
    """The parts of a `Margin`, null where no variant's cost price is known."""
    listing = aliased(VariantChannelListing)
    bounds = _bounds(product_listing, listing, margin(listing))
    return each(bounds, null_when(bounds.c.least.is_(None), {"start": bounds.c.least, "stop": bounds.c.most}))


def _bounds(product_listing: Any, listing: Any, amount: SQLColumnExpression[Any]) -> Any:
    variant = aliased(ProductVariant)
    return (
        select(func.min(amount).label("least"), func.max(amount).label("most"))
        .join(variant, variant.id == listing.variant_id)
        .where(
            variant.product_id == product_listing.product_id,
            listing.channel_id == product_listing.channel_id,
            listing.cost_price_minor.is_not(None),
        )
        .correlate_except(listing, variant)
        .subquery()
        .lateral()
    )
