"""Sellers as the API shows them: their public face to everybody, their papers to themselves and staff."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, any_, case, func, null, or_, select

from marketplace.catalog.listings import ProductChannelListing
from marketplace.catalog.models import Product as ProductRow
from marketplace.people.permissions import Permission
from marketplace.vendors import models
from marketplace_graphql.catalog.filters import product_connection
from marketplace_graphql.catalog.pictures import picture_url
from marketplace_graphql.insights.fields import FiguresOfVendor
from marketplace_graphql.kernel import (
    CountableConnection,
    DateTime,
    Node,
    ObjectWithMetadata,
    column,
    enum,
    expression,
    never_null,
    node,
    null_when,
    object_type,
    record,
    related,
    translated,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.sql import global_id
from marketplace_graphql.languages import CountryDisplay, InLanguage, country
from marketplace_graphql.payouts.fields import MoneyOfVendor
from marketplace_graphql.seller_accounts.fields import StripeAccountOfVendor
from marketplace_graphql.values import Image, ThumbnailFormatEnum
from marketplace_graphql.vendors.banks import BankAccountKindEnum, BankOfVendor
from marketplace_graphql.vendors.papers import PapersOfVendor, VendorStatusEnum
from marketplace_graphql.vendors.people import PeopleOfVendor

if TYPE_CHECKING:
    from marketplace_graphql.catalog.products import Product

VendorKindEnum = enum(models.VendorKind, name="VendorKindEnum")
TaxRegimeEnum = enum(models.TaxRegime, name="TaxRegimeEnum")
VendorBadgeKindEnum = enum(models.BadgeKind, name="VendorBadgeKindEnum")

SEES_ALL_VENDORS = (Permission.MANAGE_VENDORS, Permission.MANAGE_PAYOUTS)


def vendor_visible(row: Any, ctx: Any) -> ColumnElement[bool] | None:
    """Approved sellers to everybody, one's own always, all of them to staff who work with sellers."""
    if ctx.requester.has(*SEES_ALL_VENDORS):
        return None
    approved = row.status == models.VendorStatus.APPROVED
    return or_(approved, row.id == any_(ctx.requester.vendor_ids)) if ctx.requester.is_vendor else approved


def own_or_staff(row: Any, ctx: Any) -> ColumnElement[bool] | None:
    """The rule of a seller's papers: its members, and staff who work with sellers."""
    if ctx.requester.has(*SEES_ALL_VENDORS):
        return None
    return row.id == any_(ctx.requester.vendor_ids)


def live_products(ctx: Any, *conditions: Any) -> ColumnElement[int]:
    """How many products are live in the channel in force, of the sellers that the conditions choose."""
    product, listing, vendor = aliased(ProductRow), aliased(ProductChannelListing), aliased(models.Vendor)
    return (
        select(func.count())
        .select_from(listing)
        .join(product, product.id == listing.product_id)
        .join(vendor, vendor.id == product.vendor_id)
        .where(
            listing.channel_id == ctx.channel.id,
            listing.is_live,
            listing.visible_in_listings,
            *[condition(vendor) for condition in conditions],
        )
        .scalar_subquery()
    )


@record(models.Region, order_by=lambda row, ctx: row.code)
class Region:
    """One of the country's regions."""

    code: str
    """ISO 3166-2."""
    name: str = column("name_fr")
    """In French."""
    name_ar: str
    """In Arabic."""
    country: CountryDisplay = value(lambda row, ctx: country(row.country_code))

    @expression
    def vendor_count(row: Any, ctx: Any) -> int:
        """How many approved sellers work there."""
        vendor = aliased(models.Vendor)
        count = select(func.count()).where(
            vendor.region_code == row.code, vendor.status == models.VendorStatus.APPROVED
        )
        return never_null(count.scalar_subquery())

    @expression
    def product_count(row: Any, ctx: Any, channel: str | None = None) -> int:
        """How many products come from there, in a channel."""
        return never_null(live_products(ctx, lambda vendor: vendor.region_code == row.code))


@record(models.Province, order_by=lambda row, ctx: row.code)
class Province:
    """A province or prefecture."""

    code: str
    """ISO 3166-2."""
    name: str = column("name_fr")
    kind: str
    region: Region = related()


@node(models.Programme, order_by=lambda row, ctx: row.name)
class Programme(Node):
    """A programme through which sellers are accompanied."""

    name: str
    slug: str
    kind: str
    scope: str


@record(models.GeographicalIndication)
class GeographicalIndication:
    """A protected origin."""

    name: str
    label: str
    """AOP or IGP."""
    product: str


def badge_valid(row: Any, ctx: Any) -> ColumnElement[bool]:
    """Whether a certificate holds now."""
    return and_(row.valid_from <= ctx.now, or_(row.valid_until.is_(None), row.valid_until > ctx.now))


def badge_visible(row: Any, ctx: Any) -> ColumnElement[bool] | None:
    """Valid ones to everybody; those that are over, or still to come, to the seller and to staff."""
    if ctx.requester.has(*SEES_ALL_VENDORS):
        return None
    valid = badge_valid(row, ctx)
    return or_(valid, row.vendor_id == any_(ctx.requester.vendor_ids)) if ctx.requester.is_vendor else valid


@record(
    models.VendorBadge, visible=badge_visible, order_by=lambda row, ctx: (row.kind, row.name, row.valid_from)
)
class VendorBadge:
    """A certificate that a seller may show while it is valid: a protected origin, or a label."""

    kind: VendorBadgeKindEnum  # type: ignore[valid-type]
    indication: GeographicalIndication | None = related()
    """The protected origin, where it is one."""
    holder: str = expression(lambda row, ctx: never_null(_holder(row)))
    """To whom it was given."""
    issuer: str | None = expression(lambda row, ctx: func.nullif(row.issuer, ""))
    """Who gave it, where that is known."""
    number: str | None = expression(lambda row, ctx: func.nullif(row.number, ""))
    level: str | None = expression(lambda row, ctx: func.nullif(row.level, ""))
    """Which of its levels, where a label has several."""
    valid_from: DateTime
    valid_until: DateTime | None
    """The moment from which it holds no more; null where it ends by itself."""
    is_valid: bool = expression(lambda row, ctx: never_null(badge_valid(row, ctx)))
    """Whether it holds now. Only the seller and staff see those that don't."""

    @expression
    def name(row: Any, ctx: Any) -> str:
        """What it is called."""
        origin = aliased(models.GeographicalIndication)
        called = select(origin.name).where(origin.id == row.indication_id).correlate_except(origin)
        return never_null(func.coalesce(called.scalar_subquery(), row.name))


def _holder(badge: Any) -> ColumnElement[str]:
    vendor = aliased(models.Vendor)
    seller = select(vendor.name).where(vendor.id == badge.vendor_id).correlate_except(vendor)
    return func.coalesce(func.nullif(badge.holder, ""), seller.scalar_subquery())


@object_type
class VendorMembers:
    """How many people a seller is. Null is what it chose not to show."""

    total: int | None
    women: int | None
    rural: int | None
    young: int | None


@record(models.BankAccount)
class BankAccount:
    """Where a seller is paid. The number itself is shown to nobody."""

    kind: BankAccountKindEnum  # type: ignore[valid-type]
    holder: str
    bank_name: str
    ending: str = column("number_ending")
    """The number's last four characters."""
    payable_from: DateTime | None
    """Until then nothing is paid into it: it was changed a moment ago."""


@node(models.VendorTranslation)
class VendorTranslation(Node, InLanguage):
    """A seller in another language."""

    name: str | None
    craft: str | None
    story: str | None


def _members(row: Any, ctx: Any) -> dict[str, Any]:
    """What a seller chose to show of itself; all of it to itself and to staff."""

    def shown(who: str) -> ColumnElement[Any]:
        figure, chose = getattr(row, f"members_{who}"), getattr(row, f"shows_members_{who}")
        allowed = own_or_staff(row, ctx)
        return figure if allowed is None else case((or_(chose, allowed), figure), else_=null())

    return {who: shown(who) for who in ("total", "women", "rural", "young")}


def _picture(row: Any, path: Any, ctx: Any, size: int | None, picture_format: Any, owner: str) -> Any:
    address = picture_url(path, ctx, size, picture_format, owner=global_id(owner, row.id.expression))
    return null_when(path.is_(None), {"url": address, "alt": row.name})


@node(models.Vendor, visible=vendor_visible, order_by=lambda row, ctx: row.name)
class Vendor(
    Node,
    ObjectWithMetadata,
    MoneyOfVendor,
    StripeAccountOfVendor,
    FiguresOfVendor,
    BankOfVendor,
    PapersOfVendor,
    PeopleOfVendor,
):
    """A seller: a cooperative, a heritage company or an entrepreneur."""

    name: str
    slug: str
    kind: VendorKindEnum  # type: ignore[valid-type]
    status: VendorStatusEnum  # type: ignore[valid-type]
    story: str
    """Who they are, in their own words."""
    craft: str
    founded_year: int | None
    country: CountryDisplay = value(lambda row, ctx: country(row.country_code))
    region: Region | None = related()
    province: Province | None = related()
    programme: Programme | None = related()
    members: VendorMembers = value(_members)
    badges: list[VendorBadge] = related(lambda row, badge, ctx: badge.vendor_id == row.id)
    """Its certificates."""
    created: DateTime = column("created_at")
    is_demo: bool
    """Made up for a demonstration."""
    ice: str | None = column(allowed=own_or_staff)
    """Identifiant commun de l'entreprise, 15 digits."""
    register_number: str | None = column(allowed=own_or_staff)
    tax_regime: "TaxRegimeEnum | None" = column(allowed=own_or_staff)  # type: ignore[valid-type]
    email: str | None = column(allowed=own_or_staff)
    phone: str | None = column(allowed=own_or_staff)
    bank_account: BankAccount | None = related(
        lambda row, account, ctx: account.vendor_id == row.id, allowed=own_or_staff
    )
    products: "CountableConnection[Product] | None" = product_connection(
        lambda row, product, ctx: product.vendor_id == row.id
    )
    translation = translated("VendorTranslation")

    @expression
    def product_count(row: Any, ctx: Any, channel: str | None = None) -> int:
        """How many of its products can be seen in a channel."""
        return never_null(live_products(ctx, lambda vendor: vendor.id == row.id))

    @value
    def logo(
        row: Any,
        ctx: Any,
        size: int | None = None,
        format: ThumbnailFormatEnum | None = ThumbnailFormatEnum.ORIGINAL,
    ) -> Image | None:
        """Its sign."""
        return _picture(row, row.logo_path, ctx, size, format, "VendorLogo")

    @value
    def cover(
        row: Any,
        ctx: Any,
        size: int | None = None,
        format: ThumbnailFormatEnum | None = ThumbnailFormatEnum.ORIGINAL,
    ) -> Image | None:
        """A picture of its work."""
        return _picture(row, row.cover_path, ctx, size, format, "VendorCover")
