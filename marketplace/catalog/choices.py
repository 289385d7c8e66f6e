"""Values that many things give: choices from a list, yes and no, references. They are found, or made."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.answers import (
    CLOSED_LIST,
    TAKEN,
    UNKNOWN_VALUE,
    Choice,
    Mistakes,
    Reference,
    Truth,
    Wanted,
)
from marketplace.catalog.attributes import Attribute, AttributeEntityType, AttributeValue
from marketplace.kit.ids import to_global_id
from marketplace.kit.text import slug_of

Resolved = Mapping[tuple[int, Wanted], int]
"""By attribute and what is wanted of it: the key of the value."""

ADD_ATTEMPTS = 5
"""Others may add values of the same slug meanwhile."""
REFERENCE_COLUMNS = {
    AttributeEntityType.PAGE: "reference_page_id",
    AttributeEntityType.PRODUCT: "reference_product_id",
    AttributeEntityType.PRODUCT_VARIANT: "reference_variant_id",
    AttributeEntityType.CATEGORY: "reference_category_id",
    AttributeEntityType.COLLECTION: "reference_collection_id",
}
"""By what a reference points at: the column of the value that names it."""


async def resolve(
    session: AsyncSession, wanted: Sequence[tuple[Attribute, Wanted]], *, may_add: bool
) -> Resolved:
    """The values that are meant, none of which goes before the transaction ends. New names become choices.

    Raises Errors: INVALID for a value that the attribute doesn't have, UNIQUE for an external reference that
    another value has.
    """
    found: dict[tuple[int, Wanted], int] = {}
    mistakes = Mistakes()
    choices = [(attribute, one) for attribute, one in wanted if isinstance(one, Choice)]
    known = await _known_choices(session, choices)
    for attribute, choice in choices:
        value = _match(known, attribute, choice)
        name = to_global_id("Attribute", attribute.id)
        if value is not None:
            if value.attribute_id != attribute.id:
                mistakes.note(TAKEN if choice.value else UNKNOWN_VALUE, name)
            found[attribute.id, choice] = value.id
        elif not choice.value:
            mistakes.note(UNKNOWN_VALUE, name)
        elif not may_add:
            mistakes.note(CLOSED_LIST, name)
    mistakes.raise_any()
    for attribute, choice in choices:
        if (attribute.id, choice) not in found:
            found[attribute.id, choice] = await _add_choice(session, attribute, choice)
    for attribute, one in wanted:
        if isinstance(one, Truth | Reference):
            found[attribute.id, one] = await _shared(session, attribute, one)
    return found


async def free_slugs_of_values(
    session: AsyncSession, attribute_id: int | None, names: Sequence[str]
) -> list[str]:
    """A slug for each new value of an attribute (None: of one that is being made), spelled from its name."""
    bases = [slug_of(name, "value") for name in names]
    taken: set[str] = set()
    if attribute_id is not None and bases:
        alike = or_(*(AttributeValue.slug.startswith(base, autoescape=True) for base in set(bases)))
        rows = await session.scalars(
            select(AttributeValue.slug).where(AttributeValue.attribute_id == attribute_id, alike)
        )
        taken = set(rows)
    slugs = []
    for base in bases:
        slug, number = base, 1
        while slug in taken:
            number += 1
            slug = f"{base}-{number}"
        taken.add(slug)
        slugs.append(slug)
    return slugs


async def lock_attribute(session: AsyncSession, attribute_id: int) -> None:
    """Nobody else adds, moves or takes away values of the attribute until the transaction ends."""
    await session.execute(
        select(Attribute.id).where(Attribute.id == attribute_id).with_for_update(key_share=True)
    )


async def next_position(session: AsyncSession, attribute_id: int) -> int:
    """Where the next value of a list stands."""
    last = await session.scalar(
        select(func.max(AttributeValue.position)).where(AttributeValue.attribute_id == attribute_id)
    )
    return 0 if last is None else last + 1


async def _known_choices(
    session: AsyncSession, choices: Sequence[tuple[Attribute, Choice]]
) -> list[AttributeValue]:
    """Values that any of the choices may mean. Locked, so that they are there when they are given."""
    ids = [choice.id for _, choice in choices if choice.id]
    references = [choice.external_reference for _, choice in choices if choice.external_reference]
    names = [choice.value for _, choice in choices if choice.value]
    meant: list[ColumnElement[bool]] = []
    if ids:
        meant.append(AttributeValue.id.in_(ids))
    if references:
        meant.append(AttributeValue.external_reference.in_(references))
    if names:
        of_these = AttributeValue.attribute_id.in_({attribute.id for attribute, _ in choices})
        meant.append(of_these & or_(AttributeValue.name.in_(names), AttributeValue.slug.in_(names)))
    if not meant:
        return []
    found = await session.scalars(
        select(AttributeValue)
        .where(or_(*meant))
        .order_by(AttributeValue.id)
        .with_for_update(read=True, key_share=True)
    )
    return list(found)


def _match(known: Iterable[AttributeValue], attribute: Attribute, choice: Choice) -> AttributeValue | None:
    """The value that a choice means; one of another attribute, if that has its external reference."""
    if choice.id:
        mine = (value for value in known if value.id == choice.id)
        return next(mine, None)
    if choice.external_reference:
        named = (value for value in known if value.external_reference == choice.external_reference)
        return next(named, None)
    of_it = [value for value in known if value.attribute_id == attribute.id]
    by_slug = next((value for value in of_it if value.slug == choice.value), None)
    return by_slug or next((value for value in of_it if value.name == choice.value), None)


async def _add_choice(session: AsyncSession, attribute: Attribute, choice: Choice) -> int:
    """Add a value to a list. Without the list's lock: whoever holds that may wait for who answers here."""
    name = choice.value or ""
    for _ in range(ADD_ATTEMPTS):
        (slug,) = await free_slugs_of_values(session, attribute.id, [name])
        added = {
            "attribute_id": attribute.id,
            "name": name,
            "slug": slug,
            "external_reference": choice.external_reference,
            "position": await next_position(session, attribute.id),
        }
        new = insert(AttributeValue).values(added).on_conflict_do_nothing().returning(AttributeValue.id)
        key = await session.scalar(new)
        if key is not None:
            return key
        meanwhile = _match(await _known_choices(session, [(attribute, choice)]), attribute, choice)
        if meanwhile is not None and meanwhile.attribute_id != attribute.id:
            mistakes = Mistakes()
            mistakes.note(TAKEN, to_global_id("Attribute", attribute.id))
            mistakes.raise_any()
        if meanwhile is not None:
            return meanwhile.id
    raise RuntimeError(f"attribute {attribute.id} is given values faster than they can be named")


async def _shared(session: AsyncSession, attribute: Attribute, wanted: Truth | Reference) -> int:
    """The key of the one value that says it."""
    columns, same = _said_by(attribute, wanted)
    value = AttributeValue
    find = (
        select(value.id)
        .where(value.attribute_id == attribute.id, getattr(value, same) == columns[same])
        .order_by(value.id)
        .limit(1)
        .with_for_update(read=True, key_share=True)
    )
    found = await session.scalar(find)
    if found is None:
        await session.execute(
            insert(value).values(attribute_id=attribute.id, **columns).on_conflict_do_nothing()
        )
        found = await session.scalar(find)
    if found is None:
        raise RuntimeError(f"attribute {attribute.id} has another value of the slug {columns['slug']}")
    return found


def _said_by(attribute: Attribute, wanted: Truth | Reference) -> tuple[dict[str, Any], str]:
    """The columns of a shared value, and which of them tells it apart."""
    if isinstance(wanted, Truth):
        name = f"{attribute.name}: {'Yes' if wanted.is_true else 'No'}"
        slug = f"{attribute.id}_{str(wanted.is_true).lower()}"
        return {"slug": slug, "name": name, "boolean": wanted.is_true}, "boolean"
    column = REFERENCE_COLUMNS[wanted.entity]
    slug = f"{wanted.entity.value.lower()}-{wanted.key}"
    return {"slug": slug, "name": wanted.name, column: wanted.key}, column
