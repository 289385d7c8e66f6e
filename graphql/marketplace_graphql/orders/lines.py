"""What was bought, and the parcels it travels in."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import literal, select
from sqlalchemy.orm import aliased

from marketplace.inventory.models import Stock as StockRow
from marketplace.orders import models
from marketplace.orders.models import FulfillmentStatus
from marketplace.people.permissions import Permission
from marketplace_graphql.catalog.pictures import THUMBNAIL_SIZE, picture_url
from marketplace_graphql.catalog.provenance import LotsOfOrderLine
from marketplace_graphql.inventory.types import Allocation, Warehouse
from marketplace_graphql.kernel import (
    DateTime,
    Node,
    ObjectWithMetadata,
    column,
    expression,
    never_null,
    node,
    null_when,
    related,
    value,
)
from marketplace_graphql.kernel.reader.sql import global_id
from marketplace_graphql.orders.enums import in_english
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

if TYPE_CHECKING:
    from marketplace_graphql.catalog.products import ProductVariant


@node(models.OrderLine, visible=part_visible, order_by=lambda row, ctx: row.position)
class OrderLine(Node, ObjectWithMetadata, BreakdownOfOrderLine, LotsOfOrderLine):
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
    tax_class_name: str | None
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
    unit_discount: Money = value(
        lambda row, ctx: money(row.undiscounted_unit_gross_minor - row.unit_gross_minor, row.currency)
    )
    """What one piece was reduced by."""
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
        address = picture_url(row.picture_path, ctx, THUMBNAIL_SIZE if size is None else size, format)
        return null_when(row.picture_path.is_(None), {"url": address, "alt": row.product_name})


@node(models.FulfillmentLine, order_by=lambda row, ctx: row.id)
class FulfillmentLine(Node):
    """Pieces of one order line in a parcel."""

    quantity: int
    order_line: OrderLine | None = related()


@node(models.Fulfillment, visible=part_visible, order_by=lambda row, ctx: row.fulfillment_order)
class Fulfillment(Node, ObjectWithMetadata):
    """Pieces of one seller that were handed to the carrier together: a parcel."""

    fulfillment_order: int
    """1 for the order's first."""
    status: FulfillmentStatus
    tracking_number: str
    created: DateTime = column("created_at")
    delivered_at: DateTime | None
    """When the buyer received it."""
    lines: list[FulfillmentLine] | None = related()

    @expression
    def status_display(row: Any, ctx: Any) -> str | None:
        """The status in English."""
        return in_english(row.status)

    @related
    def warehouse(row: Any, warehouse: Any, ctx: Any) -> Warehouse | None:
        """Where it left from."""
        line, stock = aliased(models.FulfillmentLine), aliased(StockRow)
        return (
            select(literal(1))
            .select_from(line)
            .join(stock, stock.id == line.stock_id)
            .where(line.fulfillment_id == row.id, stock.warehouse_id == warehouse.id)
            .correlate_except(line, stock)
            .exists()
        )
