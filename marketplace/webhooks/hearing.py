"""From an announcement to deliveries: who listens, and what each of them is told.

In the transaction in which something happens, as little as possible is done: once, it is asked which events
anybody listens to. Where one does, a job is left that makes what is told of it after the commit. Only of what
is about to be deleted it is made at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import any_, func, inspect, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from marketplace.apps.models import App
from marketplace.kit import clock
from marketplace.kit.acting import actor
from marketplace.kit.announcements import Announcement, RowKey
from marketplace.kit.jobs import enqueue
from marketplace.kit.settings import Settings, get_settings
from marketplace.webhooks.errors import UntellableError
from marketplace.webhooks.events import ANY_EVENTS, NEEDED, TOGETHER, is_last_word
from marketplace.webhooks.models import EventDelivery, EventPayload, Webhook
from marketplace.webhooks.payloads import Happening, make_payloads

log = structlog.get_logger(__name__)

TELL = "webhooks.tell"
SEND = "webhooks.send"
LATER_THAN_LETTERS = -10
"""The priority of these jobs: buyers' letters go first."""
KEYS_AT_ONCE = 100
"""Of so many rows one job tells."""
_NOTED = "webhooks"


@dataclass
class Listening:
    """What is known in one transaction: the events that somebody listens to, and what was told already."""

    transaction: Any
    events: frozenset[str]
    told: set[object] = field(default_factory=set)

    def to(self, event: str) -> bool:
        return event in self.events or ANY_EVENTS in self.events


async def hear(session: AsyncSession, announcement: Announcement) -> None:
    """Have whoever listens told of an announcement. What is announced twice in a transaction is told once."""
    listening = await _listening(session)
    if not listening.to(announcement.event):
        return
    await session.flush()  # What was only just made has its key then.
    happening = _happening(announcement)
    # What a savepoint takes back may be announced again: it was not told then.
    part = session.sync_session.get_nested_transaction() or listening.transaction
    said = (part, happening.event, happening.model, happening.keys, str(happening.details))
    if said in listening.told:
        return
    listening.told.add(said)
    if is_last_word(happening.event):
        await make_deliveries(session, settings_of(session), happening)
        return
    for keys in _portions(happening):
        await enqueue(
            session,
            TELL,
            priority=LATER_THAN_LETTERS,
            event=happening.event,
            model=happening.model,
            keys=keys,
            issued_at=happening.issued_at,
            user_id=happening.user_id,
            app_id=happening.app_id,
            details=happening.details,
        )


async def is_heard(session: AsyncSession, event: str) -> bool:
    """Whether anybody listens to an event: for what takes some work to tell. Asked once in a transaction."""
    return (await _listening(session)).to(event)


def forget_listeners(session: AsyncSession) -> None:
    """Webhooks have changed in this transaction: look again who listens."""
    session.info.pop(_NOTED, None)


def settings_of(session: AsyncSession) -> Settings:
    """The installation's settings, as `kit.database` gave them to the session."""
    settings = session.info.get("settings")
    return settings if isinstance(settings, Settings) else get_settings()


async def make_deliveries(
    session: AsyncSession, settings: Settings, happening: Happening
) -> list[EventDelivery]:
    """Make what each webhook that listens is told, and have it sent after the commit."""
    made: list[EventDelivery] = []
    for webhook in await webhooks_for(session, happening.event):
        payloads = await payloads_for(session, settings, happening, webhook)
        made += [_delivery(webhook, happening.event, each) for each in payloads if each is not None]
    session.add_all(made)
    await session.flush()
    for app_id in sorted({delivery.webhook.app_id for delivery in made}):
        await ask_to_send(session, app_id)
    return made


async def payloads_for(
    session: AsyncSession, settings: Settings, happening: Happening, webhook: Webhook
) -> Sequence[str | None]:
    """What a webhook is told. What an app has written down must not stop what happens in the shop, nor what
    other apps are told of it: where its document fails, it is told nothing, and the log why.
    """
    try:
        async with session.begin_nested():
            return await make_payloads(session, settings, happening, webhook)
    except UntellableError as error:
        log.warning("webhook not told", webhook=webhook.id, about=happening.event, reason=str(error))
    except Exception:
        log.exception("webhook not told", webhook=webhook.id, about=happening.event)
    return []


async def deliver(session: AsyncSession, webhook: Webhook, event: str, payload: str) -> EventDelivery:
    """Have one payload sent along a webhook."""
    delivery = _delivery(webhook, event, payload)
    session.add(delivery)
    await session.flush()
    await ask_to_send(session, webhook.app_id)
    return delivery


async def ask_to_send(session: AsyncSession, app_id: int) -> None:
    """Have what is due to an app sent after the commit. One job an app: a slow one holds up only itself."""
    name = f"{SEND}:{app_id}"
    await enqueue(session, SEND, priority=LATER_THAN_LETTERS, lock=name, queueing_lock=name, app_id=app_id)


async def webhooks_for(session: AsyncSession, event: str) -> Sequence[Webhook]:
    """The webhooks that are told of an event now: active ones of active apps that may hear of it."""
    query = (
        select(Webhook)
        .join(Webhook.app)
        .options(contains_eager(Webhook.app))
        .where(
            Webhook.is_active,
            App.is_active,
            App.removed_at.is_(None),
            or_(literal(event) == any_(Webhook.events), literal(ANY_EVENTS) == any_(Webhook.events)),
        )
        .order_by(Webhook.id)
    )
    needed = NEEDED.get(event)
    if needed is not None:
        query = query.where(literal(str(needed)) == any_(App.permissions))
    return (await session.scalars(query)).all()


async def _listening(session: AsyncSession) -> Listening:
    """Asked once in a transaction, however much is announced in it."""
    transaction = session.sync_session.get_transaction()
    known: Listening | None = session.info.get(_NOTED)
    if known is None or known.transaction is not transaction or transaction is None:
        active = (
            select(func.unnest(Webhook.events))
            .join(App, App.id == Webhook.app_id)
            .where(Webhook.is_active, App.is_active, App.removed_at.is_(None))
            .distinct()
        )
        events = frozenset((await session.scalars(active)).all())
        known = session.info[_NOTED] = Listening(session.sync_session.get_transaction(), events)
    return known


def _happening(announcement: Announcement) -> Happening:
    keys = [_key(row) for row in announcement.rows]
    acts = actor()
    return Happening(
        event=announcement.event,
        model=keys[0].model.__name__,
        keys=tuple(dict.fromkeys(_plain(each.key) for each in keys)),
        issued_at=clock.now(),
        user_id=acts.user_id,
        app_id=acts.app_id,
        details=dict(announcement.details),
    )


def _key(row: object) -> RowKey:
    if isinstance(row, RowKey):
        return row
    state = inspect(row, raiseerr=True)
    return RowKey(state.mapper.class_, state.identity[0])


def _plain(key: object) -> int | str:
    return str(key) if isinstance(key, UUID) else key  # type: ignore[return-value]  # Keys are one or the other.


def _portions(happening: Happening) -> list[list[int | str]]:
    if happening.event in TOGETHER:
        return [list(happening.keys)]
    starts = range(0, len(happening.keys), KEYS_AT_ONCE)
    return [list(happening.keys[start : start + KEYS_AT_ONCE]) for start in starts]


def _delivery(webhook: Webhook, event: str, payload: str) -> EventDelivery:
    return EventDelivery(webhook=webhook, event_type=event, payload=EventPayload(payload=payload))
