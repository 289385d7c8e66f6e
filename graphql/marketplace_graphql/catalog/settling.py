"""What becomes of a bulk's lines once it is known what is wrong with each: they are written together."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.errors import DomainError, Errors
from marketplace_graphql.kernel import ErrorPolicyEnum, Faults

Draft = TypeVar("Draft")
Write = Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]
"""Writes drafts together and gives their rows in order; raises Errors where that shows a mistake."""


async def settle(
    session: AsyncSession,
    drafts: Sequence[Draft | None],
    faults: Sequence[Faults],
    policy: ErrorPolicyEnum | None,
    write: Write,
) -> list[Any]:
    """The row of each draft, or None: as `in_bulk`, but written together.

    A line without a draft has failed as a whole. Where the writing shows a mistake, the lines are written one
    by one, each in a savepoint, to see whose it is.
    """
    policy = policy or ErrorPolicyEnum.REJECT_EVERYTHING
    rejects_all = policy is ErrorPolicyEnum.REJECT_EVERYTHING
    nothing: list[Any] = [None] * len(drafts)
    if rejects_all and any(each.found for each in faults):
        return nothing
    keeps = policy is ErrorPolicyEnum.IGNORE_FAILED
    places = [
        place
        for place, (draft, wrong) in enumerate(zip(drafts, faults, strict=True))
        if draft is not None and (keeps or not wrong.found)
    ]
    made = list(nothing)
    try:
        async with session.begin_nested():
            rows = await write([drafts[place] for place in places])
        for place, row in zip(places, rows, strict=True):
            made[place] = row
        return made
    except (DomainError, Errors):
        pass  # Whose it is, the lines say one by one.
    async with session.begin_nested() as all_of_them:
        for place in places:
            with faults[place].at():
                async with session.begin_nested():
                    (made[place],) = await write([drafts[place]])
        if rejects_all:
            await all_of_them.rollback()
            return nothing
    return made
