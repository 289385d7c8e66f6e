"""Sending an approved run: the bank's files and the sellers' statements, then the word SENT.

All files come first, each kept under a key that follows from the run, with content that follows from frozen
rows; the run is marked in one last transaction. A worker that is killed at whatever instruction leaves a run
that is still APPROVED and perhaps some files, and whoever does it again makes the same files.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.money import Money
from marketplace.orders.models import VendorOrder
from marketplace.payouts.bank_files import Batch, Payer, Transfer, pain001, payer_of, transfers_csv
from marketplace.payouts.models import (
    Payout,
    PayoutLine,
    PayoutRun,
    PayoutRunStatus,
    PayoutStatus,
    VendorEarning,
)
from marketplace.payouts.runs import locked_run
from marketplace.payouts.statements import LANGUAGES, Statement, StatementLine, statement_pdf
from marketplace.vendors.bank import decrypted
from marketplace.vendors.models import Region, Vendor, VendorTranslation

if TYPE_CHECKING:
    from marketplace.kit.jobs import Work


def folder_of(run_id: int) -> str:
    """Where a run's files are kept."""
    return f"private/payouts/run-{run_id}"


@dataclass(frozen=True, slots=True)
class Papers:
    """All that a run's files are made of."""

    batch: Batch
    statements: Sequence[Statement]


async def send(work: "Work", run_id: int) -> None:
    """Make and keep the files of an approved run, and mark it as sent. Done twice, it is done once.

    Raises PayerMissingError.
    """
    async with work.database.transaction() as session:
        papers = await _papers(session, work, run_id)
    if papers is None:
        return
    folder = folder_of(run_id)
    xml_key, csv_key = f"{folder}/{papers.batch.message_id}.xml", f"{folder}/{papers.batch.message_id}.csv"
    await work.storage.put(xml_key, pain001(papers.batch), "application/xml")
    await work.storage.put(csv_key, transfers_csv(papers.batch), "text/csv")
    for statement in papers.statements:
        for language in LANGUAGES:
            key = f"{folder}/{statement.reference}-{language}.pdf"
            if not await work.storage.exists(key):
                pdf = await asyncio.to_thread(statement_pdf, statement, language)
                await work.storage.put(key, pdf, "application/pdf")
    await _mark_sent(work.session, run_id, xml_key, csv_key)


async def _mark_sent(session: AsyncSession, run_id: int, xml_key: str, csv_key: str) -> None:
    run = await locked_run(session, run_id)
    if run.status is not PayoutRunStatus.APPROVED:
        return  # Another worker was quicker, with the same files.
    now = clock.now()
    run.status, run.sent_at = PayoutRunStatus.SENT, now
    run.pain001_path, run.csv_path = xml_key, csv_key
    start = literal(f"{folder_of(run_id)}/") + Payout.end_to_end_id
    await session.execute(
        update(Payout)
        .where(Payout.run_id == run_id, Payout.status == PayoutStatus.PENDING)
        .values(
            status=PayoutStatus.SENT,
            sent_at=now,
            statements=func.jsonb_build_object(
                *(part for language in LANGUAGES for part in (language, start + f"-{language}.pdf"))
            ),
        )
        .execution_options(synchronize_session=False)
    )


async def _papers(session: AsyncSession, work: "Work", run_id: int) -> Papers | None:
    """What the files are made of; None where there is nothing to send."""
    run = await session.get(PayoutRun, run_id)
    if run is None or run.status is not PayoutRunStatus.APPROVED:
        return None
    if run.approved_at is None or run.message_id is None:
        raise RuntimeError(f"payout run {run_id} is approved, but not by anyone at any time")
    payer = payer_of(work.settings, run.currency)
    found = await session.execute(
        select(Payout, Vendor, Region, VendorTranslation.name)
        .join(Vendor, Vendor.id == Payout.vendor_id)
        .outerjoin(Region, Region.code == Vendor.region_code)
        .outerjoin(
            VendorTranslation,
            (VendorTranslation.vendor_id == Vendor.id) & (VendorTranslation.language_code == "ar"),
        )
        .where(Payout.run_id == run_id)
        .order_by(Payout.number)
    )
    payouts = [(payout, vendor, region, name or "") for payout, vendor, region, name in found]
    lines = await _lines(session, run_id, run.currency)
    batch = Batch(
        message_id=run.message_id,
        made_at=run.approved_at,
        payer=payer,
        transfers=[
            Transfer(
                end_to_end_id=payout.end_to_end_id,
                holder=payout.account_holder,
                account=decrypted(payout.account_number_encrypted, work.settings),
                amount=Money(payout.amount_minor, payout.currency),
                reference=f"{payer.name} {payout.end_to_end_id}",
            )
            for payout, *_ in payouts
        ],
    )
    statements = [
        _statement(run, payer, payout, vendor, region, name_in_arabic, lines)
        for payout, vendor, region, name_in_arabic in payouts
    ]
    return Papers(batch, statements)


def _statement(
    run: PayoutRun,
    payer: Payer,
    payout: Payout,
    vendor: Vendor,
    region: Region | None,
    name_in_arabic: str,
    lines: Mapping[UUID, Sequence[StatementLine]],
) -> Statement:
    if run.approved_at is None:
        raise ValueError("only approved runs have statements")
    return Statement(
        number=payout.number,
        reference=payout.end_to_end_id,
        made_at=run.approved_at,
        payer=payer.name,
        seller=vendor.name,
        seller_in_arabic=name_in_arabic,
        place=region.name_fr if region else "",
        place_in_arabic=region.name_ar if region else "",
        ice=vendor.ice or "",
        account_holder=payout.account_holder,
        account_ending=payout.account_number_ending,
        amount=Money(payout.amount_minor, payout.currency),
        lines=lines[payout.id],
        is_demo=vendor.is_demo,
    )


async def _lines(session: AsyncSession, run_id: int, currency: str) -> dict[UUID, list[StatementLine]]:
    query = (
        select(PayoutLine, VendorOrder.delivered_at, VendorEarning)
        .join(Payout, Payout.id == PayoutLine.payout_id)
        .outerjoin(VendorOrder, VendorOrder.id == PayoutLine.vendor_order_id)
        # Only an order's own earning has sales and commission; a correction of it has an amount alone.
        .outerjoin(
            VendorEarning,
            (VendorEarning.vendor_order_id == PayoutLine.vendor_order_id)
            & (VendorEarning.earning_minor == PayoutLine.amount_minor),
        )
        .where(Payout.run_id == run_id)
        .order_by(PayoutLine.id)
    )
    lines: dict[UUID, list[StatementLine]] = defaultdict(list)
    for line, delivered_at, earning in await session.execute(query):
        lines[line.payout_id].append(
            StatementLine(
                name=line.description,
                earning=Money(line.amount_minor, currency),
                delivered_at=delivered_at,
                sales=Money(earning.sales_minor, currency) if earning else None,
                commission=Money(earning.commission_minor, currency) if earning else None,
                vat=Money(earning.vat_minor, currency) if earning else None,
            )
        )
    return lines
