"""The audit log: who did or saw what of whom."""

from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.people.models import AuditEntry


async def record(
    session: AsyncSession,
    actor_id: int | None,
    action: str,
    subject_type: str,
    subject_id: object,
    **details: Any,
) -> None:
    """Write a line of the log, in the caller's transaction. `details` hold no secret and no bank number."""
    await session.execute(
        insert(AuditEntry).values(
            at=clock.now(),
            actor_id=actor_id,
            action=action,
            subject_type=subject_type,
            subject_id=str(subject_id),
            details=details,
        )
    )
