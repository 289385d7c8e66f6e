"""What types ask of their rows: attributes come to the list, leave it, and are put in order.

The same for types of products (of products: `Product`; of variants: `ProductVariant`), of pages and of
customers. The caller holds the type's lock.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import and_, delete, insert, inspect, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.answering import kept_by
from marketplace.catalog.forgetting import forget_answers
from marketplace.kit.errors import NotFoundError
from marketplace.kit.ids import to_global_id
from marketplace.kit.reordering import displaced, reordered


async def asked_ids(session: AsyncSession, model: type[Any], type_id: int) -> list[int]:
    """The keys of the attributes that a type asks for, in order."""
    return list(await _positions(session, model, type_id))


async def ask(
    session: AsyncSession,
    model: type[Any],
    type_id: int,
    attributes: Mapping[int, Mapping[str, object]],
) -> None:
    """Ask for more attributes, behind all others: further columns by the attribute's key."""
    known = await _positions(session, model, type_id)
    keeping = kept_by(model)
    owner = inspect(keeping.asked).primary_key[0].name
    first = max(known.values(), default=-1) + 1
    rows = [
        {owner: type_id, "attribute_id": key, "position": first + place, **keeping.also, **columns}
        for place, (key, columns) in enumerate(
            (key, columns) for key, columns in attributes.items() if key not in known
        )
    ]
    if rows:
        await session.execute(insert(keeping.asked), rows)


async def ask_no_more(
    session: AsyncSession, model: type[Any], type_id: int, attribute_ids: Sequence[int]
) -> None:
    """Ask for some attributes no more. What was answered to them is taken away, at once or soon."""
    keeping = kept_by(model)
    gone = await session.scalars(
        delete(keeping.asked)
        .where(keeping.asked_of(type_id), keeping.asked.attribute_id.in_(attribute_ids))
        .returning(keeping.asked.attribute_id)
    )
    await forget_answers(session, model, type_id, sorted(gone))


async def ask_only(
    session: AsyncSession, model: type[Any], type_id: int, attribute_ids: Sequence[int]
) -> None:
    """Ask for these attributes, and no others."""
    known = await asked_ids(session, model, type_id)
    await ask_no_more(session, model, type_id, [key for key in known if key not in attribute_ids])
    await ask(session, model, type_id, {key: {} for key in attribute_ids})


async def reorder_asked(
    session: AsyncSession, model: type[Any], type_id: int, moves: Sequence[tuple[int, int]]
) -> None:
    """Move attributes of a type's list by so many places. Raises NotFoundError."""
    before = await _positions(session, model, type_id)
    unknown = [to_global_id("Attribute", key) for key, _ in moves if key not in before]
    if unknown:
        raise NotFoundError("Couldn't resolve to an attribute.", field="moves", attributes=unknown)
    asked = kept_by(model).asked
    for key, position in displaced(before, reordered(list(before), moves)).items():
        this = and_(kept_by(model).asked_of(type_id), asked.attribute_id == key)
        await session.execute(update(asked).where(this).values(position=position))


async def _positions(session: AsyncSession, model: type[Any], type_id: int) -> dict[int, int]:
    keeping = kept_by(model)
    asked = keeping.asked
    rows = await session.execute(
        select(asked.attribute_id, asked.position)
        .where(keeping.asked_of(type_id))
        .order_by(asked.position, asked.attribute_id)
    )
    return {row[0]: row[1] for row in rows}
