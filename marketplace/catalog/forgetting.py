"""Values, attributes and answers that are taken away, and what follows from values that change.

Where few things are concerned it is all done at once. Where many are, what is taken away is out of sight at
once, since it belongs to an attribute that is going, and jobs do the rest in batches: the request's work
never grows with the catalogue.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    bindparam,
    cast,
    delete,
    func,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog import search
from marketplace.catalog.answering import Keeping, all_kept, kept_by
from marketplace.catalog.attributes import (
    WITH_CHOICES,
    Attribute,
    AttributeEntityType,
    AttributeInputType,
    AttributeReferencePageType,
    AttributeReferenceProductType,
    AttributeValue,
    product_attribute_value,
)
from marketplace.catalog.choices import REFERENCE_COLUMNS, lock_attribute
from marketplace.catalog.models import Product
from marketplace.kit.jobs import enqueue

AT_ONCE = 200
"""Answers that are taken away, or followed, in the request that says so."""
BATCH = 500
"""Answers, or products, of one job."""


@asynccontextmanager
async def followed_later(session: AsyncSession) -> AsyncIterator[None]:
    """What is written meanwhile is followed by no trigger: a job does it."""
    await _set_later(session, "on")
    yield
    await session.flush()
    await _set_later(session, "off")


async def _set_later(session: AsyncSession, value: str) -> None:
    await session.execute(select(func.set_config("marketplace.followed_later", value, true())))


async def forget_values(session: AsyncSession, values: Sequence[AttributeValue]) -> None:
    """Take values away, from their attributes and from all that give them."""
    by_attribute: dict[int, list[int]] = {}
    for value in values:
        by_attribute.setdefault(value.attribute_id, []).append(value.id)
    for attribute_id, value_ids in sorted(by_attribute.items()):
        await lock_attribute(session, attribute_id)
        if await _few_give(session, AttributeValue.id.in_(value_ids)):
            product_ids = await _hold_products(session, AttributeValue.id.in_(value_ids))
            await session.execute(delete(AttributeValue).where(AttributeValue.id.in_(value_ids)))
            await search.reindex(session, product_ids)
        else:
            await _bury(session, value_ids)
    for value in values:
        session.expunge(value)


async def forget_references(
    session: AsyncSession, entity: AttributeEntityType, keys: Collection[int]
) -> None:
    """Take away all values that refer to things that are about to be deleted."""
    column = getattr(AttributeValue, REFERENCE_COLUMNS[entity])
    values = await session.scalars(select(AttributeValue).where(column.in_(keys)).order_by(AttributeValue.id))
    await forget_values(session, values.all())


async def reference_renamed(session: AsyncSession, entity: AttributeEntityType, key: int, name: str) -> None:
    """Have what refers to a thing be called and sorted as that is called now."""
    column = getattr(AttributeValue, REFERENCE_COLUMNS[entity])
    rows = await session.execute(
        select(AttributeValue, Attribute)
        .join(Attribute, Attribute.id == AttributeValue.attribute_id)
        .where(column == key, AttributeValue.name != name)
        .order_by(AttributeValue.id)
        .limit(BATCH)
    )
    for value, attribute in rows.all():
        await change_value(session, value, attribute, {"name": name})


async def forget_attributes(session: AsyncSession, attributes: Sequence[Attribute]) -> None:
    """Take attributes away, with their values and all answers to them."""
    for attribute in sorted(attributes, key=lambda each: each.id):
        await lock_attribute(session, attribute.id)
        of_it = AttributeValue.attribute_id == attribute.id
        if await _few_give(session, of_it):
            product_ids = await _hold_products(session, of_it)
            await session.execute(delete(Attribute).where(Attribute.id == attribute.id))
            await search.reindex(session, product_ids)
        else:
            await _let_go(session, attribute.id)
        session.expunge(attribute)


async def forget_answers(
    session: AsyncSession, model: type[Any], type_id: int, attribute_ids: Sequence[int]
) -> None:
    """Take away what a type's rows answered to attributes that it asks for no more."""
    keeping = kept_by(model)
    if attribute_ids and not await _drop_answers(session, keeping, type_id, attribute_ids, AT_ONCE):
        await enqueue(
            session,
            "catalog.forget_answers",
            table=keeping.said.name,
            type_id=type_id,
            attribute_ids=list(attribute_ids),
        )


async def answers_left(session: AsyncSession, table: str, type_id: int, attribute_ids: list[int]) -> None:
    """Take away one batch of answers that nobody asks for any more; the rest is the next job's."""
    keeping = next(each for _, each in all_kept() if each.said.name == table)
    asked_again = await session.scalars(
        select(keeping.asked.attribute_id).where(
            keeping.asked_of(type_id), keeping.asked.attribute_id.in_(attribute_ids)
        )
    )
    unasked = sorted(set(attribute_ids) - set(asked_again))
    if unasked and not await _drop_answers(session, keeping, type_id, unasked, BATCH):
        await enqueue(session, "catalog.forget_answers", table=table, type_id=type_id, attribute_ids=unasked)


async def attribute_left(session: AsyncSession, attribute_id: int) -> None:
    """Take away one batch of the answers to an attribute that is going; in the end, the attribute."""
    going = await session.scalar(
        select(Attribute.is_going).where(Attribute.id == attribute_id).with_for_update()
    )
    if not going:
        return
    of_it = AttributeValue.attribute_id == attribute_id
    for _, keeping in all_kept():
        if not await _drop(session, keeping, _said_with(keeping, of_it), BATCH):
            await enqueue(session, "catalog.forget_attribute", attribute_id=attribute_id)
            return
    some = select(AttributeValue.id).where(of_it).limit(BATCH * 10)
    gone = await session.execute(
        delete(AttributeValue).where(AttributeValue.id.in_(some)).returning(AttributeValue.id)
    )
    if len(gone.all()) == BATCH * 10:
        await enqueue(session, "catalog.forget_attribute", attribute_id=attribute_id)
        return
    await session.execute(delete(Attribute).where(Attribute.id == attribute_id))


async def change_value(
    session: AsyncSession, value: AttributeValue, attribute: Attribute, columns: Mapping[str, Any]
) -> None:
    """Change a value, and have the products that give it be sorted and found by what it is now."""
    this = AttributeValue.id == value.id
    if await _few_give(session, this):
        product_ids = await _hold_products(session, this)
        _set(value, columns)
        await session.flush()
        if attribute.input_type in WITH_CHOICES:
            await search.reindex(session, product_ids)
        return
    async with followed_later(session):
        _set(value, columns)
    await enqueue(session, "catalog.follow_values", attribute_id=attribute.id, value_id=value.id)


async def value_translated(session: AsyncSession, value: AttributeValue) -> None:
    """Have the products that give a choice be found by what it is called in another language."""
    this = AttributeValue.id == value.id
    if await _few_give(session, this):
        await search.reindex(session, await _products_with(session, this))
    else:
        await enqueue(session, "catalog.follow_values", attribute_id=value.attribute_id, value_id=value.id)


def _set(row: object, columns: Mapping[str, Any]) -> None:
    for name, content in columns.items():
        setattr(row, name, content)


async def values_moved(session: AsyncSession, attribute: Attribute, positions: dict[int, int]) -> None:
    """Write new places of values. Only products that give several at once are sorted by their places."""
    async with followed_later(session):
        if positions:
            new = (
                func.unnest(
                    bindparam("keys", list(positions), ARRAY(BigInteger)),
                    bindparam("places", list(positions.values()), ARRAY(BigInteger)),
                )
                .table_valued("id", "position")
                .render_derived("new")
            )
            await session.execute(
                update(AttributeValue)
                .values(position=new.c.position)
                .where(AttributeValue.id == cast(new.c.id, BigInteger)),
                execution_options={"synchronize_session": False},
            )
    if positions and attribute.input_type is AttributeInputType.MULTISELECT:
        await enqueue(session, "catalog.follow_values", attribute_id=attribute.id)


async def follow_values(
    session: AsyncSession, attribute_id: int, value_id: int | None, after_product_id: int
) -> None:
    """Sort one batch of the products that give a value, or any of an attribute, and gather their words."""
    which = AttributeValue.attribute_id == attribute_id
    if value_id is not None:
        which &= AttributeValue.id == value_id
    product_ids = await _products_with(session, which, after=after_product_id, limit=BATCH)
    await session.execute(
        select(func.catalog_sort_answers(bindparam("products", product_ids, ARRAY(BigInteger))))
    )
    await search.reindex(session, product_ids)
    if len(product_ids) == BATCH:
        await enqueue(
            session,
            "catalog.follow_values",
            attribute_id=attribute_id,
            value_id=value_id,
            after_product_id=product_ids[-1],
        )


async def _few_give(session: AsyncSession, which: ColumnElement[bool]) -> bool:
    """Whether there are so few answers with some values that they can be worked on at once."""
    number = 0
    for _, keeping in all_kept():
        some = _said_with(keeping, which).limit(AT_ONCE + 1 - number).subquery()
        number += await session.scalar(select(func.count()).select_from(some)) or 0
        if number > AT_ONCE:
            return False
    return True


def _said_with(keeping: Keeping, which: ColumnElement[bool]) -> Select[int, int]:
    said = keeping.said
    return (
        select(said.c[keeping.owner], said.c.value_id)
        .join(AttributeValue, AttributeValue.id == said.c.value_id)
        .where(which)
    )


async def _products_with(
    session: AsyncSession, which: ColumnElement[bool], *, after: int = 0, limit: int | None = None
) -> list[int]:
    said = product_attribute_value
    found = await session.scalars(
        select(said.c.product_id)
        .join(AttributeValue, AttributeValue.id == said.c.value_id)
        .where(which, said.c.product_id > after)
        .group_by(said.c.product_id)
        .order_by(said.c.product_id)
        .limit(limit)
    )
    return list(found)


async def _hold_products(session: AsyncSession, which: ColumnElement[bool]) -> list[int]:
    """The few products that give some values, locked: whoever answers for one has it locked first, too."""
    keys = await _products_with(session, which)
    await session.execute(
        select(Product.id).where(Product.id.in_(keys)).order_by(Product.id).with_for_update(key_share=True)
    )
    return keys


async def _drop_answers(
    session: AsyncSession, keeping: Keeping, type_id: int, attribute_ids: Sequence[int], limit: int
) -> bool:
    """Take away at most so many answers of a type's rows; whether these were all.

    At once none is taken away, where there are more.
    """
    given = _said_with(keeping, AttributeValue.attribute_id.in_(attribute_ids)).where(
        keeping.said.c[keeping.owner].in_(keeping.of_type(type_id))
    )
    if limit == AT_ONCE:
        some = given.limit(limit + 1).subquery()
        if (await session.scalar(select(func.count()).select_from(some)) or 0) > limit:
            return False
    return await _drop(session, keeping, given, limit)


async def _drop(session: AsyncSession, keeping: Keeping, given: Select[int, int], limit: int) -> bool:
    """Take away at most so many of some answers; whether these were all."""
    pairs = [(row[0], row[1]) for row in await session.execute(given.limit(limit))]
    if pairs:
        said = keeping.said
        mine = tuple_(said.c[keeping.owner], said.c.value_id).in_(pairs)
        await session.execute(delete(said).where(mine))
        if keeping is kept_by(Product):
            await search.reindex(session, {owner for owner, _ in pairs})
    return len(pairs) < limit


async def _bury(session: AsyncSession, value_ids: Sequence[int]) -> None:
    """Move values to an attribute that is going."""
    grave = Attribute(
        name="",
        slug=f"going-{uuid4().hex}",
        input_type=AttributeInputType.PLAIN_TEXT,
        visible_in_storefront=False,
        is_going=True,
    )
    session.add(grave)
    await session.flush()
    await session.execute(
        update(AttributeValue)
        .where(AttributeValue.id.in_(value_ids))
        .values(
            attribute_id=grave.id,
            slug=func.concat("", AttributeValue.id),
            external_reference=None,
            **dict.fromkeys(REFERENCE_COLUMNS.values()),  # What they referred to may go before they do.
        ),
        execution_options={"synchronize_session": False},
    )
    await enqueue(session, "catalog.forget_attribute", attribute_id=grave.id)


async def _let_go(session: AsyncSession, attribute_id: int) -> None:
    """Put an attribute out of sight: no type asks for it, and its names are free. A job takes its answers."""
    for asked in {keeping.asked for _, keeping in all_kept()}:
        await session.execute(delete(asked).where(asked.attribute_id == attribute_id))
    for limit in (AttributeReferenceProductType, AttributeReferencePageType):
        await session.execute(delete(limit).where(limit.attribute_id == attribute_id))
    await session.execute(
        update(Attribute)
        .where(Attribute.id == attribute_id)
        .values(
            is_going=True,
            visible_in_storefront=False,
            slug=f"going-{uuid4().hex}",
            external_reference=None,
            input_type=AttributeInputType.PLAIN_TEXT,
            entity_type=None,
        ),
        execution_options={"synchronize_session": False},
    )
    await session.execute(
        update(AttributeValue)
        .where(AttributeValue.attribute_id == attribute_id, AttributeValue.external_reference.is_not(None))
        .values(external_reference=None),
        execution_options={"synchronize_session": False},
    )
    await enqueue(session, "catalog.forget_attribute", attribute_id=attribute_id)
