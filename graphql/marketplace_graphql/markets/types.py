"""Channels and tax classes."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Numeric,
    and_,
    any_,
    cast,
    func,
    literal,
    or_,
    select,
)

from marketplace.inventory.serving import place_of, serves_channel
from marketplace.markets import models
from marketplace.markets.models import zone_channel
from marketplace.orders.models import Order
from marketplace.people.permissions import Permission
from marketplace.vendors.models import TaxRegime
from marketplace_graphql.kernel import (
    Node,
    ObjectWithMetadata,
    each,
    enum,
    expression,
    many,
    named,
    never_null,
    node,
    object_type,
    of_channels,
    record,
    related,
    value,
)
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.languages import CountryCode, CountryDisplay, country
from marketplace_graphql.markets.settings import (
    CheckoutSettings,
    OrderSettings,
    PaymentSettings,
    StockSettings,
    checkout_settings,
    order_settings,
    payment_settings,
    stock_settings,
)
from marketplace_graphql.markets.shipping import methods_of_channel
from marketplace_graphql.rules import staff_only

if TYPE_CHECKING:
    from marketplace_graphql.cash.types import CashOnDeliveryRules
    from marketplace_graphql.inventory.types import Warehouse
    from marketplace_graphql.markets.shipping import ShippingMethod


enum(models.TaxCalculationStrategy)


@object_type
class TaxConfigurationPerCountry:
    """A country whose taxes a channel deals with otherwise."""

    country: CountryDisplay
    charge_taxes: bool
    """Whether taxes are charged there."""
    tax_calculation_strategy: models.TaxCalculationStrategy | None
    """Who works taxes out there; null: as in the channel's other countries."""
    display_gross_prices: bool
    """Whether buyers there see prices with their tax."""
    tax_app_id: str | None
    """The identifier of the app that does; null: as in the channel's other countries."""
    use_weighted_tax_for_shipping: bool | None


def countries_of(*conditions: Any, zone: Any) -> Any:
    """The countries of some shipping zones, each once, in the order of their codes."""
    codes = (
        select(func.unnest(zone.country_codes).label("code"))
        .where(*conditions)
        .correlate_except(zone)
        .distinct()
        .subquery()
    )
    return each(codes, country(codes.c.code), order_by=codes.c.code)


def _has_orders(channel: Any) -> ColumnElement[bool]:
    order = aliased(Order)
    return select(literal(1)).where(order.channel_id == channel.id).correlate_except(order).exists()


def _countries(channel: Any, ctx: Any) -> Any:
    zone = aliased(models.ShippingZone)
    served = select(zone_channel.c.zone_id).where(zone_channel.c.channel_id == channel.id)
    return countries_of(zone.id.in_(served.correlate(channel)), zone=zone)


def _codes_served(channel: Any) -> Any:
    zone = aliased(models.ShippingZone)
    return (
        select(func.unnest(zone.country_codes).label("code"))
        .join(zone_channel, zone_channel.c.zone_id == zone.id)
        .where(zone_channel.c.channel_id == channel.id)
        .correlate_except(zone, zone_channel)
        .distinct()
        .subquery()
        .lateral()
    )


def _in_its_order(channel: Any, warehouse: Any, ctx: Any) -> Any:
    return place_of(warehouse.id, channel.id).asc().nulls_last(), warehouse.name, warehouse.id


@object_type
class ShippingMethodsPerCountry:
    """Ways to ship to one country."""

    country_code: CountryCode
    shipping_methods: "list[ShippingMethod] | None"


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
    warehouses: "list[Warehouse]" = related(
        lambda row, warehouse, ctx: serves_channel(warehouse.id, row.id),
        order_along=_in_its_order,
        allowed=staff_only,
    )
    """Where its parcels may come from, in the order in which staff have put them."""
    stock_settings: StockSettings = value(lambda row, ctx: stock_settings(row), allowed=staff_only)
    """How pieces are set aside for orders."""
    order_settings: OrderSettings = value(
        lambda row, ctx: order_settings(row), needs=(Permission.MANAGE_CHANNELS, Permission.MANAGE_ORDERS)
    )
    """What happens to orders by itself."""
    checkout_settings: CheckoutSettings = value(
        lambda row, ctx: checkout_settings(row),
        needs=(Permission.MANAGE_CHANNELS, Permission.MANAGE_CHECKOUTS),
    )
    """What happens to checkouts by itself."""
    payment_settings: PaymentSettings = value(
        lambda row, ctx: payment_settings(row), needs=(Permission.MANAGE_CHANNELS, Permission.HANDLE_PAYMENTS)
    )
    """How money is asked for."""
    cash_on_delivery_rules: "CashOnDeliveryRules | None" = related(
        lambda row, rules, ctx: rules.channel_id == row.id,
        needs=(Permission.MANAGE_CHANNELS, Permission.HANDLE_PAYMENTS),
    )
    """What is demanded of whoever pays at the door; null: nothing but a carrier that takes cash."""
    tax_configuration: "TaxConfiguration" = related(
        lambda row, configuration, ctx: configuration.id == row.id, allowed=staff_only
    )
    """How it deals with taxes."""

    @value
    def available_shipping_methods_per_country(
        row: Any,
        ctx: Any,
        countries: list[CountryCode] | None = None,
    ) -> list[ShippingMethodsPerCountry] | None:
        """Ways to ship, country by country, at the price of one light parcel: of those asked for, or of all
        countries that it delivers to.
        """
        codes = _codes_served(row)
        wanted = None if countries is None else [code.value for code in countries]
        return each(
            codes,
            {
                "country_code": named(codes.c.code),
                "shipping_methods": many(
                    lambda method: methods_of_channel(method, row.id, codes.c.code),
                    order_by=lambda method: (method.price_minor, method.id),
                ),
            },
            where=None if wanted is None else codes.c.code.in_(wanted),
            order_by=codes.c.code,
        )


@node(models.TaxConfiguration, order_by=lambda row, ctx: row.id)
class TaxConfiguration(Node, ObjectWithMetadata):
    """How a channel deals with taxes."""

    channel: Channel = related(lambda row, channel, ctx: channel.id == row.id)
    charge_taxes: bool
    """Otherwise buyers pay what is left of prices without their tax."""
    tax_calculation_strategy: models.TaxCalculationStrategy | None
    """Who works taxes out: we, by the shop's own rates, or an app."""
    display_gross_prices: bool
    """Whether buyers see prices with their tax."""
    prices_entered_with_tax: bool
    """Whether prices are entered with their tax."""
    countries: list[TaxConfigurationPerCountry] = value(lambda row, ctx: _exceptions(row))
    """Countries that are dealt with otherwise."""
    tax_app_id: str | None
    """The identifier of the app that works taxes out; null: any that answers is taken."""
    use_weighted_tax_for_shipping: bool | None
    """Whether a parcel is taxed as the goods in it are on average, instead of by a class of its own."""


def _exceptions(configuration: Any) -> Any:
    own = aliased(models.CountryTaxes)
    found = (
        select(
            own.country_code,
            own.charge_taxes,
            own.display_gross_prices,
            own.use_weighted_tax_for_shipping,
            own.tax_calculation_strategy,
            own.tax_app_id,
        )
        .where(own.channel_id == configuration.id)
        .correlate_except(own)
        .subquery()
    )
    return each(
        found,
        {
            "country": country(found.c.country_code),
            "charge_taxes": found.c.charge_taxes,
            "tax_calculation_strategy": found.c.tax_calculation_strategy,
            "display_gross_prices": found.c.display_gross_prices,
            "tax_app_id": found.c.tax_app_id,
            "use_weighted_tax_for_shipping": found.c.use_weighted_tax_for_shipping,
        },
        order_by=found.c.country_code,
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


@object_type
class TaxCountryConfiguration:
    """What classes of goods are taxed in one country."""

    country: CountryDisplay
    tax_class_country_rates: list[TaxClassCountryRate]
    """The country's general rate, and those of classes."""


def country_configuration(code: Any, ctx: Any) -> dict[str, Any]:
    """The parts of a `TaxCountryConfiguration`."""
    return {
        "country": country(code),
        "tax_class_country_rates": many(
            lambda rate: and_(rate.country_code == code, _in_force(rate, ctx)),
            order_by=lambda rate: (rate.tax_class_id.asc().nulls_first(), rate.id),
        ),
    }


def taxed_countries(ctx: Any) -> Any:
    """Codes of countries where a rate is in force."""
    rate = aliased(models.TaxRate)
    return select(rate.country_code.label("code")).where(_in_force(rate, ctx)).distinct().subquery()


def _in_force(rate: Any, ctx: Any) -> ColumnElement[bool]:
    return in_force_on(rate, func.date(ctx.now))


def in_force_on(rate: Any, today: Any) -> ColumnElement[bool]:
    """Rates that hold on a day of sellers who charge tax."""
    return and_(
        rate.regime == TaxRegime.STANDARD,
        rate.valid_from <= today,
        or_(rate.valid_until.is_(None), rate.valid_until > today),
    )


@of_channels(models.Channel, hides=False)
def channel_in(row: Any, channel_ids: Any) -> ColumnElement[bool]:
    """Everybody may know which channels there are; who works in some only changes no other."""
    own: ColumnElement[bool] = row.id == any_(channel_ids)
    return own
