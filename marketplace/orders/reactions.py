"""What orders do when a room tells of something."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.events import subscribe
from marketplace.kit.jobs import enqueue
from marketplace.orders.events import OrderPlaced
from marketplace.orders.models import Order
from marketplace.people.events import EmailProven


@subscribe(OrderPlaced)
async def follow_up(session: AsyncSession, event: OrderPlaced) -> None:
    """Letters and history, after the commit."""
    await enqueue(session, "orders.follow_up", order_id=event.order_id)


@subscribe(EmailProven)
async def bring_in_guest_orders(session: AsyncSession, event: EmailProven) -> None:
    """What was ordered as a guest under an address is its owner's, once they have shown that it is theirs."""
    await session.execute(
        update(Order)
        .where(Order.user_email.in_({event.email, event.email.lower()}), Order.user_id.is_(None))
        .values(user_id=event.user_id)
    )
