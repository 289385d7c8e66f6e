"""Plans: a compiled statement, where its parameters come from, and the places to see to afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLObjectType
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    and_,
    case,
    column,
    func,
    inspect,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import join

from marketplace_graphql.kernel.errors import Path, QueryError
from marketplace_graphql.kernel.reader import rows
from marketplace_graphql.kernel.reader.aliases import aliased, one_statement
from marketplace_graphql.kernel.reader.compiler import Compiler
from marketplace_graphql.kernel.reader.context import Context, PlanBinder
from marketplace_graphql.kernel.reader.parameters import (
    Inputs,
    Parameter,
    array_of,
    text,
)
from marketplace_graphql.kernel.reader.slots import Slot
from marketplace_graphql.kernel.reader.sql import as_json, json_list, statement_text
from marketplace_graphql.kernel.schema import ApiSchema
from marketplace_graphql.kernel.selection import Fields, Selection


@dataclass(frozen=True)
class Plan:
    """One statement that gives one JSON value."""

    sql: str
    parameters: list[Parameter]
    slots: list[Slot]
    must_be_walked: bool


@dataclass(frozen=True)
class Setting:
    """In what a plan is made."""

    schema: ApiSchema
    selection: Selection
    inputs: Inputs
    rows_limit: int
    rejected: Mapping[Path, QueryError]
    """Fields whose arguments were found wrong when an earlier plan was to be sent."""

    def start(self) -> tuple[Compiler, Context]:
        compiler = Compiler(self.schema, self.selection, self.inputs, self.rejected)
        ctx = Context.start(self.schema, PlanBinder(), self.inputs.requester, self.rows_limit)
        if self.inputs.channel_slug is not None and self.schema.channels is not None:
            slug = Parameter(("channel",), Text(), lambda inputs: inputs.channel_slug, text)
            ctx = ctx.channel_with_slug(slug)
        return compiler, ctx


@one_statement()
def operation_plan(setting: Setting, root: GraphQLObjectType, selected: Fields) -> Plan:
    """The plan of some root fields of a query: an object of their results."""
    compiler, ctx = setting.start()
    slots: list[Slot] = []
    made = compiler.object(root, selected, None, ctx, (), slots)
    return _plan(select(made), slots)


@one_statement()
def rows_plan(setting: Setting, type_: GraphQLObjectType, nodes: list[Any], path: Path) -> Plan:
    """The plan that reads given rows of a type (`inputs.keys`): a list in the order of the keys.

    Visibility does not apply to these rows themselves: a service has just handed them to the requester.
    """
    compiler, ctx = setting.start()
    declared = setting.schema.rows_of(type_.name)
    row = aliased(declared.model)
    key_type = inspect(declared.model).primary_key[0].type
    keys = Parameter(("keys",), ARRAY(key_type), lambda inputs: list(inputs.keys), array_of(text))
    wanted = (
        func.unnest(keys)
        .table_valued(column("key", key_type), with_ordinality="place", name="wanted")
        .render_derived()
    )
    scope = ctx.scope(row)
    scope.source = join(row, wanted, rows.primary_key(row) == wanted.c.key)
    slots: list[Slot] = []
    selected = setting.selection.below(type_, nodes)
    made = compiler.object(type_, selected, row, rows.entered(ctx, declared, row), path, slots)
    found = select(made.label("item")).select_from(scope.source).order_by(wanted.c.place).subquery()
    return _plan(select(json_list(found.c.item)), slots)


Thing = Callable[[ColumnElement[Any], Context], tuple[Any, Context, list[ColumnElement[bool]]]]
"""(JSON value, ctx) -> what a type's fields are declared on, its own context, and when it is left out."""


@one_statement()
def things_plan(
    setting: Setting, type_: GraphQLObjectType, selected: Fields, path: Path, thing: Thing
) -> Plan:
    """The plan that reads objects of a type without rows, one for each JSON value of `inputs.keys`: a list in
    their order, with null where one of the thing's conditions does not hold.
    """
    compiler, ctx = setting.start()
    values = Parameter(("things",), JSONB(), lambda inputs: list(inputs.keys), text)
    wanted = (
        func.jsonb_array_elements(values)
        .table_valued(column("value", JSONB()), with_ordinality="place", name="wanted")
        .render_derived()
    )
    made, ctx, conditions = thing(wanted.c.value, ctx)
    slots: list[Slot] = []
    item = as_json(compiler.object(type_, selected, made, ctx, path, slots))
    if conditions:
        item = case((and_(*conditions), item), else_=null())
    found = select(item.label("item")).select_from(wanted).order_by(wanted.c.place).subquery()
    return _plan(select(json_list(found.c.item)), slots)


def _plan(statement: Select[Any], slots: list[Slot]) -> Plan:
    sql, parameters = statement_text(statement)
    return Plan(sql, parameters, slots, any(slot.must_be_walked for slot in slots))
