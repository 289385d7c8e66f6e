"""What is due is sent, and what came of it is noted: to a real server on this machine."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import ModuleType

import orjson
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.database import Database
from marketplace.kit.jobs import enqueue
from marketplace.kit.settings import Settings
from marketplace.webhooks import delivery as sending
from marketplace.webhooks import service
from marketplace.webhooks.delivery import STOPPED, forget_old, send_due, take_due
from marketplace.webhooks.hearing import ask_to_send
from marketplace.webhooks.models import (
    DeliveryStatus,
    EventDelivery,
    EventDeliveryAttempt,
    EventPayload,
    Webhook,
)
from tests.factories.webhooks import make_delivery, make_webhook
from tests.receiver import Received, Receiver
from tests.webhooks.conftest import DoJobs

Send = Callable[[], Awaitable[None]]
PENDING, SUCCESS, FAILED = DeliveryStatus.PENDING, DeliveryStatus.SUCCESS, DeliveryStatus.FAILED


@pytest.fixture
async def webhook(session: AsyncSession, receiver: Receiver) -> Webhook:
    return await make_webhook(session, "PRODUCT_UPDATED", target_url=f"{receiver.url}/hook")


@pytest.fixture
async def waiting(session: AsyncSession, webhook: Webhook) -> EventDelivery:
    return await make_delivery(session, webhook, '{"product":{"name":"Théière"}}')


@pytest.fixture
def send(session: AsyncSession, shared: Database, settings: Settings, webhook: Webhook) -> Send:
    """Send what is due to the webhook's app."""

    async def sent() -> None:
        await session.commit()
        await send_due(shared, settings, webhook.app_id)

    return sent


async def attempts(session: AsyncSession) -> list[EventDeliveryAttempt]:
    query = select(EventDeliveryAttempt).order_by(EventDeliveryAttempt.id)
    return list(await session.scalars(query.execution_options(populate_existing=True)))


async def state(session: AsyncSession, delivery: EventDelivery) -> tuple[DeliveryStatus, int]:
    await session.refresh(delivery)
    return delivery.status, delivery.tries_left


async def test_what_is_due_arrives_with_saleors_headers(
    session: AsyncSession, receiver: Receiver, waiting: EventDelivery, send: Send
) -> None:
    await send()
    (request,) = receiver.received
    assert (request.method, request.path, request.json) == ("POST", "/hook", {"product": {"name": "Théière"}})
    assert request.headers["saleor-event"] == "product_updated"
    assert request.headers["saleor-signature"].count(".") == 2
    (attempt,) = await attempts(session)
    assert (attempt.status, attempt.response, attempt.response_status_code) == (SUCCESS, "ok", 200)
    assert attempt.duration_seconds is not None
    assert 0 < attempt.duration_seconds < 5
    assert orjson.loads(attempt.request_headers or "")["saleor-event"] == "product_updated"
    assert orjson.loads(attempt.response_headers or "") == {"content-length": "2"}
    assert (await state(session, waiting))[0] is SUCCESS


async def test_what_has_arrived_is_not_kept(
    session: AsyncSession, waiting: EventDelivery, send: Send
) -> None:
    await send()
    await session.refresh(waiting)
    assert waiting.payload_id is None
    assert await session.scalar(select(EventPayload.id)) is None


@pytest.mark.parametrize("status", [500, 503])
async def test_a_server_that_fails_is_asked_five_times_more_ever_later(
    session: AsyncSession,
    receiver: Receiver,
    waiting: EventDelivery,
    send: Send,
    clock: ModuleType,
    status: int,
) -> None:
    receiver.behave = lambda _request: (status, b"not now")
    for seconds, left in ((10, 5), (20, 4), (40, 3), (80, 2), (160, 1)):
        await send()
        assert await state(session, waiting) == (PENDING, left)
        await send()  # Too early.
        clock.advance(timedelta(seconds=seconds))
    await send()
    assert await state(session, waiting) == (FAILED, 0)
    clock.advance(timedelta(days=1))
    await send()
    assert len(receiver.received) == 6
    assert [attempt.response_status_code for attempt in await attempts(session)] == [status] * 6
    assert {attempt.status for attempt in await attempts(session)} == {FAILED}


async def test_it_arrives_once_the_server_is_well_again(
    session: AsyncSession, receiver: Receiver, waiting: EventDelivery, send: Send, clock: ModuleType
) -> None:
    receiver.behave = lambda _request: (500, b"") if len(receiver.received) == 1 else (200, b"")
    await send()
    clock.advance(timedelta(seconds=10))
    await send()
    assert [attempt.status for attempt in await attempts(session)] == [FAILED, SUCCESS]
    assert (await state(session, waiting))[0] is SUCCESS


@pytest.mark.parametrize("status", [301, 400, 401, 404, 410])
async def test_who_says_no_is_not_asked_again(
    session: AsyncSession, receiver: Receiver, waiting: EventDelivery, send: Send, status: int
) -> None:
    receiver.behave = lambda _request: (status, b"no", {"location": "/elsewhere"})
    await send()
    assert (await state(session, waiting))[0] is FAILED
    assert len(receiver.received) == 1


async def test_who_does_not_answer_in_time_is_given_up_and_asked_again_later(
    session: AsyncSession,
    receiver: Receiver,
    waiting: EventDelivery,
    send: Send,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def never(_request: Received) -> tuple[int, bytes]:
        await asyncio.Event().wait()
        return 200, b""

    receiver.behave = never
    monkeypatch.setattr(sending, "PATIENCE_SECONDS", 0.05)
    await send()
    (attempt,) = await attempts(session)
    assert attempt.response == "No answer within 0.05 seconds."
    assert (attempt.status, attempt.response_status_code, attempt.duration_seconds) == (FAILED, None, None)
    assert await state(session, waiting) == (PENDING, 5)


async def test_a_slow_app_holds_up_no_other(
    session: AsyncSession,
    shared: Database,
    settings: Settings,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def slow(request: Received) -> tuple[int, bytes]:
        if request.path == "/slow":
            await asyncio.Event().wait()
        return 200, b""

    receiver.behave = slow
    monkeypatch.setattr(sending, "PATIENCE_SECONDS", 0.2)
    apps = []
    for path in ("/slow", "/quick"):
        webhook = await make_webhook(session, target_url=receiver.url + path)
        await make_delivery(session, webhook)
        apps.append(webhook.app_id)
    await session.commit()
    slowly = asyncio.create_task(send_due(shared, settings, apps[0]))
    await receiver.came.wait()
    await send_due(shared, settings, apps[1])
    assert not slowly.done()
    await slowly
    assert [request.path for request in receiver.received] == ["/slow", "/quick"]


async def test_a_private_address_is_refused_where_no_setting_allows_it(
    session: AsyncSession, shared: Database, settings: Settings, receiver: Receiver, waiting: EventDelivery
) -> None:
    strict = settings.model_copy(update={"call_private_addresses": False})
    await session.commit()
    await send_due(shared, strict, waiting.webhook.app_id)
    assert receiver.received == []
    (attempt,) = await attempts(session)
    assert "not on the public net" in (attempt.response or "")


async def test_a_worker_that_was_killed_before_it_noted_the_outcome_is_not_believed(
    session: AsyncSession,
    settings: Settings,
    receiver: Receiver,
    waiting: EventDelivery,
    send: Send,
    clock: ModuleType,
) -> None:
    assert len(await take_due(session, settings, waiting.webhook.app_id)) == 1  # And it dies.
    await send()
    assert receiver.received == []
    clock.advance(timedelta(seconds=61))
    await send()
    assert len(receiver.received) == 1
    lost, made = await attempts(session)
    assert (lost.status, lost.response) == (FAILED, STOPPED)
    assert made.status is SUCCESS


async def test_two_workers_never_take_the_same(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        webhook = await make_webhook(session)
        for _ in range(4):
            await make_delivery(session, webhook)
    async with database.transaction() as one, database.transaction() as other:
        first = await take_due(one, settings, webhook.app_id)
        second = await take_due(other, settings, webhook.app_id)
    assert (len(first), len(second)) == (4, 0)


@pytest.mark.parametrize("what", ["webhook", "app", "gone"])
async def test_what_was_switched_off_meanwhile_is_not_sent(
    session: AsyncSession, receiver: Receiver, webhook: Webhook, waiting: EventDelivery, send: Send, what: str
) -> None:
    if what == "webhook":
        webhook.is_active = False
    elif what == "app":
        webhook.app.is_active = False
    else:
        await service.delete_webhook(session, webhook)
    await send()
    assert receiver.received == []
    if what != "gone":
        assert (await state(session, waiting))[0] is FAILED


async def test_what_fails_is_asked_for_again_when_it_is_due(
    session: AsyncSession,
    receiver: Receiver,
    webhook: Webhook,
    waiting: EventDelivery,
    do_jobs: DoJobs,
    clock: ModuleType,
) -> None:
    receiver.behave = lambda _request: (500, b"")
    await ask_to_send(session, webhook.app_id)
    await ask_to_send(session, webhook.app_id)
    assert await do_jobs("webhooks.send") == 1
    scheduled = await session.scalar(
        text("SELECT scheduled_at FROM procrastinate_jobs WHERE task_name = 'webhooks.send_again'")
    )
    await session.refresh(waiting)
    assert abs(scheduled - waiting.next_try_at + clock.ahead()) < timedelta(seconds=1)
    clock.advance(timedelta(seconds=10))
    assert await do_jobs("webhooks.send_again") == 1
    assert await do_jobs("webhooks.send") == 1
    assert len(receiver.received) == 2


async def test_what_is_due_is_found_even_if_its_job_was_lost(
    session: AsyncSession, receiver: Receiver, waiting: EventDelivery, do_jobs: DoJobs
) -> None:
    await enqueue(session, "webhooks.send_waiting")
    assert await do_jobs("webhooks.send_waiting") == 1
    assert await do_jobs("webhooks.send") == 1
    assert len(receiver.received) == 1


async def test_a_delivery_that_failed_can_be_tried_again_from_the_start(
    session: AsyncSession, receiver: Receiver, webhook: Webhook, waiting: EventDelivery, send: Send
) -> None:
    receiver.behave = lambda _request: (404, b"")
    await send()
    receiver.behave = lambda _request: (200, b"")
    await session.refresh(waiting)
    await service.retry(session, waiting, webhook.app_id)
    assert await state(session, waiting) == (PENDING, 6)
    await send()
    assert (await state(session, waiting))[0] is SUCCESS


async def test_old_deliveries_are_forgotten(
    session: AsyncSession, waiting: EventDelivery, clock: ModuleType
) -> None:
    clock.advance(timedelta(days=13))
    fresh = await make_delivery(session, waiting.webhook)
    await forget_old(session)
    assert len((await session.scalars(select(EventDelivery.id))).all()) == 2
    clock.advance(timedelta(days=2))
    await forget_old(session)
    assert (await session.scalars(select(EventDelivery.id))).all() == [fresh.id]
    assert (await session.scalars(select(EventPayload.id))).all() == [fresh.payload_id]
