"""What staff do with rules of commission: make, change before they hold, end."""

from typing import Any

from strawberry import ID

from marketplace.catalog.models import Category
from marketplace.payouts import commission_rules, models
from marketplace.vendors.models import Programme, Vendor
from marketplace_graphql.commission.types import CommissionRuleError
from marketplace_graphql.kernel import (
    Date,
    Info,
    PositiveDecimal,
    changes,
    input_type,
    mutation,
    object_type,
)
from marketplace_graphql.payouts.errors import staff_id
from marketplace_graphql.payouts.fields import STAFF


@input_type
class CommissionRuleInput:
    """How much, and when. What is left out is as usual, or stays."""

    vat_rate: PositiveDecimal | None
    """In per cent of the commission: 20, unless said otherwise."""
    valid_from: Date | None
    """Today, unless said otherwise."""
    valid_until: Date | None
    """The first day on which it no longer holds."""
    rate: PositiveDecimal | None
    """In per cent of the goods' price with tax."""


@input_type
class CommissionRuleCreateInput:
    """Whose sales, of what, how much, and when."""

    vendor: ID | None
    programme: ID | None
    category: ID | None
    rate: PositiveDecimal
    """In per cent of the goods' price with tax."""
    vat_rate: PositiveDecimal | None
    """In per cent of the commission: 20, unless said otherwise."""
    valid_from: Date | None
    """Today, unless said otherwise."""
    valid_until: Date | None
    """The first day on which it no longer holds."""


@object_type
class CommissionMutations:
    """Saying what the marketplace takes."""

    @mutation(returns="CommissionRule", errors=CommissionRuleError, needs=STAFF)
    async def commission_rule_create(
        self, info: Info, input: CommissionRuleCreateInput
    ) -> models.CommissionRule:
        """Makes a rule for sales from a day on. What was sold before keeps what was frozen with it."""
        given = changes(input)
        scope = commission_rules.Scope(
            vendor_id=await _key(info, Vendor, given, "vendor"),
            programme_id=await _key(info, Programme, given, "programme"),
            category_id=await _key(info, Category, given, "category"),
        )
        return await commission_rules.create_rule(info.session, scope, _terms(given), staff_id(info))

    @mutation(returns="CommissionRule", errors=CommissionRuleError, needs=STAFF)
    async def commission_rule_update(
        self, info: Info, id: ID, input: CommissionRuleInput
    ) -> models.CommissionRule:
        """Changes a rule that has not held yet."""
        rule = await info.find(models.CommissionRule, id, lock=True)
        return await commission_rules.update_rule(info.session, rule, _terms(changes(input)), staff_id(info))

    @mutation(returns="CommissionRule", errors=CommissionRuleError, needs=STAFF)
    async def commission_rule_end(self, info: Info, id: ID, on: Date | None = None) -> models.CommissionRule:
        """Has a rule hold no longer from a day on: from tomorrow, unless said otherwise."""
        rule = await info.find(models.CommissionRule, id, lock=True)
        return await commission_rules.end_rule(info.session, rule, on, staff_id(info))


async def _key(info: Info, model: Any, given: dict[str, Any], name: str) -> int | None:
    if given.get(name) is None:
        return None
    found = await info.find(model, given[name], field_name=name)
    return int(found.id)


def _terms(given: dict[str, Any]) -> commission_rules.Terms:
    names = ("rate", "vat_rate", "valid_from", "valid_until")
    return commission_rules.Terms(**{name: given[name] for name in names if given.get(name) is not None})
