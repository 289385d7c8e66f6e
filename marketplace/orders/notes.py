"""Notes that staff keep with an order."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import InvalidError, NotFoundError, RequiredError
from marketplace.orders.history import announce_change, note
from marketplace.orders.models import Order, OrderEvent

MAXIMUM_LENGTH = 10_000
NOTES = frozenset({"NOTE_ADDED", "NOTE_UPDATED"})


async def add_note(session: AsyncSession, order: Order, message: str, user_id: int | None) -> OrderEvent:
    """Raises RequiredError, InvalidError."""
    return await _written(session, order, "NOTE_ADDED", message, user_id)


async def change_note(
    session: AsyncSession, event_id: int, message: str, user_id: int | None
) -> tuple[Order, OrderEvent]:
    """Write a note anew; what it said stays in the history. Raises NotFoundError, RequiredError,
    InvalidError.
    """
    event = await session.get(OrderEvent, event_id)
    if event is None or event.type not in NOTES:
        raise NotFoundError("There is no such note.", field="note")
    order = await session.get_one(Order, event.order_id)
    return order, await _written(session, order, "NOTE_UPDATED", message, user_id, event.id)


async def _written(
    session: AsyncSession,
    order: Order,
    kind: str,
    message: str,
    user_id: int | None,
    related_event_id: int | None = None,
) -> OrderEvent:
    text = message.strip()
    if not text:
        raise RequiredError("A note says something.", field="message")
    if len(text) > MAXIMUM_LENGTH:
        raise InvalidError(f"At most {MAXIMUM_LENGTH} characters, please.", field="message")
    related = {} if related_event_id is None else {"related_event_id": related_event_id}
    event = note(session, order, kind, user_id, message=text, **related)
    await session.flush()
    await announce_change(session, order)
    return event
