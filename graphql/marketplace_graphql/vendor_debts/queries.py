"""The root fields of sellers' debts."""

from sqlalchemy import any_
from strawberry import ID

from marketplace.kit.ids import to_global_id
from marketplace.kit.settings import Settings
from marketplace.payouts.debts import debts
from marketplace_graphql.kernel import (
    CountableConnection,
    Date,
    DateTime,
    Filter,
    Info,
    connection,
    input_type,
    object_type,
    resolver,
)
from marketplace_graphql.payouts.fields import STAFF
from marketplace_graphql.values import Money, exact_money
from marketplace_graphql.vendor_debts.types import VendorDebtDecision


@object_type
class VendorDebt:
    """What a seller owes in one currency: more was taken back than it has earned since it was paid."""

    vendor_id: ID
    total: Money
    open: Money
    """Its next earnings go into it: until then it is paid nothing."""
    spread: Money
    """Taken off its payouts share by share."""
    since: DateTime | None
    """Since when it owes what is open."""
    needs_decision: bool
    """Whether it is above the limit, or has stood for too long, and nobody has said that it may."""
    review_on: Date | None
    """When staff wanted to look at it again."""


@input_type
class VendorDebtDecisionFilterInput:
    """Which decisions are listed."""

    vendors: list[ID] | None
    currency: str | None


decision_filter = Filter(
    VendorDebtDecisionFilterInput,
    {
        "vendors": lambda row, ids, ctx: row.vendor_id == any_(ctx.key(ids, "Vendor")),
        "currency": lambda row, currency, ctx: row.currency == currency,
    },
)


@object_type
class VendorDebtQueries:
    """What sellers owe."""

    vendor_debt_decisions: CountableConnection[VendorDebtDecision] | None = connection(
        filter=decision_filter, needs=STAFF
    )
    """What was decided of sellers' debts, the latest first."""

    @resolver(needs=STAFF)
    async def vendor_debts(
        info: Info, currency: str | None = None, needs_decision: bool | None = None
    ) -> list[VendorDebt]:
        """Sellers who owe something, the largest debt first, at most 500."""
        settings: Settings = info.context["settings"]
        return [
            {  # type: ignore[misc]
                "vendor_id": to_global_id("Vendor", debt.vendor_id),
                "total": exact_money(debt.total),
                "open": exact_money(debt.open),
                "spread": exact_money(debt.spread),
                "since": debt.since,
                "needs_decision": debt.needs_decision,
                "review_on": debt.review_on,
            }
            for debt in await debts(info.session, settings, currency)
            if needs_decision is None or debt.needs_decision is needs_decision
        ]
