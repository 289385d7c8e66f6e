"""Webhooks of apps, and what goes along them."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import App
from marketplace.webhooks.hearing import forget_listeners
from marketplace.webhooks.models import EventDelivery, EventPayload, Webhook
from tests.factories.apps import make_app


async def make_webhook(
    session: AsyncSession,
    *events: str,
    app: App | None = None,
    permissions: tuple[str, ...] = (),
    **given: Any,
) -> Webhook:
    """A webhook that listens to events."""
    app = app or await make_app(session, *permissions)
    values = {"target_url": "http://127.0.0.1:1/hook", "custom_headers": {}} | given
    webhook = Webhook(app=app, events=list(events), **values)
    session.add(webhook)
    await session.flush()
    forget_listeners(session)
    return webhook


async def make_delivery(
    session: AsyncSession, webhook: Webhook, payload: str = "{}", **given: Any
) -> EventDelivery:
    """Something that waits to be sent."""
    delivery = EventDelivery(
        webhook=webhook, payload=EventPayload(payload=payload), **{"event_type": "PRODUCT_UPDATED"} | given
    )
    session.add(delivery)
    await session.flush()
    return delivery
