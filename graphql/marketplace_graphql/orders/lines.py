"""What was bought, and the parcels it travels in."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import JSONB
from strawberry import ID

from marketplace.markets.models import TaxClass as TaxClassRow
from marketplace.orders import models
from marketplace.orders.models import FulfillmentStatus
from marketplace.people.permissions import Permission
from marketplace_graphql.catalog.pictures import picture_url
from marketplace_graphql.catalog.provenance import LotsOfOrderLine
from marketplace_graphql.inventory.types import Allocation, Warehouse
from marketplace_graphql.kernel import (
    DateTime,
    MetadataItem,
    Node,
    ObjectWithMetadata,
    column,
    expression,
    metadata_items,
    never_null,
    node,
    null_when,
    related,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.sql import global_id
from marketplace_graphql.markets.types import TaxClass
from marketplace_graphql.orders.enums import in_english
from marketplace_graphql.orders.reasons import reason_page
from marketplace_graphql.orders.visibility import of_own_sale, part_visible
from marketplace_graphql.payouts.breakdown import BreakdownOfOrderLine
from marketplace_graphql.values import (
    Image,
    Money,
    TaxedMoney,
    ThumbnailFormatEnum,
    money,
    rate,
    taxed_money,
)
from marketplace_graphql.vouchers.fields import DiscountsOfOrderLine

if TYPE_CHECKING:
    from marketplace_graphql.catalog.products import ProductVariant
    from marketplace_graphql.content.pages import Page


SEES_TAX_CLASSES = (Permission.MANAGE_ORDERS, Permission.MANAGE_TAXES, Permission.HANDLE_TAXES)


def tax_class_entries(row: Any, name: str, store: str) -> Any:
    """The entries of one of a tax class's two stores, as the order brought them along, or else as they are;
    none where there is no class.
    """
    tax_class = aliased(TaxClassRow)
    kept = select(getattr(tax_class, store)).where(tax_class.id == getattr(row, f"{name}_id"))
    own = kept.correlate_except(tax_class).scalar_subquery()
    return metadata_items(func.coalesce(getattr(row, f"{name}_said")[store], own, type_=JSONB))


@node(models.OrderLine, visible=part_visible, order_by=lambda row, ctx: row.position)
class OrderLine(Node, ObjectWithMetadata, DiscountsOfOrderLine, BreakdownOfOrderLine, LotsOfOrderLine):
    """Pieces of one variant in an order, as they were called and priced at the sale."""

    product_name: str
    variant_name: str
    translated_product_name: str
    """In the buyer's language; empty where it had no such name."""
    translated_variant_name: str
    """In the buyer's language; empty where it had no such name."""
    product_sku: str | None
    product_variant_id: str | None = expression(lambda row, ctx: global_id("ProductVariant", row.variant_id))
    is_shipping_required: bool
    """Whether it has to be carried to the buyer."""
    lead_time_days: int | None
    """Made to order: days until it was to be handed to the carrier, as it was said at the sale."""
    quantity: int
    quantity_fulfilled: int
    """Pieces that were handed to the carrier."""
    quantity_to_fulfill: int = expression(lambda row, ctx: never_null(row.quantity - row.quantity_fulfilled))
    """Pieces that are still to be handed over."""
    tax_rate: float = expression(lambda row, ctx: never_null(rate(row.tax_rate_bp)))
    """As a fraction: 0.2 is 20 %."""
    tax_class: TaxClass | None = related(needs=SEES_TAX_CLASSES)
    """How it is taxed."""
    tax_class_name: str | None
    """As it was called at the sale."""
    tax_class_metadata: list[MetadataItem] = value(
        lambda row, ctx: tax_class_entries(row, "tax_class", "public_metadata")
    )
    """What everybody may read of its tax class."""
    tax_class_private_metadata: list[MetadataItem] = value(
        lambda row, ctx: tax_class_entries(row, "tax_class", "private_metadata"),
        needs=SEES_TAX_CLASSES,
    )
    """What only staff may read of its tax class."""
    is_price_overridden: bool | None
    """Whether staff had set the price."""
    price_override_reason: str | None
    """Why the price was not the listed one."""
    is_gift: bool | None
    """Whether a promotion gave it: it cost nothing."""
    sale_id: ID | None = expression(lambda row, ctx: global_id("Promotion", row.promotion_id))
    """Of the promotion that had lowered its price in the shop."""
    unit_price: TaxedMoney = value(
        lambda row, ctx: taxed_money(row.unit_gross_minor, row.unit_net_minor, row.currency)
    )
    """Of one piece."""
    undiscounted_unit_price: TaxedMoney = value(
        lambda row, ctx: taxed_money(
            row.undiscounted_unit_gross_minor, row.undiscounted_unit_net_minor, row.currency
        )
    )
    """Of one piece before discounts."""
    total_price: TaxedMoney = value(
        lambda row, ctx: taxed_money(row.total_gross_minor, row.total_net_minor, row.currency)
    )
    """Of all pieces."""
    undiscounted_total_price: TaxedMoney = value(
        lambda row, ctx: taxed_money(
            row.undiscounted_unit_gross_minor * row.quantity,
            row.undiscounted_unit_net_minor * row.quantity,
            row.currency,
        )
    )
    """Of all pieces before discounts."""
    variant: "ProductVariant | None" = related()
    """What it is now; null where it isn't sold any more."""
    allocations: list[Allocation] | None = related(
        lambda row, allocation, ctx: allocation.order_line_id == row.id,
        needs=(Permission.MANAGE_PRODUCTS, Permission.MANAGE_ORDERS),
        allowed=lambda row, ctx: of_own_sale(row.vendor_order_id, ctx),
    )
    """Where its pieces lie until they leave."""

    @value
    def thumbnail(
        row: Any,
        ctx: Any,
        size: int | None = None,
        format: ThumbnailFormatEnum | None = ThumbnailFormatEnum.ORIGINAL,
    ) -> Image | None:
        """The product's picture at the sale, small."""
        owner = global_id("OrderLine", row.id.expression)
        address = picture_url(row.picture_path, ctx, size, format, owner=owner)
        return null_when(row.picture_path.is_(None), {"url": address, "alt": row.product_name})


@node(models.FulfillmentLine, order_by=lambda row, ctx: row.id)
class FulfillmentLine(Node):
    """Pieces of one order line in a parcel."""

    quantity: int
    order_line: OrderLine | None = related()
    reason: str | None = expression(lambda row, ctx: func.nullif(row.reason, ""))
    """Why these pieces came back, where that was said: refusing a parcel needs no reason."""
    reason_reference: "Page | None" = reason_page()
    """The page that names the reason, if one does."""


@node(models.Fulfillment, visible=part_visible, order_by=lambda row, ctx: row.fulfillment_order)
class Fulfillment(Node, ObjectWithMetadata):
    """Pieces of one seller that were handed to the carrier together: a parcel."""

    fulfillment_order: int
    """1 for the order's first."""
    status: FulfillmentStatus
    tracking_number: str
    warehouse: Warehouse | None = related()
    """Where it leaves from."""
    created: DateTime = column("created_at")
    delivered_at: DateTime | None
    """When the buyer received it."""
    lines: list[FulfillmentLine] | None = related()
    reason: str | None = expression(lambda row, ctx: func.nullif(row.reason, ""))
    """Why it came back, where that was said: refusing a parcel needs no reason."""
    reason_reference: "Page | None" = reason_page()
    """The page that names the reason, if one does."""
    shipping_refunded_amount: Money | None = value(
        lambda row, ctx: _refunded(row, ctx, row.shipping_refund_minor)
    )
    """What was paid back of the delivery with it, if that was to be."""
    total_refunded_amount: Money | None = value(lambda row, ctx: _refunded(row, ctx, row.total_refund_minor))
    """What was paid back for it, if something was to be."""

    @expression
    def status_display(row: Any, ctx: Any) -> str | None:
        """The status in English."""
        return in_english(row.status)


def _refunded(row: Any, ctx: Any, minor: Any) -> Any:
    order = ctx.joined(row, models.Order, lambda order: order.id == row.order_id, key="its order")
    return null_when(minor.is_(None), lambda: money(minor, order.currency))
