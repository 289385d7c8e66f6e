"""How payouts end: paid, failed or returned, whoever tells of it and whichever way they went."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import DomainError, Errors, InvalidError, NotFoundError, RequiredError
from marketplace.kit.jobs import enqueue
from marketplace.kit.money import Money
from marketplace.payouts import entries
from marketplace.payouts.errors import PayoutStateError
from marketplace.payouts.journal import Entry, record
from marketplace.payouts.models import Payout, PayoutRun, PayoutRunStatus, PayoutStatus
from marketplace.payouts.ways import WAYS, Teller
from marketplace.people import audit

CAME_BACK = (PayoutStatus.FAILED, PayoutStatus.RETURNED)
REASON_LENGTH = 500
CAME_BACK_LETTER = "post.payout_came_back"
"""The letters to a seller whose money did not arrive."""
UNDER_WAY = (PayoutStatus.PENDING, PayoutStatus.SENT)


async def locked_run(session: AsyncSession, run_id: int) -> PayoutRun:
    """A run that nobody else changes before this transaction ends. Raises NotFoundError."""
    query = select(PayoutRun).where(PayoutRun.id == run_id).with_for_update()
    run = await session.scalar(query.execution_options(populate_existing=True))
    if run is None:
        raise NotFoundError("There is no such payout run.", field="id")
    return run


@dataclass(frozen=True, slots=True)
class Ending:
    """What is said to have become of a payout, in whose words."""

    payout: Payout
    status: PayoutStatus
    reason: str = ""


async def end_payouts(session: AsyncSession, told_by: Teller, endings: Iterable[Ending]) -> int:
    """Have payouts end, and book it; gives how many that is news of. What was paid may come back later.

    The caller holds the lock of their run (`locked_run`), has read them since, and closes the run afterwards
    (`close_if_ended`). Raises Errors of PayoutStateErrors, each with its payout's reference: for what
    contradicts what is known, and where the teller can't know of it. Nothing is booked then.
    """
    refused: list[DomainError] = []
    made: list[Entry] = []
    for ending in endings:
        try:
            made += _apply(ending, told_by)
        except PayoutStateError as error:
            refused.append(error)
    if refused:
        raise Errors(refused)
    await session.flush()
    await record(session, made)
    for entry in made:
        if entry.kind in ("payout_failed", "payout_returned"):
            await enqueue(session, CAME_BACK_LETTER, payout_id=entry.payout_id)
    return len(made)


def _apply(ending: Ending, told_by: Teller) -> list[Entry]:
    payout, status = ending.payout, ending.status
    if not is_news(payout, status):
        return []
    way = WAYS[payout.method]
    if not may_end(payout, status, told_by):
        raise PayoutStateError(
            f"{payout.end_to_end_id} is {payout.status} and can't become {status}.",
            field="id",
            reference=payout.end_to_end_id,
        )
    now, was_paid = clock.now(), payout.status is PayoutStatus.PAID
    payout.status = status
    if status is PayoutStatus.PAID:
        payout.paid_at = now
        return [entries.payout_paid(payout, now, way.paid_from)]
    payout.ended_at, payout.reason = now, ending.reason
    if status is PayoutStatus.FAILED:
        return [entries.payout_failed(payout, now)]
    return [entries.payout_returned(payout, now, was_paid=was_paid, paid_from=way.paid_from)]


def is_news(payout: Payout, status: PayoutStatus) -> bool:
    """Whether this is not known of a payout: also that it was paid, when it has come back since."""
    return status is not payout.status and not (status is PayoutStatus.PAID and payout.paid_at is not None)


def may_end(payout: Payout, status: PayoutStatus, told_by: Teller) -> bool:
    """Whether a payout can go on like this from where it is, and whether who tells of it can know."""
    if status not in WAYS[payout.method].endings.get(told_by, frozenset()):
        return False
    before, after = payout.status, status
    if before is PayoutStatus.PENDING:
        return after is PayoutStatus.FAILED  # What waits to be sent can only turn out to be impossible.
    return before is PayoutStatus.SENT or (before, after) == (PayoutStatus.PAID, PayoutStatus.RETURNED)


async def close_if_ended(session: AsyncSession, run: PayoutRun) -> None:
    """Close a sent run of which no payout is under way any more. The caller holds its lock."""
    left = select(Payout.id).where(Payout.run_id == run.id, Payout.status.in_(UNDER_WAY)).exists()
    if run.status is PayoutRunStatus.SENT and not await session.scalar(select(left)):
        run.status = PayoutRunStatus.CLOSED
        await session.flush()


async def locked_payout(session: AsyncSession, payout_id: UUID) -> tuple[PayoutRun, Payout]:
    """A payout and its run, which nobody else changes before this transaction ends. Raises NotFoundError."""
    run_id = await session.scalar(select(Payout.run_id).where(Payout.id == payout_id))
    if run_id is None:
        raise NotFoundError("There is no such payout.", field="id")
    run = await locked_run(session, run_id)
    return run, await session.get_one(Payout, payout_id, populate_existing=True)


async def return_payout(session: AsyncSession, payout_id: UUID, reason: str, actor_id: int) -> Payout:
    """Have staff say that a payout came back, and why: its money is payable again. Told twice, it is once.

    Raises NotFoundError, RequiredError, InvalidError, and PayoutStateError for what is not sent, or did not
    go a way of which staff can know.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise RequiredError("Why did it come back? The seller is told.", field="reason")
    if len(reason) > REASON_LENGTH:
        raise InvalidError(f"At most {REASON_LENGTH} letters, please.", field="reason")
    run, payout = await locked_payout(session, payout_id)
    if await end_payouts(session, Teller.STAFF, [Ending(payout, PayoutStatus.RETURNED, reason)]):
        await close_if_ended(session, run)
        said = {"reason": reason, "amount": str(Money(payout.amount_minor, payout.currency))}
        await audit.record(session, actor_id, "payout.returned", "Payout", payout.id, **said)
    return payout
