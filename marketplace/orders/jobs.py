"""What follows an order and need not keep its buyer waiting."""

from uuid import UUID

from sqlalchemy import select

from marketplace.kit import clock
from marketplace.kit.jobs import Work, enqueue, job
from marketplace.orders.drafts import refresh_draft
from marketplace.orders.models import Order, OrderLine, OrderStatus, VendorOrder, VendorOrderStatus
from marketplace.people import history
from marketplace.people.models import CustomerEvent, CustomerEventType, User
from marketplace.people.recipients import addresses_to_write_to
from marketplace.vendors.models import VendorMember

DRAFTS_AT_ONCE = 100


@job("orders.follow_up")
async def follow_up(work: Work, order_id: UUID) -> None:
    """Write it into the buyer's history; have letters sent to the buyer, to each seller's members, and to
    those of the staff who are written to about each order.
    """
    order = await work.session.get(Order, order_id, with_for_update={"key_share": True})
    if order is None:
        return
    if order.user_id is not None:
        await _note(work, order.user_id, order)
    await enqueue(work.session, "post.order_confirmation", order_id=order.id)
    if order.status is not OrderStatus.UNCONFIRMED:
        await _tell_sellers(work, order)


@job("orders.follow_confirmation")
async def follow_confirmation(work: Work, order_id: UUID) -> None:
    """Staff have confirmed it: have letters sent to the buyer and to each seller's members."""
    order = await work.session.get(Order, order_id)
    if order is None:
        return
    await enqueue(work.session, "post.order_confirmed", order_id=order.id)
    await _tell_sellers(work, order)


@job("orders.refresh_draft")
async def refresh_one_draft(work: Work, order_id: UUID) -> None:
    """Add up a draft that has lost lines."""
    await refresh_draft(work.session, order_id)


@job("orders.refresh_drafts")
async def refresh_drafts(work: Work) -> None:
    """Have lines of drafts whose time is over take the shop's prices: so many drafts at once, the others the
    next time.
    """
    due = await work.session.scalars(
        select(OrderLine.order_id)
        .where(OrderLine.price_frozen_until <= clock.now())
        .order_by(OrderLine.price_frozen_until)
        .limit(DRAFTS_AT_ONCE)
    )
    for order_id in sorted(set(due)):
        await refresh_draft(work.session, order_id)


async def _tell_sellers(work: Work, order: Order) -> None:
    told = await work.session.execute(
        select(VendorOrder.id, VendorMember.user_id)
        .join(VendorMember, VendorMember.vendor_id == VendorOrder.vendor_id)
        .join(User, User.id == VendorMember.user_id)
        .where(
            VendorOrder.order_id == order.id,
            VendorOrder.status != VendorOrderStatus.CANCELED,
            User.is_active,
        )
        .order_by(VendorOrder.position, VendorMember.user_id)
    )
    for vendor_order_id, user_id in told:
        await enqueue(work.session, "post.new_order", vendor_order_id=vendor_order_id, user_id=user_id)
    for recipient_id, _, _ in await addresses_to_write_to(work.session):
        await enqueue(work.session, "post.staff_order", order_id=order.id, recipient_id=recipient_id)


async def _note(work: Work, user_id: int, order: Order) -> None:
    """Once, though the job be told twice."""
    wanted = [CustomerEventType.PLACED_ORDER]
    if order.customer_note:
        wanted.append(CustomerEventType.NOTE_ADDED_TO_ORDER)
    noted = await work.session.scalars(
        select(CustomerEvent.type).where(CustomerEvent.user_id == user_id, CustomerEvent.order_id == order.id)
    )
    already = set(noted)
    for event_type in [event for event in wanted if event not in already]:
        message = order.customer_note if event_type is CustomerEventType.NOTE_ADDED_TO_ORDER else None
        await history.record(work.session, user_id, event_type, order_id=order.id, message=message)
