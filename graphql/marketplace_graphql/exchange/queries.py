"""The root fields of exchange."""

from sqlalchemy import any_
from strawberry import ID

from marketplace_graphql.exchange.types import ExchangeRate, VendorBalanceConversion
from marketplace_graphql.kernel import CountableConnection, Filter, connection, input_type, object_type
from marketplace_graphql.payouts.fields import STAFF


@input_type
class ExchangeRateFilterInput:
    """Which rates are listed."""

    source: str | None
    target: str | None


@input_type
class VendorBalanceConversionFilterInput:
    """Which conversions are listed."""

    vendors: list[ID] | None


rate_filter = Filter(
    ExchangeRateFilterInput,
    {
        "source": lambda row, source, ctx: row.source == source,
        "target": lambda row, target, ctx: row.target == target,
    },
)
conversion_filter = Filter(
    VendorBalanceConversionFilterInput,
    {"vendors": lambda row, ids, ctx: row.vendor_id == any_(ctx.key(ids, "Vendor"))},
)


@object_type
class ExchangeQueries:
    """What currencies are worth, and what was changed by that."""

    exchange_rates: CountableConnection[ExchangeRate] | None = connection(filter=rate_filter, needs=STAFF)
    """Rates of exchange, the latest day first."""
    vendor_balance_conversions: CountableConnection[VendorBalanceConversion] | None = connection(
        filter=conversion_filter, needs=STAFF
    )
    """What of sellers' balances was changed, the latest first."""
