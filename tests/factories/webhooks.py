"""Apps that listen, and their webhooks."""

from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import App
from marketplace.webhooks.models import EventDelivery, EventPayload, Webhook


async def make_listener(session: AsyncSession, *permissions: str, **given: Any) -> App:
    """An app that is there and active."""
    app = App(
        name=given.pop("name", "Carnet"), identifier=uuid4().hex, permissions=list(permissions), **given
    )
    session.add(app)
    await session.flush()
    return app


async def make_webhook(
    session: AsyncSession,
    *events: str,
    app: App | None = None,
    permissions: tuple[str, ...] = (),
    **given: Any,
) -> Webhook:
    """A webhook that listens to events."""
    app = app or await make_listener(session, *permissions)
    values = {"target_url": "http://127.0.0.1:1/hook", "custom_headers": {}} | given
    webhook = Webhook(app=app, events=list(events), **values)
    session.add(webhook)
    await session.flush()
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
