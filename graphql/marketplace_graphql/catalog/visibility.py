"""Which products a requester may see: buyers what is live in the channel, sellers their own, staff all."""

from typing import Any

from sqlalchemy import ColumnElement, all_, and_, any_, false, func, or_, select, true

from marketplace.catalog.attributes import Attribute, AttributeValue
from marketplace.catalog.listings import ProductChannelListing, VariantChannelListing
from marketplace.catalog.models import (
    Category,
    Product,
    ProductMedia,
    ProductType,
    ProductVariant,
)
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import owned, shared
from marketplace_graphql.kernel.reader.aliases import aliased

SEES_ALL_PRODUCTS = (
    Permission.MANAGE_PRODUCTS,
    Permission.MANAGE_ORDERS,
    Permission.MANAGE_DISCOUNTS,
    Permission.MANAGE_CHANNELS,
)
"""Any of these shows unpublished products too, as in Saleor."""


def listing_of(row: Any, ctx: Any) -> Any:
    """A product's row of publication and price in the channel in force."""
    return ctx.joined(
        row,
        ProductChannelListing,
        lambda listing: (listing.product_id == row.id) & (listing.channel_id == ctx.channel.id),
        key="listing",
    )


def variant_listing_of(row: Any, ctx: Any) -> Any:
    """A variant's row of price in the channel in force."""
    return ctx.joined(
        row,
        VariantChannelListing,
        lambda listing: (listing.variant_id == row.id) & (listing.channel_id == ctx.channel.id),
        key="listing",
    )


def sees_all_products(ctx: Any) -> bool:
    return bool(ctx.requester.has(*SEES_ALL_PRODUCTS))


def sees_unlisted(ctx: Any) -> bool:
    """Whether the requester sees products that are not listed in the channel: all, or its own."""
    return sees_all_products(ctx) or bool(ctx.requester.is_vendor)


def product_visible(row: Any, ctx: Any) -> ColumnElement[bool]:
    if sees_all_products(ctx):
        return true()
    live = _live(row, ctx) if ctx.channel.given else false()
    if ctx.requester.is_vendor:
        return or_(row.vendor_id == any_(ctx.requester.vendor_ids), live)
    return live


def _live(row: Any, ctx: Any) -> ColumnElement[bool]:
    """Live in the channel. A search asks it of all that it finds, so it reads the row's own copy, which a job
    writes of products whose shelf is going.
    """
    if not ctx.searching:
        live: ColumnElement[bool] = listing_of(row, ctx).is_live
        return live
    going = func.array(select(Category.id).where(Category.is_going).scalar_subquery())
    return and_(ctx.channel.id == any_(row.listed_in), func.coalesce(row.category_id, 0) != all_(going))


def variant_visible(row: Any, ctx: Any) -> ColumnElement[bool]:
    """With its product; and, for buyers, only where it has a price."""
    if sees_all_products(ctx):
        return true()
    listing = aliased(ProductChannelListing)
    priced = variant_listing_of(row, ctx).price_minor.is_not(None) if ctx.channel.given else false()
    live = (
        priced
        & select(listing.id)
        .where(listing.product_id == row.product_id, listing.channel_id == ctx.channel.id, listing.is_live)
        .exists()
    )
    if ctx.requester.is_vendor:
        return or_(own_product(row, ctx), live)
    return live


def own(row: Any, ctx: Any) -> ColumnElement[bool]:
    """Whether a product is the requester's own."""
    return row.vendor_id == any_(ctx.requester.vendor_ids) if ctx.requester.is_vendor else false()


def own_price(row: Any, ctx: Any) -> ColumnElement[bool]:
    """Whether a variant's listing is of a product of the requester's own."""
    variant = aliased(ProductVariant)
    mine = select(variant.id).where(variant.id == row.variant_id, own_product(variant, ctx))
    return mine.correlate_except(variant).exists() if ctx.requester.is_vendor else false()


def own_product(row: Any, ctx: Any) -> ColumnElement[bool]:
    """Whether a variant is of a product of the requester's own."""
    if not ctx.requester.is_vendor:
        return false()
    product = aliased(Product)
    own = select(product.id).where(
        product.id == row.product_id, product.vendor_id == any_(ctx.requester.vendor_ids)
    )
    return own.correlate_except(product).exists()


def listed(row: Any, ctx: Any) -> ColumnElement[bool]:
    """What lists of products leave out for buyers: products only reachable by their address."""
    if sees_all_products(ctx) or not ctx.channel.given:
        return true()
    if ctx.searching:
        return true()  # Said already: a search finds what `listed_in` names.
    in_lists = listing_of(row, ctx).visible_in_listings
    if ctx.requester.is_vendor:
        return or_(row.vendor_id == any_(ctx.requester.vendor_ids), in_lists)
    return in_lists


shared(Attribute, AttributeValue, Category, ProductType)


@owned(Product)
def product_of_sellers(row: Any, vendor_ids: tuple[int, ...]) -> ColumnElement[bool]:
    owned_by: ColumnElement[bool] = row.vendor_id.in_(vendor_ids)
    return owned_by


@owned(ProductVariant)
@owned(ProductMedia)
def part_of_sellers_product(row: Any, vendor_ids: tuple[int, ...]) -> ColumnElement[bool]:
    """A variant or a picture, with its product."""
    own: ColumnElement[bool] = row.product_id.in_(select(Product.id).where(Product.vendor_id.in_(vendor_ids)))
    return own
