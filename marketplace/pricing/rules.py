"""What a promotion's rule may say: every mistake of it is told at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from marketplace.catalog.descriptions import clean_description
from marketplace.kit.errors import DomainError, Errors, InvalidError, RequiredError
from marketplace.kit.money import MINOR_DIGITS, to_minor
from marketplace.markets.models import Channel
from marketplace.pricing.predicates import (
    checked_catalogue_predicate,
    checked_order_predicate,
    speaks_of_amounts,
)
from marketplace.pricing.promotions import (
    PERCENT_DIGITS,
    PromotionRule,
    PromotionType,
    RewardType,
    RewardValueType,
    said_reward,
)

GIFTS_LIMIT = 500
NAME_LENGTH = 255
LARGEST_REWARD = Decimal(10**9)
ALL_OF_IT = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSaid:
    """A rule as it is to be. `given` names what the client has just said of it, in the API's words."""

    name: str | None = None
    description: dict[str, Any] | None = None
    catalogue_predicate: Mapping[str, Any] | None = None
    order_predicate: Mapping[str, Any] | None = None
    reward_value_type: RewardValueType | None = None
    reward_value: Decimal | None = None
    """Per cent, or an amount in the currency's unit."""
    reward_type: RewardType | None = None
    channels: Sequence[Channel] = ()
    gift_ids: Sequence[int] = ()
    given: frozenset[str] | None = None
    """None: it is a new rule."""

    @property
    def currencies(self) -> set[str]:
        return {channel.currency_code for channel in self.channels}

    def field(self, new: str, *changed: str) -> str:
        """The field to blame: of a new rule, or the first of a changed one's that was given."""
        if self.given is None:
            return new
        return next((name for name in changed if name in self.given), changed[-1])


def said_of(rule: PromotionRule, channels: Sequence[Channel], gift_ids: Sequence[int]) -> dict[str, Any]:
    """What a rule says now, as arguments of RuleSaid."""
    value = None
    if rule.reward_value is not None and rule.reward_value_type is not None:
        value = said_reward(rule.reward_value_type, rule.reward_value, rule.currency)
    return {
        "name": rule.name,
        "description": rule.description,
        "catalogue_predicate": rule.catalogue_predicate or None,
        "order_predicate": rule.order_predicate or None,
        "reward_value_type": rule.reward_value_type,
        "reward_value": value,
        "reward_type": rule.reward_type,
        "channels": channels,
        "gift_ids": gift_ids,
    }


def checked_rule(type: PromotionType, said: RuleSaid) -> dict[str, Any]:
    """The columns of a rule. Raises Errors with the codes of Saleor's rule mutations."""
    errors: list[DomainError] = []
    predicates = _predicates(type, said, errors)
    if len(said.gift_ids) > GIFTS_LIMIT:
        message = f"A rule has at most {GIFTS_LIMIT} gifts."
        beyond = {"gifts_limit": GIFTS_LIMIT, "gifts_limit_exceed_by": len(said.gift_ids) - GIFTS_LIMIT}
        errors.append(InvalidError(message, field="gifts", code="GIFTS_NUMBER_LIMIT", **beyond))
    if type is PromotionType.CATALOGUE and said.reward_type is not None:
        errors.append(InvalidError("Rules of the catalogue lower prices only.", field="rewardType"))
    if type is PromotionType.ORDER and said.reward_type is None:
        errors.append(RequiredError("Say what carts are rewarded with.", field="rewardType"))
    errors += _gift_errors(said) if said.reward_type is RewardType.GIFT else _value_errors(said)
    if len(said.name or "") > NAME_LENGTH:
        errors.append(InvalidError(f"A name has at most {NAME_LENGTH} letters.", field="name"))
    description = _description(said, errors)
    if errors:
        raise Errors(errors)
    return {
        **predicates,
        **_reward(said),
        "name": said.name,
        "description": description,
        "reward_type": said.reward_type,
    }


def _predicates(type: PromotionType, said: RuleSaid, errors: list[DomainError]) -> dict[str, Any]:
    own, other = ("cataloguePredicate", said.catalogue_predicate), ("orderPredicate", said.order_predicate)
    check = checked_catalogue_predicate
    if type is PromotionType.ORDER:
        own, other, check = other, own, checked_order_predicate
    if other[1]:
        errors.append(InvalidError(f"Promotions of this type have no {other[0]}.", field=other[0]))
    if own[1] is None:
        errors.append(RequiredError("Say what the rule is for.", field=own[0]))
        return {}
    try:
        checked = check(own[1])
    except InvalidError as refused:
        errors.append(refused)
        return {}
    if type is PromotionType.CATALOGUE:
        return {"catalogue_predicate": checked, "order_predicate": {}}
    if speaks_of_amounts(checked) and len(said.currencies) > 1:
        errors.append(_currencies(said.field("channels", "addChannels", "orderPredicate")))
    return {"catalogue_predicate": {}, "order_predicate": checked}


def _gift_errors(said: RuleSaid) -> list[DomainError]:
    errors: list[DomainError] = []
    if said.reward_value:
        errors.append(InvalidError("A gift has no value of its own.", field="rewardValue"))
    if said.reward_value_type:
        errors.append(InvalidError("A gift has no value of its own.", field="rewardValueType"))
    if not said.gift_ids:
        errors.append(RequiredError("Say which gifts there are.", field="gifts"))
    return errors


def _value_errors(said: RuleSaid) -> list[DomainError]:
    value, currencies = said.reward_value, said.currencies
    errors: list[DomainError] = []
    if said.reward_value_type is None:
        errors.append(RequiredError("Say how the reward is meant.", field="rewardValueType"))
    if value is None:
        errors.append(RequiredError("Say how much the reward is.", field="rewardValue"))
    elif value < 0 or value > LARGEST_REWARD:
        errors.append(InvalidError("No reward can be that much.", field="rewardValue"))
    elif said.reward_value_type is RewardValueType.PERCENTAGE:
        if value > ALL_OF_IT:
            errors.append(InvalidError("More than all of it can't be taken off.", field="rewardValue"))
    elif said.reward_value_type is RewardValueType.FIXED:
        # Taking a rule out of its last channel leaves its amount as it is.
        if not currencies and (said.given is None or said.given & {"rewardValue", "rewardValueType"}):
            message = "An amount is one of a currency: say in which channels."
            field = said.field("channels", "rewardValueType", "removeChannels")
            errors.append(InvalidError(message, field=field, code="MISSING_CHANNELS"))
        elif len(currencies) > 1:
            errors.append(_currencies(said.field("rewardValueType", "rewardValueType", "addChannels")))
        elif currencies and not _fits(value, min(currencies)):
            message = "The currency has no coin that small."
            errors.append(InvalidError(message, field="rewardValue", code="INVALID_PRECISION"))
    return errors


def _currencies(field: str) -> InvalidError:
    message = "Amounts need channels of one currency."
    return InvalidError(message, field=field, code="MULTIPLE_CURRENCIES_NOT_ALLOWED")


def _fits(amount: Decimal, currency: str) -> bool:
    return amount == amount.quantize(Decimal(1).scaleb(-MINOR_DIGITS[currency]))


def _description(said: RuleSaid, errors: list[DomainError]) -> dict[str, Any] | None:
    if not said.description:
        return None
    try:
        return clean_description(said.description)
    except InvalidError as refused:
        errors.append(refused)
        return None


def _reward(said: RuleSaid) -> dict[str, Any]:
    """The stored reward of a rule without mistakes; one that has lost its last channel keeps its own."""
    columns: dict[str, Any] = {"reward_value_type": None, "reward_value": None, "currency": None}
    if said.reward_type is RewardType.GIFT or said.reward_value is None:
        return columns
    columns["reward_value_type"] = said.reward_value_type
    if said.reward_value_type is RewardValueType.PERCENTAGE:
        thousandths = said.reward_value.scaleb(PERCENT_DIGITS).to_integral_value(ROUND_HALF_UP)
        return columns | {"reward_value": int(thousandths)}
    if not said.currencies:
        return {}
    currency = min(said.currencies)
    return columns | {"reward_value": to_minor(said.reward_value, currency), "currency": currency}
