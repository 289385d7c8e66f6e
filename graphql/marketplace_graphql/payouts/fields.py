"""What other rooms' types show of money: parts of `Vendor` and of `VendorOrder`."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, any_, false, func, select, true

from marketplace.kit.money import Money as Amount
from marketplace.payouts import models
from marketplace.payouts.commission import explain
from marketplace.payouts.queries import vendor_balances
from marketplace.payouts.terms import currency_of, usual_minimum
from marketplace.people.permissions import Permission
from marketplace.vendors.models import PayoutMethod
from marketplace_graphql.kernel import (
    Info,
    column,
    computed,
    each,
    enum,
    object_type,
    record,
    related,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.languages import LanguageCodeEnum
from marketplace_graphql.values import Money, money

if TYPE_CHECKING:
    from marketplace_graphql.payments.disputes import DisputeCharge

STAFF = Permission.MANAGE_PAYOUTS
PayoutMethodEnum = enum(PayoutMethod, name="PayoutMethodEnum")


def of_own_seller(vendor_id: Any, ctx: Any) -> ColumnElement[bool]:
    """The rule of a seller's money: its members, and staff who work with payouts."""
    if ctx.requester.has(STAFF):
        return true()
    return vendor_id == any_(ctx.requester.vendor_ids) if ctx.requester.is_vendor else false()


@object_type
class VendorBalance:
    """What a seller is owed, and has been paid, in one currency."""

    currency: str
    """ISO 4217 code."""
    pending: Money
    """Sold, and not delivered yet."""
    held: Money
    """Earned, but the buyer may still withdraw, or the carrier has not handed the cash over."""
    payable: Money
    """In the next payout."""
    in_transit: Money
    """In payouts under way."""
    paid: Money
    """In payouts that the bank has confirmed."""


@object_type
class MoneyOfVendor:
    """What a seller is owed: a part of `Vendor`."""

    payout_minimum: Money | None = value(
        lambda row, ctx: money(_minimum(row), currency_of(row.country_code)),
        allowed=lambda row, ctx: of_own_seller(row.id, ctx),
    )
    """It is paid once it is owed as much: as it chose, or as is usual."""
    payout_method: PayoutMethodEnum | None = column(  # type: ignore[valid-type]
        allowed=lambda row, ctx: of_own_seller(row.id, ctx)
    )
    """The way it wants to be paid."""

    @value(allowed=lambda row, ctx: of_own_seller(row.id, ctx))
    def balances(row: Any, ctx: Any) -> list[VendorBalance]:
        """What the ledger says, one item for each currency that it has ever sold in."""
        owed = vendor_balances(row.id)
        parts = {
            "currency": owed.c.currency,
            "pending": lambda: money(owed.c.pending_minor, owed.c.currency),
            "held": lambda: money(owed.c.held_minor, owed.c.currency),
            "payable": lambda: money(owed.c.payable_minor, owed.c.currency),
            "in_transit": lambda: money(owed.c.in_transit_minor, owed.c.currency),
            "paid": lambda: money(owed.c.paid_minor, owed.c.currency),
        }
        return each(owed, parts, order_by=owed.c.currency)


def _minimum(row: Any) -> ColumnElement[int]:
    return func.coalesce(row.payout_minimum_minor, usual_minimum(currency_of(row.country_code)))


@record(models.VendorEarning)
class VendorEarning:
    """What one vendor order brings its seller. Fixed when the order was placed."""

    sales: Money = value(lambda row, ctx: money(row.sales_minor, row.currency))
    """The goods with tax. Delivery is the carrier's."""
    commission: Money = value(lambda row, ctx: money(row.commission_minor, row.currency))
    """The marketplace's part."""
    vat: Money = value(lambda row, ctx: money(row.vat_minor, row.currency))
    """The tax on that part."""
    earning: Money = value(lambda row, ctx: money(row.earning_minor, row.currency))
    """What the seller gets."""

    @computed(
        lambda row, ctx: {
            "currency": row.currency,
            "sales": row.sales_minor,
            "commission": row.commission_minor,
            "vat": row.vat_minor,
            "rates": _rates(row, models.LineCommission.rate_bp),
            "vat_rates": _rates(row, models.LineCommission.vat_rate_bp),
        }
    )
    def explanation(
        selected: Any,
        info: Info,
        language_code: LanguageCodeEnum,
    ) -> str:
        """How it comes about, in one sentence: in French, Arabic or English."""
        currency = selected["currency"]
        return explain(
            Amount(selected["sales"], currency),
            Amount(selected["commission"], currency),
            Amount(selected["vat"], currency),
            selected["rates"],
            selected["vat_rates"],
            str(language_code.value).partition("-")[0],
        )


def _rates(row: Any, attribute: Any) -> ColumnElement[Any]:
    line = aliased(models.LineCommission)
    rates = select(func.coalesce(func.json_agg(getattr(line, attribute.key)), func.json_build_array()))
    return rates.where(line.vendor_order_id == row.vendor_order_id).correlate_except(line).scalar_subquery()


@object_type
class EarningOfVendorOrder:
    """What its seller earns by it: a part of `VendorOrder`."""

    earning: VendorEarning | None = related(
        lambda row, earning, ctx: earning.vendor_order_id == row.id,
        allowed=lambda row, ctx: of_own_seller(row.vendor_id, ctx),
    )
    """For the seller and for staff who work with payouts."""
    dispute_charges: "list[DisputeCharge]" = related(
        lambda row, charge, ctx: charge.vendor_order_id == row.id,
        allowed=lambda row, ctx: of_own_seller(row.vendor_id, ctx),
        limit=200,
    )
    """What staff have charged of lost disputes: for the seller and for staff who work with payouts."""
