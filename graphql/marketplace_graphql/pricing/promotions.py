"""Promotions: what is reduced, by how much, where, and from when to when."""

from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Numeric,
    and_,
    any_,
    case,
    cast,
    false,
    func,
    literal,
    null,
    select,
    true,
)
from strawberry import ID

from marketplace.kit.money import MINOR_DIGITS
from marketplace.people.permissions import Permission
from marketplace.pricing import promotions as models
from marketplace.pricing.promotions import PERCENT_DIGITS, PromotionType, RewardType, RewardValueType
from marketplace_graphql.inputs import (
    DateTimeFilterInput,
    MetadataFilter,
    StringFilterInput,
    has_metadata,
)
from marketplace_graphql.kernel import (
    JSON,
    DateTime,
    Filter,
    JSONString,
    Node,
    ObjectWithMetadata,
    OrderDirection,
    PositiveDecimal,
    Sorting,
    enum,
    expression,
    input_type,
    matches,
    never_null,
    node,
    related,
    translated,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.sql import global_id
from marketplace_graphql.languages import LanguageDisplay, language
from marketplace_graphql.markets.types import Channel
from marketplace_graphql.values import USUAL_DIGITS

if TYPE_CHECKING:
    from marketplace_graphql.pricing.promotion_events import PromotionEvent

enum(PromotionType, name="PromotionTypeEnum")
enum(RewardType, name="RewardTypeEnum")
enum(RewardValueType, name="RewardValueTypeEnum")


def seen_by_staff(row: Any, ctx: Any) -> ColumnElement[bool]:
    """Promotions are the business of those who make them and of those who translate them."""
    return (
        true() if ctx.requester.has(Permission.MANAGE_DISCOUNTS, Permission.MANAGE_TRANSLATIONS) else false()
    )


def reward_value(row: Any, ctx: Any) -> ColumnElement[Any]:
    """The stored whole number as people say it: an amount of the currency, or per cent."""
    unusual = {code: _unit(digits) for code, digits in MINOR_DIGITS.items() if digits != USUAL_DIGITS}
    of_currency = case(unusual, value=row.currency, else_=_unit(USUAL_DIGITS))
    percent = row.reward_value_type == RewardValueType.PERCENTAGE
    return cast(row.reward_value, Numeric) * case((percent, _unit(PERCENT_DIGITS)), else_=of_currency)


def _unit(digits: int) -> ColumnElement[Any]:
    return literal(10**-digits if digits else 1, Numeric(asdecimal=False))


def _said(predicate: Any) -> ColumnElement[Any]:
    return func.nullif(predicate, cast(literal("{}"), predicate.type))


def _gift_ids(row: Any, ctx: Any) -> ColumnElement[Any]:
    gift = models.rule_gift.alias()
    named = func.array_agg(global_id("ProductVariant", gift.c.variant_id))
    return select(named).where(gift.c.rule_id == row.id).scalar_subquery()


@node(models.PromotionTranslation)
class PromotionTranslation(Node):
    """A promotion in another language."""

    language: LanguageDisplay = value(lambda row, ctx: language(row.language_code))
    name: str | None
    description: JSONString | None
    translatable_content: "PromotionTranslatableContent | None" = related(
        lambda row, content, ctx: content.id == row.promotion_id
    )
    """What it translates."""


@node(models.Promotion)
class PromotionTranslatableContent(Node):
    """What of a promotion can be translated, in the language it was written in."""

    promotion_id: ID = expression(lambda row, ctx: never_null(global_id("Promotion", row.id)))
    name: str
    description: JSONString | None
    translation = translated("PromotionTranslation")


@node(models.PromotionRuleTranslation)
class PromotionRuleTranslation(Node):
    """A promotion's rule in another language."""

    language: LanguageDisplay = value(lambda row, ctx: language(row.language_code))
    name: str | None
    description: JSONString | None
    translatable_content: "PromotionRuleTranslatableContent | None" = related(
        lambda row, content, ctx: content.id == row.promotion_rule_id
    )
    """What it translates."""


@node(models.PromotionRule)
class PromotionRuleTranslatableContent(Node):
    """What of a promotion's rule can be translated, in the language it was written in."""

    promotion_rule_id: ID = expression(lambda row, ctx: never_null(global_id("PromotionRule", row.id)))
    name: str | None
    description: JSONString | None
    translation = translated("PromotionRuleTranslation")


@node(models.Promotion, visible=seen_by_staff, order_by=lambda row, ctx: row.created_at)
class Promotion(Node, ObjectWithMetadata):
    """Rules by which prices are lowered, or carts rewarded, from a day on and up to another."""

    private_metadata_needs = Permission.MANAGE_DISCOUNTS

    name: str
    type: PromotionType | None
    """Whether it lowers prices of the catalogue or rewards whole carts."""
    description: JSON | None
    start_date: DateTime
    """From when on it is in force."""
    end_date: DateTime | None
    """The first moment at which it is not in force any more; null: none is known."""
    created_at: DateTime
    updated_at: DateTime
    rules: "list[PromotionRule] | None" = related()
    events: "list[PromotionEvent] | None" = related(
        lambda row, event, ctx: event.promotion_id == row.id, order_by=lambda row, ctx: (row.at, row.id)
    )
    """All that happened to it, in order."""
    translation = translated("PromotionTranslation")


def _in_channels(row: Any, channel: Any, ctx: Any) -> ColumnElement[bool]:
    among = models.rule_channel.alias()
    return (
        select(literal(1))
        .where(among.c.rule_id == row.id, among.c.channel_id == channel.id)
        .correlate_except(among)
        .exists()
    )


def _type_of(row: Any, ctx: Any) -> ColumnElement[Any]:
    promotion = aliased(models.Promotion)
    found = select(promotion.type).where(promotion.id == row.promotion_id)
    return found.correlate_except(promotion).scalar_subquery()


@node(
    models.PromotionRule,
    visible=seen_by_staff,
    order_by=lambda row, ctx: (row.created_at, row.id),
)
class PromotionRule(Node):
    """Whom or what a promotion favours, and with what."""

    name: str | None
    description: JSON | None
    promotion: Promotion | None = related()
    channels: list[Channel] | None = related(_in_channels)
    """Where it holds."""
    reward_value: PositiveDecimal | None = expression(reward_value)
    """Per cent, or an amount in the currency of its channels."""
    reward_value_type: RewardValueType | None
    predicate_type: PromotionType | None = expression(_type_of)
    """Whether it chooses goods or carts."""
    catalogue_predicate: JSON | None = expression(lambda row, ctx: _said(row.catalogue_predicate))
    """Which goods it is for, in the form of `CataloguePredicateInput`."""
    order_predicate: JSON | None = expression(lambda row, ctx: _said(row.order_predicate))
    """Which carts it is for, in the form of `OrderPredicateInput`."""
    reward_type: RewardType | None
    """What carts are rewarded with."""
    translation = translated("PromotionRuleTranslation")
    gift_ids: list[ID] | None = expression(_gift_ids)
    """Variants of which one is given."""
    gifts_limit: int | None = expression(
        lambda row, ctx: case((row.reward_type == RewardType.GIFT, literal(1, BigInteger())), else_=null())
    )
    """How many gifts a cart can have."""


@input_type
class PromotionTypeEnumFilterInput:
    """A condition on a promotion's type."""

    eq: PromotionType | None
    one_of: list[PromotionType] | None


@input_type
class PromotionWhereInput:
    """Which promotions are listed."""

    metadata: list[MetadataFilter] | None
    ids: list[ID] | None
    name: StringFilterInput | None
    end_date: DateTimeFilterInput | None
    start_date: DateTimeFilterInput | None
    is_old_sale: bool | None
    """Made as a sale, Saleor's older kind."""
    type: PromotionTypeEnumFilterInput | None
    AND: "list[PromotionWhereInput] | None"
    OR: "list[PromotionWhereInput] | None"


@enum
class PromotionSortField(Enum):
    """What promotions can be sorted by."""

    NAME = "NAME"
    START_DATE = "START_DATE"
    END_DATE = "END_DATE"
    CREATED_AT = "CREATED_AT"


@input_type
class PromotionSortingInput:
    """How promotions are sorted."""

    direction: OrderDirection
    field: PromotionSortField


def _is_of_type(row: Any, given: Any, ctx: Any) -> ColumnElement[bool] | None:
    said = [] if given.eq is None else [row.type == given.eq]
    if given.one_of is not None:
        said.append(row.type.in_(given.one_of))
    return and_(*said) if said else None


promotion_where = Filter(
    PromotionWhereInput,
    {
        "metadata": has_metadata,
        "ids": lambda row, ids, ctx: row.id == any_(ctx.key(ids, "Promotion")),
        "name": matches(lambda row, ctx: row.name),
        "end_date": matches(lambda row, ctx: row.end_date),
        "start_date": matches(lambda row, ctx: row.start_date),
        "is_old_sale": lambda row, wanted, ctx: row.is_sale == wanted,
        "type": _is_of_type,
    },
)
promotion_order = Sorting(
    PromotionSortingInput,
    {
        PromotionSortField.NAME: lambda row, ctx: row.name,
        PromotionSortField.START_DATE: lambda row, ctx: row.start_date,
        PromotionSortField.END_DATE: lambda row, ctx: row.end_date,
        PromotionSortField.CREATED_AT: lambda row, ctx: row.created_at,
    },
)
