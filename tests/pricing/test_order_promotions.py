"""A cart is rewarded by the order promotion that is worth most to it."""

from datetime import timedelta
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import DateTime, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock as the_clock
from marketplace.markets.models import Channel
from marketplace.pricing.order_promotions import (
    OrderReward,
    best_order_reward,
    order_promotions_in_force,
)
from marketplace.pricing.predicates import checked_order_predicate, chooses_order
from marketplace.pricing.promotions import (
    PromotionRuleTranslation,
    PromotionTranslation,
    PromotionType,
    RewardType,
)
from tests.factories.checkout import make_piece
from tests.factories.markets import make_channel
from tests.factories.promotions import make_order_rule, make_promotion


async def reward_of(
    session: AsyncSession, channel: Channel, subtotal_minor: int, **given: Any
) -> OrderReward | None:
    return await best_order_reward(
        session,
        channel_id=channel.id,
        currency=channel.currency_code,
        subtotal_minor=subtotal_minor,
        now=the_clock.now(),
        **given,
    )


def at_least(amount: str, name: str = "baseSubtotalPrice") -> dict[str, Any]:
    return {"discountedObjectPredicate": {name: {"range": {"gte": amount}}}}


async def test_without_promotions_there_is_no_reward(session: AsyncSession) -> None:
    assert await reward_of(session, await make_channel(session), 500_00) is None


async def test_a_percentage_of_the_subtotal_is_granted(session: AsyncSession) -> None:
    channel = await make_channel(session)
    promotion = await make_promotion(session, PromotionType.ORDER, name="Aïd")
    rule = await make_order_rule(session, [channel], percent=12.5, promotion=promotion, name="Fidèles")
    reward = await reward_of(session, channel, 99_99)
    assert reward is not None
    assert (reward.rule_id, reward.promotion_id, reward.amount_minor) == (rule.id, promotion.id, 12_50)
    assert (reward.kind, reward.value, reward.name) == (
        RewardType.SUBTOTAL_DISCOUNT,
        Decimal("12.5"),
        "Aïd: Fidèles",
    )


async def test_a_fixed_reward_never_exceeds_the_subtotal(session: AsyncSession) -> None:
    channel = await make_channel(session)
    await make_order_rule(session, [channel], fixed_minor=50_00)
    reward = await reward_of(session, channel, 30_00)
    assert reward is not None
    assert reward.amount_minor == 30_00


async def test_the_reward_that_is_worth_most_is_granted(session: AsyncSession) -> None:
    channel = await make_channel(session)
    percent = await make_order_rule(session, [channel], percent=10)
    fixed = await make_order_rule(session, [channel], fixed_minor=30_00)
    small, large = await reward_of(session, channel, 200_00), await reward_of(session, channel, 400_00)
    assert small is not None
    assert large is not None
    assert (small.rule_id, large.rule_id) == (fixed.id, percent.id)


@pytest.mark.parametrize(
    ("subtotal", "total", "granted"), [(99_99, 150_00, False), (100_00, 100_00, True), (120_00, 149_00, True)]
)
async def test_a_rule_chooses_by_the_subtotal(
    session: AsyncSession, subtotal: int, total: int, granted: bool
) -> None:
    channel = await make_channel(session)
    await make_order_rule(session, [channel], at_least("100"), percent=10)
    reward = await reward_of(session, channel, subtotal, total_minor=total)
    assert (reward is not None) == granted


async def test_a_rule_may_choose_by_the_total(session: AsyncSession) -> None:
    channel = await make_channel(session)
    await make_order_rule(session, [channel], at_least("100", "baseTotalPrice"), percent=10)
    assert await reward_of(session, channel, 80_00, total_minor=99_00) is None
    assert await reward_of(session, channel, 80_00, total_minor=110_00) is not None


async def test_a_rule_of_another_channel_or_another_time_grants_nothing(
    session: AsyncSession, clock: ModuleType
) -> None:
    here, there = await make_channel(session), await make_channel(session)
    await make_order_rule(session, [there], percent=10)
    later = await make_promotion(session, PromotionType.ORDER, start_date=clock.now() + timedelta(days=1))
    await make_order_rule(session, [here], percent=20, promotion=later)
    assert await reward_of(session, here, 100_00) is None
    clock.advance(timedelta(days=2))
    assert await reward_of(session, here, 100_00) is not None


async def test_the_dearest_gift_in_stock_is_given(session: AsyncSession) -> None:
    channel = await make_channel(session)
    bowl = await make_piece(session, channel, 40_00)
    gone = await make_piece(session, channel, 90_00, stock=0)
    cup = await make_piece(session, channel, 20_00)
    await make_order_rule(session, [channel], gifts=[bowl, gone, cup])
    await make_order_rule(session, [channel], fixed_minor=30_00)
    reward = await reward_of(session, channel, 500_00)
    assert reward is not None
    assert (reward.kind, reward.gift_variant_id, reward.amount_minor) == (RewardType.GIFT, bowl.id, 40_00)


async def test_a_discount_worth_more_than_the_gift_is_granted_instead(session: AsyncSession) -> None:
    channel = await make_channel(session)
    await make_order_rule(session, [channel], gifts=[await make_piece(session, channel, 40_00)])
    discount = await make_order_rule(session, [channel], fixed_minor=50_00)
    reward = await reward_of(session, channel, 500_00)
    assert reward is not None
    assert (reward.rule_id, reward.gift_variant_id) == (discount.id, None)


async def test_a_gift_that_is_gone_is_not_given(session: AsyncSession) -> None:
    channel = await make_channel(session)
    await make_order_rule(session, [channel], gifts=[await make_piece(session, channel, stock=0)])
    assert await reward_of(session, channel, 500_00) is None


async def test_names_are_told_in_the_buyers_language(session: AsyncSession) -> None:
    channel = await make_channel(session)
    rule = await make_order_rule(session, [channel], percent=10, name="Fidèles")
    session.add_all(
        [
            PromotionTranslation(promotion_id=rule.promotion_id, language_code="ar", name="العيد"),
            PromotionRuleTranslation(promotion_rule_id=rule.id, language_code="ar", name="الأوفياء"),
        ]
    )
    await session.flush()
    in_arabic = await reward_of(session, channel, 100_00, language_code="ar")
    in_english = await reward_of(session, channel, 100_00, language_code="en")
    assert in_arabic is not None
    assert in_english is not None
    assert (in_arabic.translated_name, in_english.translated_name) == ("العيد: الأوفياء", None)


async def test_one_can_ask_whether_there_is_any_promotion(session: AsyncSession) -> None:
    channel = await make_channel(session)
    at = bindparam("at", type_=DateTime(timezone=True))
    asked = select(order_promotions_in_force(Channel.id, at)).where(Channel.id == channel.id)
    assert not await session.scalar(asked, {"at": the_clock.now()})
    await make_order_rule(session, [channel], percent=10)
    assert await session.scalar(asked, {"at": the_clock.now()})


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_range_holds_between_its_ends(amount: int, low: int, high: int) -> None:
    within = {"range": {"gte": f"{low / 100:.2f}", "lte": f"{high / 100:.2f}"}}
    predicate = checked_order_predicate({"discountedObjectPredicate": {"baseSubtotalPrice": within}})
    holds = chooses_order(predicate, subtotal_minor=amount, total_minor=0, currency="MAD")
    assert holds == (low <= amount <= high)
