"""The last look at a checkout before it becomes an order: everything is checked again, under its lock."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout import carts, deliveries
from marketplace.checkout.carts import Cart
from marketplace.checkout.deliveries import OfferedDelivery
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
from marketplace.checkout.offers import check_buyable
from marketplace.checkout.service import check_address_again
from marketplace.checkout.totals import NOTHING, Taxed
from marketplace.people.models import Address


@dataclass(frozen=True, slots=True)
class Settled:
    """A cart that can become an order, at today's prices, its stocks locked."""

    cart: Cart
    subtotal: Taxed
    delivery: OfferedDelivery | None
    """None where nothing is shipped."""

    @property
    def shipping(self) -> Taxed:
        return self.delivery.price if self.delivery else NOTHING

    @property
    def total(self) -> Taxed:
        return self.subtotal + self.shipping


async def settle(session: AsyncSession, checkout_id: UUID) -> Settled:
    """Lock a checkout and its stocks, and see that all is there, for sale, and can travel.

    Prices and delivery are worked out anew: what they come to now is what the order costs. Raises
    CheckoutGoneError, InactiveChannelError, EmailNotSetError, NoLinesError, VariantNotInChannelError,
    NotPublishedError, NotForSaleError, ShippingAddressNotSetError, DeliveryNotSetError,
    DeliveryNotOfferedError, BillingAddressNotSetError, Errors (addresses), InsufficientStockError.
    """
    cart = await carts.lock(session, checkout_id, for_deletion=True)
    if not cart.checkout.email:
        raise EmailNotSetError("Whom shall we write to? The checkout has no e-mail address.", field="email")
    await carts.load_priced_lines(session, cart, lock_stocks=True)
    if not cart.lines:
        raise NoLinesError("There is nothing in the cart.", field="lines")
    check_buyable([cart.offer(line) for line in cart.lines])
    delivery = await _delivery(session, cart) if cart.is_shipping_required else None
    await _check_addresses(session, cart)
    await check_stock(session, cart)
    return Settled(cart, carts.subtotal(cart), delivery)


async def discard(session: AsyncSession, cart: Cart) -> None:
    """Delete a checkout that has become an order, with all that hangs on it."""
    for row in (*cart.lines, cart.checkout):
        session.expunge(row)
    await session.execute(
        delete(Checkout).where(Checkout.id == cart.checkout.id),
        execution_options={"synchronize_session": False},
    )


async def _delivery(session: AsyncSession, cart: Cart) -> OfferedDelivery:
    if cart.checkout.shipping_address_id is None:
        raise ShippingAddressNotSetError("Say where it goes, please.", field="shippingAddress")
    if cart.chosen_method_id is None:
        raise DeliveryNotSetError("Choose how it travels, please.", field="shippingMethod")
    offered = await deliveries.offered_deliveries(session, cart, cart.chosen_method_id)
    if not offered:
        raise DeliveryNotOfferedError(
            "The delivery you chose is not offered any more. Please choose again.", field="shippingMethod"
        )
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
