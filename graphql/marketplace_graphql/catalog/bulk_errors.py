"""What can be wrong with one of many products or variants, in Saleor's words."""

from collections.abc import Sequence
from typing import Any

from strawberry import ID

from marketplace.kit.errors import DomainError
from marketplace_graphql.catalog.product_errors import ProductError
from marketplace_graphql.kernel import error_entries, error_type

_ids = list[ID] | None

ProductBulkCreateError = error_type(
    "ProductBulkCreateError",
    (
        "ATTRIBUTE_ALREADY_ASSIGNED",
        "ATTRIBUTE_CANNOT_BE_ASSIGNED",
        "ATTRIBUTE_VARIANTS_DISABLED",
        "BLANK",
        "MAX_LENGTH",
        "DUPLICATED_INPUT_ITEM",
        "GRAPHQL_ERROR",
        "INVALID",
        "INVALID_PRICE",
        "PRODUCT_WITHOUT_CATEGORY",
        "NOT_FOUND",
        "REQUIRED",
        "UNIQUE",
        "PRODUCT_NOT_ASSIGNED_TO_CHANNEL",
        "UNSUPPORTED_MEDIA_PROVIDER",
        "FILE_SIZE_LIMIT_EXCEEDED",
    ),
    path_only=True,
    attributes=_ids,
    values=_ids,
    warehouses=_ids,
    channels=_ids,
)
ProductVariantBulkError = error_type(
    "ProductVariantBulkError",
    (
        "ATTRIBUTE_ALREADY_ASSIGNED",
        "ATTRIBUTE_CANNOT_BE_ASSIGNED",
        "ATTRIBUTE_VARIANTS_DISABLED",
        "DUPLICATED_INPUT_ITEM",
        "GRAPHQL_ERROR",
        "INVALID",
        "INVALID_PRICE",
        "NOT_PRODUCTS_VARIANT",
        "NOT_FOUND",
        "REQUIRED",
        "UNIQUE",
        "PRODUCT_NOT_ASSIGNED_TO_CHANNEL",
        "STOCK_ALREADY_EXISTS",
    ),
    path=str | None,
    attributes=_ids,
    values=_ids,
    warehouses=_ids,
    stocks=_ids,
    channels=_ids,
    channel_listings=_ids,
)
BulkProductError = error_type(
    "BulkProductError",
    ProductError.codes,
    twin="bulkProductErrors",
    attributes=_ids,
    values=_ids,
    index=int | None,
    warehouses=_ids,
    channels=_ids,
)


def variant_entries(errors: Sequence[DomainError]) -> list[dict[str, Any]]:
    """Errors of one of many variants: the whole path, and the field at its end."""
    for error in errors:
        error.details["path"] = error.field
    entries = error_entries(ProductVariantBulkError, errors)
    return [entry | {"field": entry["field"] and entry["field"].rpartition(".")[2]} for entry in entries]
