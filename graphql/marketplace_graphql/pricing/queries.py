"""Root fields of promotions."""

from typing import Any

from strawberry import ID

from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import CountableConnection, connection, object_type, related
from marketplace_graphql.pricing.promotions import (
    Promotion,
    PromotionRuleTranslatableContent,
    PromotionTranslatableContent,
    promotion_order,
    promotion_where,
)

TYPES = (PromotionTranslatableContent, PromotionRuleTranslatableContent)


@object_type
class PricingQueries:
    """What is reduced."""

    promotions: "CountableConnection[Promotion] | None" = connection(
        where=promotion_where, sort_by=promotion_order, needs=Permission.MANAGE_DISCOUNTS
    )
    """Promotions of all times."""

    @related(needs=Permission.MANAGE_DISCOUNTS)
    def promotion(root: Any, promotion: Any, ctx: Any, id: ID) -> Promotion | None:
        """One promotion."""
        return promotion.id == ctx.key(id, "Promotion")
