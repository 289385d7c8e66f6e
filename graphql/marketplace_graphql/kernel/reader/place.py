"""One field at its place in the statement: permission, arguments, and what its kind makes of it."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)
from sqlalchemy import ColumnElement, case, func
from sqlalchemy.dialects.postgresql import JSON

from marketplace_graphql.kernel import fields
from marketplace_graphql.kernel.errors import Path, denied
from marketplace_graphql.kernel.parts import unwrapped
from marketplace_graphql.kernel.reader import lookups, pages, rows, values
from marketplace_graphql.kernel.reader.context import Context
from marketplace_graphql.kernel.reader.parameters import Parameter
from marketplace_graphql.kernel.reader.slots import Calculation, Slot
from marketplace_graphql.kernel.reader.sql import as_json, global_id, json_object, mark
from marketplace_graphql.kernel.registry import DeclarationError
from marketplace_graphql.kernel.schema import DeclaredField

if TYPE_CHECKING:
    from marketplace_graphql.kernel.reader.compiler import Compiler


@dataclass
class Place:
    """All that compiling one field of one object needs."""

    compiler: "Compiler"
    parent: GraphQLObjectType
    field: GraphQLField
    declared: DeclaredField
    nodes: list[FieldNode]
    row: Any
    ctx: Context
    path: Path
    slot: Slot

    @property
    def declaration(self) -> fields.Declaration:
        return self.declared.declaration

    @property
    def where(self) -> str:
        """The field as "Type.field", for messages."""
        return self.slot.where

    @property
    def name(self) -> str:
        """The field's GraphQL name."""
        return self.nodes[0].name.value

    @property
    def is_list(self) -> bool:
        type_ = self.field.type
        return isinstance(type_.of_type if isinstance(type_, GraphQLNonNull) else type_, GraphQLList)

    @cached_property
    def keywords(self) -> dict[str, Any]:
        """The arguments by Python name. A `channel` among them is in force from here on."""
        given = self.compiler.arguments(self)
        channel = given.get("channel")
        if isinstance(channel, Parameter) and self.compiler.schema.channels is not None:
            self.ctx = self.ctx.channel_with_slug(channel)
        by_value = self.declaration.by_value
        return {
            python_name: self.compiler.known(given[name]) if python_name in by_value else given[name]
            for name, python_name in self.declared.python_names.items()
        }

    def at(self, path: Path, ctx: Context) -> "Place":
        """The same field seen from further down."""
        moved = copy(self)
        moved.path, moved.ctx = path, ctx
        return moved

    def guarded(self) -> ColumnElement[Any]:
        """The field's expression under its permission and its promise never to be null."""
        needs, allowed = self.declaration.needs, self.declaration.allowed
        permitted = not needs or self.ctx.requester.has(*needs)
        if not permitted and allowed is None:
            raise denied(needs)
        self.compiler.reject(self.path)
        expression, may_be_null = self._expression()
        if allowed is not None and not (needs and permitted):
            rule = allowed(self.row, self.ctx)
            if rule is not None:  # None restricts nothing, as in every other rule.
                self.slot.marked = denied(needs)
                expression = case((rule, as_json(expression)), else_=mark("denied"))
        if may_be_null and isinstance(self.field.type, GraphQLNonNull):
            self.slot.never_null = True
            expression = func.coalesce(as_json(expression), mark("null"), type_=JSON)
        return expression

    def _expression(self) -> tuple[ColumnElement[Any], bool]:
        make = MAKERS.get(type(self.declaration))
        if make is None:
            kind = type(self.declaration).__name__
            raise DeclarationError(f"{self.where}: SQL can't answer a {kind}; declare it at the root")
        return make(self, self.declaration)

    def called(self) -> Any:
        """What the declared function says of the row."""
        if self.declaration.function is None:
            raise DeclarationError(f"{self.where} was declared without a function")
        keywords = self.keywords  # First: a channel among them changes the context.
        return self.declaration.function(self.row, self.ctx, **keywords)


def _column(place: Place, declaration: fields.Column) -> ColumnElement[Any]:
    type_ = get_named_type(place.field.type)
    if place.row is None or not is_leaf_type(type_):
        raise DeclarationError(f"{place.where} is no column: declare it as value, related or resolver")
    column = getattr(place.row, declaration.attribute or declaration.name)
    if declaration.name == "id" and type_.name == "ID":
        return global_id(place.parent.name, column)
    return values.leaf(column, place.field.type)[0]


def _computed(place: Place, declaration: fields.Computed) -> ColumnElement[Any]:
    if declaration.selects is None:
        raise DeclarationError(f"{place.where} computes from nothing")
    place.slot.calculation = Calculation(declaration, place.field, place.declared.python_names, place.nodes)
    selected = declaration.selects(place.row, place.ctx)
    return json_object([(name, unwrapped(part)[0]) for name, part in selected.items()])


Maker = Callable[[Place, Any], tuple[ColumnElement[Any], bool]]
"""The field's expression, and whether it may be null against the field's promise."""

MAKERS: dict[type[fields.Declaration], Maker] = {
    fields.Column: lambda place, declaration: (_column(place, declaration), False),
    fields.Expression: lambda place, _: values.leaf(place.called(), place.field.type),
    fields.Value: lambda place, _: (values.build(place, place.called(), place.field.type), True),
    fields.Itself: lambda place, _: (values.build(place, place.row, place.field.type), False),
    fields.Related: lambda place, declaration: (rows.related(place, declaration), not place.is_list),
    fields.OneOf: lambda place, declaration: (rows.one_of(place, declaration), True),
    fields.Lookup: lambda place, declaration: (lookups.lookup(place, declaration), True),
    fields.Connection: lambda place, declaration: (pages.connection(place, declaration), False),
    fields.Computed: lambda place, declaration: (_computed(place, declaration), False),
}
