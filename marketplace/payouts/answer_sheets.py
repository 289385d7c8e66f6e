"""A bank's answer as a sheet: what became of each transfer, a line each."""

import csv
import io

from marketplace.kit.errors import Errors
from marketplace.kit.text import without_marks
from marketplace.payouts.errors import AnswerError
from marketplace.payouts.models import PayoutStatus
from marketplace.payouts.said import ANSWER_BYTES, ERRORS_SHOWN, REASON_LENGTH, Said

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


def read_sheet(content: bytes) -> list[Said]:
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
