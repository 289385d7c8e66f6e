"""What products and variants cost, from the prices kept with their listings."""

from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, case, func, literal, select
from sqlalchemy.orm import aliased

from marketplace.kit.money import MINOR_DIGITS
from marketplace.markets.models import Channel as ChannelRow
from marketplace_graphql.kernel import never_null, null_when, object_type
from marketplace_graphql.values import USUAL_DIGITS, TaxedMoney, TaxedMoneyRange, taxed_money


@object_type
class ProductPricingInfo:
    """What a product's variants cost, from the cheapest to the dearest."""

    on_sale: bool | None
    """Whether it costs less than it usually does."""
    discount: TaxedMoney | None
    """How much less the cheapest costs."""
    display_gross_prices: bool
    """Whether shoppers in the channel are shown prices with tax."""
    price_range: TaxedMoneyRange | None
    price_range_undiscounted: TaxedMoneyRange | None


@object_type
class VariantPricingInfo:
    """What a variant costs."""

    on_sale: bool | None
    """Whether it costs less than it usually does."""
    discount: TaxedMoney | None
    """How much less."""
    price: TaxedMoney | None
    price_undiscounted: TaxedMoney | None
    price_prior: TaxedMoney | None
    """The lowest price of the time before a discount, as the law of some countries wants it shown."""


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
            "display_gross_prices": lambda: never_null(_displays_gross(listing)),
            "price_range": lambda: bounds(""),
            "price_range_undiscounted": lambda: bounds("undiscounted_"),
        },
    )


def variant_pricing(listing: Any, ctx: Any) -> Any:
    """The parts of a `VariantPricingInfo`, null where the variant has no price in the channel."""
    currency = listing.currency
    less_gross = listing.undiscounted_gross_minor - listing.gross_minor
    less_net = listing.undiscounted_net_minor - listing.net_minor
    return null_when(
        listing.id.is_(None),
        {
            "on_sale": less_gross > 0,
            "discount": lambda: null_when(less_gross <= 0, taxed_money(less_gross, less_net, currency)),
            "price": lambda: taxed_money(listing.gross_minor, listing.net_minor, currency),
            "price_undiscounted": lambda: taxed_money(
                listing.undiscounted_gross_minor, listing.undiscounted_net_minor, currency
            ),
            "price_prior": lambda: null_when(
                listing.prior_price_minor.is_(None),
                taxed_money(listing.prior_price_minor, listing.prior_price_minor, currency),
            ),
        },
    )


def _displays_gross(listing: Any) -> ColumnElement[bool]:
    channel = aliased(ChannelRow)
    return select(channel.display_gross_prices).where(channel.id == listing.channel_id).scalar_subquery()


def within(price_minor: SQLColumnExpression[int], given: Any, ctx: Any) -> ColumnElement[bool] | None:
    """Whether a price lies in a range of amounts; also Saleor's `eq`, `oneOf` and `range` of amounts."""
    digits = _minor_per_unit(ctx)
    inside = given if given.range is None else given.range  # What an input doesn't have reads as None.
    conditions = []
    if given.eq is not None:
        conditions.append(price_minor == given.eq * digits)
    if given.one_of is not None:
        conditions.append(price_minor / digits == func.any(given.one_of))
    if inside.gte is not None:
        conditions.append(price_minor >= inside.gte * digits)
    if inside.lte is not None:
        conditions.append(price_minor <= inside.lte * digits)
    return and_(*conditions) if conditions else None


def _minor_per_unit(ctx: Any) -> ColumnElement[int]:
    unusual = {code: literal(10**digits) for code, digits in MINOR_DIGITS.items() if digits != USUAL_DIGITS}
    return case(unusual, value=ctx.channel.currency, else_=literal(10**USUAL_DIGITS))
