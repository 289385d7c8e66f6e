"""How products, variants and collections are offered in each channel."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import func

from marketplace.catalog import listings
from marketplace_graphql.catalog import costs, stock
from marketplace_graphql.catalog.pricing import ProductPricingInfo, product_pricing
from marketplace_graphql.catalog.visibility import own_price
from marketplace_graphql.kernel import (
    Date,
    DateTime,
    Node,
    expression,
    node,
    null_when,
    object_type,
    related,
    value,
)
from marketplace_graphql.values import Money, MoneyRange, day, money

if TYPE_CHECKING:
    from marketplace_graphql.markets.types import Channel
    from marketplace_graphql.people.inputs import AddressInput

STAFF = "MANAGE_PRODUCTS"
PUBLISHED_AT = "`publishedAt` says the moment."


@object_type
class Margin:
    """From the lowest to the highest share of their prices that variants leave over their cost."""

    start: int | None
    """In percent."""
    stop: int | None
    """In percent."""


@object_type
class PreorderThreshold:
    """How many pieces could be ordered before they are there."""

    quantity: int | None
    sold_units: int


@node(listings.ProductChannelListing, order_by=lambda row, ctx: row.channel_id)
class ProductChannelListing(Node):
    """How a product is offered in one channel."""

    channel: "Channel" = related()
    is_published: bool
    published_at: DateTime | None
    publication_date: Date | None = expression(
        lambda row, ctx: day(row.published_at), deprecated=PUBLISHED_AT
    )
    visible_in_listings: bool
    available_for_purchase_at: DateTime | None
    available_for_purchase: Date | None = expression(
        lambda row, ctx: day(row.available_for_purchase_at),
        deprecated="`availableForPurchaseAt` says the moment.",
    )
    is_available_for_purchase: bool | None = expression(
        lambda row, ctx: func.coalesce(stock.for_sale(row, ctx), False)
    )
    discounted_price: Money | None = value(
        lambda row, ctx: null_when(row.price_minor.is_(None), money(row.price_minor, row.currency))
    )
    purchase_cost: MoneyRange | None = value(lambda row, ctx: costs.purchase_cost(row), needs=STAFF)
    """What its variants cost the seller, as far as their cost prices are known."""
    margin: Margin | None = value(lambda row, ctx: costs.margins(row), needs=STAFF)
    """What is left of its variants' prices over their cost prices."""

    @value
    def pricing(row: Any, ctx: Any, address: "AddressInput | None" = None) -> ProductPricingInfo | None:
        """Its prices in the channel."""
        return product_pricing(row, ctx)


@node(listings.VariantChannelListing, order_by=lambda row, ctx: row.channel_id)
class ProductVariantChannelListing(Node):
    """What a variant is asked for in one channel."""

    channel: "Channel" = related()
    price: Money | None = value(
        lambda row, ctx: null_when(
            row.entered_price_minor.is_(None), money(row.entered_price_minor, row.currency)
        )
    )
    """None: it is meant for the channel, and its price is not said yet."""
    cost_price: Money | None = value(
        lambda row, ctx: null_when(row.cost_price_minor.is_(None), money(row.cost_price_minor, row.currency)),
        needs=STAFF,
        allowed=own_price,
    )
    prior_price: Money | None = value(
        lambda row, ctx: null_when(
            row.prior_price_minor.is_(None), money(row.prior_price_minor, row.currency)
        )
    )
    margin: int | None = expression(lambda row, ctx: costs.margin(row), needs=STAFF)
    """What is left of the price over the cost price, in percent of it."""
    preorder_threshold: PreorderThreshold | None = value(
        lambda row, ctx: None, deprecated="Nothing is sold here before it is there."
    )


@node(listings.CollectionChannelListing, order_by=lambda row, ctx: row.channel_id)
class CollectionChannelListing(Node):
    """Whether a collection shows in one channel."""

    channel: "Channel" = related()
    is_published: bool
    published_at: DateTime | None
    publication_date: Date | None = expression(
        lambda row, ctx: day(row.published_at), deprecated=PUBLISHED_AT
    )
