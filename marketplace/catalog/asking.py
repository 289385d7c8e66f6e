"""Attributes as staff make and change them: what each kind of attribute may have."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.attributes import (
    Attribute,
    AttributeEntityType,
    AttributeInputType,
    AttributeReferencePageType,
    AttributeReferenceProductType,
    AttributeValue,
)
from marketplace.catalog.choices import lock_attribute
from marketplace.catalog.forgetting import forget_values
from marketplace.catalog.lists import NewValue, add_values, checked_values
from marketplace.catalog.slugs import checked_slug, free_slug
from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, Errors, InvalidError, RequiredError, UniqueError

NAME_LENGTH = 255
REFERENCE_LENGTH = 250
REFERENCE_TYPES_LIMIT = 100

Input = AttributeInputType
LISTED = frozenset(
    {
        Input.DROPDOWN,
        Input.MULTISELECT,
        Input.NUMERIC,
        Input.SWATCH,
        Input.BOOLEAN,
        Input.DATE,
        Input.DATE_TIME,
    }
)
FLAGS: dict[str, frozenset[AttributeInputType]] = {
    "filterable_in_storefront": LISTED,
    "filterable_in_dashboard": LISTED,
    "available_in_grid": LISTED,
    "storefront_search_position": LISTED - {Input.NUMERIC, Input.SWATCH},
}
"""What only some kinds of attributes can be. A place in searches, of 0, is none."""
REFERENCES = frozenset({Input.REFERENCE, Input.SINGLE_REFERENCE})
TYPED = (AttributeEntityType.PRODUCT, AttributeEntityType.PRODUCT_VARIANT, AttributeEntityType.PAGE)
"""What references point at that has types."""
COLUMNS = (
    "value_required",
    "is_variant_only",
    "visible_in_storefront",
    *FLAGS,
)


async def create_attribute(
    session: AsyncSession,
    said: Mapping[str, Any],
    *,
    values: Sequence[NewValue] = (),
    reference_types: Collection[tuple[str, int]] | None = None,
) -> Attribute:
    """Make an attribute: `said` has its columns; `reference_types` are (name of the type, key).

    Raises Errors: REQUIRED, INVALID, UNIQUE, ALREADY_EXISTS.
    """
    attribute = Attribute(
        type=said["type"], input_type=said.get("input_type") or Input.DROPDOWN, entity_type=None
    )
    if attribute.input_type in REFERENCES:
        attribute.entity_type = said.get("entity_type")
        if attribute.entity_type is None:
            message = "A reference says what it points at."
            raise RequiredError(message, field="entityType")
    faults: list[DomainError] = []
    columns = await _columns(session, attribute, said, faults)
    if "slug" not in columns and columns.get("name"):
        columns["slug"] = await free_slug(session, Attribute, columns["name"], "attribute")
    _check_reference_types(attribute, reference_types, faults)
    new = await checked_values(session, attribute, values, "values", faults)
    if faults:
        raise Errors(faults)
    for name, content in columns.items():
        setattr(attribute, name, content)
    session.add(attribute)
    await session.flush()
    await _write_reference_types(session, attribute, reference_types)
    await add_values(session, attribute, new)
    return attribute


async def update_attribute(
    session: AsyncSession,
    attribute: Attribute,
    said: Mapping[str, Any],
    *,
    values: Sequence[NewValue] = (),
    removed: Collection[int] = (),
    reference_types: Collection[tuple[str, int]] | None = None,
) -> None:
    """Change an attribute, add values to its list and take others from it.

    Announces ATTRIBUTE_VALUE_CREATED and ATTRIBUTE_VALUE_DELETED.
    Raises Errors: REQUIRED, INVALID, UNIQUE, ALREADY_EXISTS.
    """
    await lock_attribute(session, attribute.id)
    faults: list[DomainError] = []
    columns = await _columns(session, attribute, said, faults)
    _check_reference_types(attribute, reference_types, faults)
    gone = await _values_of(session, attribute, removed, faults)
    new = await checked_values(session, attribute, values, "addValues", faults)
    if faults:
        raise Errors(faults)
    for name, content in columns.items():
        setattr(attribute, name, content)
    await session.flush()
    await _write_reference_types(session, attribute, reference_types)
    await announce(session, "ATTRIBUTE_VALUE_CREATED", *await add_values(session, attribute, new))
    await announce(session, "ATTRIBUTE_VALUE_DELETED", *gone)
    await forget_values(session, gone)


async def _columns(
    session: AsyncSession, attribute: Attribute, said: Mapping[str, Any], faults: list[DomainError]
) -> dict[str, Any]:
    """The columns that what was said means; what is wrong with it is noted."""
    columns = _named(said, faults)
    if "slug" in said and (said["slug"] or attribute.id is not None):
        try:
            columns["slug"] = await checked_slug(session, Attribute, said["slug"], attribute.id)
        except DomainError as error:
            faults.append(error)
    columns |= _settings(attribute, said, faults)
    if "external_reference" in said:
        columns["external_reference"] = said["external_reference"] or None
        await _check_reference(session, attribute, columns["external_reference"], faults)
    return columns


def _named(said: Mapping[str, Any], faults: list[DomainError]) -> dict[str, Any]:
    if "name" not in said:
        return {}
    name = (said["name"] or "").strip()
    if not name:
        faults.append(RequiredError("An attribute needs a name.", field="name"))
    elif len(name) > NAME_LENGTH:
        faults.append(_too_long("name", NAME_LENGTH))
    return {"name": name}


def _settings(attribute: Attribute, said: Mapping[str, Any], faults: list[DomainError]) -> dict[str, Any]:
    """What the attribute's kind may have."""
    kind = attribute.input_type.value
    for name, allowed in FLAGS.items():
        if said.get(name) and attribute.input_type not in allowed:
            field = _field(name)
            faults.append(InvalidError(f"{field} can't be set on a {kind} attribute.", field=field))
    columns = {name: said[name] for name in COLUMNS if said.get(name) is not None}
    if "unit" in said:
        columns["unit"] = said["unit"]
        if said["unit"] is not None and attribute.input_type is not Input.NUMERIC:
            faults.append(InvalidError("Only numbers have a unit.", field="unit"))
    return columns


def _field(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


async def _check_reference(
    session: AsyncSession, attribute: Attribute, reference: str | None, faults: list[DomainError]
) -> None:
    if reference is None:
        return
    if len(reference) > REFERENCE_LENGTH:
        faults.append(_too_long("externalReference", REFERENCE_LENGTH))
        return
    whose = await session.scalar(select(Attribute.id).where(Attribute.external_reference == reference))
    if whose not in (None, attribute.id):
        message = "Another attribute has this external reference."
        faults.append(UniqueError(message, field="externalReference"))


def _too_long(field: str, length: int) -> InvalidError:
    return InvalidError(f"At most {length} letters, please.", field=field, code="MAX_LENGTH")


def _check_reference_types(
    attribute: Attribute, types: Collection[tuple[str, int]] | None, faults: list[DomainError]
) -> None:
    if not types:
        return
    wanted = "PageType" if attribute.entity_type is AttributeEntityType.PAGE else "ProductType"
    if attribute.input_type not in REFERENCES:
        message = "Only references say which types they may point at."
    elif attribute.entity_type not in TYPED:
        message = "Only references to products, their variants and pages say which types they may point at."
    elif any(name != wanted for name, _ in types):
        message = f"These must be ids of {wanted}."
    elif len(types) > REFERENCE_TYPES_LIMIT:
        message = f"At most {REFERENCE_TYPES_LIMIT} types."
    else:
        return
    faults.append(InvalidError(message, field="referenceTypes"))


async def _write_reference_types(
    session: AsyncSession, attribute: Attribute, types: Collection[tuple[str, int]] | None
) -> None:
    """Let a reference point at these types only; None leaves it as it is."""
    if types is None or attribute.entity_type not in TYPED:
        return
    is_page = attribute.entity_type is AttributeEntityType.PAGE
    table = AttributeReferencePageType if is_page else AttributeReferenceProductType
    column = "page_type_id" if is_page else "product_type_id"
    await session.execute(delete(table).where(table.attribute_id == attribute.id))
    keys = {key for _, key in types}
    if keys:
        rows = [{"attribute_id": attribute.id, column: key} for key in sorted(keys)]
        await session.execute(insert(table), rows)


async def _values_of(
    session: AsyncSession, attribute: Attribute, value_ids: Collection[int], faults: list[DomainError]
) -> list[AttributeValue]:
    """Values to be taken away. Those of other attributes are noted."""
    if not value_ids:
        return []
    found = await session.scalars(
        select(AttributeValue)
        .where(AttributeValue.attribute_id == attribute.id, AttributeValue.id.in_(value_ids))
        .order_by(AttributeValue.id)
    )
    values = list(found)
    if len(values) < len(set(value_ids)):
        faults.append(InvalidError("Some values are none of this attribute.", field="removeValues"))
    return values
