"""Events: how a room tells a higher one that something happened, without knowing it.

An event is a frozen dataclass of the room that raises it; the higher room subscribes to it in a module that
`marketplace.app` and the workers import. Subscribers run at once, in the order in which they subscribed, in
the publisher's transaction: what they write is committed with what they are told of, or not at all.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

Event = TypeVar("Event")
Subscriber = Callable[[AsyncSession, Event], Awaitable[None]]

_subscribers: dict[type, list[Subscriber[object]]] = defaultdict(list)


def subscribe(kind: type[Event]) -> Callable[[Subscriber[Event]], Subscriber[Event]]:
    """Have a function called with the session and each event of a kind (not of its subclasses)."""

    def decorate(subscriber: Subscriber[Event]) -> Subscriber[Event]:
        listening = _subscribers[kind]
        if subscriber not in listening:
            listening.append(subscriber)  # type: ignore[arg-type]  # Only ever called with its own kind.
        return subscriber

    return decorate


async def publish(session: AsyncSession, event: object) -> None:
    """Tell every subscriber, one after another. What one of them raises ends the publisher's transaction."""
    for subscriber in tuple(_subscribers[type(event)]):
        await subscriber(session, event)
