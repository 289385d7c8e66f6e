"""Value-added tax: a function of the seller's regime, the tax class, the destination and the day; and of
whether the channel charges it there. Who is not charged it is offered prices without it, from the first:
whatever is worked out of prices needs to know nothing of that.

The rates are rows of `tax_rate`. The one definition of which row holds is `rate_expression`; whoever needs
rates in a larger statement puts it there, whoever has pairs in hand asks `tax_rates_bp`.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import CHAR, BigInteger, Date, bindparam, case, column, false, func, or_, select, values
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement, SQLColumnExpression

from marketplace.markets.models import Channel, CountryTaxes, TaxCalculationStrategy, TaxRate
from marketplace.vendors.models import TaxRegime, Vendor


def of_country(
    name: str,
    channel_id: SQLColumnExpression[int],
    country_code: SQLColumnExpression[str],
) -> ColumnElement[Any]:
    """A channel's setting as it holds in a country: the country's own, where it has one.

    `name` is that of a column of `channel` and of `channel_country_taxes`.
    """
    channel, country = Channel.__table__.alias(), CountryTaxes.__table__.alias()
    general = select(channel.c[name]).where(channel.c.id == channel_id)
    own = select(country.c[name]).where(
        country.c.channel_id == channel_id, country.c.country_code == country_code
    )
    return func.coalesce(
        own.correlate_except(country).scalar_subquery(), general.correlate_except(channel).scalar_subquery()
    )


def is_left_to_app(
    is_charged: ColumnElement[bool],
    channel_id: SQLColumnExpression[int],
    country_code: SQLColumnExpression[str],
) -> ColumnElement[bool]:
    """Whether an app works out the taxes that a channel charges in a country."""
    strategy = of_country("tax_calculation_strategy", channel_id, country_code)
    return case((strategy == TaxCalculationStrategy.TAX_APP, is_charged), else_=false())


Pair = tuple[int, int | None]
"""A vendor's id and a tax class's id; None: goods of no particular class."""


def rate_expression(
    regime: SQLColumnExpression[TaxRegime],
    tax_class_id: SQLColumnExpression[int] | SQLColumnExpression[int | None],
    country_code: SQLColumnExpression[str],
    day: SQLColumnExpression[date],
) -> ColumnElement[int]:
    """The rate in basis points, as a sub-select over four expressions; 0 where no rate is in force.

    A class's own rate comes before the country's general one, and of several the youngest holds.
    """
    row = TaxRate.__table__.alias()
    in_force = (
        select(row.c.rate_bp)
        .where(
            row.c.country_code == country_code,
            row.c.regime == regime,
            or_(row.c.tax_class_id == tax_class_id, row.c.tax_class_id.is_(None)),
            row.c.valid_from <= day,
            or_(row.c.valid_until.is_(None), row.c.valid_until > day),
        )
        .order_by(row.c.tax_class_id.asc().nulls_last(), row.c.valid_from.desc())
        .limit(1)
    )
    return func.coalesce(in_force.scalar_subquery(), 0, type_=BigInteger)


async def tax_rates_bp(
    session: AsyncSession, pairs: Iterable[Pair], country_code: str, day: date
) -> dict[Pair, int]:
    """The rates of many pairs of (vendor, tax class) in one destination, in one statement."""
    wanted = list(dict.fromkeys(pairs))
    if not wanted:
        return {}
    asked = values(column("vendor_id", BigInteger), column("tax_class_id", BigInteger), name="asked").data(
        wanted
    )
    rate = rate_expression(
        Vendor.tax_regime,
        asked.c.tax_class_id,
        bindparam("country_code", country_code, CHAR(2)),
        bindparam("day", day, Date),
    )
    rows = await session.execute(
        select(asked.c.vendor_id, asked.c.tax_class_id, rate).join_from(
            asked, Vendor, Vendor.id == asked.c.vendor_id
        )
    )
    return {(vendor_id, tax_class_id): rate_bp for vendor_id, tax_class_id, rate_bp in rows}
