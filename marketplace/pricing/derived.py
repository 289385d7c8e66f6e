"""The statements of `reprice`: a variant's prices in a channel, a product's range of them, where it shows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    Date,
    DateTime,
    Select,
    Subquery,
    Text,
    Update,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    column,
    func,
    literal,
    null,
    or_,
    select,
    true,
    tuple_,
    union_all,
    update,
    values,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.sql.dml import ReturningUpdate
from sqlalchemy.sql.elements import ColumnElement

from marketplace.catalog.listings import ProductChannelListing, VariantChannelListing
from marketplace.catalog.models import Product, ProductType, ProductVariant
from marketplace.markets.models import Channel, CountryTaxes, TaxCalculationStrategy, TaxClass
from marketplace.pricing.catalogue_promotions import CatalogueRule, best_reductions
from marketplace.pricing.rounding import net_of_gross_sql, percentage_sql
from marketplace.pricing.taxes import rate_expression
from marketplace.vendors.models import TaxRegime, Vendor, VendorStatus

_NOWHERE = cast(literal("{}", Text), ARRAY(BigInteger))


def variant_prices(
    chosen: Select[int],
    channel_id: int | None,
    now: datetime,
    rules: Sequence[CatalogueRule],
    *,
    with_changes: bool = False,
) -> Update | ReturningUpdate[Any]:
    """Write price, rate, gross and net of the chosen products' variant listings.

    The price is the one entered, less what the best of the rules takes off. Where a channel's prices are
    entered with tax the gross is the price, else the net is. Where an app works out taxes nobody knows them
    yet: both are the price, as in Saleor. `with_changes` gives of each listing that is
    written its variant, channel and currency, and the price before and after.
    """
    reductions = best_reductions(rules, chosen.whereclause, now) if rules else None
    rates = _rates(now)
    rate_of_listing = (
        select(rates.c.rate_bp)
        .where(
            rates.c.regime == Vendor.tax_regime,
            rates.c.tax_class_id == func.coalesce(Product.tax_class_id, ProductType.tax_class_id, 0),
            rates.c.country_code == Channel.default_country_code,
        )
        .correlate(Vendor, Product, ProductType, Channel)
        .scalar_subquery()
    )
    is_charged = func.coalesce(CountryTaxes.charge_taxes, Channel.charge_taxes)
    strategy = func.coalesce(CountryTaxes.tax_calculation_strategy, Channel.tax_calculation_strategy)
    is_left_to_app = and_(is_charged, strategy == TaxCalculationStrategy.TAX_APP)
    rated = (
        select(
            VariantChannelListing.id,
            VariantChannelListing.entered_price_minor,
            VariantChannelListing.price_minor.label("price_before_minor"),
            *_reduced(reductions),
            case((is_left_to_app, 0), else_=rate_of_listing).label("tax_rate_bp"),
            Channel.prices_entered_with_tax.label("with_tax"),
            is_charged.label("is_charged"),
        )
        .join(ProductVariant, ProductVariant.id == VariantChannelListing.variant_id)
        .join(Product, Product.id == ProductVariant.product_id)
        .join(ProductType, ProductType.id == Product.product_type_id)
        .join(Vendor, Vendor.id == Product.vendor_id)
        .join(Channel, Channel.id == VariantChannelListing.channel_id)
        .outerjoin(
            CountryTaxes,
            and_(
                CountryTaxes.channel_id == Channel.id,
                CountryTaxes.country_code == Channel.default_country_code,
            ),
        )
        .where(Product.id.in_(chosen))
    )
    if reductions is not None:
        rated = rated.outerjoin(reductions, reductions.c.listing_id == VariantChannelListing.id)
    if channel_id is not None:
        rated = rated.where(VariantChannelListing.channel_id == channel_id)
    listing = rated.cte("rated").prefix_with("MATERIALIZED")
    gross, net = _both_sides(listing, listing.c.price_minor)
    undiscounted_gross, undiscounted_net = _both_sides(listing, listing.c.entered_price_minor)
    prices = {
        "price_minor": listing.c.price_minor,
        "promotion_rule_id": listing.c.promotion_rule_id,
        "price_valid_until": listing.c.price_valid_until,
        "tax_rate_bp": case((listing.c.is_charged, listing.c.tax_rate_bp), else_=0),
        "gross_minor": gross,
        "net_minor": net,
        "undiscounted_gross_minor": undiscounted_gross,
        "undiscounted_net_minor": undiscounted_net,
    }
    statement = _written(VariantChannelListing, listing.c.id, prices)
    if not with_changes:
        return statement
    written = VariantChannelListing
    return statement.returning(
        written.variant_id,
        written.channel_id,
        written.currency,
        listing.c.price_before_minor,
        written.price_minor,
    )


def _reduced(reductions: Subquery | None) -> list[ColumnElement[Any]]:
    """The price, the rule that lowers it and how long that holds, of the listing in the same row."""
    entered = VariantChannelListing.entered_price_minor
    if reductions is None:
        return [
            entered.label("price_minor"),
            cast(null(), Uuid).label("promotion_rule_id"),
            cast(null(), DateTime(timezone=True)).label("price_valid_until"),
        ]
    return [
        (entered - func.coalesce(reductions.c.reduction_minor, 0)).label("price_minor"),
        reductions.c.rule_id.label("promotion_rule_id"),
        reductions.c.changes_at.label("price_valid_until"),
    ]


def _both_sides(listing: CTE, price: ColumnElement[int]) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """An amount with tax and without, of which one was entered. Where no tax is charged both are without."""
    rate, with_tax = listing.c.tax_rate_bp, listing.c.with_tax
    net = case((with_tax, net_of_gross_sql(price, rate)), else_=price)
    gross = case((with_tax, price), else_=price + percentage_sql(price, rate))
    return case((listing.c.is_charged, gross), else_=net), net


def product_prices(chosen: Select[int], channel_id: int | None, now: datetime) -> Update:
    """Write the range of prices, the shelf and `is_live` of the chosen products' listings."""
    variant = VariantChannelListing
    ranges = (
        select(
            ProductVariant.product_id,
            variant.channel_id,
            func.min(variant.price_minor).label("price_minor"),
            func.min(variant.gross_minor).label("start_gross_minor"),
            func.min(variant.net_minor).label("start_net_minor"),
            func.max(variant.gross_minor).label("stop_gross_minor"),
            func.max(variant.net_minor).label("stop_net_minor"),
            func.min(variant.undiscounted_gross_minor).label("undiscounted_start_gross_minor"),
            func.min(variant.undiscounted_net_minor).label("undiscounted_start_net_minor"),
            func.max(variant.undiscounted_gross_minor).label("undiscounted_stop_gross_minor"),
            func.max(variant.undiscounted_net_minor).label("undiscounted_stop_net_minor"),
        )
        .join(variant, variant.variant_id == ProductVariant.id)
        .where(ProductVariant.product_id.in_(chosen))
        .group_by(ProductVariant.product_id, variant.channel_id)
        .subquery("ranges")
    )
    listing = ProductChannelListing
    at = bindparam("now", now, DateTime(timezone=True))
    is_live = and_(
        listing.is_published,
        or_(listing.published_at.is_(None), listing.published_at <= at),
        ranges.c.price_minor.is_not(None),
        Vendor.status == VendorStatus.APPROVED,
        Channel.is_active,
    )
    prices = [part for part in ranges.c if part.name not in {"product_id", "channel_id"}]
    worked_out = (
        select(listing.id, Product.category_id, is_live.label("is_live"), *prices)
        .join(Product, Product.id == listing.product_id)
        .join(Vendor, Vendor.id == Product.vendor_id)
        .join(Channel, Channel.id == listing.channel_id)
        .outerjoin(
            ranges,
            and_(ranges.c.product_id == listing.product_id, ranges.c.channel_id == listing.channel_id),
        )
        .where(Product.id.in_(chosen))
    )
    if channel_id is not None:
        worked_out = worked_out.where(listing.channel_id == channel_id)
    rows = worked_out.cte("worked_out")
    return _written(listing, rows.c.id, {part.name: part for part in rows.c if part.name != "id"})


def products_listed(chosen: Select[int]) -> Update:
    """Write in which channels' lists the chosen products show."""
    listing = ProductChannelListing
    channels = (
        select(
            listing.product_id,
            func.array_agg(aggregate_order_by(listing.channel_id, listing.channel_id)).label("ids"),
        )
        .where(listing.is_live, listing.visible_in_listings, listing.product_id.in_(chosen))
        .group_by(listing.product_id)
        .subquery("channels")
    )
    wanted = (
        select(Product.id, func.coalesce(channels.c.ids, _NOWHERE).label("listed_in"))
        .outerjoin(channels, channels.c.product_id == Product.id)
        .where(Product.id.in_(chosen))
        .cte("wanted")
    )
    statement = _written(Product, wanted.c.id, {"listed_in": wanted.c.listed_in})
    return statement.values(updated_at=Product.updated_at)  # Nothing that a person would call a change.


def _rates(now: datetime) -> CTE:
    """The rate of every regime, tax class (0: none) and channel country that there is: a few dozen rows."""
    regimes = values(column("regime", Vendor.tax_regime.type), name="regimes").data(
        [(regime,) for regime in TaxRegime]
    )
    classes = union_all(select(TaxClass.id), select(literal(0, BigInteger))).subquery("classes")
    countries = select(Channel.default_country_code.label("code")).distinct().subquery("countries")
    rate = rate_expression(
        regimes.c.regime,
        classes.c.id,
        countries.c.code,
        bindparam("today", now.date(), Date),
    )
    every_combination = regimes.join(classes, true()).join(countries, true())
    return (
        select(
            regimes.c.regime,
            classes.c.id.label("tax_class_id"),
            countries.c.code.label("country_code"),
            rate.label("rate_bp"),
        )
        .select_from(every_combination)
        .cte("rates")
        .prefix_with("MATERIALIZED")  # Else PostgreSQL looks the rates up again for each listing.
    )


def _written(
    model: type[ProductChannelListing | VariantChannelListing | Product],
    key: ColumnElement[int],
    new: Mapping[str, ColumnElement[Any]],
) -> Update:
    """Update the rows of some keys, leaving alone those that are right already."""
    table = model.__table__
    old = [table.c[name] for name in new]
    return (
        update(model)
        .values(new)
        .where(table.c.id == key, tuple_(*old).is_distinct_from(tuple_(*new.values())))
    )
