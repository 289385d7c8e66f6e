"""What a seller is told of a payout: which way it went, on which account, and what it is made of."""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import InvalidError
from marketplace.kit.money import Money
from marketplace.payouts.errors import RunStateError
from marketplace.payouts.models import Payout, PayoutRun
from marketplace.payouts.papers.document import Cell, Column, Document, Kind, Total
from marketplace.payouts.papers.numbers import MOROCCO
from marketplace.payouts.papers.parties import MARKETPLACE, seller_of, selling_party
from marketplace.payouts.papers.words import WORDS, way
from marketplace.payouts.queries import statement_lines

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
    lines = await statement_lines(session, payout, MAXIMUM_LINES + 1)
    if len(lines) > MAXIMUM_LINES:
        raise InvalidError(f"It has more than {MAXIMUM_LINES} lines.", field="id")
    return [
        [
            line.name,
            line.delivered_at.astimezone(MOROCCO).date() if line.delivered_at else None,
            line.sales,
            None if line.commission is None else -line.commission,
            None if line.vat is None else -line.vat,
            line.earning,
        ]
        for line in lines
    ]
