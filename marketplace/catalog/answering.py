"""Answering attributes: products, variants, customers, and (told by `content`) pages.

    asked = await asked_by(session, Product, product_type.id)
    checked = check_answers(asked, given, complete=True)  # before anything is written
    ...                                                   # the row is made
    await write_answers(session, product, checked)

or, of a row that is there, `await answer(session, product, given)`. Only attributes that are spoken of
change. Errors have Saleor's codes, the field "attributes", and in their details the `attributes` that are
wrong.

Values of lists, yes and no, and references are shared by all who give them. A number, a text, a day, a file
is its owner's own value and goes with it: a trigger sees to that (`ddl.py`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    Table,
    and_,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog import search
from marketplace.catalog.answers import (
    FIELD,
    Answer,
    Asked,
    Mistakes,
    Own,
    Wanted,
    missing,
    wanted_by,
)
from marketplace.catalog.attributes import (
    WITH_CHOICES,
    Attribute,
    AttributeReferencePageType,
    AttributeReferenceProductType,
    AttributeScope,
    AttributeValue,
    CustomerTypeAttribute,
    ProductTypeAttribute,
    product_attribute_value,
    user_attribute_value,
    variant_attribute_value,
)
from marketplace.catalog.choices import Resolved, resolve
from marketplace.catalog.models import Product, ProductVariant
from marketplace.kit.errors import DomainError, Errors
from marketplace.people.models import User

TypeKey = int | ScalarSelect[int]
"""A type's key, or how the database finds it."""


@dataclass(frozen=True)
class Keeping:
    """Where a kind of rows keeps what it answers, and what its types ask for."""

    said: Table
    owner: str
    """The column of `said` that names the row."""
    asked: type[Any]
    """The model of what types ask for: `attribute_id`, `position`."""
    asked_of: Callable[[TypeKey], ColumnElement[bool]]
    """The rows of `asked` of the type with a key."""
    type_of: Callable[[Any], TypeKey | None]
    """The key of a row's type."""
    of_type: Callable[[int], Select[int]]
    """The keys of the rows of a type."""
    also: Mapping[str, object] = field(default_factory=dict)
    """What else is written of what types ask for."""


_known: dict[type[Any], Keeping] = {}


def keeps_answers(model: type[Any], keeping: Keeping) -> None:
    """Let the rows of a model answer attributes."""
    _known[model] = keeping


def kept_by(model: type[Any]) -> Keeping:
    """Where rows of a model keep their answers. Raises KeyError for one that answers nothing."""
    return _known[model]


def all_kept() -> Sequence[tuple[type[Any], Keeping]]:
    """All kinds of rows that answer attributes."""
    return tuple(_known.items())


@dataclass(frozen=True, slots=True)
class Checked:
    """An answer that can be written."""

    attribute: Attribute
    wanted: Sequence[Wanted]


async def asked_by(session: AsyncSession, model: type[Any], type_id: TypeKey | None) -> list[Asked]:
    """What a type asks of its rows (of variants: their product's type), in its order."""
    if type_id is None:
        return []
    keeping = kept_by(model)
    found = await session.scalars(
        select(Attribute)
        .join(keeping.asked, keeping.asked.attribute_id == Attribute.id)
        .where(keeping.asked_of(type_id))
        .order_by(keeping.asked.position, Attribute.id)
    )
    attributes = found.all()
    limits = await reference_type_ids(session, attributes)
    return [Asked(attribute, limits.get(attribute.id, frozenset())) for attribute in attributes]


async def asked_of(session: AsyncSession, row: Any) -> list[Asked]:
    """What a row is asked for."""
    return await asked_by(session, type(row), kept_by(type(row)).type_of(row))


def check_answers(
    asked: Sequence[Asked], given: Sequence[Answer], *, complete: bool = False
) -> list[Checked]:
    """What is to be written. `complete` says that what must be answered must be answered here: of a new row.

    Raises Errors: REQUIRED, INVALID, DUPLICATED_INPUT_ITEM, NOT_FOUND.
    """
    mistakes = Mistakes()
    checked = [
        Checked(each.attribute, wanted_by(each, answer, mistakes))
        for each, answer in _paired(asked, given, mistakes)
    ]
    errors = mistakes.errors()
    if complete:
        errors += missing(asked, [each.attribute for each in checked])
    if errors:
        raise Errors(errors)
    return checked


async def write_answers(
    session: AsyncSession, row: Any, checked: Sequence[Checked], *, may_add_choices: bool = True
) -> None:
    """Write what was checked. A product's search words and sort places follow in the same transaction.

    Raises Errors for choices that aren't there: INVALID.
    """
    if not checked:
        return
    keeping = kept_by(type(row))
    await session.flush()
    model = type(row)
    await session.execute(select(model.id).where(model.id == row.id).with_for_update(key_share=True))
    before = await _said(session, keeping, row, [each.attribute.id for each in checked])
    wanted = [(each.attribute, one) for each in checked for one in each.wanted]
    resolved = await resolve(session, wanted, may_add=may_add_choices)
    for each in checked:
        keys = await _value_ids(session, keeping, row, each, before, resolved)
        await _say(session, keeping, row, before.get(each.attribute.id, []), keys)
    if isinstance(row, Product) and any(each.attribute.input_type in WITH_CHOICES for each in checked):
        await search.reindex(session, [row.id])


async def answer(
    session: AsyncSession,
    row: Any,
    given: Sequence[Answer],
    *,
    complete: bool = False,
    may_add_choices: bool = True,
) -> None:
    """Check and write what a row answers. Raises Errors."""
    checked = check_answers(await asked_of(session, row), given, complete=complete)
    await write_answers(session, row, checked, may_add_choices=may_add_choices)


async def answers_like(session: AsyncSession, variant: ProductVariant) -> int | None:
    """The key of another variant of the product that says the same to everything that variants are asked.

    None where there is none, or where the variant says nothing: then nothing tells them apart.
    """
    said, value = variant_attribute_value, AttributeValue
    rows = await session.execute(
        select(said.c.variant_id, value.attribute_id, value.name)
        .join(ProductVariant, ProductVariant.id == said.c.variant_id)
        .join(value, value.id == said.c.value_id)
        .where(ProductVariant.product_id == variant.product_id)
    )
    answers: dict[int, set[tuple[int, str]]] = {}
    for variant_id, attribute_id, name in rows:
        answers.setdefault(variant_id, set()).add((attribute_id, name))
    own = answers.pop(variant.id, None)
    return next((key for key, other in sorted(answers.items()) if other == own), None)


def _paired(
    asked: Sequence[Asked], given: Sequence[Answer], mistakes: Mistakes
) -> Iterable[tuple[Asked, Answer]]:
    """Each answer with the attribute that it is about. Raises DomainError: REQUIRED, NOT_FOUND."""
    by_id = {each.attribute.id: each for each in asked}
    by_reference = {each.attribute.external_reference: each for each in asked}
    pairs: dict[int, tuple[Asked, Answer]] = {}
    for one in given:
        if (one.attribute_id is None) == (one.external_reference is None):
            message = "Name each attribute by either its id or its externalReference."
            raise DomainError(message, field=FIELD, code="REQUIRED")
        found = (
            by_reference.get(one.external_reference)
            if one.attribute_id is None
            else by_id.get(one.attribute_id)
        )
        if found is None:
            message = f"Could not resolve attributes: {one.name}."
            raise DomainError(message, field=FIELD, code="NOT_FOUND", attributes=[one.name])
        if found.attribute.id in pairs:
            mistakes.note(("An attribute is answered twice.", "DUPLICATED_INPUT_ITEM"), one.name)
        pairs[found.attribute.id] = (found, one)
    return pairs.values()


async def reference_type_ids(
    session: AsyncSession, attributes: Sequence[Attribute]
) -> dict[int, frozenset[int]]:
    """By key of attribute: the types of what it may refer to, where it says which."""
    keys = [attribute.id for attribute in attributes if attribute.entity_type is not None]
    limits: dict[int, set[int]] = {}
    if not keys:
        return {}
    for table, type_id in (
        (AttributeReferenceProductType, AttributeReferenceProductType.product_type_id),
        (AttributeReferencePageType, AttributeReferencePageType.page_type_id),
    ):
        rows = await session.execute(select(table.attribute_id, type_id).where(table.attribute_id.in_(keys)))
        for attribute_id, key in rows:
            limits.setdefault(attribute_id, set()).add(key)
    return {attribute_id: frozenset(found) for attribute_id, found in limits.items()}


Said = tuple[AttributeValue, int]
"""A value that a row gives, and its place among those of the same attribute."""


async def _said(
    session: AsyncSession, keeping: Keeping, row: Any, attribute_ids: Sequence[int]
) -> dict[int, list[Said]]:
    said = keeping.said
    rows = await session.execute(
        select(AttributeValue, said.c.position)
        .join(said, said.c.value_id == AttributeValue.id)
        .where(said.c[keeping.owner] == row.id, AttributeValue.attribute_id.in_(attribute_ids))
        .order_by(said.c.position, AttributeValue.id)
    )
    found: dict[int, list[Said]] = {}
    for value, position in rows:
        found.setdefault(value.attribute_id, []).append((value, position))
    return found


async def _value_ids(
    session: AsyncSession,
    keeping: Keeping,
    row: Any,
    checked: Checked,
    before: dict[int, list[Said]],
    resolved: Resolved,
) -> list[int]:
    """The keys of the values meant, in order; a value that is the row's own is written here."""
    keys: dict[int, None] = {}
    for wanted in checked.wanted:
        if isinstance(wanted, Own):
            known = [value for value, _ in before.get(checked.attribute.id, [])]
            keys[await _write_own(session, keeping, row, checked.attribute, wanted, known)] = None
        else:
            keys[resolved[checked.attribute.id, wanted]] = None
    return list(keys)


async def _write_own(
    session: AsyncSession,
    keeping: Keeping,
    row: Any,
    attribute: Attribute,
    own: Own,
    known: Sequence[AttributeValue],
) -> int:
    """The key of the row's own value: the one that it has, if nobody else gives that, else a new one."""
    slug = f"{keeping.said.name.removesuffix('_attribute_value')}-{row.id}_{attribute.id}"
    kept = next((value for value in known if value.slug == slug), None)
    if kept is None and len(known) == 1 and not await _given_by_others(session, keeping, row, known[0].id):
        kept = known[0]
    if kept is None:
        kept = AttributeValue(attribute_id=attribute.id, slug=slug)
        session.add(kept)
    for name, content in own.columns.items():
        setattr(kept, name, content)
    await session.flush()
    return kept.id


async def _given_by_others(session: AsyncSession, keeping: Keeping, row: Any, value_id: int) -> bool:
    others = []
    for _, each in all_kept():
        given = each.said.c.value_id == value_id
        if each is keeping:
            given = and_(given, each.said.c[each.owner] != row.id)
        others.append(exists().where(given))
    return bool(await session.scalar(select(or_(*others))))


async def _say(
    session: AsyncSession, keeping: Keeping, row: Any, before: Sequence[Said], value_ids: Sequence[int]
) -> None:
    """Let a row give these values, in this order, instead of those before."""
    said = keeping.said
    mine = said.c[keeping.owner] == row.id
    places = {value.id: position for value, position in before}
    gone = [value_id for value_id in places if value_id not in value_ids]
    if gone:
        await session.execute(delete(said).where(mine, said.c.value_id.in_(gone)))
    for position, value_id in enumerate(value_ids):
        if places.get(value_id, position) != position:
            moved = update(said).where(mine, said.c.value_id == value_id)
            await session.execute(moved.values(position=position))
    new = [
        {keeping.owner: row.id, "value_id": value_id, "position": position}
        for position, value_id in enumerate(value_ids)
        if value_id not in places
    ]
    if new:
        await session.execute(insert(said), new)


def _type_of_variant(variant: ProductVariant) -> ScalarSelect[int]:
    return select(Product.product_type_id).where(Product.id == variant.product_id).scalar_subquery()


def _asked_in(scope: AttributeScope) -> Callable[[TypeKey], ColumnElement[bool]]:
    return lambda type_id: and_(
        ProductTypeAttribute.product_type_id == type_id, ProductTypeAttribute.scope == scope
    )


keeps_answers(
    Product,
    Keeping(
        product_attribute_value,
        "product_id",
        ProductTypeAttribute,
        _asked_in(AttributeScope.PRODUCT),
        lambda product: product.product_type_id,
        lambda type_id: select(Product.id).where(Product.product_type_id == type_id),
        {"scope": AttributeScope.PRODUCT},
    ),
)
keeps_answers(
    ProductVariant,
    Keeping(
        variant_attribute_value,
        "variant_id",
        ProductTypeAttribute,
        _asked_in(AttributeScope.VARIANT),
        _type_of_variant,
        lambda type_id: (
            select(ProductVariant.id)
            .join(Product, Product.id == ProductVariant.product_id)
            .where(Product.product_type_id == type_id)
        ),
        {"scope": AttributeScope.VARIANT},
    ),
)
keeps_answers(
    User,
    Keeping(
        user_attribute_value,
        "user_id",
        CustomerTypeAttribute,
        lambda type_id: CustomerTypeAttribute.customer_type_id == type_id,
        lambda user: user.customer_type_id,
        lambda type_id: select(User.id).where(User.customer_type_id == type_id),
    ),
)
