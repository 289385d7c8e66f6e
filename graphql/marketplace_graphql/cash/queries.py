"""What staff ask of cash in carriers' hands, and what a buyer's link is about."""

from typing import Any

from strawberry import ID

from marketplace.kit.errors import DomainError
from marketplace.payments.at_the_door import confirming
from marketplace.payments.at_the_door.ageing import CarrierAges, ageing
from marketplace.payments.at_the_door.models import CashSheetStatus
from marketplace_graphql.cash.seen import order_of_link
from marketplace_graphql.cash.types import (
    FINANCE,
    CarrierAgeing,
    CashConfirmation,
    CashSheet,
)
from marketplace_graphql.kernel import (
    CountableConnection,
    Filter,
    Info,
    connection,
    input_type,
    object_type,
    related,
    resolver,
)
from marketplace_graphql.people.requests import settings_of
from marketplace_graphql.values import exact_money


@input_type
class CashSheetFilterInput:
    """Which carriers' sheets are listed."""

    carrier: str | None
    reference: str | None
    status: CashSheetStatus | None


sheet_filter = Filter(
    CashSheetFilterInput,
    {
        "carrier": lambda row, carrier, ctx: row.carrier == carrier,
        "reference": lambda row, reference, ctx: row.reference == reference,
        "status": lambda row, status, ctx: row.status == status,
    },
)


@object_type
class CashQueries:
    """Cash at the door, and in carriers' hands."""

    cash_sheets: CountableConnection[CashSheet] | None = connection(filter=sheet_filter, needs=FINANCE)
    """Carriers' sheets, the latest first."""

    @related(needs=FINANCE)
    def cash_sheet(root: Any, sheet: Any, ctx: Any, id: ID) -> CashSheet | None:
        """One carrier's sheet, with what each of its lines was found to be."""
        return sheet.id == ctx.key(id, "CashSheet")

    @resolver(needs=FINANCE)
    async def cash_ageing(info: Info) -> list[CarrierAgeing]:
        """What carriers owe, by how long they have had it: of each carrier and currency."""
        return [_ageing(debt) for debt in await ageing(info.session)]

    @resolver
    async def cash_confirmation(info: Info, token: str) -> CashConfirmation | None:
        """What the link of a message is about; null for one that is none of ours. Looking changes nothing."""
        try:
            found = await confirming.state_of_link(info.session, settings_of(info), token)
        except DomainError:
            return None
        return {
            "state": found.state,
            "confirm_before": found.cancel_at,
            "order": order_of_link(info, found.order),
        }


def _ageing(debt: CarrierAges) -> CarrierAgeing:
    return {
        "carrier": debt.carrier,
        "currency": debt.amount.currency,
        "amount": exact_money(debt.amount),
        "count": debt.parcels,
        "ages": [
            {
                "from_days": age.from_days,
                "to_days": age.to_days,
                "amount": exact_money(age.amount),
                "count": age.parcels,
            }
            for age in debt.ages
        ],
    }
