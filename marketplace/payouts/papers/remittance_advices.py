"""What a seller is told of a payout: which way it went, on which account, and what it is made of."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import InvalidError
from marketplace.kit.money import Money
from marketplace.orders.models import VendorOrder
from marketplace.payouts.errors import RunStateError
from marketplace.payouts.models import Payout, PayoutLine, PayoutRun, VendorEarning
from marketplace.payouts.papers.document import Cell, Column, Document, Kind, Total
from marketplace.payouts.papers.numbers import MOROCCO
from marketplace.payouts.papers.parties import MARKETPLACE, seller_of, selling_party
from marketplace.payouts.papers.words import WORDS, way

MAXIMUM_LINES = 2000


async def remittance_advice(session: AsyncSession, payout: Payout, language: str) -> Document:
    """Raises RunStateError before the run is approved, InvalidError for more lines than a request takes."""
    run = await session.get_one(PayoutRun, payout.run_id)
    if run.approved_at is None:
        raise RunStateError("It has no remittance advice before it is approved.", field="id")
    words, seller = WORDS[language], await seller_of(session, payout.vendor_id)
    rows = await _rows(session, payout)
    ending = payout.account_number_ending
    return Document(
        language=language,
        title=words["remittance"].format(number=payout.number),
        reference=payout.end_to_end_id,
        made_at=run.approved_at,
        issuer=MARKETPLACE,
        parties=[selling_party(seller, language)],
        facts=[
            (words["method"], way(payout.method, language)),
            (words["account"], f"{payout.account_holder} •••• {ending}" if ending else ""),
            (words["reference"], payout.end_to_end_id),
            (words["currency"], payout.currency),
        ],
        columns=[
            Column(words["what"], Kind.TEXT),
            Column(words["delivered_on"], Kind.DATE),
            Column(words["sales"], Kind.AMOUNT),
            Column(words["commission"], Kind.AMOUNT),
            Column(words["vat"], Kind.AMOUNT),
            Column(words["net_earning"], Kind.AMOUNT),
        ],
        rows=rows,
        totals=[Total(words["paid_total"], Money(payout.amount_minor, payout.currency), is_strong=True)],
        is_demo=seller["is_demo"],
    )


async def _rows(session: AsyncSession, payout: Payout) -> list[list[Cell]]:
    query = (
        select(PayoutLine, VendorOrder.delivered_at, VendorEarning)
        .outerjoin(VendorOrder, VendorOrder.id == PayoutLine.vendor_order_id)
        # Only an order's own earning has sales and commission; a correction of it has an amount alone.
        .outerjoin(
            VendorEarning,
            (VendorEarning.vendor_order_id == PayoutLine.vendor_order_id)
            & (VendorEarning.earning_minor == PayoutLine.amount_minor),
        )
        .where(PayoutLine.payout_id == payout.id)
        .order_by(PayoutLine.id)
        .limit(MAXIMUM_LINES + 1)
    )
    found = (await session.execute(query)).all()
    if len(found) > MAXIMUM_LINES:
        raise InvalidError(f"It has more than {MAXIMUM_LINES} lines.", field="id")
    rows: list[list[Cell]] = []
    for line, delivered_at, earning in found:
        parts = (earning.sales_minor, -earning.commission_minor, -earning.vat_minor) if earning else ()
        amounts: list[Cell] = [Money(minor, payout.currency) for minor in parts] or [None] * 3
        day = delivered_at.astimezone(MOROCCO).date() if delivered_at else None
        rows.append([line.description, day, *amounts, Money(line.amount_minor, payout.currency)])
    return rows
