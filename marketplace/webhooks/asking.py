"""Asking apps while somebody waits: synchronous webhooks.

What is asked is made in a transaction (`questions`). Then the apps are asked (`put`): whoever calls this
holds no connection and no lock meanwhile. What they said is noted in another transaction (`note`), in the
same log as events that are told of. An app that is silent, slow or says what is no JSON (an object, or a list
of some events) has not answered.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, and_, any_, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from marketplace.apps.models import App
from marketplace.kit import clock
from marketplace.kit.outgoing import Answer, NotSentError, Outgoing
from marketplace.kit.settings import Settings
from marketplace.webhooks import breaker
from marketplace.webhooks.delivery import write_down
from marketplace.webhooks.events import NEEDED_TO_BE_ASKED
from marketplace.webhooks.hearing import payloads_for
from marketplace.webhooks.models import (
    DeliveryStatus,
    EventDelivery,
    EventDeliveryAttempt,
    EventPayload,
    Webhook,
)
from marketplace.webhooks.payloads import Happening
from marketplace.webhooks.requests import headers_of

ANSWER_BYTES = 512 * 1024
MOST_ASKED = 20
"""So many webhooks are asked of one thing at most."""
NUL = "\\u0000"
ASKED_FOR_LISTS = frozenset({"SHIPPING_LIST_METHODS_FOR_CHECKOUT"})
"""Events that are answered by a list. Saleor takes `null` for an empty one."""


@dataclass(frozen=True, slots=True)
class Question:
    """What one app is to be asked."""

    event: str
    webhook_id: int
    app_id: int
    app_identifier: str
    app_name: str
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a question."""

    question: Question
    outcome: Answer | NotSentError
    asked_at: datetime
    said: dict[str, Any] | None
    """The object that was answered; None: there is no answer, or none that can be used."""
    listed: list[Any] | None = None
    """The list that was answered, where one was asked for."""

    @property
    def is_answered(self) -> bool:
        return self.said is not None or self.listed is not None


def is_asked(event: str) -> ColumnElement[bool]:
    """Whether a webhook, joined with its app, may be asked about an event."""
    return and_(
        Webhook.is_active,
        App.is_active,
        App.removed_at.is_(None),
        literal(event) == any_(Webhook.events),
        literal(str(NEEDED_TO_BE_ASKED[event])) == any_(App.permissions),
    )


async def webhooks_asked(session: AsyncSession, event: str, app_id: int | None = None) -> Sequence[Webhook]:
    """The webhooks of active apps that may be asked about an event, of one app or of all."""
    query = (
        select(Webhook)
        .join(Webhook.app)
        .options(contains_eager(Webhook.app))
        .where(is_asked(event))
        .order_by(Webhook.id)
        .limit(MOST_ASKED)
    )
    if app_id is not None:
        query = query.where(Webhook.app_id == app_id)
    return (await session.scalars(query)).all()


async def is_anyone_asked(session: AsyncSession, *events: str) -> bool:
    """Whether any webhook may be asked about one of some events."""
    asked = select(Webhook.id).join(Webhook.app).where(or_(*map(is_asked, events))).limit(1)
    return await session.scalar(asked) is not None


async def questions(
    session: AsyncSession,
    settings: Settings,
    happening: Happening,
    app_id: int | None = None,
    *,
    spared: Collection[int] = (),
) -> list[Question]:
    """What is to be asked of each app that answers to an event, less those whose breakers are open, and less
    webhooks that are `spared`.
    """
    made: list[Question] = []
    for webhook in await webhooks_asked(session, happening.event, app_id):
        if webhook.id in spared or not await breaker.may_be_asked(session, webhook.app):
            continue
        payload = next(iter(await payloads_for(session, settings, happening, webhook)), None)
        if payload is not None:
            made.append(_question(settings, happening.event, webhook, payload.encode()))
    return made


def _question(settings: Settings, event: str, webhook: Webhook, body: bytes) -> Question:
    app = webhook.app
    headers = headers_of(settings, webhook, event, body)
    return Question(event, webhook.id, app.id, app.identifier, app.name, webhook.target_url, headers, body)


async def put(settings: Settings, asked: Sequence[Question]) -> list[Heard]:
    """Ask, all at once. Takes no longer than the settings allow one app to think."""
    if not asked:
        return []
    async with Outgoing(settings) as outgoing:
        return list(await asyncio.gather(*(_put(settings, outgoing, one) for one in asked)))


async def _put(settings: Settings, outgoing: Outgoing, one: Question) -> Heard:
    outcome: Answer | NotSentError
    asked_at = clock.now()
    try:
        outcome = await outgoing.send(
            "POST",
            one.url,
            headers=one.headers,
            content=one.body,
            patience_seconds=settings.app_patience_seconds,
            at_most_bytes=ANSWER_BYTES,
        )
    except NotSentError as error:
        outcome = error
    said = _said(outcome)
    if one.event in ASKED_FOR_LISTS:
        return Heard(one, outcome, asked_at, None, said if isinstance(said, list) else None)
    return Heard(one, outcome, asked_at, said if isinstance(said, dict) else None)


def _said(outcome: Answer | NotSentError) -> Any:
    """The JSON of an answer, if it has any that can be kept and passed on; `null` is an empty list."""
    if isinstance(outcome, NotSentError) or not outcome.is_success:
        return None
    try:
        said = orjson.loads(outcome.body)
        again = orjson.dumps(said)  # What is nested too deep to be written could not be passed on.
    except (orjson.JSONDecodeError, TypeError):
        return None
    if NUL.encode() in again:
        return None
    return [] if said is None else said


async def note(session: AsyncSession, heard: Sequence[Heard]) -> None:
    """Write down what came of questions: in the log, and for the breakers."""
    present = await webhooks_that_are_there(session, heard)
    for one in heard:
        if one.question.webhook_id not in present:
            continue
        answered = one.is_answered
        status = DeliveryStatus.SUCCESS if answered else DeliveryStatus.FAILED
        payload = None if answered else EventPayload(payload=one.question.body.decode())
        delivery = EventDelivery(
            webhook_id=one.question.webhook_id,
            event_type=one.question.event,
            status=status,
            created_at=one.asked_at,
            tries_left=0,
            payload=payload,
        )
        session.add(delivery)
        await session.flush()
        attempt = EventDeliveryAttempt(delivery_id=delivery.id, status=status, created_at=one.asked_at)
        write_down(attempt, one.question.headers, one.outcome)
        session.add(attempt)
    await session.flush()
    for one in sorted(heard, key=lambda one: one.question.app_id):  # Rows are locked in one order.
        if one.question.webhook_id in present:
            await breaker.count(session, one.question.app_id, failed=not one.is_answered)


async def webhooks_that_are_there(session: AsyncSession, heard: Sequence[Heard]) -> set[int]:
    """A webhook may have been taken away while its app was thinking."""
    wanted = {one.question.webhook_id for one in heard}
    if not wanted:
        return set()
    found = await session.scalars(
        select(Webhook.id)
        .where(Webhook.id.in_(wanted))
        .order_by(Webhook.id)
        .with_for_update(key_share=True, read=True)
    )
    return set(found)
