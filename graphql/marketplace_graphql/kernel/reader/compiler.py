"""The compiler: walks a selection along the declarations and builds the statement's JSON."""

from collections.abc import Mapping
from copy import copy
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_leaf_type,
)
from sqlalchemy import ColumnElement, case, func, null
from sqlalchemy.dialects.postgresql import JSON

from marketplace_graphql.kernel import fields
from marketplace_graphql.kernel.errors import Path, QueryError, denied
from marketplace_graphql.kernel.parts import unwrapped
from marketplace_graphql.kernel.reader import lookups, pages, rows, values
from marketplace_graphql.kernel.reader.arguments import arguments_of
from marketplace_graphql.kernel.reader.context import Context
from marketplace_graphql.kernel.reader.parameters import Inputs, Parameter
from marketplace_graphql.kernel.reader.slots import Calculation, Slot
from marketplace_graphql.kernel.reader.sql import (
    MARK,
    as_json,
    global_id,
    json_object,
    json_text,
    mark,
)
from marketplace_graphql.kernel.registry import DeclarationError
from marketplace_graphql.kernel.schema import ApiSchema, DeclaredField
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

    def arguments(self, place: "Place") -> dict[str, Any]:
        """The field's arguments by GraphQL name."""
        return arguments_of(place.nodes[0], place.field.args, self._inputs.variables, place.path)

    def known(self, given: Parameter | None) -> Any:
        """The value of an argument that is part of the shape, such as a page's size."""
        return None if given is None else given.getter(self._inputs)


class Place:
    """One field of one object in the statement: all that compiling it needs."""

    def __init__(
        self,
        compiler: Compiler,
        parent: GraphQLObjectType,
        field: GraphQLField,
        declared: DeclaredField,
        nodes: list[Any],
        row: Any,
        ctx: Context,
        path: Path,
        slot: Slot,
    ) -> None:
        self.compiler = compiler
        self.parent = parent
        self.field = field
        self.declaration = declared.declaration
        self.argument_names = {name: argument.name for name, argument in declared.arguments.items()}
        self.nodes = nodes
        self.row = row
        self.ctx = ctx
        self.path = path
        self.slot = slot

    @property
    def where(self) -> str:
        return self.slot.where

    @property
    def declaration_name(self) -> str:
        """The field's GraphQL name."""
        return str(self.nodes[0].name.value)

    @property
    def own_arguments(self) -> set[str]:
        """The arguments that the declared function takes; the kind of field may have more."""
        return self.declaration.own

    def at(self, path: Path, ctx: Context) -> "Place":
        """The same field seen from further down."""
        moved = copy(self)
        moved.path, moved.ctx = path, ctx
        return moved

    @property
    def is_list(self) -> bool:
        return isinstance(nullable(self.field.type), GraphQLList)

    def guarded(self) -> ColumnElement[Any]:
        """The field's expression under its permission and its promise never to be null."""
        needs, allowed = self.declaration.needs, self.declaration.allowed
        permitted = not needs or self.ctx.requester.has(*needs)
        if not permitted and allowed is None:
            raise denied(needs)
        self.compiler.reject(self.path)
        expression, may_be_null = self._expression()
        if allowed is not None and not (needs and permitted):
            self.slot.marked = denied(needs)
            rule = allowed(self.row, self.ctx)
            expression = case((rule, as_json(expression)), else_=mark("denied"))
        if may_be_null and isinstance(self.field.type, GraphQLNonNull):
            self.slot.never_null = True
            expression = func.coalesce(as_json(expression), mark("null"), type_=JSON)
        return expression

    def keywords(self) -> dict[str, Any]:
        """The arguments by Python name. A `channel` among them is in force from here on."""
        given = self.compiler.arguments(self)
        channel = given.get("channel")
        if isinstance(channel, Parameter) and self.compiler.schema.channels is not None:
            self.ctx = self.ctx.channel_with_slug(channel)
        by_value = self.declaration.by_value
        return {
            python_name: self.compiler.known(given[name]) if python_name in by_value else given[name]
            for name, python_name in self.argument_names.items()
        }

    def _expression(self) -> tuple[ColumnElement[Any], bool]:
        """The expression, and whether it may be null against the field's promise."""
        declaration = self.declaration
        match declaration:
            case fields.Column():
                return self._column(declaration), False
            case fields.Expression():
                keywords = self.keywords()
                return values.leaf(self._call(keywords), self.field.type)
            case fields.Value():
                keywords = self.keywords()
                return values.build(self, self._call(keywords), self.field.type), True
            case fields.Itself():
                return values.build(self, self.row, self.field.type), False
            case fields.Related():
                return rows.related(self, declaration), not self.is_list
            case fields.OneOf():
                return rows.one_of(self, declaration), True
            case fields.Lookup():
                return lookups.lookup(self, declaration), True
            case fields.Connection():
                return pages.connection(self, declaration), False
            case fields.Computed():
                return self._computed(declaration), False
        raise DeclarationError(f"{self.where}: the reader can't read a {type(declaration).__name__}")

    def _call(self, keywords: dict[str, Any]) -> Any:
        if self.declaration.function is None:
            raise DeclarationError(f"{self.where} was declared without a function")
        return self.declaration.function(self.row, self.ctx, **keywords)

    def _column(self, declaration: fields.Column) -> ColumnElement[Any]:
        if self.row is None or not is_leaf_type(get_named_type(self.field.type)):
            raise DeclarationError(f"{self.where} is no column: declare it as value, related or resolver")
        attribute = declaration.attribute or declaration.name
        column = getattr(self.row, attribute)
        if declaration.name == "id" and self.parent.fields["id"].type.of_type.name == "ID":  # type: ignore[union-attr]
            return global_id(self.parent.name, column)
        return values.leaf(column, self.field.type)[0]

    def _computed(self, declaration: fields.Computed) -> ColumnElement[Any]:
        if declaration.selects is None:
            raise DeclarationError(f"{self.where} computes from nothing")
        self.slot.calculation = Calculation(declaration, self.field, self.argument_names, self.nodes)
        selected = declaration.selects(self.row, self.ctx)
        return json_object([(name, unwrapped(part)[0]) for name, part in selected.items()])


def nullable(type_: GraphQLOutputType) -> GraphQLOutputType:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_
