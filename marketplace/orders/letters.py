"""Letters to whoever ordered, of what becomes of the order. The post room writes and sends them."""

from enum import StrEnum
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.jobs import enqueue
from marketplace.orders.models import Order, OrderEvent

JOB = "post.about_order"


class OrderLetter(StrEnum):
    """What a letter is about: the names of its templates."""

    PARCEL_SENT = "parcel_sent"
    PARCEL_TRACKING = "parcel_tracking"
    ORDER_CANCELED = "order_canceled"
    ORDER_REFUNDED = "order_refunded"
    PARCEL_REFUSED = "parcel_refused"
    INVOICE = "invoice"


_EMAIL_TYPES = {
    OrderLetter.PARCEL_SENT: "FULFILLMENT_CONFIRMATION",
    OrderLetter.PARCEL_TRACKING: "TRACKING_UPDATED",
    OrderLetter.ORDER_CANCELED: "ORDER_CANCEL",
    OrderLetter.ORDER_REFUNDED: "ORDER_REFUND",
}
"""What Saleor's OrderEventsEmailsEnum calls them. That an invoice was sent is an event of its own."""


async def write_to_buyer(
    session: AsyncSession,
    order: Order,
    letter: OrderLetter,
    user_id: int | None,
    *,
    about: int | None = None,
    said: str = "",
) -> None:
    """Have a letter sent, and say so in the order's history: if there is an address to send it to.

    `about` is the key of the parcel or the invoice, `said` what the letter says of it: a tracking number, an
    amount in minor units.
    """
    if not order.user_email:
        return
    if letter in _EMAIL_TYPES:
        told = {"email": order.user_email, "email_type": _EMAIL_TYPES[letter]}
        session.add(OrderEvent(order_id=order.id, type="EMAIL_SENT", user_id=user_id, parameters=told))
        await session.flush()
    await enqueue(session, JOB, letter_id=uuid4(), letter=letter, order_id=order.id, about=about, said=said)
