"""Promotions as staff make, change and end them. Prices follow in the same transaction, or soon after.

Each function takes the lock of all promotions first: what it checks stays true, and nobody prices meanwhile
by rules that are about to change without leaving word.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import DateTime, delete, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.descriptions import clean_description
from marketplace.catalog.models import ProductVariant
from marketplace.kit import clock
from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, Errors, InvalidError, NotFoundError, RequiredError
from marketplace.markets.models import Channel
from marketplace.pricing.promotion_events import PromotionEventType, note
from marketplace.pricing.promotions import (
    Promotion,
    PromotionRule,
    PromotionType,
    not_ended,
    rule_channel,
    rule_gift,
)
from marketplace.pricing.repricing import follow
from marketplace.pricing.rules import NAME_LENGTH, RuleSaid, checked_rule, said_of
from marketplace.pricing.service import lock_promotions

RULES_LIMIT = {PromotionType.CATALOGUE: 100, PromotionType.ORDER: 100}
"""Rules of promotions that have not ended: each is asked about each listing that is priced, or each cart."""


async def create_promotion(
    session: AsyncSession,
    type: PromotionType,
    name: str,
    *,
    description: dict[str, Any] | None = None,
    start_date: datetime | None = None,
    end_date: datetime | None = None,
    rules: Sequence[RuleSaid] = (),
) -> Promotion:
    """Make a promotion, in force from now on unless it says otherwise.

    Raises Errors; those of a rule have its `index` among their details.
    """
    await lock_promotions(session)
    promotion = Promotion(id=uuid4(), type=type, created_at=clock.now())
    errors: list[DomainError] = []
    said: dict[str, Any] = {"name": name, "description": description}
    _say(promotion, said | {"start_date": start_date or clock.now(), "end_date": end_date}, errors)
    columns: list[dict[str, Any]] = []
    for index, said_rule in enumerate(rules):
        try:
            columns.append(checked_rule(type, said_rule))
        except Errors as refused:
            for error in refused.errors:
                error.details["index"] = index
            errors += refused.errors
    if errors:
        raise Errors(errors)
    await check_number(session, type, len(rules), "rules")
    session.add(promotion)
    await session.flush()
    await note(session, PromotionEventType.PROMOTION_CREATED, [promotion.id])
    for said_rule, values in zip(rules, columns, strict=True):
        rule = PromotionRule(id=uuid4(), promotion_id=promotion.id)
        await _write_rule(session, rule, said_rule, values)
        await note(session, PromotionEventType.RULE_CREATED, [promotion.id], rule.id)
    await _follow(session, promotion, [values["catalogue_predicate"] for values in columns])
    return promotion


async def update_promotion(
    session: AsyncSession, promotion_id: UUID, changes: Mapping[str, Any]
) -> Promotion:
    """Change name, description, start_date or end_date. Raises NotFoundError, Errors."""
    promotion = await _locked(session, promotion_id)
    errors: list[DomainError] = []
    before = (promotion.start_date, promotion.end_date)
    _say(promotion, changes, errors)
    if errors:
        raise Errors(errors)
    await session.flush()
    await note(session, PromotionEventType.PROMOTION_UPDATED, [promotion.id])
    if before != (promotion.start_date, promotion.end_date):
        await _follow(session, promotion, await _predicates_of(session, [promotion.id]))
    return promotion


async def delete_promotions(session: AsyncSession, promotion_ids: Collection[UUID]) -> list[Promotion]:
    """Take back promotions and their rules; gives those that were there. Prices follow."""
    await lock_promotions(session)
    found = await session.scalars(
        select(Promotion).where(Promotion.id.in_(promotion_ids)).order_by(Promotion.id).with_for_update()
    )
    promotions = list(found)
    predicates = await _predicates_of(session, [promotion.id for promotion in promotions])
    await announce(session, "PROMOTION_DELETED", *(each for each in promotions if not each.is_sale))
    await announce(session, "SALE_DELETED", *(each for each in promotions if each.is_sale))
    for promotion in promotions:
        await session.delete(promotion)
    await session.flush()
    await follow(session, predicates)
    return promotions


async def create_rule(session: AsyncSession, promotion_id: UUID, said: RuleSaid) -> PromotionRule:
    """Add a rule to a promotion. Raises NotFoundError, Errors, InvalidError (RULES_NUMBER_LIMIT)."""
    promotion = await _locked(session, promotion_id)
    columns = checked_rule(promotion.type, said)
    field = "orderPredicate" if promotion.type is PromotionType.ORDER else "cataloguePredicate"
    await check_number(session, promotion.type, 1, field)
    rule = PromotionRule(id=uuid4(), promotion_id=promotion.id)
    await _write_rule(session, rule, said, columns)
    await note(session, PromotionEventType.RULE_CREATED, [promotion.id], rule.id)
    await _follow(session, promotion, [rule.catalogue_predicate])
    return rule


async def update_rule(
    session: AsyncSession,
    rule_id: UUID,
    changes: Mapping[str, Any],
    *,
    add_channels: Sequence[Channel] = (),
    remove_channel_ids: Collection[int] = (),
    add_gift_ids: Collection[int] = (),
    remove_gift_ids: Collection[int] = (),
    given: Collection[str] = (),
) -> PromotionRule:
    """Change a rule: `changes` are fields of RuleSaid, `given` their names as the client has said them.

    Raises NotFoundError, Errors.
    """
    rule, promotion = await _locked_rule(session, rule_id)
    predicate = rule.catalogue_predicate
    of_rule = rule_channel.c.rule_id == rule.id
    channels = {
        channel.id: channel
        for channel in await session.scalars(
            select(Channel).join(rule_channel, rule_channel.c.channel_id == Channel.id).where(of_rule)
        )
        if channel.id not in remove_channel_ids
    } | {channel.id: channel for channel in add_channels}
    gifts = set(await session.scalars(select(rule_gift.c.variant_id).where(rule_gift.c.rule_id == rule.id)))
    gifts = (gifts | set(add_gift_ids)) - set(remove_gift_ids)
    now = said_of(rule, list(channels.values()), sorted(gifts))
    said = RuleSaid(**now | dict(changes), given=frozenset(given))
    await _write_rule(session, rule, said, checked_rule(promotion.type, said))
    await note(session, PromotionEventType.RULE_UPDATED, [promotion.id], rule.id)
    await _follow(session, promotion, [predicate, rule.catalogue_predicate])
    return rule


async def delete_rule(session: AsyncSession, rule_id: UUID) -> PromotionRule:
    """Take a rule back. Raises NotFoundError."""
    rule, promotion = await _locked_rule(session, rule_id)
    await announce(session, "PROMOTION_RULE_DELETED", rule)
    await session.delete(rule)
    await note(session, PromotionEventType.RULE_DELETED, [promotion.id], rule.id)
    await _follow(session, promotion, [rule.catalogue_predicate])
    return rule


def _say(promotion: Promotion, said: Mapping[str, Any], errors: list[DomainError]) -> None:
    """Write what is said of a promotion itself; what can't be said is told."""
    if "name" in said:
        promotion.name = (said["name"] or "").strip()
        if not promotion.name:
            errors.append(RequiredError("What is it called?", field="name"))
        elif len(promotion.name) > NAME_LENGTH:
            errors.append(InvalidError(f"A name has at most {NAME_LENGTH} letters.", field="name"))
    if "description" in said:
        try:
            promotion.description = clean_description(said["description"]) if said["description"] else None
        except InvalidError as refused:
            errors.append(refused)
    if "start_date" in said:
        promotion.start_date = said["start_date"] or promotion.start_date
    if "end_date" in said:
        promotion.end_date = said["end_date"]
    if promotion.end_date is not None and promotion.end_date <= promotion.start_date:
        errors.append(InvalidError("It can't end before it begins.", field="endDate"))


async def _locked(session: AsyncSession, promotion_id: UUID) -> Promotion:
    await lock_promotions(session)
    promotion = await session.get(Promotion, promotion_id, with_for_update=True, populate_existing=True)
    if promotion is None:
        raise NotFoundError("There is no such promotion.", field="id")
    return promotion


async def _locked_rule(session: AsyncSession, rule_id: UUID) -> tuple[PromotionRule, Promotion]:
    await lock_promotions(session)
    rule = await session.get(PromotionRule, rule_id, with_for_update=True, populate_existing=True)
    promotion = await session.get(Promotion, rule.promotion_id) if rule else None
    if rule is None or promotion is None:
        raise NotFoundError("There is no such rule.", field="id")
    return rule, promotion


async def check_number(session: AsyncSession, type: PromotionType, more: int, field: str) -> None:
    """Raises InvalidError (RULES_NUMBER_LIMIT) where there would be too many rules."""
    limit = RULES_LIMIT[type]
    counted = await session.scalar(
        select(func.count())
        .select_from(PromotionRule)
        .join(Promotion, Promotion.id == PromotionRule.promotion_id)
        .where(Promotion.type == type, not_ended(literal(clock.now(), DateTime(timezone=True))))
    )
    beyond = (counted or 0) + more - limit
    if more and beyond > 0:
        message = f"At most {limit} rules of a kind can be in force. Let a promotion end first."
        details = {"rules_limit": limit, "rules_limit_exceed_by": beyond}
        raise InvalidError(message, field=field, code="RULES_NUMBER_LIMIT", **details)


async def _write_rule(
    session: AsyncSession, rule: PromotionRule, said: RuleSaid, columns: Mapping[str, Any]
) -> None:
    for name, value in columns.items():
        setattr(rule, name, value)
    session.add(rule)
    await session.flush()
    await session.execute(delete(rule_channel).where(rule_channel.c.rule_id == rule.id))
    await session.execute(delete(rule_gift).where(rule_gift.c.rule_id == rule.id))
    channels = [{"rule_id": rule.id, "channel_id": channel.id} for channel in said.channels]
    if channels:
        await session.execute(rule_channel.insert(), channels)
    if said.gift_ids:
        known = select(ProductVariant.id).where(ProductVariant.id.in_(said.gift_ids))
        gifts = [{"rule_id": rule.id, "variant_id": key} for key in await session.scalars(known)]
        await session.execute(rule_gift.insert(), gifts)


async def _predicates_of(session: AsyncSession, promotion_ids: Collection[UUID]) -> list[dict[str, Any]]:
    found = await session.scalars(
        select(PromotionRule.catalogue_predicate).where(PromotionRule.promotion_id.in_(promotion_ids))
    )
    return list(found)


async def _follow(
    session: AsyncSession, promotion: Promotion, predicates: Sequence[Mapping[str, Any]]
) -> None:
    if promotion.type is PromotionType.CATALOGUE:
        await follow(session, predicates)
