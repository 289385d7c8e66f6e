"""Runs that the schedule drafts: one for each day that staff named, never two for the same day."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.jobs import enqueue
from marketplace.payouts.errors import NothingToPayError
from marketplace.payouts.models import PayoutRhythm, PayoutRun, PayoutTerms
from marketplace.payouts.runs import create_run
from marketplace.payouts.terms import due_day, locked_terms

DRAFT_WAITS = "post.payout_draft_waits"
"""The letters to staff who work with payouts."""


async def draft_due(session: AsyncSession, currency: str) -> PayoutRun | None:
    """Draft a currency's run if its day has come, and have staff told that it waits; else None.

    A day on which nobody had to get anything is over as well. Days on which no worker ran are made up for
    by one run. Two workers at once make one: the terms' row is locked.
    """
    terms = await locked_terms(session, currency)
    day = due_day(terms, clock.now().date())
    if day is None:
        return None
    terms.drafted_for = day
    await session.flush()
    try:
        async with session.begin_nested():
            run = await create_run(session, currency, None, drafted_for=day)
    except NothingToPayError:
        return None
    await enqueue(session, DRAFT_WAITS, run_id=run.id)
    return run


async def scheduled_currencies(session: AsyncSession) -> list[str]:
    """In which currencies runs are drafted by the schedule."""
    query = select(PayoutTerms.currency).where(PayoutTerms.rhythm != PayoutRhythm.BY_HAND)
    return list(await session.scalars(query.order_by(PayoutTerms.currency)))
