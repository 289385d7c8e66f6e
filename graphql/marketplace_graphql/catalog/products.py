"""Products and their variants."""

from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, false, func, literal, select
from sqlalchemy.orm import aliased
from strawberry import ID

from marketplace.catalog import listings, models
from marketplace_graphql.catalog import asking, stock
from marketplace_graphql.catalog.asking import chosen_by
from marketplace_graphql.catalog.attribute_answers import AssignedAttributeWhereInput, answers
from marketplace_graphql.catalog.attribute_enums import VariantAttributeScope
from marketplace_graphql.catalog.media import ProductMedia
from marketplace_graphql.catalog.pictures import THUMBNAIL_SIZE, media_url
from marketplace_graphql.catalog.pricing import (
    ProductPricingInfo,
    VariantPricingInfo,
    product_pricing,
    variant_pricing,
)
from marketplace_graphql.catalog.selected_attributes import (
    ASSIGNED_INSTEAD,
    ObjectWithAttributes,
    SelectedAttribute,
    all_attributes,
    selected_attribute,
    selected_attributes,
)
from marketplace_graphql.catalog.visibility import (
    listing_of,
    product_visible,
    variant_listing_of,
    variant_visible,
)
from marketplace_graphql.inputs import DateTimeRangeInput, StringFilterInput
from marketplace_graphql.kernel import (
    DateTime,
    Filter,
    JSONString,
    Node,
    ObjectWithMetadata,
    OrderDirection,
    Sorting,
    between,
    column,
    enum,
    expression,
    input_type,
    matches,
    never_null,
    node,
    null_when,
    related,
    translated,
    value,
)
from marketplace_graphql.languages import LanguageDisplay, language
from marketplace_graphql.values import Image, Money, ThumbnailFormatEnum, Weight, money, weight

if TYPE_CHECKING:
    from marketplace_graphql.catalog.categories import Category, Collection
    from marketplace_graphql.languages import CountryCode
    from marketplace_graphql.markets.types import Channel
    from marketplace_graphql.people.inputs import AddressInput
    from marketplace_graphql.vendors.types import Vendor

STAFF = "MANAGE_PRODUCTS"


@enum
class ProductTypeKindEnum(Enum):
    """What kind of goods a product type is for."""

    NORMAL = "normal"


@node(models.ProductTranslation)
class ProductTranslation(Node):
    """A product in another language."""

    language: LanguageDisplay = value(lambda row, ctx: language(row.language_code))
    name: str | None
    slug: str | None
    description: JSONString | None
    seo_title: str | None
    seo_description: str | None


@node(models.ProductVariantTranslation)
class ProductVariantTranslation(Node):
    """A variant in another language."""

    language: LanguageDisplay = value(lambda row, ctx: language(row.language_code))
    name: str = expression(lambda row, ctx: never_null(func.coalesce(row.name, "")))


@node(models.ProductType, order_by=lambda row, ctx: row.name)
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
    kind: ProductTypeKindEnum = expression(lambda row, ctx: never_null(literal("normal")))
    weight: Weight | None = value(lambda row, ctx: weight(row.weight_grams))
    product_attributes = asking.product_attributes
    variant_attributes = asking.variant_attributes
    assigned_variant_attributes = asking.assigned_variant_attributes
    available_attributes = asking.available_attributes


@node(listings.ProductChannelListing, order_by=lambda row, ctx: row.channel_id)
class ProductChannelListing(Node):
    """How a product is offered in one channel."""

    channel: "Channel" = related()
    is_published: bool
    published_at: DateTime | None
    visible_in_listings: bool
    available_for_purchase_at: DateTime | None
    is_available_for_purchase: bool | None = expression(
        lambda row, ctx: func.coalesce(stock.for_sale(row, ctx), False)
    )
    discounted_price: Money | None = value(
        lambda row, ctx: null_when(row.price_minor.is_(None), money(row.price_minor, row.currency))
    )

    @value
    def pricing(row: Any, ctx: Any, address: "AddressInput | None" = None) -> ProductPricingInfo | None:
        """Its prices in the channel."""
        return product_pricing(row, ctx)


@node(listings.VariantChannelListing, order_by=lambda row, ctx: row.channel_id)
class ProductVariantChannelListing(Node):
    """What a variant is asked for in one channel."""

    channel: "Channel" = related()
    price: Money | None = value(lambda row, ctx: money(row.entered_price_minor, row.currency))
    cost_price: Money | None = value(
        lambda row, ctx: null_when(row.cost_price_minor.is_(None), money(row.cost_price_minor, row.currency)),
        needs=STAFF,
    )
    prior_price: Money | None = value(
        lambda row, ctx: null_when(
            row.prior_price_minor.is_(None), money(row.prior_price_minor, row.currency)
        )
    )


@node(models.ProductVariant, visible=variant_visible, order_by=lambda row, ctx: row.position)
class ProductVariant(Node, ObjectWithMetadata, ObjectWithAttributes):
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
        lambda row, listing, ctx: listing.variant_id == row.id, needs=STAFF
    )
    media: "list[ProductMedia] | None" = related(lambda row, media, ctx: media.product_id == row.product_id)
    translation = translated("ProductVariantTranslation")

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
class Product(Node, ObjectWithMetadata, ObjectWithAttributes):
    """Something that a seller of the shop offers."""

    name: str
    slug: str
    description: JSONString | None
    description_json: JSONString | None = column("description", deprecated="The same as `description`.")
    seo_title: str | None
    seo_description: str | None
    product_type: ProductType = related()
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
        lambda row, variant, ctx: variant.product_id == row.id, order_by=lambda variant, ctx: variant.position
    )
    variants: list[ProductVariant] | None = related(lambda row, variant, ctx: variant.product_id == row.id)
    media: list[ProductMedia] | None = related(lambda row, media, ctx: media.product_id == row.id)
    collections: "list[Collection] | None" = related()
    channel_listings: list[ProductChannelListing] | None = related(
        lambda row, listing, ctx: listing.product_id == row.id, needs=STAFF
    )
    attribute = selected_attribute()
    attributes = all_attributes()
    is_available_for_purchase: bool | None = expression(
        lambda row, ctx: func.coalesce(stock.for_sale(listing_of(row, ctx), ctx), False)
    )
    available_for_purchase_at: DateTime | None = expression(
        lambda row, ctx: listing_of(row, ctx).available_for_purchase_at
    )
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
        address = media_url(first, ctx, THUMBNAIL_SIZE if size is None else size, format)
        return null_when(
            first.id.is_(None), {"url": address, "alt": func.coalesce(func.nullif(first.alt, ""), row.name)}
        )

    @related
    def media_by_id(row: Any, media: Any, ctx: Any, id: ID) -> ProductMedia | None:
        """One of its pictures."""
        return and_(media.product_id == row.id, media.id == ctx.key(id, "ProductMedia"))

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


def _first_picture(row: Any) -> Any:
    media = aliased(models.ProductMedia)
    return (
        select(media.id)
        .where(media.product_id == row.id, media.type == models.MediaType.IMAGE)
        .order_by(media.position, media.id)
        .limit(1)
        .scalar_subquery()
    )


@input_type
class ProductVariantFilterInput:
    """Which variants are listed."""

    search: str | None
    sku: list[str] | None
    updated_at: DateTimeRangeInput | None


@input_type
class ProductVariantWhereInput:
    """Which variants are listed."""

    ids: list[ID] | None
    sku: StringFilterInput | None
    updated_at: DateTimeRangeInput | None
    attributes: list[AssignedAttributeWhereInput] | None
    AND: "list[ProductVariantWhereInput] | None"
    OR: "list[ProductVariantWhereInput] | None"


@enum
class ProductVariantSortField(Enum):
    """What variants can be sorted by."""

    LAST_MODIFIED_AT = "LAST_MODIFIED_AT"


@input_type
class ProductVariantSortingInput:
    """How variants are sorted."""

    direction: OrderDirection
    field: ProductVariantSortField


variant_filter = Filter(
    ProductVariantFilterInput,
    {
        "search": lambda row, term, ctx: row.sku.istartswith(term, autoescape=False),
        "sku": lambda row, skus, ctx: row.sku == func.any(skus),
        "updated_at": between(lambda row, ctx: row.updated_at),
    },
)
variant_where = Filter(
    ProductVariantWhereInput,
    {
        "ids": lambda row, ids, ctx: row.id == func.any(ctx.key(ids, "ProductVariant")),
        "sku": matches(lambda row, ctx: row.sku),
        "attributes": answers,
        "updated_at": between(lambda row, ctx: row.updated_at),
    },
)
variant_order = Sorting(
    ProductVariantSortingInput, {ProductVariantSortField.LAST_MODIFIED_AT: lambda row, ctx: row.updated_at}
)
