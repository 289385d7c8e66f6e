"""Taxes that an app works out: what it has said is kept with the cart, and holds as long as the cart is the
same.

A cart is priced without its taxes first. If what it comes to is what the app was told last, its answer is
laid over the lines and the delivery; if not, the cart lacks them, and whoever changed it has the app asked
(`checkout.asking_for_taxes`). Until then prices are without tax: no order is made of such a cart.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import BigInteger, Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.errors import TaxesUnknownError
from marketplace.checkout.models import Checkout, CheckoutParcel
from marketplace.checkout.tax_answers import TaxAnswer
from marketplace.checkout.tax_base import Destination, TaxBase, tax_base
from marketplace.checkout.totals import NOTHING, Taxed, unit_of
from marketplace.kit.database import CARRIED_OVER
from marketplace.kit.money import share
from marketplace.people.addresses import postal_address
from marketplace.people.models import Address

if TYPE_CHECKING:
    from marketplace.checkout.carts import Cart
    from marketplace.checkout.offered_deliveries import OfferedDelivery

HOLDS = timedelta(hours=1)
"""So long an answer is taken for right, as in Saleor: rates change, and buyers come back."""
BASE, AT, SAID, IS_LAID = "base", "at", "said", "is_laid"
"""What is kept with a cart: of which base the app spoke, when, what it said, and whether the cart's prices
are as it said; of a cart of which it has not said anything yet only the last of these.
"""
PARCELS = "parcels"
"""What of the delivery is each seller's, with tax and without: worked out when somebody may look at it."""
CARTS = "carts taxed by apps"
"""Where a session keeps those that were priced in it, or in one before it in the same mutation."""


@dataclass(slots=True)
class AppTaxes:
    """The taxes of a cart in hand."""

    destination: Destination
    base: TaxBase | None = None
    """What it comes to now, once it has been added up."""
    answer: TaxAnswer | None = None
    """What the app has said of that."""
    offered: dict[str, Any] | None = None
    """What it has said just now, to be kept with the cart if it is of what the cart comes to."""

    @property
    def lacking(self) -> bool:
        return self.base is not None and self.answer is None


async def recall(session: AsyncSession, cart: "Cart") -> None:
    """Take note of whether an app works out the taxes of a cart whose offers were read. No statement if none
    does, one else.
    """
    if not any(offer.is_taxed_by_app for offer in cart.offers.values()):
        cart.taxes = None
        return
    checkout = cart.checkout
    address_id = checkout.shipping_address_id or checkout.billing_address_id
    cart.taxes = AppTaxes(await _destination(session, address_id))
    session.info.setdefault(CARRIED_OVER, {}).setdefault(CARTS, {})[checkout.id] = cart


async def _destination(session: AsyncSession, address_id: int | None) -> Destination:
    if address_id is None:
        return Destination()
    address = (await session.scalars(_ADDRESS, {"address_id": address_id})).one()
    return Destination(address_id, repr(postal_address(address)))


_ADDRESS = select(Address).where(Address.id == bindparam("address_id", type_=BigInteger))


def take_priced(session: AsyncSession) -> list["Cart"]:
    """The carts whose taxes an app works out that were added up in a session. They are given once."""
    priced: dict[UUID, Cart] = session.info.get(CARRIED_OVER, {}).pop(CARTS, {})
    return [cart for cart in priced.values() if cart.taxes is not None and cart.taxes.base is not None]


async def share_delivery(session: AsyncSession, cart: "Cart") -> None:
    """Keep with a checkout that is taxed what of its delivery is each seller's: for whoever looks at it."""
    answer = cart.taxes.answer if cart.taxes is not None else None
    checkout: Checkout | None = cart.checkout
    if checkout not in session:  # It was priced in a transaction before this one.
        checkout = await session.get(Checkout, cart.checkout.id, with_for_update={"key_share": True})
    kept = checkout.tax_answer if checkout is not None else None
    if answer is None or checkout is None or checkout.delivery_id is None:
        return
    if kept is None or PARCELS in kept or kept.get(SAID) != answer.as_json():
        return
    rows = (await session.execute(_PARCELS, {"delivery_id": checkout.delivery_id})).all()
    parts = shares(answer.shipping.total, [price_minor for _, price_minor in rows])
    parcels = {
        str(vendor_id): [of_seller.gross_minor, of_seller.net_minor]
        for (vendor_id, _), of_seller in zip(rows, parts, strict=True)
    }
    checkout.tax_answer = {**kept, PARCELS: parcels}


_PARCELS = (
    select(CheckoutParcel.vendor_id, CheckoutParcel.price_minor)
    .where(CheckoutParcel.delivery_id == bindparam("delivery_id", type_=Uuid))
    .order_by(CheckoutParcel.vendor_id)
)


def apply(cart: "Cart", shipping: Taxed) -> Taxed:
    """Tax a priced cart's lines as the app has said; gives its delivery likewise, from that without tax."""
    checkout, taxes = cart.checkout, cart.taxes
    if taxes is None:
        if checkout.tax_answer is not None:
            checkout.tax_answer = None
        return shipping
    entered_minor = shipping.gross_minor if cart.channel.prices_entered_with_tax else shipping.net_minor
    taxes.base = base = tax_base(cart, entered_minor, taxes.destination)
    kept = checkout.tax_answer or {}
    answer = _answer(kept, base, cart.now)
    if answer is None and taxes.offered is not None:
        answer = _answer(taxes.offered, base, cart.now)
        kept = kept if answer is None else taxes.offered
    taxes.answer = answer
    if checkout.tax_answer != (said := {**kept, IS_LAID: answer is not None}):
        checkout.tax_answer = said
    if answer is None:
        return cart.estimate(shipping)
    for line in cart.lines:
        taxed_at, quantity = answer.lines[str(line.id)], line.quantity
        gross_minor, net_minor = taxed_at.total.gross_minor, taxed_at.total.net_minor
        line.tax_rate_bp = taxed_at.rate_bp
        line.total_gross_minor, line.total_net_minor = gross_minor, net_minor
        line.unit_gross_minor = unit_of(gross_minor, quantity)
        line.unit_net_minor = unit_of(net_minor, quantity)
    return answer.shipping.total


def of_delivery(cart: "Cart", delivery: "OfferedDelivery | None") -> "OfferedDelivery | None":
    """Tax a cart that is about to be an order: its lines, and each seller's parcel."""
    taxes = cart.taxes
    if taxes is None:
        return delivery
    shipping = apply(cart, delivery.price if delivery else NOTHING)
    if delivery is None or not delivery.parcels:
        return delivery
    answer = taxes.answer
    rate_bp = cart.estimated_shipping_rate_bp if answer is None else answer.shipping.rate_bp
    parts = shares(shipping, [parcel.price.gross_minor for parcel in delivery.parcels])
    parcels = tuple(
        replace(parcel, tax_rate_bp=rate_bp, price=of_seller)
        for parcel, of_seller in zip(delivery.parcels, parts, strict=True)
    )
    return replace(delivery, parcels=parcels)


def shares(shipping: Taxed, prices: list[int]) -> list[Taxed]:
    """A delivery's net and its tax, each spread over its parcels: hence no net is above its gross."""
    nets = share(shipping.net_minor, prices)
    taxes = share(shipping.gross_minor - shipping.net_minor, prices)
    return [Taxed(net_minor + tax_minor, net_minor) for net_minor, tax_minor in zip(nets, taxes, strict=True)]


def check(cart: "Cart") -> None:
    """Raises TaxesUnknownError."""
    if cart.taxes is not None and cart.taxes.lacking:
        raise TaxesUnknownError


def lacks_taxes(kept: Mapping[str, Any] | None) -> bool:
    """Whether something that was added up is without the taxes that an app works out."""
    return kept is not None and kept.get(IS_LAID) is False


def offer_answer(cart: "Cart", base: TaxBase, answer: TaxAnswer) -> None:
    """Have what an app has said of a base taken, once the cart is added up, if that is what it comes to."""
    if cart.taxes is not None:
        said = answer.as_json()
        cart.taxes.offered = {BASE: base.fingerprint, AT: cart.now.isoformat(), SAID: said}


def _answer(kept: Mapping[str, Any], base: TaxBase, now: datetime) -> TaxAnswer | None:
    """What the app said of exactly this, if it did and not too long ago."""
    if kept.get(BASE) != base.fingerprint:
        return None
    if datetime.fromisoformat(kept[AT]) + HOLDS < now:
        return None
    return TaxAnswer.of_json(kept[SAID])
