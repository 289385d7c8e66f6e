"""Arguments for Python functions (resolvers, mutations, computed fields): plain values and input classes."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    Undefined,
    VariableNode,
)
from graphql.execution.values import VariableValues
from graphql.utilities import coerce_input_literal
from strawberry import UNSET

from marketplace.kit.errors import InvalidError
from marketplace_graphql.kernel.errors import NO_NUL
from marketplace_graphql.kernel.schema import ApiSchema


def python_arguments(
    schema: ApiSchema,
    field: GraphQLField,
    names: Mapping[str, str],
    node: FieldNode,
    variables: Mapping[str, Any],
) -> dict[str, Any]:
    """The arguments of a field by Python name. Absent ones are left to the function's own defaults.

    Raises InvalidError for a text that no database can keep.
    """
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    values: dict[str, Any] = {}
    for name, argument in field.args.items():
        value: Any = Undefined
        if name in given:
            value_node = given[name]
            if isinstance(value_node, VariableNode):
                value = variables.get(value_node.name.value, Undefined)
            else:
                value = coerce_input_literal(value_node, argument.type, VariableValues({}, dict(variables)))
        if value is Undefined:
            value = argument.default_value
        if value is not Undefined:
            values[names[name]] = _python(schema, value, argument.type, name)
    return values


def _python(schema: ApiSchema, value: Any, type_: GraphQLInputType, name: str) -> Any:
    if isinstance(type_, GraphQLNonNull):
        type_ = type_.of_type
    if value is None:
        return None
    if isinstance(type_, GraphQLList):
        items = value if isinstance(value, list) else [value]
        return [_python(schema, item, type_.of_type, name) for item in items]
    if isinstance(type_, GraphQLInputObjectType):
        fields = {field.out_name or api_name: (api_name, field) for api_name, field in type_.fields.items()}
        made = {}
        for python_name, item in value.items():
            api_name, field = fields[python_name]
            made[python_name] = _python(schema, item, field.type, api_name)
        return schema.classes[type_.name](**made)
    if _holds_nul(value):
        raise InvalidError(NO_NUL, field=name)
    return value


def _holds_nul(value: Any) -> bool:
    """Whether a text, or one in a piece of JSON, has the one character that PostgreSQL can't keep."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(_holds_nul(key) or _holds_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(_holds_nul(item) for item in value)


def changes(given: Any) -> dict[str, Any]:
    """What a client sent of an input, by Python names: what was left out is left out here too."""
    found: dict[str, Any] = {}
    for field in dataclasses.fields(given):
        value = getattr(given, field.name)
        if value is not UNSET:
            found[field.name] = _plain(value)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return changes(value) if dataclasses.is_dataclass(value) and _is_input(value) else value


def _is_input(value: Any) -> bool:
    return hasattr(type(value), "__strawberry_definition__")
