"""An order's history, and who is told of what is new in it."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.announcements import announce
from marketplace.orders.models import Order, OrderEvent, OrderStatus


def note(
    session: AsyncSession, order: Order, event_type: str, user_id: int | None, **parameters: object
) -> OrderEvent:
    """Write into an order's history what somebody did."""
    event = OrderEvent(order_id=order.id, type=event_type, user_id=user_id, parameters=parameters)
    session.add(event)
    return event


def pieces_of(lines: Iterable[tuple[UUID, int, str]]) -> list[dict[str, object]]:
    """Lines as the history keeps them: key, number of pieces, and what they are called."""
    return [
        {"order_line_id": str(line_id), "quantity": quantity, "item_name": name}
        for line_id, quantity, name in lines
    ]


async def announce_change(session: AsyncSession, order: Order) -> None:
    """Tell outside that an order has changed: a draft has an event of its own."""
    event = "DRAFT_ORDER_UPDATED" if order.status is OrderStatus.DRAFT else "ORDER_UPDATED"
    await announce(session, event, order)
