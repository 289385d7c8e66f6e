"""What sellers owe as the API shows it: to staff who work with payouts."""

from typing import TYPE_CHECKING

from marketplace.payouts import debt_models
from marketplace_graphql.commission.types import per_cent
from marketplace_graphql.kernel import (
    Date,
    DateTime,
    Node,
    enum,
    error_type,
    node,
    null_when,
    related,
    value,
)
from marketplace_graphql.payouts.types import staff_only
from marketplace_graphql.values import Money, money

if TYPE_CHECKING:
    from marketplace_graphql.vendors.types import Vendor

VendorDebtDecisionEnum = enum(debt_models.DebtDecision, name="VendorDebtDecisionEnum")
VendorDebtError = error_type(
    "VendorDebtError", ("GRAPHQL_ERROR", "INVALID", "NOT_FOUND", "NO_DEBT", "REQUIRED", "UNIQUE")
)


@node(debt_models.VendorDebtDecision, visible=staff_only, order_by=lambda row, ctx: row.id.desc())
class VendorDebtDecision(Node):
    """What staff have decided of a seller's debt. It is never changed: a later one is another."""

    vendor: "Vendor" = related()
    decision: VendorDebtDecisionEnum = value(lambda row, ctx: row.kind)  # type: ignore[valid-type]
    amount: Money | None = value(
        lambda row, ctx: null_when(row.kind == "WAIT", money(row.amount_minor, row.currency))
    )
    """What of the debt it is about; null where all of it waits."""
    currency: str
    share_of_payouts: float | None = value(lambda row, ctx: per_cent(row.share_bp))
    """In per cent of each payout, at most."""
    review_on: Date | None
    """When it is to be looked at again."""
    reason: str
    reference: str | None
    """The bank's, of what was paid in."""
    created: DateTime = value(lambda row, ctx: row.at)
