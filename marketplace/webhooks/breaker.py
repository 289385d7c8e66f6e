"""Breakers: an app that fails too often is not asked for a while, so that nobody waits for it in vain.

As in Saleor: within some minutes so many failures, which are so great a part of the calls, open an app's
breaker. After a rest it is half open: the app is asked again, and watched. Then either failures open it again
or answers close it. Counts are kept in slots of some seconds, so that a busy app has a row for each of these
and not one for each call.
"""

from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import App, BreakerState
from marketplace.kit import clock
from marketplace.webhooks.models import AppCalls

log = structlog.get_logger(__name__)

SLOT_SECONDS = 10
PERCENT = 100


@dataclass(frozen=True, slots=True)
class Rules:
    """When a breaker opens and closes. The percentages and times are Saleor's; its numbers of failures are
    those of larger shops (100, 20 and 50).
    """

    window_seconds: int = 300
    rest_seconds: int = 120
    failures: int = 20
    failures_percent: int = 35
    failures_when_half_open: int = 5
    failures_percent_when_half_open: int = 30
    answers_to_close: int = 10


RULES = Rules()
SLOTS = RULES.window_seconds // SLOT_SECONDS


async def may_be_asked(session: AsyncSession, app: App) -> bool:
    """Whether an app is to be asked now. Moves its breaker on, if it is time."""
    if (state := await _next_state(session, app)) is not None:
        await set_state(session, app, state)
    return app.breaker_state is not BreakerState.OPEN


async def set_state(session: AsyncSession, app: App, state: BreakerState) -> None:
    """Set a breaker, and begin to count anew. Of several who do so at once the first does."""
    before, now = app.breaker_state, clock.now()
    changed = await session.scalar(
        update(App)
        .where(App.id == app.id, App.breaker_state == before)
        .values(breaker_state=state, breaker_changed_at=now)
        .returning(App.id),
        execution_options={"synchronize_session": False},
    )
    await session.refresh(app, ["breaker_state", "breaker_changed_at"])
    if changed is not None:
        await session.execute(delete(AppCalls).where(AppCalls.app_id == app.id))
        log.info("breaker changed", app_id=app.id, before=str(before), now=str(state))


async def count(session: AsyncSession, app_id: int, *, failed: bool) -> None:
    """Note that an app was asked."""
    row = {"app_id": app_id, "slot": _slot(), "asked": 1, "failed": int(failed)}
    statement = upsert(AppCalls).values(row)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[AppCalls.app_id, AppCalls.slot],
            set_={"asked": AppCalls.asked + 1, "failed": AppCalls.failed + int(failed)},
        )
    )


async def forget_old(session: AsyncSession) -> None:
    """Forget counts that no breaker goes by any more."""
    await session.execute(delete(AppCalls).where(AppCalls.slot <= _slot() - SLOTS))


async def _next_state(session: AsyncSession, app: App) -> BreakerState | None:
    state, since = app.breaker_state, app.breaker_changed_at
    if state is BreakerState.OPEN:
        has_rested = since is None or since + timedelta(seconds=RULES.rest_seconds) <= clock.now()
        return BreakerState.HALF_OPEN if has_rested else None
    found = await session.execute(
        select(func.coalesce(func.sum(AppCalls.asked), 0), func.coalesce(func.sum(AppCalls.failed), 0)).where(
            AppCalls.app_id == app.id, AppCalls.slot > _slot() - SLOTS
        )
    )
    asked, failed = map(int, found.one())
    half_open = state is BreakerState.HALF_OPEN
    least = RULES.failures_when_half_open if half_open else RULES.failures
    percent = RULES.failures_percent_when_half_open if half_open else RULES.failures_percent
    if failed >= least and failed * PERCENT >= asked * percent:
        return BreakerState.OPEN
    if half_open and asked - failed >= RULES.answers_to_close:
        return BreakerState.CLOSED
    return None


def _slot() -> int:
    return int(clock.now().timestamp()) // SLOT_SECONDS
