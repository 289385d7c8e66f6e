"""All entries of the ledger derived again from what is beside it, and compared with those that are in it.

Causes are read as a stream and their lines gathered in a table of this transaction, so that memory is bounded
and PostgreSQL compares, cause by cause and line by line. Nothing of the shop is written.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, BigInteger, Text, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.payouts import causes, debts, dispute_entries, exchange, stripe_entries
from marketplace.payouts.connect import reactions as transfers
from marketplace.payouts.journal import Entry
from marketplace.payouts.kinds import KINDS, Kind

__all__ = ["causes", "debts", "dispute_entries", "exchange", "stripe_entries", "transfers"]
"""Where the kinds are declared."""

MAXIMUM_DIFFERENCES = 1000
CAUSES_AT_ONCE = 2000
"""Read from PostgreSQL at a time."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An entry that is not what its cause makes."""

    cause: str
    what: str
    """`missing`, `extra` or `different`."""
    lines: str
    """Account by account: what it should be, and what is in the ledger."""

    def __str__(self) -> str:
        return f"{self.what} {self.cause}: {self.lines}"


async def differences(session: AsyncSession, limit: int = MAXIMUM_DIFFERENCES) -> list[Difference]:
    """Derive all entries again; gives those that are missing in the ledger, extra, or different there.

    Wants a transaction that sees one state of the database throughout (REPEATABLE READ).
    """
    await session.execute(_TABLE)
    for kind in dict.fromkeys(KINDS.values()):
        async for entries in _derived(session, kind):
            await _gather(session, entries, is_whole=not kind.taken_together)
    await session.execute(text("ANALYZE derived_line"))
    found = await session.execute(text(_compared()), {"limit": limit})
    differing = [Difference(cause, what, lines) for cause, what, lines in found]
    await session.execute(text("DROP TABLE derived_line"))
    return differing


async def _derived(session: AsyncSession, kind: Kind) -> AsyncIterator[Sequence[Entry]]:
    rows = await session.stream(
        kind.causes, execution_options={"yield_per": CAUSES_AT_ONCE, "populate_existing": True}
    )
    async for part in rows.partitions():
        yield [entry for row in part for entry in kind.makes(row)]


async def _gather(session: AsyncSession, entries: Iterable[Entry], *, is_whole: bool) -> None:
    lines = [(entry, line) for entry in entries for line in entry.lines if line.amount_minor]
    await session.execute(
        _GATHER,
        {
            "causes": [entry.key for entry, _ in lines],
            "kinds": [entry.kind if is_whole else None for entry, _ in lines],
            "vendor_orders": [entry.vendor_order_id for entry, _ in lines],
            "payouts": [entry.payout_id for entry, _ in lines],
            "accounts": [line.account.value for _, line in lines],
            "vendors": [line.vendor_id for _, line in lines],
            "currencies": [line.currency for _, line in lines],
            "amounts": [line.amount_minor for _, line in lines],
        },
    )


_TABLE = text(
    """
    CREATE TEMPORARY TABLE derived_line (
        cause text, kind text, vendor_order_id uuid, payout_id uuid,
        account text, vendor_id bigint, currency char(3), minor bigint
    ) ON COMMIT DROP
    """
)
_GATHER = text(
    """
    INSERT INTO derived_line
    SELECT * FROM unnest(
        :causes, :kinds, :vendor_orders, :payouts, :accounts, :vendors, :currencies, :amounts
    )
    """
).bindparams(
    *(bindparam(name, type_=ARRAY(Text())) for name in ("causes", "kinds", "accounts", "currencies")),
    *(bindparam(name, type_=ARRAY(Uuid())) for name in ("vendor_orders", "payouts")),
    *(bindparam(name, type_=ARRAY(BigInteger())) for name in ("vendors", "amounts")),
)


def _compared() -> str:
    """Both sides summed by cause and line, what differs told by cause."""
    together = {kind.taken_together: kind.names for kind in KINDS.values() if kind.taken_together}
    cases = " ".join(f"WHEN entry.kind IN ({_listed(names)}) THEN {sql}" for sql, names in together.items())
    loose = _listed(name for names in together.values() for name in names)
    line = "cause, kind, vendor_order, payout, account, vendor, currency"
    return f"""
    WITH ours AS (
        SELECT {line}, sum(minor) AS minor FROM (
            SELECT cause, coalesce(kind, '') AS kind, coalesce(vendor_order_id::text, '') AS vendor_order,
                   coalesce(payout_id::text, '') AS payout, account, coalesce(vendor_id, 0) AS vendor,
                   currency, minor
            FROM derived_line
        ) AS lines GROUP BY {line} HAVING sum(minor) <> 0
    ), theirs AS (
        SELECT {line}, sum(minor) AS minor FROM (
            SELECT CASE {cases} ELSE entry.key END AS cause,
                   CASE WHEN entry.kind IN ({loose}) THEN '' ELSE entry.kind END AS kind,
                   coalesce(entry.vendor_order_id::text, '') AS vendor_order,
                   coalesce(entry.payout_id::text, '') AS payout, posting.account,
                   coalesce(posting.vendor_id, 0) AS vendor, posting.currency, posting.amount_minor AS minor
            FROM journal_entry AS entry JOIN posting ON posting.entry_id = entry.id
        ) AS lines GROUP BY {line} HAVING sum(minor) <> 0
    ), apart AS (
        SELECT {line}, ours.minor AS ours, theirs.minor AS theirs
        FROM ours FULL JOIN theirs USING ({line})
        WHERE ours.minor IS DISTINCT FROM theirs.minor
    )
    SELECT cause,
           CASE WHEN NOT EXISTS (SELECT FROM theirs WHERE theirs.cause = apart.cause) THEN 'missing'
                WHEN NOT EXISTS (SELECT FROM ours WHERE ours.cause = apart.cause) THEN 'extra'
                ELSE 'different' END,
           string_agg(concat_ws(' ', account, 'of seller ' || nullif(vendor, 0), coalesce(ours, 0), currency,
                                'by its cause,', coalesce(theirs, 0), 'in the ledger'),
                      '; ' ORDER BY account, vendor, currency)
    FROM apart GROUP BY cause ORDER BY cause LIMIT :limit
    """  # noqa: S608 - all of it is ours


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
