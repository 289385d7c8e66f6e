"""A seller's account from one day to another, as a paper. `periods.py` does the reading."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.errors import InvalidError
from marketplace.kit.money import MINOR_DIGITS, Money
from marketplace.payouts import periods
from marketplace.payouts.ledger import JournalEntry
from marketplace.payouts.models import EarningReversal, VendorEarning
from marketplace.payouts.papers.document import Cell, Column, Document, Kind, Party, Total
from marketplace.payouts.papers.numbers import MOROCCO
from marketplace.payouts.papers.parties import MARKETPLACE, seller_of, selling_party
from marketplace.payouts.papers.words import WORDS, happened

MAXIMUM_LINES = 2000
"""A request makes no longer statement: it is to ask for a shorter time."""

Shares = dict[int, tuple[int, int, int]]
"""By entry: the sales, the commission and the VAT on it that an earning or its reversal is made of."""


async def account_statement(
    session: AsyncSession, vendor_id: int, currency: str, first_day: date, last_day: date, language: str
) -> Document:
    """A seller's statement of whole days, both included. Raises NotFoundError, InvalidError.

    It is of days that are over: what it says can't change any more, unless something is booked late.
    """
    start, end = _checked(currency, first_day, last_day)
    seller = await seller_of(session, vendor_id)
    made = await periods.statement(session, vendor_id, currency, start, end, first=MAXIMUM_LINES)
    if made.has_more:
        raise InvalidError(
            f"It has more than {MAXIMUM_LINES} lines: ask for a shorter period.", field="lastDay"
        )
    words = WORDS[language]
    between = words["from_to"].format(start=f"{first_day:%d/%m/%Y}", end=f"{last_day:%d/%m/%Y}")
    parties = [selling_party(seller, language), Party(words["currency"], currency)]
    shares = await _shares(session, made.lines)
    return Document(
        language=language,
        title=words["statement"],
        reference=f"ST-{vendor_id}-{currency}-{first_day:%Y%m%d}-{last_day:%Y%m%d}",
        made_at=end,
        issuer=MARKETPLACE,
        parties=parties,
        facts=[(words["period"], between)],
        columns=[
            Column(words["date"], Kind.DATE),
            Column(words["what"], Kind.TEXT),
            Column(words["reference"], Kind.CODE),
            Column(words["sales"], Kind.AMOUNT),
            Column(words["commission"], Kind.AMOUNT),
            Column(words["vat"], Kind.AMOUNT),
            Column(words["amount"], Kind.AMOUNT),
            Column(words["balance"], Kind.AMOUNT),
        ],
        rows=[
            [first_day, words["opening"], "", None, None, None, None, made.opening.owed],
            *(_row(line, shares, language) for line in made.lines),
        ],
        totals=[
            Total(words["opening"], made.opening.owed),
            Total(words["movement"], made.closing.owed - made.opening.owed),
            Total(words["closing"], made.closing.owed, is_strong=True),
            Total(words["held"], made.closing.held),
            Total(words["payable"], made.closing.payable),
            Total(words["in_transit"], made.closing.in_transit),
        ],
        notes=[words["statement_note"]],
        is_demo=seller["is_demo"],
    )


def _checked(currency: str, first_day: date, last_day: date) -> tuple[datetime, datetime]:
    """The days as moments: midnight in Morocco before the first, and after the last."""
    if currency not in MINOR_DIGITS:
        raise InvalidError(f"The shop does not trade in {currency}.", field="currency")
    if last_day < first_day:
        raise InvalidError("It ends before it starts.", field="lastDay")
    if last_day >= clock.now().astimezone(MOROCCO).date():
        raise InvalidError("Statements are of days that are over.", field="lastDay")
    start = datetime.combine(first_day, time.min, MOROCCO)
    return start, datetime.combine(last_day + timedelta(days=1), time.min, MOROCCO)


def _row(line: periods.StatementLine, shares: Shares, language: str) -> Sequence[Cell]:
    share = shares.get(line.entry_id)
    parts = [Money(minor, line.amount.currency) for minor in share] if share else [None] * 3
    day = line.at.astimezone(MOROCCO).date()
    reference = line.vendor_order_number or line.description
    return [day, happened(line.kind, language), reference, *parts, line.amount, line.balance]


async def _shares(session: AsyncSession, lines: Sequence[periods.StatementLine]) -> Shares:
    """Commission and VAT with the sign by which they make the amount: sales less both, or the reverse."""
    entry_ids = [line.entry_id for line in lines]
    earned = await session.execute(
        select(
            JournalEntry.id,
            VendorEarning.sales_minor,
            -VendorEarning.commission_minor,
            -VendorEarning.vat_minor,
        )
        .join(VendorEarning, VendorEarning.vendor_order_id == JournalEntry.vendor_order_id)
        .where(JournalEntry.id.in_(entry_ids), JournalEntry.kind == "delivered")
    )
    taken_back = await session.execute(
        select(
            JournalEntry.id,
            -EarningReversal.goods_minor,
            EarningReversal.commission_minor,
            EarningReversal.vat_minor,
        )
        .join(
            EarningReversal,
            (EarningReversal.vendor_order_id == JournalEntry.vendor_order_id)
            & (JournalEntry.key == func.concat("refunded:", EarningReversal.part_refund_id)),
        )
        .where(JournalEntry.id.in_(entry_ids), JournalEntry.kind == "refunded")
    )
    rows = [*earned, *taken_back]
    return {entry_id: (sales, commission, vat) for entry_id, sales, commission, vat in rows}
