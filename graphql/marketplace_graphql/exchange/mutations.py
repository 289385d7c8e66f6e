"""What staff do with currencies: say what they are worth, change what a seller is owed."""

from strawberry import ID

from marketplace.payouts import exchange, exchange_models
from marketplace.vendors.models import Vendor
from marketplace_graphql.exchange.types import ExchangeError
from marketplace_graphql.kernel import Date, Info, PositiveDecimal, mutation, object_type
from marketplace_graphql.payouts.errors import staff_id
from marketplace_graphql.payouts.fields import STAFF


@object_type
class ExchangeMutations:
    """Currencies of sellers' balances."""

    @mutation(returns="ExchangeRate", errors=ExchangeError, needs=STAFF)
    async def exchange_rate_set(
        self, info: Info, source: str, target: str, day: Date, rate: PositiveDecimal
    ) -> exchange_models.ExchangeRate:
        """Says what a unit of a currency is in another from a day on. What is known is not changed."""
        return await exchange.set_rate(info.session, source, target, day, rate, staff_id(info))

    @mutation(returns={"conversion": "VendorBalanceConversion | None"}, errors=ExchangeError, needs=STAFF)
    async def vendor_balance_convert(
        self, info: Info, vendor_id: ID, source: str, target: str
    ) -> dict[str, exchange_models.Conversion]:
        """Changes what is payable to a seller into another currency, each sale at its order's day's rate."""
        vendor = await info.find(Vendor, vendor_id, field_name="vendorId")
        made = await exchange.convert(info.session, vendor.id, source, target, staff_id(info))
        return {"conversion": made}
