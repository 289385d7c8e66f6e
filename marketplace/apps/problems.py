"""Problems that apps tell staff of: the same again is counted, and staff or the app put them away."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.apps.models import MOST_PROBLEMS, App, AppProblem
from marketplace.kit import clock
from marketplace.kit.errors import DomainError, Errors, InvalidError
from marketplace.people.models import User

SHORTEST = 3
"""Letters of a message or a key."""
LONGEST_KEY = 128
LONGEST_MESSAGE = 2048
SAME_FOR_MINUTES = 60
"""So long after it was last told, the same problem is the same; unless the app says otherwise."""
LONGEST_SAME_MINUTES = 366 * 24 * 60


async def tell_problem(
    session: AsyncSession,
    app_id: int,
    key: str,
    message: str,
    *,
    critical_from: int | None = None,
    same_for_minutes: int | None = None,
) -> AppProblem:
    """Note a problem, or count it once more. From `critical_from` times on it is critical.

    Longer messages are cut short. Raises Errors.
    """
    same_for_minutes = SAME_FOR_MINUTES if same_for_minutes is None else same_for_minutes
    _check(key, message, critical_from, same_for_minutes)
    if len(message) > LONGEST_MESSAGE:
        message = message[: LONGEST_MESSAGE - 3] + "..."
    await session.execute(select(App.id).where(App.id == app_id).with_for_update())
    problem = await session.scalar(
        select(AppProblem)
        .where(AppProblem.app_id == app_id, AppProblem.key == key, ~AppProblem.is_dismissed)
        .order_by(AppProblem.updated_at.desc(), AppProblem.id.desc())
        .limit(1)
    )
    since = clock.now() - timedelta(minutes=min(same_for_minutes, LONGEST_SAME_MINUTES))
    if problem is None or not same_for_minutes or problem.updated_at < since:
        await _make_room(session, app_id)
        problem = AppProblem(app_id=app_id, key=key, count=0)
        session.add(problem)
    problem.count += 1
    problem.message = message
    problem.is_critical = critical_from is not None and problem.count >= critical_from
    problem.updated_at = clock.now()
    await session.flush()
    return problem


async def dismiss(
    session: AsyncSession,
    *,
    app_id: int | None = None,
    ids: Collection[int] | None = None,
    keys: Collection[str] | None = None,
    by: User | None = None,
) -> None:
    """Put away an app's problems, by key or id (those of any app, where none is named); `by`: which member
    of staff does it, None: the app itself.
    """
    chosen = select(AppProblem.id).where(~AppProblem.is_dismissed)
    if app_id is not None:
        chosen = chosen.where(AppProblem.app_id == app_id)
    chosen = chosen.where(AppProblem.key.in_(keys or ()) if ids is None else AppProblem.id.in_(ids))
    found = list(await session.scalars(chosen.order_by(AppProblem.id).with_for_update()))
    await session.execute(
        update(AppProblem)
        .where(AppProblem.id.in_(found))
        .values(
            is_dismissed=True,
            dismissed_by_id=None if by is None else by.id,
            dismissed_by_email=None if by is None else by.email,
            updated_at=AppProblem.updated_at,  # When it was last told of, not when it was put away.
        )
    )


async def of_others(session: AsyncSession, app_id: int, ids: Collection[int]) -> bool:
    """Whether some of the problems are another app's."""
    strangers = select(AppProblem.id).where(AppProblem.id.in_(ids), AppProblem.app_id != app_id).limit(1)
    return await session.scalar(strangers) is not None


def _check(key: str, message: str, critical_from: int | None, same_for_minutes: int) -> None:
    errors: list[DomainError] = []
    if len(message) < SHORTEST:
        errors.append(InvalidError(f"At least {SHORTEST} letters.", field="message"))
    if not SHORTEST <= len(key) <= LONGEST_KEY:
        errors.append(InvalidError(f"{SHORTEST} to {LONGEST_KEY} letters.", field="key"))
    if critical_from is not None and critical_from < 1:
        errors.append(InvalidError("From the first time on, at least.", field="criticalThreshold"))
    if same_for_minutes < 0:
        errors.append(InvalidError("Not less than no time.", field="aggregationPeriod"))
    if errors:
        raise Errors(errors)


async def _make_room(session: AsyncSession, app_id: int) -> None:
    """Forget the oldest, so that there is room for one more."""
    kept = (
        select(AppProblem.id)
        .where(AppProblem.app_id == app_id)
        .order_by(AppProblem.updated_at.desc(), AppProblem.id.desc())
        .limit(MOST_PROBLEMS - 1)
    )
    await session.execute(delete(AppProblem).where(AppProblem.app_id == app_id, AppProblem.id.not_in(kept)))
