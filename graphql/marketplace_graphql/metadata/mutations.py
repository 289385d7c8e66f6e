"""Metadata changed, of whatever has it."""

from collections.abc import Callable
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import inspect
from strawberry import ID

from marketplace.kit import metadata
from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, NotFoundError, PermissionDeniedError
from marketplace.kit.ids import split_global_id, to_global_id
from marketplace.markets.shop_settings import THE_ONLY_ROW, shop_settings
from marketplace_graphql.inputs import MetadataInput
from marketplace_graphql.kernel import Info, ObjectWithMetadata, enum, error_type, mutation, object_type
from marketplace_graphql.kernel.reader.completion import Row
from marketplace_graphql.metadata.access import ACCESS, Access

PUBLIC, PRIVATE = "public_metadata", "private_metadata"


@enum
class MetadataErrorCode(Enum):
    """Why metadata were not changed."""

    GRAPHQL_ERROR = "GRAPHQL_ERROR"
    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    REQUIRED = "REQUIRED"
    NOT_UPDATED = "NOT_UPDATED"


TELLS = {
    "Channel": "CHANNEL_METADATA_UPDATED",
    "Checkout": "CHECKOUT_METADATA_UPDATED",
    "Collection": "COLLECTION_METADATA_UPDATED",
    "Fulfillment": "FULFILLMENT_METADATA_UPDATED",
    "GiftCard": "GIFT_CARD_METADATA_UPDATED",
    "Order": "ORDER_METADATA_UPDATED",
    "Product": "PRODUCT_METADATA_UPDATED",
    "ProductVariant": "PRODUCT_VARIANT_METADATA_UPDATED",
    "ShippingZone": "SHIPPING_ZONE_METADATA_UPDATED",
    "Shop": "SHOP_METADATA_UPDATED",
    "TransactionItem": "TRANSACTION_ITEM_METADATA_UPDATED",
    "User": "CUSTOMER_METADATA_UPDATED",
    "Voucher": "VOUCHER_METADATA_UPDATED",
    "Warehouse": "WAREHOUSE_METADATA_UPDATED",
}
"""What is announced of a type whose metadata change."""
MetadataError = error_type("MetadataError", MetadataErrorCode, twin="metadataErrors")
ITEM: dict[str, Any] = {"item": ObjectWithMetadata | None}


@object_type
class MetadataMutations:
    """Entries that integrations attach to things."""

    @mutation(returns=ITEM, errors=MetadataError)
    async def update_metadata(self, info: Info, id: ID, input: list[MetadataInput]) -> dict[str, Row]:
        """Adds or replaces entries that everybody sees."""
        return await _changed(info, id, PUBLIC, lambda store: metadata.merged(store, _entries(input)))

    @mutation(returns=ITEM, errors=MetadataError)
    async def delete_metadata(self, info: Info, id: ID, keys: list[str]) -> dict[str, Row]:
        """Removes entries that everybody sees."""
        return await _changed(info, id, PUBLIC, lambda store: metadata.without(store, keys))

    @mutation(returns=ITEM, errors=MetadataError)
    async def update_private_metadata(self, info: Info, id: ID, input: list[MetadataInput]) -> dict[str, Row]:
        """Adds or replaces entries that only staff see."""
        return await _changed(info, id, PRIVATE, lambda store: metadata.merged(store, _entries(input)))

    @mutation(returns=ITEM, errors=MetadataError)
    async def delete_private_metadata(self, info: Info, id: ID, keys: list[str]) -> dict[str, Row]:
        """Removes entries that only staff see."""
        return await _changed(info, id, PRIVATE, lambda store: metadata.without(store, keys))


def _entries(given: list[MetadataInput]) -> list[tuple[str, str]]:
    return [(entry.key, entry.value) for entry in given]


async def _changed(
    info: Info, given: str, store: str, change: Callable[[dict[str, str]], dict[str, str]]
) -> dict[str, Row]:
    """Change one store of the row that an id names. Whoever may not, does not learn whether it exists."""
    global_id = await _global_id(info, given)
    type_name = _type_of(global_id)
    access = ACCESS.get(type_name)
    written_as = type_name if access is None else access.written_as or type_name
    if access is None or written_as not in info.schema.rows:
        raise NotFoundError(f"Couldn't resolve to an item with metadata: {given}", field="id")
    row = await _permitted_row(info, access, written_as, global_id, store)
    setattr(row, store, change(dict(getattr(row, store))))
    if written_as in TELLS:
        await announce(info.session, TELLS[written_as], row)
    return {"item": Row(inspect(row).identity[0], written_as)}


async def _permitted_row(info: Info, access: Access, type_name: str, global_id: str, store: str) -> Any:
    may = info.requester.has_any(access.needs)
    if may and access.needs_of is None:
        return await _row(info, access, type_name, global_id)
    if store == PUBLIC and access.public:
        return await _row(info, access, type_name, global_id)
    own_app = info.requester.own_app_id
    if not may and access.app is not None and own_app is not None:
        row = await info.session.get(info.schema.rows_of(type_name).model, own_app)
        if row is None or to_global_id(type_name, access.app(row)) != global_id:
            raise PermissionDeniedError(*access.needs)
        return await _row(info, access, type_name, global_id)
    if not may and (store == PRIVATE or access.owner is None or info.requester.user_id is None):
        raise PermissionDeniedError(*access.needs)
    try:
        row = await _row(info, access, type_name, global_id)
    except NotFoundError:
        if may:
            raise
        raise PermissionDeniedError(*access.needs) from None
    is_own = store == PUBLIC and access.owner is not None and access.owner(row) == info.requester.user_id
    needed = access.needs if access.needs_of is None else (access.needs_of(row),)
    if not is_own and not info.requester.has_any(needed):
        raise PermissionDeniedError(*needed)
    return row


async def _row(info: Info, access: Access, type_name: str, global_id: str) -> Any:
    """The row, locked, if the requester may see it. Raises NotFoundError."""
    if type_name == "Shop":
        if global_id != to_global_id("Shop", THE_ONLY_ROW):
            raise NotFoundError(f"Couldn't resolve to a node: {global_id}", field="id")
        return await shop_settings(info.session)
    if access.find is not None:
        found = await info.session.scalar(access.find(global_id).with_for_update())
        if found is None:
            raise NotFoundError(f"Couldn't resolve to a node: {global_id}", field="id")
        return found
    key = split_global_id(global_id)[1]
    return await info.find(info.schema.rows_of(type_name).model, to_global_id(type_name, key), lock=True)


async def _global_id(info: Info, given: str) -> str:
    """A global id as it is; of a plain token the order's or checkout's, which older clients have."""
    try:
        token = UUID(given)
    except ValueError:
        return given
    model = info.schema.rows_of("Order").model
    is_order = await info.session.get(model, token) is not None
    return to_global_id("Order" if is_order else "Checkout", token)


def _type_of(global_id: str) -> str:
    try:
        return split_global_id(global_id)[0]
    except DomainError as error:
        error.code = "GRAPHQL_ERROR"
        raise
