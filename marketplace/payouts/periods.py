"""A seller's account with the marketplace from one moment to another: statements that add up.

What the marketplace owes a seller is held, payable or in transit. A statement's lines are the entries that
make this more or less; what only moves it from one to another (a release, a payout set aside) is no line.
Opening balance and lines come to the closing balance, and statements that follow one another to the one of
the whole time. A period has its first moment and not its last one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    func,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.money import Money
from marketplace.orders.models import Order, VendorOrder
from marketplace.payouts.journal import SELLERS_ACCOUNTS, Balance
from marketplace.payouts.ledger import Account, JournalEntry, Posting
from marketplace.payouts.snapshots import BalanceSnapshot, summed_up_to

MANY = 20_000
"""Postings of a seller of which a page of lines is still found at once by the seller."""


@dataclass(frozen=True, slots=True)
class Place:
    """Right after an entry: entries have an order, by time and then by key."""

    at: datetime
    entry_id: int


@dataclass(frozen=True, slots=True)
class StatementLine:
    """An entry that changed what a seller is owed."""

    entry_id: int
    at: datetime
    kind: str
    """What happened, by the name that the ledger has for it: `delivered`, `refunded`, `payout_paid`, ..."""
    description: str
    vendor_order_id: UUID | None
    vendor_order_number: str | None
    """As the seller knows it: `1042-1`."""
    payout_id: UUID | None
    amount: Money
    """What the seller is owed more by it; negative: less, paid to it or taken back."""
    balance: Money
    """What it is owed in all after it."""

    @property
    def place(self) -> Place:
        return Place(self.at, self.entry_id)


@dataclass(frozen=True, slots=True)
class PeriodStatement:
    """A seller's account in one currency from `start` until before `end`."""

    vendor_id: int
    currency: str
    start: datetime
    end: datetime
    opening: Balance
    closing: Balance
    lines: Sequence[StatementLine]
    """All of them, or a page."""
    has_more: bool = False
    """Whether there are lines after those of the page."""


async def statement(
    session: AsyncSession,
    vendor_id: int,
    currency: str,
    start: datetime,
    end: datetime,
    *,
    first: int | None = None,
    after: Place | None = None,
) -> PeriodStatement:
    """A seller's statement; `first` and `after` give a page of its lines.

    Raises ValueError for times without a zone.
    """
    opening = await balance_at(session, vendor_id, currency, start)
    closing = await balance_at(session, vendor_id, currency, max(start, end))
    before = opening if after is None else await balance_at(session, vendor_id, currency, after)
    lines_of = _walked if await _has_many(session, vendor_id) else _lines
    query = lines_of(vendor_id, currency, start, end, after)
    rows = (await session.execute(query if first is None else query.limit(first + 1))).all()
    shown = rows if first is None else rows[:first]
    owed, lines = before.owed, []
    for row in shown:
        amount = Money(int(row.minor), currency)
        owed += amount
        number = f"{row.number}-{row.position}" if row.vendor_order_id else None
        lines.append(
            StatementLine(
                row.id, row.at, row.kind, row.description, row.vendor_order_id, number, row.payout_id,
                amount, owed,
            )
        )  # fmt: skip
    return PeriodStatement(
        vendor_id, currency, start, end, opening, closing, lines, has_more=len(rows) > len(shown)
    )


async def balance_at(
    session: AsyncSession, vendor_id: int, currency: str, until: datetime | Place | None = None
) -> Balance:
    """What a seller was owed before a moment, or right after an entry; now, where nothing is said.

    Reads the seller's snapshots of the days before, and only such postings as are in none of these.
    """
    snapshot = BalanceSnapshot
    days = select(snapshot.account, snapshot.minor.label("minor")).where(
        snapshot.vendor_id == vendor_id, snapshot.currency == currency
    )
    later = _postings(vendor_id, currency).where(Posting.id > summed_up_to(vendor_id))  # Few.
    parts = [days, later]
    if until is not None:
        moment = until.at if isinstance(until, Place) else until
        if moment.tzinfo is None:
            raise ValueError(f"{moment} is in no time zone")
        midnight = datetime.combine(moment.astimezone(UTC).date(), time.min, UTC)
        later = later.where(_by(until, _at_of_posting()))
        of_entry = (
            _postings(vendor_id, currency)
            .where(Posting.entry_id == JournalEntry.id, Posting.id <= summed_up_to(vendor_id))
            .correlate(JournalEntry)
            .offset(0)  # Entry by entry: the planner can't know how few there are.
            .lateral("of_entry")
        )
        same_day = (
            select(of_entry.c.account, of_entry.c.minor)
            .select_from(JournalEntry)
            .join(of_entry, true())
            .where(JournalEntry.at >= midnight, _by(until, JournalEntry.at, JournalEntry.id))
        )
        parts = [days.where(snapshot.day < midnight.date()), later, same_day]
    amounts = union_all(*parts).subquery()
    rows = await session.execute(
        select(amounts.c.account, func.sum(-amounts.c.minor)).group_by(amounts.c.account)
    )
    owed = {account: int(minor) for account, minor in rows}
    return Balance(*(Money(owed.get(account, 0), currency) for account in SELLERS_ACCOUNTS))


def _postings(vendor_id: int, currency: str) -> Select[Account, int]:
    return select(Posting.account, Posting.amount_minor.label("minor")).where(
        Posting.vendor_id == vendor_id, Posting.currency == currency
    )


def _at_of_posting() -> ScalarSelect[datetime]:
    at = select(JournalEntry.at).where(JournalEntry.id == Posting.entry_id)
    return at.correlate(Posting).scalar_subquery()


def _by(
    until: datetime | Place,
    at: SQLColumnExpression[datetime],
    entry_id: SQLColumnExpression[int] = Posting.entry_id,
) -> ColumnElement[bool]:
    if isinstance(until, Place):
        return tuple_(at, entry_id) <= (until.at, until.entry_id)
    return at < until


async def _has_many(session: AsyncSession, vendor_id: int) -> bool:
    """Whether it has so many postings that a page of lines is found sooner along the journal."""
    some = select(Posting.id).where(Posting.vendor_id == vendor_id).limit(MANY).subquery()
    return await session.scalar(select(func.count()).select_from(some)) == MANY


_ENTRY = (
    JournalEntry.id,
    JournalEntry.at,
    JournalEntry.kind,
    JournalEntry.description,
    JournalEntry.vendor_order_id,
    JournalEntry.payout_id,
)


def _lines(
    vendor_id: int, currency: str, start: datetime, end: datetime, after: Place | None
) -> Select[int, datetime, str, str, UUID | None, UUID | None, int, int, int]:
    amount = func.sum(-Posting.amount_minor)
    query = (
        select(
            *_ENTRY,
            amount.label("minor"),
            Order.number,
            VendorOrder.position,
        )
        .join(Posting, Posting.entry_id == JournalEntry.id)
        .outerjoin(VendorOrder, VendorOrder.id == JournalEntry.vendor_order_id)
        .outerjoin(Order, Order.id == VendorOrder.order_id)
        .where(
            Posting.vendor_id == vendor_id,
            Posting.currency == currency,
            Posting.account.in_(SELLERS_ACCOUNTS),
            JournalEntry.at >= start,
            JournalEntry.at < end,
        )
        .group_by(JournalEntry.id, Order.number, VendorOrder.position)
        .having(amount != 0)
        .order_by(JournalEntry.at, JournalEntry.id)
    )
    return query if after is None else query.where(_after(after))


def _after(place: Place) -> ColumnElement[bool]:
    return tuple_(JournalEntry.at, JournalEntry.id) > (place.at, place.entry_id)


def _walked(
    vendor_id: int, currency: str, start: datetime, end: datetime, after: Place | None
) -> Select[int, datetime, str, str, UUID | None, UUID | None, int, int, int]:
    """The same lines, found entry by entry along the journal, until there are enough for a page."""
    amount = (
        select(func.sum(-Posting.amount_minor).label("minor"))
        .where(
            Posting.entry_id == JournalEntry.id,
            Posting.vendor_id == vendor_id,
            Posting.currency == currency,
            Posting.account.in_(SELLERS_ACCOUNTS),
        )
        .correlate(JournalEntry)
        .lateral("amount")
    )
    query = (
        select(
            *_ENTRY,
            amount.c.minor,
            Order.number,
            VendorOrder.position,
        )
        .select_from(JournalEntry)
        .join(amount, amount.c.minor != 0)
        .outerjoin(VendorOrder, VendorOrder.id == JournalEntry.vendor_order_id)
        .outerjoin(Order, Order.id == VendorOrder.order_id)
        .where(JournalEntry.at >= start, JournalEntry.at < end)
        .order_by(JournalEntry.at, JournalEntry.id)
    )
    return query if after is None else query.where(_after(after))
