"""`filter`, `where`, `sortBy` and `search` of products, and the connection that offers them all."""

from collections.abc import Callable
from enum import Enum
from typing import Any

from sqlalchemy import and_, any_, false, func, literal, not_, or_, select, true
from strawberry import ID

from marketplace.catalog import models
from marketplace.catalog.listings import ProductChannelListing, VariantChannelListing
from marketplace.inventory.models import Stock
from marketplace.inventory.summaries import VariantPieces
from marketplace.kit.models import lowest_if_missing
from marketplace.vendors.models import Vendor
from marketplace_graphql.catalog import search as searching
from marketplace_graphql.catalog.attribute_answers import AttributeInput, product_answers
from marketplace_graphql.catalog.indexed import indexed
from marketplace_graphql.catalog.pricing import at_most, within
from marketplace_graphql.catalog.sorts import product_order, published_since
from marketplace_graphql.catalog.stock import for_sale, in_stock, keys_of_sold_out, sold_out
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
from marketplace_graphql.kernel.reader.aliases import aliased

FEW_OF_A_BAND = 2_000
"""Prices know nothing of the other orders: of more products in a band, a walk soon meets a page of them."""
FEW_SOLD_OUT = 3_000
"""Each is looked at once more: a cart may have given a piece back."""


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
    """In one of the categories or below."""
    category = aliased(models.Category)
    keys = ctx.key(ids, "Category")
    wanted = func.array(select(category.id).where(category.path.overlap(keys)).scalar_subquery())
    if not ctx.channel.given:
        return row.category_id == any_(wanted)
    return _on_shelves(row, wanted, ctx)


def _on_shelves(row: Any, wanted: Any, ctx: Any) -> Any:
    """On one of a few shelves: in the usual orders, a walk for each of them."""
    listing = listing_of(row, ctx)
    for sorted_by in (row.name, row.created_at, lowest_if_missing(row.rating)):
        ctx.one_of_few(row, row.category_id, wanted, sorted_by=sorted_by)
    by_price = ctx.one_of_few(row, listing.category_id, wanted, sorted_by=listing.price_minor)
    # Counted by the listing's copy, from one table; a page must not be joined from both columns' indexes.
    return by_price if ctx.whole else row.category_id == any_(wanted)


def _of_category(row: Any, given: Any, ctx: Any) -> Any:
    """On these very shelves, nothing below."""
    wanted = given.one_of if given.eq is None else given.eq
    either = given.given("eq") is not given.given("one_of")
    if wanted is None or not either or not ctx.channel.given or sees_unlisted(ctx):
        return refers(lambda row, ctx: row.category_id, "Category")(row, given, ctx)
    keys = ctx.key(wanted, "Category")
    shelves = keys if keys.is_list else func.array_append(literal("{}"), keys)
    return _on_shelves(row, shelves, ctx)


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
    """Has a variant that is asked so much for."""
    variant, listing = aliased(models.ProductVariant), aliased(VariantChannelListing)
    inside = within(listing.entered_price_minor, given, ctx)
    if inside is None:
        return None
    asked = select(listing.variant_id).where(listing.channel_id == ctx.channel.id, inside)
    band = (asked if ctx.whole else asked.limit(FEW_OF_A_BAND + 1)).subquery()
    keys = select(variant.product_id).join_from(band, variant, variant.id == band.c.variant_id)
    # A listing's price is the least that is asked, or less: what costs more has no variant in the band.
    least = listing_of(row, ctx).price_minor
    below, holds = at_most(least, given, ctx), _variant_is_asked(row, given, ctx)
    within_ = None if below is None else (least, below)
    return ctx.few_or_many(row, keys, holds, few=FEW_OF_A_BAND, within=within_)


def _variant_is_asked(row: Any, given: Any, ctx: Any) -> Any:
    """Whether one of its variants is asked so much for."""
    variant, listing = aliased(models.ProductVariant), aliased(VariantChannelListing)
    of_variant = and_(listing.variant_id == variant.id, listing.channel_id == ctx.channel.id)
    inside = searching.row_by_row(within(listing.entered_price_minor, given, ctx))
    holds = select(true()).select_from(variant).join(listing, of_variant)
    one = holds.where(variant.product_id == row.id, inside).limit(1).correlate_except(variant, listing)
    return one.scalar_subquery().is_(true())


def _price(row: Any, given: Any, ctx: Any) -> Any:
    """Costs so much. In the order of prices that is a range of the index."""
    price = listing_of(row, ctx).price_minor
    inside, listing = within(price, given, ctx), ProductChannelListing.__table__.alias()
    in_band = within(listing.c.price_minor, given, ctx)
    if inside is None or in_band is None or ctx.whole:
        return inside
    live = true() if sees_unlisted(ctx) else and_(listing.c.is_live, listing.c.visible_in_listings)
    keys = select(listing.c.product_id).where(listing.c.channel_id == ctx.channel.id, live, in_band)
    return ctx.few_or_many(
        row, keys, searching.row_by_row(inside), few=FEW_OF_A_BAND, in_order=(price, inside)
    )


def _available(row: Any, wanted: bool, ctx: Any) -> Any:
    begun = for_sale(listing_of(row, ctx), ctx)
    if not ctx.whole:
        return in_stock(row, ctx, begun) if wanted else not_(in_stock(row, ctx, begun))
    if wanted:
        return and_(begun, not_(sold_out(row, ctx)))
    return or_(searching.row_by_row(not_(begun)), sold_out(row, ctx))


def _in_stock(row: Any, wanted: StockAvailability, ctx: Any) -> Any:
    """A page of what is in stock soon meets enough of it; what is sold out is known beforehand."""
    if wanted is StockAvailability.IN_STOCK:
        return not_(sold_out(row, ctx)) if ctx.whole else in_stock(row, ctx)
    if ctx.whole:
        return sold_out(row, ctx)
    return ctx.few_or_many(row, keys_of_sold_out(ctx), sold_out(row, ctx), few=FEW_SOLD_OUT)


def _stocked(row: Any, given: Any, ctx: Any) -> Any:
    """Has a variant of which so many pieces lie in the store rooms named, or in all together."""
    if given.warehouse_ids is not None:
        return _stocked_in(row, given, ctx.key(given.warehouse_ids, "Warehouse"), ctx)
    if given.quantity is None:
        return None
    pieces, other = VariantPieces.__table__.alias(), VariantPieces.__table__.alias()
    keys = select(pieces.c.product_id).where(pieces.c.shelves > 0, _many_as(pieces, given.quantity))
    holds = select(true()).where(
        other.c.product_id == row.id, other.c.shelves > 0, _many_as(other, given.quantity)
    )
    return ctx.few_or_many(row, keys, _any(holds, other))


def _stocked_in(row: Any, given: Any, rooms: Any, ctx: Any) -> Any:
    shelf, variant = Stock.__table__.alias(), models.ProductVariant.__table__.alias()
    here, own = Stock.__table__.alias(), models.ProductVariant.__table__.alias()
    held = select(true()).select_from(own).join(here, here.c.variant_id == own.c.id)
    held = held.where(own.c.product_id == row.id, here.c.warehouse_id == any_(rooms))
    keys = select(variant.c.product_id).join_from(shelf, variant, variant.c.id == shelf.c.variant_id)
    keys = keys.where(shelf.c.warehouse_id == any_(rooms))
    least, most = _bounds(given.quantity)
    if least is not None or most is not None:
        held = held.group_by(own.c.id).having(_between(func.sum(here.c.quantity), least, most))
    if ctx.whole:
        counted = keys.group_by(variant.c.id, variant.c.product_id)
        return row.id.in_(counted.having(_between(func.sum(shelf.c.quantity), least, most)))
    holds = _any(held, own, here)
    if least is not None:  # All rooms together hold at least what some of them do.
        pieces = VariantPieces.__table__.alias()
        enough = select(pieces.c.product_id).where(pieces.c.shelves > 0, pieces.c.quantity >= least)
        ctx.few_or_many(row, enough, true())
    if most is not None:  # No shelf holds more than all of them.
        keys = keys.where(shelf.c.quantity <= most)
    return ctx.few_or_many(row, keys, holds)


def _any(held: Any, *tables: Any) -> Any:
    """Whether there is such a row. No EXISTS: it would become a join of all products."""
    return held.limit(1).correlate_except(*tables).scalar_subquery().is_(true())


def _bounds(quantity: Any) -> tuple[Any, Any]:
    if quantity is None:
        return None, None
    return (
        quantity.gte if quantity.given("gte") else None,
        quantity.lte if quantity.given("lte") else None,
    )


def _between(subject: Any, least: Any, most: Any) -> Any:
    parts = [] if least is None else [subject >= least]
    return and_(true(), *parts, *([] if most is None else [subject <= most]))


def _many_as(pieces: Any, quantity: Any) -> Any:
    return _between(pieces.c.quantity, *_bounds(quantity))


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


_common: dict[str, Any] = {
    "ids": by_id("Product"),
    "is_published": lambda row, wanted, ctx: _seen_by_all(row, wanted, ctx, "is_published"),
    "has_category": lambda row, wanted, ctx: (
        row.category_id.is_not(None) if wanted else row.category_id.is_(None)
    ),
    "attributes": product_answers,
    "stock_availability": _in_stock,
    "stocks": _stocked,
    "metadata": has_metadata,
    "gift_card": _gift_cards,
    "has_preordered_variants": lambda row, wanted, ctx: false() if wanted else None,
    "published_from": lambda row, moment, ctx: published_since(row, ctx) <= moment,
    "available_from": _on_sale_from,
    "is_available": _available,
    "is_visible_in_listing": lambda row, wanted, ctx: _seen_by_all(row, wanted, ctx, "visible_in_listings"),
    "price": _asked_price,
    "minimal_price": _price,
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
        "updated_at": indexed(models.Product, "updated_at", between(lambda row, ctx: row.updated_at)),
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
        "category": _of_category,
        "collection": _in_collection,
        "updated_at": indexed(models.Product, "updated_at", matches(lambda row, ctx: row.updated_at)),
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
