"""Channels and tax classes."""

from typing import Any

from sqlalchemy import ColumnElement, Numeric, and_, cast, func, literal, or_, select
from sqlalchemy.orm import aliased

from marketplace.markets import models
from marketplace.markets.models import zone_channel
from marketplace.orders.models import Order
from marketplace.people.permissions import Permission
from marketplace.vendors.models import TaxRegime
from marketplace_graphql.kernel import (
    Node,
    ObjectWithMetadata,
    each,
    expression,
    never_null,
    node,
    record,
    related,
    value,
)
from marketplace_graphql.languages import CountryDisplay, country


def countries_of(*conditions: Any, zone: Any) -> Any:
    """The countries of some shipping zones, each once, in the order of their codes."""
    codes = select(func.unnest(zone.country_codes).label("code")).where(*conditions).distinct().subquery()
    return each(codes, country(codes.c.code), order_by=codes.c.code)


def _has_orders(channel: Any) -> ColumnElement[bool]:
    order = aliased(Order)
    return select(literal(1)).where(order.channel_id == channel.id).correlate_except(order).exists()


def _countries(channel: Any, ctx: Any) -> Any:
    zone = aliased(models.ShippingZone)
    served = select(zone_channel.c.zone_id).where(zone_channel.c.channel_id == channel.id)
    return countries_of(zone.id.in_(served.correlate(channel)), zone=zone)


@node(models.Channel, order_by=lambda row, ctx: row.slug)
class Channel(Node, ObjectWithMetadata):
    """A market: one currency, the countries it delivers to, and prices of its own."""

    slug: str
    name: str
    is_active: bool
    """Whether anything can be bought in it."""
    currency_code: str
    """ISO 4217."""
    default_country: CountryDisplay = value(lambda row, ctx: country(row.default_country_code))
    """Where prices are shown for, as long as nothing else is known."""
    countries: list[CountryDisplay] | None = value(_countries)
    """Where it delivers to."""
    has_orders: bool = expression(
        lambda row, ctx: _has_orders(row),
        needs=Permission.MANAGE_CHANNELS,
    )


@node(models.TaxClass, order_by=lambda row, ctx: row.name)
class TaxClass(Node, ObjectWithMetadata):
    """Goods or services that are taxed alike."""

    name: str

    @related
    def countries(row: Any, rate: Any, ctx: Any) -> "list[TaxClassCountryRate]":
        """The rates in force today, of sellers who charge tax."""
        return and_(rate.tax_class_id == row.id, _in_force(rate, ctx))


@record(models.TaxRate, order_by=lambda row, ctx: row.country_code)
class TaxClassCountryRate:
    """What a class of goods is taxed in one country."""

    country: CountryDisplay = value(lambda row, ctx: country(row.country_code))
    rate: float = expression(lambda row, ctx: never_null(cast(row.rate_bp, Numeric) / 100))
    """In percent."""
    tax_class: TaxClass | None = related()
    """None: the country's rate for goods of no class."""


def _in_force(rate: Any, ctx: Any) -> ColumnElement[bool]:
    today = func.date(ctx.now)
    return and_(
        rate.regime == TaxRegime.STANDARD,
        rate.valid_from <= today,
        or_(rate.valid_until.is_(None), rate.valid_until > today),
    )
