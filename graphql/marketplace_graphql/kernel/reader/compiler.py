"""The compiler: walks a selection along the declarations and builds the statement's JSON."""

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLObjectType
from sqlalchemy import ColumnElement, null

from marketplace_graphql.kernel.errors import Path, QueryError
from marketplace_graphql.kernel.reader.arguments import arguments_of
from marketplace_graphql.kernel.reader.context import Context
from marketplace_graphql.kernel.reader.parameters import Inputs, Parameter
from marketplace_graphql.kernel.reader.place import Place
from marketplace_graphql.kernel.reader.slots import Slot
from marketplace_graphql.kernel.reader.sql import MARK, json_object, json_text
from marketplace_graphql.kernel.registry import DeclarationError
from marketplace_graphql.kernel.schema import ApiSchema
from marketplace_graphql.kernel.selection import Fields, Selection


class Compiler:
    """One statement in the making."""

    def __init__(
        self,
        schema: ApiSchema,
        selection: Selection,
        inputs: Inputs,
        rejected: Mapping[Path, QueryError],
    ) -> None:
        self.schema = schema
        self.selection = selection
        self._inputs = inputs
        self._rejected = rejected

    def object(
        self,
        type_: GraphQLObjectType,
        selected: Fields,
        row: Any,
        ctx: Context,
        path: Path,
        slots: list[Slot],
        *,
        tagged: bool = False,
    ) -> ColumnElement[Any]:
        """An object's JSON. `tagged`: it says its type under the reader's mark if it has slots."""
        pairs = []
        for key, nodes in selected.items():
            pairs.append((key, self._field(type_, key, nodes, row, ctx, (*path, key), slots)))
        if tagged and slots:
            pairs.append((MARK, json_text(type_.name)))
        return json_object(pairs)

    def _field(
        self,
        type_: GraphQLObjectType,
        key: str,
        nodes: list[Any],
        row: Any,
        ctx: Context,
        path: Path,
        slots: list[Slot],
    ) -> ColumnElement[Any]:
        name = nodes[0].name.value
        if name == "__typename":
            return json_text(type_.name)
        field = type_.fields[name]
        declared = self.schema.declared[type_.name].get(name)
        if declared is None:
            raise DeclarationError(f"{type_.name}.{name} is declared neither by column nor otherwise")
        slot = Slot(key, field.type, f"{type_.name}.{name}")
        place = Place(self, type_, field, declared, nodes, row, ctx, path, slot)
        try:
            expression = place.guarded()
        except QueryError as error:
            slot.refused = error
            slot.below, slot.by_type, slot.calculation = [], {}, None
            expression = null()
        if slot.matters:
            slots.append(slot)
        return expression

    def reject(self, path: Path) -> None:
        """Refuse a field whose arguments were found wrong when the statement was to be sent."""
        if path in self._rejected:
            raise self._rejected[path]

    def arguments(self, place: Place) -> dict[str, Any]:
        """The field's arguments by GraphQL name."""
        return arguments_of(place.nodes[0], place.field.args, self._inputs.variables, place.path)

    def known(self, given: Parameter | None) -> Any:
        """The value of an argument that is part of the shape, such as a page's size."""
        return None if given is None else given.getter(self._inputs)
