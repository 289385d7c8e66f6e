"""Rows of other models below a row: one, many, or the one that exists among several tables."""

from collections.abc import Callable
from inspect import signature as inspect_signature
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_abstract_type,
)
from sqlalchemy import ColumnElement, and_, case, exists, func, inspect, null, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import RelationshipProperty

from marketplace_graphql.kernel import fields
from marketplace_graphql.kernel.pagination import OrderDirection
from marketplace_graphql.kernel.parts import unwrapped
from marketplace_graphql.kernel.reader.aliases import aliased
from marketplace_graphql.kernel.reader.context import Context
from marketplace_graphql.kernel.reader.slots import Slot
from marketplace_graphql.kernel.reader.sql import as_json, json_list
from marketplace_graphql.kernel.registry import DeclarationError, Rows, registry

if TYPE_CHECKING:
    from marketplace_graphql.kernel.reader.place import Place

On = Callable[[Any], ColumnElement[bool]]


def related(place: "Place", declaration: fields.Related) -> ColumnElement[Any]:
    """A declared relation: one row, or a list where the field's type is a list."""
    keywords = dict(place.keywords)
    order = _order(place, declaration, keywords.pop("sort_by", None))
    on = predicate(place, keywords)
    if place.is_list:
        place.ctx = place.ctx.counting(min(declaration.expected, declaration.limit))
        listed, limit = place.field.type, declaration.limit
        return many(place, listed, place.nodes, place.slot, on, order, limit, shown=declaration.shown)
    type_ = type_at(place, place.field.type, declaration.of)
    return one(place, type_, place.nodes, place.slot, on, order, shown=declaration.shown)


def type_at(place: "Place", type_: Any, of: fields.Function | None) -> Any:
    """The type of the rows at a place: the field's, or the member of its union that the arguments name."""
    if of is None:
        return type_
    own = set(inspect_signature(of).parameters)
    name = of(**{key: value for key, value in place.keywords.items() if key in own})
    return place.compiler.schema.object_type(name)


def _order(place: "Place", declaration: fields.Related, given: Any) -> Callable[[Any], Any] | None:
    """The sort keys of a relation's rows: as asked for, else as declared."""
    sorting, declared, along = declaration.sort_by, declaration.order_by, declaration.order_along
    if sorting is not None and given is not None:
        key, down = sorting.keys[given.field], given.direction is OrderDirection.DESC
        return lambda target: _directed(key(target, place.ctx), down=down)
    if along is not None:
        return lambda target: along(place.row, target, place.ctx)
    return None if declared is None else lambda target: declared(target, place.ctx)


def _directed(keys: Any, *, down: bool) -> list[Any]:
    given = list(keys) if isinstance(keys, tuple | list) else [keys]
    return [unwrapped(key)[0].desc() if down else unwrapped(key)[0] for key in given]


def predicate(place: "Place", keywords: dict[str, Any]) -> On:
    """What ties the target's rows to the place's row: declared, or the model's foreign keys."""
    function = place.declaration.function
    if function is not None:
        return lambda target: function(place.row, target, place.ctx, **keywords)
    return lambda target: foreign_keys(place, target)


def foreign_keys(place: "Place", target: Any) -> ColumnElement[bool]:
    """The relationship of the field's name, else `<name>_id`, else the only foreign key between the two."""
    name = place.declaration.name
    relationship = inspect(place.row).mapper.attrs.get(name)
    if isinstance(relationship, RelationshipProperty):
        return _along(relationship, place.row, target)
    found = only_foreign_key(place.row, target, f"{name}_id")
    if found is None:
        found = only_foreign_key(target, place.row)
    if found is None:
        raise DeclarationError(f"{place.where}: no foreign key shows the way; say `on=`")
    return found


def only_foreign_key(child: Any, parent: Any, column_name: str | None = None) -> ColumnElement[bool] | None:
    """Child's foreign key on parent: the one of a column's name, else the only one, else None."""
    table, other = inspect(child).mapper.local_table, inspect(parent).mapper.local_table
    keys = [key for key in table.foreign_keys if key.column.table is other]
    keys = [key for key in keys if key.parent.name == column_name] or keys
    if len(keys) != 1:
        return None
    found: ColumnElement[bool] = _attribute(child, keys[0].parent) == _attribute(parent, keys[0].column)
    return found


def _along(relationship: RelationshipProperty[Any], row: Any, target: Any) -> ColumnElement[bool]:
    if relationship.secondary is None:
        pairs = relationship.local_remote_pairs or []
        return and_(*[_attribute(row, local) == _attribute(target, remote) for local, remote in pairs])
    between = relationship.secondary.alias()
    here = [_attribute(row, local) == between.c[key.name] for local, key in relationship.synchronize_pairs]
    there = [
        _attribute(target, remote) == between.c[key.name]
        for remote, key in relationship.secondary_synchronize_pairs or []
    ]
    return exists(select(1).select_from(between).where(*here, *there).correlate_except(between))


def _attribute(row: Any, column: Any) -> Any:
    return getattr(row, inspect(row).mapper.get_property_by_column(column).key)


def rows_at(place: "Place", type_: GraphQLOutputType) -> Rows:
    """What is read at a place: the rows of its type, or of the interface's or union's single table."""
    named = get_named_type(type_)
    schema = place.compiler.schema
    kinds = schema.kinds.get(named.name)
    return schema.rows_of(named.name) if kinds is None else kinds.rows


def one(
    place: "Place",
    type_: GraphQLOutputType,
    nodes: list[Any],
    slot: Slot,
    on: On,
    order_by: Callable[[Any], Any] | None = None,
    *,
    shown: bool = False,
) -> ColumnElement[Any]:
    """The JSON of the row that a predicate finds, null where there is none that may be seen."""
    rows = rows_at(place, type_)
    target = aliased(rows.model)
    scope = place.ctx.scope(target)
    ctx = entered(place.ctx, rows, target)
    conditions = [on(target)] if shown else [on(target), registry.visible(rows.model, target, ctx)]
    made = as_type(place, type_, nodes, slot, target, ctx, enter=False)
    keys = [] if order_by is None else in_order(target, order_by(target))
    statement = select(made).select_from(scope.source).where(*conditions).order_by(*keys).limit(1)
    return statement.correlate_except(*scope.parts).scalar_subquery()


def many(
    place: "Place",
    type_: GraphQLOutputType,
    nodes: list[Any],
    slot: Slot,
    on: On,
    order_by: Callable[[Any], Any] | None,
    limit: int,
    *,
    shown: bool = False,
) -> ColumnElement[Any]:
    """The JSON of all rows that a predicate finds and that may be seen, as a list in order."""
    rows = rows_at(place, type_)
    target = aliased(rows.model)
    scope = place.ctx.scope(target)
    ctx = entered(place.ctx, rows, target)
    conditions = [on(target)] if shown else [on(target), registry.visible(rows.model, target, ctx)]
    made = as_json(as_type(place, type_, nodes, slot, target, ctx, enter=False))
    order = order_by(target) if order_by is not None else default_order(rows, target, ctx)
    keys = in_order(target, order)
    listed = (
        select(made.label("item"))
        .select_from(scope.source)
        .where(*conditions)
        .order_by(*keys)
        .limit(limit)
        .correlate_except(*scope.parts)
        .subquery()
    )
    return select(json_list(listed.c.item)).correlate_except(listed).scalar_subquery()


def entered(ctx: Context, rows: Rows, row: Any) -> Context:
    """The context below a row: in its own channel, if it has one."""
    return ctx if rows.channel is None else ctx.channel_with_id(rows.channel(row))


def default_order(rows: Rows, row: Any, ctx: Context) -> Any:
    return () if rows.order_by is None else rows.order_by(row, ctx)


def in_order(row: Any, order: Any) -> list[Any]:
    """Sort expressions with the primary key last, so that the order is always the same."""
    given = list(order) if isinstance(order, tuple | list) else [order]
    return [*(unwrapped(part)[0] for part in given), primary_key(row)]


def primary_key(row: Any) -> Any:
    return _attribute(row, inspect(row).mapper.primary_key[0])


def as_type(
    place: "Place",
    type_: GraphQLOutputType,
    nodes: list[Any],
    slot: Slot,
    row: Any,
    ctx: Context,
    *,
    enter: bool = True,
) -> ColumnElement[Any]:
    """A row's JSON as an object type, or as whichever type of an interface or union its kind says."""
    compiler, named = place.compiler, get_named_type(type_)
    if isinstance(named, GraphQLObjectType):
        if enter and named.name in compiler.schema.rows:
            ctx = entered(ctx, compiler.schema.rows[named.name], row)
        return of_object_type(place, named, nodes, slot, row, ctx)
    kinds = compiler.schema.kinds.get(named.name)
    if kinds is None:
        raise DeclarationError(f"{place.where}: {named.name} is no type over rows")
    whens = []
    for kind, type_name in kinds.types.items():
        made = of_object_type(place, compiler.schema.object_type(type_name), nodes, slot, row, ctx)
        whens.append((kinds.kind(row, ctx) == kind, made))
    return case(*whens, else_=null())


def of_object_type(
    place: "Place", object_type: GraphQLObjectType, nodes: list[Any], slot: Slot, row: Any, ctx: Context
) -> ColumnElement[Any]:
    """A row's JSON as an object type: the type at this place, or one of those that the type there allows."""
    selected = place.compiler.selection.below(object_type, nodes)
    if not is_abstract_type(get_named_type(slot.type)):
        return place.compiler.object(object_type, selected, row, ctx, place.path, slot.below)
    slots: list[Slot] = []
    made = place.compiler.object(object_type, selected, row, ctx, place.path, slots, tagged=True)
    if slots:
        slot.by_type[object_type.name] = slots
    return made


def one_of(place: "Place", declaration: fields.OneOf) -> ColumnElement[Any]:
    """The first alternative that has a row, as its own type."""
    found = []
    for type_name, function in declaration.alternatives.items():

        def on(target: Any, function: fields.Function = function) -> ColumnElement[bool]:
            made: ColumnElement[bool] = function(place.row, target, place.ctx)
            return made

        found.append(as_alternative(place, type_name, on, shown=declaration.shown))
    return func.coalesce(*found, null(), type_=JSON)


def as_alternative(place: "Place", type_name: str, on: On, *, shown: bool = False) -> ColumnElement[Any]:
    """The row of one type of an interface or union."""
    schema = place.compiler.schema
    rows, object_type = schema.rows_of(type_name), schema.object_type(type_name)
    target = aliased(rows.model)
    scope = place.ctx.scope(target)
    ctx = entered(place.ctx, rows, target)
    conditions = [on(target)] if shown else [on(target), registry.visible(rows.model, target, ctx)]
    made = of_object_type(place, object_type, place.nodes, place.slot, target, ctx)
    statement = select(made).select_from(scope.source).where(*conditions).limit(1)
    return statement.correlate_except(*scope.parts).scalar_subquery()
