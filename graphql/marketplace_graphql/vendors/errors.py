"""What can be wrong with what is said or asked of a seller."""

from enum import Enum

from marketplace_graphql.kernel import enum, error_type


@enum
class VendorErrorCode(Enum):
    """What can be wrong with what is said of a seller."""

    BANK_NUMBER_INVALID = "BANK_NUMBER_INVALID"
    FILE_TOO_LARGE = "FILE_TOO_LARGE"
    ICE_INVALID = "ICE_INVALID"
    INVALID = "INVALID"
    INVALID_FILE_TYPE = "INVALID_FILE_TYPE"
    INVALID_TOKEN = "INVALID_TOKEN"  # noqa: S105 - a code of an error
    LAST_OWNER = "LAST_OWNER"
    LIMIT_REACHED = "LIMIT_REACHED"
    NOT_FOUND = "NOT_FOUND"
    PASSWORD_ENTIRELY_NUMERIC = "PASSWORD_ENTIRELY_NUMERIC"  # noqa: S105
    PASSWORD_TOO_COMMON = "PASSWORD_TOO_COMMON"  # noqa: S105
    PASSWORD_TOO_SHORT = "PASSWORD_TOO_SHORT"  # noqa: S105
    PASSWORD_TOO_SIMILAR = "PASSWORD_TOO_SIMILAR"  # noqa: S105
    REQUIRED = "REQUIRED"
    STILL_OPEN = "STILL_OPEN"
    UNIQUE = "UNIQUE"
    WRONG_STATUS = "WRONG_STATUS"


VendorError = error_type("VendorError", VendorErrorCode)
