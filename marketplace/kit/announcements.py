"""Announcements: what others outside may wish to hear of, by Saleor's names (`PRODUCT_UPDATED`).

A mutation announces by declaration (`mutation(tells="PRODUCT_UPDATED")`); a service or a job that changes
something of which no mutation tells says `await announce(session, "ORDER_FULLY_PAID", order)` itself.
What is going to be deleted is announced before it is. Whoever delivers them (webhooks) subscribes.
"""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.events import publish


@dataclass(frozen=True, slots=True)
class Announcement:
    """One thing that happened to some rows of one table, within the session's transaction."""

    event: str
    """Saleor's name of the event: a member of its WebhookEventTypeAsyncEnum."""
    rows: tuple[object, ...]


async def announce(session: AsyncSession, event: str, *rows: object) -> None:
    """Tell whoever listens outside of an event, once for each row."""
    if rows:
        await publish(session, Announcement(event, rows))
