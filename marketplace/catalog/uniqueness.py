"""Values that only one row has: SKUs, external references. Asked before they are written, and kept free."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Text, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.kit.errors import InvalidError, UniqueError

LONGEST = 250


async def owners(
    session: AsyncSession, column: InstrumentedAttribute[Any], values: Collection[str]
) -> dict[str, int]:
    """Which rows have which of some values. Nobody else is given any until the transaction ends.

    Whoever asks of several columns does it in the order of their tables and names.
    """
    if not values:
        return {}
    model = column.class_
    lock = func.pg_advisory_xact_lock(func.hashtext(f"{model.__tablename__}.{column.key}"))
    await session.execute(select(lock))
    wanted = bindparam("wanted", sorted(values), ARRAY(Text))
    rows = await session.execute(select(column, model.id).where(column == any_(wanted)))
    return {row[0]: row[1] for row in rows}


async def checked_unique(
    session: AsyncSession,
    column: InstrumentedAttribute[Any],
    value: str | None,
    field: str,
    own_id: int | None = None,
) -> str | None:
    """A value that nobody else has; an empty one is none. Raises InvalidError, UniqueError."""
    tidy = tidied(value, field)
    if tidy is not None and (await owners(session, column, [tidy])).get(tidy, own_id) != own_id:
        raise UniqueError("Something else has this already.", field=field)
    return tidy


def tidied(value: str | None, field: str) -> str | None:
    """Without spaces around it; None for an empty one. Raises InvalidError where it is too long."""
    tidy = (value or "").strip() or None
    if tidy is not None and len(tidy) > LONGEST:
        raise InvalidError(f"At most {LONGEST} letters, please.", field=field, code="MAX_LENGTH")
    return tidy
