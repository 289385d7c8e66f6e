"""The order of what one product, variant or page answers to one attribute."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.answering import asked_of, kept_by
from marketplace.catalog.attributes import AttributeValue
from marketplace.kit.errors import NotFoundError
from marketplace.kit.ids import to_global_id
from marketplace.kit.reordering import displaced, reordered


async def reorder_answers(
    session: AsyncSession,
    row: Any,
    attribute_id: int,
    moves: Sequence[tuple[int, int]],
) -> None:
    """Move values that a row gives to an attribute by so many places.

    Raises NotFoundError for an attribute that it is not asked for, or a value that it does not give.
    """
    model = type(row)
    await session.execute(select(model.id).where(model.id == row.id).with_for_update(key_share=True))
    if attribute_id not in {each.attribute.id for each in await asked_of(session, row)}:
        unknown = to_global_id("Attribute", attribute_id)
        raise NotFoundError(f"Couldn't resolve to an attribute: {unknown}", field="attributeId")
    keeping = kept_by(model)
    said = keeping.said
    mine = said.c[keeping.owner] == row.id
    found = await session.execute(
        select(said.c.value_id, said.c.position)
        .join(AttributeValue, AttributeValue.id == said.c.value_id)
        .where(mine, AttributeValue.attribute_id == attribute_id)
        .order_by(said.c.position, said.c.value_id)
    )
    before = {value_id: position for value_id, position in found.all()}  # noqa: C416 - typed so
    for value_id, _ in moves:
        if value_id not in before:
            unknown = to_global_id("AttributeValue", value_id)
            raise NotFoundError(f"Couldn't resolve to an attribute value: {unknown}", field="moves")
    for value_id, place in displaced(before, reordered(list(before), moves)).items():
        moved = update(said).where(mine, said.c.value_id == value_id).values(position=place)
        await session.execute(moved)
