"""Rates of exchange, and what was changed by them, as the API shows them to staff who work with payouts."""

from typing import TYPE_CHECKING

from sqlalchemy import Float, cast

from marketplace.payouts import exchange_models
from marketplace_graphql.kernel import Date, DateTime, Node, error_type, node, related, value
from marketplace_graphql.payouts.types import staff_only
from marketplace_graphql.values import Money, money

if TYPE_CHECKING:
    from marketplace_graphql.vendors.types import Vendor

ExchangeError = error_type(
    "ExchangeError", ("GRAPHQL_ERROR", "INVALID", "NOT_FOUND", "NOTHING_TO_PAY", "RATE_MISSING")
)


@node(
    exchange_models.ExchangeRate,
    visible=staff_only,
    order_by=lambda row, ctx: (row.day.desc(), row.id.desc()),
)
class ExchangeRate(Node):
    """What one unit of a currency is in another, from a day on until the next one that is known."""

    source: str
    target: str
    day: Date
    rate: float = value(lambda row, ctx: cast(row.rate, Float))


@node(exchange_models.Conversion, visible=staff_only, order_by=lambda row, ctx: row.id.desc())
class VendorBalanceConversion(Node):
    """What was payable to a seller in one currency and is payable in another."""

    vendor: "Vendor" = related()
    changed: Money = value(lambda row, ctx: money(row.source_minor, row.source))
    into: Money = value(lambda row, ctx: money(row.target_minor, row.target))
    created: DateTime = value(lambda row, ctx: row.at)
