"""`filter`, `where`, `sortBy` and `search` of products, and the connection that offers them all."""

from collections.abc import Callable
from enum import Enum
from typing import Any

from sqlalchemy import and_, any_, func, literal, not_, select
from sqlalchemy.orm import aliased
from strawberry import ID

from marketplace.catalog import models
from marketplace.catalog.listings import VariantChannelListing
from marketplace.vendors.models import Vendor
from marketplace_graphql.catalog import search as searching
from marketplace_graphql.catalog.attribute_answers import AttributeInput, product_answers
from marketplace_graphql.catalog.pricing import within
from marketplace_graphql.catalog.stock import for_sale, in_stock
from marketplace_graphql.catalog.visibility import listed, listing_of, sees_all_products
from marketplace_graphql.inputs import (
    DateTimeFilterInput,
    DateTimeRangeInput,
    DecimalFilterInput,
    GlobalIDFilterInput,
    PriceRangeInput,
    StringFilterInput,
)
from marketplace_graphql.kernel import (
    DateTime,
    Filter,
    OrderDirection,
    Sorting,
    between,
    connection,
    enum,
    input_type,
    matches,
    never_null,
    refers,
)


@enum
class StockAvailability(Enum):
    """Whether there is anything left."""

    IN_STOCK = "AVAILABLE"
    OUT_OF_STOCK = "OUT_OF_STOCK"


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
    search: str | None
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
    ids: list[ID] | None
    slugs: list[str] | None
    vendors: list[ID] | None
    """Of one of these sellers."""
    regions: list[str] | None
    """From one of these regions, by ISO 3166-2 code."""


@input_type
class ProductWhereInput:
    """Which products are listed."""

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
    updated_at: DateTimeFilterInput | None
    vendors: list[ID] | None
    """Of one of these sellers."""
    regions: list[str] | None
    """From one of these regions, by ISO 3166-2 code."""
    AND: "list[ProductWhereInput] | None"
    OR: "list[ProductWhereInput] | None"


@enum
class ProductOrderField(Enum):
    """What products can be sorted by."""

    NAME = "NAME"
    RANK = "RANK"
    PRICE = "PRICE"
    MINIMAL_PRICE = "MINIMAL_PRICE"
    LAST_MODIFIED = "LAST_MODIFIED"
    DATE = "DATE"
    TYPE = "TYPE"
    PUBLISHED_AT = "PUBLISHED_AT"
    LAST_MODIFIED_AT = "LAST_MODIFIED_AT"
    RATING = "RATING"
    CREATED_AT = "CREATED_AT"


@input_type
class ProductOrder:
    """How products are sorted."""

    direction: OrderDirection
    field: ProductOrderField | None


def in_categories(row: Any, ids: Any, ctx: Any) -> Any:
    """In one of the categories or below. Compared with the copy in the listing, which the price index has."""
    category = aliased(models.Category)
    keys = ctx.key(ids, "Category")
    wanted = func.array(select(category.id).where(category.path.overlap(keys)).scalar_subquery())
    if not ctx.channel.given:
        return row.category_id == any_(wanted)
    listing = listing_of(row, ctx)
    return ctx.one_of_few(row, listing.category_id, wanted, sorted_by=listing.price_minor)


def _in_collections(row: Any, keys: Any) -> Any:
    among = models.collection_product.alias()
    return (
        select(literal(1)).where(among.c.product_id == row.id, among.c.collection_id == any_(keys)).exists()
    )


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


def _of_regions(row: Any, regions: Any, ctx: Any) -> Any:
    vendor = aliased(Vendor)
    return row.vendor_id.in_(select(vendor.id).where(vendor.region_code == any_(regions)))


def _on_sale_from(row: Any, moment: Any, ctx: Any) -> Any:
    return listing_of(row, ctx).available_for_purchase_at <= moment


_common = {
    "ids": lambda row, ids, ctx: row.id == any_(ctx.key(ids, "Product")),
    "is_published": lambda row, wanted, ctx: func.coalesce(listing_of(row, ctx).is_published, False).is_(
        wanted
    ),
    "has_category": lambda row, wanted, ctx: (
        row.category_id.is_not(None) if wanted else row.category_id.is_(None)
    ),
    "attributes": product_answers,
    "stock_availability": lambda row, wanted, ctx: (
        in_stock(row, ctx) if wanted is StockAvailability.IN_STOCK else not_(in_stock(row, ctx))
    ),
    "published_from": lambda row, moment, ctx: listing_of(row, ctx).published_at <= moment,
    "available_from": _on_sale_from,
    "is_available": _available,
    "is_visible_in_listing": lambda row, wanted, ctx: listing_of(row, ctx).visible_in_listings.is_(wanted),
    "price": _asked_price,
    "minimal_price": lambda row, given, ctx: within(listing_of(row, ctx).price_minor, given, ctx),
    "vendors": lambda row, ids, ctx: row.vendor_id == any_(ctx.key(ids, "Vendor")),
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
        "product_types": refers(lambda row, ctx: row.product_type_id, "ProductType"),
        "slugs": lambda row, slugs, ctx: row.slug == any_(slugs),
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


def _price(row: Any, ctx: Any) -> Any:
    price = listing_of(row, ctx).price_minor
    # Whoever sees only live listings sees none without a price.
    return price if sees_all_products(ctx) or ctx.requester.is_vendor else never_null(price)


def _type_name(row: Any, ctx: Any) -> Any:
    kind = ctx.joined(row, models.ProductType, lambda kind: kind.id == row.product_type_id, key="type")
    return never_null(kind.name)


product_order = Sorting(
    ProductOrder,
    {
        ProductOrderField.NAME: lambda row, ctx: row.name,
        ProductOrderField.PRICE: _price,
        ProductOrderField.MINIMAL_PRICE: _price,
        ProductOrderField.LAST_MODIFIED: lambda row, ctx: row.updated_at,
        ProductOrderField.LAST_MODIFIED_AT: lambda row, ctx: row.updated_at,
        ProductOrderField.DATE: lambda row, ctx: row.updated_at,
        ProductOrderField.TYPE: _type_name,
        ProductOrderField.PUBLISHED_AT: lambda row, ctx: listing_of(row, ctx).published_at,
        ProductOrderField.RATING: lambda row, ctx: row.rating,
        ProductOrderField.CREATED_AT: lambda row, ctx: row.created_at,
        ProductOrderField.RANK: lambda row, ctx: row.id,
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
