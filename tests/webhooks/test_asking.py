"""Apps that are asked: what counts as an answer, and the breaker of those that give none."""

from datetime import timedelta
from types import ModuleType

import orjson
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import App, BreakerState
from marketplace.kit import clock as the_clock
from marketplace.kit.errors import InvalidError
from marketplace.kit.settings import Settings
from marketplace.webhooks import asking, breaker, service
from marketplace.webhooks.breaker import RULES
from marketplace.webhooks.models import AppCalls, DeliveryStatus, EventDelivery, Webhook
from marketplace.webhooks.payloads import Happening
from tests.factories.apps import make_app
from tests.factories.catalog import make_product
from tests.factories.webhooks import make_delivery, make_webhook
from tests.receiver import Receiver

EVENT = "PAYMENT_GATEWAY_INITIALIZE_SESSION"
LISTS = "SHIPPING_LIST_METHODS_FOR_CHECKOUT"


@pytest.fixture
async def webhook(session: AsyncSession, receiver: Receiver) -> Webhook:
    return await make_webhook(session, EVENT, target_url=receiver.url, permissions=("HANDLE_PAYMENTS",))


@pytest.fixture
async def happening(session: AsyncSession) -> Happening:
    return Happening(EVENT, "Product", ((await make_product(session)).id,), the_clock.now())


async def asked(session: AsyncSession, settings: Settings, happening: Happening) -> list[asking.Heard]:
    heard = await asking.put(settings, await asking.questions(session, settings, happening))
    await asking.note(session, heard)
    return heard


async def fail(session: AsyncSession, app: App, times: int, answers: int = 0) -> None:
    for number in range(times + answers):
        await breaker.count(session, app.id, failed=number < times)


async def test_an_app_is_asked_with_saleors_headers_and_a_signature(
    session: AsyncSession, settings: Settings, receiver: Receiver, webhook: Webhook, happening: Happening
) -> None:
    receiver.behave = lambda _request: (200, b'{"a": 1}')
    (heard,) = await asked(session, settings, happening)
    assert heard.said == {"a": 1}
    (request,) = receiver.received
    assert request.headers["saleor-event"] == EVENT.lower()
    assert request.headers["saleor-signature"].count(".") == 2
    delivery = (await session.scalars(select(EventDelivery))).one()
    assert (delivery.status, delivery.tries_left, delivery.payload_id) == (DeliveryStatus.SUCCESS, 0, None)


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"{}"), (301, b"{}"), (200, b""), (200, b"[1]"), (200, b'"a"'), (200, b"{" * 9)],
)
async def test_what_is_no_object_is_no_answer(
    session: AsyncSession,
    settings: Settings,
    receiver: Receiver,
    webhook: Webhook,
    happening: Happening,
    status: int,
    body: bytes,
) -> None:
    receiver.behave = lambda _request: (status, body)
    (heard,) = await asked(session, settings, happening)
    assert heard.said is None
    delivery = (await session.scalars(select(EventDelivery))).one()
    assert delivery.status is DeliveryStatus.FAILED
    assert await session.scalar(select(AppCalls.failed)) == 1


async def test_an_answer_without_end_is_none(
    session: AsyncSession, settings: Settings, receiver: Receiver, webhook: Webhook, happening: Happening
) -> None:
    endless = orjson.dumps({"a": "x" * (asking.ANSWER_BYTES + 1)})
    receiver.behave = lambda _request: (200, endless)
    (heard,) = await asked(session, settings, happening)
    assert heard.said is None


@pytest.mark.parametrize(
    "given", [{"permissions": []}, {"is_active": False}, {"removed_at": the_clock.now()}]
)
async def test_an_app_that_may_not_is_not_asked(
    session: AsyncSession, settings: Settings, happening: Happening, given: dict[str, object]
) -> None:
    app = await make_app(session, **{"permissions": ["HANDLE_PAYMENTS"]} | given)
    await make_webhook(session, EVENT, app=app)
    await make_webhook(session, "ANY_EVENTS", permissions=("HANDLE_PAYMENTS",))  # Told, but not asked.
    assert await asking.questions(session, settings, happening) == []


async def test_an_app_that_fails_too_often_is_left_alone(
    session: AsyncSession, settings: Settings, receiver: Receiver, webhook: Webhook, happening: Happening
) -> None:
    await fail(session, webhook.app, RULES.failures)
    assert await asked(session, settings, happening) == []
    assert receiver.received == []
    assert webhook.app.breaker_state is BreakerState.OPEN
    assert webhook.app.breaker_changed_at is not None


async def test_few_failures_among_many_answers_are_no_matter(session: AsyncSession, webhook: Webhook) -> None:
    await fail(session, webhook.app, RULES.failures, answers=RULES.failures * 2)
    assert await breaker.may_be_asked(session, webhook.app)
    await fail(session, webhook.app, RULES.failures)
    assert not await breaker.may_be_asked(session, webhook.app)


async def test_failures_of_long_ago_are_no_matter(
    session: AsyncSession, webhook: Webhook, clock: ModuleType
) -> None:
    await fail(session, webhook.app, RULES.failures)
    clock.advance(timedelta(seconds=RULES.window_seconds + 20))
    assert await breaker.may_be_asked(session, webhook.app)
    await breaker.forget_old(session)
    assert await session.scalar(select(func.count()).select_from(AppCalls)) == 0


@pytest.mark.parametrize(
    ("failures", "answers", "state"),
    [
        (0, RULES.answers_to_close, BreakerState.CLOSED),
        (RULES.failures_when_half_open, 0, BreakerState.OPEN),
        (1, 1, BreakerState.HALF_OPEN),
    ],
)
async def test_after_a_rest_an_app_is_asked_again_and_watched(
    session: AsyncSession,
    webhook: Webhook,
    clock: ModuleType,
    failures: int,
    answers: int,
    state: BreakerState,
) -> None:
    app = webhook.app
    await breaker.set_state(session, app, BreakerState.OPEN)
    assert not await breaker.may_be_asked(session, app)
    clock.advance(timedelta(seconds=RULES.rest_seconds))
    assert await breaker.may_be_asked(session, app)
    assert app.breaker_state is BreakerState.HALF_OPEN
    await fail(session, app, failures, answers)
    await breaker.may_be_asked(session, app)
    assert app.breaker_state is state


async def test_what_was_asked_is_not_sent_again(session: AsyncSession, webhook: Webhook) -> None:
    delivery = await make_delivery(session, webhook, event_type=EVENT)
    with pytest.raises(InvalidError):
        await service.retry(session, delivery, webhook.app_id)
