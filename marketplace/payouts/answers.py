"""The bank's answer to a run: a sheet that says of each transfer whether it was paid, failed or came back.

A file is taken whole or not at all. Lines that say what is known already are harmless, so a file may be told
twice, and a newer file may repeat the older one's lines.
"""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError, Errors
from marketplace.payouts.answer_sheets import read_sheet
from marketplace.payouts.endings import Ending, close_if_ended, end_payouts, locked_run
from marketplace.payouts.errors import AnswerError, RunStateError, UnknownPayoutError
from marketplace.payouts.models import Payout, PayoutRun, PayoutRunStatus
from marketplace.payouts.said import ERRORS_SHOWN, Said
from marketplace.payouts.ways import Teller
from marketplace.people import audit


async def import_answer(
    session: AsyncSession, run_id: int, content: bytes, actor_id: int | None = None
) -> PayoutRun:
    """Take the bank's answer to a sent run, and close the run once each of its payouts has ended.

    Money that failed or came back is payable again; what was paid may still come back later. Raises
    NotFoundError, RunStateError before the run is sent, and Errors that name every line that can't be taken.
    """
    said = read_sheet(content)
    run = await locked_run(session, run_id)
    if run.status not in (PayoutRunStatus.SENT, PayoutRunStatus.CLOSED):
        raise RunStateError(f"Only a sent run has an answer; this run is {run.status}.", field="id")
    found = await session.scalars(
        select(Payout).where(Payout.run_id == run_id).order_by(Payout.number).with_for_update()
    )
    payouts = {payout.end_to_end_id: payout for payout in found}
    errors: list[DomainError] = [_unknown(line) for line in said if line.end_to_end_id not in payouts]
    rows = {line.end_to_end_id: line.row for line in said}
    told = [
        Ending(payouts[line.end_to_end_id], line.status, line.reason)
        for line in said
        if line.end_to_end_id in payouts
    ]
    changed = 0
    try:
        changed = await end_payouts(session, Teller.BANK, told)
    except Errors as refused:
        errors += [_in_row(rows[str(error.details["reference"])], error) for error in refused.errors]
    if errors:
        raise Errors(errors[:ERRORS_SHOWN])
    await close_if_ended(session, run)
    if changed:
        await audit.record(session, actor_id, "payout_run.answered", "PayoutRun", run.id, changed=changed)
    return run


def _unknown(said: Said) -> UnknownPayoutError:
    return UnknownPayoutError(
        f"Row {said.row}: this run has no transfer {said.end_to_end_id}.", field="file", row=said.row
    )


def _in_row(row: int, error: DomainError) -> AnswerError:
    return AnswerError(f"Row {row}: {error.message}", field="file", row=row)
