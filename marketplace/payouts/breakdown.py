"""Who receives what of a price with tax: its maker, the marketplace, the state. Adds up to the centime.

Nothing is worked out here that the ledger would not book: the marketplace's part is what `commission` would
freeze today. Of what the ledger owes a seller, the VAT in the price is not theirs: they hand it on.
"""

from datetime import datetime

from sqlalchemy import Select, Subquery, func, select, true
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement, SQLColumnExpression

from marketplace.catalog.models import Category
from marketplace.orders.models import OrderLine, VendorOrder
from marketplace.payouts.commission import charged_by, day_of, rule_in_force
from marketplace.payouts.models import LineCommission, VendorEarning
from marketplace.vendors.models import Vendor

Amount = SQLColumnExpression[int]


def breakdown_today(
    gross_minor: Amount,
    net_minor: Amount,
    currency: SQLColumnExpression[str],
    vendor_id: Amount,
    category_id: SQLColumnExpression[int | None],
    now: ColumnElement[datetime],
) -> Subquery:
    """One row: what a sale of one piece at a price would bring today. None where there is no price.

    Several pieces in one line may differ by a centime: commission is rounded once for each line.
    """
    vendor, category = aliased(Vendor), aliased(Category)
    rule = rule_in_force(vendor.id, vendor.programme_id, category.path, day_of(now))
    charged = charged_by(rule, gross_minor)
    return (
        _shared(
            gross_minor,
            net_minor,
            charged.commission_minor,
            charged.vat_minor,
            currency,
            func.coalesce(rule.c.rate_bp, 0),
        )
        .select_from(vendor)
        .outerjoin(category, category.id == category_id)
        .outerjoin(rule, true())
        .where(vendor.id == vendor_id, gross_minor.is_not(None))
        .correlate_except(vendor, category, rule)
        .subquery("breakdown")
    )


def breakdown_of_line(line: type[OrderLine]) -> Subquery:
    """One row: what an order line has brought whom, as it was frozen at the sale."""
    frozen = aliased(LineCommission)
    return (
        _shared(
            line.total_gross_minor,
            line.total_net_minor,
            frozen.commission_minor,
            frozen.vat_minor,
            frozen.currency,
            frozen.rate_bp,
        )
        .where(frozen.order_line_id == line.id)
        .correlate_except(frozen)
        .subquery("breakdown")
    )


def breakdown_of_vendor_order(part: type[VendorOrder]) -> Subquery:
    """One row: what the goods of a vendor order have brought whom. The delivery is the carrier's."""
    frozen = aliased(VendorEarning)
    net_minor = part.subtotal_net_minor + frozen.sales_minor - part.subtotal_gross_minor
    return (
        _shared(frozen.sales_minor, net_minor, frozen.commission_minor, frozen.vat_minor, frozen.currency)
        .where(frozen.vendor_order_id == part.id)
        .correlate_except(frozen)
        .subquery("breakdown")
    )


def _shared(
    gross_minor: Amount,
    net_minor: Amount,
    commission_minor: Amount,
    vat_minor: Amount,
    currency: SQLColumnExpression[str],
    rate_bp: Amount | None = None,
) -> Select[*tuple[object, ...]]:
    """The maker's part is what is left, so that the parts add up whatever was rounded."""
    tax_minor = gross_minor - net_minor
    columns = {
        "currency": currency,
        "price_minor": gross_minor,
        "maker_minor": net_minor - commission_minor - vat_minor,
        "platform_minor": commission_minor,
        "state_minor": tax_minor + vat_minor,
        "vat_on_price_minor": tax_minor,
        "vat_on_commission_minor": vat_minor,
    }
    if rate_bp is not None:
        columns["rate_bp"] = rate_bp
    return select(*[column.label(name) for name, column in columns.items()])
