"""How staff make, change and end promotions."""

from dataclasses import replace
from enum import Enum
from typing import Any

from strawberry import ID
from strawberry.utils.str_converters import to_camel_case

from marketplace.kit.errors import DomainError, NotFoundError
from marketplace.people.permissions import Permission
from marketplace.pricing import promoting, translating_prices
from marketplace.pricing import promotions as models
from marketplace_graphql.kernel import Info, changes, enum, error_type, mutation, object_type
from marketplace_graphql.pricing.promotion_inputs import (
    PromotionCreateInput,
    PromotionRuleCreateInput,
    PromotionRuleTranslationInput,
    PromotionRuleUpdateInput,
    PromotionTranslationInput,
    PromotionUpdateInput,
    channels_of,
    check_unlike,
    gifts_of,
    key_of,
    new_rule,
    rule_fields,
)
from marketplace_graphql.translating.declaring import translating
from marketplace_graphql.vouchers.errors import DiscountError


@enum
class PromotionCreateErrorCode(Enum):
    """Why a promotion can't be made."""

    GRAPHQL_ERROR = "GRAPHQL_ERROR"
    NOT_FOUND = "NOT_FOUND"
    REQUIRED = "REQUIRED"
    INVALID = "INVALID"
    MULTIPLE_CURRENCIES_NOT_ALLOWED = "MULTIPLE_CURRENCIES_NOT_ALLOWED"
    INVALID_PRECISION = "INVALID_PRECISION"
    MISSING_CHANNELS = "MISSING_CHANNELS"
    RULES_NUMBER_LIMIT = "RULES_NUMBER_LIMIT"
    GIFTS_NUMBER_LIMIT = "GIFTS_NUMBER_LIMIT"
    INVALID_GIFT_TYPE = "INVALID_GIFT_TYPE"


@enum
class PromotionUpdateErrorCode(Enum):
    """Why a promotion can't be changed."""

    GRAPHQL_ERROR = "GRAPHQL_ERROR"
    NOT_FOUND = "NOT_FOUND"
    REQUIRED = "REQUIRED"
    INVALID = "INVALID"


@enum
class PromotionDeleteErrorCode(Enum):
    """Why a promotion can't be taken back."""

    GRAPHQL_ERROR = "GRAPHQL_ERROR"
    NOT_FOUND = "NOT_FOUND"


@enum
class PromotionRuleCreateErrorCode(Enum):
    """Why a rule can't be added."""

    GRAPHQL_ERROR = "GRAPHQL_ERROR"
    NOT_FOUND = "NOT_FOUND"
    REQUIRED = "REQUIRED"
    INVALID = "INVALID"
    MULTIPLE_CURRENCIES_NOT_ALLOWED = "MULTIPLE_CURRENCIES_NOT_ALLOWED"
    INVALID_PRECISION = "INVALID_PRECISION"
    MISSING_CHANNELS = "MISSING_CHANNELS"
    RULES_NUMBER_LIMIT = "RULES_NUMBER_LIMIT"
    GIFTS_NUMBER_LIMIT = "GIFTS_NUMBER_LIMIT"
    INVALID_GIFT_TYPE = "INVALID_GIFT_TYPE"


@enum
class PromotionRuleUpdateErrorCode(Enum):
    """Why a rule can't be changed."""

    GRAPHQL_ERROR = "GRAPHQL_ERROR"
    NOT_FOUND = "NOT_FOUND"
    INVALID = "INVALID"
    REQUIRED = "REQUIRED"
    DUPLICATED_INPUT_ITEM = "DUPLICATED_INPUT_ITEM"
    MISSING_CHANNELS = "MISSING_CHANNELS"
    MULTIPLE_CURRENCIES_NOT_ALLOWED = "MULTIPLE_CURRENCIES_NOT_ALLOWED"
    INVALID_PRECISION = "INVALID_PRECISION"
    INVALID_GIFT_TYPE = "INVALID_GIFT_TYPE"
    GIFTS_NUMBER_LIMIT = "GIFTS_NUMBER_LIMIT"


@enum
class PromotionRuleDeleteErrorCode(Enum):
    """Why a rule can't be taken back."""

    GRAPHQL_ERROR = "GRAPHQL_ERROR"
    NOT_FOUND = "NOT_FOUND"


_limits: dict[str, Any] = {
    "rules_limit": int | None,
    "rules_limit_exceed_by": int | None,
    "gifts_limit": int | None,
    "gifts_limit_exceed_by": int | None,
}
PromotionCreateError = error_type(
    "PromotionCreateError", PromotionCreateErrorCode, index=int | None, **_limits
)
PromotionUpdateError = error_type("PromotionUpdateError", PromotionUpdateErrorCode)
PromotionDeleteError = error_type("PromotionDeleteError", PromotionDeleteErrorCode)
PromotionRuleCreateError = error_type("PromotionRuleCreateError", PromotionRuleCreateErrorCode, **_limits)
PromotionRuleUpdateError = error_type(
    "PromotionRuleUpdateError",
    PromotionRuleUpdateErrorCode,
    channels=list[ID] | None,
    gifts_limit=int | None,
    gifts_limit_exceed_by=int | None,
)
PromotionRuleDeleteError = error_type("PromotionRuleDeleteError", PromotionRuleDeleteErrorCode)
NEEDS = Permission.MANAGE_DISCOUNTS


@object_type
class PricingMutations:
    """What is changed of promotions."""

    @mutation(returns="Promotion", errors=PromotionCreateError, needs=NEEDS, tells="PROMOTION_CREATED")
    async def promotion_create(self, info: Info, input: PromotionCreateInput) -> models.Promotion:
        """Makes a promotion. What it chooses is priced by it at once, or, where that is a lot, soon."""
        given = changes(input)
        rules = []
        for index, rule in enumerate(given.get("rules") or ()):
            try:
                rules.append(await new_rule(info, rule))
            except DomainError as error:
                error.details["index"] = index
                raise
        return await promoting.create_promotion(
            info.session,
            given["type"],
            given["name"],
            description=given.get("description"),
            start_date=given.get("start_date"),
            end_date=given.get("end_date"),
            rules=rules,
        )

    @mutation(returns="Promotion", errors=PromotionUpdateError, needs=NEEDS, tells="PROMOTION_UPDATED")
    async def promotion_update(self, info: Info, id: ID, input: PromotionUpdateInput) -> models.Promotion:
        """Changes a promotion."""
        key = key_of(info, id, "Promotion")
        return await promoting.update_promotion(info.session, key, changes(input))

    @mutation(returns="Promotion", errors=PromotionDeleteError, needs=NEEDS)
    async def promotion_delete(self, info: Info, id: ID) -> models.Promotion:
        """Takes a promotion back with all its rules."""
        promotion = await info.find(models.Promotion, _checked(info, id, "Promotion"))
        info.afterwards(lambda: promoting.delete_promotions(info.session, [promotion.id]))
        return promotion

    @mutation(
        returns={"count": int}, failed={"count": 0}, errors=replace(DiscountError, twin=None), needs=NEEDS
    )
    async def promotion_bulk_delete(self, info: Info, ids: list[ID]) -> dict[str, int]:
        """Takes promotions back with all their rules: all of them or none."""
        try:
            keys = {key_of(info, promotion_id, "Promotion") for promotion_id in ids}
        except NotFoundError as error:
            error.field = "ids"
            raise
        deleted = await promoting.delete_promotions(info.session, keys)
        if len(deleted) < len(keys):
            raise NotFoundError("Some of these promotions do not exist.", field="ids")
        return {"count": len(deleted)}

    @mutation(
        returns="PromotionRule", errors=PromotionRuleCreateError, needs=NEEDS, tells="PROMOTION_RULE_CREATED"
    )
    async def promotion_rule_create(
        self, info: Info, input: PromotionRuleCreateInput
    ) -> models.PromotionRule:
        """Adds a rule to a promotion."""
        try:
            promotion_id = key_of(info, input.promotion, "Promotion")
            return await promoting.create_rule(
                info.session, promotion_id, await new_rule(info, changes(input))
            )
        except NotFoundError as error:
            error.field = "promotion" if error.field == "id" else error.field
            raise

    @mutation(
        returns="PromotionRule", errors=PromotionRuleUpdateError, needs=NEEDS, tells="PROMOTION_RULE_UPDATED"
    )
    async def promotion_rule_update(
        self, info: Info, id: ID, input: PromotionRuleUpdateInput
    ) -> models.PromotionRule:
        """Changes a rule."""
        given = changes(input)
        check_unlike(given, "add_channels", "remove_channels", "channels")
        check_unlike(given, "add_gifts", "remove_gifts", "gifts")
        removed = await channels_of(info, given.get("remove_channels"), "removeChannels")
        return await promoting.update_rule(
            info.session,
            key_of(info, id, "PromotionRule"),
            rule_fields(given),
            add_channels=await channels_of(info, given.get("add_channels"), "addChannels"),
            remove_channel_ids=[channel.id for channel in removed],
            add_gift_ids=await gifts_of(info, given.get("add_gifts"), "addGifts"),
            remove_gift_ids=await gifts_of(info, given.get("remove_gifts"), "removeGifts"),
            given=[to_camel_case(name) for name in given],
        )

    @mutation(returns="PromotionRule", errors=PromotionRuleDeleteError, needs=NEEDS)
    async def promotion_rule_delete(self, info: Info, id: ID) -> models.PromotionRule:
        """Takes a rule back."""
        rule = await info.find(models.PromotionRule, _checked(info, id, "PromotionRule"))
        info.afterwards(lambda: promoting.delete_rule(info.session, rule.id))
        return rule

    promotion_translate = translating(
        models.Promotion,
        PromotionTranslationInput,
        translating_prices.translate,
        doc="Says a promotion in another language.",
        twin=None,
    )
    promotion_rule_translate = translating(
        models.PromotionRule,
        PromotionRuleTranslationInput,
        translating_prices.translate,
        doc="Says a promotion's rule in another language.",
        twin=None,
    )


def _checked(info: Info, global_id: str, type_name: str) -> str:
    """The id itself. Raises NotFoundError for what names no row of the type."""
    key_of(info, global_id, type_name)
    return global_id
