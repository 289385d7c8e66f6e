"""Who receives what of a price: shown to everybody before a sale, and of a sale to its seller and staff."""

from typing import Any

from sqlalchemy import ColumnElement, Subquery, true

from marketplace.catalog.models import Product
from marketplace.payouts.breakdown import breakdown_of_line, breakdown_of_vendor_order, breakdown_today
from marketplace_graphql.catalog.visibility import listing_of, variant_listing_of
from marketplace_graphql.kernel import each, object_type, value
from marketplace_graphql.orders.visibility import STAFF, of_own_sale
from marketplace_graphql.payouts.fields import STAFF as PAYS
from marketplace_graphql.payouts.fields import of_own_seller
from marketplace_graphql.values import Money, money


@object_type
class PriceBreakdown:
    """Who receives what of a price with tax. `maker`, `platform` and `state` add up to `price`."""

    price: Money
    """What the buyer pays for the goods, tax included."""
    maker: Money
    """What stays with who made it."""
    platform: Money
    """The marketplace's commission, without tax."""
    state: Money
    """Value-added tax, on the price and on the commission."""
    vat_on_price: Money
    """The part of `state` that lies in the price. The maker is paid it, and hands it on."""
    vat_on_commission: Money
    """The part of `state` that lies on the commission."""


def _parts(shared: Subquery) -> Any:
    def amount(name: str) -> Any:
        return lambda: money(shared.c[f"{name}_minor"], shared.c.currency)

    names = ("price", "maker", "platform", "state", "vat_on_price", "vat_on_commission")
    return each(shared, {name: amount(name) for name in names})


@object_type
class BreakdownOfProduct:
    """A part of `Product`."""

    @value
    def price_breakdown(row: Any, ctx: Any, channel: str | None = None) -> PriceBreakdown | None:
        """Who receives what of the price of its cheapest variant, by the rules in force today."""
        listing = listing_of(row, ctx)
        return _parts(
            breakdown_today(
                listing.start_gross_minor,
                listing.start_net_minor,
                listing.currency,
                row.vendor_id,
                row.category_id,
                ctx.now,
            )
        )


@object_type
class BreakdownOfVariant:
    """A part of `ProductVariant`."""

    @value
    def price_breakdown(row: Any, ctx: Any, channel: str | None = None) -> PriceBreakdown | None:
        """Who receives what of the price of one piece, by the rules in force today."""
        listing = variant_listing_of(row, ctx)
        product = ctx.joined(row, Product, lambda product: product.id == row.product_id, key="its product")
        return _parts(
            breakdown_today(
                listing.gross_minor,
                listing.net_minor,
                listing.currency,
                product.vendor_id,
                product.category_id,
                ctx.now,
            )
        )


def _seller_of_line(row: Any, ctx: Any) -> ColumnElement[bool]:
    return true() if ctx.requester.has(STAFF, PAYS) else of_own_sale(row.vendor_order_id, ctx)


def _seller_of_part(row: Any, ctx: Any) -> ColumnElement[bool]:
    return true() if ctx.requester.has(STAFF) else of_own_seller(row.vendor_id, ctx)


@object_type
class BreakdownOfOrderLine:
    """A part of `OrderLine`."""

    price_breakdown: PriceBreakdown | None = value(
        lambda row, ctx: _parts(breakdown_of_line(row)), allowed=_seller_of_line
    )
    """Who receives what of all its pieces, as it was fixed at the sale. For the seller and for staff."""


@object_type
class BreakdownOfVendorOrder:
    """A part of `VendorOrder`."""

    price_breakdown: PriceBreakdown | None = value(
        lambda row, ctx: _parts(breakdown_of_vendor_order(row)), allowed=_seller_of_part
    )
    """Who receives what of its goods, as it was fixed at the sale. For the seller and for staff."""
