"""What staff say of the files that they ask for, and what is kept of it."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from strawberry import ID
from strawberry.utils.str_converters import to_camel_case

from marketplace.catalog.attributes import Attribute
from marketplace.exports.models import FileType
from marketplace.exports.product_columns import ProductField
from marketplace.inventory.models import Warehouse
from marketplace.kit.errors import InvalidError, NotFoundError, RequiredError
from marketplace.markets.models import Channel
from marketplace_graphql.catalog.filters import ProductFilterInput
from marketplace_graphql.kernel import Info, changes, enum, input_type
from marketplace_graphql.vouchers.gift_card_lists import GiftCardFilterInput

AT_MOST = 10_000
"""Rows that can be named one by one."""
COLUMNS_AT_MOST = 100
"""Attributes, warehouses or channels of one file."""


@enum
class ExportScope(Enum):
    """How it is said what goes into a file."""

    ALL = "ALL"
    IDS = "IDS"
    FILTER = "FILTER"


@input_type
class ExportInfoInput:
    """The columns of a file of products."""

    attributes: list[ID] | None
    warehouses: list[ID] | None
    """Whose stocks are told."""
    channels: list[ID] | None
    """Where it is told what is listed, and at which prices."""
    fields: list[ProductField] | None


@input_type
class ExportProductsInput:
    """A file of products."""

    scope: ExportScope
    filter: ProductFilterInput | None
    """With the scope FILTER."""
    ids: list[ID] | None
    """With the scope IDS."""
    export_info: ExportInfoInput | None
    file_type: FileType


@input_type
class ExportGiftCardsInput:
    """A file of gift cards' codes."""

    scope: ExportScope
    filter: GiftCardFilterInput | None
    """With the scope FILTER."""
    ids: list[ID] | None
    """With the scope IDS."""
    file_type: FileType


@input_type
class ExportVoucherCodesInput:
    """A file of vouchers' codes: all of one voucher, or some."""

    voucher_id: ID | None
    ids: list[ID] | None
    file_type: FileType


def scope_of(info: Info, input: Any, type_name: str) -> dict[str, Any]:
    """Which rows go into a file. Raises RequiredError, InvalidError."""
    match input.scope:
        case ExportScope.IDS:
            return {"keys": keys_of(info, input.ids, type_name, "ids")}
        case ExportScope.FILTER:
            sent = changes(input).get("filter")
            if not sent:
                raise RequiredError("Say by which filter.", field="filter")
            return {"filter": _as_sent(sent)}
        case _:
            return {}


def keys_of(info: Info, ids: list[ID] | None, type_name: str, field: str) -> list[Any]:
    """The keys that ids name. Raises RequiredError, InvalidError."""
    if not ids:
        raise RequiredError("Say which.", field=field)
    info.at_most(AT_MOST, ids, field)
    try:
        keys = [info.key(each, type_name) for each in dict.fromkeys(ids)]
    except InvalidError as error:
        error.field = field
        raise
    return [str(key) if isinstance(key, UUID) else key for key in keys]


async def columns_of(info: Info, given: ExportInfoInput | None) -> dict[str, Any]:
    """Which columns a file of products has. Raises InvalidError, NotFoundError."""
    if not given:
        return {}
    sent = changes(given)
    columns: dict[str, Any] = {"fields": [field.name for field in sent.get("fields") or ()]}
    for name, model in (("attributes", Attribute), ("warehouses", Warehouse), ("channels", Channel)):
        ids = sent.get(name) or []
        info.at_most(COLUMNS_AT_MOST, ids, name)
        try:
            rows: list[Any] = await info.find_many(model, dict.fromkeys(ids), field_name=name)
        except InvalidError as error:
            raise NotFoundError(error.message, field=name) from error
        columns[name] = [str(row.id) if isinstance(row.id, UUID) else row.id for row in rows]
    return columns


def _as_sent(said: Any) -> Any:
    """An input's values as a client writes them, so that they can be said again."""
    match said:
        case Mapping():
            return {
                name if name in ("AND", "OR", "NOT") else to_camel_case(name): _as_sent(value)
                for name, value in said.items()
            }
        case list() | tuple():
            return [_as_sent(value) for value in said]
        case Enum():
            return said.name
        case date():
            return said.isoformat()
        case Decimal() | UUID():
            return str(said)
        case _:
            return said
