"""What can carry a cart: for each method, one parcel from each seller, and the price of all of them once.

The shop's own methods have a price for each parcel. An app's has one for all of them, shared over the parcels
by their weights; where nothing weighs anything, by what their goods come to.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    CHAR,
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    SQLColumnExpression,
    and_,
    bindparam,
    cast,
    func,
    null,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.app_methods import AppMethod, MethodKey
from marketplace.checkout.carts import Cart
from marketplace.checkout.parcel_taxes import price_and_rate
from marketplace.checkout.shipping_answers import (
    NO_ANSWERS,
    Answers,
    CheckoutShippingAnswer,
    answers_about,
    inputs_of_checkout,
)
from marketplace.checkout.totals import Taxed, taxed, total_of
from marketplace.kit.money import share
from marketplace.markets import postal_codes
from marketplace.markets.models import ShippingMethod, ShippingMethodListing, ShippingZone, zone_channel
from marketplace.markets.queries import carries
from marketplace.people.models import Address
from marketplace.pricing.taxes import of_country, rate_expression
from marketplace.vendors.models import Vendor

GRAMS_PER_KILOGRAM = 1000
MAXIMUM_METHODS = 100


@dataclass(frozen=True, slots=True)
class Parcel:
    vendor_id: int
    weight_grams: int
    price_minor: int
    """As entered."""
    tax_rate_bp: int
    price: Taxed
    """After discounts, with tax and without."""
    discount_minor: int = 0
    """Its share of a voucher on the delivery, as entered."""


@dataclass(frozen=True, slots=True)
class OfferedDelivery:
    """A method that can carry all parcels of a cart to its address."""

    key: MethodKey
    parcels: tuple[Parcel, ...]
    by_app: AppMethod | None = None
    """What its app says of it, if an app offers it."""
    refusal: str | None = None
    """Why it can't be chosen, as an app says; None: it can."""

    @property
    def method_id(self) -> int | None:
        """The shop's own method."""
        return self.key if isinstance(self.key, int) else None

    @property
    def price_minor(self) -> int:
        """Before discounts, as entered."""
        return sum(parcel.price_minor for parcel in self.parcels)

    @property
    def price(self) -> Taxed:
        return total_of(parcel.price for parcel in self.parcels)


async def offered_deliveries(
    session: AsyncSession,
    cart: Cart,
    only: MethodKey | None = None,
    *,
    anyway: bool = False,
    strictly: bool = False,
) -> list[OfferedDelivery]:
    """The deliveries that methods of the destination's zones and of apps make possible, the cheapest first;
    among them those that apps have refused.

    One statement, where no app has been asked. A method of the shop is left out where it can't carry one of
    the parcels or products, or not for this amount, or not to this place; `anyway` has it priced none the
    less, for orders that staff are working on. `strictly` takes only what apps have said of the very cart.
    """
    weights = cart.weights()
    if cart.checkout.shipping_address_id is None or not weights:
        return []
    answers = await _answers(session, cart, strictly=strictly) if cart.has_answers else NO_ANSWERS
    offered = [] if isinstance(only, str) else await _of_shop(session, cart, weights, only, anyway=anyway)
    methods = [one for one in answers.methods.values() if only is None or one.id == only]
    if methods:
        offered += await _of_apps(session, cart, weights, methods)
    if answers.refusals:
        offered = [replace(one, refusal=answers.refusal(one.key)) for one in offered]
    return sorted(offered, key=_cheapest_first)


def _cheapest_first(delivery: OfferedDelivery) -> tuple[int, bool, MethodKey]:
    return delivery.price_minor, isinstance(delivery.key, str), delivery.key


async def _answers(session: AsyncSession, cart: Cart, *, strictly: bool) -> Answers:
    """What apps say of the cart: as it is, or else as it was when they were asked."""
    inputs = await inputs_of_checkout(session, cart.checkout, cart.lines) if strictly else None
    return await answers_about(session, CheckoutShippingAnswer, cart.checkout.id, inputs)


async def _of_shop(
    session: AsyncSession, cart: Cart, weights: dict[int, int], method_id: int | None, *, anyway: bool
) -> list[OfferedDelivery]:
    rows = await session.execute(
        _METHODS,
        {
            **_taxed_as(cart),
            "vendor_ids": list(weights),
            "lightest": min(weights.values()),
            "heaviest": max(weights.values()),
            "subtotal": sum(line.total_gross_minor for line in cart.lines),
            "only_method_id": method_id,
            "anyway": anyway,
            "address_id": cart.checkout.shipping_address_id,
            "product_ids": sorted({cart.offer(line).product_id for line in cart.lines}),
        },
    )
    parcels: dict[int, list[Parcel]] = {}
    for key, vendor_id, parcel_price_minor, further_minor, *tax in rows:
        grams = weights[vendor_id]
        entered_minor = parcel_price_minor + further_minor * further_kilograms(grams)
        parcels.setdefault(key, []).append(_parcel(cart, vendor_id, grams, entered_minor, *tax))
    return [OfferedDelivery(key, tuple(of_method)) for key, of_method in parcels.items()]


async def _of_apps(
    session: AsyncSession, cart: Cart, weights: dict[int, int], methods: list[AppMethod]
) -> list[OfferedDelivery]:
    """One statement, for how sellers' parcels are taxed: an app's method is of no tax class."""
    rows = await session.execute(_TAXES, {**_taxed_as(cart), "vendor_ids": list(weights)})
    taxes = {vendor_id: tax for vendor_id, *tax in rows}
    return [
        OfferedDelivery(
            method.id,
            tuple(
                _parcel(cart, vendor_id, grams, entered_minor, *taxes[vendor_id])
                for (vendor_id, grams), entered_minor in zip(
                    weights.items(), shares_of_parcels(cart, method.price_minor), strict=True
                )
            ),
            method,
        )
        for method in methods
    ]


def shares_of_parcels(cart: Cart, price_minor: int) -> list[int]:
    """What of one price for all parcels falls on each, in their order: by largest remainder, exactly."""
    weights = cart.weights()
    return share(price_minor, list(weights.values()) if any(weights.values()) else _goods(cart, weights))


def _taxed_as(cart: Cart) -> dict[str, object]:
    country_code, day = cart.checkout.country_code, cart.now.date()
    return {"channel_id": cart.channel.id, "country_code": country_code, "day": day}


def _goods(cart: Cart, vendor_ids: Iterable[int]) -> list[int]:
    """What each seller's goods that are shipped come to."""
    totals = dict.fromkeys(vendor_ids, 0)
    for line in cart.lines:
        offer = cart.offer(line)
        if offer.is_shipping_required:
            totals[offer.vendor_id] += line.total_gross_minor
    return list(totals.values())


def _parcel(
    cart: Cart, vendor_id: int, grams: int, entered_minor: int, rate_bp: int, is_charged: bool, weighted: bool
) -> Parcel:
    price_minor, rate_bp = price_and_rate(cart, vendor_id, entered_minor, rate_bp, is_charged, weighted)
    price = taxed(price_minor, rate_bp, cart.channel.prices_entered_with_tax)
    return Parcel(vendor_id, grams, price_minor, rate_bp, price)


def further_kilograms(grams: int) -> int:
    """Kilograms begun above the first."""
    return max(0, -(-grams // GRAMS_PER_KILOGRAM) - 1)


_FITS = and_(
    bindparam("country_code", type_=CHAR(2)) == func.any(ShippingZone.country_codes),
    func.coalesce(ShippingMethod.minimum_weight_grams, 0) <= bindparam("lightest", type_=BigInteger),
    or_(
        ShippingMethod.maximum_weight_grams.is_(None),
        ShippingMethod.maximum_weight_grams >= bindparam("heaviest", type_=BigInteger),
    ),
    func.coalesce(ShippingMethodListing.minimum_order_price_minor, 0)
    <= bindparam("subtotal", type_=BigInteger),
    or_(
        ShippingMethodListing.maximum_order_price_minor.is_(None),
        ShippingMethodListing.maximum_order_price_minor >= bindparam("subtotal", type_=BigInteger),
    ),
    carries(ShippingMethod.id, func.any(bindparam("product_ids", type_=ARRAY(BigInteger)))),
    postal_codes.serves(
        ShippingMethod.id,
        select(Address.postal_code)
        .where(Address.id == bindparam("address_id", type_=BigInteger))
        .scalar_subquery(),
        bindparam("country_code", type_=CHAR(2)),
    ),
)


def _taxes(tax_class_id: SQLColumnExpression[int | None]) -> list[ColumnElement[Any]]:
    """How a seller's parcel is taxed: the rate, whether it is charged, whether by its goods' instead."""
    country_code = bindparam("country_code", type_=CHAR(2))
    rate = rate_expression(Vendor.tax_regime, tax_class_id, country_code, bindparam("day", type_=Date))
    names = ("charge_taxes", "use_weighted_tax_for_shipping")
    channel_id = bindparam("channel_id", type_=BigInteger)
    return [rate, *(of_country(name, channel_id, country_code) for name in names)]


_TAXES = select(Vendor.id, *_taxes(cast(null(), BigInteger))).where(
    Vendor.id == func.any(bindparam("vendor_ids", type_=ARRAY(BigInteger)))
)
_METHODS = (
    select(
        ShippingMethod.id,
        Vendor.id,
        ShippingMethodListing.parcel_price_minor,
        ShippingMethodListing.further_kilogram_price_minor,
        *_taxes(ShippingMethod.tax_class_id),
    )
    .join(ShippingZone, ShippingZone.id == ShippingMethod.zone_id)
    .join(zone_channel, zone_channel.c.zone_id == ShippingZone.id)
    .join(
        ShippingMethodListing,
        and_(
            ShippingMethodListing.method_id == ShippingMethod.id,
            ShippingMethodListing.channel_id == zone_channel.c.channel_id,
        ),
    )
    .join(Vendor, Vendor.id == func.any(bindparam("vendor_ids", type_=ARRAY(BigInteger))))
    .where(
        zone_channel.c.channel_id == bindparam("channel_id", type_=BigInteger),
        or_(
            bindparam("only_method_id", type_=BigInteger).is_(None),
            ShippingMethod.id == bindparam("only_method_id", type_=BigInteger),
        ),
        or_(bindparam("anyway", type_=Boolean), _FITS),
    )
    .order_by(ShippingMethod.id, Vendor.id)
    .limit(MAXIMUM_METHODS * 100)
)
