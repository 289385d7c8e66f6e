"""Every account number we keep, put under the newest key: sellers' own, those of changes, payouts' copies.

Done in batches with a commit after each. Done again, or after it was interrupted, it leaves alone what is
under the newest key already; so an old key may leave the settings once a whole run has changed nothing.
"""

from typing import Any, Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.payouts.models import Payout
from marketplace.vendors.bank import on_newest_key
from marketplace.vendors.bank_models import BankChange
from marketplace.vendors.models import BankAccount

BATCH = 500
NUMBERS: Final[tuple[InstrumentedAttribute[Any], ...]] = (
    BankAccount.number_encrypted,
    BankChange.number_encrypted,
    BankChange.previous_number_encrypted,
    Payout.account_number_encrypted,
)
"""Wherever a number is kept."""


async def rotate_keys(database: Database, settings: Settings, batch: int = BATCH) -> dict[str, int]:
    """Put all numbers under the first of the settings' keys; gives how many were changed, by table.

    Raises cryptography's InvalidToken for a number under none of the keys: what was done before it stays.
    """
    changed: dict[str, int] = {}
    for column in NUMBERS:
        name = f"{column.class_.__tablename__}.{column.key}"
        changed[name] = 0
        last: object = None
        while True:
            last, count, is_end = await _rotate_batch(database, settings, column, last, batch)
            changed[name] += count
            if is_end:
                break
    return changed


async def _rotate_batch(
    database: Database, settings: Settings, column: InstrumentedAttribute[Any], after: object, batch: int
) -> tuple[object, int, bool]:
    """One batch of rows behind a key: its last key, how many were changed, whether there are no more."""
    table = column.class_.__table__
    async with database.transaction() as session:
        rows = select(table.c.id, table.c[column.key]).where(table.c[column.key].is_not(None))
        if after is not None:
            rows = rows.where(table.c.id > after)
        found = (await session.execute(rows.order_by(table.c.id).limit(batch).with_for_update())).all()
        renewed = [
            {"the_id": key, "renewed": number}
            for key, kept in found
            if (number := on_newest_key(bytes(kept), settings)) is not None
        ]
        if renewed:
            await session.execute(
                update(table)
                .where(table.c.id == bindparam("the_id"))
                .values({column.key: bindparam("renewed")}),
                renewed,
            )
    return (found[-1][0] if found else after), len(renewed), len(found) < batch
