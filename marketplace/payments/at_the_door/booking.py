"""A carrier's sheet is looked at first, then booked: all of it that is right, in one transaction, once."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import InvalidError, NotFoundError, RequiredError
from marketplace.kit.money import MINOR_DIGITS, Money
from marketplace.payments import cash
from marketplace.payments.at_the_door.errors import (
    SheetBookedError,
    SheetChangedError,
    SheetDifferencesError,
    SheetError,
)
from marketplace.payments.at_the_door.matching import BOOKED, DIFFERENT, HARMLESS, Line, Outcome, match
from marketplace.payments.at_the_door.models import CashSheet, CashSheetStatus
from marketplace.payments.at_the_door.sheets import Said, read_lines
from marketplace.people import audit

NAME_LENGTH = 255
ROWS_NAMED = 20


class Differences(StrEnum):
    """What becomes of lines that are not what the carrier owes."""

    REFUSE = "REFUSE"
    """Nothing is booked as long as there is one."""
    BOOK = "BOOK"
    """Short and over are booked: the difference is the marketplace's. All others are left out."""
    LEAVE = "LEAVE"
    """They are left out, and the carrier goes on owing."""


async def upload(
    session: AsyncSession,
    content: bytes,
    carrier: str,
    reference: str,
    currency: str,
    *,
    file_name: str = "",
    user_id: int | None = None,
) -> CashSheet:
    """Read a sheet and find what each line is; nothing is booked. Sent again, it is looked at again.

    Raises RequiredError, InvalidError, SheetError, and SheetBookedError for a file, or a reference, that was
    booked before as something else.
    """
    carrier, reference, currency = carrier.strip(), reference.strip(), currency.strip().upper()
    if not carrier or not reference:
        missing = "reference" if carrier else "carrier"
        raise RequiredError("Say which carrier, and what it calls this.", field=missing)
    if len(carrier) > NAME_LENGTH or len(reference) > NAME_LENGTH:
        raise InvalidError(f"At most {NAME_LENGTH} characters, please.", field="reference")
    if currency not in MINOR_DIGITS:
        raise InvalidError(f"Nothing is sold in {currency} here.", field="currency")
    lines = await match(session, read_lines(content, currency), carrier)
    file_hash = sha256(content).hexdigest()
    await session.execute(
        upsert(CashSheet)
        .values(
            carrier=carrier,
            reference=reference,
            file_hash=file_hash,
            file_name=file_name[:NAME_LENGTH],
            currency=currency,
            user_id=user_id,
        )
        .on_conflict_do_nothing()
    )
    sheet = await _locked(
        session,
        CashSheet.carrier == carrier,
        CashSheet.reference == reference,
        CashSheet.file_hash == file_hash,
    )
    if sheet.status is CashSheetStatus.BOOKED:
        return sheet
    await _check_unbooked(session, sheet)
    sheet.currency, sheet.lines = currency, [line.as_json() for line in lines]
    await session.flush()
    return sheet


async def book(
    session: AsyncSession,
    sheet_id: int,
    differences: Differences = Differences.REFUSE,
    *,
    user_id: int | None = None,
) -> CashSheet:
    """Book what a sheet says: its parcels' sellers can be paid. Told twice, it is booked once.

    Raises NotFoundError; SheetDifferencesError where a line is not what the carrier owes and nobody says what
    becomes of it; SheetChangedError where something has happened since the sheet was looked at; SheetError
    where nothing is left to book; SheetBookedError; and what `cash.remit` raises.
    """
    sheet = await _locked(session, CashSheet.id == sheet_id)
    if sheet.status is CashSheetStatus.BOOKED:
        return sheet
    await _check_unbooked(session, sheet)
    lines = await _look_again(session, sheet)
    if differences is Differences.REFUSE:
        _refuse_differences(lines)
    booked = BOOKED | DIFFERENT if differences is Differences.BOOK else BOOKED
    taken = [line for line in lines if line.outcome in booked]
    if not taken:
        raise SheetError("None of these lines is cash that this carrier owes.", field="file")
    remittance = await cash.remit(
        session,
        sheet.carrier,
        sheet.reference,
        Money(sum(line.amount_minor or 0 for line in taken), sheet.currency),
        [UUID(line.vendor_order_id) for line in taken],
        accept_difference=differences is Differences.BOOK,
    )
    rows = {line.row for line in taken}
    sheet.lines = [replace(line, is_booked=line.row in rows).as_json() for line in lines]
    sheet.status, sheet.booked_at, sheet.remittance_id = CashSheetStatus.BOOKED, clock.now(), remittance.id
    await session.flush()
    await audit.record(
        session,
        user_id,
        "cash_sheet.booked",
        "CashSheet",
        sheet.id,
        reference=sheet.reference,
        parcels=len(taken),
        left_out=len(lines) - len(taken),
    )
    return sheet


async def _locked(session: AsyncSession, *conditions: ColumnElement[bool]) -> CashSheet:
    sheet = await session.scalar(
        select(CashSheet).where(*conditions).with_for_update(),
        execution_options={"populate_existing": True},
    )
    if sheet is None:
        raise NotFoundError("There is no such sheet.", field="id")
    return sheet


async def _check_unbooked(session: AsyncSession, sheet: CashSheet) -> None:
    """Raises SheetBookedError where its reference, or its file, was booked as another sheet."""
    booked = CashSheet.status == CashSheetStatus.BOOKED
    other = await session.scalar(
        select(CashSheet)
        .where(
            CashSheet.carrier == sheet.carrier,
            (CashSheet.reference == sheet.reference) | (CashSheet.file_hash == sheet.file_hash),
            booked,
        )
        .order_by(CashSheet.id)
        .limit(1)
    )
    if other is None:
        return
    if other.reference == sheet.reference:
        message = f"{sheet.carrier}'s remittance {sheet.reference} was booked before, from another file."
        raise SheetBookedError(message, field="reference")
    raise SheetBookedError(f"This file was booked before, as {other.reference}.", field="file")


async def _look_again(session: AsyncSession, sheet: CashSheet) -> list[Line]:
    """The lines as they are now. Raises SheetChangedError where one is not what it was said to be."""
    shown = [Line(**line) for line in sheet.lines]
    said = [
        Said(
            line.row,
            line.tracking,
            line.number,
            line.amount_minor,
            sheet.currency,
            line.paid_on,
            _problem(line),
        )
        for line in shown
    ]
    lines = await match(session, said, sheet.carrier)
    if lines != shown:
        sheet.lines = [line.as_json() for line in lines]
        await session.flush()
        raise SheetChangedError(
            "Something has happened to these parcels since: look at the sheet again.", field="id"
        )
    return lines


def _said(line: Line, currency: str) -> Said:
    """What a line that is kept said; what could not be read of it stays so."""
    problem = _problem(line)
    return Said(line.row, line.tracking, line.number, line.amount_minor, currency, line.paid_on, problem)


def _problem(line: Line) -> str:
    if line.amount_minor is None:
        return "currency" if line.outcome == Outcome.WRONG_CURRENCY else "amount"
    return "" if line.tracking or line.number else "number"


def _refuse_differences(lines: Sequence[Line]) -> None:
    wrong = [line for line in lines if line.outcome not in HARMLESS]
    if wrong:
        rows = ", ".join(str(line.row) for line in wrong[:ROWS_NAMED])
        raise SheetDifferencesError(
            f"Some lines are not what the carrier owes (rows {rows}): say what becomes of them.",
            field="differences",
        )
