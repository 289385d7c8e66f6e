"""Writing to the ledger, and its balances.

What each event posts is said in `entries.py`; here it is recorded, any number of entries in one statement.
An entry whose key is there already is left as it is: an event told twice is written once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, Text, Uuid, bindparam, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.money import Money
from marketplace.payouts.errors import UnbalancedEntryError
from marketplace.payouts.ledger import Account, JournalEntry
from marketplace.payouts.snapshots import amounts_of
from marketplace.vendors.models import Vendor


@dataclass(frozen=True, slots=True)
class Line:
    """One posting in the making: debits are positive minor units, credits negative."""

    account: Account
    amount_minor: int
    currency: str
    vendor_id: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal entry in the making. `key` names the event that causes it, as `delivered:<vendor order>`."""

    key: str
    kind: str
    lines: Sequence[Line]
    description: str = ""
    vendor_order_id: UUID | None = None
    payout_id: UUID | None = None
    at: datetime = field(default_factory=clock.now)


_RECORD = text(
    """
    WITH entry AS (
        INSERT INTO journal_entry (key, kind, at, description, vendor_order_id, payout_id)
        SELECT * FROM unnest(:keys, :kinds, :ats, :descriptions, :vendor_orders, :payouts)
        ON CONFLICT (key) DO NOTHING
        RETURNING id, key
    ), written AS (
        INSERT INTO posting (entry_id, account, vendor_id, currency, amount_minor)
        SELECT entry.id, line.account, line.vendor_id, line.currency, line.amount_minor
        FROM unnest(:line_keys, :accounts, :vendors, :currencies, :amounts)
             WITH ORDINALITY AS line (key, account, vendor_id, currency, amount_minor, place)
        JOIN entry USING (key)
        ORDER BY line.place
    )
    SELECT key FROM entry
    """
).bindparams(
    *(
        bindparam(name, type_=ARRAY(Text()))
        for name in ("keys", "kinds", "descriptions", "line_keys", "accounts", "currencies")
    ),
    bindparam("ats", type_=ARRAY(DateTime(timezone=True))),
    *(bindparam(name, type_=ARRAY(Uuid())) for name in ("vendor_orders", "payouts")),
    *(bindparam(name, type_=ARRAY(BigInteger())) for name in ("vendors", "amounts")),
)


async def record(session: AsyncSession, entries: Iterable[Entry]) -> set[str]:
    """Write entries that are not written yet, and give the keys of those that this call wrote.

    Lines of amount zero are left out. Raises UnbalancedEntryError for an entry that does not add up to zero:
    always a fault of ours, and refused by the database as well.
    """
    entries = list(entries)
    for entry in entries:
        _check(entry)
    if not entries:
        return set()
    lines = [(entry.key, line) for entry in entries for line in entry.lines if line.amount_minor]
    written = await session.execute(
        _RECORD,
        {
            "keys": [entry.key for entry in entries],
            "kinds": [entry.kind for entry in entries],
            "ats": [entry.at for entry in entries],
            "descriptions": [entry.description for entry in entries],
            "vendor_orders": [entry.vendor_order_id for entry in entries],
            "payouts": [entry.payout_id for entry in entries],
            "line_keys": [key for key, _ in lines],
            "accounts": [line.account.value for _, line in lines],
            "vendors": [line.vendor_id for _, line in lines],
            "currencies": [line.currency for _, line in lines],
            "amounts": [line.amount_minor for _, line in lines],
        },
    )
    return set(written.scalars())


async def post(session: AsyncSession, entry: Entry) -> JournalEntry:
    """Write one entry, or find the one that its event has written before."""
    await record(session, [entry])
    return (await session.scalars(select(JournalEntry).where(JournalEntry.key == entry.key))).one()


def _check(entry: Entry) -> None:
    sums: dict[str, int] = {}
    for line in entry.lines:
        sums[line.currency] = sums.get(line.currency, 0) + line.amount_minor
    if any(sums.values()) or not any(line.amount_minor for line in entry.lines):
        raise UnbalancedEntryError(entry.key, sums)


@dataclass(frozen=True, slots=True)
class Balance:
    """What the ledger says about one seller in one currency. As the seller sees it: owed is positive."""

    held: Money
    """Earned, but the buyer may still withdraw or the carrier has not remitted."""
    payable: Money
    """Payable now. Negative where refunds have exceeded what was earned since."""
    in_transit: Money
    """Set aside for payouts under way."""

    @property
    def owed(self) -> Money:
        """All that the marketplace owes the seller."""
        return self.held + self.payable + self.in_transit


SELLERS_ACCOUNTS = (Account.VENDOR_HELD, Account.VENDOR_PAYABLE, Account.PAYOUT_IN_TRANSIT)


async def balances(session: AsyncSession, vendor_id: int) -> dict[str, Balance]:
    """A seller's balances by currency."""
    amounts = amounts_of(vendor_id)
    query = (
        select(amounts.c.currency, amounts.c.account, func.sum(-amounts.c.minor))
        .where(amounts.c.account.in_(SELLERS_ACCOUNTS))
        .group_by(amounts.c.currency, amounts.c.account)
    )
    sums: dict[str, dict[Account, int]] = {}
    for currency, account, owed_minor in await session.execute(query):
        sums.setdefault(currency, {})[account] = int(owed_minor)
    return {
        currency: Balance(*(Money(owed.get(account, 0), currency) for account in SELLERS_ACCOUNTS))
        for currency, owed in sorted(sums.items())
    }


async def lock_balances(session: AsyncSession, vendor_ids: Iterable[int]) -> None:
    """Have nobody else take from these sellers' balances before this transaction ends.

    There is no row that holds a balance, so the sellers' own rows are locked, in the order of their keys.
    Whatever lowers a payable balance calls this before it looks at the balance.
    """
    query = select(Vendor.id).where(Vendor.id.in_(vendor_ids)).order_by(Vendor.id)
    await session.execute(query.with_for_update(key_share=True))


async def lock_balance(session: AsyncSession, vendor_id: int, currency: str) -> Money:
    """A seller's payable balance, which nobody else can take from before this transaction ends."""
    await lock_balances(session, [vendor_id])
    owed = (await balances(session, vendor_id)).get(currency)
    return owed.payable if owed else Money.zero(currency)
