"""What SQL leaves to do: refusals, computed values, and nulls that must take their parents with them.

Also the other way round: completing what Python gave (a mutation's payload, a resolver's answer) by the
same rules, reading the rows in it.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)
from sqlalchemy import inspect as inspect_row

from marketplace_graphql.kernel.errors import Path, QueryError, entry, told
from marketplace_graphql.kernel.fields import Computed
from marketplace_graphql.kernel.inputs import python_arguments
from marketplace_graphql.kernel.reader.slots import Slot
from marketplace_graphql.kernel.reader.sql import MARK
from marketplace_graphql.kernel.schema import ApiSchema
from marketplace_graphql.kernel.selection import Selection


@dataclass(frozen=True)
class Row:
    """Stands in a resolver's or mutation's answer for a row that the reader shall read, by its key."""

    key: object
    type_name: str | None = None
    """Needed where the field's type is an interface or union."""


@dataclass(frozen=True)
class Later:
    """Stands in a mutation's answer for what is read last, once what was left to do afterwards is done: the
    order, after a line of it has been shown as it was and taken out.
    """

    value: object


class NullError(Exception):
    """A null stands where none is allowed."""


ReadRows = Callable[
    [GraphQLObjectType, list[Any], Sequence[object], Path], Awaitable[tuple[list[Any], Sequence[Slot]]]
]
"""Type, nodes, keys, path without indexes -> the rows' JSON in the order of the keys, and its slots."""


@dataclass
class Completer:
    """Completes one response and gathers its errors."""

    schema: ApiSchema
    selection: Selection
    variables: Mapping[str, Any]
    info: Any
    read_rows: ReadRows
    errors: list[dict[str, Any]] = field(default_factory=list)
    left_to_do: list[Callable[[], Awaitable[object]]] = field(default_factory=list)
    """What a mutation does once its answer has been read."""

    async def finish(self) -> None:
        """Do what was left to do, once."""
        while self.left_to_do:
            await self.left_to_do.pop(0)()

    # SQL's JSON

    async def root(self, data: dict[str, Any], slots: Sequence[Slot]) -> dict[str, Any] | None:
        """A whole response, or None when a null has taken everything with it."""
        try:
            return await self.object(data, slots, ())
        except NullError:
            return None

    async def object(self, data: dict[str, Any], slots: Sequence[Slot], path: Path) -> dict[str, Any]:
        """An object's places, in its place. Raises NullError."""
        for slot in slots:
            here = (*path, slot.key)
            try:
                data[slot.key] = await self._place(data.get(slot.key), slot, here)
            except NullError:
                if isinstance(slot.type, GraphQLNonNull):
                    raise
                data[slot.key] = None
        return data

    async def _place(self, value: Any, slot: Slot, path: Path) -> Any:
        if slot.refused is not None:
            return self._failed(slot.refused, slot.type, path)
        if isinstance(value, dict) and len(value) == 1 and value.get(MARK) == "denied" and slot.marked:
            return self._failed(slot.marked, slot.type, path)
        if slot.calculation is not None:
            return await self._calculated(value, slot, path)
        return await self._value(value, slot.type, slot, path)

    async def _value(self, value: Any, type_: GraphQLOutputType, slot: Slot, path: Path) -> Any:
        if isinstance(type_, GraphQLNonNull):
            if value is None or (isinstance(value, dict) and value == {MARK: "null"}):
                self._fail(QueryError(f"Cannot return null for non-nullable field {slot.where}."), path)
                raise NullError
            return await self._value(value, type_.of_type, slot, path)
        if value is None:
            return None
        if isinstance(type_, GraphQLList):
            items = []
            for index, item in enumerate(value):
                here = (*path, index)
                try:
                    items.append(await self._value(item, type_.of_type, slot, here))
                except NullError:
                    if isinstance(type_.of_type, GraphQLNonNull):
                        raise
                    items.append(None)
            return items
        if slot.by_type and isinstance(value, dict) and MARK in value:
            return await self.object(value, slot.by_type[value.pop(MARK)], path)
        return await self.object(value, slot.below, path) if slot.below else value

    async def _calculated(self, selected: Any, slot: Slot, path: Path) -> Any:
        calculation = slot.calculation
        if calculation is None or calculation.declaration.function is None:
            raise TypeError(f"{slot.where} has nothing to compute with")
        keywords = python_arguments(
            self.schema, calculation.field, calculation.argument_names, calculation.nodes[0], self.variables
        )
        try:
            made = calculation.declaration.function(selected, self.info, **keywords)
            if inspect.isawaitable(made):
                made = await made
        except Exception as error:  # noqa: BLE001 - told to the client, and to the log if it's our fault
            return self._failed(told(error, slot.where), slot.type, path)
        return await self.python(made, slot.type, calculation.nodes, path, slot.where)

    def _fail(self, error: QueryError, path: Path) -> None:
        self.errors.append(entry(error, path))

    def _failed(self, error: QueryError, type_: GraphQLOutputType, path: Path) -> None:
        self._fail(error, path)
        if isinstance(type_, GraphQLNonNull):
            raise NullError

    # Python's values

    async def python(
        self, value: Any, type_: GraphQLOutputType, nodes: list[Any], path: Path, where: str
    ) -> Any:
        """A value that Python gave, as the JSON that was selected. Raises NullError."""
        if isinstance(type_, GraphQLNonNull):
            made = await self.python(value, type_.of_type, nodes, path, where)
            if made is None:
                if value is None:
                    self._fail(QueryError(f"Cannot return null for non-nullable field {where}."), path)
                raise NullError
            return made
        if value is None:
            return None
        try:
            if isinstance(type_, GraphQLList):
                return await self._python_list(list(value), type_, nodes, path, where)
            if is_leaf_type(type_):
                return type_.serialize(value)
            return await self._python_object(value, type_, nodes, path)
        except NullError:
            return None

    async def _python_list(
        self, values: list[Any], type_: GraphQLList[Any], nodes: list[Any], path: Path, where: str
    ) -> list[Any]:
        item_type = type_.of_type
        item_named = get_named_type(item_type)
        if values and all(value is None or self._is_row(value, item_named) for value in values):
            items = await self._rows_of_any_type(item_named, nodes, values, path)
            if isinstance(item_type, GraphQLNonNull) and None in items:
                raise NullError
            return items
        return [
            await self.python(value, item_type, nodes, (*path, index), where)
            for index, value in enumerate(values)
        ]

    async def _rows_of_any_type(
        self, type_: GraphQLNamedType, nodes: list[Any], values: list[Any], path: Path
    ) -> list[Any]:
        """The JSON of rows, each type's read at once. Rows of one type that are gone are left out; a list of
        several types, or with a None in it, is given by who knows that its rows exist.
        """
        places: dict[str, list[int]] = {}
        for place, value in enumerate(values):
            if value is not None:
                places.setdefault(self._object_type(type_, value).name, []).append(place)
        made: list[Any] = [None] * len(values)
        for name, own in places.items():
            object_type = self.schema.object_type(name)
            items = await self._rows(object_type, nodes, [values[place] for place in own], path, at=own)
            if len(own) == len(values):
                return items
            for place, item in zip(own, items, strict=True):
                made[place] = item
        return made

    async def _python_object(
        self, value: Any, type_: GraphQLNamedType, nodes: list[Any], path: Path
    ) -> dict[str, Any] | None:
        object_type = self._object_type(type_, value)
        if self._is_row(value, object_type):
            found = await self._rows(object_type, nodes, [value], path)
            return found[0] if found else None
        names = self.schema.python_names[object_type.name]
        selected = self.selection.below(object_type, nodes)
        made: dict[str, Any] = dict.fromkeys(selected)
        for key in sorted(selected, key=lambda key: _comes_later(value, names, selected[key])):
            member_nodes = selected[key]
            name = member_nodes[0].name.value
            if name == "__typename":
                made[key] = object_type.name
                continue
            where, field_type = f"{object_type.name}.{name}", object_type.fields[name].type
            try:
                member = await self._member(value, object_type, name, names[name], member_nodes, (*path, key))
                if isinstance(member, Later):
                    await self.finish()
                    member = member.value
                made[key] = await self.python(member, field_type, member_nodes, (*path, key), where)
            except NullError:
                if isinstance(field_type, GraphQLNonNull):
                    raise
                made[key] = None
        return made

    async def _member(
        self,
        value: Any,
        type_: GraphQLObjectType,
        name: str,
        python_name: str,
        nodes: list[Any],
        path: Path,
    ) -> Any:
        """What an object that Python gave has under a name; what it computes, where the field says how."""
        declared = self.schema.declared[type_.name].get(name)
        if declared is None or not isinstance(declared.declaration, Computed):
            return value.get(python_name) if isinstance(value, Mapping) else getattr(value, python_name)
        keywords = python_arguments(
            self.schema, type_.fields[name], declared.python_names, nodes[0], self.variables
        )
        try:
            made = declared.declaration.function(value, self.info, **keywords)  # type: ignore[misc]
            return await made if inspect.isawaitable(made) else made
        except Exception as error:  # noqa: BLE001 - told to the client, and to the log if it's our fault
            self._failed(told(error, f"{type_.name}.{name}"), type_.fields[name].type, path)
        return None

    async def _rows(
        self,
        type_: GraphQLObjectType,
        nodes: list[Any],
        values: list[Any],
        path: Path,
        *,
        at: Sequence[int] | None = None,
    ) -> list[Any]:
        """The JSON of rows that Python gave, `at` their places in a list; None for one that is gone or that a
        null has taken.
        """
        plain_path = tuple(step for step in path if isinstance(step, str))
        items, slots = await self.read_rows(type_, nodes, [_key(value) for value in values], plain_path)
        made: list[Any] = []
        for index, item in enumerate(items):
            try:
                made.append(await self.object(item, slots, path if at is None else (*path, at[index])))
            except NullError:
                made.append(None)
        return made

    def _object_type(self, type_: GraphQLNamedType, value: Any) -> GraphQLObjectType:
        """The type of a value; where it is not said by the field, by the value."""
        name = type_.name
        if is_abstract_type(type_):
            if isinstance(value, Mapping):
                name = str(value["__typename"])
            elif isinstance(value, Row):
                name = str(value.type_name)
            elif inspect_row(value, raiseerr=False) is not None:
                name = self.schema.type_of_model(type(value))
            else:
                name = type(value).__strawberry_definition__.name
        return self.schema.object_type(name)

    def _is_row(self, value: Any, type_: GraphQLNamedType) -> bool:
        if isinstance(value, Row):
            return True
        reads_rows = type_.name in self.schema.rows or is_abstract_type(type_)
        return reads_rows and inspect_row(value, raiseerr=False) is not None


def _key(value: Any) -> object:
    if isinstance(value, Row):
        return value.key
    return inspect_row(value).identity[0]


def _comes_later(value: Any, names: Mapping[str, str], nodes: list[Any]) -> bool:
    """Whether a part of a mutation's answer is to be read last."""
    name = names.get(nodes[0].name.value)
    return name is not None and isinstance(value, Mapping) and isinstance(value.get(name), Later)
