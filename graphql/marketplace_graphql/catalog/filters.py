"""`filter`, `where`, `sortBy` and `search` of products, and the connection that offers them all."""

from collections.abc import Callable
from enum import Enum
from typing import Any

from sqlalchemy import and_, any_, false, func, literal, not_, select
from sqlalchemy.orm import aliased
from strawberry import ID

from marketplace.catalog import models
from marketplace.catalog.listings import VariantChannelListing
from marketplace.inventory.models import Stock
from marketplace.kit.models import lowest_if_missing
from marketplace.vendors.models import Vendor
from marketplace_graphql.catalog import search as searching
from marketplace_graphql.catalog.attribute_answers import AttributeInput, product_answers
from marketplace_graphql.catalog.pricing import within
from marketplace_graphql.catalog.sorts import product_order, published_since
from marketplace_graphql.catalog.stock import for_sale, in_stock
from marketplace_graphql.catalog.visibility import listed, listing_of, sees_unlisted
from marketplace_graphql.inputs import (
    DateTimeFilterInput,
    DateTimeRangeInput,
    DecimalFilterInput,
    GlobalIDFilterInput,
    IntRangeInput,
    MetadataFilter,
    PriceRangeInput,
    StringFilterInput,
    has_metadata,
)
from marketplace_graphql.kernel import (
    DateTime,
    Filter,
    among,
    between,
    by_id,
    connection,
    enum,
    input_type,
    matches,
    refers,
)


@enum
class StockAvailability(Enum):
    """Whether there is anything left."""

    IN_STOCK = "AVAILABLE"
    OUT_OF_STOCK = "OUT_OF_STOCK"


@input_type
class ProductStockFilterInput:
    """What lies in store rooms."""

    warehouse_ids: list[ID] | None
    """In one of these."""
    quantity: IntRangeInput | None
    """So many pieces of a variant."""


@input_type
class ProductFilterInput:
    """Which products are listed."""

    is_published: bool | None
    collections: list[ID] | None
    categories: list[ID] | None
    """In one of these, or below it."""
    has_category: bool | None
    attributes: list[AttributeInput] | None
    stock_availability: StockAvailability | None
    stocks: ProductStockFilterInput | None
    search: str | None
    metadata: list[MetadataFilter] | None
    published_from: DateTime | None
    is_available: bool | None
    available_from: DateTime | None
    is_visible_in_listing: bool | None
    price: PriceRangeInput | None
    """A variant is asked this much for."""
    minimal_price: PriceRangeInput | None
    """The cheapest variant costs this much, discounts included."""
    updated_at: DateTimeRangeInput | None
    product_types: list[ID] | None
    gift_card: bool | None
    ids: list[ID] | None
    has_preordered_variants: bool | None
    """Sold before it is there: nothing is."""
    slugs: list[str] | None
    channel: str | None
    vendors: list[ID] | None
    """Of one of these sellers."""
    regions: list[str] | None
    """From one of these regions, by ISO 3166-2 code."""


@input_type
class ProductWhereInput:
    """Which products are listed."""

    metadata: list[MetadataFilter] | None
    ids: list[ID] | None
    name: StringFilterInput | None
    slug: StringFilterInput | None
    product_type: GlobalIDFilterInput | None
    category: GlobalIDFilterInput | None
    collection: GlobalIDFilterInput | None
    is_available: bool | None
    is_published: bool | None
    is_visible_in_listing: bool | None
    published_from: DateTime | None
    available_from: DateTime | None
    has_category: bool | None
    price: DecimalFilterInput | None
    minimal_price: DecimalFilterInput | None
    attributes: list[AttributeInput] | None
    stock_availability: StockAvailability | None
    stocks: ProductStockFilterInput | None
    gift_card: bool | None
    has_preordered_variants: bool | None
    """Sold before it is there: nothing is."""
    updated_at: DateTimeFilterInput | None
    vendors: list[ID] | None
    """Of one of these sellers."""
    regions: list[str] | None
    """From one of these regions, by ISO 3166-2 code."""
    AND: "list[ProductWhereInput] | None"
    OR: "list[ProductWhereInput] | None"


def in_categories(row: Any, ids: Any, ctx: Any) -> Any:
    """In one of the categories or below. Compared with the copy in the listing, which the price index has."""
    category = aliased(models.Category)
    keys = ctx.key(ids, "Category")
    wanted = func.array(select(category.id).where(category.path.overlap(keys)).scalar_subquery())
    if not ctx.channel.given:
        return row.category_id == any_(wanted)
    listing = listing_of(row, ctx)
    for sorted_by in (row.name, row.created_at, lowest_if_missing(row.rating)):
        ctx.one_of_few(row, row.category_id, wanted, sorted_by=sorted_by)
    return ctx.one_of_few(row, listing.category_id, wanted, sorted_by=listing.price_minor)


def _in_collections(row: Any, keys: Any) -> Any:
    member = aliased(models.CollectionProduct)
    return select(literal(1)).where(member.product_id == row.id, member.collection_id == any_(keys)).exists()


def _in_collection(row: Any, given: Any, ctx: Any) -> Any:
    if given.eq is not None:
        return _in_collections(row, func.array_append(literal("{}"), ctx.key(given.eq, "Collection")))
    if given.one_of is not None:
        return _in_collections(row, ctx.key(given.one_of, "Collection"))
    return None


def _asked_price(row: Any, given: Any, ctx: Any) -> Any:
    variant, listing = aliased(models.ProductVariant), aliased(VariantChannelListing)
    inside = within(listing.entered_price_minor, given, ctx)
    if inside is None:
        return None
    return (
        select(literal(1))
        .where(
            variant.product_id == row.id,
            listing.variant_id == variant.id,
            listing.channel_id == ctx.channel.id,
            inside,
        )
        .exists()
    )


def _available(row: Any, wanted: bool, ctx: Any) -> Any:
    buyable = and_(for_sale(listing_of(row, ctx), ctx), in_stock(row, ctx))
    return buyable if wanted else not_(func.coalesce(buyable, False))


def _stocked(row: Any, given: Any, ctx: Any) -> Any:
    """Has a variant of which so many pieces lie in the store rooms named, or in all together."""
    if given.warehouse_ids is None and given.quantity is None:
        return None
    variant, stock = aliased(models.ProductVariant), aliased(Stock)
    stocked = select(variant.product_id).where(stock.variant_id == variant.id)
    if given.quantity is not None:
        inside = between(lambda _row, _ctx: func.sum(stock.quantity))(row, given.quantity, ctx)
        stocked = (
            stocked.group_by(variant.id) if inside is None else stocked.group_by(variant.id).having(inside)
        )
    if given.warehouse_ids is None:
        return stocked.where(variant.product_id == row.id).correlate_except(variant, stock).exists()
    # Few pieces lie in a few store rooms: from there to their products, not the other way round.
    there = stock.warehouse_id == any_(ctx.key(given.warehouse_ids, "Warehouse"))
    return row.id.in_(stocked.where(there))


def _gift_cards(row: Any, wanted: bool, ctx: Any) -> Any:
    kind = aliased(models.ProductType)
    of_kind = select(kind.id).where(kind.kind == models.ProductTypeKind.GIFT_CARD).correlate_except(kind)
    if not wanted:
        return row.product_type_id.not_in(of_kind)
    # Asked first, once: a shop without gift cards is not searched for them.
    return and_(of_kind.exists(), _of_types(row, func.array(of_kind.scalar_subquery()), ctx))


def _of_types(row: Any, keys: Any, ctx: Any) -> Any:
    return ctx.one_of_few(row, row.product_type_id, keys, sorted_by=row.name)


def _of_vendors(row: Any, ids: Any, ctx: Any) -> Any:
    return ctx.one_of_few(row, row.vendor_id, ctx.key(ids, "Vendor"), sorted_by=row.name)


def _of_regions(row: Any, regions: Any, ctx: Any) -> Any:
    vendor = aliased(Vendor)
    return row.vendor_id.in_(select(vendor.id).where(vendor.region_code == any_(regions)))


def _on_sale_from(row: Any, moment: Any, ctx: Any) -> Any:
    return listing_of(row, ctx).available_for_purchase_at <= moment


def _seen_by_all(row: Any, wanted: bool, ctx: Any, column: str) -> Any:
    """Whether its listing says so. Of what buyers see in a list, each says yes."""
    if not sees_unlisted(ctx):
        return None if wanted else false()
    return func.coalesce(getattr(listing_of(row, ctx), column), False).is_(wanted)


_common = {
    "ids": by_id("Product"),
    "is_published": lambda row, wanted, ctx: _seen_by_all(row, wanted, ctx, "is_published"),
    "has_category": lambda row, wanted, ctx: (
        row.category_id.is_not(None) if wanted else row.category_id.is_(None)
    ),
    "attributes": product_answers,
    "stock_availability": lambda row, wanted, ctx: (
        in_stock(row, ctx) if wanted is StockAvailability.IN_STOCK else not_(in_stock(row, ctx))
    ),
    "stocks": _stocked,
    "metadata": has_metadata,
    "gift_card": _gift_cards,
    "has_preordered_variants": lambda row, wanted, ctx: false() if wanted else None,
    "published_from": lambda row, moment, ctx: published_since(row, ctx) <= moment,
    "available_from": _on_sale_from,
    "is_available": _available,
    "is_visible_in_listing": lambda row, wanted, ctx: _seen_by_all(row, wanted, ctx, "visible_in_listings"),
    "price": _asked_price,
    "minimal_price": lambda row, given, ctx: within(listing_of(row, ctx).price_minor, given, ctx),
    "vendors": _of_vendors,
    "regions": _of_regions,
}
product_filter = Filter(
    ProductFilterInput,
    {
        **_common,
        "collections": lambda row, ids, ctx: _in_collections(row, ctx.key(ids, "Collection")),
        "categories": in_categories,
        "search": searching.found,
        "updated_at": between(lambda row, ctx: row.updated_at),
        "product_types": lambda row, ids, ctx: _of_types(row, ctx.key(ids, "ProductType"), ctx),
        "slugs": among(lambda row, ctx: row.slug),
    },
)
product_where = Filter(
    ProductWhereInput,
    {
        **_common,
        "name": matches(lambda row, ctx: row.name),
        "slug": matches(lambda row, ctx: row.slug),
        "product_type": refers(lambda row, ctx: row.product_type_id, "ProductType"),
        "category": refers(lambda row, ctx: row.category_id, "Category"),
        "collection": _in_collection,
        "updated_at": matches(lambda row, ctx: row.updated_at),
    },
)


def product_connection(on: Callable[[Any, Any, Any], Any] | None = None, *, channel: bool = True) -> Any:
    """Pages of products below a row (none: of all), with every way of narrowing and sorting them."""

    def shown(parent: Any, product: Any, ctx: Any) -> Any:
        in_lists = listed(product, ctx)
        return in_lists if on is None else and_(on(parent, product, ctx), in_lists)

    return connection(
        on=shown,
        filter=product_filter,
        where=product_where,
        sort_by=product_order,
        search=searching.found,
        rank=searching.rank,
        channel=channel,
    )
