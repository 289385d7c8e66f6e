"""Announcements: what others outside may wish to hear of, by Saleor's names (`PRODUCT_UPDATED`).

A mutation announces by declaration (`mutation(tells="PRODUCT_UPDATED")`); a service or a job that changes
something of which no mutation tells says `await announce(session, "ORDER_FULLY_PAID", order)` itself.
What is going to be deleted is announced before it is. Whoever delivers them (webhooks) subscribes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.events import publish


@dataclass(frozen=True, slots=True)
class RowKey:
    """Stands for a row that nobody has loaded: its table's class and its primary key."""

    model: type
    key: object


@dataclass(frozen=True, slots=True)
class Announcement:
    """One thing that happened to some rows of one table, within the session's transaction."""

    event: str
    """Saleor's name of the event: a member of its WebhookEventTypeAsyncEnum."""
    rows: tuple[object, ...]
    """Instances of the table's class, or a RowKey for each."""
    details: Mapping[str, object] = field(default_factory=dict)
    """What the event tells besides the row, by Python names: where a link leads, which channel."""


async def announce(session: AsyncSession, event: str, *rows: object, **details: object) -> None:
    """Tell whoever listens outside of an event, once for each row.

    `details` is what the event's type has besides its subject, as JSON can hold it: a channel by its id.
    """
    if rows:
        await publish(session, Announcement(event, rows, details))
