"""Vouchers, as staff see them."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, false, func, select, true
from strawberry import ID

from marketplace.people.permissions import Permission
from marketplace.pricing import vouchers as models
from marketplace_graphql.kernel import (
    CountableConnection,
    DateTime,
    Node,
    ObjectWithMetadata,
    column,
    connection,
    each,
    enum,
    expression,
    itself,
    never_null,
    node,
    null_when,
    record,
    related,
    translated,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.sql import global_id
from marketplace_graphql.languages import CountryDisplay, LanguageDisplay, country, language
from marketplace_graphql.pricing.discounts import DiscountValueTypeEnum
from marketplace_graphql.values import Money, money

if TYPE_CHECKING:
    from marketplace_graphql.catalog.categories import Category
    from marketplace_graphql.catalog.collections import Collection
    from marketplace_graphql.catalog.products import Product, ProductVariant
    from marketplace_graphql.markets.types import Channel

VoucherTypeEnum = enum(models.VoucherType, name="VoucherTypeEnum")
STAFF = Permission.MANAGE_DISCOUNTS
READERS = (STAFF, Permission.MANAGE_ORDERS, Permission.MANAGE_CHECKOUTS)
TRANSLATORS = (*READERS, Permission.MANAGE_TRANSLATIONS)


def voucher_visible(row: Any, ctx: Any) -> ColumnElement[bool]:
    """A voucher tells all its codes: it is for staff. Buyers see what it did, and the code that they used."""
    return true() if ctx.requester.has(*TRANSLATORS) else false()


def listing_of(row: Any, ctx: Any) -> Any:
    """What the voucher is worth in the channel in force."""
    return ctx.joined(
        row,
        models.VoucherChannelListing,
        lambda listing: (listing.voucher_id == row.id) & (listing.channel_id == ctx.channel.id),
        key="its listing",
    )


def _named(table: Any, kind: str) -> Any:
    """Rows of the catalogue that a voucher names."""

    def named(row: Any, target: Any, ctx: Any) -> ColumnElement[bool]:
        keys = select(table.c[f"{kind}_id"]).where(table.c.voucher_id == row.id)
        found: ColumnElement[bool] = target.id.in_(keys.correlate(row))
        return found

    return named


@node(models.VoucherTranslation, order_by=lambda row, ctx: row.language_code)
class VoucherTranslation(Node):
    """What a voucher is called in another language."""

    language: LanguageDisplay = value(lambda row, ctx: language(row.language_code))
    name: str | None
    translatable_content: "VoucherTranslatableContent | None" = related(
        lambda row, voucher, ctx: voucher.id == row.voucher_id
    )
    """What is translated."""


@node(models.Voucher, order_by=lambda row, ctx: row.id)
class VoucherTranslatableContent(Node):
    """What of a voucher can be said in other languages."""

    voucher_id: ID = expression(lambda row, ctx: never_null(global_id("Voucher", row.id)))
    name: str | None
    translation = translated("VoucherTranslation")
    voucher: "Voucher | None" = itself(deprecated="Ask for it by `voucherId`.")


@record(models.VoucherCode, order_by=lambda row, ctx: (row.created_at, row.id))
class VoucherCode:
    """One of the codes by which buyers get a voucher."""

    id: ID = expression(lambda row, ctx: never_null(global_id("VoucherCode", row.id)))
    code: str | None
    used: int | None
    """How often, where its use is limited."""
    is_active: bool | None
    """Whether it can be used."""
    created_at: DateTime


@node(models.VoucherChannelListing, order_by=lambda row, ctx: row.channel_id)
class VoucherChannelListing(Node):
    """What a voucher is worth in a channel."""

    channel: "Channel" = related()
    discount_value: float
    """An amount of the channel's currency, or per cent."""
    currency: str
    min_spent: Money | None = value(
        lambda row, ctx: null_when(
            row.minimum_spent_minor.is_(None), money(row.minimum_spent_minor, row.currency)
        )
    )
    """What the goods must come to."""


@node(models.Voucher, visible=voucher_visible, order_by=lambda row, ctx: row.id)
class Voucher(Node, ObjectWithMetadata):
    """A reduction that buyers get by a code."""

    private_metadata_needs = STAFF

    name: str | None
    code: str | None = expression(lambda row, ctx: first_code(row))
    """The oldest of its codes."""
    usage_limit: int | None
    """How often all its codes together can be used."""
    used: int
    """How often, where its use is limited."""
    start_date: DateTime = column("starts_at")
    end_date: DateTime | None = column("ends_at")
    apply_once_per_order: bool
    """Only the cheapest piece is reduced."""
    apply_once_per_customer: bool
    single_use: bool
    """Each code is good for one order."""
    only_for_staff: bool
    min_checkout_items_quantity: int | None = column("minimum_pieces")
    discount_value_type: DiscountValueTypeEnum
    type: VoucherTypeEnum  # type: ignore[valid-type]
    translation = translated("VoucherTranslation")
    discount_value: float | None = expression(lambda row, ctx: listing_of(row, ctx).discount_value)
    """In the channel that was asked for: an amount of its currency, or per cent."""
    currency: str | None = expression(lambda row, ctx: listing_of(row, ctx).currency)
    """Of the channel that was asked for."""
    categories: "CountableConnection[Category] | None" = connection(
        _named(models.voucher_category, "category"), needs=STAFF
    )
    collections: "CountableConnection[Collection] | None" = connection(
        _named(models.voucher_collection, "collection"), needs=STAFF
    )
    products: "CountableConnection[Product] | None" = connection(
        _named(models.voucher_product, "product"), needs=STAFF
    )
    variants: "CountableConnection[ProductVariant] | None" = connection(
        _named(models.voucher_variant, "variant"), needs=STAFF
    )
    channel_listings: list[VoucherChannelListing] | None = related(
        lambda row, listing, ctx: listing.voucher_id == row.id, needs=STAFF
    )
    """What it is worth in each channel."""

    @connection
    def codes(row: Any, code: Any, ctx: Any) -> CountableConnection[VoucherCode] | None:
        """All of its codes, the oldest first."""
        return code.voucher_id == row.id

    @value
    def min_spent(row: Any, ctx: Any) -> Money | None:
        """What the goods must come to in the channel that was asked for."""
        listing = listing_of(row, ctx)
        return null_when(
            listing.minimum_spent_minor.is_(None), money(listing.minimum_spent_minor, listing.currency)
        )

    @value
    def countries(row: Any, ctx: Any) -> list[CountryDisplay] | None:
        """Where delivery is reduced; none: everywhere."""
        codes = select(func.unnest(row.country_codes).label("code")).subquery()
        return each(codes, country(codes.c.code), order_by=codes.c.code)


def first_code(row: Any) -> ColumnElement[str]:
    code = aliased(models.VoucherCode)
    return (
        select(code.code)
        .where(code.voucher_id == row.id)
        .order_by(code.created_at, code.id)
        .limit(1)
        .correlate_except(code)
        .scalar_subquery()
    )
