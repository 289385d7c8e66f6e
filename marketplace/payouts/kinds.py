"""The kinds of journal entries: for each the statement that finds its causes, and the function that makes the
entry of one. By these an entry is written, and by the same ones all are derived again (`rebuilding.py`).

A kind that is not declared is found by `marketplace ledger rebuild --check`: its entries have no cause.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.payouts.journal import Entry, record

Makes = Callable[[Row[*tuple[Any, ...]]], Iterable[Entry]]


@dataclass(frozen=True, slots=True)
class Kind:
    """Entries that are made of rows beside the ledger."""

    names: tuple[str, ...]
    causes: Select[*tuple[Any, ...]]
    """All rows that such entries are made of."""
    makes: Makes
    """The entries of one of these rows."""
    taken_together: str = ""
    """SQL, of `entry`: what an entry's cause is called, where the rows say only how things stand now, and
    not what led there. The entries of one cause are compared by what they come to in all; `makes` gives
    one by the cause's name that says so.
    """

    async def book(self, session: AsyncSession, *which: ColumnElement[bool]) -> set[str]:
        """Write the entries of some of the causes; gives the keys of those that were not written yet."""
        rows = await session.execute(self.causes.where(*which))
        return await record(session, [entry for row in rows for entry in self.makes(row)])


KINDS: dict[str, Kind] = {}
"""By the name of an entry's kind."""


def kind(*names: str, causes: Select[*tuple[Any, ...]], taken_together: str = "") -> Callable[[Makes], Kind]:
    """Declare the function that makes entries of such kinds."""

    def declare(makes: Makes) -> Kind:
        declared = Kind(names, causes, makes, taken_together)
        for name in names:
            if name in KINDS:
                raise TypeError(f"entries of kind {name} are made in two places")
            KINDS[name] = declared
        return declared

    return declare
