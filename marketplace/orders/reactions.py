"""What orders do when a room tells of something."""

from sqlalchemy import any_, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import BigInteger

from marketplace.catalog.events import VariantsWithdrawn
from marketplace.kit.events import subscribe
from marketplace.kit.jobs import enqueue
from marketplace.orders.events import OrderPlaced
from marketplace.orders.models import Order, OrderLine, OrderStatus
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


@subscribe(VariantsWithdrawn)
async def take_out_of_drafts(session: AsyncSession, event: VariantsWithdrawn) -> None:
    """Drafts lose what is about to be deleted, and are added up anew after the commit.

    Orders that were placed keep what they say of it.
    """
    if event.channel_ids is not None:
        return
    variants = bindparam("variants", list(event.variant_ids), ARRAY(BigInteger))
    drafts = select(Order.id).where(Order.id == OrderLine.order_id, Order.status == OrderStatus.DRAFT)
    gone = delete(OrderLine).where(OrderLine.variant_id == any_(variants), drafts.exists())
    found = await session.scalars(
        gone.returning(OrderLine.order_id), execution_options={"synchronize_session": False}
    )
    for order_id in sorted(set(found)):
        await enqueue(session, "orders.refresh_draft", order_id=order_id)
