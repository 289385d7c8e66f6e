"""What catalogue promotions take off the prices of listings: the best rule for each variant and channel.

Of the rules in force that choose a variant, the one that takes off most is applied, alone; of equals the
oldest. Reductions are worked out on the price as entered, rounded half up to the currency's unit, and never
exceed it: what `reductions.reduction_minor` says of one rule, `best_reductions` works out for any number of
listings.

What comes out holds up to a moment, `changes_at`: the next at which a rule that chooses the listing begins or
ends. It is kept with the price, so that whoever sells knows when a price is out of date.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Select,
    SQLColumnExpression,
    Subquery,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.listings import VariantChannelListing
from marketplace.catalog.models import Product, ProductVariant
from marketplace.pricing.discounts import DiscountValueType
from marketplace.pricing.predicates import Predicate, chosen_variants
from marketplace.pricing.promotions import (
    Promotion,
    PromotionRule,
    PromotionType,
    RewardValueType,
    discount_name,
    in_force,
    not_ended,
    rule_channel,
    said_reward,
    translated_discount_name,
    with_translations,
)
from marketplace.pricing.rounding import share_sql

WHOLE = 100_000
"""Thousandths of a percent in all of it: percentages have three decimals."""


@dataclass(frozen=True, slots=True)
class CatalogueRule:
    """A rule of a promotion that is in force or will be."""

    id: UUID
    predicate: Predicate


@dataclass(frozen=True, slots=True)
class ReducedPrice:
    """What a variant costs in a channel at a moment, and the rule that made it so."""

    price_minor: int
    rule_id: UUID | None


@dataclass(frozen=True, slots=True)
class SaidRule:
    """A rule as an order keeps it, once it has lowered the price of a line."""

    promotion_id: UUID
    name: str
    """As buyers read it: the promotion's name and the rule's."""
    translated_name: str | None
    value_type: DiscountValueType
    value: Decimal
    """Per cent, or an amount in the currency's unit."""


async def said_rules(
    session: AsyncSession, rule_ids: Collection[UUID], language_code: str
) -> dict[UUID, SaidRule]:
    """What rules are called, and how much they take off. Those that have been deleted are left out."""
    rows = await session.execute(_SAID, {"rule_ids": list(rule_ids), "language_code": language_code})
    return {
        rule.id: SaidRule(
            rule.promotion_id,
            name,
            translated_name,
            DiscountValueType(rule.reward_value_type.value),
            said_reward(rule.reward_value_type, rule.reward_value, rule.currency),
        )
        for rule, name, translated_name in rows
    }


_SAID: Select[*tuple[Any, ...]] = with_translations(
    select(PromotionRule, discount_name(), translated_discount_name()).join(
        Promotion, Promotion.id == PromotionRule.promotion_id
    )
).where(PromotionRule.id == any_(bindparam("rule_ids", type_=ARRAY(Uuid))))


async def catalogue_rules(session: AsyncSession, now: datetime) -> list[CatalogueRule]:
    """The rules that lower prices now or later, the oldest first. How many there can be is bounded."""
    rows = await session.execute(_RULES, {"now": now})
    return [CatalogueRule(rule_id, predicate) for rule_id, predicate in rows]


_now = bindparam("now", type_=DateTime(timezone=True))
_RULES = (
    select(PromotionRule.id, PromotionRule.catalogue_predicate)
    .join(Promotion, Promotion.id == PromotionRule.promotion_id)
    .where(
        Promotion.type == PromotionType.CATALOGUE,
        not_ended(_now),
        PromotionRule.catalogue_predicate != {},
        PromotionRule.reward_value.is_not(None),
    )
    .order_by(PromotionRule.created_at, PromotionRule.id)
)


def best_reductions(
    rules: Sequence[CatalogueRule], products: ColumnElement[bool] | None, now: datetime
) -> Subquery:
    """`listing_id`, `reduction_minor`, `rule_id` and `changes_at` of the listings that any of the rules
    chooses among the products (a condition on Product; None: all).

    Each rule finds its variants for itself, by its own indexes; the best is then found over what was found.
    """
    found = union_all(*(_found_by(rule, products) for rule in rules)).cte("found")
    at = bindparam("now", now, DateTime(timezone=True))
    listing, rule = VariantChannelListing, PromotionRule
    reduction = case((in_force(at), _reduction(listing.entered_price_minor)), else_=literal(0, BigInteger))
    offered = (
        select(
            listing.id.label("listing_id"),
            rule.id.label("rule_id"),
            rule.created_at,
            reduction.label("reduction_minor"),
            case((Promotion.start_date > at, Promotion.start_date), else_=Promotion.end_date).label(
                "changes_at"
            ),
        )
        .select_from(found)
        .join(rule, rule.id == found.c.rule_id)
        .join(Promotion, Promotion.id == rule.promotion_id)
        .join(rule_channel, rule_channel.c.rule_id == rule.id)
        .join(
            listing,
            and_(listing.variant_id == found.c.variant_id, listing.channel_id == rule_channel.c.channel_id),
        )
        .where(or_(rule.currency.is_(None), rule.currency == listing.currency))
        .subquery("offered")
    )
    best_first = aggregate_order_by(
        offered.c.rule_id, offered.c.reduction_minor.desc(), offered.c.created_at, offered.c.rule_id
    )
    most = func.max(offered.c.reduction_minor)
    return (
        select(
            offered.c.listing_id,
            most.label("reduction_minor"),
            case((most > 0, func.array_agg(best_first, type_=ARRAY(Uuid))[1])).label("rule_id"),
            func.min(offered.c.changes_at).label("changes_at"),
        )
        .group_by(offered.c.listing_id)
        .subquery("reductions")
    )


async def prices_now(
    session: AsyncSession, variant_ids: Collection[int], channel_id: int, now: datetime
) -> dict[int, ReducedPrice]:
    """What variants cost by the rules themselves, whatever is stored: for when that is out of date.

    Writes and locks nothing. Variants without a price in the channel are left out.
    """
    rules = await catalogue_rules(session, now)
    listing = VariantChannelListing
    wanted = any_(bindparam("variant_ids", sorted(variant_ids), ARRAY(BigInteger)))
    prices: Select[*tuple[Any, ...]] = select(listing.variant_id, listing.entered_price_minor)
    if rules:
        products = Product.id.in_(select(ProductVariant.product_id).where(ProductVariant.id == wanted))
        best = best_reductions(rules, products, now)
        less = func.coalesce(best.c.reduction_minor, 0)
        prices = select(listing.variant_id, listing.entered_price_minor - less, best.c.rule_id).outerjoin(
            best, best.c.listing_id == listing.id
        )
    priced = prices.where(
        listing.variant_id == wanted,
        listing.channel_id == channel_id,
        listing.entered_price_minor.is_not(None),
    )
    rows = await session.execute(priced)
    return {row[0]: ReducedPrice(row[1], row[2] if rules else None) for row in rows}


def _found_by(rule: CatalogueRule, products: ColumnElement[bool] | None) -> Select[Any]:
    found = (
        select(literal(rule.id, Uuid).label("rule_id"), ProductVariant.id.label("variant_id"))
        .join(Product, Product.id == ProductVariant.product_id)
        .where(chosen_variants(rule.predicate))
    )
    return found if products is None else found.where(products)


def _reduction(price_minor: SQLColumnExpression[Any]) -> ColumnElement[int]:
    """What the rule in the same row takes off: as `reductions.reduction_minor`."""
    value = cast(PromotionRule.reward_value, BigInteger)
    share = share_sql(price_minor, value, WHOLE)
    fixed = PromotionRule.reward_value_type == RewardValueType.FIXED
    return func.least(case((fixed, value), else_=share), price_minor, type_=BigInteger)
