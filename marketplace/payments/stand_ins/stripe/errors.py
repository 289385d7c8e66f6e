"""What Stripe answers when it refuses, in the body that its clients know."""

from typing import Any, cast

import orjson

Json = dict[str, Any]
"""An object of Stripe's API: its shape is Stripe's, and no type of ours."""


def copied(value: Json) -> Json:
    """The object as it is now, with all that is in it."""
    return cast(Json, orjson.loads(orjson.dumps(value)))


class Refused(Exception):  # noqa: N818 - an answer, told to the client
    """Stripe's answer is an error. `more` are further members of its body: `decline_code`, `charge`, ..."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        **more: object,
    ) -> None:
        super().__init__(message)
        self.status = status
        said = {"code": code, "message": message, "param": param, "type": type} | more
        self.body: Json = {"error": {name: value for name, value in said.items() if value is not None}}


def unknown_parameter(param: str) -> Refused:
    return Refused(f"Received unknown parameter: {param}", code="parameter_unknown", param=param)


def missing_parameter(param: str) -> Refused:
    return Refused(f"Missing required param: {param}.", code="parameter_missing", param=param)


def invalid_parameter(param: str, message: str, code: str | None = None) -> Refused:
    return Refused(message, code=code, param=param)


def no_such(noun: str, id: str, param: str = "id", status: int = 404) -> Refused:
    return Refused(f"No such {noun}: '{id}'", status=status, code="resource_missing", param=param)
