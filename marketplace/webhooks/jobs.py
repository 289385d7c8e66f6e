"""Jobs of webhooks: making what is told, sending it, and forgetting it."""

from datetime import datetime
from typing import Any

from marketplace.kit.jobs import Retry, Work, enqueue, job
from marketplace.webhooks import breaker
from marketplace.webhooks.delivery import apps_with_due, forget_old, next_due, send_due
from marketplace.webhooks.hearing import LATER_THAN_LETTERS, SEND, TELL, ask_to_send, make_deliveries
from marketplace.webhooks.payloads import Happening

AGAIN = "webhooks.send_again"
SLOT_SECONDS = 10
"""Tries that are due within so long of each other are woken together."""


@job(TELL, retry=Retry(times=3))
async def tell(
    work: Work,
    event: str,
    model: str,
    keys: list[int | str],
    issued_at: datetime,
    user_id: int | None,
    app_id: int | None,
    details: dict[str, Any],
) -> None:
    """Make what is told of an event for each webhook that listens to it."""
    happening = Happening(event, model, tuple(keys), issued_at, user_id, app_id, details)
    await make_deliveries(work.session, work.settings, happening)


@job(SEND, retry=Retry(times=3))
async def send(work: Work, app_id: int) -> None:
    """Send what is due to one app. A slow app takes up one worker's time, never another app's turn."""
    await send_due(work.database, work.settings, app_id)
    due = await next_due(work.session, app_id)
    if due is not None:
        slot = int(due.timestamp()) // SLOT_SECONDS
        await enqueue(
            work.session,
            AGAIN,
            run_at=due,
            priority=LATER_THAN_LETTERS,
            queueing_lock=f"{AGAIN}:{app_id}:{slot}",
            app_id=app_id,
        )


@job(AGAIN)
async def send_again(work: Work, app_id: int) -> None:
    """A moment has come at which something was to be tried again."""
    await ask_to_send(work.session, app_id)


@job("webhooks.send_waiting")
async def send_waiting(work: Work) -> None:
    """Find what is due, should its job have been lost, or the clock been advanced."""
    for app_id in await apps_with_due(work.session):
        await ask_to_send(work.session, app_id)


@job("webhooks.tidy")
async def tidy(work: Work) -> None:
    """Forget deliveries of long ago, and what breakers went by."""
    await forget_old(work.session)
    await breaker.forget_old(work.session)
