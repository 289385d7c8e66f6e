"""The bank's own files: each line is taken where it is clear of which payout it is, and kept in any case."""

from types import ModuleType
from xml.sax.saxutils import escape

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.money import Money
from marketplace.payouts.bank_answers import BankAnswer, BankAnswerLine, LineOutcome, import_bank_answer
from marketplace.payouts.endings import return_payout
from marketplace.payouts.errors import AnswerError
from marketplace.payouts.ledger import Account
from marketplace.payouts.models import Payout, PayoutRun, PayoutRunStatus, PayoutStatus
from marketplace.payouts.runs import create_run
from marketplace.payouts.said import ANSWER_BYTES
from marketplace.payouts.verifying import verify
from tests.payouts.conftest import House, balance_of, earn, total_of

VERSIONS = ["camt.053.001.02", "camt.053.001.08", "camt.054.001.02", "camt.054.001.08"]


@pytest.fixture
async def payouts(session: AsyncSession, house: House, clock: ModuleType) -> list[Payout]:
    """Two payouts of a run that has been sent: 90.40 and 180.80 MAD."""
    await earn(session, clock, house, 100_00, 200_00)
    run = await create_run(session, "MAD", house.first.id)
    run.status, run.message_id = PayoutRunStatus.SENT, f"SIL-20261126-R{run.id}"
    found = list(await session.scalars(select(Payout).order_by(Payout.number)))
    for payout in found:
        payout.status = PayoutStatus.SENT
    await session.flush()
    return found


def camt(*entries: str, version: str = "camt.053.001.08", before: str = "") -> bytes:
    statement, inner = ("BkToCstmrStmt", "Stmt") if "053" in version else ("BkToCstmrDbtCdtNtfctn", "Ntfctn")
    if version.endswith("08"):
        entries = tuple(entry.replace("<Sts>BOOK</Sts>", "<Sts><Cd>BOOK</Cd></Sts>") for entry in entries)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{version}"><{statement}><{inner}><Id>1</Id>'
        f"{''.join(entries)}</{inner}></{statement}></Document>"
    ).encode()


def entry(
    amount: str,
    reference: str | None = None,
    *,
    way: str = "DBIT",
    status: str = "BOOK",
    text_: str = "",
    account: str = "",
    returned: str = "",
    batch: str = "",
) -> str:
    """One booked movement: of a transfer, unless it is of a whole batch."""
    refs = "" if reference is None else f"<Refs><EndToEndId>{escape(reference)}</EndToEndId></Refs>"
    rest = f"<RmtInf><Ustrd>{escape(text_)}</Ustrd></RmtInf>" if text_ else ""
    rest += f"<RtrInf><Rsn><Cd>{returned}</Cd></Rsn></RtrInf>" if returned else ""
    who = "DbtrAcct" if way == "CRDT" else "CdtrAcct"
    whose = f"<{who}><Id><Othr><Id>{account}</Id></Othr></Id></{who}>"
    parties = f"<RltdPties>{whose}</RltdPties>" if account else ""
    details = f"<TxDtls>{refs}{parties}{rest}</TxDtls>"
    if batch:
        details = f"<Btch><PmtInfId>{batch}</PmtInfId></Btch>"
    return (
        f'<Ntry><Amt Ccy="MAD">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd><Sts>{status}</Sts>'
        f"<NtryDtls>{details}</NtryDtls></Ntry>"
    )


async def take(session: AsyncSession, content: bytes, name: str = "releve.xml") -> list[LineOutcome]:
    answer = await import_bank_answer(session, name, content, None)
    lines = select(BankAnswerLine).where(BankAnswerLine.answer_id == answer.id).order_by(BankAnswerLine.id)
    return [line.outcome for line in await session.scalars(lines)]


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_message_tells_what_was_paid_and_what_came_back(
    session: AsyncSession, house: House, payouts: list[Payout], version: str
) -> None:
    first, second = payouts
    bank = await total_of(session, Account.BANK)
    message = camt(
        entry("90.40", first.end_to_end_id, way="CRDT", returned="AC04"),  # Told before the debit.
        entry("90.40", first.end_to_end_id),
        entry("180.80", second.end_to_end_id),
        version=version,
    )
    assert await take(session, message) == [LineOutcome.TAKEN] * 3

    assert (first.status, first.reason) == (PayoutStatus.RETURNED, "AC04: account closed")
    assert second.status is PayoutStatus.PAID
    assert (await session.get_one(PayoutRun, first.run_id)).status is PayoutRunStatus.CLOSED
    assert await total_of(session, Account.BANK) == bank - 180_80
    assert (await balance_of(session, house.sellers[0])).payable == Money(90_40, "MAD")
    letters = await session.scalars(
        text("SELECT args ->> 'payout_id' FROM procrastinate_jobs WHERE task_name = 'post.payout_came_back'")
    )
    assert list(letters) == [str(first.id)]
    assert await verify(session) == []


async def test_a_file_told_twice_is_kept_once_and_another_with_the_same_lines_changes_nothing(
    session: AsyncSession, payouts: list[Payout]
) -> None:
    said = entry("90.40", payouts[0].end_to_end_id)
    assert await take(session, camt(said)) == [LineOutcome.TAKEN]
    bank = await total_of(session, Account.BANK)
    assert await take(session, camt(said), "again.xml") == [LineOutcome.TAKEN]
    assert await take(session, camt(said, version="camt.054.001.02")) == [LineOutcome.KNOWN]
    assert await take(session, camt(said, said)) == [LineOutcome.KNOWN] * 2

    assert await total_of(session, Account.BANK) == bank
    assert [answer.name for answer in await session.scalars(select(BankAnswer).order_by(BankAnswer.id))] == [
        "releve.xml"
    ] * 3


async def test_lines_of_nothing_of_ours_are_kept_and_change_nothing(
    session: AsyncSession, payouts: list[Payout]
) -> None:
    message = camt(
        entry("12.00", None, text_="FRAIS DE TENUE DE COMPTE"),
        entry("90.40", "SIL-R999-P999", account="011780000000000000001234"),
        entry("90.40", payouts[0].end_to_end_id, status="PDNG"),
    )
    assert await take(session, message) == [LineOutcome.UNKNOWN] * 2

    kept = (await session.scalars(select(BankAnswerLine).order_by(BankAnswerLine.row))).all()
    assert (kept[0].amount_minor, kept[0].text) == (12_00, "FRAIS DE TENUE DE COMPTE")
    assert (kept[1].end_to_end_id, kept[1].account_ending) == ("SIL-R999-P999", "1234")
    assert payouts[0].status is PayoutStatus.SENT


async def test_a_line_that_contradicts_its_payout_is_kept_for_somebody_to_ask(
    session: AsyncSession, house: House, payouts: list[Payout]
) -> None:
    first, second = payouts
    await return_payout(session, second.id, "Ordre annulé", house.first.id)
    message = camt(entry("90.41", first.end_to_end_id), entry("180.80", second.end_to_end_id))
    assert await take(session, message) == [LineOutcome.CONTRADICTS] * 2

    assert (first.status, second.status) == (PayoutStatus.SENT, PayoutStatus.RETURNED)


async def test_a_return_that_is_taken_back_is_a_question_to_the_bank(
    session: AsyncSession, payouts: list[Payout]
) -> None:
    name = payouts[0].end_to_end_id
    await take(session, camt(entry("90.40", name), entry("90.40", name, way="CRDT", returned="AC04")))
    again = entry("90.40", name).replace("</CdtDbtInd>", "</CdtDbtInd><RvslInd>true</RvslInd>")
    assert await take(session, camt(again)) == [LineOutcome.CONTRADICTS]

    assert payouts[0].status is PayoutStatus.RETURNED


@pytest.mark.parametrize(
    ("amount", "ending", "written", "outcome"),
    [
        ("90.40", "own", "VIR {} SIL", LineOutcome.TAKEN),
        ("90.40", "own", "SIL R{run} P{number}", LineOutcome.TAKEN),
        ("90.41", "own", "VIR {} SIL", LineOutcome.UNKNOWN),
        ("90.40", "0000", "VIR {} SIL", LineOutcome.UNKNOWN),
        ("90.40", "own", "VIR {}9", LineOutcome.UNKNOWN),
        ("90.40", "own", "VIR", LineOutcome.UNKNOWN),
        ("90.40", "own", "{} {other}", LineOutcome.UNKNOWN),
    ],
)
async def test_without_a_reference_the_text_the_amount_and_the_account_must_all_be_right(
    session: AsyncSession, payouts: list[Payout], amount: str, ending: str, written: str, outcome: LineOutcome
) -> None:
    first, second = payouts
    said = written.format(
        first.end_to_end_id, other=second.end_to_end_id, run=first.run_id, number=first.number
    )
    account = "0117800000" + (first.account_number_ending if ending == "own" else ending)
    for reference in (None, "NOTPROVIDED"):
        message = camt(entry(amount, reference, text_=said, account=account))
        expected = LineOutcome.KNOWN if outcome is LineOutcome.TAKEN and reference else outcome
        assert await take(session, message) == [expected]


async def test_a_debit_of_a_whole_file_pays_all_of_its_transfers(
    session: AsyncSession, payouts: list[Payout]
) -> None:
    message_id = (await session.get_one(PayoutRun, payouts[0].run_id)).message_id or ""
    assert await take(session, camt(entry("271.19", batch=message_id))) == [LineOutcome.UNKNOWN]
    assert await take(session, camt(entry("271.20", batch=message_id))) == [LineOutcome.TAKEN] * 2

    assert {payout.status for payout in payouts} == {PayoutStatus.PAID}


async def test_a_sheet_is_taken_as_well(session: AsyncSession, payouts: list[Payout]) -> None:
    sheet = f"end_to_end_id;status;reason\n{payouts[0].end_to_end_id};FAILED;Compte clos\nX;PAID;"
    assert await take(session, sheet.encode(), "reponse.csv") == [LineOutcome.TAKEN, LineOutcome.UNKNOWN]

    assert payouts[0].status is PayoutStatus.FAILED


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    "content",
    [
        camt(entry("1.00", "x"), before=LAUGHS),
        camt(entry("1.00", "&e;"), before=OUTSIDE),
        camt(before='<!DOCTYPE x SYSTEM "https://example.test/x.dtd">'),
        camt(entry("1,00")),
        camt(entry("NaN")),
        camt(entry("1e9999999")),
        b"<" * 1000,
        b"<a>" * 100_000,
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.02'>é".encode("latin-1"),
        b"<?xml version='1.0' encoding='no-such'?><Document/>",
        camt(version="camt.053.001.13"),
        b"<html><body>Session expir\xc3\xa9e</body></html>",
        b"x" * (ANSWER_BYTES + 1),
    ],
)
async def test_what_is_no_answer_of_a_bank_is_refused(session: AsyncSession, content: bytes) -> None:
    with pytest.raises(AnswerError) as caught:
        await import_bank_answer(session, "x", content, None)
    assert caught.value.field == "file"
    assert await session.scalar(select(BankAnswer)) is None
