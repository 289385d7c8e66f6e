"""Leaves and values: what SQL expressions, and the dicts made of them, become in JSON."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_leaf_type,
)
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Enum,
    Text,
    case,
    cast,
    func,
    inspect,
    literal,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm.util import AliasedClass
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.functions import count
from sqlalchemy.sql.selectable import Exists

from marketplace_graphql.kernel import parts
from marketplace_graphql.kernel.reader import rows
from marketplace_graphql.kernel.reader.slots import Slot
from marketplace_graphql.kernel.reader.sql import (
    MARK,
    as_json,
    json_list,
    json_object,
    json_text,
    mark,
)
from marketplace_graphql.kernel.registry import DeclarationError

if TYPE_CHECKING:
    from marketplace_graphql.kernel.reader.place import Place


def leaf(expression: Any, type_: GraphQLOutputType) -> tuple[ColumnElement[Any], bool]:
    """A scalar, enum or list of them in JSON's terms, and whether it may be null."""
    expression, promised = parts.unwrapped(expression)
    is_named = isinstance(expression, parts.Named)
    expression = expression.expression if isinstance(expression, parts.Named) else expression
    if expression is None:
        return null(), True
    if not hasattr(expression, "__clause_element__") and not isinstance(expression, ColumnElement):
        expression = literal(expression)
    elif not isinstance(expression, ColumnElement):
        expression = expression.__clause_element__()
    named = get_named_type(type_)
    may_be_null = not promised and _may_be_null(expression)
    if isinstance(expression.type, ARRAY):
        return expression, may_be_null
    if isinstance(named, GraphQLEnumType) and not is_named:
        return _enum_name(expression, named), may_be_null
    if named.name == "JSONString" or (named.name in ("ID", "String") and not _is_text(expression)):
        return cast(expression, Text), may_be_null
    return expression, may_be_null


def build(place: "Place", spec: Any, type_: GraphQLOutputType) -> ColumnElement[Any]:
    """The JSON of a value: `spec` is what a declaration gave, `type_` the GraphQL type at this place."""
    return _Value(place).build(spec, type_, place.nodes, place.slot)


class _Value:
    """One value of a place; nested objects have slots and nodes of their own."""

    def __init__(self, place: "Place") -> None:
        self._place = place
        self._compiler = place.compiler

    def build(self, spec: Any, type_: GraphQLOutputType, nodes: list[Any], slot: Slot) -> ColumnElement[Any]:
        if isinstance(type_, GraphQLNonNull):
            type_ = type_.of_type
        if callable(spec) and not isinstance(spec, AliasedClass):
            spec = spec()
        if spec is None:
            return null()
        for kind, build in BUILDERS.items():
            if isinstance(spec, kind):
                return build(self, spec, type_, nodes, slot)
        if not is_leaf_type(get_named_type(type_)):
            raise DeclarationError(f"{self._place.where}: {spec!r} is no object of {type_}")
        return leaf(spec, type_)[0]

    def null_when(
        self, spec: parts.NullWhen, type_: GraphQLOutputType, nodes: list[Any], slot: Slot
    ) -> ColumnElement[Any]:
        inner = self.build(spec.parts, type_, nodes, slot)
        return case((spec.condition, null()), else_=as_json(inner))

    def either(
        self, spec: parts.Either, type_: GraphQLOutputType, nodes: list[Any], slot: Slot
    ) -> ColumnElement[Any]:
        inner = as_json(self.build(spec.parts, type_, nodes, slot))
        return case((spec.condition, inner), else_=as_json(self.build(spec.otherwise, type_, nodes, slot)))

    def one(
        self, spec: parts.One, type_: GraphQLOutputType, nodes: list[Any], slot: Slot
    ) -> ColumnElement[Any]:
        return rows.one(self._place, type_, nodes, slot, spec.on, spec.order_by)

    def many(
        self, spec: parts.Many, type_: GraphQLOutputType, nodes: list[Any], slot: Slot
    ) -> ColumnElement[Any]:
        if spec.type_name is not None:
            type_ = GraphQLList(self._compiler.schema.object_type(spec.type_name))
        return rows.many(self._place, type_, nodes, slot, spec.on, spec.order_by, spec.limit)

    def cases(
        self, spec: parts.Cases, type_: GraphQLOutputType, nodes: list[Any], slot: Slot
    ) -> ColumnElement[Any]:
        built = [(when, as_json(self.build(then, type_, nodes, slot))) for when, then in spec.alternatives]
        return case(*built, else_=null())

    def seen_as(
        self, spec: parts.SeenAs, type_: GraphQLOutputType, nodes: list[Any], slot: Slot
    ) -> ColumnElement[Any]:
        place = self._place
        object_type = self._compiler.schema.object_type(spec.type_name)
        return rows.of_object_type(place, object_type, nodes, slot, spec.thing, place.ctx)

    def row(self, spec: Any, type_: GraphQLOutputType, nodes: list[Any], slot: Slot) -> ColumnElement[Any]:
        return rows.as_type(self._place, type_, nodes, slot, spec, self._place.ctx)

    def raw(
        self, spec: parts.RawJson, type_: GraphQLOutputType, nodes: list[Any], slot: Slot
    ) -> ColumnElement[Any]:
        return cast(spec.expression, JSON)

    def listed(
        self, spec: list[Any], type_: GraphQLOutputType, nodes: list[Any], slot: Slot
    ) -> ColumnElement[Any]:
        if not isinstance(type_, GraphQLList):
            raise DeclarationError(f"{self._place.where}: a list can't be a {type_}")
        items = [as_json(self.build(item, type_.of_type, nodes, slot)) for item in spec]
        return func.json_build_array(*items, type_=JSON)

    def object(
        self, spec: Mapping[str, Any], type_: GraphQLOutputType, nodes: list[Any], slot: Slot
    ) -> ColumnElement[Any]:
        if not isinstance(type_, GraphQLObjectType):
            raise DeclarationError(f"{self._place.where}: a dict can't be a {type_}; say which: typed(...)")
        return self._members(spec, type_, nodes, slot.below)

    def typed(
        self, spec: parts.Typed, type_: GraphQLOutputType, nodes: list[Any], slot: Slot
    ) -> ColumnElement[Any]:
        """One of the types of a union or interface."""
        object_type = self._compiler.schema.object_type(spec.type_name)
        slots: list[Slot] = []
        made = self._members(spec.parts, object_type, nodes, slots, tagged=True)
        if slots:
            slot.by_type[object_type.name] = slots
        return made

    def _members(
        self,
        spec: Mapping[str, Any],
        type_: GraphQLObjectType,
        nodes: list[Any],
        slots: list[Slot],
        *,
        tagged: bool = False,
    ) -> ColumnElement[Any]:
        """An object of which a dict gives the members, by their Python names."""
        names = self._compiler.schema.python_names[type_.name]
        pairs: list[tuple[str, ColumnElement[Any]]] = []
        for key, member_nodes in self._compiler.selection.below(type_, nodes).items():
            name = member_nodes[0].name.value
            if name == "__typename":
                pairs.append((key, json_text(type_.name)))
                continue
            where = f"{type_.name}.{name}"
            if names[name] not in spec:
                raise DeclarationError(f"{self._place.where} gives no {where}")
            member_type = type_.fields[name].type
            slot = Slot(key, member_type, where)
            pairs.append((key, self._member(spec[names[name]], member_type, member_nodes, slot)))
            if slot.matters:
                slots.append(slot)
        if tagged and slots:
            pairs.append((MARK, json_text(type_.name)))
        return json_object(pairs)

    def _member(
        self, spec: Any, type_: GraphQLOutputType, nodes: list[Any], slot: Slot
    ) -> ColumnElement[Any]:
        made = self.build(spec, type_, nodes, slot)
        promised = isinstance(spec, Mapping | parts.NeverNull | parts.Many | parts.Each | list)
        if isinstance(type_, GraphQLNonNull) and not promised and _may_be_null(made):
            slot.never_null = True
            return func.coalesce(as_json(made), mark("null"), type_=JSON)
        return made

    def each(
        self, spec: parts.Each, type_: GraphQLOutputType, nodes: list[Any], slot: Slot
    ) -> ColumnElement[Any]:
        is_list = isinstance(type_, GraphQLList)
        item_type = type_.of_type if isinstance(type_, GraphQLList) else type_
        item = self.build(spec.parts, item_type, nodes, slot)
        order = spec.order_by if isinstance(spec.order_by, tuple) else (spec.order_by,)
        limit = spec.limit if is_list else 1
        inner = select(as_json(item).label("item")).select_from(spec.source).order_by(*order).limit(limit)
        if spec.where is not None:
            inner = inner.where(spec.where)
        own = inspect(spec.source).selectable._from_objects  # noqa: SLF001
        if not is_list:
            return inner.correlate_except(*own).scalar_subquery()
        listed = inner.correlate_except(*own).subquery()
        return select(json_list(listed.c.item)).scalar_subquery().correlate_except(listed)


BUILDERS: dict[Any, Callable[..., ColumnElement[Any]]] = {
    parts.NullWhen: _Value.null_when,
    parts.Either: _Value.either,
    parts.One: _Value.one,
    parts.Many: _Value.many,
    parts.Each: _Value.each,
    parts.RawJson: _Value.raw,
    parts.Typed: _Value.typed,
    parts.Cases: _Value.cases,
    parts.SeenAs: _Value.seen_as,
    Mapping: _Value.object,
    list: _Value.listed,
    AliasedClass: _Value.row,
}
"""How each kind of part is built."""


def _may_be_null(expression: Any) -> bool:
    """Whether an expression might be NULL in some row, as far as it shows."""
    expression = parts.bare(expression)
    if isinstance(expression, BindParameter):
        return expression.value is None
    if isinstance(expression, Exists | count):
        return False
    return getattr(expression, "name", None) != "json_build_object"


def _is_text(expression: ColumnElement[Any]) -> bool:
    return expression.type.python_type is str if hasattr(expression.type, "python_type") else False


def _enum_name(expression: ColumnElement[Any], enum: GraphQLEnumType) -> ColumnElement[Any]:
    """The member's name of its value. Columns hold values; often these are the names already."""
    if isinstance(expression.type, Enum):
        expression = cast(expression, Text)
    values = {name: value.value for name, value in enum.values.items()}
    plain = {name: getattr(value, "value", value) for name, value in values.items()}
    if all(name == value for name, value in plain.items()):
        return expression
    return case(*[(expression == value, json_text(name)) for name, value in plain.items()], else_=null())
