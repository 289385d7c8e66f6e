"""What follows an order and need not keep its buyer waiting."""

from uuid import UUID

from sqlalchemy import select

from marketplace.kit.jobs import Work, enqueue, job
from marketplace.orders.models import Order, VendorOrder
from marketplace.people import history
from marketplace.people.models import CustomerEvent, CustomerEventType, User
from marketplace.people.recipients import addresses_to_write_to
from marketplace.vendors.models import VendorMember


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
    told = await work.session.execute(
        select(VendorOrder.id, VendorMember.user_id)
        .join(VendorMember, VendorMember.vendor_id == VendorOrder.vendor_id)
        .join(User, User.id == VendorMember.user_id)
        .where(VendorOrder.order_id == order.id, User.is_active)
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
