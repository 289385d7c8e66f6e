"""Whether a request has the parameters that Stripe's own client says its endpoint takes.

The `stripe` package ships a generated type per endpoint (`stripe.params`). They are read here rather than by
pydantic: they also declare options that never travel (`api_key`, `stripe_account`), their enumerations end in
`|str` to be open for what comes, and an error must carry Stripe's code and the whole name of the parameter
(`shipping[address][city]`). See docs/decisions/0032.
"""

import re
import sys
import types
from functools import cache
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints

import stripe.params
from stripe import _request_options as client_options
from typing_extensions import is_typeddict

from marketplace.payments.stand_ins.stripe.errors import (
    Json,
    Refused,
    invalid_parameter,
    missing_parameter,
    unknown_parameter,
)

INTEGER = re.compile(r"-?\d{1,18}")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
TRUTHS = {"true": True, "false": False}
OF_CLIENTS = vars(client_options)
NOT_SENT = frozenset(client_options.RequestOptions.__annotations__)
"""What the client's types declare besides, and takes out before it writes the request."""


def checked(type_name: str, form: Json, also: frozenset[str] = frozenset()) -> Json:
    """The form with its values read: integers, truths, lists. Raises Refused naming the parameter.

    `also` are parameters that Stripe's script sends and servers don't.
    """
    besides = {name: form[name] for name in also & form.keys()}
    rest = {name: value for name, value in form.items() if name not in besides}
    return _object(getattr(stripe.params, type_name), rest, "") | besides


@cache
def _members(declared: type) -> tuple[dict[str, Any], frozenset[str]]:
    """The parameters of an endpoint, or of an object in it, by name; and which of them must be there."""
    known = OF_CLIENTS | vars(sys.modules[declared.__module__]) | {"StripeContext": object}
    hints = get_type_hints(declared, known, include_extras=True)
    names = {name: hint for name, hint in hints.items() if name not in NOT_SENT}
    required = {
        name for name, hint in names.items() if get_origin(hint) is not NotRequired and name not in NOT_SENT
    }
    return names, frozenset(required)


def _object(declared: type, given: object, path: str) -> Json:
    if not isinstance(given, dict):
        raise invalid_parameter(path, "Invalid object")
    members, required = _members(declared)
    read = {}
    for name, value in given.items():
        whole = f"{path}[{name}]" if path else name
        if name not in members:
            raise unknown_parameter(whole)
        read[name] = _value(members[name], value, whole)
    for name in required:
        if name not in given:
            raise missing_parameter(f"{path}[{name}]" if path else name)
    return read


def _value(declared: Any, given: object, path: str) -> object:
    origin, arguments = get_origin(declared), get_args(declared)
    if origin is NotRequired:
        return _value(arguments[0], given, path)
    if origin in {Union, types.UnionType}:
        return _one_of(arguments, given, path)
    if origin is list:
        return _list(arguments[0], given, path)
    if origin is dict:
        return _names_to_values(arguments[1], given, path)
    return _object(declared, given, path) if is_typeddict(declared) else _plain(declared, given, path)


def _list(declared: Any, given: object, path: str) -> list[object]:
    if not isinstance(given, list):
        raise invalid_parameter(path, "Invalid array")
    return [_value(declared, item, f"{path}[{index}]") for index, item in enumerate(given)]


def _names_to_values(declared: Any, given: object, path: str) -> Json:
    if isinstance(given, list):  # Names that are 0, 1, 2, ...
        given = {str(index): item for index, item in enumerate(given)}
    if not isinstance(given, dict):
        raise invalid_parameter(path, "Invalid hash")
    return {name: _value(declared, item, f"{path}[{name}]") for name, item in given.items()}


def _one_of(choices: tuple[Any, ...], given: object, path: str) -> object:
    """The first of the types that the value can be, a truth or a number before a text."""
    named = any(get_origin(choice) is Literal and get_args(choice) != ("",) for choice in choices)
    if named:  # `Literal[...] | str`: the names that Stripe has, and those it may have one day.
        choices = tuple(choice for choice in choices if choice is not str)
    refusal: Refused | None = None
    for choice in sorted(choices, key=lambda choice: choice is str):
        if get_origin(choice) is not dict and "UntypedStripeObject" in str(choice):
            continue
        try:
            return _value(choice, given, path)
        except Refused as refused:
            if refusal is None or refusal.body["error"].get("code") is None:
                refusal = refused
    raise refusal or invalid_parameter(path, f"Invalid value for {path}")


def _plain(declared: Any, given: object, path: str) -> object:
    if get_origin(declared) is Literal:
        if given not in get_args(declared):
            choices = ", ".join(filter(None, get_args(declared)))
            raise invalid_parameter(path, f"Invalid {path}: must be one of {choices}")
        return given
    if not isinstance(given, str):
        kind = "string" if declared is str else getattr(declared, "__name__", str(declared))
        raise invalid_parameter(path, f"Invalid {kind}: {given!r}")
    if declared is int:
        if not INTEGER.fullmatch(given):
            raise invalid_parameter(path, f"Invalid integer: {given}", code="parameter_invalid_integer")
        return int(given)
    if declared is bool:
        if given not in TRUTHS:
            raise invalid_parameter(path, f"Invalid boolean: {given}")
        return TRUTHS[given]
    if declared is float:
        if not NUMBER.fullmatch(given):
            raise invalid_parameter(path, f"Invalid decimal: {given}")
        return float(given)
    return given
