"""What can be wrong with apps, in Saleor's words."""

from marketplace_graphql.kernel import error_type
from marketplace_graphql.people.rights import PermissionEnum

AppError = error_type(
    "AppError",
    (
        "FORBIDDEN",
        "GRAPHQL_ERROR",
        "INVALID",
        "INVALID_STATUS",
        "INVALID_PERMISSION",
        "INVALID_URL_FORMAT",
        "INVALID_MANIFEST_FORMAT",
        "INVALID_CUSTOM_HEADERS",
        "DUPLICATED_EXTENSION_IDENTIFIER",
        "DUPLICATED_WEBHOOK_IDENTIFIER",
        "MANIFEST_URL_CANT_CONNECT",
        "NOT_FOUND",
        "REQUIRED",
        "UNIQUE",
        "OUT_OF_SCOPE_APP",
        "OUT_OF_SCOPE_PERMISSION",
        "UNSUPPORTED_SALEOR_VERSION",
    ),
    twin="appErrors",
    permissions=list[PermissionEnum] | None,
)
AppProblemCreateError = error_type(
    "AppProblemCreateError", ("GRAPHQL_ERROR", "INVALID", "REQUIRED", "NOT_FOUND")
)
AppProblemDismissError = error_type(
    "AppProblemDismissError", ("GRAPHQL_ERROR", "INVALID", "REQUIRED", "NOT_FOUND", "OUT_OF_SCOPE_APP")
)
