"""What gateways tell us by themselves: kept before it is worked on, once however often it is told.

What somebody else has sent, or does not fit, is refused before anything is kept but how often that happens.
"""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

import structlog
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kit import clock
from marketplace.kit.database import Database

Kept = TypeVar("Kept", bound="Notice")
log = structlog.get_logger(__name__)


class NoticeStatus(StrEnum):
    WAITING = "WAITING"
    DONE = "DONE"
    IGNORED = "IGNORED"
    """It is about nothing of ours."""
    REFUSED = "REFUSED"
    """It does not fit: of another account, or a test where money is real. It is for people to look into."""


class Notice:
    """Something that a gateway has told us of. Told twice, kept once."""

    id: Mapped[str] = mapped_column(primary_key=True)
    """The gateway's own: evt_..."""
    created_at: Mapped[datetime]
    """When it happened at the gateway."""
    received_at: Mapped[datetime] = mapped_column(default=clock.now)
    status: Mapped[NoticeStatus] = mapped_column(default=NoticeStatus.WAITING)
    message: Mapped[str] = mapped_column(default="")
    worked_at: Mapped[datetime | None]


class Refusals:
    """How many notices a day had that were not signed by the gateway, or did not fit."""

    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]


class BadNoticeError(Exception):
    """It was not the gateway who sent it, or long ago, or it tells nothing."""


class RefusedNoticeError(Exception):
    """A notice, kept already, that does not fit. Its message says why, for a person."""


async def keep(session: AsyncSession, table: type[Notice], row: dict[str, Any]) -> bool:
    """Keep a notice; whether it is new."""
    values = {"received_at": clock.now(), "status": NoticeStatus.WAITING, "message": "", **row}
    kept = await session.scalar(upsert(table).values(values).on_conflict_do_nothing().returning(table.id))
    return kept is not None


async def count_refusal(session: AsyncSession, table: type[Refusals]) -> None:
    """Count a notice that was refused: nothing else of it is kept."""
    await session.execute(
        upsert(table)
        .values(day=clock.now().date(), count=1)
        .on_conflict_do_update(index_elements=[table.day], set_={"count": table.count + 1})
    )


async def work_once(
    database: Database,
    table: type[Kept],
    notice_id: str,
    handle: Callable[[Kept], Awaitable[NoticeStatus | None]],
) -> None:
    """Work on a notice that was kept, unless it was worked on already. `handle` opens its own transactions
    and may be called again for the same notice; it says what has become of it: None stands for DONE.
    """
    async with database.transaction() as session:
        notice = await session.get(table, notice_id)
    if notice is None or notice.status is not NoticeStatus.WAITING:
        return
    message = ""
    try:
        status = await handle(notice) or NoticeStatus.DONE
    except RefusedNoticeError as error:
        status, message = NoticeStatus.REFUSED, str(error)
        log.error("notice refused", notice_id=notice.id, kind=table.__name__, why=message)  # noqa: TRY400
    async with database.transaction() as session:
        notice = await session.get_one(table, notice_id, with_for_update=True)
        notice.status, notice.message, notice.worked_at = status, message, clock.now()


async def forget(
    session: AsyncSession, table: type[Notice], refusals: type[Refusals], before: datetime
) -> None:
    """Forget notices that were worked on, and counts of refusals, that nobody will ask for any more."""
    await session.execute(
        delete(table).where(table.created_at < before, table.status != NoticeStatus.WAITING)
    )
    await session.execute(delete(refusals).where(refusals.day < before.date()))
