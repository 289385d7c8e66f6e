"""Many rows in one mutation: each in a savepoint of its own, under one of Saleor's error policies."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError, Errors
from marketplace_graphql.kernel.types import enum

Row = TypeVar("Row")


@enum
class ErrorPolicyEnum(Enum):
    """What becomes of a bulk in which something is wrong."""

    IGNORE_FAILED = "IGNORE_FAILED"
    REJECT_EVERYTHING = "REJECT_EVERYTHING"
    REJECT_FAILED_ROWS = "REJECT_FAILED_ROWS"


@dataclass
class Faults:
    """What is wrong with one row. A part that IGNORE_FAILED may leave out is tried under `at`."""

    found: list[DomainError] = field(default_factory=list)

    @contextmanager
    def at(self, *path: str | int) -> Iterator[None]:
        """Note what a part raises, under its path (`at("variants", 0)` -> `variants.0.sku`), and go on."""
        try:
            yield
        except (DomainError, Errors) as error:
            self.note(error, *path)

    def note(self, error: DomainError | Errors, *path: str | int) -> None:
        for each in error.errors if isinstance(error, Errors) else [error]:
            each.field = ".".join(str(step) for step in (*path, each.field) if step is not None) or None
            self.found.append(each)


@dataclass(frozen=True)
class Outcome:
    """What became of one row: what was made, and what was wrong."""

    row: Any
    errors: list[DomainError]


async def in_bulk(
    session: AsyncSession,
    given: Sequence[Row],
    work: Callable[[Row, Faults], Awaitable[Any]],
    policy: ErrorPolicyEnum | None = None,
) -> list[Outcome]:
    """Do the same with every row, and say of each what became of it, in order.

    `work` makes or changes one; what it raises undoes that row. What it noted in its `Faults` does too,
    but under IGNORE_FAILED, where the row is kept without those parts. Under REJECT_EVERYTHING (which is
    meant where no policy is given) one fault undoes all rows: none of the outcomes has a row then.
    """
    policy = policy or ErrorPolicyEnum.REJECT_EVERYTHING
    async with session.begin_nested() as all_of_them:
        outcomes = [await _one(session, row, work, policy) for row in given]
        if policy is ErrorPolicyEnum.REJECT_EVERYTHING and any(each.errors for each in outcomes):
            await all_of_them.rollback()
            return [Outcome(None, each.errors) for each in outcomes]
    return outcomes


async def _one(
    session: AsyncSession,
    row: Row,
    work: Callable[[Row, Faults], Awaitable[Any]],
    policy: ErrorPolicyEnum,
) -> Outcome:
    faults = Faults()
    try:
        async with session.begin_nested() as savepoint:
            made = await work(row, faults)
            await session.flush()
            if faults.found and policy is not ErrorPolicyEnum.IGNORE_FAILED:
                await savepoint.rollback()
                made = None
    except (DomainError, Errors) as error:
        faults.note(error)
        made = None
    return Outcome(made, faults.found)
