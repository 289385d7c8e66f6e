"""What happened to customers, for the staff who help them."""

from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.people.models import CustomerEvent, CustomerEventType


async def record(
    session: AsyncSession,
    user_id: int,
    event_type: CustomerEventType,
    *,
    message: str | None = None,
    order_id: UUID | None = None,
    count: int | None = None,
) -> None:
    """Write down what happened to a person, or what one of the staff did, in the caller's transaction."""
    await session.execute(
        insert(CustomerEvent).values(
            at=clock.now(), user_id=user_id, type=event_type, message=message, order_id=order_id, count=count
        )
    )
