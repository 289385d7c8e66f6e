"""How a cart can travel: for each method, one parcel from each seller, and the price of all of them once."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import (
    CHAR,
    BigInteger,
    Boolean,
    Date,
    Uuid,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout import carts, discounts
from marketplace.checkout.carts import Cart
from marketplace.checkout.errors import (
    DeliveryNotApplicableError,
    ShippingAddressNotSetError,
    ShippingNotRequiredError,
)
from marketplace.checkout.models import Checkout, CheckoutDelivery, CheckoutParcel
from marketplace.checkout.parcel_taxes import price_and_rate
from marketplace.checkout.totals import NOTHING, Taxed, taxed, total_of
from marketplace.kit.batch import Batch
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

    method_id: int
    parcels: tuple[Parcel, ...]

    @property
    def price_minor(self) -> int:
        """Before discounts, as entered."""
        return sum(parcel.price_minor for parcel in self.parcels)

    @property
    def price(self) -> Taxed:
        return total_of(parcel.price for parcel in self.parcels)


async def calculate_deliveries(session: AsyncSession, checkout_id: UUID) -> list[UUID]:
    """Work out the delivery options anew, keep them, and give their ids, the cheapest first.

    Without an address, or with nothing to ship, there are none. A delivery that was chosen stays chosen
    while its method is still offered. Raises CheckoutGoneError, InactiveChannelError.
    """
    cart = await carts.lock(session, checkout_id)
    await carts.load_priced_lines(session, cart)
    await discounts.reduce_lines(session, cart)
    offered = await offered_deliveries(session, cart)
    if await discounts.follow_delivery(session, cart, _chosen(cart, offered)):
        offered = await offered_deliveries(session, cart)
    chosen = _chosen(cart, offered)
    ids = {delivery.method_id: uuid4() for delivery in offered}
    if cart.chosen_method_id in ids and cart.checkout.delivery_id is not None:
        ids[cart.chosen_method_id] = cart.checkout.delivery_id
    await _replace(session, cart, offered, ids)
    cart.checkout.delivery_id = ids[chosen.method_id] if chosen else None
    add_up(cart, chosen)
    await session.flush()
    return [ids[delivery.method_id] for delivery in offered]


def _chosen(cart: Cart, offered: list[OfferedDelivery]) -> OfferedDelivery | None:
    return next((one for one in offered if one.method_id == cart.chosen_method_id), None)


async def offered_deliveries(
    session: AsyncSession, cart: Cart, only_method_id: int | None = None, *, anyway: bool = False
) -> list[OfferedDelivery]:
    """The deliveries that the methods of the destination's zones make possible, the cheapest first.

    One statement. A method is left out where it can't carry one of the parcels or products, or not for this
    amount, or not to this place; `anyway` has it priced none the less, for orders that staff are working on.
    """
    weights = cart.weights()
    if cart.checkout.shipping_address_id is None or not weights:
        return []
    rows = await session.execute(
        _METHODS,
        {
            "channel_id": cart.channel.id,
            "country_code": cart.checkout.country_code,
            "day": cart.now.date(),
            "vendor_ids": list(weights),
            "lightest": min(weights.values()),
            "heaviest": max(weights.values()),
            "subtotal": sum(line.total_gross_minor for line in cart.lines),
            "only_method_id": only_method_id,
            "anyway": anyway,
            "address_id": cart.checkout.shipping_address_id,
            "product_ids": sorted({cart.offer(line).product_id for line in cart.lines}),
        },
    )
    with_tax = cart.channel.prices_entered_with_tax
    parcels: dict[int, list[Parcel]] = {}
    for method_id, vendor_id, parcel_price_minor, further_minor, *tax in rows:
        grams = weights[vendor_id]
        entered_minor = parcel_price_minor + further_minor * further_kilograms(grams)
        price_minor, rate_bp = price_and_rate(cart, vendor_id, entered_minor, *tax)
        parcels.setdefault(method_id, []).append(
            Parcel(vendor_id, grams, price_minor, rate_bp, taxed(price_minor, rate_bp, with_tax))
        )
    offered = [OfferedDelivery(method_id, tuple(of_method)) for method_id, of_method in parcels.items()]
    return sorted(offered, key=lambda delivery: (delivery.price_minor, delivery.method_id))


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
_METHODS = (
    select(
        ShippingMethod.id,
        Vendor.id,
        ShippingMethodListing.parcel_price_minor,
        ShippingMethodListing.further_kilogram_price_minor,
        rate_expression(
            Vendor.tax_regime,
            ShippingMethod.tax_class_id,
            bindparam("country_code", type_=CHAR(2)),
            bindparam("day", type_=Date),
        ),
        *(
            of_country(
                name, bindparam("channel_id", type_=BigInteger), bindparam("country_code", type_=CHAR(2))
            )
            for name in ("charge_taxes", "use_weighted_tax_for_shipping")
        ),
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


async def choose_delivery(
    session: AsyncSession,
    checkout_id: UUID,
    *,
    delivery_id: UUID | None = None,
    method_id: int | None = None,
) -> Checkout:
    """Take one of the delivery options that were worked out, or a method, or (neither) none at all.

    Raises DeliveryNotApplicableError, ShippingAddressNotSetError, ShippingNotRequiredError,
    CheckoutGoneError, InactiveChannelError.
    """
    cart = await carts.lock(session, checkout_id)
    if delivery_id is None and method_id is None:
        cart.checkout.delivery_id = None
        await _travel_by(session, cart, None)
        return cart.checkout
    if cart.checkout.shipping_address_id is None:
        raise ShippingAddressNotSetError(
            "Say where it goes before choosing how it travels.", field="shippingAddress"
        )
    if delivery_id is None:
        delivery_id = await _delivery_of_method(session, cart, method_id)
    kept = await _kept(session, cart, delivery_id)
    if kept is None:
        raise DeliveryNotApplicableError(
            "This delivery is not offered for this checkout.", field="deliveryMethodId"
        )
    cart.checkout.delivery_id = delivery_id
    await _travel_by(session, cart, kept)
    return cart.checkout


async def _travel_by(session: AsyncSession, cart: Cart, delivery: OfferedDelivery | None) -> None:
    """Write what a chosen delivery costs. Only a cart that has a promo code, may be rewarded or is taxed by
    an app is priced anew for it: its voucher may be one of the delivery, or may have ended; a reward may ask
    for a total, an app for all of it.
    """
    cart.chosen_method_id = delivery.method_id if delivery else None
    is_plain = cart.checkout.voucher_code is None and not cart.may_be_rewarded
    if is_plain and cart.checkout.tax_answer is None:
        carts.set_shipping(cart, delivery.price if delivery else NOTHING)
        await session.flush()
        return
    await carts.load_priced_lines(session, cart)
    gift_variant_id = cart.gift_variant_id
    cart.delivery_minor = delivery.price_minor if delivery else 0
    await discounts.reduce_lines(session, cart)
    await discounts.follow_delivery(session, cart, delivery)
    if cart.gift_variant_id == gift_variant_id:
        add_up(cart, delivery)
    else:
        cart.has_deliveries = True
        await refresh(session, cart)
    await session.flush()


def add_up(cart: Cart, delivery: OfferedDelivery | None) -> None:
    """Write the checkout's totals, with the chosen delivery after a voucher on it. Its lines are reduced."""
    reduced = discounts.reduce_delivery(cart, delivery)
    carts.add_up(cart, reduced.price if reduced else NOTHING)


async def refresh(session: AsyncSession, cart: Cart) -> None:
    """After a change of priced lines or of the destination: deliveries that were worked out before are
    forgotten, except the chosen one, which is priced anew, or dropped where it is not offered any more.
    """
    await discounts.reduce_lines(session, cart)
    chosen = None
    if cart.has_deliveries:
        if cart.chosen_method_id is not None:
            chosen = await _offered(session, cart, cart.chosen_method_id)
            if await discounts.follow_delivery(session, cart, chosen):
                chosen = await _offered(session, cart, cart.chosen_method_id)
        kept_id = cart.checkout.delivery_id
        if chosen is None or kept_id is None:
            await _replace(session, cart, [], {})
            cart.checkout.delivery_id = cart.chosen_method_id = chosen = None
        else:
            await _replace(session, cart, [chosen], {chosen.method_id: kept_id})
    add_up(cart, chosen)


async def _offered(session: AsyncSession, cart: Cart, method_id: int) -> OfferedDelivery | None:
    offered = await offered_deliveries(session, cart, method_id)
    return offered[0] if offered else None


async def _replace(
    session: AsyncSession, cart: Cart, offered: list[OfferedDelivery], ids: Mapping[int, UUID]
) -> None:
    """Keep these deliveries and no others; those that keep their id stay the same rows."""
    checkout_id, currency = cart.checkout.id, cart.channel.currency_code
    staying = cart.checkout.delivery_id if cart.checkout.delivery_id in ids.values() else None
    if cart.has_deliveries:
        outdated = delete(CheckoutDelivery).where(CheckoutDelivery.checkout_id == checkout_id)
        if staying is not None:
            outdated = outdated.where(CheckoutDelivery.id != staying)
            await session.execute(delete(CheckoutParcel).where(CheckoutParcel.delivery_id == staying))
        await session.execute(outdated, execution_options={"synchronize_session": False})
    for delivery in offered:
        if ids[delivery.method_id] == staying:
            await session.execute(
                update(CheckoutDelivery)
                .where(CheckoutDelivery.id == staying)
                .values(price_minor=delivery.price_minor, updated_at=cart.now),
                execution_options={"synchronize_session": False},
            )
    batch = Batch()
    batch.insert(
        CheckoutDelivery,
        [
            {
                "id": ids[delivery.method_id],
                "checkout_id": checkout_id,
                "method_id": delivery.method_id,
                "currency": currency,
                "price_minor": delivery.price_minor,
                "created_at": cart.now,
                "updated_at": cart.now,
            }
            for delivery in offered
            if ids[delivery.method_id] != staying
        ],
    )
    batch.insert(
        CheckoutParcel,
        [
            {
                "delivery_id": ids[delivery.method_id],
                "vendor_id": parcel.vendor_id,
                "weight_grams": parcel.weight_grams,
                "currency": currency,
                "price_minor": parcel.price_minor,
                "tax_rate_bp": parcel.tax_rate_bp,
                "gross_minor": parcel.price.gross_minor,
                "net_minor": parcel.price.net_minor,
            }
            for delivery in offered
            for parcel in delivery.parcels
        ],
    )
    await batch.write(session)
    cart.has_deliveries = bool(offered)


async def _kept(session: AsyncSession, cart: Cart, delivery_id: UUID) -> OfferedDelivery | None:
    """A kept delivery of this checkout; None where it is none of its own."""
    found = await session.execute(_KEPT, {"delivery_id": delivery_id, "checkout_id": cart.checkout.id})
    rows = found.all()
    if not rows:
        return None
    parcels = tuple(
        Parcel(vendor_id, grams, price_minor, rate_bp, Taxed(gross_minor, net_minor))
        for _, vendor_id, grams, price_minor, rate_bp, gross_minor, net_minor in rows
    )
    return OfferedDelivery(rows[0][0], parcels)


_KEPT = (
    select(
        CheckoutDelivery.method_id,
        CheckoutParcel.vendor_id,
        CheckoutParcel.weight_grams,
        CheckoutParcel.price_minor,
        CheckoutParcel.tax_rate_bp,
        CheckoutParcel.gross_minor,
        CheckoutParcel.net_minor,
    )
    .join(CheckoutDelivery, CheckoutDelivery.id == CheckoutParcel.delivery_id)
    .where(
        CheckoutDelivery.id == bindparam("delivery_id", type_=Uuid),
        CheckoutDelivery.checkout_id == bindparam("checkout_id", type_=Uuid),
    )
    .order_by(CheckoutParcel.vendor_id)
)


async def _delivery_of_method(session: AsyncSession, cart: Cart, method_id: int | None) -> UUID:
    """The kept delivery of a method; worked out now if the options never were (older clients don't ask)."""
    known = select(CheckoutDelivery.id).where(
        CheckoutDelivery.checkout_id == cart.checkout.id, CheckoutDelivery.method_id == method_id
    )
    delivery_id = await session.scalar(known)
    if delivery_id is None:
        await carts.load_priced_lines(session, cart)
        if cart.lines and not cart.is_shipping_required:
            raise ShippingNotRequiredError("Nothing in this checkout is shipped.", field="shippingMethod")
        await calculate_deliveries(session, cart.checkout.id)
        delivery_id = await session.scalar(known)
    if delivery_id is None:
        raise DeliveryNotApplicableError(
            "This method does not carry these goods to this address.", field="deliveryMethodId"
        )
    return delivery_id
