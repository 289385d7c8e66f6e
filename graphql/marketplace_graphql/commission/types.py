"""Rules of commission as the API shows them: to staff who work with payouts."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Numeric, cast, literal

from marketplace.payouts import models
from marketplace_graphql.kernel import Date, Node, error_type, node, related, value
from marketplace_graphql.payouts.types import staff_only

if TYPE_CHECKING:
    from marketplace_graphql.catalog.categories import Category
    from marketplace_graphql.vendors.types import Programme, Vendor

CommissionRuleError = error_type(
    "CommissionRuleError", ("GRAPHQL_ERROR", "INVALID", "NOT_FOUND", "REQUIRED", "UNIQUE", "WRONG_STATE")
)


def per_cent(basis_points: ColumnElement[int]) -> ColumnElement[Any]:
    """A rate as people say it: 800 basis points are 8."""
    return cast(basis_points, Numeric) * literal(0.01, Numeric(asdecimal=False))


@node(models.CommissionRule, visible=staff_only, order_by=lambda row, ctx: row.id.desc())
class CommissionRule(Node):
    """What the marketplace takes of sales. A seller's own rule goes before one for its programme, that before
    one for a category, the nearest first, and that before one for all; of equal ones, what began last.
    """

    vendor: "Vendor | None" = related()
    """Whose sales; null: everybody's."""
    programme: "Programme | None" = related()
    category: "Category | None" = related()
    """Of products in it, and below it."""
    rate: float = value(lambda row, ctx: per_cent(row.rate_bp))
    """In per cent of the goods' price with tax."""
    vat_rate: float = value(lambda row, ctx: per_cent(row.vat_rate_bp))
    """In per cent of the commission."""
    valid_from: Date
    valid_until: Date | None
    """The first day on which it no longer holds."""
