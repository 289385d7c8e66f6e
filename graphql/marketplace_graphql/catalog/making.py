"""How long it takes until goods arrive that are made when they are ordered."""

from typing import Any

from sqlalchemy import ColumnElement, func

from marketplace.catalog.lead_times import LEGAL_DELIVERY_DAYS
from marketplace_graphql.kernel import null_when, object_type, value


@object_type
class MadeToOrder:
    """A variant is made when it is ordered. It is not counted: there is always one to be had."""

    lead_time_days: int
    """Days from the order until it is handed to the carrier."""
    exceeds_legal_delivery_time: bool
    """Longer than the thirty days of law 31-08: whoever orders agrees to it, and must be told before."""


@object_type
class MakingOfVariant:
    """A part of `ProductVariant`."""

    made_to_order: MadeToOrder | None = value(
        lambda row, ctx: null_when(
            row.lead_time_days.is_(None),
            {
                "lead_time_days": row.lead_time_days,
                "exceeds_legal_delivery_time": row.lead_time_days > LEGAL_DELIVERY_DAYS,
            },
        )
    )
    """How long it takes; null for what lies on a shelf."""


def too_late(days: Any) -> ColumnElement[bool]:
    """Whether so many days are more than the law gives. Not known is not late."""
    return func.coalesce(days > LEGAL_DELIVERY_DAYS, False)
