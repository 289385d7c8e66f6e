"""A checkout, locked and in hand: its lines, and what they cost today."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    String,
    Uuid,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.models import ProductVariant
from marketplace.checkout import app_taxes
from marketplace.checkout.app_methods import MethodKey
from marketplace.checkout.errors import CheckoutGoneError
from marketplace.checkout.models import Checkout, CheckoutDelivery, CheckoutGiftCard, CheckoutLine
from marketplace.checkout.offers import OFFER_COLUMNS, Offer, offer_of, up_to_date, with_offers
from marketplace.checkout.shipping_answers import CheckoutShippingAnswer
from marketplace.checkout.totals import Taxed, line_totals, share_of, total_of
from marketplace.inventory.availability import number_locked
from marketplace.inventory.models import Stock
from marketplace.inventory.reservations import give_up
from marketplace.kit import clock
from marketplace.markets.errors import InactiveChannelError
from marketplace.markets.models import Channel
from marketplace.markets.shop_settings import shop_setting
from marketplace.pricing.errors import VoucherNotApplicableError
from marketplace.pricing.gift_card_use import is_good
from marketplace.pricing.gift_cards import GiftCard
from marketplace.pricing.order_promotions import order_promotions_in_force
from marketplace.pricing.voucher_use import UsableVoucher, usable_voucher

if TYPE_CHECKING:
    from marketplace.checkout.app_taxes import AppTaxes
    from marketplace.checkout.discounts import Reduction


@dataclass(slots=True)
class Cart:
    """What every change of a checkout works on. Made by `lock` only: nobody else changes it meanwhile.

    An order that staff change is priced as a cart, too (`orders.baskets`): such a one is in no table.
    """

    checkout: Checkout
    channel: Channel
    now: datetime
    minutes_kept: int = 0
    """How long its pieces are kept for it, counted from its last change; 0: not at all."""
    chosen_method_id: MethodKey | None = None
    """The shipping method of the chosen delivery."""
    has_deliveries: bool = False
    """Whether delivery options have been worked out and kept."""
    has_answers: bool = False
    """Whether apps have been asked how it can travel."""
    lines: list[CheckoutLine] = field(default_factory=list)
    offers: Mapping[int, Offer] = field(default_factory=dict)
    """By variant, once the lines are priced."""
    voucher: UsableVoucher | None = None
    """The voucher of the checkout's promo code, if it is good today."""
    gift_cards: list[GiftCard] = field(default_factory=list)
    """Those that shall pay, in the order in which they were added."""
    may_be_rewarded: bool = False
    """Whether an order promotion is in force in the channel, or has given the cart a gift."""
    delivery_minor: int = 0
    """The price of the chosen delivery, as entered, that order promotions reckon with."""
    locked_variants: frozenset[int] | None = None
    """Those whose stocks are locked, once that is so: no other gift is given then."""
    reduction: "Reduction | None" = None
    """What `discounts` has taken off the cart."""
    refusal: VoucherNotApplicableError | None = None
    """Why a voucher was taken out of the checkout just now."""
    taxes: "AppTaxes | None" = None
    """Where an app works out taxes: what it has said of them."""

    @property
    def is_kept(self) -> bool:
        """Whether its lines are rows of the database."""
        return True

    @property
    def kind(self) -> str:
        """Of which class it is a row: an order may be a cart, too."""
        return "Checkout"

    def discounts_of_whole(self) -> list["Reduction"]:
        """What is taken off its goods as a whole, and not off single lines."""
        found = self.reduction
        return [found] if found is not None and found.by_line and not found.is_per_line else []

    def offer(self, line: CheckoutLine) -> Offer:
        return self.offers[line.variant_id]

    @property
    def estimated_shipping_rate_bp(self) -> int:
        """What its delivery is taken to be taxed at as long as an app has not said it."""
        return 0

    def estimate(self, shipping: Taxed) -> Taxed:
        """Price its lines as well as can be done before an app has said what they are taxed; gives what its
        delivery comes to. Prices of a cart are without tax then, as in Saleor.
        """
        return shipping

    def takes_voucher(self, line: CheckoutLine) -> bool:
        """Whether a voucher may reduce this very line."""
        return self.price(line) is not None

    @property
    def goods(self) -> list[CheckoutLine]:
        """What its buyer has put into it."""
        return [line for line in self.lines if not line.is_gift]

    @property
    def gift(self) -> CheckoutLine | None:
        """What an order promotion has put into it."""
        return next((line for line in self.lines if line.is_gift), None)

    @property
    def gift_variant_id(self) -> int | None:
        return self.gift.variant_id if self.gift else None

    def price(self, line: CheckoutLine) -> int | None:
        """Of one piece after promotions of the catalogue, as entered; None where it is not sold any more."""
        offer = self.offers.get(line.variant_id)
        if offer is None or offer.price_minor is None or line.price_override_minor is None:
            return offer.price_minor if offer else None
        return offer.charged(line.price_override_minor)

    def bases(self) -> dict[UUID, int]:
        """What each line that is still sold comes to before discounts of the cart; gifts are none of them."""
        return {
            line.id: price_minor * line.quantity
            for line in self.goods
            if (price_minor := self.price(line)) is not None
        }

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
    now = clock.now()
    found = await session.execute(
        _LOCKED_FOR_DELETION if for_deletion else _LOCKED,
        {"checkout_id": checkout_id, "now": now},
        execution_options={"populate_existing": True},
    )
    row = found.one_or_none()
    if row is None:
        raise CheckoutGoneError
    checkout, channel, method_id, delivery_minor, has_deliveries, has_answers, may_be_rewarded, minutes = row
    if not channel.is_active:
        raise InactiveChannelError("This channel is closed: nothing can be bought in it.", field="channel")
    cart = Cart(
        checkout,
        channel,
        now,
        minutes,
        int(method_id) if method_id is not None and method_id.isdecimal() else method_id,
        has_deliveries,
        has_answers,
        may_be_rewarded=may_be_rewarded,
        delivery_minor=delivery_minor or 0,
    )
    if checkout.voucher_code is not None:
        cart.voucher = await find_voucher(session, cart, [checkout.voucher_code])
    if checkout.uses_gift_cards:
        await load_gift_cards(session, cart)
    return cart


REWARDS_IN_FORCE = order_promotions_in_force(Channel.id, bindparam("now", type_=DateTime(timezone=True)))
"""Whether carts of a channel may earn a reward. Parameter: `now`."""


def minutes_kept(is_guest: ColumnElement[bool]) -> ColumnElement[int]:
    """How long a channel's checkouts keep their pieces: as the shop says, or else the channel."""
    chosen = case(
        (is_guest, shop_setting("reserve_stock_duration_anonymous_user")),
        else_=shop_setting("reserve_stock_duration_authenticated_user"),
    )
    return func.coalesce(chosen, Channel.reserve_stock_minutes, type_=BigInteger())


_CHECKOUT = (
    select(
        Checkout,
        Channel,
        func.coalesce(CheckoutDelivery.app_method_id, cast(CheckoutDelivery.method_id, String)),
        CheckoutDelivery.price_minor,
        exists().where(CheckoutDelivery.checkout_id == Checkout.id).correlate(Checkout),
        exists().where(CheckoutShippingAnswer.owner_id == Checkout.id).correlate(Checkout),
        or_(
            REWARDS_IN_FORCE,
            exists().where(CheckoutLine.checkout_id == Checkout.id, CheckoutLine.is_gift).correlate(Checkout),
        ),
        minutes_kept(Checkout.user_id.is_(None)),
    )
    .join(Channel, Channel.id == Checkout.channel_id)
    .outerjoin(CheckoutDelivery, CheckoutDelivery.id == Checkout.delivery_id)
    .where(Checkout.id == bindparam("checkout_id", type_=Uuid))
)
_LOCKED = _CHECKOUT.with_for_update(of=Checkout, key_share=True)
_LOCKED_FOR_DELETION = _CHECKOUT.with_for_update(of=Checkout)


async def find_voucher(session: AsyncSession, cart: Cart, codes: Sequence[str]) -> UsableVoucher | None:
    """The voucher of the first of some spellings of a promo code that is good today in the cart's channel."""
    checkout = cart.checkout
    return await usable_voucher(
        session,
        codes,
        channel_id=cart.channel.id,
        language_code=checkout.language_code,
        email=checkout.email,
        user_id=checkout.user_id,
        now=cart.now,
    )


async def load_gift_cards(session: AsyncSession, cart: Cart) -> None:
    """Read the gift cards that shall pay for the cart, in the order in which they were added."""
    found = await session.scalars(
        _GIFT_CARDS, {"checkout_id": cart.checkout.id}, execution_options={"populate_existing": True}
    )
    cart.gift_cards = list(found)


_GIFT_CARDS = (
    select(GiftCard)
    .join(CheckoutGiftCard, CheckoutGiftCard.gift_card_id == GiftCard.id)
    .where(CheckoutGiftCard.checkout_id == bindparam("checkout_id", type_=Uuid))
    .order_by(CheckoutGiftCard.id)
)


async def load_lines(session: AsyncSession, cart: Cart) -> None:
    """Read the cart's lines, oldest first, a gift last."""
    lines = await session.scalars(
        select(CheckoutLine)
        .where(CheckoutLine.checkout_id == cart.checkout.id)
        .order_by(CheckoutLine.is_gift, CheckoutLine.created_at, CheckoutLine.id),
        execution_options={"populate_existing": True},
    )
    cart.lines = list(lines)


async def load_priced_lines(session: AsyncSession, cart: Cart, *, lock_stocks: bool = False) -> None:
    """Read the cart's lines, in the same order, and work out what each costs where it goes, in one statement.

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
            "is_exempt": bool(cart.checkout.is_tax_exempt),
        },
        execution_options={"populate_existing": True},
    )
    found = rows.all()
    cart.lines = [row[0] for row in found]
    stored = {row[0].variant_id: offer_of(row) for row in found}
    cart.offers = await up_to_date(session, stored, cart.channel.id, cart.now)
    await app_taxes.recall(session, cart)
    price_all(cart)


_LINES = (
    with_offers(
        select(CheckoutLine, *OFFER_COLUMNS)
        .select_from(CheckoutLine)
        .join(ProductVariant, ProductVariant.id == CheckoutLine.variant_id)
    )
    .where(CheckoutLine.checkout_id == bindparam("checkout_id", type_=Uuid))
    .order_by(CheckoutLine.is_gift, CheckoutLine.created_at, CheckoutLine.id)
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
    if line.is_gift:
        price_minor = 0
    elif line.price_override_minor is not None:
        price_minor = undiscounted_minor = offer.charged(line.price_override_minor)
    totals = line_totals(price_minor, undiscounted_minor, line.quantity, offer.rate_bp, entered_with_tax)
    line.tax_rate_bp = offer.rate_bp
    line.undiscounted_unit_price_minor = undiscounted_minor
    line.unit_gross_minor, line.unit_net_minor = totals.unit.gross_minor, totals.unit.net_minor
    line.total_gross_minor, line.total_net_minor = totals.total.gross_minor, totals.total.net_minor
    line.discount_minor = 0


async def take_out(session: AsyncSession, cart: Cart, line_ids: Collection[UUID]) -> None:
    """Delete lines of a cart, with what is kept for them."""
    if not line_ids:
        return
    if not cart.is_kept:
        cart.lines = [line for line in cart.lines if line.id not in line_ids]
        return
    await give_up(session, line_ids)
    await session.execute(
        delete(CheckoutLine).where(CheckoutLine.id.in_(line_ids)),
        execution_options={"synchronize_session": False},
    )
    for line in cart.lines:
        if line.id in line_ids:
            session.expunge(line)
    cart.lines = [line for line in cart.lines if line.id not in line_ids]


def add_up(cart: Cart, shipping: Taxed) -> None:
    """Write the checkout's totals: what its lines come to, and its delivery, taxed as an app has said, where
    one is asked.
    """
    shipping = app_taxes.apply(cart, shipping)
    lines = subtotal(cart)
    cart.checkout.subtotal_gross_minor = lines.gross_minor
    cart.checkout.subtotal_net_minor = lines.net_minor
    set_shipping(cart, shipping)


def subtotal(cart: Cart) -> Taxed:
    """What the lines come to."""
    return total_of(Taxed(line.total_gross_minor, line.total_net_minor) for line in cart.lines)


def set_shipping(cart: Cart, shipping: Taxed) -> None:
    """Write what the delivery costs, and what is left to pay of all; the lines are as they were."""
    checkout = cart.checkout
    checkout.shipping_gross_minor = shipping.gross_minor
    checkout.shipping_net_minor = shipping.net_minor
    set_total(cart)


def set_total(cart: Cart) -> None:
    """Write what is left to pay of goods and delivery after gift cards."""
    checkout = cart.checkout
    whole = Taxed(
        checkout.subtotal_gross_minor + checkout.shipping_gross_minor,
        checkout.subtotal_net_minor + checkout.shipping_net_minor,
    )
    checkout.gift_card_minor = min(whole.gross_minor, gift_card_balance(cart))
    left = share_of(whole, whole.gross_minor - checkout.gift_card_minor)
    checkout.total_gross_minor, checkout.total_net_minor = left.gross_minor, left.net_minor


def gift_card_balance(cart: Cart) -> int:
    """What is on the cart's gift cards that are good today."""
    return sum(card.current_balance_minor for card in cart.gift_cards if is_good(card, cart.now))
