"""The last look at a checkout before it becomes an order: everything is checked again, under its lock."""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout import app_taxes, carts
from marketplace.checkout.carts import Cart
from marketplace.checkout.discounts import follow_delivery, reduce_delivery, reduce_lines
from marketplace.checkout.errors import (
    BillingAddressNotSetError,
    DeliveryNotOfferedError,
    DeliveryNotSetError,
    EmailNotSetError,
    NoLinesError,
    ShippingAddressNotSetError,
)
from marketplace.checkout.lines import check_stock
from marketplace.checkout.models import Checkout
from marketplace.checkout.offered_deliveries import OfferedDelivery, offered_deliveries
from marketplace.checkout.offers import check_buyable
from marketplace.checkout.rewards import lock_with_gift
from marketplace.checkout.service import check_address_again
from marketplace.checkout.totals import NOTHING, Taxed, share_of
from marketplace.people.models import Address
from marketplace.pricing.errors import GiftCardNotApplicableError
from marketplace.pricing.gift_card_use import CardUse, is_good, lock_cards, uses_of
from marketplace.pricing.gift_cards import GiftCard
from marketplace.pricing.voucher_use import redeem


@dataclass(frozen=True, slots=True)
class Settled:
    """A cart that can become an order, at today's prices, its stocks locked."""

    cart: Cart
    subtotal: Taxed
    """Of all goods, after discounts."""
    delivery: OfferedDelivery | None
    """After discounts. None where nothing is shipped."""
    card_uses: tuple[CardUse, ...] = ()
    """What gift cards pay; they are locked."""

    @property
    def shipping(self) -> Taxed:
        return self.delivery.price if self.delivery else NOTHING

    @property
    def whole(self) -> Taxed:
        """Goods and delivery, however they are paid: what the sellers' parts come to."""
        return self.subtotal + self.shipping

    @property
    def gift_card_minor(self) -> int:
        return sum(use.amount_minor for use in self.card_uses)

    @property
    def total(self) -> Taxed:
        """What is left to pay after gift cards."""
        return share_of(self.whole, self.whole.gross_minor - self.gift_card_minor)


async def settle(session: AsyncSession, checkout_id: UUID) -> Settled:
    """Lock a checkout and its stocks, and see that all is there, for sale, and can travel.

    Prices and delivery are worked out anew: what they come to now is what the order costs. Raises
    CheckoutGoneError, InactiveChannelError, EmailNotSetError, NoLinesError, VariantNotInChannelError,
    NotPublishedError, NotForSaleError, ShippingAddressNotSetError, DeliveryNotSetError,
    DeliveryNotOfferedError, BillingAddressNotSetError, Errors (addresses), InsufficientStockError,
    VoucherNotApplicableError, GiftCardNotApplicableError; TaxesUnknownError, before anything else is written
    than prices, where an app has to be asked first.

    A use of the voucher is counted here. Locks are taken in one order: checkout, stocks, voucher, gift cards.
    """
    cart = await carts.lock(session, checkout_id, for_deletion=True)
    if not cart.checkout.email:
        raise EmailNotSetError("Whom shall we write to? The checkout has no e-mail address.", field="email")
    await _price_under_locks(session, cart)
    if not cart.goods:
        raise NoLinesError("There is nothing in the cart.", field="lines")
    check_buyable([cart.offer(line) for line in cart.goods])
    await reduce_lines(session, cart, strictly=True)
    delivery = await _delivery(session, cart)
    if await follow_delivery(session, cart, delivery, strictly=True):
        delivery = await _delivery(session, cart)
    delivery = app_taxes.of_delivery(cart, reduce_delivery(cart, delivery, strictly=True))
    app_taxes.check(cart)
    await _check_addresses(session, cart)
    await check_stock(session, cart)
    if cart.voucher is not None:
        await redeem(session, cart.voucher, cart.checkout.email)
    settled = Settled(cart, carts.subtotal(cart), delivery)
    if not cart.gift_cards:
        return settled
    cards = await _locked_cards(session, cart)
    return replace(settled, card_uses=tuple(uses_of(cards, settled.whole.gross_minor)))


async def _locked_cards(session: AsyncSession, cart: Cart) -> list[GiftCard]:
    """The cart's gift cards, locked, in the order in which they pay. Raises GiftCardNotApplicableError."""
    locked = await lock_cards(session, [card.id for card in cart.gift_cards])
    cards = [locked[card.id] for card in cart.gift_cards if card.id in locked]
    closed = next((card for card in cards if not is_good(card, cart.now)), None)
    if closed is not None or len(cards) < len(cart.gift_cards):
        which = f" that ends with {closed.code[-4:]}" if closed else ""
        raise GiftCardNotApplicableError(
            f"The gift card{which} can't be used any more. Please take it out.", field="giftCards"
        )
    return cards


async def discard(session: AsyncSession, cart: Cart) -> None:
    """Delete a checkout that has become an order, with all that hangs on it."""
    for row in (*cart.lines, cart.checkout):
        session.expunge(row)
    await session.execute(
        delete(Checkout).where(Checkout.id == cart.checkout.id),
        execution_options={"synchronize_session": False},
    )


async def _price_under_locks(session: AsyncSession, cart: Cart) -> None:
    """Read the cart's lines at today's prices, with their stocks locked, and that of a gift it may earn."""
    if not cart.may_be_rewarded:
        await carts.load_priced_lines(session, cart, lock_stocks=True)
        return
    await carts.load_lines(session, cart)
    await lock_with_gift(session, cart)
    carts.price_all(cart)


async def _delivery(session: AsyncSession, cart: Cart) -> OfferedDelivery | None:
    """What carries the goods today; None where nothing is shipped."""
    if not cart.is_shipping_required:
        return None
    if cart.checkout.shipping_address_id is None:
        raise ShippingAddressNotSetError("Say where it goes, please.", field="shippingAddress")
    if cart.chosen_method_id is None:
        raise DeliveryNotSetError("Choose how it travels, please.", field="shippingMethod")
    offered = await offered_deliveries(session, cart, cart.chosen_method_id, strictly=True)
    if not offered or offered[0].refusal is not None:
        why = (offered and offered[0].refusal) or "The delivery you chose is not offered any more."
        raise DeliveryNotOfferedError(f"{why} Please choose again.", field="shippingMethod")
    return offered[0]


async def _check_addresses(session: AsyncSession, cart: Cart) -> None:
    checkout = cart.checkout
    if checkout.billing_address_id is None:
        raise BillingAddressNotSetError("Say who is billed, please.", field="billingAddress")
    ids = [checkout.billing_address_id, checkout.shipping_address_id or checkout.billing_address_id]
    kept = await session.scalars(_ADDRESSES, {"ids": ids})
    for address in kept:
        if address.id == checkout.billing_address_id:
            check_address_again(address, "BILLING")
        elif cart.is_shipping_required:
            check_address_again(address, "SHIPPING")


_ADDRESSES = select(Address).where(Address.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))))
