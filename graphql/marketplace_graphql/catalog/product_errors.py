"""What can be wrong with changes of the catalogue, in Saleor's words."""

from strawberry import ID

from marketplace_graphql.kernel import error_type

_ids = list[ID] | None

ProductError = error_type(
    "ProductError",
    (
        "ALREADY_EXISTS",
        "ATTRIBUTE_ALREADY_ASSIGNED",
        "ATTRIBUTE_CANNOT_BE_ASSIGNED",
        "ATTRIBUTE_VARIANTS_DISABLED",
        "MEDIA_ALREADY_ASSIGNED",
        "DUPLICATED_INPUT_ITEM",
        "GRAPHQL_ERROR",
        "INVALID",
        "INVALID_PRICE",
        "PRODUCT_WITHOUT_CATEGORY",
        "NOT_PRODUCTS_IMAGE",
        "NOT_PRODUCTS_VARIANT",
        "NOT_FOUND",
        "REQUIRED",
        "UNIQUE",
        "CANNOT_MANAGE_PRODUCT_WITHOUT_VARIANT",
        "PRODUCT_NOT_ASSIGNED_TO_CHANNEL",
        "UNSUPPORTED_MEDIA_PROVIDER",
        "PREORDER_VARIANT_CANNOT_BE_DEACTIVATED",
        "INVALID_FILE_TYPE",
        "UNSUPPORTED_MIME_TYPE",
        "FILE_SIZE_LIMIT_EXCEEDED",
    ),
    twin="productErrors",
    attributes=_ids,
    values=_ids,
)
CollectionError = error_type(
    "CollectionError",
    (
        "DUPLICATED_INPUT_ITEM",
        "GRAPHQL_ERROR",
        "INVALID",
        "NOT_FOUND",
        "REQUIRED",
        "UNIQUE",
        "CANNOT_MANAGE_PRODUCT_WITHOUT_VARIANT",
        "FILE_SIZE_LIMIT_EXCEEDED",
    ),
    twin="collectionErrors",
    products=_ids,
)
CollectionChannelListingError = error_type(
    "CollectionChannelListingError",
    ProductError.codes,
    twin="collectionChannelListingErrors",
    attributes=_ids,
    values=_ids,
    channels=_ids,
)
ProductChannelListingError = error_type(
    "ProductChannelListingError",
    ProductError.codes,
    twin="productChannelListingErrors",
    attributes=_ids,
    values=_ids,
    channels=_ids,
    variants=_ids,
)
