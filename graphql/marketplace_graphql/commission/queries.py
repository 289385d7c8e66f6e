"""The root fields of commission."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, any_, or_
from strawberry import ID

from marketplace_graphql.commission.types import CommissionRule
from marketplace_graphql.kernel import (
    CountableConnection,
    Date,
    Filter,
    connection,
    input_type,
    object_type,
    related,
)
from marketplace_graphql.payouts.fields import STAFF


@input_type
class CommissionRuleFilterInput:
    """Which rules are listed."""

    vendors: list[ID] | None
    programmes: list[ID] | None
    categories: list[ID] | None
    on: Date | None
    """In force on this day."""


def _holds_on(row: Any, day: date) -> ColumnElement[bool]:
    return and_(row.valid_from <= day, or_(row.valid_until.is_(None), row.valid_until > day))


rule_filter = Filter(
    CommissionRuleFilterInput,
    {
        "vendors": lambda row, ids, ctx: row.vendor_id == any_(ctx.key(ids, "Vendor")),
        "programmes": lambda row, ids, ctx: row.programme_id == any_(ctx.key(ids, "Programme")),
        "categories": lambda row, ids, ctx: row.category_id == any_(ctx.key(ids, "Category")),
        "on": lambda row, day, ctx: _holds_on(row, day),
    },
)


@object_type
class CommissionQueries:
    """What the marketplace takes of sales."""

    commission_rules: CountableConnection[CommissionRule] | None = connection(filter=rule_filter, needs=STAFF)
    """Rules of commission, the newest first."""

    @related(needs=STAFF)
    def commission_rule(root: Any, rule: Any, ctx: Any, id: ID) -> CommissionRule | None:
        """One rule of commission."""
        return rule.id == ctx.key(id, "CommissionRule")
