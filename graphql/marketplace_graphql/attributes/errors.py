"""What can be wrong with attributes, and who may change which."""

from collections.abc import Iterable

from marketplace.catalog.attributes import AttributeType
from marketplace.kit.errors import PermissionDeniedError
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import Info, error_type
from marketplace_graphql.metadata.access import OVER_ATTRIBUTES

AttributesError = error_type(
    "AttributeError",
    ("ALREADY_EXISTS", "GRAPHQL_ERROR", "INVALID", "NOT_FOUND", "REQUIRED", "UNIQUE"),
    twin="attributeErrors",
)
BULK_CODES = (
    "ALREADY_EXISTS",
    "BLANK",
    "GRAPHQL_ERROR",
    "INVALID",
    "NOT_FOUND",
    "REQUIRED",
    "UNIQUE",
    "DUPLICATED_INPUT_ITEM",
    "MAX_LENGTH",
)
AttributeBulkCreateError = error_type("AttributeBulkCreateError", BULK_CODES, path_only=True)
AttributeBulkUpdateError = error_type("AttributeBulkUpdateError", BULK_CODES, path_only=True)

ANY = tuple(OVER_ATTRIBUTES.values())
"""One of these is needed for any of it: which, says the attribute's type."""
OF_PRODUCTS = Permission.MANAGE_PRODUCT_TYPES_AND_ATTRIBUTES
OF_PAGES = Permission.MANAGE_PAGE_TYPES_AND_ATTRIBUTES
ADD_VALUES = (*ANY, Permission.MANAGE_PRODUCTS, Permission.MANAGE_PAGES)
"""Whoever describes goods or pages adds to the lists that they choose from, as in Saleor."""
_ADDERS = {
    AttributeType.PRODUCT_TYPE: (Permission.MANAGE_PRODUCTS,),
    AttributeType.PAGE_TYPE: (Permission.MANAGE_PAGES, Permission.MANAGE_PRODUCTS),
}


def check_right(info: Info, *types: AttributeType, besides: Iterable[str] = ()) -> None:
    """Whether the requester may change attributes of these types. Raises PermissionDeniedError.

    `besides` are permissions that will do, too, but for attributes of customers: Saleor's older rules.
    """
    older = tuple(besides)
    for kind in types:
        needed = (OVER_ATTRIBUTES[kind], *(() if kind is AttributeType.CUSTOMER_TYPE else older))
        if not info.requester.has_any(needed):
            raise PermissionDeniedError(*needed)


def check_right_to_add(info: Info, kind: AttributeType) -> None:
    """Whether the requester may add values to an attribute of the type. Raises PermissionDeniedError."""
    check_right(info, kind, besides=_ADDERS.get(kind, ()))
