"""What staff say of attributes and their values, and what it is to the services."""

from collections.abc import Iterable, Mapping
from typing import Any

from strawberry import ID

from marketplace.catalog.lists import NewValue
from marketplace.kit.errors import InvalidError, NotFoundError
from marketplace.kit.ids import split_global_id
from marketplace_graphql.catalog.answer_inputs import file_key
from marketplace_graphql.catalog.attribute_enums import (
    AttributeEntityTypeEnum,
    AttributeInputTypeEnum,
    AttributeTypeEnum,
    MeasurementUnitsEnum,
)
from marketplace_graphql.kernel import Info, JSONString, input_type

OWN_TEXT = "A text is written where it is answered."
EVERY = "Every attribute that shows can be filtered by."
NO_COLUMNS = "No list of this shop has columns of attributes."
NO_PLACE = "Where it stands among filters is the shop's affair."
_values: dict[str, str] = {"rich_text": OWN_TEXT, "plain_text": OWN_TEXT}
_flags: dict[str, str] = {
    "filterable_in_storefront": EVERY,
    "filterable_in_dashboard": "Every attribute can be filtered by.",
    "storefront_search_position": NO_PLACE,
    "available_in_grid": NO_COLUMNS,
}


@input_type(outdated=_values)
class AttributeValueCreateInput:
    """A new value of an attribute's list."""

    value: str | None
    """A swatch's colour: `#rrggbb`."""
    rich_text: JSONString | None
    plain_text: str | None
    file_url: str | None
    """Where a swatch's picture is."""
    content_type: str | None
    """The picture's media type."""
    external_reference: str | None
    name: str


@input_type(outdated=_values)
class AttributeValueUpdateInput:
    """What changes of a value, or a new value of an attribute's list."""

    value: str | None
    """A swatch's colour: `#rrggbb`."""
    rich_text: JSONString | None
    plain_text: str | None
    file_url: str | None
    """Where a swatch's picture is."""
    content_type: str | None
    """The picture's media type."""
    external_reference: str | None
    name: str | None


@input_type(outdated=_flags)
class AttributeCreateInput:
    """A new attribute."""

    input_type: "AttributeInputTypeEnum | None"
    """How it is answered: by a choice from its list, where nothing is said."""
    entity_type: "AttributeEntityTypeEnum | None"
    """What a reference points at."""
    name: str
    slug: str | None
    """Made of the name where none is given."""
    type: "AttributeTypeEnum"
    """Whom it describes."""
    unit: "MeasurementUnitsEnum | None"
    """What its numbers count."""
    values: list[AttributeValueCreateInput] | None
    """Its list to choose from."""
    value_required: bool | None
    is_variant_only: bool | None
    """Whether only variants are asked for it."""
    visible_in_storefront: bool | None
    filterable_in_storefront: bool | None
    filterable_in_dashboard: bool | None
    storefront_search_position: int | None
    available_in_grid: bool | None
    external_reference: str | None
    reference_types: list[ID] | None
    """Types of products or pages that a reference may point at; none: any."""


@input_type(outdated=_flags)
class AttributeUpdateInput:
    """What changes of an attribute."""

    name: str | None
    slug: str | None
    unit: "MeasurementUnitsEnum | None"
    """What its numbers count."""
    remove_values: list[ID] | None
    """Values that leave its list."""
    add_values: list[AttributeValueUpdateInput] | None
    """Values that come to its list."""
    value_required: bool | None
    is_variant_only: bool | None
    """Whether only variants are asked for it."""
    visible_in_storefront: bool | None
    filterable_in_storefront: bool | None
    filterable_in_dashboard: bool | None
    storefront_search_position: int | None
    available_in_grid: bool | None
    external_reference: str | None
    reference_types: list[ID] | None
    """Types of products or pages that a reference may point at; none: any."""


@input_type
class AttributeBulkUpdateInput:
    """One of several attributes that are changed, named by one of its id and its external reference."""

    id: ID | None
    external_reference: str | None
    fields: AttributeUpdateInput


def new_values(info: Info, given: Iterable[Mapping[str, Any]] | None) -> list[NewValue]:
    return [NewValue(**said_of_value(info, each) | {"name": each.get("name")}) for each in given or ()]


def said_of_value(info: Info, given: Mapping[str, Any]) -> dict[str, Any]:
    """What was said of a value, by the service's names."""
    said = dict(given)
    if "file_url" in said:
        said["file"] = file_key(info, said.pop("file_url"))
    return said


async def reference_types(info: Info, given: Iterable[str] | None) -> list[tuple[str, int]] | None:
    """Types by name and key. Raises InvalidError, NotFoundError."""
    if given is None:
        return None
    found: list[tuple[str, int]] = []
    for global_id in dict.fromkeys(given):
        type_name = _type_of(global_id)
        if type_name not in ("ProductType", "PageType"):
            message = "These must be ids of ProductType or PageType."
            raise InvalidError(message, field="referenceTypes")
        found.append((type_name, info.key(global_id, type_name)))
    for type_name in ("ProductType", "PageType"):
        keys = {key for name, key in found if name == type_name}
        model = info.schema.rows_of(type_name).model
        if keys - set(await info.seen(model, keys)):
            raise NotFoundError("Couldn't resolve to a node.", field="referenceTypes")
    return found


def _type_of(global_id: str) -> str:
    try:
        return split_global_id(global_id)[0]
    except InvalidError as error:
        error.field = "referenceTypes"
        raise
