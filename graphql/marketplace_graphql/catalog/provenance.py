"""Where goods come from: the place, the protected origin, the lot, who made them."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, case, func, literal, null, or_, select

from marketplace.catalog.models import Product as ProductRow
from marketplace.catalog.models import ProductVariant as VariantRow
from marketplace.catalog.origins import ProductOrigin
from marketplace.inventory import models
from marketplace.inventory.availability import still_good
from marketplace.vendors.models import Province as ProvinceRow
from marketplace.vendors.models import Vendor, VendorBadge
from marketplace_graphql.kernel import Date, expression, object_type, one, record, related, value
from marketplace_graphql.kernel.reader.aliases import aliased

if TYPE_CHECKING:
    from marketplace_graphql.vendors.types import GeographicalIndication, Province, Region


@record(models.Lot, order_by=lambda row, ctx: row.id)
class Lot:
    """Pieces that were harvested or made together."""

    code: str
    """As it is printed on the pieces."""
    harvested_on: Date | None
    produced_on: Date | None
    best_before: Date | None
    """The last day on which its pieces are sold."""
    pieces_made: int | None
    maker: str | None = expression(lambda row, ctx: _named(row))
    """Who made it, if they chose to be named."""


@object_type
class Provenance:
    """Where something comes from."""

    region: "Region | None"
    province: "Province | None"
    geographical_indication: "GeographicalIndication | None"
    """The protected origin that its seller is certified for just now."""
    lot: Lot | None
    """The lot from which the next piece is taken, if it is of a named one."""
    maker: str | None
    """Who made it, if they chose to be named."""


@object_type
class ProvenanceOfProduct:
    """A part of `Product`."""

    provenance: Provenance = value(lambda row, ctx: _provenance(row, ctx, _next_lot_of_product(row, ctx)))
    """Where it comes from. Unless the seller says otherwise, from where the seller works."""


@object_type
class ProvenanceOfVariant:
    """A part of `ProductVariant`."""

    @value
    def provenance(row: Any, ctx: Any) -> Provenance:
        """Where it comes from; its lot is the one from which the next piece is taken."""
        product = ctx.joined(row, ProductRow, lambda product: product.id == row.product_id, key="its product")
        return _provenance(product, ctx, _next_lot(lambda stock: stock.variant_id == row.id, ctx))


@object_type
class LotsOfOrderLine:
    """A part of `OrderLine`."""

    @related
    def lots(row: Any, lot: Any, ctx: Any) -> list[Lot]:
        """The lots that its pieces are of, so that they can be called back."""
        sold, stock = aliased(models.Allocation), aliased(models.Stock)
        return (
            select(literal(1))
            .select_from(sold)
            .join(stock, stock.id == sold.stock_id)
            .where(sold.order_line_id == row.id, stock.lot_id == lot.id)
            .correlate_except(sold, stock)
            .exists()
        )


def _named(row: Any) -> ColumnElement[str | None]:
    return case((row.shows_maker, func.nullif(row.maker_name, "")), else_=null())


def _provenance(product: Any, ctx: Any, lot_id: ColumnElement[int | None]) -> dict[str, Any]:
    origin = ctx.joined(
        product, ProductOrigin, lambda origin: origin.product_id == product.id, key="its origin"
    )
    vendor = ctx.joined(product, Vendor, lambda vendor: vendor.id == product.vendor_id, key="its seller")
    # A region without a province means: somewhere in that region, not where the seller works.
    province = case(
        (origin.region_code.is_not(None), origin.province_code),
        else_=func.coalesce(origin.province_code, vendor.province_code),
    )
    region = func.coalesce(origin.region_code, _region_of(province), vendor.region_code)
    lot = aliased(models.Lot)
    maker = select(_named(lot)).where(lot.id == lot_id).correlate_except(lot).scalar_subquery()
    return {
        "region": one(lambda row: row.code == region),
        "province": one(lambda row: row.code == province),
        "geographical_indication": one(
            lambda row: and_(row.id == origin.indication_id, _is_certified(vendor.id, row.id, ctx))
        ),
        "lot": one(lambda row: row.id == lot_id),
        "maker": func.coalesce(maker, _named(origin)),
    }


def _region_of(province_code: Any) -> ColumnElement[str]:
    province = aliased(ProvinceRow)
    found = select(province.region_code).where(province.code == province_code)
    return found.correlate_except(province).scalar_subquery()


def _is_certified(vendor_id: Any, indication_id: Any, ctx: Any) -> ColumnElement[bool]:
    badge = aliased(VendorBadge)
    return (
        select(literal(1))
        .where(
            badge.vendor_id == vendor_id,
            badge.indication_id == indication_id,
            badge.valid_from <= ctx.now,
            or_(badge.valid_until.is_(None), badge.valid_until > ctx.now),
        )
        .correlate_except(badge)
        .exists()
    )


def _next_lot_of_product(product: Any, ctx: Any) -> ColumnElement[int | None]:
    variant = aliased(VariantRow)
    own = select(variant.id).where(variant.product_id == product.id).correlate_except(variant)
    return _next_lot(lambda stock: stock.variant_id.in_(own), ctx)


def _next_lot(of: Any, ctx: Any) -> ColumnElement[int | None]:
    """The lot of the shelf from which a sale would take first, as `inventory.allocations.allocate` does."""
    stock, lot = aliased(models.Stock), aliased(models.Lot)
    free = stock.quantity - stock.quantity_allocated
    return (
        select(stock.lot_id)
        .outerjoin(lot, lot.id == stock.lot_id)
        .where(of(stock), free > 0, still_good(stock.lot_id, ctx.now))
        .order_by(lot.best_before.asc().nulls_last(), free.desc(), stock.id)
        .limit(1)
        .correlate_except(stock, lot)
        .scalar_subquery()
    )
