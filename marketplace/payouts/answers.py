"""The bank's answer to a run: a sheet that says of each transfer whether it was paid, failed or came back.

A file is taken whole or not at all. Lines that say what is known already are harmless, so a file may be told
twice, and a newer file may repeat the older one's lines.
"""

import csv
import io
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError, Errors
from marketplace.kit.text import without_marks
from marketplace.payouts.endings import Ending, close_if_ended, end_payouts, locked_run
from marketplace.payouts.errors import AnswerError, RunStateError, UnknownPayoutError
from marketplace.payouts.models import Payout, PayoutRun, PayoutRunStatus, PayoutStatus
from marketplace.payouts.ways import Teller
from marketplace.people import audit

ANSWER_BYTES = 5 * 1024 * 1024
ERRORS_SHOWN = 50
REASON_LENGTH = 500

HEADINGS = {
    "end_to_end_id": {"endtoendid", "end to end id", "reference", "ref", "reference du virement", "id"},
    "status": {"status", "statut", "etat", "resultat"},
    "reason": {"reason", "motif", "raison", "commentaire", "libelle"},
}
"""Column headings as banks write them: small letters, without accents, `_` and `-` read as spaces."""

STATUSES = {
    "paid": PayoutStatus.PAID,
    "paye": PayoutStatus.PAID,
    "execute": PayoutStatus.PAID,
    "failed": PayoutStatus.FAILED,
    "echec": PayoutStatus.FAILED,
    "rejete": PayoutStatus.FAILED,
    "rejected": PayoutStatus.FAILED,
    "returned": PayoutStatus.RETURNED,
    "retourne": PayoutStatus.RETURNED,
}


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the answer."""

    row: int
    """As a sheet counts: the heading is row 1."""
    end_to_end_id: str
    status: PayoutStatus
    reason: str


async def import_answer(
    session: AsyncSession, run_id: int, content: bytes, actor_id: int | None = None
) -> PayoutRun:
    """Take the bank's answer to a sent run, and close the run once each of its payouts has ended.

    Money that failed or came back is payable again; what was paid may still come back later. Raises
    NotFoundError, RunStateError before the run is sent, and Errors that name every line that can't be taken.
    """
    said = _read(content)
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


def _read(content: bytes) -> list[Said]:
    """The answer's lines. Raises AnswerError for what is no such sheet, Errors for lines that say nothing."""
    if len(content) > ANSWER_BYTES:
        raise AnswerError("The file is too large for a bank's answer.", field="file")
    heading, *rows = _rows(_text(content)) or [[]]
    columns = _columns(heading)
    said, errors = [], []
    for number, row in enumerate(rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        cells = {name: row[place].strip() if place < len(row) else "" for name, place in columns.items()}
        status = STATUSES.get(without_marks(cells["status"]))
        if status is None:
            errors.append(
                AnswerError(
                    f"Row {number}: “{cells['status'][:50]}” is not PAID, FAILED or RETURNED.",
                    field="file",
                    row=number,
                )
            )
        else:
            reason = cells.get("reason", "")[:REASON_LENGTH]
            said.append(Said(number, cells["end_to_end_id"], status, reason))
    if errors:
        raise Errors([*errors[:ERRORS_SHOWN]])
    if not said:
        raise AnswerError("The file says nothing of any transfer.", field="file")
    return said


def _text(content: bytes) -> str:
    """UTF-8, with a mark or without, or what older programs of banks write."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise AnswerError("This is not a CSV file.", field="file")
    return text


def _rows(text: str) -> list[list[str]]:
    delimiter = max(";,\t", key=text.partition("\n")[0].count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        raise AnswerError("This is not a CSV file.", field="file") from None


def _columns(heading: list[str]) -> dict[str, int]:
    columns = {}
    for place, written in enumerate(heading):
        plain = " ".join(without_marks(written).replace("_", " ").replace("-", " ").split())
        for name, known in HEADINGS.items():
            if plain in known and name not in columns:
                columns[name] = place
    missing = {"end_to_end_id", "status"} - columns.keys()
    if missing:
        raise AnswerError(
            "The file's first row must name the columns end_to_end_id and status;"
            f" missing: {', '.join(sorted(missing))}.",
            field="file",
        )
    return columns
