"""A cart becomes an order, and splits: one vendor order for each seller, with its lines and its parcel."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checkout.closing import Settled
from marketplace.inventory.allocations import allocate
from marketplace.inventory.reservations import Wanted
from marketplace.kit.announcements import announce
from marketplace.kit.batch import Batch
from marketplace.kit.events import publish
from marketplace.orders.carriage import Carriage, carriage_of
from marketplace.orders.channel_rules import confirms_at_once
from marketplace.orders.discounting import all_reductions, insert_discounts, line_discount
from marketplace.orders.events import OrderPlaced
from marketplace.orders.models import (
    AuthorizeStatus,
    ChargeStatus,
    Order,
    OrderEvent,
    OrderLine,
    OrderStatus,
    VendorOrder,
)
from marketplace.orders.splitting import split
from marketplace.orders.writing import amounts_of, appearances_of, carriage_columns, line_row, part_row
from marketplace.pricing.gift_card_use import spend


async def order_of_checkout(session: AsyncSession, checkout_id: UUID) -> Order | None:
    """The order that a checkout has become."""
    return await session.scalar(select(Order).where(Order.checkout_id == checkout_id))


@dataclass(frozen=True, slots=True)
class Paid:
    """What is promised or paid of an order when it is placed."""

    authorized_minor: int
    charged_minor: int
    authorize_status: AuthorizeStatus
    charge_status: ChargeStatus


async def place(
    session: AsyncSession,
    settled: Settled,
    paid: Paid,
    metadata: Mapping[str, str] | None = None,
    private_metadata: Mapping[str, str] | None = None,
    *,
    waits: bool = False,
) -> Order:
    """Write the order of a settled checkout and sell its pieces. `waits`: it has to be confirmed first,
    though its channel confirms others at once.

    The rest is the caller's: to move the payments over, to discard the checkout, and then to `tell` of it.
    Raises InsufficientStockError, which the settled checkout's locks rule out.
    """
    cart = settled.cart
    carriage = await carriage_of(session, settled)
    order = await _write_order(session, settled, paid, carriage, waits=waits)
    order.public_metadata = {**order.public_metadata, **(metadata or {})}
    order.private_metadata = {**order.private_metadata, **(private_metadata or {})}
    await session.flush()
    parts = split(cart, settled)
    line_ids = {line.id: uuid4() for line in cart.lines}
    reductions = await all_reductions(session, cart)
    appearances = await appearances_of(session, cart)
    batch = Batch()
    batch.insert(VendorOrder, [part_row(order, cart, part, carriage) for part in parts])
    batch.insert(
        OrderLine,
        [
            line_row(
                order,
                cart,
                line,
                line_ids[line.id],
                part_id=part.id,
                position=position,
                appearance=appearances[line.variant_id],
            )
            | line_discount(cart, line, reductions)
            for part in parts
            for position, line in enumerate(cart.lines, 1)
            if cart.offer(line).vendor_id == part.vendor_id
        ],
    )
    confirmed = ("CONFIRMED",) if order.status is not OrderStatus.UNCONFIRMED else ()
    batch.insert(
        OrderEvent,
        [
            {"order_id": order.id, "type": type_, "user_id": cart.checkout.user_id, "at": cart.now}
            for type_ in ("PLACED", *confirmed)
        ],
    )
    insert_discounts(batch, order, settled, reductions, line_ids)
    await batch.write(session)
    if settled.card_uses:
        await spend(session, settled.card_uses, order.id, str(order.number), cart.checkout.user_id)
    await allocate(
        session,
        [
            Wanted(line_ids[line.id], line.variant_id, line.quantity)
            for line in cart.lines
            if cart.offer(line).is_tracked
        ],
        cart.channel,
    )
    return order


async def tell(session: AsyncSession, order: Order) -> None:
    """Tell of a new order, in the house and outside."""
    await publish(session, OrderPlaced(order.id))
    await announce(session, "ORDER_CREATED", order)
    if order.status is not OrderStatus.UNCONFIRMED:
        await announce(session, "ORDER_CONFIRMED", order)


async def _write_order(
    session: AsyncSession, settled: Settled, paid: Paid, carriage: Carriage, *, waits: bool
) -> Order:
    cart, checkout = settled.cart, settled.cart.checkout
    is_confirmed = confirms_at_once(cart.channel) and not waits
    order = Order(
        id=uuid4(),
        status=OrderStatus.UNFULFILLED if is_confirmed else OrderStatus.UNCONFIRMED,
        channel_id=cart.channel.id,
        user_id=checkout.user_id,
        user_email=checkout.email or "",
        checkout_id=checkout.id,
        language_code=checkout.language_code,
        customer_note=checkout.note,
        billing_address_id=checkout.billing_address_id,
        shipping_address_id=checkout.shipping_address_id,
        **carriage_columns(carriage),
        currency=checkout.currency,
        **amounts_of(settled),
        voucher_id=cart.reduction.voucher_id if cart.reduction else None,
        voucher_code=cart.reduction.voucher_code if cart.reduction else None,
        total_authorized_minor=paid.authorized_minor,
        total_charged_minor=paid.charged_minor,
        authorize_status=paid.authorize_status,
        charge_status=paid.charge_status,
        is_tax_exempt=checkout.is_tax_exempt,
        public_metadata=dict(checkout.public_metadata),
        private_metadata=dict(checkout.private_metadata),
        created_at=cart.now,
        updated_at=cart.now,
    )
    session.add(order)
    return order
