"""Two years of orders, written as checkout, fulfilment and delivery would have left them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from marketplace.checkout.offered_deliveries import further_kilograms
from marketplace.checkout.totals import NOTHING, LineTotals, Taxed, line_totals, taxed, total_of
from marketplace.demo.buyers import Buyer, Buyers
from marketplace.demo.demand import Demand
from marketplace.demo.world import (
    ORDERS,
    ORDERS_SCALE_AT_MOST,
    Listing,
    Market,
    Method,
    Seller,
    Variant,
    World,
    uuid_from,
)
from marketplace.orders.fulfilment import WITHDRAWAL_DAYS
from marketplace.orders.models import VendorOrderStatus

SHARES = {"maroc": 0.94, "afrique-ouest": 0.06}
"""Of the orders. Europe has no way to pay yet: cash is not taken at its doors."""
SELLERS_PER_ORDER = ((1, 2, 3), (60, 27, 13))
METHOD_CHOICE = (60, 28, 12)


@dataclass(slots=True)
class Bought:
    """One line of an order."""

    id: UUID
    listing: Listing
    variant: Variant
    quantity: int
    rate_bp: int
    totals: LineTotals


@dataclass(slots=True)
class Part:
    """One seller's part of an order, and how far it has come."""

    id: UUID
    seller: Seller
    position: int
    lines: list[Bought]
    subtotal: Taxed
    shipping: Taxed
    total: Taxed
    weight_grams: int
    status: VendorOrderStatus
    canceled_at: datetime | None
    shipped_at: datetime | None
    arrived_at: datetime | None
    """When it was delivered, or refused."""

    @property
    def delivered_at(self) -> datetime | None:
        return self.arrived_at if self.status is VendorOrderStatus.DELIVERED else None

    @property
    def withdrawal_ends_at(self) -> datetime | None:
        return self.delivered_at and self.delivered_at + timedelta(days=WITHDRAWAL_DAYS)

    @property
    def changed_at(self) -> datetime | None:
        return self.arrived_at or self.shipped_at or self.canceled_at


@dataclass(slots=True)
class Placed:
    """An order as the money side needs it."""

    id: UUID
    number: int
    market: Market
    method: Method
    placed_at: datetime
    buyer: Buyer
    parts: list[Part] = field(default_factory=list)
    total: Taxed = NOTHING


def place_orders(world: World) -> list[Placed]:
    """Orders of every market where one can pay, numbered as they came in."""
    number = round(ORDERS * min(world.scale, ORDERS_SCALE_AT_MOST))
    chance = world.chance("orders")
    placed = [
        order
        for slug, portion in SHARES.items()
        for order in _orders_of(world, world.markets[slug], round(number * portion), chance)
    ]
    placed.sort(key=lambda order: order.placed_at)
    for place, order in enumerate(placed, 1):
        order.number = place
    return placed


def _orders_of(world: World, market: Market, number: int, chance: Random) -> Iterator[Placed]:
    demand, buyers = Demand(world, market, chance), Buyers(world, market.slug, number)
    methods = [method for method in world.methods if method.market is market]
    for at in demand.moments(number):
        wanted = [
            (offered.seller, demand.goods(offered, at))
            for offered in demand.sellers(at, chance.choices(*SELLERS_PER_ORDER)[0])
        ]
        if wanted:
            yield _order(world, market, methods, buyers.next(), at, wanted, chance)


def _order(
    world: World,
    market: Market,
    methods: list[Method],
    buyer: Buyer,
    at: datetime,
    wanted: list[tuple[Seller, list[tuple[Listing, Variant, int]]]],
    chance: Random,
) -> Placed:
    weights = [sum(variant.weight_grams * quantity for _, variant, quantity in goods) for _, goods in wanted]
    method = _method(methods, max(weights), chance)
    order = Placed(uuid_from(chance), 0, market, method, at, buyer)
    for position, ((seller, goods), grams) in enumerate(zip(wanted, weights, strict=True), 1):
        order.parts.append(_part(world, order, seller, position, goods, grams, chance))
    order.total = total_of(part.total for part in order.parts)
    return order


def _method(methods: list[Method], heaviest_grams: int, chance: Random) -> Method:
    fitting = [
        method for method in methods if method.maximum_grams is None or heaviest_grams <= method.maximum_grams
    ]
    return chance.choices(fitting, METHOD_CHOICE[: len(fitting)])[0]


def _part(
    world: World,
    order: Placed,
    seller: Seller,
    position: int,
    goods: list[tuple[Listing, Variant, int]],
    grams: int,
    chance: Random,
) -> Part:
    country_code, day = order.buyer.place.country_code, order.placed_at.date()
    lines = []
    for listing, variant, quantity in goods:
        rate_bp = world.rate_bp(seller.regime, listing.tax_class_id, country_code, day)
        price = variant.prices_minor[order.market.id]
        totals = line_totals(price, price, quantity, rate_bp, entered_with_tax=True)
        lines.append(Bought(uuid_from(chance), listing, variant, quantity, rate_bp, totals))
    parcel_minor = order.method.parcel_minor + order.method.further_kilogram_minor * further_kilograms(grams)
    delivery_bp = world.rate_bp(seller.regime, world.tax_classes["delivery"][0], country_code, day)
    subtotal = total_of(line.totals.total for line in lines)
    shipping = taxed(parcel_minor, delivery_bp, entered_with_tax=True)
    status, canceled_at, shipped_at, arrived_at = _fate(world.now, order, chance)
    return Part(
        id=uuid_from(chance),
        seller=seller,
        position=position,
        lines=lines,
        subtotal=subtotal,
        shipping=shipping,
        total=subtotal + shipping,
        weight_grams=grams,
        status=status,
        canceled_at=canceled_at,
        shipped_at=shipped_at,
        arrived_at=arrived_at,
    )


Fate = tuple[VendorOrderStatus, datetime | None, datetime | None, datetime | None]


def _fate(now: datetime, order: Placed, chance: Random) -> Fate:
    """What becomes of a parcel, as far as it has happened by now: status, called off, shipped, arrived."""
    end = chance.random()
    if end < 0.012:
        canceled_at = order.placed_at + timedelta(hours=chance.uniform(1, 20))
        if canceled_at <= now:
            return VendorOrderStatus.CANCELED, canceled_at, None, None
    shipped_at = order.placed_at + timedelta(hours=chance.uniform(5, 90) + 24 * (chance.random() < 0.1) * 4)
    if shipped_at > now:
        return VendorOrderStatus.UNFULFILLED, None, None, None
    fewest, most = order.method.days
    arrived_at = shipped_at + timedelta(days=chance.uniform(fewest, most + 0.8))
    if arrived_at > now:
        return VendorOrderStatus.FULFILLED, None, shipped_at, None
    status = VendorOrderStatus.REFUSED if end > 0.965 else VendorOrderStatus.DELIVERED
    return status, None, shipped_at, arrived_at
