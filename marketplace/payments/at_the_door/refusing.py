"""A parcel that its buyer did not take: who is told of it."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.jobs import enqueue
from marketplace.orders.letters import OrderLetter, write_to_buyer
from marketplace.orders.models import Order, VendorOrder
from marketplace.payments.at_the_door.confirming import TELL_SELLERS

REFUSED = "REFUSED"


async def tell_of_refusal(session: AsyncSession, part: VendorOrder) -> None:
    """Its pieces are back on their shelf: its seller's members and its buyer, who owes nothing, are told."""
    order = await session.get_one(Order, part.order_id)
    number = f"{order.number}-{part.position}"
    await write_to_buyer(session, order, OrderLetter.PARCEL_REFUSED, None, said=number)
    await enqueue(session, TELL_SELLERS, vendor_order_id=part.id, why=REFUSED)
