"""What a cart as a whole is rewarded with: the best of all order promotions, a discount or a gift.

Rules in force in the channel are asked whether they choose the cart; of those that do, the one whose reward
is worth most is granted, alone. A discount is worth what it takes off the subtotal, a gift what it sells for.
A gift is given while there is one to give.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Boolean,
    ColumnElement,
    DateTime,
    Row,
    SQLColumnExpression,
    Uuid,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from marketplace.catalog.listings import ProductChannelListing, VariantChannelListing
from marketplace.catalog.models import Product, ProductType, ProductTypeKind, ProductVariant
from marketplace.inventory.availability import available_pieces
from marketplace.pricing.discounts import DiscountValueType
from marketplace.pricing.predicates import chooses_order
from marketplace.pricing.promotions import (
    Promotion,
    PromotionRule,
    PromotionType,
    RewardType,
    RewardValueType,
    discount_name,
    in_force,
    rule_channel,
    rule_gift,
    said_reward,
    translated_discount_name,
    with_translations,
)
from marketplace.pricing.reductions import reduction_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReward:
    """What a rule grants a cart."""

    rule_id: UUID
    promotion_id: UUID
    name: str
    """As buyers read it: the promotion's name and the rule's."""
    translated_name: str | None
    kind: RewardType
    amount_minor: int
    """Off the subtotal, and never more than it; of a gift: what it costs others."""
    gift_variant_id: int | None = None
    value_type: DiscountValueType
    value: Decimal
    """Per cent, or an amount in the currency's unit."""


async def best_order_reward(
    session: AsyncSession,
    *,
    channel_id: int,
    currency: str,
    subtotal_minor: int,
    now: datetime,
    total_minor: int | None = None,
    language_code: str = "",
    own_lines: Collection[UUID] = (),
    pieces: Mapping[int, int] | None = None,
    gifts_among: Collection[int] | None = None,
) -> OrderReward | None:
    """The reward of a cart with these amounts, in one statement; None where it earns none.

    Amounts are minor units of the channel's currency, after promotions of the catalogue and before this one
    and vouchers; the total (default: the subtotal) has the delivery in it. What is kept for `own_lines`, the
    cart's lines with or without a gift, can be had by it; its own `pieces`, by variant, are not given away as
    a gift on top. `gifts_among` are the variants that may be given: for whoever has their stocks locked.
    """
    if total_minor is None:
        total_minor = subtotal_minor
    parameters = {
        "channel_id": channel_id,
        "now": now,
        "language_code": language_code,
        "own_lines": list(own_lines),
        "bought_variants": list(pieces or ()),
        "bought_pieces": list((pieces or {}).values()),
        "any_gift": gifts_among is None,
        "gifts_among": list(gifts_among or ()),
    }
    best: OrderReward | None = None
    for row in await session.execute(_RULES, parameters):
        rule: PromotionRule = row[0]
        if rule.currency not in (None, currency) or not chooses_order(
            rule.order_predicate, subtotal_minor=subtotal_minor, total_minor=total_minor, currency=currency
        ):
            continue
        reward = _reward(row, subtotal_minor, currency)
        if reward is not None and (best is None or reward.amount_minor > best.amount_minor):
            best = reward
    return best


def order_promotions_in_force(
    channel_id: SQLColumnExpression[int], now: SQLColumnExpression[datetime]
) -> ColumnElement[bool]:
    """Whether any cart of a channel may earn a reward: for statements that read carts anyway."""
    rule, promotion, channel = aliased(PromotionRule), aliased(Promotion), rule_channel.alias()
    return exists(
        select(rule.id)
        .join(promotion, promotion.id == rule.promotion_id)
        .join(channel, channel.c.rule_id == rule.id)
        .where(
            promotion.type == PromotionType.ORDER,
            promotion.start_date <= now,
            or_(promotion.end_date.is_(None), promotion.end_date > now),
            channel.c.channel_id == channel_id,
        )
        .correlate_except(rule, promotion, channel)
    )


def _reward(row: Row[*tuple[Any, ...]], subtotal_minor: int, currency: str) -> OrderReward | None:
    """What the rule in a row of `_RULES` is worth to a cart that it chooses; None where it's nothing."""
    rule, name, translated_name, gift_id, gift_price_minor = row
    if rule.reward_type is RewardType.GIFT:
        if gift_id is None:
            return None
        amount, value_type = gift_price_minor, RewardValueType.FIXED
        value = gift_price_minor
    else:
        value_type, value = rule.reward_value_type, rule.reward_value
        amount = reduction_minor(
            subtotal_minor,
            DiscountValueType(value_type.value),
            said_reward(value_type, value, currency),
            currency,
        )
    return OrderReward(
        rule_id=rule.id,
        promotion_id=rule.promotion_id,
        name=name,
        translated_name=translated_name,
        kind=rule.reward_type,
        amount_minor=amount,
        gift_variant_id=gift_id if rule.reward_type is RewardType.GIFT else None,
        value_type=DiscountValueType(value_type.value),
        value=said_reward(value_type, value, currency),
    )


_channel_id = bindparam("channel_id", type_=BigInteger)
_now: ColumnElement[datetime] = bindparam("now", type_=DateTime(timezone=True))
_own_lines: BindParameter[Sequence[UUID]] = bindparam("own_lines", type_=ARRAY(Uuid))
_bought_variants = bindparam("bought_variants", type_=ARRAY(BigInteger))
_bought_pieces = bindparam("bought_pieces", type_=ARRAY(BigInteger))
_gifts_among = bindparam("gifts_among", type_=ARRAY(BigInteger))

_bought = (
    func.unnest(_bought_variants, _bought_pieces)
    .table_valued("variant_id", "pieces", name="bought")
    .render_derived()
)
_bought_of_gift = func.coalesce(
    select(func.sum(_bought.c.pieces))
    .where(_bought.c.variant_id == ProductVariant.id)
    .correlate(ProductVariant)
    .scalar_subquery(),
    0,
)
# The dearest of a rule's gifts that is for sale and of which a piece is left beside what is bought.
_gift = (
    select(VariantChannelListing.variant_id, VariantChannelListing.price_minor)
    .join(rule_gift, rule_gift.c.variant_id == VariantChannelListing.variant_id)
    .join(ProductVariant, ProductVariant.id == VariantChannelListing.variant_id)
    .join(Product, Product.id == ProductVariant.product_id)
    .join(ProductType, ProductType.id == Product.product_type_id)
    .join(
        ProductChannelListing,
        and_(
            ProductChannelListing.product_id == ProductVariant.product_id,
            ProductChannelListing.channel_id == VariantChannelListing.channel_id,
        ),
    )
    .where(
        rule_gift.c.rule_id == PromotionRule.id,
        VariantChannelListing.channel_id == _channel_id,
        VariantChannelListing.price_minor.is_not(None),
        ProductChannelListing.is_live,
        ProductType.kind != ProductTypeKind.GIFT_CARD,  # Those are issued, not sold: see `checkout.offers`.
        ProductChannelListing.available_for_purchase_at <= _now,
        or_(
            ~ProductVariant.track_inventory,
            available_pieces(ProductVariant.id, _now, _own_lines, _channel_id) > _bought_of_gift,
        ),
        or_(bindparam("any_gift", type_=Boolean), rule_gift.c.variant_id == func.any(_gifts_among)),
    )
    .order_by(VariantChannelListing.price_minor.desc(), VariantChannelListing.variant_id)
    .limit(1)
    .correlate(PromotionRule)
    .lateral("gift")
)
_RULES = with_translations(
    select(
        PromotionRule,
        discount_name(),
        translated_discount_name(),
        _gift.c.variant_id,
        _gift.c.price_minor,
    )
    .join(Promotion, Promotion.id == PromotionRule.promotion_id)
    .join(
        rule_channel,
        and_(rule_channel.c.rule_id == PromotionRule.id, rule_channel.c.channel_id == _channel_id),
    )
    .outerjoin(_gift, true())
    .where(
        Promotion.type == PromotionType.ORDER,
        in_force(_now),
        PromotionRule.order_predicate != {},
        or_(PromotionRule.reward_type == RewardType.GIFT, PromotionRule.reward_value.is_not(None)),
    )
    .order_by(PromotionRule.created_at, PromotionRule.id)
)
