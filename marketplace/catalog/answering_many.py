"""What many new things answer, written together: a fixed number of statements for all of them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, any_, bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.answering import Checked, kept_by
from marketplace.catalog.answers import Own
from marketplace.catalog.attributes import AttributeValue, variant_attribute_value
from marketplace.catalog.choices import resolve
from marketplace.catalog.models import ProductVariant


async def write_first_answers(
    session: AsyncSession,
    model: type[Any],
    given: Sequence[tuple[int, Sequence[Checked]]],
    *,
    may_add_choices: bool = True,
) -> None:
    """Write what new rows of a model, named by their keys, answer.

    Raises Errors for choices that aren't there. Search words are the caller's to see to.
    """
    keeping = kept_by(model)
    every = [(key, each, one) for key, checked in given for each in checked for one in each.wanted]
    shared = dict.fromkeys((each.attribute, one) for _, each, one in every if not isinstance(one, Own))
    resolved = await resolve(session, list(shared), may_add=may_add_choices)
    kind = keeping.said.name.removesuffix("_attribute_value")
    own = [
        {"attribute_id": each.attribute.id, "slug": f"{kind}-{key}_{each.attribute.id}", **one.columns}
        for key, each, one in every
        if isinstance(one, Own)
    ]
    own_ids = iter(await _insert_own(session, own))
    rows: dict[tuple[int, int], dict[str, int]] = {}
    places: dict[tuple[int, int], int] = {}
    for key, each, one in every:
        value_id = next(own_ids) if isinstance(one, Own) else resolved[each.attribute.id, one]
        if (key, value_id) in rows:
            continue
        place = places[key, each.attribute.id] = places.get((key, each.attribute.id), -1) + 1
        rows[key, value_id] = {keeping.owner: key, "value_id": value_id, "position": place}
    if rows:
        await session.execute(insert(keeping.said), list(rows.values()))


async def _insert_own(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> Sequence[int]:
    if not rows:
        return []
    names = dict.fromkeys(name for row in rows for name in row)
    whole = [{name: row.get(name) for name in names} for row in rows]
    made = await session.scalars(
        insert(AttributeValue).returning(AttributeValue.id, sort_by_parameter_order=True), whole
    )
    return made.all()


async def alike_variants(session: AsyncSession, product_ids: Sequence[int]) -> set[int]:
    """Variants that say the same to all they are asked as an older one of their product: `answers_like`."""
    said, value = variant_attribute_value, AttributeValue
    word = func.concat(value.attribute_id, ":", value.name)
    answers = (
        select(
            ProductVariant.id,
            ProductVariant.product_id,
            func.array_agg(aggregate_order_by(word, word)).label("words"),
        )
        .join(said, said.c.variant_id == ProductVariant.id)
        .join(value, value.id == said.c.value_id)
        .where(ProductVariant.product_id == any_(bindparam("ids", list(product_ids), ARRAY(BigInteger))))
        .group_by(ProductVariant.id)
        .subquery("answers")
    )
    order = func.row_number().over(
        partition_by=(answers.c.product_id, answers.c.words), order_by=answers.c.id
    )
    ranked = select(answers.c.id, order.label("place")).subquery("ranked")
    return set(await session.scalars(select(ranked.c.id).where(ranked.c.place > 1)))
