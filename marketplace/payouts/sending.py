"""Sending an approved run: each way sends its payouts, the sellers' statements are made, then the word SENT.

Each step follows from frozen rows, is the same when it is done again, and is marked when it is done. A worker
that is killed at whatever instruction leaves a run that is still APPROVED, and whoever goes on finishes it.
"""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.money import Money
from marketplace.payouts.endings import close_if_ended, locked_run
from marketplace.payouts.models import (
    Payout,
    PayoutRun,
    PayoutRunStatus,
)
from marketplace.payouts.places import folder_of
from marketplace.payouts.queries import statement_lines
from marketplace.payouts.runs import methods_of
from marketplace.payouts.statements import LANGUAGES, Statement, StatementLine, statement_pdf
from marketplace.payouts.ways import WAYS
from marketplace.vendors.models import PayoutMethod, Region, Vendor, VendorTranslation

if TYPE_CHECKING:
    from marketplace.kit.jobs import Work

log = structlog.get_logger(__name__)


async def send(work: "Work", run_id: int) -> None:
    """Send an approved run, and mark it as sent. Done twice, it is done once.

    A way that fails keeps nobody waiting who is paid another way: it is raised once the others are done.
    """
    async with work.database.transaction() as session:
        run = await session.get(PayoutRun, run_id)
        methods = await methods_of(session, run_id)
    if run is None or run.status is not PayoutRunStatus.APPROVED:
        return
    failures: list[Exception] = []
    for method in sorted(methods):
        try:
            await WAYS[method].send(work, run)
        except Exception as error:
            log.exception("a way to pay failed", run=run_id, method=method)
            failures.append(error)
    await keep_statements(work, run)
    if failures:
        raise failures[0]
    await _mark_sent(work.session, run_id)


async def keep_statements(work: "Work", run: PayoutRun) -> None:
    """Make and keep the statements of an approved run that are not there yet, a seller after the other: a
    transaction is never open while a page is set, and a large run need not fit into memory.
    """
    async with work.database.transaction() as session:
        sellers = await _sellers(session, run)
    for payout, vendor, region, name_in_arabic in sellers:
        keys = {
            language: f"{folder_of(run.id)}/{payout.end_to_end_id}-{language}.pdf" for language in LANGUAGES
        }
        missing = {language: key for language, key in keys.items() if not await work.storage.exists(key)}
        if not missing:
            continue
        async with work.database.transaction() as session:
            lines = await statement_lines(session, payout)
        statement = _statement(run, work.settings.payer_name, payout, vendor, region, name_in_arabic, lines)
        for language, key in missing.items():
            pdf = await asyncio.to_thread(statement_pdf, statement, language)
            await work.storage.put(key, pdf, "application/pdf")


async def _mark_sent(session: AsyncSession, run_id: int) -> None:
    run = await locked_run(session, run_id)
    if run.status is not PayoutRunStatus.APPROVED:
        return  # Another worker was quicker, with the same files.
    run.status, run.sent_at = PayoutRunStatus.SENT, clock.now()
    start = literal(f"{folder_of(run_id)}/") + Payout.end_to_end_id
    await session.execute(
        update(Payout)
        .where(Payout.run_id == run_id)
        .values(
            statements=func.jsonb_build_object(
                *(part for language in LANGUAGES for part in (language, start + f"-{language}.pdf"))
            ),
        )
        .execution_options(synchronize_session=False)
    )
    await close_if_ended(session, run)  # Nobody has to answer where a way knows at once.


async def _sellers(session: AsyncSession, run: PayoutRun) -> list[tuple[Payout, Vendor, Region | None, str]]:
    """A run's payouts, with what their statements say of their sellers."""
    found = await session.execute(
        select(Payout, Vendor, Region, VendorTranslation.name)
        .join(Vendor, Vendor.id == Payout.vendor_id)
        .outerjoin(Region, Region.code == Vendor.region_code)
        .outerjoin(
            VendorTranslation,
            (VendorTranslation.vendor_id == Vendor.id) & (VendorTranslation.language_code == "ar"),
        )
        .where(Payout.run_id == run.id)
        .order_by(Payout.number)
    )
    return [(payout, vendor, region, name or "") for payout, vendor, region, name in found]


def _statement(
    run: PayoutRun,
    payer_name: str,
    payout: Payout,
    vendor: Vendor,
    region: Region | None,
    name_in_arabic: str,
    lines: Sequence[StatementLine],
) -> Statement:
    if run.approved_at is None:
        raise ValueError("only approved runs have statements")
    return Statement(
        number=payout.number,
        reference=payout.end_to_end_id,
        made_at=run.approved_at,
        payer=payer_name,
        seller=vendor.name,
        seller_in_arabic=name_in_arabic,
        place=region.name_fr if region else "",
        place_in_arabic=region.name_ar if region else "",
        ice=vendor.ice or "",
        account_holder=payout.account_holder,
        account_ending=payout.account_number_ending,
        amount=Money(payout.amount_minor, payout.currency),
        lines=lines,
        is_cash=payout.method is PayoutMethod.CASH_PICKUP,
        is_demo=vendor.is_demo,
    )
