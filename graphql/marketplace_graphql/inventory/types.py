"""Sellers' store rooms and what lies in them. Buyers see none of it: they see how much can be had."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, any_, case, false, func, literal, select, true

from marketplace.inventory import models
from marketplace.inventory.serving import serves_zone
from marketplace.markets.models import ShippingZone as ShippingZoneRow
from marketplace.people.models import Address as AddressRow
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import (
    CountableConnection,
    Node,
    ObjectWithMetadata,
    connection,
    enum,
    expression,
    never_null,
    node,
    owned,
    related,
    shared,
)
from marketplace_graphql.kernel.reader.aliases import aliased

if TYPE_CHECKING:
    from marketplace_graphql.catalog.products import ProductVariant
    from marketplace_graphql.markets.zones import ShippingZone
    from marketplace_graphql.people.types import Address
    from marketplace_graphql.vendors.types import Vendor

SEES_ALL_STOCK = (Permission.MANAGE_PRODUCTS, Permission.MANAGE_ORDERS, Permission.MANAGE_SHIPPING)
SEES_ALL_ROOMS = (*SEES_ALL_STOCK, Permission.MANAGE_CHANNELS)


def warehouse_visible(row: Any, ctx: Any) -> ColumnElement[bool]:
    """Staff see all store rooms, sellers their own."""
    if ctx.requester.has(*SEES_ALL_ROOMS):
        return true()
    return row.vendor_id == any_(ctx.requester.vendor_ids) if ctx.requester.is_vendor else false()


def stock_visible(row: Any, ctx: Any) -> ColumnElement[bool]:
    """With its store room."""
    if ctx.requester.has(*SEES_ALL_STOCK):
        return true()
    warehouse = aliased(models.Warehouse)
    return (
        select(literal(1))
        .where(warehouse.id == row.warehouse_id, warehouse_visible(warehouse, ctx))
        .correlate_except(warehouse)
        .exists()
    )


shared(ShippingZoneRow)


@owned(models.Warehouse)
def own_warehouse(row: Any, vendor_ids: tuple[int, ...]) -> ColumnElement[bool]:
    own: ColumnElement[bool] = row.vendor_id.in_(vendor_ids)
    return own


@owned(models.Stock)
def own_stock(row: Any, vendor_ids: tuple[int, ...]) -> ColumnElement[bool]:
    """With its store room."""
    rooms = select(models.Warehouse.id).where(models.Warehouse.vendor_id.in_(vendor_ids))
    own: ColumnElement[bool] = row.warehouse_id.in_(rooms)
    return own


def _company_of(warehouse: Any) -> Any:
    address = aliased(AddressRow)
    company = select(address.company_name).where(address.id == warehouse.address_id)
    return company.correlate_except(address).scalar_subquery()


enum(models.CollectionOption, name="WarehouseClickAndCollectOptionEnum")


@node(models.Warehouse, visible=warehouse_visible, order_by=lambda row, ctx: (row.name, row.slug))
class Warehouse(Node, ObjectWithMetadata):
    """A seller's store room, from which parcels leave."""

    name: str
    slug: str
    email: str
    is_private: bool
    """Whether it is kept from the public."""
    address: "Address" = related()
    click_and_collect_option: models.CollectionOption
    """Whether buyers may fetch goods there. Kept; sellers send everything."""
    vendor: "Vendor | None" = related()
    """Whose it is."""
    external_reference: str | None
    """What another system calls it."""
    company_name: str = expression(
        lambda row, ctx: never_null(func.coalesce(_company_of(row), "")),
        deprecated="Use `address.companyName`.",
    )
    shipping_zones: "CountableConnection[ShippingZone]" = connection(
        lambda row, zone, ctx: serves_zone(row.id, zone.id)
    )
    """Where its parcels go."""
    stocks: "CountableConnection[Stock] | None" = connection(
        lambda row, stock, ctx: stock.warehouse_id == row.id
    )
    """What lies in it."""


@node(models.Stock, visible=stock_visible, order_by=lambda row, ctx: row.id)
class Stock(Node):
    """The pieces of one variant in one store room."""

    warehouse: Warehouse = related()
    product_variant: "ProductVariant" = related(lambda row, variant, ctx: variant.id == row.variant_id)
    quantity: int
    """Pieces on the shelf, sold ones that have not left yet included."""
    quantity_allocated: int
    """Pieces on the shelf that are sold."""

    @expression
    def quantity_reserved(row: Any, ctx: Any) -> int:
        """Pieces that checkouts hold. A variant's are counted at its first stock, since none is taken yet."""
        stock, reservation = aliased(models.Stock), aliased(models.Reservation)
        first = (
            select(func.min(stock.id))
            .where(stock.variant_id == row.variant_id)
            .correlate_except(stock)
            .scalar_subquery()
        )
        kept = select(func.coalesce(func.sum(reservation.quantity), 0)).where(
            reservation.variant_id == row.variant_id, reservation.reserved_until > ctx.now
        )
        return never_null(
            case((row.id == first, kept.correlate_except(reservation).scalar_subquery()), else_=literal(0))
        )


@node(models.Allocation, order_by=lambda row, ctx: row.id)
class Allocation(Node):
    """Pieces of a stock that belong to an order line until they are handed to the carrier."""

    quantity: int

    @related
    def warehouse(row: Any, warehouse: Any, ctx: Any) -> Warehouse:
        """Where they lie."""
        stock = aliased(models.Stock)
        return (
            warehouse.id
            == select(stock.warehouse_id)
            .where(stock.id == row.stock_id)
            .correlate_except(stock)
            .scalar_subquery()
        )
