"""Sending what is due, and noting what came of it.

A delivery is taken, with a note of the try, in one transaction; then it is sent, which no transaction waits
for; then the outcome is noted in another. While it is on its way its next try lies ahead: of one whose worker
was killed in between nobody knows whether it arrived, so it falls due again and goes a second time.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from time import monotonic

import orjson
import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, joinedload

from marketplace.apps.models import App
from marketplace.kit import clock
from marketplace.kit.database import Database
from marketplace.kit.outgoing import Answer, NotSentError, Outgoing
from marketplace.kit.settings import Settings
from marketplace.webhooks.models import (
    TRIES,
    DeliveryStatus,
    EventDelivery,
    EventDeliveryAttempt,
    EventPayload,
    Webhook,
)
from marketplace.webhooks.requests import headers_of, shown

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 10.0
"""For one app to answer; Saleor's."""
ON_ITS_WAY = timedelta(seconds=60)
"""After so long without an outcome, a delivery's worker is taken for dead."""
FIRST_WAIT_SECONDS = 10
"""Before the second try; each further wait is twice as long."""
AT_ONCE = 4
"""Requests to one app at a time."""
TAKEN_AT_ONCE = 20
LOGGED_CHARACTERS = 64 * 1024
"""Of an answer."""
KEPT_FOR = timedelta(days=14)
STOPPED = "The worker stopped before it could note an outcome."
SWITCHED_OFF = "The webhook is switched off."


@dataclass(frozen=True, slots=True)
class Try:
    """One delivery on its way."""

    delivery_id: int
    attempt_id: int
    tries_left: int
    url: str
    headers: dict[str, str]
    body: bytes


async def send_due(database: Database, settings: Settings, app_id: int, *, for_seconds: float = 30.0) -> None:
    """Send everything that is due to an app now, at least for some time: the rest stays due."""
    until = monotonic() + for_seconds
    at_once = asyncio.Semaphore(AT_ONCE)
    async with Outgoing(settings) as outgoing:

        async def send(one: Try) -> None:
            async with at_once:
                outcome = await _sent(outgoing, one)
            await _note(database, one, outcome)

        while monotonic() < until:
            async with database.transaction() as session:
                due = await take_due(session, settings, app_id)
            if not due:
                return
            await asyncio.gather(*map(send, due))


async def take_due(session: AsyncSession, settings: Settings, app_id: int) -> list[Try]:
    """Take some of what is due to an app, and note that it is being tried."""
    now = clock.now()
    query = (
        select(EventDelivery)
        .join(EventDelivery.webhook)
        .join(Webhook.app)
        .options(
            contains_eager(EventDelivery.webhook).contains_eager(Webhook.app),
            joinedload(EventDelivery.payload),
        )
        .where(
            Webhook.app_id == app_id,
            EventDelivery.status == DeliveryStatus.PENDING,
            EventDelivery.next_try_at <= now,
        )
        .order_by(EventDelivery.next_try_at, EventDelivery.id)
        .limit(TAKEN_AT_ONCE)
        .with_for_update(of=EventDelivery, skip_locked=True)
    )
    found = (await session.scalars(query)).all()
    await _give_up_tries(session, found)
    taken = [(delivery, attempt) for delivery in found if (attempt := _begin(delivery, now)) is not None]
    session.add_all(attempt for _, attempt in taken)
    await session.flush()
    return [_try(settings, delivery, attempt) for delivery, attempt in taken]


def _begin(delivery: EventDelivery, now: datetime) -> EventDeliveryAttempt | None:
    """Note a try; None where the delivery can't be made any more."""
    webhook = delivery.webhook
    active = webhook.is_active and webhook.app.is_active and webhook.app.removed_at is None
    if not active or delivery.payload is None or delivery.tries_left <= 0:
        delivery.status = DeliveryStatus.FAILED
        return None
    delivery.tries_left -= 1
    delivery.next_try_at = now + ON_ITS_WAY
    job_id = structlog.contextvars.get_contextvars().get("job_id")
    return EventDeliveryAttempt(delivery_id=delivery.id, task_id=None if job_id is None else str(job_id))


def _try(settings: Settings, delivery: EventDelivery, attempt: EventDeliveryAttempt) -> Try:
    if delivery.payload is None:
        raise TypeError("what is sent has a payload")
    body = delivery.payload.payload.encode()
    return Try(
        delivery.id,
        attempt.id,
        delivery.tries_left,
        delivery.webhook.target_url,
        headers_of(settings, delivery.webhook, delivery.event_type, body),
        body,
    )


async def _give_up_tries(session: AsyncSession, deliveries: Sequence[EventDelivery]) -> None:
    """Whoever made the tries of these that are still open is dead."""
    await session.execute(
        update(EventDeliveryAttempt)
        .where(
            EventDeliveryAttempt.delivery_id.in_([delivery.id for delivery in deliveries]),
            EventDeliveryAttempt.status == DeliveryStatus.PENDING,
        )
        .values(status=DeliveryStatus.FAILED, response=STOPPED)
    )


async def _sent(outgoing: Outgoing, one: Try) -> Answer | NotSentError:
    try:
        return await outgoing.send(
            "POST", one.url, headers=one.headers, content=one.body, patience_seconds=PATIENCE_SECONDS
        )
    except NotSentError as error:
        return error


async def _note(database: Database, one: Try, outcome: Answer | NotSentError) -> None:
    async with database.transaction() as session:
        await note(session, one, outcome)


async def note(session: AsyncSession, one: Try, outcome: Answer | NotSentError) -> None:
    """Write down what came of a try, and when the next is due, if there is to be one."""
    attempt = await session.get(EventDeliveryAttempt, one.attempt_id)
    delivery = await session.get(EventDelivery, one.delivery_id, with_for_update={"of": EventDelivery})
    if attempt is None or delivery is None:
        return  # The webhook was taken away meanwhile, and its log with it.
    write_down(attempt, one.headers, outcome)
    arrived = isinstance(outcome, Answer) and outcome.is_success
    final = isinstance(outcome, Answer) and _is_final(outcome.status)
    attempt.status = DeliveryStatus.SUCCESS if arrived else DeliveryStatus.FAILED
    if arrived:
        delivery.status = DeliveryStatus.SUCCESS
        payload_id, delivery.payload_id = delivery.payload_id, None
        await session.flush()
        await session.execute(delete(EventPayload).where(EventPayload.id == payload_id))
    elif final or delivery.tries_left <= 0:
        delivery.status = DeliveryStatus.FAILED
    else:
        made = TRIES - delivery.tries_left
        delivery.next_try_at = clock.now() + timedelta(seconds=FIRST_WAIT_SECONDS * 2 ** (made - 1))
    log.info("webhook called", delivery_id=delivery.id, arrived=arrived, status=attempt.response_status_code)


def write_down(
    attempt: EventDeliveryAttempt, headers: dict[str, str], outcome: Answer | NotSentError
) -> None:
    """What was sent in a try, and what came of it."""
    attempt.request_headers = orjson.dumps(shown(headers)).decode()
    if isinstance(outcome, NotSentError):
        attempt.response = str(outcome)
        return
    attempt.response = outcome.text[:LOGGED_CHARACTERS]
    attempt.response_headers = orjson.dumps(outcome.headers).decode().replace("\\u0000", "")
    attempt.response_status_code = outcome.status
    attempt.duration_seconds = outcome.seconds


def _is_final(status: int) -> bool:
    """Whether asking again would get the same answer: Saleor doesn't try again after 3xx and 4xx."""
    return HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.INTERNAL_SERVER_ERROR


async def next_due(session: AsyncSession, app_id: int) -> datetime | None:
    """When something is due to an app next."""
    query = (
        select(EventDelivery.next_try_at)
        .join(Webhook, Webhook.id == EventDelivery.webhook_id)
        .where(Webhook.app_id == app_id, EventDelivery.status == DeliveryStatus.PENDING)
        .order_by(EventDelivery.next_try_at)
        .limit(1)
    )
    moment: datetime | None = await session.scalar(query)
    return moment


async def apps_with_due(session: AsyncSession) -> Sequence[int]:
    """The apps that something is due to."""
    query = (
        select(Webhook.app_id)
        .join(EventDelivery, EventDelivery.webhook_id == Webhook.id)
        .join(App, App.id == Webhook.app_id)
        .where(EventDelivery.status == DeliveryStatus.PENDING, EventDelivery.next_try_at <= clock.now())
        .distinct()
    )
    return (await session.scalars(query)).all()


async def forget_old(session: AsyncSession) -> None:
    """Forget deliveries of long ago, and what was told by them."""
    long_ago = clock.now() - KEPT_FOR
    await session.execute(delete(EventDelivery).where(EventDelivery.created_at < long_ago))
    still_needed = select(EventDelivery.id).where(EventDelivery.payload_id == EventPayload.id).exists()
    await session.execute(delete(EventPayload).where(EventPayload.created_at < long_ago, ~still_needed))
