"""Files that the bank gives, kept line by line: what was paid, what came back, what nobody knows.

A line is taken where it names a payout by its reference, and nothing it says besides contradicts the payout.
Where the bank did not pass the reference on, it must be written in the text, and both the amount and the end
of the account must be right. Nothing is guessed: whatever is not taken is kept, for staff to look at.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from sqlalchemy import CHAR, ForeignKey, Index, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.kit import clock
from marketplace.kit.models import Base, IntegerKey
from marketplace.payouts.answer_sheets import read_sheet
from marketplace.payouts.camt import looks_like_xml, read_camt
from marketplace.payouts.endings import Ending, close_if_ended, end_payouts, is_news, locked_run, may_end
from marketplace.payouts.errors import AnswerError
from marketplace.payouts.models import Payout, PayoutRun, PayoutStatus
from marketplace.payouts.said import ANSWER_BYTES, Said
from marketplace.payouts.ways import Teller
from marketplace.people import audit
from marketplace.people.models import User
from marketplace.vendors.models import PayoutMethod

REFERENCE = re.compile(r"(?<![A-Z0-9])SIL\W*R\W*(\d{1,18})\W*P\W*(\d{1,18})(?!\d)", re.IGNORECASE)
"""Ours, as some banks rewrite it: `SIL R12 P345`."""
ENDING_LENGTH = 4
KEPT_LENGTH = 200
NAME_LENGTH = 100


class LineOutcome(StrEnum):
    """What became of a line of the bank's file."""

    TAKEN = "TAKEN"
    KNOWN = "KNOWN"
    """It says what was known already."""
    UNKNOWN = "UNKNOWN"
    """It is of nothing that we sent, or does not say clearly of what."""
    CONTRADICTS = "CONTRADICTS"
    """It names a payout, but can't be right: somebody has to ask the bank."""


class BankAnswer(IntegerKey, Base):
    """A file that the bank gave. The same file is kept, and taken, once."""

    __tablename__ = "bank_answer"

    digest: Mapped[str] = mapped_column(CHAR(64), unique=True)
    """SHA-256 of its bytes."""
    name: Mapped[str]
    format: Mapped[str]
    imported_at: Mapped[datetime] = mapped_column(default=clock.now)
    imported_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    imported_by: Mapped[User | None] = relationship(lazy="raise")
    lines: Mapped[list["BankAnswerLine"]] = relationship(lazy="raise")


class BankAnswerLine(IntegerKey, Base):
    """One line of it, and what became of it."""

    __tablename__ = "bank_answer_line"
    __table_args__ = (Index(None, "answer_id", "row"), Index(None, "outcome", "id"), Index(None, "payout_id"))

    answer_id: Mapped[int] = mapped_column(ForeignKey("bank_answer.id", ondelete="CASCADE"))
    row: Mapped[int]
    said: Mapped[PayoutStatus]
    outcome: Mapped[LineOutcome]
    payout_id: Mapped[UUID | None] = mapped_column(ForeignKey("payout.id"))
    """Which it is of; also where it contradicts it."""
    end_to_end_id: Mapped[str] = mapped_column(default="")
    currency: Mapped[str | None] = mapped_column(CHAR(3))
    amount_minor: Mapped[int | None]
    account_ending: Mapped[str] = mapped_column(default="")
    """Four characters: who pays us is nobody's business here."""
    text: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")

    payout: Mapped[Payout | None] = relationship(lazy="raise")


@dataclass(slots=True)
class _Line:
    """A line, the payout that it is of, and what becomes of it."""

    said: Said
    payout: Payout | None = None
    outcome: LineOutcome = LineOutcome.UNKNOWN


async def import_bank_answer(
    session: AsyncSession, name: str, content: bytes, actor_id: int | None
) -> BankAnswer:
    """Take a file of the bank's, camt.053, camt.054 or CSV, and keep all its lines. Told twice, it is once.

    Raises AnswerError and Errors for what is no such file; nothing is taken then.
    """
    kind, said = _read(content)
    answer_id = await session.scalar(
        insert(BankAnswer)
        .values(
            digest=sha256(content).hexdigest(),
            name=" ".join(name.split())[:NAME_LENGTH],
            format=kind,
            imported_by_id=actor_id,
        )
        .on_conflict_do_nothing(index_elements=[BankAnswer.digest])
        .returning(BankAnswer.id)
    )
    if answer_id is None:
        query = select(BankAnswer).where(BankAnswer.digest == sha256(content).hexdigest())
        return (await session.scalars(query)).one()
    lines = await _matched(session, await _split_batches(session, said))
    runs = {line.payout.run_id for line in lines if line.payout}
    locked = [await locked_run(session, run_id) for run_id in sorted(runs)]
    await _refresh(session, lines)
    for statuses in ((PayoutStatus.PAID,), (PayoutStatus.FAILED, PayoutStatus.RETURNED)):
        # What was paid and came back may stand in one file, in whichever order.
        await _take(session, [line for line in lines if line.said.status in statuses])
    for run in locked:
        await close_if_ended(session, run)
    session.add_all(_kept(answer_id, line) for line in lines)
    await session.flush()
    taken = sum(line.outcome is LineOutcome.TAKEN for line in lines)
    said_of = {"format": kind, "lines": len(lines), "taken": taken}
    await audit.record(session, actor_id, "bank_answer.imported", "BankAnswer", answer_id, **said_of)
    return await session.get_one(BankAnswer, answer_id)


def _read(content: bytes) -> tuple[str, list[Said]]:
    if len(content) > ANSWER_BYTES:
        raise AnswerError("The file is too large for a bank's answer.", field="file")
    if looks_like_xml(content):
        return read_camt(content)
    return "CSV", read_sheet(content)


async def _split_batches(session: AsyncSession, said: Sequence[Said]) -> list[Said]:
    """A line that is of a whole file of ours, and of its whole sum, says so of each of its transfers."""
    batches = {line.batch_id for line in said if line.batch_id}
    if not batches:
        return list(said)
    found = await session.execute(
        select(PayoutRun.message_id, Payout.end_to_end_id, Payout.amount_minor, Payout.currency)
        .join(Payout, Payout.run_id == PayoutRun.id)
        .where(PayoutRun.message_id.in_(batches), Payout.method == PayoutMethod.BANK_TRANSFER)
        .order_by(Payout.number)
    )
    transfers: dict[str, list[tuple[str, int, str]]] = {}
    for message_id, end_to_end_id, minor, currency in found:
        transfers.setdefault(message_id or "", []).append((end_to_end_id, minor, currency))
    split = []
    for line in said:
        own = transfers.get(line.batch_id, [])
        total = sum(minor for _, minor, _ in own)
        whole = line.amount and (line.amount.minor, line.amount.currency) == (total, own[0][2] if own else "")
        split += [replace(line, end_to_end_id=name, amount=None) for name, *_ in own] if whole else [line]
    return split


async def _matched(session: AsyncSession, said: Sequence[Said]) -> list[_Line]:
    references = {line.end_to_end_id for line in said if line.end_to_end_id}
    references |= {name for line in said if not line.end_to_end_id for name in _written_in(line.text)}
    found = await session.scalars(
        select(Payout).where(
            Payout.end_to_end_id.in_(references), Payout.method == PayoutMethod.BANK_TRANSFER
        )
    )
    payouts = {payout.end_to_end_id: payout for payout in found}
    lines = []
    for line in said:
        if line.end_to_end_id:
            lines.append(_Line(line, payouts.get(line.end_to_end_id)))
        else:
            named = [payouts[name] for name in _written_in(line.text) if name in payouts]
            fitting = [payout for payout in named if _fits(payout, line)]
            lines.append(_Line(line, fitting[0] if len(named) == len(fitting) == 1 else None))
    return lines


def _written_in(text: str) -> list[str]:
    """Our references in a text, each once."""
    return list(dict.fromkeys(f"SIL-R{int(run)}-P{int(number)}" for run, number in REFERENCE.findall(text)))


def _fits(payout: Payout, line: Said) -> bool:
    """Whether a line without a reference of its own is as the payout was sent, in all that it says."""
    ending = line.account.replace(" ", "")[-ENDING_LENGTH:]
    return _same_amount(payout, line) and ending == payout.account_number_ending and line.amount is not None


def _same_amount(payout: Payout, line: Said) -> bool:
    amount = line.amount
    return amount is None or (amount.minor, amount.currency) == (payout.amount_minor, payout.currency)


async def _refresh(session: AsyncSession, lines: Sequence[_Line]) -> None:
    """Read the payouts anew: now nobody else changes them."""
    ids = {line.payout.id for line in lines if line.payout}
    query = select(Payout).where(Payout.id.in_(ids))
    await session.scalars(query.execution_options(populate_existing=True))


async def _take(session: AsyncSession, lines: Sequence[_Line]) -> None:
    taken: dict[UUID, Ending] = {}
    for line in lines:
        payout, status = line.payout, line.said.status
        if payout is None:
            continue
        if payout.id in taken or not is_news(payout, status):
            line.outcome = LineOutcome.KNOWN
        elif _same_amount(payout, line.said) and may_end(payout, status, Teller.BANK):
            line.outcome = LineOutcome.TAKEN
            taken[payout.id] = Ending(payout, status, line.said.reason)
        else:
            line.outcome = LineOutcome.CONTRADICTS
    await end_payouts(session, Teller.BANK, taken.values())


def _kept(answer_id: int, line: _Line) -> BankAnswerLine:
    said = line.said
    return BankAnswerLine(
        answer_id=answer_id,
        row=said.row,
        said=said.status,
        outcome=line.outcome,
        payout_id=line.payout.id if line.payout else None,
        end_to_end_id=said.end_to_end_id[:KEPT_LENGTH],
        currency=said.amount.currency if said.amount else None,
        amount_minor=said.amount.minor if said.amount else None,
        account_ending=said.account.replace(" ", "")[-ENDING_LENGTH:],
        text=said.text[:KEPT_LENGTH],
        reason=said.reason,
    )
