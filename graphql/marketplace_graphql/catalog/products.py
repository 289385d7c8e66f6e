"""Products and their variants."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, false, func, not_, select
from strawberry import ID

from marketplace.catalog import models
from marketplace.inventory.serving import serves_channel
from marketplace_graphql.catalog import asking, costs, sales, stock
from marketplace_graphql.catalog.asking import chosen_by
from marketplace_graphql.catalog.attribute_enums import VariantAttributeScope
from marketplace_graphql.catalog.making import MakingOfVariant
from marketplace_graphql.catalog.media import ProductImage, ProductMedia, images_of, media_order
from marketplace_graphql.catalog.pictures import media_url
from marketplace_graphql.catalog.pricing import (
    ProductPricingInfo,
    VariantPricingInfo,
    is_taxed,
    product_pricing,
    variant_pricing,
)
from marketplace_graphql.catalog.provenance import ProvenanceOfProduct, ProvenanceOfVariant
from marketplace_graphql.catalog.sales import ReportingPeriod
from marketplace_graphql.catalog.selected_attributes import (
    ASSIGNED_INSTEAD,
    ObjectWithAttributes,
    SelectedAttribute,
    all_attributes,
    selected_attribute,
    selected_attributes,
)
from marketplace_graphql.catalog.variant_filters import variant_filter, variant_order, variant_where
from marketplace_graphql.catalog.visibility import (
    listed,
    listing_of,
    own,
    own_product,
    product_visible,
    variant_listing_of,
    variant_visible,
)
from marketplace_graphql.kernel import (
    CountableConnection,
    Date,
    DateTime,
    JSONString,
    Node,
    ObjectWithMetadata,
    column,
    connection,
    enum,
    expression,
    never_null,
    node,
    null_when,
    object_type,
    related,
    translated,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.payouts.breakdown import BreakdownOfProduct, BreakdownOfVariant
from marketplace_graphql.rules import staff_only
from marketplace_graphql.values import Image, TaxedMoney, ThumbnailFormatEnum, Weight, day, weight

if TYPE_CHECKING:
    from marketplace_graphql.catalog.categories import Category
    from marketplace_graphql.catalog.channel_listings import (
        ProductChannelListing,
        ProductVariantChannelListing,
    )
    from marketplace_graphql.catalog.collections import Collection
    from marketplace_graphql.inventory.types import Stock
    from marketplace_graphql.languages import CountryCode
    from marketplace_graphql.markets.types import TaxClass
    from marketplace_graphql.people.inputs import AddressInput
    from marketplace_graphql.vendors.types import Vendor

STAFF = "MANAGE_PRODUCTS"
NO_TAX_CODES = "Taxes go by tax classes; there are no codes of a tax service."
ProductTypeKindEnum = enum(models.ProductTypeKind, name="ProductTypeKindEnum")


@object_type
class TaxType:
    """What a tax service calls a kind of goods."""

    description: str | None
    tax_code: str | None


@object_type
class PreorderData:
    """How a variant is sold before it is there."""

    global_threshold: int | None
    global_sold_units: int
    end_date: DateTime | None


@node(
    models.ProductType,
    visible=lambda row, ctx: not_(row.is_going),
    order_by=lambda row, ctx: row.name,
)
class ProductType(Node, ObjectWithMetadata):
    """What products of a kind have in common: the attributes they are asked for, how they are taxed."""

    name: str
    slug: str
    has_variants: bool = column(
        deprecated="Every product has variants; this says whether they are chosen from."
    )
    is_shipping_required: bool
    is_digital: bool = expression(
        lambda row, ctx: never_null(false()), deprecated="Nothing digital is sold here."
    )
    kind: "ProductTypeKindEnum"  # type: ignore[valid-type]
    weight: Weight | None = value(lambda row, ctx: weight(row.weight_grams))
    tax_class: "TaxClass | None" = related(allowed=staff_only)
    """How its products are taxed that have no tax class of their own."""
    tax_type: TaxType | None = value(lambda row, ctx: None, deprecated=NO_TAX_CODES)

    @connection(channel=True, deprecated="Filter `products` by `productTypes`.")
    def products(row: Any, product: Any, ctx: Any) -> "CountableConnection[Product] | None":
        """Products of this type."""
        return and_(product.product_type_id == row.id, listed(product, ctx))

    product_attributes = asking.product_attributes
    variant_attributes = asking.variant_attributes
    assigned_variant_attributes = asking.assigned_variant_attributes
    available_attributes = asking.available_attributes


@node(models.ProductVariant, visible=variant_visible, order_by=lambda row, ctx: row.position)
class ProductVariant(
    Node,
    ObjectWithMetadata,
    ObjectWithAttributes,
    BreakdownOfVariant,
    ProvenanceOfVariant,
    MakingOfVariant,
):
    """One form of a product: a size, a colour, or the only form it has."""

    name: str
    sku: str | None
    product: "Product" = related(shown=True)
    track_inventory: bool
    quantity_limit_per_customer: int | None
    weight: Weight | None = value(
        lambda row, ctx: null_when(row.weight_grams.is_(None), weight(row.weight_grams))
    )
    channel: str | None = expression(lambda row, ctx: ctx.channel.slug)
    """The channel it was asked for in."""
    created: DateTime = column("created_at")
    updated_at: DateTime
    external_reference: str | None
    channel_listings: "list[ProductVariantChannelListing] | None" = related(
        lambda row, listing, ctx: listing.variant_id == row.id, needs=STAFF, allowed=own_product
    )
    media: "list[ProductMedia] | None" = related(lambda row, media, ctx: _shows(media, row))
    """Those of its product's pictures that were chosen for it."""
    images: list[ProductImage] | None = related(
        lambda row, image, ctx: and_(_shows(image, row), image.type == models.MediaType.IMAGE),
        deprecated="`media` has them, and videos.",
    )
    translation = translated("ProductVariantTranslation")
    margin: int | None = expression(lambda row, ctx: costs.margin(variant_listing_of(row, ctx)), needs=STAFF)
    """What is left of its price in the channel over its cost price, in percent."""
    quantity_ordered: int | None = expression(sales.quantity_ordered, needs=STAFF)
    """Pieces that were ordered, canceled orders left out."""
    preorder: PreorderData | None = value(
        lambda row, ctx: None, deprecated="Nothing is sold here before it is there."
    )

    @value
    def pricing(row: Any, ctx: Any, address: "AddressInput | None" = None) -> VariantPricingInfo | None:
        """Its price in the channel."""
        return variant_pricing(variant_listing_of(row, ctx), ctx)

    @expression
    def quantity_available(
        row: Any,
        ctx: Any,
        address: "AddressInput | None" = None,
        country_code: "CountryCode | None" = None,
    ) -> int | None:
        """How many pieces one checkout can have."""
        return stock.quantity_available(row, ctx)

    @value(needs=STAFF)
    def revenue(row: Any, ctx: Any, period: ReportingPeriod | None = None) -> TaxedMoney | None:
        """What its orders in the channel come to, canceled ones left out."""
        return sales.revenue(row, ctx, period)

    @related(needs=(STAFF, "MANAGE_ORDERS"), allowed=own_product)
    def stocks(
        row: Any,
        stock: Any,
        ctx: Any,
        address: "AddressInput | None" = None,
        country_code: "CountryCode | None" = None,
    ) -> "list[Stock] | None":
        """Where its pieces lie, of what serves the channel in force. A country rules none out."""
        of_variant = stock.variant_id == row.id
        if not ctx.channel.given:
            return of_variant
        return of_variant & serves_channel(stock.warehouse_id, ctx.channel.id)

    @value(deprecated=ASSIGNED_INSTEAD)
    def attributes(
        row: Any,
        ctx: Any,
        variant_selection: VariantAttributeScope | None = None,
    ) -> list[SelectedAttribute]:
        """What sets it apart from the product's other variants."""
        return selected_attributes(row, ctx, lambda asked: chosen_by(asked, variant_selection))


@node(
    models.Product,
    visible=product_visible,
    order_by=lambda row, ctx: row.name,
)
class Product(Node, ObjectWithMetadata, ObjectWithAttributes, BreakdownOfProduct, ProvenanceOfProduct):
    """Something that a seller of the shop offers."""

    name: str
    slug: str
    description: JSONString | None
    description_json: JSONString | None = column("description", deprecated="The same as `description`.")
    seo_title: str | None
    seo_description: str | None
    product_type: ProductType = related(shown=True)
    category: "Category | None" = related()
    vendor: "Vendor" = related(shown=True)
    """Who sells it."""
    created: DateTime = column("created_at")
    updated_at: DateTime
    weight: Weight | None = value(
        lambda row, ctx: null_when(row.weight_grams.is_(None), weight(row.weight_grams))
    )
    rating: float | None
    channel: str | None = expression(lambda row, ctx: ctx.channel.slug)
    """The channel it was asked for in."""
    external_reference: str | None
    is_demo: bool
    """Made up for a demonstration."""
    default_variant: ProductVariant | None = related(
        lambda row, variant, ctx: variant.product_id == row.id,
        order_by=lambda variant, ctx: (variant.is_default.desc(), variant.position),
    )
    variants: list[ProductVariant] | None = related(lambda row, variant, ctx: variant.product_id == row.id)
    media: list[ProductMedia] | None = related(
        lambda row, media, ctx: media.product_id == row.id, sort_by=media_order
    )
    images: list[ProductImage] | None = related(images_of, deprecated="`media` has them, and videos.")
    product_variants: "CountableConnection[ProductVariant] | None" = connection(
        lambda row, variant, ctx: variant.product_id == row.id,
        filter=variant_filter,
        where=variant_where,
        sort_by=variant_order,
    )
    collections: "list[Collection] | None" = related()
    channel_listings: "list[ProductChannelListing] | None" = related(
        lambda row, listing, ctx: listing.product_id == row.id, needs=STAFF, allowed=own
    )
    attribute = selected_attribute()
    attributes = all_attributes()
    is_available_for_purchase: bool | None = expression(
        lambda row, ctx: func.coalesce(stock.for_sale(listing_of(row, ctx), ctx), False)
    )
    available_for_purchase_at: DateTime | None = expression(
        lambda row, ctx: listing_of(row, ctx).available_for_purchase_at
    )
    available_for_purchase: Date | None = expression(
        lambda row, ctx: day(listing_of(row, ctx).available_for_purchase_at),
        deprecated="`availableForPurchaseAt` says the moment.",
    )
    tax_class: "TaxClass | None" = related(allowed=staff_only)
    """How it is taxed, if otherwise than its type says."""
    tax_type: TaxType | None = value(lambda row, ctx: None, deprecated=NO_TAX_CODES)
    charge_taxes: bool = expression(is_taxed, deprecated="`taxClass` and its rates say more.")
    translation = translated("ProductTranslation")

    @value
    def pricing(row: Any, ctx: Any, address: "AddressInput | None" = None) -> ProductPricingInfo | None:
        """Its prices in the channel."""
        return product_pricing(listing_of(row, ctx), ctx)

    @expression
    def is_available(row: Any, ctx: Any, address: "AddressInput | None" = None) -> bool | None:
        """Whether it can be bought now: its day has come and there is a piece left."""
        listing = listing_of(row, ctx)
        return func.coalesce(
            and_(listing.is_live, stock.for_sale(listing, ctx), stock.in_stock(row, ctx)), False
        )

    @value
    def thumbnail(
        row: Any,
        ctx: Any,
        size: int | None = None,
        format: ThumbnailFormatEnum | None = ThumbnailFormatEnum.ORIGINAL,
    ) -> Image | None:
        """Its first picture, small."""
        first = ctx.joined(
            row,
            models.ProductMedia,
            lambda media: media.id == _first_picture(row),
            key="first picture",
        )
        address = media_url(first, ctx, size, format)
        return null_when(
            first.id.is_(None), {"url": address, "alt": func.coalesce(func.nullif(first.alt, ""), row.name)}
        )

    @related
    def media_by_id(row: Any, media: Any, ctx: Any, id: ID) -> ProductMedia | None:
        """One of its pictures."""
        return and_(media.product_id == row.id, media.id == ctx.key(id, "ProductMedia"))

    @related(deprecated="`mediaById` has it.")
    def image_by_id(row: Any, image: Any, ctx: Any, id: ID) -> ProductImage | None:
        """One of its pictures."""
        return and_(images_of(row, image, ctx), image.id == ctx.key(id, "ProductImage"))

    @related
    def variant(
        row: Any,
        variant: Any,
        ctx: Any,
        id: ID | None = None,
        sku: str | None = None,
    ) -> ProductVariant | None:
        """One of its variants, by id or SKU."""
        chosen = variant.sku == sku if id is None else variant.id == ctx.key(id, "ProductVariant")
        return and_(variant.product_id == row.id, chosen)


def _shows(media: Any, variant: Any) -> ColumnElement[bool]:
    chosen = models.variant_media.c
    shows: ColumnElement[bool] = media.id.in_(select(chosen.media_id).where(chosen.variant_id == variant.id))
    return shows


def _first_picture(row: Any) -> Any:
    media = aliased(models.ProductMedia)
    return (
        select(media.id)
        .where(media.product_id == row.id, media.type == models.MediaType.IMAGE)
        .order_by(media.position, media.id)
        .limit(1)
        .scalar_subquery()
    )
