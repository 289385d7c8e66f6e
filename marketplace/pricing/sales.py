"""Sales, Saleor's older kind of promotion: a thin face over promotions of the catalogue.

A sale is a promotion that was made as one (`is_sale`). All its rules choose the same goods and reduce in the
same way; each is of one channel, where it has its own value. One rule is always kept, be it of no channel,
since it says what the sale is for.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError, InvalidError, NotFoundError
from marketplace.kit.ids import int_pk, to_global_id
from marketplace.kit.money import MINOR_DIGITS
from marketplace.markets.models import Channel
from marketplace.pricing import promoting
from marketplace.pricing.predicates import CATALOGUE_TYPES, checked_catalogue_predicate
from marketplace.pricing.promotions import (
    PERCENT_DIGITS,
    Promotion,
    PromotionRule,
    PromotionType,
    RewardValueType,
    rule_channel,
    said_reward,
)
from marketplace.pricing.repricing import follow
from marketplace.pricing.rules import ALL_OF_IT, LARGEST_REWARD
from marketplace.pricing.service import lock_promotions

Catalogue = Mapping[str, Collection[int]]
"""Keys by kind: `category`, `collection`, `product`, `variant`."""
KINDS = {name.removesuffix("Predicate"): (name, type_name) for name, type_name in CATALOGUE_TYPES.items()}


@dataclass(frozen=True, slots=True)
class SaleSaid:
    """What staff say of a sale: fields of the promotion, how it reduces, and what it is for."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    type: RewardValueType | None = None
    catalogue: Catalogue | None = None
    """None: as it was."""


async def create_sale(session: AsyncSession, said: SaleSaid) -> Promotion:
    """Make a sale. It reduces something once it is listed in a channel. Raises Errors, InvalidError."""
    given = said.fields
    start: datetime | None = given.get("start_date")
    promotion = await promoting.create_promotion(
        session,
        PromotionType.CATALOGUE,
        given.get("name") or "",
        start_date=start,
        end_date=given.get("end_date"),
    )
    promotion.is_sale = True
    session.add(
        PromotionRule(
            id=uuid4(),
            promotion_id=promotion.id,
            catalogue_predicate=_predicate(said.catalogue or {}),
            reward_value_type=said.type or RewardValueType.FIXED,
        )
    )
    await session.flush()
    return promotion


async def update_sale(session: AsyncSession, promotion_id: UUID, said: SaleSaid) -> Promotion:
    """Change a sale. Raises NotFoundError, Errors, InvalidError."""
    promotion, rules = await _locked(session, promotion_id)
    fields = {name: value for name, value in said.fields.items() if value is not None or name == "end_date"}
    await promoting.update_promotion(session, promotion.id, fields)
    before = [rule.catalogue_predicate for rule in rules]
    predicate = None if said.catalogue is None else _predicate(said.catalogue)
    for rule in rules:
        if predicate is not None:
            rule.catalogue_predicate = predicate
        if said.type is not None and said.type is not rule.reward_value_type:
            await _reduce_otherwise(session, rule, said.type)
    await session.flush()
    await follow(session, [*before, *(rule.catalogue_predicate for rule in rules)])
    return promotion


async def change_catalogue(
    session: AsyncSession, promotion_id: UUID, catalogue: Catalogue, *, adds: bool
) -> Promotion:
    """Make a sale good for more of the catalogue, or for less. Raises NotFoundError, InvalidError."""
    promotion, rules = await _locked(session, promotion_id)
    before = rules[0].catalogue_predicate if rules else {}
    now = _catalogue(before)
    for kind, keys in catalogue.items():
        had = now.get(kind, set())
        now[kind] = had | set(keys) if adds else had - set(keys)
    predicate = _predicate(now)
    for rule in rules:
        rule.catalogue_predicate = predicate
    await session.flush()
    await follow(session, [before, predicate])
    return promotion


async def set_listings(
    session: AsyncSession,
    promotion_id: UUID,
    values: Sequence[tuple[Channel, Decimal]],
    removed_channel_ids: Collection[int],
) -> Promotion:
    """Say what a sale takes off in channels, and where it is none any more.

    Raises NotFoundError, InvalidError (with its `channels`).
    """
    promotion, rules = await _locked(session, promotion_id)
    of_rules = rule_channel.c.rule_id.in_([rule.id for rule in rules])
    rows = await session.execute(select(rule_channel.c.channel_id, rule_channel.c.rule_id).where(of_rules))
    by_key = {rule.id: rule for rule in rules}
    listed = {channel_id: by_key[rule_id] for channel_id, rule_id in rows}
    model = rules[0]
    kind = model.reward_value_type or RewardValueType.FIXED
    for channel, value in values:
        reward = _stored(kind, value, channel)
        rule = listed.get(channel.id)
        if rule is None:
            rule = await _new_listing(session, promotion, [*listed.values()], model, channel)
            listed[channel.id] = rule
        rule.reward_value, rule.reward_value_type = reward, kind
        rule.currency = channel.currency_code if kind is RewardValueType.FIXED else None
    await session.flush()
    for channel_id in removed_channel_ids:
        rule = listed.pop(channel_id, None)
        if rule is not None:
            await _take_out(session, rule, channel_id, is_last=not listed)
    await session.flush()
    await follow(session, [model.catalogue_predicate])
    return promotion


async def _new_listing(
    session: AsyncSession,
    promotion: Promotion,
    listed: Sequence[PromotionRule],
    model: PromotionRule,
    channel: Channel,
) -> PromotionRule:
    """The rule of one more channel: that of no channel, if the sale still has it."""
    rule = model
    if listed:
        await promoting.check_number(session, PromotionType.CATALOGUE, 1, "input")
        rule = PromotionRule(
            id=uuid4(),
            promotion_id=promotion.id,
            catalogue_predicate=model.catalogue_predicate,
            reward_value_type=model.reward_value_type,
        )
        session.add(rule)
        await session.flush()
    await session.execute(rule_channel.insert().values(rule_id=rule.id, channel_id=channel.id))
    return rule


async def _take_out(session: AsyncSession, rule: PromotionRule, channel_id: int, *, is_last: bool) -> None:
    if not is_last:
        await session.delete(rule)
        return
    rule.reward_value = rule.currency = None
    await session.execute(
        rule_channel.delete().where(
            rule_channel.c.rule_id == rule.id, rule_channel.c.channel_id == channel_id
        )
    )


async def _locked(session: AsyncSession, promotion_id: UUID) -> tuple[Promotion, list[PromotionRule]]:
    await lock_promotions(session)
    promotion = await session.get(Promotion, promotion_id, with_for_update=True, populate_existing=True)
    if promotion is None or not promotion.is_sale:
        raise NotFoundError("There is no such sale.", field="id")
    rules = await session.scalars(
        select(PromotionRule)
        .where(PromotionRule.promotion_id == promotion.id)
        .order_by(PromotionRule.created_at, PromotionRule.id)
    )
    found = list(rules)
    if not found:  # Somebody has deleted its rules, one by one.
        found = [
            PromotionRule(id=uuid4(), promotion_id=promotion.id, reward_value_type=RewardValueType.FIXED)
        ]
        found[0].catalogue_predicate = {}
        session.add(found[0])
        await session.flush()
    return promotion, found


async def _reduce_otherwise(session: AsyncSession, rule: PromotionRule, kind: RewardValueType) -> None:
    """The same number, as an amount instead of per cent or the other way. Raises InvalidError."""
    if rule.reward_value is not None and rule.reward_value_type is not None:
        of_rule = select(Channel).join(rule_channel, rule_channel.c.channel_id == Channel.id)
        channel = await session.scalar(of_rule.where(rule_channel.c.rule_id == rule.id).limit(1))
        value = said_reward(rule.reward_value_type, rule.reward_value, rule.currency)
        if channel is not None:
            rule.reward_value = _stored(kind, value, channel, field="type")
            rule.currency = channel.currency_code if kind is RewardValueType.FIXED else None
    rule.reward_value_type = kind


def _stored(kind: RewardValueType, value: Decimal, channel: Channel, field: str = "input") -> int:
    """A value as rules keep it. Raises InvalidError."""
    is_fixed = kind is RewardValueType.FIXED
    digits = MINOR_DIGITS[channel.currency_code] if is_fixed else PERCENT_DIGITS
    stored = value.scaleb(digits)
    if stored != stored.to_integral_value():
        raise _of_channel("It is finer than can be taken off.", channel, field)
    if value > (LARGEST_REWARD if is_fixed else ALL_OF_IT):
        raise _of_channel("It is more than can be taken off.", channel, field)
    return int(stored)


def _of_channel(message: str, channel: Channel, field: str) -> DomainError:
    return InvalidError(message, field=field, channels=[to_global_id("Channel", channel.id)])


def _predicate(catalogue: Catalogue) -> dict[str, Any]:
    """What chooses any of some rows of the catalogue. Raises InvalidError."""
    alternatives = [
        {KINDS[kind][0]: {"ids": [to_global_id(KINDS[kind][1], key) for key in sorted(keys)]}}
        for kind, keys in sorted(catalogue.items())
        if keys
    ]
    return checked_catalogue_predicate({"OR": alternatives}) if alternatives else {}


def _catalogue(predicate: Mapping[str, Any]) -> dict[str, set[int]]:
    """The rows that a predicate names, by kind, however they are put together."""
    found: dict[str, set[int]] = {}
    for name, said in predicate.items():
        if name in ("AND", "OR"):
            for part in said:
                for kind, keys in _catalogue(part).items():
                    found.setdefault(kind, set()).update(keys)
        elif name in CATALOGUE_TYPES and "ids" in said:
            keys = {int_pk(each, CATALOGUE_TYPES[name]) for each in said["ids"]}
            found.setdefault(name.removesuffix("Predicate"), set()).update(keys)
    return found
