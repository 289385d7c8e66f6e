"""The bank's answer: taken whole or not at all, any number of times."""

from types import ModuleType

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import Errors
from marketplace.kit.money import Money
from marketplace.payouts.answers import import_answer
from marketplace.payouts.errors import AnswerError, RunStateError
from marketplace.payouts.ledger import Account
from marketplace.payouts.models import Payout, PayoutLine, PayoutRun, PayoutRunStatus, PayoutStatus
from marketplace.payouts.runs import create_run
from marketplace.payouts.said import ANSWER_BYTES
from tests.payouts.conftest import House, balance_of, earn, total_of


@pytest.fixture
async def run(session: AsyncSession, house: House, clock: ModuleType) -> PayoutRun:
    """A run of two payouts that has been sent."""
    await earn(session, clock, house, 100_00, 200_00)
    run = await create_run(session, "MAD", house.first.id)
    await mark_sent(session, run)
    return run


async def mark_sent(session: AsyncSession, run: PayoutRun) -> None:
    run.status = PayoutRunStatus.SENT
    for payout in await payouts_of(session, run):
        payout.status = PayoutStatus.SENT
    await session.flush()


async def payouts_of(session: AsyncSession, run: PayoutRun) -> list[Payout]:
    return list(await session.scalars(select(Payout).where(Payout.run_id == run.id).order_by(Payout.number)))


def sheet(*lines: str, heading: str = "end_to_end_id;status;reason") -> bytes:
    return "\r\n".join([heading, *lines]).encode()


async def test_paid_money_leaves_the_bank_and_the_run_closes(
    session: AsyncSession, house: House, run: PayoutRun
) -> None:
    first, second = await payouts_of(session, run)
    bank_before = await total_of(session, Account.BANK)
    await import_answer(session, run.id, sheet(f"{first.end_to_end_id};PAID;"))

    assert (first.status, run.status) == (PayoutStatus.PAID, PayoutRunStatus.SENT)
    await import_answer(session, run.id, sheet(f"{second.end_to_end_id};PAID;"))
    assert run.status is PayoutRunStatus.CLOSED
    assert await total_of(session, Account.BANK) == bank_before - 90_40 - 180_80
    assert await total_of(session, Account.PAYOUT_IN_TRANSIT) == 0


@pytest.mark.parametrize("status", ["FAILED", "RETURNED"])
async def test_money_that_did_not_arrive_is_payable_again_and_in_the_next_run(
    session: AsyncSession, house: House, run: PayoutRun, status: str
) -> None:
    first, second = await payouts_of(session, run)
    answer = sheet(f"{first.end_to_end_id};{status};Compte clos", f"{second.end_to_end_id};PAID;")
    await import_answer(session, run.id, answer)

    assert (first.status, first.reason) == (PayoutStatus(status), "Compte clos")
    assert run.status is PayoutRunStatus.CLOSED
    assert (await balance_of(session, house.sellers[0])).payable == Money(90_40, "MAD")
    [next_payout] = await payouts_of(session, await create_run(session, "MAD", house.first.id))
    assert next_payout.vendor_id == house.sellers[0].id
    carried = select(PayoutLine.entry_id).order_by(PayoutLine.entry_id)
    assert list(await session.scalars(carried.where(PayoutLine.payout_id == next_payout.id))) == list(
        await session.scalars(carried.where(PayoutLine.payout_id == first.id))
    )


async def test_a_paid_transfer_may_come_back_later(
    session: AsyncSession, house: House, run: PayoutRun
) -> None:
    first, second = await payouts_of(session, run)
    paid = sheet(f"{first.end_to_end_id};PAID;", f"{second.end_to_end_id};PAID;")
    await import_answer(session, run.id, paid)
    bank = await total_of(session, Account.BANK)
    returned = sheet(f"{first.end_to_end_id};RETURNED;Bénéficiaire inconnu")
    for answer in (returned, returned, paid):  # Old and new files again change nothing.
        await import_answer(session, run.id, answer)

    assert first.status is PayoutStatus.RETURNED
    assert await total_of(session, Account.BANK) == bank + 90_40
    assert (await balance_of(session, house.sellers[0])).payable == Money(90_40, "MAD")


async def test_the_same_line_twice_in_a_file_is_harmless(session: AsyncSession, run: PayoutRun) -> None:
    first, _ = await payouts_of(session, run)
    await import_answer(session, run.id, sheet(*[f"{first.end_to_end_id};PAID;"] * 3))

    assert await total_of(session, Account.PAYOUT_IN_TRANSIT) == -180_80


async def test_unknown_transfers_are_named_and_nothing_is_changed(
    session: AsyncSession, run: PayoutRun
) -> None:
    first, _ = await payouts_of(session, run)
    answer = sheet(f"{first.end_to_end_id};PAID;", "SIL-R9-P9;PAID;", "X;FAILED;")
    with pytest.raises(Errors) as caught:
        async with session.begin_nested():
            await import_answer(session, run.id, answer)

    assert [(error.code, error.details["row"]) for error in caught.value.errors] == [
        ("UNKNOWN_PAYOUT", 3),
        ("UNKNOWN_PAYOUT", 4),
    ]
    assert "SIL-R9-P9" in caught.value.errors[0].message
    await session.refresh(first)
    assert first.status is PayoutStatus.SENT


@pytest.mark.parametrize(
    ("before", "after"), [("FAILED", "PAID"), ("RETURNED", "FAILED"), ("PAID", "FAILED")]
)
async def test_an_answer_that_contradicts_an_earlier_one_is_refused(
    session: AsyncSession, run: PayoutRun, before: str, after: str
) -> None:
    first, _ = await payouts_of(session, run)
    await import_answer(session, run.id, sheet(f"{first.end_to_end_id};{before};"))

    with pytest.raises(Errors) as caught:
        await import_answer(session, run.id, sheet(f"{first.end_to_end_id};{after};"))
    assert f"is {before} and can't become {after}" in caught.value.errors[0].message


@pytest.mark.parametrize(
    ("heading", "line"),
    [
        ("end_to_end_id;status;reason", "{};PAID;"),
        ("EndToEndId,Statut,Motif", "{},Payé,"),
        ("Montant\tRéférence du virement\tÉtat", "90,40\t{}\tExécuté"),
        ('"Status";"End-to-End-Id"', '"paid";"{}"'),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
async def test_headings_are_read_as_banks_write_them(
    session: AsyncSession, run: PayoutRun, heading: str, line: str, encoding: str
) -> None:
    first, _ = await payouts_of(session, run)
    answer = "\n".join([heading, line.format(first.end_to_end_id), "", "  "]).encode(encoding)
    await import_answer(session, run.id, answer)

    assert first.status is PayoutStatus.PAID


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "must name the columns"),
        (b"name;amount\nx;1", "end_to_end_id, status"),
        (b"end_to_end_id;status\n", "says nothing"),
        (b"PK\x03\x04\0\0\0", "not a CSV"),
        (b"end_to_end_id;status\n" + b'"' + b"x" * 200_000, "not a CSV"),
        (b"x" * (ANSWER_BYTES + 1), "too large"),
    ],
)
async def test_what_is_no_answer_is_refused(
    session: AsyncSession, run: PayoutRun, content: bytes, said: str
) -> None:
    with pytest.raises(AnswerError, match=said):
        await import_answer(session, run.id, content)


async def test_a_status_that_banks_do_not_use_is_named_with_its_row(
    session: AsyncSession, run: PayoutRun
) -> None:
    with pytest.raises(Errors) as caught:
        await import_answer(session, run.id, sheet("A;PAID;", "B;MAYBE;"))

    assert "Row 3" in caught.value.errors[0].message
    assert "MAYBE" in caught.value.errors[0].message


async def test_a_run_that_was_not_sent_has_no_answer(
    session: AsyncSession, house: House, clock: ModuleType
) -> None:
    await earn(session, clock, house, 100_00)
    run = await create_run(session, "MAD", house.first.id)

    with pytest.raises(RunStateError):
        await import_answer(session, run.id, sheet("X;PAID;"))
