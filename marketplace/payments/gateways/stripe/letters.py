"""What staff who handle payments are written to about: disputes to be answered, and decided; differences."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Integer, case, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.jobs import enqueue
from marketplace.payments.gateways.stripe.models import DisputeStatus, StripeDispute
from marketplace.people.permissions import Permission
from marketplace.people.recipients import staff_who_may

DISPUTE_DUE, DISPUTE_DECIDED, DIFFERENCES = "post.dispute_due", "post.dispute_decided", "post.differences"
DECIDED = (DisputeStatus.WON, DisputeStatus.LOST)
TO_BE_ANSWERED = (DisputeStatus.NEEDS_RESPONSE, DisputeStatus.WARNING_NEEDS_RESPONSE)
FIRST_WARNING, LAST_WARNING = timedelta(days=3), timedelta(days=1)
"""So long before the evidence is due."""
AT_ONCE = 100


async def remind_due(session: AsyncSession) -> int:
    """Have staff reminded of disputes that are to be answered: when they are opened, three days and one day
    before it is too late, each time once. For a periodic job; gives of how many.
    """
    now = clock.now()
    step = case(
        (StripeDispute.evidence_due_at <= literal(now) + LAST_WARNING, 3),
        (StripeDispute.evidence_due_at <= literal(now) + FIRST_WARNING, 2),
        else_=1,
    )
    due = await session.execute(
        select(StripeDispute, func.cast(step, Integer))
        .where(
            StripeDispute.status.in_(TO_BE_ANSWERED),
            StripeDispute.evidence_due_at > now,
            StripeDispute.reminders < step,
        )
        .order_by(StripeDispute.evidence_due_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    found = due.all()
    for dispute, reached in found:
        dispute.reminders = reached
        await _write_to_staff(session, DISPUTE_DUE, dispute_id=dispute.id, step=reached)
    return len(found)


async def tell_decision(session: AsyncSession, dispute: StripeDispute) -> None:
    """The bank has decided: staff are told which way."""
    await _write_to_staff(
        session, DISPUTE_DECIDED, dispute_id=dispute.id, is_won=dispute.status is DisputeStatus.WON
    )


async def tell_differences(session: AsyncSession) -> None:
    """Stripe's books and ours differ: staff are told once a day, for as long as they do."""
    await _write_to_staff(session, DIFFERENCES, day=clock.now().date().isoformat())


async def _write_to_staff(session: AsyncSession, job: str, **given: Any) -> None:
    """Each letter is a job of its own, to be tried again by itself."""
    for user_id in await staff_who_may(session, Permission.HANDLE_PAYMENTS):
        await enqueue(session, job, user_id=user_id, **given)
