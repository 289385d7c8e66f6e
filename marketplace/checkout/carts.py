"""A checkout, locked and in hand: its lines, and what they cost today."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import ProductVariant
from marketplace.checkout.errors import CheckoutGoneError
from marketplace.checkout.models import Checkout, CheckoutDelivery, CheckoutLine
from marketplace.checkout.offers import OFFER_COLUMNS, Offer, offer_of, with_offers
from marketplace.checkout.totals import Taxed, line_totals, total_of
from marketplace.inventory.availability import number_locked
from marketplace.inventory.models import Stock
from marketplace.kit import clock
from marketplace.markets.errors import InactiveChannelError
from marketplace.markets.models import Channel


@dataclass(slots=True)
class Cart:
    """What every change of a checkout works on. Made by `lock` only: nobody else changes it meanwhile."""

    checkout: Checkout
    channel: Channel
    now: datetime
    chosen_method_id: int | None = None
    """The shipping method of the chosen delivery."""
    has_deliveries: bool = False
    """Whether delivery options have been worked out and kept."""
    lines: list[CheckoutLine] = field(default_factory=list)
    offers: Mapping[int, Offer] = field(default_factory=dict)
    """By variant, once the lines are priced."""

    def offer(self, line: CheckoutLine) -> Offer:
        return self.offers[line.variant_id]

    @property
    def is_shipping_required(self) -> bool:
        return any(self.offer(line).is_shipping_required for line in self.lines)

    def weights(self) -> dict[int, int]:
        """Grams of each seller's parcel, by vendor id; what needs no shipping weighs nothing."""
        weights: dict[int, int] = defaultdict(int)
        for line in self.lines:
            offer = self.offer(line)
            if offer.is_shipping_required:
                weights[offer.vendor_id] += offer.weight_grams * line.quantity
        return dict(sorted(weights.items()))


async def lock(session: AsyncSession, checkout_id: UUID, *, for_deletion: bool = False) -> Cart:
    """Take hold of a checkout. Raises CheckoutGoneError, InactiveChannelError."""
    found = await session.execute(
        _LOCKED_FOR_DELETION if for_deletion else _LOCKED,
        {"checkout_id": checkout_id},
        execution_options={"populate_existing": True},
    )
    row = found.one_or_none()
    if row is None:
        raise CheckoutGoneError
    checkout, channel, method_id, has_deliveries = row
    if not channel.is_active:
        raise InactiveChannelError("This channel is closed: nothing can be bought in it.", field="channel")
    return Cart(checkout, channel, clock.now(), method_id, has_deliveries)


_CHECKOUT = (
    select(
        Checkout,
        Channel,
        CheckoutDelivery.method_id,
        exists().where(CheckoutDelivery.checkout_id == Checkout.id).correlate(Checkout),
    )
    .join(Channel, Channel.id == Checkout.channel_id)
    .outerjoin(CheckoutDelivery, CheckoutDelivery.id == Checkout.delivery_id)
    .where(Checkout.id == bindparam("checkout_id", type_=Uuid))
)
_LOCKED = _CHECKOUT.with_for_update(of=Checkout, key_share=True)
_LOCKED_FOR_DELETION = _CHECKOUT.with_for_update(of=Checkout)


async def load_lines(session: AsyncSession, cart: Cart) -> None:
    """Read the cart's lines, oldest first."""
    lines = await session.scalars(
        select(CheckoutLine)
        .where(CheckoutLine.checkout_id == cart.checkout.id)
        .order_by(CheckoutLine.created_at, CheckoutLine.id),
        execution_options={"populate_existing": True},
    )
    cart.lines = list(lines)


async def load_priced_lines(session: AsyncSession, cart: Cart, *, lock_stocks: bool = False) -> None:
    """Read the cart's lines, oldest first, and work out what each costs where it goes, in one statement.

    A line that is not sold any more keeps its last price: it can't be bought, and the buyer is told so.
    """
    rows = await session.execute(
        _LOCKING_LINES if lock_stocks else _LINES,
        {
            "checkout_id": cart.checkout.id,
            "channel_id": cart.channel.id,
            "country_code": cart.checkout.country_code,
            "day": cart.now.date(),
            "now": cart.now,
        },
        execution_options={"populate_existing": True},
    )
    found = rows.all()
    cart.lines = [row[0] for row in found]
    cart.offers = {row[0].variant_id: offer_of(row) for row in found}
    price_all(cart)


_LINES = (
    with_offers(
        select(CheckoutLine, *OFFER_COLUMNS)
        .select_from(CheckoutLine)
        .join(ProductVariant, ProductVariant.id == CheckoutLine.variant_id)
    )
    .where(CheckoutLine.checkout_id == bindparam("checkout_id", type_=Uuid))
    .order_by(CheckoutLine.created_at, CheckoutLine.id)
)
_LOCKING_LINES = _LINES.add_columns(
    number_locked(
        select(Stock.id)
        .join(CheckoutLine, CheckoutLine.variant_id == Stock.variant_id)
        .where(CheckoutLine.checkout_id == bindparam("checkout_id", type_=Uuid))
        .order_by(Stock.id)
        .with_for_update(of=Stock, key_share=True)
    )
)


def price_all(cart: Cart) -> None:
    """Write into each line what its offer says."""
    for line in cart.lines:
        price_line(line, cart.offer(line), cart.channel.prices_entered_with_tax)


def price_line(line: CheckoutLine, offer: Offer, entered_with_tax: bool) -> None:
    price_minor, undiscounted_minor = offer.price_minor, offer.undiscounted_minor
    if price_minor is None or undiscounted_minor is None:
        return
    if line.price_override_minor is not None:
        price_minor = undiscounted_minor = line.price_override_minor
    totals = line_totals(price_minor, undiscounted_minor, line.quantity, offer.rate_bp, entered_with_tax)
    line.tax_rate_bp = offer.rate_bp
    line.undiscounted_unit_price_minor = undiscounted_minor
    line.unit_gross_minor, line.unit_net_minor = totals.unit.gross_minor, totals.unit.net_minor
    line.total_gross_minor, line.total_net_minor = totals.total.gross_minor, totals.total.net_minor


def add_up(cart: Cart, shipping: Taxed) -> None:
    """Write the checkout's totals: what its lines come to, and its delivery."""
    lines = subtotal(cart)
    cart.checkout.subtotal_gross_minor = lines.gross_minor
    cart.checkout.subtotal_net_minor = lines.net_minor
    set_shipping(cart, shipping)


def subtotal(cart: Cart) -> Taxed:
    """What the lines come to."""
    return total_of(Taxed(line.total_gross_minor, line.total_net_minor) for line in cart.lines)


def set_shipping(cart: Cart, shipping: Taxed) -> None:
    """Write what the delivery costs, and the total with it; the lines are as they were."""
    checkout = cart.checkout
    checkout.shipping_gross_minor = shipping.gross_minor
    checkout.shipping_net_minor = shipping.net_minor
    checkout.total_gross_minor = checkout.subtotal_gross_minor + shipping.gross_minor
    checkout.total_net_minor = checkout.subtotal_net_minor + shipping.net_minor
