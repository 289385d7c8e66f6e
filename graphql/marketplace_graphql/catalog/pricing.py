"""What products and variants cost, from the prices kept with their listings."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    SQLColumnExpression,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)

from marketplace.catalog.listings import VariantChannelListing
from marketplace.catalog.models import ProductType, ProductVariant
from marketplace.kit.money import MINOR_DIGITS
from marketplace.markets.models import Channel as ChannelRow
from marketplace.markets.models import TaxRate
from marketplace.pricing.rounding import net_of_gross_sql, percentage_sql
from marketplace.pricing.taxes import of_country
from marketplace.vendors.models import Vendor
from marketplace_graphql.kernel import each, never_null, null_when, object_type
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.values import USUAL_DIGITS, TaxedMoney, TaxedMoneyRange, taxed_money

FARTHEST = literal(9 * 10**18, BigInteger())
"""No price is beyond it, nor would one fit."""


@object_type
class ProductPricingInfo:
    """What a product's variants cost, from the cheapest to the dearest."""

    on_sale: bool | None
    """Whether it costs less than it usually does."""
    discount: TaxedMoney | None
    """How much less the cheapest costs."""
    discount_prior: TaxedMoney | None
    """How much less the cheapest costs than what was asked before."""
    discount_local_currency: TaxedMoney | None
    display_gross_prices: bool
    """Whether shoppers in the channel are shown prices with tax."""
    price_range: TaxedMoneyRange | None
    price_range_undiscounted: TaxedMoneyRange | None
    price_range_prior: TaxedMoneyRange | None
    """The lowest prices of the time before a discount, as far as they are known."""
    price_range_local_currency: TaxedMoneyRange | None


@object_type
class VariantPricingInfo:
    """What a variant costs."""

    on_sale: bool | None
    """Whether it costs less than it usually does."""
    discount: TaxedMoney | None
    """How much less."""
    discount_prior: TaxedMoney | None
    """How much less than what was asked before."""
    discount_local_currency: TaxedMoney | None
    price: TaxedMoney | None
    price_undiscounted: TaxedMoney | None
    price_prior: TaxedMoney | None
    """The lowest price of the time before a discount, as the law of some countries wants it shown."""
    price_local_currency: TaxedMoney | None


def product_pricing(listing: Any, ctx: Any) -> Any:
    """The parts of a `ProductPricingInfo`, null where the product has no price in the channel."""
    currency = listing.currency

    def bounds(prefix: str) -> dict[str, Any]:
        return {
            end: taxed_money(
                getattr(listing, f"{prefix}{end}_gross_minor"),
                getattr(listing, f"{prefix}{end}_net_minor"),
                currency,
            )
            for end in ("start", "stop")
        }

    less_gross = listing.undiscounted_start_gross_minor - listing.start_gross_minor
    less_net = listing.undiscounted_start_net_minor - listing.start_net_minor
    return null_when(
        listing.price_minor.is_(None),
        {
            "on_sale": less_gross > 0,
            "discount": lambda: null_when(less_gross <= 0, taxed_money(less_gross, less_net, currency)),
            "discount_prior": lambda: _below_prior(listing),
            "discount_local_currency": None,
            "display_gross_prices": lambda: never_null(_displays_gross(listing)),
            "price_range": lambda: bounds(""),
            "price_range_undiscounted": lambda: bounds("undiscounted_"),
            "price_range_prior": lambda: _prior_bounds(listing),
            "price_range_local_currency": None,
        },
    )


def variant_pricing(listing: Any, ctx: Any) -> Any:
    """The parts of a `VariantPricingInfo`, null where the variant has no price in the channel."""
    currency, prior = listing.currency, _prior(listing)
    less_gross = listing.undiscounted_gross_minor - listing.gross_minor
    less_net = listing.undiscounted_net_minor - listing.net_minor
    return null_when(
        listing.price_minor.is_(None),
        {
            "on_sale": less_gross > 0,
            "discount": lambda: null_when(less_gross <= 0, taxed_money(less_gross, less_net, currency)),
            "price": lambda: taxed_money(listing.gross_minor, listing.net_minor, currency),
            "price_undiscounted": lambda: taxed_money(
                listing.undiscounted_gross_minor, listing.undiscounted_net_minor, currency
            ),
            "price_prior": lambda: null_when(
                listing.prior_price_minor.is_(None), taxed_money(*prior, currency)
            ),
            "discount_prior": lambda: null_when(
                func.coalesce(prior[0] <= listing.gross_minor, True),
                taxed_money(prior[0] - listing.gross_minor, prior[1] - listing.net_minor, currency),
            ),
            # The shop keeps no exchange rates for showing prices: each channel has one currency.
            "discount_local_currency": None,
            "price_local_currency": None,
        },
    )


def _prior(listing: Any) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Gross and net of a variant's prior price, which is entered as the channel's prices are."""
    entered, rate, channel = listing.prior_price_minor, listing.tax_rate_bp, aliased(ChannelRow)
    with_tax = (
        select(channel.prices_entered_with_tax)
        .where(channel.id == listing.channel_id)
        .correlate_except(channel)
        .scalar_subquery()
    )
    gross = case((with_tax, entered), else_=entered + percentage_sql(entered, rate))
    net = case((with_tax, net_of_gross_sql(entered, rate)), else_=entered)
    return gross, net


def _prior_range(product_listing: Any) -> Any:
    """The least and the greatest prior price of a product's variants, where some are known: one row."""
    listing, variant = aliased(VariantChannelListing), aliased(ProductVariant)
    gross, net = _prior(listing)
    return (
        select(
            func.min(gross).label("start_gross"),
            func.min(net).label("start_net"),
            func.max(gross).label("stop_gross"),
            func.max(net).label("stop_net"),
        )
        .join(variant, variant.id == listing.variant_id)
        .where(
            variant.product_id == product_listing.product_id,
            listing.channel_id == product_listing.channel_id,
            listing.prior_price_minor.is_not(None),
        )
        .correlate_except(listing, variant)
        .subquery()
        .lateral()
    )


def _prior_bounds(listing: Any) -> Any:
    prior = _prior_range(listing)
    bounds = {
        end: taxed_money(prior.c[f"{end}_gross"], prior.c[f"{end}_net"], listing.currency)
        for end in ("start", "stop")
    }
    return each(prior, null_when(prior.c.start_gross.is_(None), bounds))


def _below_prior(listing: Any) -> Any:
    """How much less the cheapest variant costs than the cheapest did before; null where it doesn't."""
    prior = _prior_range(listing)
    less_gross = prior.c.start_gross - listing.start_gross_minor
    less_net = prior.c.start_net - listing.start_net_minor
    return each(
        prior,
        null_when(func.coalesce(less_gross <= 0, True), taxed_money(less_gross, less_net, listing.currency)),
    )


def is_taxed(product: Any, ctx: Any) -> Any:
    """Whether the seller owes tax on it anywhere, by the rates in force."""
    rate, kind, vendor = aliased(TaxRate), aliased(ProductType), aliased(Vendor)
    today = func.date(ctx.now)
    own_class = func.coalesce(product.tax_class_id, kind.tax_class_id)
    return never_null(
        select(literal(1))
        .where(
            kind.id == product.product_type_id,
            vendor.id == product.vendor_id,
            rate.regime == vendor.tax_regime,
            rate.rate_bp > 0,
            or_(rate.tax_class_id == own_class, rate.tax_class_id.is_(None)),
            rate.valid_from <= today,
            or_(rate.valid_until.is_(None), rate.valid_until > today),
        )
        .correlate_except(rate, kind, vendor)
        .exists()
    )


def _displays_gross(listing: Any) -> ColumnElement[bool]:
    """As the channel says for the country whose prices its lists show."""
    channel = aliased(ChannelRow)
    country = select(channel.default_country_code).where(channel.id == listing.channel_id).scalar_subquery()
    return of_country("display_gross_prices", listing.channel_id, country)


def within(price_minor: SQLColumnExpression[Any], given: Any, ctx: Any) -> ColumnElement[bool] | None:
    """Whether a price lies in a range of amounts; also Saleor's `eq`, `oneOf` and `range` of amounts."""
    digits = _minor_per_unit(ctx)
    inside = given if given.range is None else given.range  # What an input doesn't have reads as None.
    conditions = []
    if given.eq is not None:
        exactly = given.eq * digits
        conditions += [price_minor == _whole(exactly, func.floor), exactly == func.floor(exactly)]
    if given.one_of is not None:
        conditions.append(price_minor / digits == func.any(given.one_of))
    if inside.gte is not None:
        conditions.append(price_minor >= _whole(inside.gte * digits, func.ceil))
    if inside.lte is not None:
        conditions.append(price_minor <= _whole(inside.lte * digits, func.floor))
    return and_(*conditions) if conditions else None


def at_most(price_minor: SQLColumnExpression[Any], given: Any, ctx: Any) -> ColumnElement[bool] | None:
    """Whether a price is not above a range of amounts, if that ends."""
    inside = given if given.range is None else given.range
    ends = [each for each in (given.eq, inside.lte) if each is not None]
    if given.one_of is not None:
        value = func.unnest(given.one_of).column_valued("value")
        ends.append(select(func.max(value)).scalar_subquery())
    digits = _minor_per_unit(ctx)
    return and_(*[price_minor <= _whole(end * digits, func.floor) for end in ends]) if ends else None


def _whole(minor: ColumnElement[Any], rounded: Callable[[Any], ColumnElement[Any]]) -> ColumnElement[int]:
    """A bound in whole minor units, within what a column holds: an index finds only what is of its type."""
    clamped = func.least(func.greatest(rounded(minor), -FARTHEST), FARTHEST)
    whole: ColumnElement[int] = cast(clamped, BigInteger)
    return whole


def _minor_per_unit(ctx: Any) -> ColumnElement[int]:
    unusual = {code: literal(10**digits) for code, digits in MINOR_DIGITS.items() if digits != USUAL_DIGITS}
    return case(unusual, value=ctx.channel.currency, else_=literal(10**USUAL_DIGITS))
