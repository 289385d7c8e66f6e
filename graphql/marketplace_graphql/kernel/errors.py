"""What a client is told, in Saleor's shape: message, path, and a code under `extensions.exception`."""

from collections.abc import Sequence
from typing import Any

import orjson
import structlog
from graphql import GraphQLError
from psycopg.errors import NumericValueOutOfRange

from marketplace.kit.errors import DomainError, Errors, PermissionDeniedError

log = structlog.get_logger(__name__)

Path = tuple[str | int, ...]

PERMISSION_DENIED = "PermissionDenied"
INTERNAL = "InternalServerError"
INTERNAL_MESSAGE = "Internal Server Error"
"""What went wrong inside is in the log, not in the answer."""
NO_NUL = "A text can't contain the character U+0000."
"""Which PostgreSQL can't keep, and which is refused before it is asked to."""


class QueryError(Exception):
    """One field can't be answered as it was asked; the others still can."""

    def __init__(self, message: str, code: str = "GraphQLError") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class LimitError(Exception):
    """The whole operation asks for more than is allowed."""


def denied(needed: Sequence[str]) -> QueryError:
    wanted = ", ".join(needed)
    if not wanted:
        return QueryError("You do not have permission to perform this action.", PERMISSION_DENIED)
    return QueryError(
        f"To access this path, you need one of the following permissions: {wanted}", PERMISSION_DENIED
    )


def told(error: Exception, where: str) -> QueryError:
    """What a client is told of an exception. What is no message for people goes to the log instead."""
    match error:
        case QueryError():
            return error
        case PermissionDeniedError():
            return denied(error.needed)
        case DomainError() | Errors():
            return QueryError(str(error))
        case NumericValueOutOfRange():
            return QueryError("A number is greater or smaller than anything that it could be compared with.")
    log.error("graphql field failed", where=where, exc_info=error)
    return QueryError(INTERNAL_MESSAGE, INTERNAL)


def entry(error: QueryError, path: Path = ()) -> dict[str, Any]:
    """An entry of `errors` for one field."""
    made: dict[str, Any] = {"message": error.message}
    if path:
        made["path"] = list(path)
    made["extensions"] = {"exception": {"code": error.code}}
    return made


def from_graphql(error: GraphQLError) -> dict[str, Any]:
    """An entry of `errors` for a document that is wrong in itself."""
    made: dict[str, Any] = {"message": error.message}
    if error.locations:
        made["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path:
        made["path"] = list(error.path)
    made["extensions"] = {"exception": {"code": type(error).__name__}}
    return made


def response(data: Any, errors: list[dict[str, Any]]) -> bytes:
    """A response's JSON; errors stand first, where people look."""
    return orjson.dumps({"errors": errors, "data": data} if errors else {"data": data})
