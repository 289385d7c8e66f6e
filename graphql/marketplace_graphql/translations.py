"""What mutations that translate things have in common."""

from enum import Enum

from marketplace_graphql.kernel import enum, error_type


@enum
class TranslationErrorCode(Enum):
    """Why texts of another language can't be kept."""

    GRAPHQL_ERROR = "GRAPHQL_ERROR"
    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    REQUIRED = "REQUIRED"
    UNIQUE = "UNIQUE"


TranslationError = error_type("TranslationError", TranslationErrorCode)
