"""Arguments as declarations meet them: known where the statement depends on them, parameters where not.

Booleans and enums are part of a statement's shape, as is whether an argument is there, null, and which fields
an input has. All other values are parameters, so that requests which differ only in them share a statement.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
)
from graphql.utilities import coerce_input_literal
from sqlalchemy import ARRAY

from marketplace_graphql.kernel.errors import Path
from marketplace_graphql.kernel.reader.parameters import (
    Getter,
    Inputs,
    Parameter,
    array_of,
    text,
    type_named_by,
)
from marketplace_graphql.kernel.scalars import SQL_TYPES


class InputValue:
    """An input object: its fields as attributes, by their Python names. A missing one reads as None."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._values.get(name)

    def given(self, name: str) -> bool:
        """Whether the client sent the field, be it null."""
        return name in self._values

    def items(self) -> Iterator[tuple[str, Any]]:
        return iter(self._values.items())


def arguments_of(
    node: FieldNode, defined: Mapping[str, GraphQLArgument], variables: Mapping[str, Any], path: Path
) -> dict[str, Any]:
    """All arguments of a field, by GraphQL name; one that is absent and has no default reads as None."""
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    reader = _Reader(variables, path)
    values: dict[str, Any] = {}
    for name, argument in defined.items():
        value = reader.read(given[name], argument.type) if name in given else Undefined
        if value is Undefined:
            default = argument.default_value
            value = None if default is Undefined else reader.constant(default, argument.type)
        values[name] = value
    return values


class _Reader:
    def __init__(self, variables: Mapping[str, Any], path: Path) -> None:
        self._variables = variables
        self._path = path

    def read(self, node: ValueNode, type_: GraphQLInputType) -> Any:
        if isinstance(node, VariableNode):
            name = node.name.value
            if name not in self._variables:
                return Undefined
            return self._tree(self._variables[name], type_, (name,))
        if isinstance(type_, GraphQLNonNull):
            type_ = type_.of_type
        if isinstance(node, NullValueNode):
            return None
        if isinstance(type_, GraphQLList):
            return self._list(node, type_.of_type)
        if isinstance(type_, GraphQLInputObjectType) and isinstance(node, ObjectValueNode):
            return self._object(node, type_)
        return self.constant(coerce_input_literal(node, type_), type_)

    def constant(self, value: Any, type_: GraphQLInputType) -> Any:
        """A value that stands in the document or the schema."""
        return self._walk(value, type_, ("constant", repr(value)), lambda _inputs: value)

    def _tree(self, value: Any, type_: GraphQLInputType, source: tuple[str | int, ...]) -> Any:
        return self._walk(value, type_, ("variable", *source), _variable(source))

    def _walk(self, value: Any, type_: GraphQLInputType, key: tuple[Any, ...], getter: Getter) -> Any:
        if isinstance(type_, GraphQLNonNull):
            type_ = type_.of_type
        if value is None:
            return None
        if isinstance(type_, GraphQLList):
            if _is_bound(type_.of_type):
                return self._array(type_.of_type, key, getter)
            items = value if isinstance(value, list) else [value]
            return [
                self._walk(item, type_.of_type, (*key, index), _item(getter, index))
                for index, item in enumerate(items)
            ]
        if isinstance(type_, GraphQLInputObjectType):
            by_name = {field.out_name or name: field.type for name, field in type_.fields.items()}
            return InputValue(
                {
                    name: self._walk(item, by_name[name], (*key, name), _item(getter, name))
                    for name, item in value.items()
                }
            )
        if not _is_bound(type_):
            return value
        return Parameter(key, SQL_TYPES[type_.name], getter, text, self._path)

    def _list(self, node: ValueNode, item_type: GraphQLInputType) -> Any:
        nodes = node.values if isinstance(node, ListValueNode) else [node]
        items = [self.read(item, item_type) for item in nodes]
        if not _is_bound(item_type):
            return [None if item is Undefined else item for item in items]
        getters = [item.getter if isinstance(item, Parameter) else None for item in items]
        keys = tuple(item.source_key if isinstance(item, Parameter) else None for item in items)
        return self._array(item_type, ("list", keys), _gathered(getters))

    def _object(self, node: ObjectValueNode, type_: GraphQLInputObjectType) -> InputValue:
        given = {field.name.value: field.value for field in node.fields}
        values: dict[str, Any] = {}
        for name, field in type_.fields.items():
            value = self.read(given[name], field.type) if name in given else Undefined
            if value is Undefined:
                if field.default_value is Undefined:
                    continue
                value = self.constant(field.default_value, field.type)
            values[field.out_name or name] = value
        return InputValue(values)

    def _array(self, item_type: GraphQLInputType, key: tuple[Any, ...], getter: Getter) -> Parameter:
        if isinstance(item_type, GraphQLNonNull):
            item_type = item_type.of_type
        sql_type = SQL_TYPES[item_type.name]  # type: ignore[union-attr]
        return Parameter((*key, "array"), ARRAY(sql_type), getter, array_of(text), self._path)


def _is_bound(type_: GraphQLInputType) -> bool:
    """Whether values of the type are parameters, not part of the shape."""
    if isinstance(type_, GraphQLNonNull):
        type_ = type_.of_type
    if isinstance(type_, GraphQLList | GraphQLInputObjectType | GraphQLEnumType):
        return False
    return type_.name != "Boolean"


def _variable(source: tuple[str | int, ...]) -> Getter:
    if len(source) == 1:
        name = source[0]
        return lambda inputs: inputs.variables[name]  # type: ignore[index]

    def getter(inputs: Inputs) -> Any:
        value: Any = inputs.variables
        for step in source:
            value = value[step]
        return value

    return getter


def _item(getter: Getter, step: str | int) -> Getter:
    return lambda inputs: getter(inputs)[step]


def _gathered(getters: Sequence[Getter | None]) -> Getter:
    return lambda inputs: [None if getter is None else getter(inputs) for getter in getters]


Shape = Callable[[Any], object]
"""What a statement depends on in a variable's value."""


def shape_of(type_: GraphQLInputType, extra: str = "") -> Shape:
    """The function from a coerced value to its shape: equal shapes share a statement."""
    if isinstance(type_, GraphQLNonNull):
        return shape_of(type_.of_type, extra)
    if isinstance(type_, GraphQLList):
        return _presence if _is_bound(type_.of_type) else _list_shape(shape_of(type_.of_type))
    if isinstance(type_, GraphQLInputObjectType):
        return _object_shape(type_)
    return SHAPES[extra] if _is_bound(type_) else _whole


def _list_shape(inner: Shape) -> Shape:
    return lambda value: None if value is None else tuple([inner(item) for item in value])


def _object_shape(type_: GraphQLInputObjectType) -> Shape:
    inner: dict[str, Shape] = {}

    def shape(value: Any) -> object:
        if value is None:
            return None
        if not inner:  # Not before: an input may contain itself.
            inner.update(
                {field.out_name or name: shape_of(field.type) for name, field in type_.fields.items()}
            )
        return tuple([(name, inner[name](item)) for name, item in value.items()])

    return shape


def _presence(value: Any) -> object:
    return value is not None


def _whole(value: Any) -> object:
    return value


def _id_type(value: Any) -> object:
    return None if value is None else type_named_by(str(value))


SHAPES: dict[str, Shape] = {"": _presence, "value": _whole, "truth": bool, "type": _id_type}
"""By what a field's argument says of its shape."""
