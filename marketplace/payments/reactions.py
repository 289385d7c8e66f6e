"""What payments do when they are told of something: the money follows the parcel."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.events import subscribe
from marketplace.orders.events import (
    OrderConfirmed,
    OrderRewritten,
    VendorOrderCanceled,
    VendorOrderDelivered,
    VendorOrderRefused,
)
from marketplace.orders.models import Order, VendorOrder
from marketplace.payments import cash, gift_cards, repaid
from marketplace.payments.at_the_door import buyers, confirming
from marketplace.payments.at_the_door.refusing import tell_of_refusal
from marketplace.payments.events import OrderPaymentsFollowed
from marketplace.payments.models import CashStatus
from marketplace.payments.transactions import refresh_order


@subscribe(OrderRewritten)
async def follow_total(session: AsyncSession, event: OrderRewritten) -> None:
    """What is promised at the door, and how much of the total is covered, follow what the order costs now."""
    order = await session.get_one(Order, event.order_id)
    if event.was_sold:
        await cash.promise_anew(session, order)
    await refresh_order(session, order)


@subscribe(OrderConfirmed)
async def staff_answer_for_buyer(session: AsyncSession, event: OrderConfirmed) -> None:
    await confirming.staff_have_confirmed(session, event.order_id, event.user_id)


@subscribe(VendorOrderDelivered)
async def collect_cash(session: AsyncSession, event: VendorOrderDelivered) -> None:
    part = await session.get_one(VendorOrder, event.vendor_order_id)
    if await cash.collect(session, part):
        await buyers.follow(session, part.order_id, CashStatus.COLLECTED)


@subscribe(VendorOrderRefused)
async def expect_nothing_of_refused(session: AsyncSession, event: VendorOrderRefused) -> None:
    """Its seller and its buyer are written to: pieces come back, and nothing is owed."""
    part = await session.get_one(VendorOrder, event.vendor_order_id)
    if await cash.give_up(session, part, CashStatus.REFUSED):
        await buyers.follow(session, part.order_id, CashStatus.REFUSED)
    await gift_cards.give_back(session, part)
    await tell_of_refusal(session, part)


@subscribe(VendorOrderCanceled)
async def expect_nothing_of_canceled(session: AsyncSession, event: VendorOrderCanceled) -> None:
    part = await session.get_one(VendorOrder, event.vendor_order_id)
    if await cash.give_up(session, part, CashStatus.CANCELED):
        await buyers.follow(session, part.order_id, CashStatus.CANCELED)
    await gift_cards.give_back(session, part)
    await confirming.called_off(session, part.order_id)


@subscribe(OrderPaymentsFollowed)
async def follow_repayments(session: AsyncSession, event: OrderPaymentsFollowed) -> None:
    """What sellers bear of refunds follows what gateways pay back."""
    await repaid.follow(session, event.order_id)
