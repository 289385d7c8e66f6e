"""The ledger refuses what is out of balance, and everything that would change the past."""

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from marketplace.kit.money import Money
from marketplace.payouts.errors import UnbalancedEntryError
from marketplace.payouts.journal import Entry, Line, balances, lock_balance, post, record
from marketplace.payouts.ledger import Account, JournalEntry, Posting
from tests.factories.vendors import make_vendor


def sale(key: str, amount_minor: int = 100_00, vendor_id: int | None = None) -> Entry:
    return Entry(
        key=key,
        kind="test",
        lines=[
            Line(Account.CARRIER_RECEIVABLE, amount_minor, "MAD"),
            Line(Account.VENDOR_HELD if vendor_id else Account.BANK, -amount_minor, "MAD", vendor_id),
        ],
    )


async def refused(session: AsyncSession, statement: str, by: str) -> None:
    """The database refuses a statement, naming the rule."""
    with pytest.raises(DatabaseError) as caught:
        async with session.begin_nested():
            await session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
            await session.execute(text(statement))
    assert isinstance(caught.value.orig, psycopg.Error)
    assert caught.value.orig.diag.constraint_name == by


async def test_an_entry_told_twice_is_written_once(session: AsyncSession) -> None:
    first = await post(session, sale("delivered:1"))
    again = await post(session, sale("delivered:1", 999_00))

    assert again.id == first.id
    assert await session.scalar(select(func.count()).select_from(Posting)) == 2
    assert await record(session, [sale("delivered:1"), sale("delivered:2")]) == {"delivered:2"}


async def test_an_unbalanced_entry_does_not_reach_the_database(session: AsyncSession) -> None:
    entry = Entry("wrong", "test", [Line(Account.BANK, 5, "MAD"), Line(Account.BANK, -5, "EUR")])

    with pytest.raises(UnbalancedEntryError):
        await record(session, [entry])


async def test_an_entry_of_nothing_but_zeros_is_refused(session: AsyncSession) -> None:
    with pytest.raises(UnbalancedEntryError):
        await record(session, [sale("nothing", 0)])


async def test_the_database_refuses_postings_that_do_not_add_up(session: AsyncSession) -> None:
    await refused(
        session,
        """
        WITH entry AS (
            INSERT INTO journal_entry (key, kind, at, description) VALUES ('x', 'x', now(), '') RETURNING id
        )
        INSERT INTO posting (entry_id, account, currency, amount_minor)
        SELECT id, account, 'MAD', amount
        FROM entry, (VALUES ('BANK', 5), ('CASH_DIFFERENCE', -4)) AS v (account, amount)
        """,
        by="journal_entry_balanced",
    )


async def test_the_database_refuses_an_entry_that_balances_only_across_currencies(
    session: AsyncSession,
) -> None:
    await refused(
        session,
        """
        WITH entry AS (
            INSERT INTO journal_entry (key, kind, at, description) VALUES ('x', 'x', now(), '') RETURNING id
        )
        INSERT INTO posting (entry_id, account, currency, amount_minor)
        SELECT id, 'BANK', currency, amount
        FROM entry, (VALUES ('MAD', 5), ('EUR', -5)) AS v (currency, amount)
        """,
        by="journal_entry_balanced",
    )


async def test_the_database_refuses_an_entry_without_postings(session: AsyncSession) -> None:
    await refused(
        session,
        "INSERT INTO journal_entry (key, kind, at, description) VALUES ('x', 'x', now(), '')",
        by="journal_entry_has_postings",
    )


async def test_an_entry_is_written_whole_and_takes_no_more_postings(session: AsyncSession) -> None:
    await post(session, sale("delivered:1"))

    await refused(
        session,
        """
        INSERT INTO posting (entry_id, account, currency, amount_minor)
        SELECT id, account, 'MAD', amount
        FROM journal_entry, (VALUES ('BANK', 7), ('CASH_DIFFERENCE', -7)) AS v (account, amount)
        """,
        by="journal_entry_whole",
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE posting SET amount_minor = amount_minor * 2",
        "DELETE FROM posting",
        "TRUNCATE posting",
        "UPDATE journal_entry SET at = now()",
        "DELETE FROM journal_entry WHERE false",
        "TRUNCATE journal_entry CASCADE",
    ],
)
async def test_nothing_of_the_ledger_is_ever_changed_or_deleted(
    session: AsyncSession, statement: str
) -> None:
    await post(session, sale("delivered:1"))

    await refused(session, statement, by="ledger_append_only")


async def test_not_even_a_superuser_who_switches_triggers_off_changes_the_ledger(
    session: AsyncSession,
) -> None:
    await post(session, sale("delivered:1"))
    await session.execute(text("SET LOCAL session_replication_role = replica"))

    await refused(session, "DELETE FROM posting", by="ledger_append_only")
    await refused(
        session,
        """
        INSERT INTO posting (entry_id, account, currency, amount_minor)
        SELECT id, 'BANK', 'MAD', 1 FROM journal_entry
        """,
        by="journal_entry_balanced",
    )


async def test_a_sellers_money_is_never_posted_without_the_seller(session: AsyncSession) -> None:
    lines = [Line(Account.BANK, 5, "MAD"), Line(Account.VENDOR_PAYABLE, -5, "MAD")]

    with pytest.raises(DatabaseError, match="names_its_vendor"):
        await record(session, [Entry("x", "x", lines)])


async def test_balances_are_sums_of_postings_by_currency(session: AsyncSession) -> None:
    vendor = await make_vendor(session)
    await record(session, [sale(f"delivered:{number}", 40_00, vendor.id) for number in range(3)])
    await record(
        session,
        [
            Entry(
                "released:0",
                "released",
                [
                    Line(Account.VENDOR_HELD, 40_00, "MAD", vendor.id),
                    Line(Account.VENDOR_PAYABLE, -40_00, "MAD", vendor.id),
                ],
            )
        ],
    )

    balance = (await balances(session, vendor.id))["MAD"]
    assert (balance.held, balance.payable) == (Money(80_00, "MAD"), Money(40_00, "MAD"))
    assert await lock_balance(session, vendor.id, "MAD") == Money(40_00, "MAD")
    assert await lock_balance(session, vendor.id, "EUR") == Money(0, "EUR")


amounts = st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=6)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["MAD", "EUR", "XOF"]), amounts), min_size=1, max_size=5))
async def test_whatever_is_recorded_the_ledger_adds_up_to_zero(
    connection: AsyncConnection, events: list[tuple[str, list[int]]]
) -> None:
    entries = []
    for number, (currency, parts) in enumerate(events):
        lines = [Line(Account.BANK, part, currency) for part in parts]
        lines.append(Line(Account.CASH_DIFFERENCE, -sum(parts), currency))
        if any(parts):
            entries.append(Entry(f"any:{number}", "any", lines))
    savepoint = await connection.begin_nested()
    async with AsyncSession(bind=connection, join_transaction_mode="create_savepoint") as session:
        assert await record(session, entries) == {entry.key for entry in entries}
        totals = await session.execute(
            select(Posting.currency, func.sum(Posting.amount_minor)).group_by(Posting.currency)
        )
        assert all(total == 0 for _, total in totals)
        assert await session.scalar(select(func.count()).select_from(JournalEntry)) == len(entries)
    await savepoint.rollback()
