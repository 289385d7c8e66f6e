"""The root fields of payouts and of the ledger."""

from enum import Enum
from typing import Any

from sqlalchemy import any_
from strawberry import ID

from marketplace.payments import cash
from marketplace.payouts.ledger import Account
from marketplace_graphql.inputs import DateTimeRangeInput
from marketplace_graphql.kernel import (
    AUTHENTICATED,
    AUTHENTICATED_APP,
    CountableConnection,
    DateTime,
    Filter,
    Info,
    OrderDirection,
    Sorting,
    between,
    connection,
    enum,
    input_type,
    object_type,
    related,
    resolver,
)
from marketplace_graphql.payouts.answers import BankAnswerQueries
from marketplace_graphql.payouts.counter import CounterQueries
from marketplace_graphql.payouts.fields import STAFF
from marketplace_graphql.payouts.terms import PayoutTermsQueries
from marketplace_graphql.payouts.types import (
    LedgerAccountEnum,
    LedgerEntry,
    Payout,
    PayoutRun,
    PayoutRunStatusEnum,
    PayoutStatusEnum,
    touches,
)
from marketplace_graphql.values import Money, exact_money


@input_type
class PayoutRunFilterInput:
    """Which payout runs are listed."""

    statuses: "list[PayoutRunStatusEnum] | None"
    currency: str | None


@input_type
class PayoutFilterInput:
    """Which payouts are listed."""

    vendors: list[ID] | None
    statuses: "list[PayoutStatusEnum] | None"
    run: ID | None


@enum
class PayoutSortField(Enum):
    """What payouts can be sorted by."""

    NUMBER = "NUMBER"
    AMOUNT = "AMOUNT"


@input_type
class PayoutSortingInput:
    """How payouts are sorted."""

    direction: OrderDirection
    field: PayoutSortField


@input_type
class LedgerEntryFilterInput:
    """Which journal entries are listed."""

    vendor_order: ID | None
    payout: ID | None
    accounts: "list[LedgerAccountEnum] | None"
    """With a posting on one of these."""
    at: DateTimeRangeInput | None


run_filter = Filter(
    PayoutRunFilterInput,
    {
        "statuses": lambda row, statuses, ctx: row.status.in_([status.value for status in statuses]),
        "currency": lambda row, currency, ctx: row.currency == currency,
    },
)
payout_filter = Filter(
    PayoutFilterInput,
    {
        "vendors": lambda row, ids, ctx: row.vendor_id == any_(ctx.key(ids, "Vendor")),
        "statuses": lambda row, statuses, ctx: row.status.in_([status.value for status in statuses]),
        "run": lambda row, id_, ctx: row.run_id == ctx.key(id_, "PayoutRun"),
    },
)
payout_order = Sorting(
    PayoutSortingInput,
    {
        PayoutSortField.NUMBER: lambda row, ctx: row.number,
        PayoutSortField.AMOUNT: lambda row, ctx: row.amount_minor,
    },
)
entry_filter = Filter(
    LedgerEntryFilterInput,
    {
        "vendor_order": lambda row, id_, ctx: row.vendor_order_id == ctx.key(id_, "VendorOrder"),
        "payout": lambda row, id_, ctx: row.payout_id == ctx.key(id_, "Payout"),
        "accounts": lambda row, accounts, ctx: touches(row, [Account(each.value) for each in accounts]),
        "at": between(lambda row, ctx: row.at),
    },
)


@object_type
class CarrierCash:
    """Cash that a carrier has collected and not handed over."""

    carrier: str
    currency: str
    """ISO 4217 code."""
    amount: Money
    count: int
    """How many parcels it was for."""
    oldest_collected_at: DateTime


@object_type
class PayoutQueries(PayoutTermsQueries, CounterQueries, BankAnswerQueries):
    """Money on its way to sellers."""

    payout_runs: CountableConnection[PayoutRun] | None = connection(filter=run_filter, needs=STAFF)
    """Payout runs, the latest first."""
    payouts: CountableConnection[Payout] | None = connection(
        filter=payout_filter,
        sort_by=payout_order,
        order_by=lambda row, ctx: row.number.desc(),
        needs=(AUTHENTICATED, AUTHENTICATED_APP),
    )
    """Payouts, the latest first: all of them to staff, a seller's own to its members."""
    ledger_entries: CountableConnection[LedgerEntry] | None = connection(filter=entry_filter, needs=STAFF)
    """The journal, the latest entry first."""

    @related(needs=STAFF)
    def payout_run(root: Any, run: Any, ctx: Any, id: ID) -> PayoutRun | None:
        """One payout run."""
        return run.id == ctx.key(id, "PayoutRun")

    @related
    def payout(root: Any, payout: Any, ctx: Any, id: ID) -> Payout | None:
        """One payout: for staff, and for the members of its seller."""
        return payout.id == ctx.key(id, "Payout")

    @resolver(needs=STAFF)
    async def cash_outstanding(info: Info) -> list[CarrierCash]:
        """What carriers owe, the oldest debt first."""
        return [
            {  # type: ignore[misc]
                "carrier": debt.carrier,
                "currency": debt.amount.currency,
                "amount": exact_money(debt.amount),
                "count": debt.parcels,
                "oldest_collected_at": debt.oldest_collected_at,
            }
            for debt in await cash.outstanding(info.session)
        ]
