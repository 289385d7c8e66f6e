"""The values of an attribute's list: added, changed, and put in order."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.catalog.answers import BAD_FILE, NAME_LENGTH, TEXT_LENGTH, shown
from marketplace.catalog.attributes import WITH_CHOICES, Attribute, AttributeInputType, AttributeValue
from marketplace.catalog.choices import free_slugs_of_values, lock_attribute, next_position
from marketplace.catalog.descriptions import clean_description, text_of_description
from marketplace.catalog.forgetting import change_value, values_moved
from marketplace.kit.errors import (
    DomainError,
    Errors,
    InvalidError,
    NotFoundError,
    RequiredError,
    UniqueError,
)
from marketplace.kit.reordering import displaced, reordered
from marketplace.kit.storage import KEY, KEY_LIMIT, PRIVATE

COLOUR_LENGTH = 100
REFERENCE_LENGTH = 250
CONTENT_TYPE_LENGTH = 50
VALUES_LIMIT = 1000
"""Values that are added at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewValue:
    """A value to be added to a list. A swatch has a colour or a picture, nothing else has either."""

    name: str | None
    value: str | None = None
    file: str | None = None
    """A key of the media storage; an empty text for what is none."""
    content_type: str | None = None
    external_reference: str | None = None
    rich_text: Any = None
    plain_text: str | None = None


async def checked_values(
    session: AsyncSession,
    attribute: Attribute,
    values: Sequence[NewValue],
    field: str,
    faults: list[DomainError],
) -> list[NewValue]:
    """The values, if all of them can be added; what is wrong is noted, at `field`."""
    if not values:
        return []
    if attribute.input_type not in WITH_CHOICES:
        kind = attribute.input_type.value
        faults.append(InvalidError(f"A {kind} attribute has no list of values.", field=field))
        return []
    if len(values) > VALUES_LIMIT:
        faults.append(InvalidError(f"At most {VALUES_LIMIT} values at once.", field=field))
        return []
    for value in values:
        faults += [_at(field, fault) for fault in _mistakes(attribute, value)]
    names = [_folded(value.name or "") for value in values]
    if len(set(names)) < len(names):
        faults.append(UniqueError("Some of these values have the same name.", field=field))
    references = [value.external_reference for value in values if value.external_reference]
    if len(set(references)) < len(references):
        faults.append(UniqueError("Some of these values have the same external reference.", field=field))
    if await _taken(session, AttributeValue.external_reference, references):
        faults.append(UniqueError("Another value has this external reference.", field=field))
    if attribute.id is not None:
        name = func.lower(func.trim(AttributeValue.name))
        of_it = AttributeValue.attribute_id == attribute.id
        if await session.scalar(select(name).where(of_it, name.in_(names)).limit(1)):
            message = "The attribute has a value of this name."
            faults.append(DomainError(message, field=field, code="ALREADY_EXISTS"))
    return list(values)


def _at(field: str, fault: DomainError) -> DomainError:
    fault.field = field
    return fault


def _folded(name: str) -> str:
    return name.lower().strip()


async def _taken(session: AsyncSession, column: Any, given: Sequence[str]) -> bool:
    return bool(given) and await session.scalar(select(column).where(column.in_(given)).limit(1)) is not None


def _mistakes(attribute: Attribute, given: NewValue, *, is_new: bool = True) -> list[DomainError]:
    """What is wrong with one value; each mistake names the field of the value."""
    found: list[DomainError] = []
    name = given.name
    if (is_new or name is not None) and not (name or "").strip():
        found.append(RequiredError("A value needs a name.", field="name"))
    for field, text, length in (
        ("name", name, NAME_LENGTH),
        ("value", given.value, COLOUR_LENGTH),
        ("contentType", given.content_type, CONTENT_TYPE_LENGTH),
        ("externalReference", given.external_reference, REFERENCE_LENGTH),
        ("plainText", given.plain_text, TEXT_LENGTH),
    ):
        if text and len(text) > length:
            message = f"At most {length} letters, please."
            found.append(InvalidError(message, field=field, code="MAX_LENGTH"))
    found += _mistakes_of_swatch(attribute, given)
    if given.file is not None and not _is_file(given.file):
        found.append(InvalidError(BAD_FILE[0], field="fileUrl"))
    return found


def _mistakes_of_swatch(attribute: Attribute, given: NewValue) -> list[DomainError]:
    if attribute.input_type is not AttributeInputType.SWATCH:
        message = "Only swatches have a colour or a picture."
        told = (("value", given.value), ("fileUrl", given.file), ("contentType", given.content_type))
        return [InvalidError(message, field=field) for field, content in told if content not in (None, "")]
    if given.value and given.file is not None:
        message = "A swatch has a colour or a picture, not both."
        return [InvalidError(message, field="value"), InvalidError(message, field="fileUrl")]
    return []


def _is_file(path: str) -> bool:
    return len(path) <= KEY_LIMIT and KEY.fullmatch(path) is not None and not path.startswith(PRIVATE)


async def add_values(
    session: AsyncSession, attribute: Attribute, values: Sequence[NewValue]
) -> list[AttributeValue]:
    """Add values that were checked to the end of a list. The caller holds the attribute's lock."""
    if not values:
        return []
    position = await next_position(session, attribute.id)
    slugs = await free_slugs_of_values(session, attribute.id, [value.name or "" for value in values])
    added = [
        AttributeValue(
            attribute_id=attribute.id,
            slug=slug,
            name=value.name,
            value=value.value or "",
            file_path=value.file,
            content_type=value.content_type or None,
            external_reference=value.external_reference or None,
            position=position + place,
        )
        for place, (value, slug) in enumerate(zip(values, slugs, strict=True))
    ]
    session.add_all(added)
    await session.flush()
    return added


async def add_each(
    session: AsyncSession,
    attribute: Attribute,
    values: Sequence[NewValue],
    at: Callable[[int], AbstractContextManager[None]],
) -> list[AttributeValue]:
    """Add those of several values that can be added; what is wrong with one is raised under `at(place)`."""
    names = Counter(_folded(value.name or "") for value in values)
    references = Counter(value.external_reference for value in values if value.external_reference)
    of_it = AttributeValue.attribute_id == attribute.id
    name = func.lower(func.trim(AttributeValue.name))
    known = set(await session.scalars(select(name).where(of_it, name.in_(list(names)))))
    added: list[AttributeValue] = []
    for place, value in enumerate(values):
        with at(place):
            if value.external_reference and references[value.external_reference] > 1:
                raise _twice("externalReference")
            if value.name and names[_folded(value.name)] > 1:
                raise _twice("name")
            if value.name and _folded(value.name) in known:
                message = "The attribute has a value of this name."
                raise DomainError(message, field="name", code="ALREADY_EXISTS")
            added.append(await create_value(session, attribute, value))
    return added


def _twice(field: str) -> DomainError:
    return DomainError("Given twice.", field=field, code="DUPLICATED_INPUT_ITEM")


async def create_value(session: AsyncSession, attribute: Attribute, given: NewValue) -> AttributeValue:
    """Add one value to a list. Raises Errors: REQUIRED, INVALID, ALREADY_EXISTS, UNIQUE."""
    await lock_attribute(session, attribute.id)
    faults = _mistakes(attribute, given)
    if attribute.input_type not in WITH_CHOICES:
        kind = attribute.input_type.value
        faults.append(InvalidError(f"A {kind} attribute has no list of values.", field="name"))
    await _check_reference(session, None, given.external_reference, faults)
    if faults:
        raise Errors(faults)
    (value,) = await add_values(session, attribute, [given])
    return value


async def update_value(
    session: AsyncSession, value: AttributeValue, attribute: Attribute, said: Mapping[str, Any]
) -> AttributeValue:
    """Change a value; `said` has fields of NewValue. Products are sorted and found by it, at once or soon.

    Raises Errors: REQUIRED, INVALID, UNIQUE.
    """
    await lock_attribute(session, attribute.id)
    given = NewValue(**{"name": None} | dict(said))
    faults = _mistakes(attribute, given, is_new="name" in said)
    if "external_reference" in said:
        await _check_reference(session, value.id, given.external_reference, faults)
    columns = _changed(attribute, given, said, faults)
    if faults:
        raise Errors(faults)
    if "name" in columns and columns["name"] != value.name and attribute.input_type in WITH_CHOICES:
        (columns["slug"],) = await free_slugs_of_values(session, attribute.id, [columns["name"]])
    await change_value(session, value, attribute, columns)
    return value


def _changed(
    attribute: Attribute, given: NewValue, said: Mapping[str, Any], faults: list[DomainError]
) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if "name" in said:
        columns["name"] = given.name
    if "external_reference" in said:
        columns["external_reference"] = given.external_reference or None
    if attribute.input_type is AttributeInputType.SWATCH:
        columns |= {
            column: getattr(given, name) or ("" if name == "value" else None)
            for name, column in (("value", "value"), ("file", "file_path"), ("content_type", "content_type"))
            if name in said
        }
        if given.value:
            columns |= {"file_path": None, "content_type": None}
        elif given.file:
            columns["value"] = ""
    if said.get("plain_text") is not None and attribute.input_type is AttributeInputType.PLAIN_TEXT:
        columns |= {"plain_text": given.plain_text, "name": shown(given.plain_text or "")}
    if said.get("rich_text") and attribute.input_type is AttributeInputType.RICH_TEXT:
        try:
            document = clean_description(given.rich_text, "richText")
        except (InvalidError, AttributeError):
            faults.append(InvalidError("The text is no document of EditorJS.", field="richText"))
        else:
            columns |= {"rich_text": document, "name": shown(text_of_description(document))}
    return columns


async def _check_reference(
    session: AsyncSession, own_id: int | None, reference: str | None, faults: list[DomainError]
) -> None:
    if not reference:
        return
    whose = await session.scalar(
        select(AttributeValue.id).where(AttributeValue.external_reference == reference)
    )
    if whose not in (None, own_id):
        faults.append(UniqueError("Another value has this external reference.", field="externalReference"))


async def reorder_values(
    session: AsyncSession, attribute: Attribute, moves: Sequence[tuple[int, int]]
) -> list[AttributeValue]:
    """Move values of a list by so many places; gives the values that were named.

    Raises NotFoundError for a value of another attribute.
    """
    await lock_attribute(session, attribute.id)
    rows = await session.execute(
        select(AttributeValue.id, AttributeValue.position)
        .where(AttributeValue.attribute_id == attribute.id)
        .order_by(AttributeValue.position, AttributeValue.id)
    )
    before: dict[int, int] = {row[0]: row[1] for row in rows}
    if any(key not in before for key, _ in moves):
        raise NotFoundError("Couldn't resolve to an attribute value.", field="moves")
    await values_moved(session, attribute, displaced(before, reordered(list(before), moves)))
    named = await session.scalars(
        select(AttributeValue)
        .where(AttributeValue.id.in_([key for key, _ in moves]))
        .execution_options(populate_existing=True)
    )
    return list(named)
