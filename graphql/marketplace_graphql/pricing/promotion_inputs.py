"""What staff say of promotions, and what it is to the services."""

from collections.abc import Mapping, Sequence
from typing import Any

from strawberry import ID
from strawberry.utils.str_converters import to_camel_case

from marketplace.catalog.models import ProductVariant
from marketplace.kit.errors import DomainError, InvalidError, NotFoundError
from marketplace.kit.ids import split_global_id
from marketplace.markets.models import Channel
from marketplace.pricing.promotions import PromotionType, RewardType, RewardValueType
from marketplace.pricing.rules import RuleSaid
from marketplace_graphql.catalog.categories import CategoryWhereInput
from marketplace_graphql.catalog.collections import CollectionWhereInput
from marketplace_graphql.catalog.filters import ProductWhereInput
from marketplace_graphql.catalog.variant_filters import ProductVariantWhereInput
from marketplace_graphql.inputs import DecimalFilterInput
from marketplace_graphql.kernel import JSON, DateTime, Info, PositiveDecimal, input_type


@input_type
class CataloguePredicateInput:
    """Which goods a rule is for: told by ids, alone or combined. A category is meant without those below."""

    variant_predicate: ProductVariantWhereInput | None
    product_predicate: ProductWhereInput | None
    category_predicate: CategoryWhereInput | None
    collection_predicate: CollectionWhereInput | None
    AND: "list[CataloguePredicateInput] | None"
    OR: "list[CataloguePredicateInput] | None"


@input_type
class DiscountedObjectWhereInput:
    """What a cart comes to after promotions of the catalogue."""

    base_subtotal_price: DecimalFilterInput | None
    """Its goods."""
    base_total_price: DecimalFilterInput | None
    """Its goods and their delivery."""
    AND: "list[DiscountedObjectWhereInput] | None"
    OR: "list[DiscountedObjectWhereInput] | None"


@input_type
class OrderPredicateInput:
    """Which carts a rule is for."""

    discounted_object_predicate: DiscountedObjectWhereInput | None
    AND: "list[OrderPredicateInput] | None"
    OR: "list[OrderPredicateInput] | None"


@input_type
class PromotionRuleInput:
    """A rule of a promotion that is being made."""

    name: str | None
    description: JSON | None
    catalogue_predicate: CataloguePredicateInput | None
    order_predicate: OrderPredicateInput | None
    reward_value_type: RewardValueType | None
    reward_value: PositiveDecimal | None
    reward_type: RewardType | None
    channels: list[ID] | None
    gifts: list[ID] | None


@input_type
class PromotionCreateInput:
    """A new promotion."""

    description: JSON | None
    start_date: DateTime | None
    """Left out: it begins now."""
    end_date: DateTime | None
    name: str
    type: PromotionType
    rules: list[PromotionRuleInput] | None


@input_type
class PromotionUpdateInput:
    """What changes of a promotion."""

    description: JSON | None
    start_date: DateTime | None
    end_date: DateTime | None
    name: str | None


@input_type
class PromotionRuleCreateInput:
    """A new rule."""

    name: str | None
    description: JSON | None
    catalogue_predicate: CataloguePredicateInput | None
    order_predicate: OrderPredicateInput | None
    reward_value_type: RewardValueType | None
    reward_value: PositiveDecimal | None
    reward_type: RewardType | None
    channels: list[ID] | None
    gifts: list[ID] | None
    promotion: ID


@input_type
class PromotionRuleUpdateInput:
    """What changes of a rule."""

    name: str | None
    description: JSON | None
    catalogue_predicate: CataloguePredicateInput | None
    order_predicate: OrderPredicateInput | None
    reward_value_type: RewardValueType | None
    reward_value: PositiveDecimal | None
    reward_type: RewardType | None
    add_channels: list[ID] | None
    remove_channels: list[ID] | None
    add_gifts: list[ID] | None
    remove_gifts: list[ID] | None


@input_type
class PromotionTranslationInput:
    """A promotion's texts in another language."""

    name: str | None
    description: JSON | None


@input_type
class PromotionRuleTranslationInput:
    """A rule's texts in another language."""

    name: str | None
    description: JSON | None


RULE_FIELDS = (
    "name",
    "description",
    "catalogue_predicate",
    "order_predicate",
    "reward_value_type",
    "reward_value",
    "reward_type",
)


async def new_rule(info: Info, given: Mapping[str, Any]) -> RuleSaid:
    """A rule as it was sent. Raises what its channels and gifts can be refused for."""
    return RuleSaid(
        **rule_fields(given),
        channels=await channels_of(info, given.get("channels"), "channels"),
        gift_ids=await gifts_of(info, given.get("gifts"), "gifts"),
    )


def rule_fields(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a rule itself that were sent, by their names in RuleSaid."""
    said = {name: given[name] for name in RULE_FIELDS if name in given}
    for name in ("catalogue_predicate", "order_predicate"):
        if said.get(name) is not None:
            said[name] = _as_sent(said[name])
    return said


async def channels_of(info: Info, ids: Sequence[str] | None, field: str) -> list[Channel]:
    """Channels by their ids. Raises NotFoundError, DomainError (GRAPHQL_ERROR)."""
    if not ids:
        return []
    try:
        return await info.find_many(Channel, dict.fromkeys(ids), field_name=field)
    except InvalidError as error:
        raise DomainError(error.message, field=field, code="GRAPHQL_ERROR") from error


async def gifts_of(info: Info, ids: Sequence[str] | None, field: str) -> list[int]:
    """The keys of variants. Raises InvalidError (INVALID_GIFT_TYPE), NotFoundError."""
    for each in ids or ():
        kind = split_global_id(each)[0]
        if kind != "ProductVariant":
            message = f"Variants can be given, not a {kind}."
            raise InvalidError(message, field=field, code="INVALID_GIFT_TYPE")
    if not ids:
        return []
    found = await info.find_many(ProductVariant, dict.fromkeys(ids), field_name=field)
    return [variant.id for variant in found]


def check_unlike(given: Mapping[str, Any], add: str, remove: str, field: str) -> None:
    """Raises InvalidError (DUPLICATED_INPUT_ITEM) for what is both to be added and removed."""
    twice = set(given.get(add) or ()) & set(given.get(remove) or ())
    if twice:
        message = f"{', '.join(sorted(twice))} can't be both added and removed."
        details = {"channels": sorted(twice)} if field == "channels" else {}
        raise InvalidError(message, field=to_camel_case(add), code="DUPLICATED_INPUT_ITEM", **details)


def key_of(info: Info, global_id: str, *type_names: str) -> Any:
    """The key that an id names. Raises NotFoundError for what is no such id."""
    try:
        key = info.key(global_id, *type_names)
    except InvalidError as error:
        raise NotFoundError(error.message, field="id") from error
    if key is None:
        raise NotFoundError(f"Couldn't resolve to a node: {global_id}", field="id")
    return key


def _as_sent(said: Any) -> Any:
    """An input's Python names as the API writes them: what is kept reads as what was sent."""
    if isinstance(said, Mapping):
        return {
            name if name in ("AND", "OR") else to_camel_case(name): _as_sent(value)
            for name, value in said.items()
        }
    return [_as_sent(value) for value in said] if isinstance(said, list) else said
