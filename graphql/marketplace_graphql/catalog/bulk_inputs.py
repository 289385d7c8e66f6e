"""Inputs of many products or variants at once."""

from strawberry import ID

from marketplace_graphql.catalog.answer_inputs import AttributeValueInput, BulkAttributeValueInput
from marketplace_graphql.catalog.bulk_media import MediaInput
from marketplace_graphql.catalog.product_inputs import OUTDATED, ProductCreateInput
from marketplace_graphql.catalog.variant_inputs import (
    NO_PREORDERS,
    PreorderSettingsInput,
    ProductVariantChannelListingAddInput,
    StockInput,
)
from marketplace_graphql.inputs import MetadataInput
from marketplace_graphql.kernel import DateTime, PositiveDecimal, WeightScalar, input_type


@input_type(outdated={"preorder": NO_PREORDERS})
class ProductVariantBulkCreateInput:
    """A new variant, its prices and its pieces."""

    attributes: list[BulkAttributeValueInput]
    sku: str | None
    name: str | None
    """Left out: what buyers choose it by, or its SKU."""
    track_inventory: bool | None
    """Whether its pieces are counted: yes, unless something else is said."""
    weight: WeightScalar | None
    """None: the product's."""
    preorder: PreorderSettingsInput | None
    """Null, or left out."""
    quantity_limit_per_customer: int | None
    """Pieces that one checkout may have."""
    metadata: list[MetadataInput] | None
    """Entries that everybody sees."""
    private_metadata: list[MetadataInput] | None
    """Entries that only staff see. Only for staff."""
    external_reference: str | None
    """What another system calls it."""
    stocks: list[StockInput] | None
    channel_listings: list[ProductVariantChannelListingAddInput] | None


@input_type
class ProductChannelListingCreateInput:
    """How a new product is offered in a channel."""

    channel_id: ID
    is_published: bool | None
    published_at: DateTime | None
    """From when on; now, where nothing is said of what is published."""
    visible_in_listings: bool | None
    """Whether lists have it; its own page is there in any case."""
    is_available_for_purchase: bool | None
    available_for_purchase_at: DateTime | None
    """From when on; now, where nothing is said of what is available."""


@input_type(outdated=OUTDATED)
class ProductBulkCreateInput(ProductCreateInput):
    """A new product with its listings and variants."""

    attributes: list[AttributeValueInput] | None
    channel_listings: list[ProductChannelListingCreateInput] | None
    variants: list[ProductVariantBulkCreateInput] | None
    media: list[MediaInput] | None


@input_type
class StockUpdateInput:
    """How many pieces lie in a stock."""

    stock: ID
    quantity: int


@input_type
class ProductVariantStocksUpdateInput:
    """What changes of where a variant's pieces lie."""

    create: list[StockInput] | None
    update: list[StockUpdateInput] | None
    remove: list[ID] | None


@input_type(outdated={"preorder_threshold": NO_PREORDERS})
class ChannelListingUpdateInput:
    """What a variant is asked for in a channel that it is in."""

    channel_listing: ID
    price: PositiveDecimal | None
    cost_price: PositiveDecimal | None
    prior_price: PositiveDecimal | None
    preorder_threshold: int | None
    """Null, or left out."""


@input_type
class ProductVariantChannelListingUpdateInput:
    """What changes of a variant's prices."""

    create: list[ProductVariantChannelListingAddInput] | None
    update: list[ChannelListingUpdateInput] | None
    remove: list[ID] | None


@input_type(outdated={"preorder": NO_PREORDERS})
class ProductVariantBulkUpdateInput:
    """What changes of a variant, its prices and its pieces."""

    id: ID
    attributes: list[BulkAttributeValueInput] | None
    sku: str | None
    name: str | None
    track_inventory: bool | None
    weight: WeightScalar | None
    """None: the product's."""
    preorder: PreorderSettingsInput | None
    """Null, or left out."""
    quantity_limit_per_customer: int | None
    """Pieces that one checkout may have."""
    metadata: list[MetadataInput] | None
    """Entries that everybody sees, added to those that there are."""
    private_metadata: list[MetadataInput] | None
    """Entries that only staff see, added to those that there are. Only for staff."""
    external_reference: str | None
    """What another system calls it."""
    stocks: ProductVariantStocksUpdateInput | None
    channel_listings: ProductVariantChannelListingUpdateInput | None
