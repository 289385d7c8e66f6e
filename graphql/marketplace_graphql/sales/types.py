"""Sales as Saleor once had them. Each is a promotion of the catalogue, read through other names."""

from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, ColumnElement, Float, Text, cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, JSONPATH
from strawberry import ID

from marketplace.catalog.search import reads_like
from marketplace.markets.models import Channel as ChannelRow
from marketplace.people.permissions import Permission
from marketplace.pricing import promotions as models
from marketplace.pricing.discounts import DiscountValueType
from marketplace_graphql.inputs import DateTimeRangeInput, MetadataFilter, has_metadata
from marketplace_graphql.kernel import (
    CountableConnection,
    DateTime,
    Filter,
    Node,
    ObjectWithMetadata,
    OrderDirection,
    Sorting,
    between,
    column,
    connection,
    enum,
    expression,
    input_type,
    itself,
    never_null,
    node,
    related,
    translated,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.sql import global_id
from marketplace_graphql.languages import LanguageDisplay, language
from marketplace_graphql.pricing.discounts import DiscountValueTypeEnum
from marketplace_graphql.pricing.promotions import reward_value, seen_by_staff
from marketplace_graphql.pricing.statuses import DiscountStatusEnum, stands_in_time

if TYPE_CHECKING:
    from marketplace_graphql.catalog.categories import Category
    from marketplace_graphql.catalog.collections import Collection
    from marketplace_graphql.catalog.products import Product, ProductVariant
    from marketplace_graphql.markets.types import Channel

STAFF = Permission.MANAGE_DISCOUNTS


@enum
class SaleType(Enum):
    """How a sale reduces prices."""

    FIXED = "FIXED"
    PERCENTAGE = "PERCENTAGE"


def _of_first_rule(row: Any, what: Any) -> ColumnElement[Any]:
    """What the oldest rule says: in the kind of reduction and the goods they are all alike."""
    rule = aliased(models.PromotionRule)
    return (
        select(what(rule))
        .where(rule.promotion_id == row.id)
        .order_by(rule.created_at, rule.id)
        .limit(1)
        .correlate_except(rule)
        .scalar_subquery()
    )


def _type(row: Any) -> ColumnElement[str]:
    said = _of_first_rule(row, lambda rule: rule.reward_value_type)
    return func.coalesce(cast(said, Text), literal(SaleType.FIXED.value, Text()))


def _in_channel(row: Any, ctx: Any, what: Any) -> ColumnElement[Any]:
    """What the rule of the channel in force says."""
    rule, among = aliased(models.PromotionRule), models.rule_channel.alias()
    return (
        select(what(rule))
        .select_from(rule)
        .join(among, among.c.rule_id == rule.id)
        .where(rule.promotion_id == row.id, among.c.channel_id == ctx.channel.id)
        .order_by(rule.created_at, rule.id)
        .limit(1)
        .correlate_except(rule, among)
        .scalar_subquery()
    )


def _channel_id(rule: Any) -> ColumnElement[Any]:
    among = models.rule_channel.alias()
    found = select(func.min(among.c.channel_id)).where(among.c.rule_id == rule.id)
    return found.correlate_except(among).scalar_subquery()


def _chosen(leaf: str) -> Any:
    """Rows that the sale's predicate names by their ids, however it is put together."""

    def chosen(row: Any, target: Any, ctx: Any) -> ColumnElement[bool]:
        said = _of_first_rule(row, lambda rule: rule.catalogue_predicate)
        path = cast(f"$.**.{leaf}Predicate.ids[*]", JSONPATH)
        ids = func.jsonb_path_query(said, path, type_=JSONB).column_valued("global_id")
        text = ids.op("#>>")(cast([], ARRAY(Text)))
        plain = func.convert_from(func.decode(text, "base64"), "UTF8")
        keys = select(cast(func.split_part(plain, ":", 2), BigInteger))
        found: ColumnElement[bool] = target.id.in_(keys)
        return found

    return chosen


@node(models.PromotionRule, visible=seen_by_staff, order_by=lambda row, ctx: (row.created_at, row.id))
class SaleChannelListing(Node):
    """What a sale takes off in a channel."""

    channel: "Channel" = related(lambda row, channel, ctx: channel.id == _channel_id(row))
    discount_value: float = expression(lambda row, ctx: never_null(cast(reward_value(row, ctx), Float)))
    """Per cent, or an amount in the channel's currency."""

    @expression
    def currency(row: Any, ctx: Any) -> str:
        """The channel's."""
        channel = aliased(ChannelRow)
        found = select(channel.currency_code).where(channel.id == _channel_id(row))
        return never_null(found.correlate_except(channel).scalar_subquery())


@node(models.PromotionTranslation)
class SaleTranslation(Node):
    """What a sale is called in another language."""

    language: LanguageDisplay = value(lambda row, ctx: language(row.language_code))
    name: str | None
    translatable_content: "SaleTranslatableContent | None" = related(
        lambda row, content, ctx: content.id == row.promotion_id
    )
    """What is translated."""


@node(models.Promotion)
class SaleTranslatableContent(Node):
    """What of a sale can be said in other languages."""

    sale_id: ID = expression(lambda row, ctx: never_null(global_id("Sale", row.id)))
    name: str
    translation = translated("SaleTranslation")
    sale: "Sale | None" = itself(deprecated="Ask for it by `saleId`.")


@node(models.Promotion, visible=seen_by_staff, order_by=lambda row, ctx: row.created_at)
class Sale(Node, ObjectWithMetadata):
    """A promotion of the catalogue that was made as a sale."""

    private_metadata_needs = STAFF

    name: str
    type: SaleType = expression(lambda row, ctx: never_null(_type(row)))
    start_date: DateTime
    end_date: DateTime | None
    created: DateTime = column("created_at")
    updated_at: DateTime
    categories: "CountableConnection[Category] | None" = connection(_chosen("category"))
    collections: "CountableConnection[Collection] | None" = connection(_chosen("collection"), needs=STAFF)
    products: "CountableConnection[Product] | None" = connection(_chosen("product"), needs=STAFF)
    variants: "CountableConnection[ProductVariant] | None" = connection(_chosen("variant"), needs=STAFF)
    translation = translated("SaleTranslation")
    discount_value: float | None = expression(
        lambda row, ctx: _in_channel(row, ctx, lambda rule: cast(reward_value(rule, ctx), Float))
    )
    """In the channel that was asked for: per cent, or an amount of its currency."""
    currency: str | None = expression(lambda row, ctx: ctx.channel.currency)
    """Of the channel that was asked for."""

    @related(needs=STAFF)
    def channel_listings(row: Any, listing: Any, ctx: Any) -> list[SaleChannelListing] | None:
        """What it takes off in each channel."""
        return (listing.promotion_id == row.id) & _channel_id(listing).is_not(None)


@input_type
class SaleFilterInput:
    """Which sales are listed."""

    status: list[DiscountStatusEnum] | None
    sale_type: DiscountValueTypeEnum | None
    started: DateTimeRangeInput | None
    search: str | None
    """A part of the name."""
    metadata: list[MetadataFilter] | None
    updated_at: DateTimeRangeInput | None


@enum
class SaleSortField(Enum):
    """What sales can be sorted by."""

    NAME = "NAME"
    START_DATE = "START_DATE"
    END_DATE = "END_DATE"
    VALUE = "VALUE"
    TYPE = "TYPE"
    CREATED_AT = "CREATED_AT"
    LAST_MODIFIED_AT = "LAST_MODIFIED_AT"


@input_type(outdated={"channel": "Name it on the list itself."})
class SaleSortingInput:
    """How sales are sorted."""

    direction: OrderDirection
    channel: str | None
    field: SaleSortField


def sale_found(row: Any, term: Any, ctx: Any) -> ColumnElement[bool]:
    """By a part of its name."""
    return reads_like(row.name, term)


def listed(row: Any, ctx: Any) -> ColumnElement[bool]:
    """Whether a sale takes something off in the channel in force."""
    return _in_channel(row, ctx, lambda rule: literal(1)).is_not(None)


def _is_of_type(row: Any, wanted: DiscountValueType, ctx: Any) -> ColumnElement[bool]:
    return _type(row) == wanted.value


sale_filter = Filter(
    SaleFilterInput,
    {
        "status": lambda row, wanted, ctx: stands_in_time(wanted, row.start_date, row.end_date, ctx),
        "sale_type": _is_of_type,
        "started": between(lambda row, ctx: row.start_date),
        "search": sale_found,
        "metadata": has_metadata,
        "updated_at": between(lambda row, ctx: row.updated_at),
    },
)
sale_order = Sorting(
    SaleSortingInput,
    {
        SaleSortField.NAME: lambda row, ctx: row.name,
        SaleSortField.START_DATE: lambda row, ctx: row.start_date,
        SaleSortField.END_DATE: lambda row, ctx: row.end_date,
        SaleSortField.VALUE: lambda row, ctx: _in_channel(row, ctx, lambda rule: reward_value(rule, ctx)),
        SaleSortField.TYPE: lambda row, ctx: _type(row),
        SaleSortField.CREATED_AT: lambda row, ctx: row.created_at,
        SaleSortField.LAST_MODIFIED_AT: lambda row, ctx: row.updated_at,
    },
)
