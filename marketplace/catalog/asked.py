"""What types ask of their rows: attributes come to the list, leave it, and are put in order.

The same for types of products (of products: `Product`; of variants: `ProductVariant`), of pages and of
customers. The caller holds the type's lock.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import and_, delete, func, insert, inspect, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.answering import kept_by
from marketplace.catalog.attributes import AttributeValue
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
    _check_named(moves, before, "Attribute")
    asked = kept_by(model).asked
    for key, position in displaced(before, reordered(list(before), moves)).items():
        this = and_(kept_by(model).asked_of(type_id), asked.attribute_id == key)
        await session.execute(update(asked).where(this).values(position=position))


async def reorder_answers(
    session: AsyncSession, row: Any, attribute_id: int, moves: Sequence[tuple[int, int]]
) -> None:
    """Move the values that a row gives to an attribute by so many places.

    Raises NotFoundError for an attribute that the row is not asked for, and for a value that it doesn't give.
    """
    keeping, model = kept_by(type(row)), type(row)
    await session.execute(select(model.id).where(model.id == row.id).with_for_update(key_share=True))
    type_id = keeping.type_of(row)
    asked = None
    if type_id is not None:
        asked = await session.scalar(
            select(func.count())
            .select_from(keeping.asked)
            .where(keeping.asked_of(type_id), keeping.asked.attribute_id == attribute_id)
        )
    if not asked:
        raise NotFoundError("It is not asked for this attribute.", field="attributeId")
    said = keeping.said
    mine = said.c[keeping.owner] == row.id
    rows = await session.execute(
        select(said.c.value_id, said.c.position)
        .join(AttributeValue, AttributeValue.id == said.c.value_id)
        .where(mine, AttributeValue.attribute_id == attribute_id)
        .order_by(said.c.position, said.c.value_id)
    )
    before = dict(rows.tuples().all())
    _check_named(moves, before, "AttributeValue")
    for key, position in displaced(before, reordered(list(before), moves)).items():
        await session.execute(update(said).where(mine, said.c.value_id == key).values(position=position))


async def _positions(session: AsyncSession, model: type[Any], type_id: int) -> dict[int, int]:
    keeping = kept_by(model)
    asked = keeping.asked
    rows = await session.execute(
        select(asked.attribute_id, asked.position)
        .where(keeping.asked_of(type_id))
        .order_by(asked.position, asked.attribute_id)
    )
    return dict(rows.tuples().all())


def _check_named(moves: Sequence[tuple[int, int]], known: Mapping[int, int], type_name: str) -> None:
    unknown = [to_global_id(type_name, key) for key, _ in moves if key not in known]
    if unknown:
        refused = NotFoundError(f"Couldn't resolve to {type_name}.", field="moves")
        refused.details["attributes" if type_name == "Attribute" else "values"] = unknown
        raise refused
