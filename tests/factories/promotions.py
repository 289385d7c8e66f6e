"""Promotions for tests. Prices follow only once they are repriced."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import Category, Collection, Product, ProductVariant
from marketplace.kit.ids import to_global_id
from marketplace.markets.models import Channel
from marketplace.pricing.promotions import (
    Promotion,
    PromotionRule,
    PromotionType,
    RewardType,
    RewardValueType,
    rule_channel,
    rule_gift,
)

_numbers = count(1)


def of(*rows: Product | ProductVariant | Category | Collection) -> dict[str, Any]:
    """The predicate that chooses rows of one kind."""
    kind = type(rows[0]).__name__
    leaf = "variantPredicate" if kind == "ProductVariant" else f"{kind.lower()}Predicate"
    return {leaf: {"ids": [to_global_id(kind, row.id) for row in rows]}}


async def make_promotion(
    session: AsyncSession, type: PromotionType = PromotionType.CATALOGUE, **given: object
) -> Promotion:
    """One in force from now on, without rules."""
    promotion = Promotion(type=type, **{"name": f"Fête {next(_numbers)}"} | given)
    session.add(promotion)
    await session.flush()
    return promotion


async def make_rule(
    session: AsyncSession,
    channels: Sequence[Channel],
    predicate: Mapping[str, Any],
    *,
    percent: float | None = None,
    fixed_minor: int | None = None,
    promotion: Promotion | None = None,
    **given: object,
) -> PromotionRule:
    """A rule that lowers prices, of a promotion in force unless one is given."""
    promotion = promotion or await make_promotion(session)
    reward: dict[str, object] = (
        {"reward_value_type": RewardValueType.PERCENTAGE, "reward_value": round(percent * 1000)}
        if percent is not None
        else {
            "reward_value_type": RewardValueType.FIXED,
            "reward_value": fixed_minor,
            "currency": channels[0].currency_code,
        }
    )
    rule = PromotionRule(
        promotion_id=promotion.id, **{"catalogue_predicate": dict(predicate)} | reward | given
    )
    return await _kept(session, rule, channels)


async def make_order_rule(
    session: AsyncSession,
    channels: Sequence[Channel],
    predicate: Mapping[str, Any] | None = None,
    *,
    gifts: Sequence[ProductVariant] = (),
    percent: float | None = None,
    fixed_minor: int | None = None,
    promotion: Promotion | None = None,
    **given: object,
) -> PromotionRule:
    """A rule that rewards any cart, or those that a predicate chooses."""
    promotion = promotion or await make_promotion(session, PromotionType.ORDER)
    always = {"discountedObjectPredicate": {"baseSubtotalPrice": {"range": {"gte": "0"}}}}
    common = {"catalogue_predicate": {}, "order_predicate": dict(predicate or always)}
    if gifts:
        rule = PromotionRule(promotion_id=promotion.id, reward_type=RewardType.GIFT, **common | given)
        await _kept(session, rule, channels)
        await session.execute(
            rule_gift.insert(), [{"rule_id": rule.id, "variant_id": gift.id} for gift in gifts]
        )
        return rule
    return await make_rule(
        session,
        channels,
        {},
        percent=percent,
        fixed_minor=fixed_minor,
        promotion=promotion,
        **common | {"reward_type": RewardType.SUBTOTAL_DISCOUNT} | given,
    )


async def _kept(session: AsyncSession, rule: PromotionRule, channels: Sequence[Channel]) -> PromotionRule:
    session.add(rule)
    await session.flush()
    await session.execute(
        rule_channel.insert(), [{"rule_id": rule.id, "channel_id": channel.id} for channel in channels]
    )
    return rule
