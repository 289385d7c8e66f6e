"""A draft becomes an order: looked at again as a checkout is, split among its sellers, its pieces sold."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.address_book import remember
from marketplace.checkout.offers import Offer
from marketplace.kit.errors import DomainError, InvalidError
from marketplace.kit.ids import to_global_id
from marketplace.orders.baskets import NO_VARIANT, Basket, open_basket
from marketplace.orders.channel_rules import confirms_at_once
from marketplace.orders.editing import clear_delivery
from marketplace.orders.history import note
from marketplace.orders.locks import lock_whole
from marketplace.orders.models import Order, OrderStatus
from marketplace.orders.placing import tell
from marketplace.orders.rewriting import price, write
from marketplace.people.models import Address, User
from marketplace.pricing.errors import VoucherNotApplicableError
from marketplace.pricing.voucher_use import redeem


async def complete_draft(session: AsyncSession, order_id: UUID, user_id: int | None) -> Order:
    """Make an order of a draft. How it is paid is settled later.

    A use of its voucher is counted here, as for a checkout's. Locks are taken in the same order: the order,
    stocks, voucher. Raises NotFoundError, InvalidError, DomainError, DeliveryNotOfferedError, Errors
    (InsufficientStockError).
    """
    order, parts = await lock_whole(session, order_id)
    if order.status is not OrderStatus.DRAFT:
        raise InvalidError("This is no draft.", field="id")
    basket = await open_basket(session, order, parts, lock_stocks=True)
    await _settle_customer(session, order)
    _check(basket)
    if not basket.is_shipping_required:
        await _forget_delivery(session, basket)
    try:
        settled = await price(session, basket, strictly=True, is_carried=True)
        if basket.voucher is not None:
            await redeem(session, basket.voucher, order.user_email)
    except VoucherNotApplicableError as refused:
        raise DomainError(refused.message, field="voucherCode", code="INVALID_VOUCHER_CODE") from refused
    confirmed = confirms_at_once(basket.channel)
    order.status = OrderStatus.UNFULFILLED if confirmed else OrderStatus.UNCONFIRMED
    await write(session, basket, settled)
    note(session, order, "PLACED_FROM_DRAFT", user_id)
    if confirmed:
        note(session, order, "CONFIRMED", user_id)
    await remember(
        session,
        order.user_id,
        shipping_address_id=order.shipping_address_id if order.saves_shipping_address else None,
        billing_address_id=order.billing_address_id if order.saves_billing_address else None,
    )
    await session.flush()
    await tell(session, order)
    return order


async def _settle_customer(session: AsyncSession, order: Order) -> None:
    """An account's address is the account's; an address that is an account's makes the order theirs."""
    if order.user_id is not None:
        user = await session.get(User, order.user_id)
        order.user_email = user.email if user else order.user_email
    elif order.user_email:
        order.user_id = await session.scalar(
            select(User.id).where(func.lower(User.email) == order.user_email.lower(), User.is_active)
        )


def _check(basket: Basket) -> None:
    """All that an order must have, in the order in which Saleor asks for it. Raises DomainError."""
    order = basket.order
    if order.billing_address_id is None:
        raise DomainError("Say who is billed.", field="order", code="BILLING_ADDRESS_NOT_SET")
    if basket.is_shipping_required:
        if order.shipping_address_id is None:
            raise DomainError("Say where it goes.", field="order", code="ORDER_NO_SHIPPING_ADDRESS")
        if order.shipping_method_id is None:
            raise DomainError("Say how it travels.", field="shipping", code="SHIPPING_METHOD_REQUIRED")
    if not basket.goods:
        raise DomainError("There is nothing in it.", field="lines", code="REQUIRED")
    found = [basket.offer(line) for line in basket.goods]
    gone = [line.id for line in basket.goods if line.variant_id == NO_VARIANT]
    if gone:
        names = [to_global_id("OrderLine", key) for key in gone]
        raise DomainError(
            "Some of it does not exist any more.", field="lines", code="NOT_FOUND", order_lines=names
        )
    _refuse([one for one in found if not one.is_live], "PRODUCT_NOT_PUBLISHED")
    _refuse([one for one in found if not one.is_for_sale], "PRODUCT_UNAVAILABLE_FOR_PURCHASE")
    if not basket.channel.is_active:
        raise DomainError("This channel is closed.", field="channel", code="CHANNEL_INACTIVE")


def _refuse(refused: list[Offer], code: str) -> None:
    if refused:
        variants = [to_global_id("ProductVariant", offer.variant_id) for offer in refused]
        raise DomainError(
            "Some of it can't be bought in this channel now.", field="lines", code=code, variants=variants
        )


async def _forget_delivery(session: AsyncSession, basket: Basket) -> None:
    """Nothing is shipped: no delivery, no address to deliver to."""
    order = basket.order
    clear_delivery(order)
    basket.chosen_method_id = None
    if order.shipping_address_id is not None and order.shipping_address_id != order.billing_address_id:
        address = await session.get(Address, order.shipping_address_id)
        order.shipping_address_id = basket.checkout.shipping_address_id = None
        await session.flush()
        if address is not None and address.user_id is None:
            await session.delete(address)
