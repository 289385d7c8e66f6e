"""What clients answer to attributes, and what it is to the services (`catalog.answering`)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from strawberry import ID

from marketplace.catalog.answers import FIELD, Answer, Choice, Reference
from marketplace.catalog.attributes import AttributeEntityType, AttributeValue
from marketplace.catalog.models import Category, Collection, Product, ProductVariant
from marketplace.content.pages import Page
from marketplace.kit.errors import DomainError, InvalidError
from marketplace.kit.ids import int_pk, split_global_id
from marketplace_graphql.kernel import Date, DateTime, Info, JSONString, changes, input_type, shared

ENTITIES: dict[str, tuple[type[Any], AttributeEntityType]] = {
    "Page": (Page, AttributeEntityType.PAGE),
    "Product": (Product, AttributeEntityType.PRODUCT),
    "ProductVariant": (ProductVariant, AttributeEntityType.PRODUCT_VARIANT),
    "Category": (Category, AttributeEntityType.CATEGORY),
    "Collection": (Collection, AttributeEntityType.COLLECTION),
}
"""What references may point at, by the API's types."""

shared(Collection, Page)  # Everybody may refer to them.

OLDER_WAY = "Use the field of the attribute's input type."


@input_type
class AttributeValueSelectableTypeInput:
    """A value of a list: by id, by external reference or by name. A name that is new becomes a new value."""

    id: ID | None
    external_reference: str | None
    """With a name: that of the new value."""
    value: str | None
    """A value's name."""


@input_type(outdated={"values": OLDER_WAY})
class AttributeValueInput:
    """What is answered to one attribute: the field of its input type is read."""

    id: ID | None
    """The attribute."""
    external_reference: str | None
    """The attribute, if it is not named by its id."""
    values: list[str] | None
    """Names of values."""
    dropdown: AttributeValueSelectableTypeInput | None
    swatch: AttributeValueSelectableTypeInput | None
    multiselect: list[AttributeValueSelectableTypeInput] | None
    numeric: str | None
    file: str | None
    """Where an uploaded file is."""
    content_type: str | None
    """The file's media type."""
    reference: ID | None
    """What a single reference points at."""
    references: list[ID] | None
    rich_text: JSONString | None
    """EditorJS blocks."""
    plain_text: str | None
    boolean: bool | None
    date: Date | None
    date_time: DateTime | None


@input_type
class BulkAttributeValueInput(AttributeValueInput):
    """What is answered to one attribute: the field of its input type is read."""


async def answers_of(info: Info, given: Sequence[Any] | None) -> list[Answer]:
    """Answers as they were sent: inputs, or dicts of what `changes` made of them.

    What a requester may not see can't be referred to: it is as wrong as what isn't there. Raises DomainError
    for an id of an attribute that is none.
    """
    told = [one if isinstance(one, Mapping) else changes(one) for one in given or ()]
    info.at_most(1000, told, FIELD)
    pointed_at = {
        global_id
        for one in told
        for global_id in [one.get("reference"), *(one.get("references") or ())]
        if global_id
    }
    known = await _references(info, pointed_at)
    return [_answer(info, one, known) for one in told]


def _answer(info: Info, given: Mapping[str, Any], known: Mapping[str, Reference]) -> Answer:
    attribute_id, external_reference = given.get("id"), given.get("external_reference")
    pointed_at = [given["reference"]] if given.get("reference") else given.get("references") or ()
    return Answer(
        attribute_id=_attribute_key(attribute_id) if attribute_id else None,
        external_reference=external_reference or None,
        called=attribute_id or external_reference,
        values=given.get("values") or (),
        dropdown=_choice(given.get("dropdown")),
        swatch=_choice(given.get("swatch")),
        multiselect=[choice for each in given.get("multiselect") or () if (choice := _choice(each))],
        numeric=given.get("numeric"),
        file=file_key(info, given.get("file")),
        content_type=given.get("content_type"),
        references=[known.get(global_id) for global_id in pointed_at],
        rich_text=_document(given.get("rich_text")),
        plain_text=given.get("plain_text"),
        boolean=given.get("boolean"),
        date=given.get("date"),
        date_time=given.get("date_time"),
    )


def _attribute_key(global_id: str) -> int:
    try:
        return int_pk(global_id, "Attribute")
    except InvalidError as error:
        raise DomainError(error.message, field=FIELD, code="GRAPHQL_ERROR", attributes=[global_id]) from None


def _choice(given: Mapping[str, Any] | None) -> Choice | None:
    if given is None:
        return None
    key = given.get("id")
    return Choice(
        id=_value_key(key) if key else None,
        external_reference=given.get("external_reference") or None,
        value=given.get("value") or None,
    )


def _value_key(global_id: str) -> int:
    """The key of a value; for what is no value's id, that of none."""
    try:
        return int_pk(global_id, AttributeValue.__name__) or -1
    except InvalidError:
        return -1


def _document(given: object) -> dict[str, Any] | None:
    """A rich text. What is no JSON object is given on as an object that is no document of EditorJS."""
    if given is None or isinstance(given, dict):
        return given
    return {"blocks": None}


def file_key(info: Info, url: str | None) -> str | None:
    """The key in the media storage of a file's address; an empty one for an address elsewhere."""
    if not url or not url.strip():
        return None
    root = info.settings["media_url"] + "/"
    return url.removeprefix(root) if url.startswith(root) else ""


async def _references(info: Info, global_ids: Iterable[str]) -> dict[str, Reference]:
    """Those of the ids that the requester may see, with what they name."""
    by_type: dict[str, dict[int, str]] = {}
    for global_id in global_ids:
        try:
            type_name = split_global_id(global_id)[0]
            if type_name in ENTITIES:
                by_type.setdefault(type_name, {})[int_pk(global_id, type_name)] = global_id
        except InvalidError:
            continue
    found: dict[str, Reference] = {}
    for type_name, keys in by_type.items():
        model, entity = ENTITIES[type_name]
        rows = await _rows(info, model, keys)
        types = await _products_of(info, rows) if model is ProductVariant else {}
        for key, row in rows.items():
            name, type_id = _described(row, types)
            found[keys[key]] = Reference(entity, key, name, type_id)
    return found


async def _rows(info: Info, model: type[Any], keys: Iterable[int]) -> dict[Any, Any]:
    """Rows by key. Staff who write a page may refer to goods that only others of them look after."""
    requester = info.requester
    if info.within is None and (requester.is_staff or requester.is_app):
        found = await info.session.scalars(select(model).where(model.id.in_(list(keys))))
        return {row.id: row for row in found}
    return await info.seen(model, keys)


async def _products_of(info: Info, variants: Mapping[int, ProductVariant]) -> dict[int, Product]:
    return await _rows(info, Product, {variant.product_id for variant in variants.values()})


def _described(row: Any, products: Mapping[int, Product]) -> tuple[str, int | None]:
    """What something is called where it is referred to, and its type."""
    match row:
        case Page():
            return row.title, row.page_type_id
        case Product():
            return row.name, row.product_type_id
        case ProductVariant():
            product = products.get(row.product_id)
            name = f"{product.name}: {row.name}" if product else row.name
            return name, product and product.product_type_id
    return row.name, None
