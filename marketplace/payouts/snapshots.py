"""Balances that are quick to read however much a seller has sold: what its postings came to, day by day.

A snapshot is derived, and never the truth: a balance is the sum of a seller's snapshots and of the postings
after them, so an empty table changes no balance, and `marketplace ledger verify` adds all of it up again.
Why a snapshot waits for writers: docs/decisions/0042-a-snapshot-waits-for-writers.md.
"""

import asyncio
from datetime import date
from typing import Any

from sqlalchemy import (
    CHAR,
    ColumnElement,
    ForeignKey,
    Index,
    ScalarSelect,
    Subquery,
    func,
    select,
    text,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, mapped_column

from marketplace.kit.database import Database
from marketplace.kit.models import Base
from marketplace.payouts.ledger import Account, Posting

POSTINGS = 500
"""So many postings of a seller are summed as they are; more are worth a snapshot."""
PATIENCE_SECONDS = 30.0
LOOK_AGAIN_SECONDS = 0.1


class BalanceSnapshot(Base):
    """What a seller's postings of one day came to on one account, as far as they have been summed."""

    __tablename__ = "balance_snapshot"
    __table_args__ = (Index(None, "vendor_id", "up_to_posting_id"),)

    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendor.id"), primary_key=True)
    currency: Mapped[str] = mapped_column(CHAR(3), primary_key=True)
    account: Mapped[Account] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    """Of the entries' times, in UTC."""
    minor: Mapped[int]
    up_to_posting_id: Mapped[int]
    """The highest of a seller says how far its postings are summed: all of them up to there, and no other."""


def summed_up_to(vendor_id: Any) -> ScalarSelect[int]:
    """The last of a seller's postings that is in its snapshots; 0 where there are none."""
    snapshot = aliased(BalanceSnapshot)
    last = func.coalesce(func.max(snapshot.up_to_posting_id), 0)
    return select(last).where(snapshot.vendor_id == vendor_id).correlate_except(snapshot).scalar_subquery()


def amounts_of(vendor_id: ColumnElement[Any] | int) -> Subquery:
    """Rows (`account`, `currency`, `minor`) that add up to what all postings of a seller come to."""
    snapshot, posting = aliased(BalanceSnapshot), aliased(Posting)
    summed = select(snapshot.account, snapshot.currency, snapshot.minor).where(
        snapshot.vendor_id == vendor_id
    )
    since = select(posting.account, posting.currency, posting.amount_minor.label("minor")).where(
        posting.vendor_id == vendor_id, posting.id > summed_up_to(vendor_id)
    )
    return union_all(summed.correlate_except(snapshot), since.correlate_except(posting)).subquery("amounts")


async def take_snapshots(database: Database) -> int:
    """Sum what sellers with many postings have got since their last snapshots; gives how many sellers.

    A posting may be written by a transaction that ends later than one with a higher key: what is summed goes
    only as far as nobody can still be writing. Several workers may do it at once.
    """
    async with database.transaction() as session:
        up_to = int(await session.scalar(select(func.coalesce(func.max(Posting.id), 0))) or 0)
        writers = set(await session.scalars(_WRITERS))
    if not await _have_ended(database, writers):
        return 0  # The next time, then.
    async with database.transaction() as session:
        return await sum_up_to(session, up_to)


async def sum_up_to(session: AsyncSession, posting_id: int) -> int:
    """Take the snapshots. No transaction may be open that could still write a posting up to this one."""
    await session.execute(_ONE_AT_A_TIME)
    summed = await session.scalars(_SUM, {"up_to": posting_id, "postings": POSTINGS})
    return len(set(summed))


async def _have_ended(database: Database, writers: set[str]) -> bool:
    """Whether transactions that were writing have ended: they are waited for, with nothing in hand."""
    for _ in range(int(PATIENCE_SECONDS / LOOK_AGAIN_SECONDS)):
        if not writers:
            return True
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
        async with database.transaction() as session:
            writers &= set(await session.scalars(_WRITERS))
    return not writers


_WRITERS = text(
    """
    SELECT virtualtransaction FROM pg_locks
    WHERE locktype = 'relation' AND relation = 'posting'::regclass AND pid IS DISTINCT FROM pg_backend_pid()
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND mode NOT IN ('AccessShareLock', 'RowShareLock')
    """
)
"""Whoever inserts holds such a lock from before the row has its key until the transaction has ended."""

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('balance_snapshot'))")

_SUM = text(
    """
    WITH due AS (
        SELECT vendor.id AS vendor_id, summed.up_to
        FROM vendor
        CROSS JOIN LATERAL (
            SELECT coalesce(max(up_to_posting_id), 0) AS up_to FROM balance_snapshot
            WHERE vendor_id = vendor.id
        ) AS summed
        WHERE EXISTS (
            SELECT FROM posting
            WHERE posting.vendor_id = vendor.id AND posting.id > summed.up_to AND posting.id <= :up_to
            ORDER BY posting.id OFFSET :postings - 1 LIMIT 1
        )
    )
    INSERT INTO balance_snapshot AS snapshot (vendor_id, currency, account, day, minor, up_to_posting_id)
    SELECT due.vendor_id, posting.currency, posting.account, (entry.at AT TIME ZONE 'UTC')::date,
           sum(posting.amount_minor), :up_to
    FROM due
    JOIN posting ON posting.vendor_id = due.vendor_id AND posting.id > due.up_to AND posting.id <= :up_to
    JOIN journal_entry AS entry ON entry.id = posting.entry_id
    GROUP BY 1, 2, 3, 4
    ON CONFLICT (vendor_id, currency, account, day) DO UPDATE
    SET minor = snapshot.minor + excluded.minor, up_to_posting_id = excluded.up_to_posting_id
    RETURNING vendor_id
    """
)
