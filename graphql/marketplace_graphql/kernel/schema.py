"""The schema: Strawberry's, plus what the reader must know of each of its types, looked up once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import strawberry
from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    is_non_null_type,
)
from sqlalchemy import inspect
from sqlalchemy.orm import ColumnProperty
from strawberry.exceptions import StrawberryException
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.name_converter import NameConverter
from strawberry.types.base import StrawberryObjectDefinition, StrawberryType
from strawberry.types.lazy_type import LazyType

from marketplace_graphql.kernel import fields, scalars
from marketplace_graphql.kernel.reader.context import ChannelSource
from marketplace_graphql.kernel.registry import DeclarationError, Rows, registry
from marketplace_graphql.kernel.types import UNIONS, Kinds

DEFINITION = "strawberry-definition"


class SaleorNames(NameConverter):
    """Strawberry's names; a list of products is a `ProductCountableConnection`."""

    def from_generic(
        self, generic_type: StrawberryObjectDefinition, types: list[StrawberryType | type]
    ) -> str:
        return "".join(self.get_name_from_type(type_) for type_ in types) + generic_type.name

    def get_name_from_type(self, type_: StrawberryType | type) -> str:
        if isinstance(type_, LazyType):
            type_ = type_.resolve_type()
        return super().get_name_from_type(type_)


@dataclass(frozen=True)
class DeclaredField:
    """A field as the reader meets it."""

    declaration: fields.Declaration
    arguments: Mapping[str, fields.Argument]
    """By their GraphQL names."""


class ApiSchema:
    """Built once, at the start. Raises DeclarationError for what could not be answered later."""

    def __init__(
        self,
        query: type[Any],
        mutation: type[Any] | None = None,
        types: Iterable[type[Any]] = (),
        channels: ChannelSource | None = None,
    ) -> None:
        config = StrawberryConfig(name_converter=SaleorNames(), scalar_map=scalars.definitions())
        try:
            self.strawberry = strawberry.Schema(
                query=query, mutation=mutation, types=list(types), config=config
            )
        except (TypeError, StrawberryException):
            _check_names()  # Says more than Strawberry does where a name is the reason.
            raise
        self.graphql = self.strawberry._schema
        self.channels = channels
        self.declared: dict[str, dict[str, DeclaredField]] = {}
        self.classes: dict[str, type[Any]] = {}
        self.rows: dict[str, Rows] = {}
        self.kinds: dict[str, Kinds] = {}
        self.python_names: dict[str, dict[str, str]] = {}
        for named in self.graphql.type_map.values():
            self._learn(named)
        for named in self.graphql.type_map.values():
            self._check(named)

    def sdl(self) -> str:
        """The schema in GraphQL's own language."""
        return self.strawberry.as_str()

    def rows_of(self, type_name: str) -> Rows:
        """What a type reads. Raises DeclarationError where it reads nothing."""
        rows = self.rows.get(type_name)
        if rows is None:
            raise DeclarationError(f"{type_name} is no type over rows of this schema")
        return rows

    def type_of_model(self, model: type[Any]) -> str:
        """The node type that a model's rows are read as."""
        return self.types_of_model(model)[0]

    def types_of_model(self, model: type[Any]) -> tuple[str, ...]:
        """All node types that a model's rows are read as. Raises DeclarationError where there is none."""
        names = tuple(
            name for name, rows in self.rows.items() if rows.model is model and "id" in self.declared[name]
        )
        if not names:
            raise DeclarationError(f"no node type reads {model.__name__}")
        return names

    def _learn(self, named: GraphQLNamedType) -> None:
        definition = (named.extensions or {}).get(DEFINITION)
        if isinstance(named, GraphQLUnionType):
            if named.name in UNIONS:
                self.kinds[named.name] = UNIONS[named.name]
            return
        if definition is None or not hasattr(definition, "origin"):
            return
        origin = definition.origin
        if isinstance(named, GraphQLInputObjectType):
            for name, input_field in named.fields.items():
                input_field.out_name = input_field.extensions[DEFINITION].python_name
            self.classes[named.name] = origin
            return
        if not isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            return
        self.classes[named.name] = origin
        if "__rows__" in vars(origin):
            self.rows[named.name] = origin.__rows__
        if "__kinds__" in vars(origin):
            self.kinds[named.name] = origin.__kinds__
        declared: dict[str, DeclaredField] = {}
        python_names: dict[str, str] = {}
        for name, field in named.fields.items():
            python_name = field.extensions[DEFINITION].python_name
            python_names[name] = python_name
            declaration = _declaration(origin, python_name)
            if declaration is None:
                continue
            if declaration.needs_from:
                declaration = replace(declaration, needs=(getattr(origin, declaration.needs_from),))
            by_python_name = {argument.name: argument for argument in declaration.arguments}
            arguments = {}
            for argument_name, argument in field.args.items():
                python_argument = argument.extensions[DEFINITION].python_name
                arguments[argument_name] = by_python_name[python_argument]
            declared[name] = DeclaredField(declaration, arguments)
        self.declared[named.name] = declared
        self.python_names[named.name] = python_names

    def _check(self, named: GraphQLNamedType) -> None:
        """A declaration that its model can't keep is found at the start, not by a client."""
        if not isinstance(named, GraphQLObjectType) or named.name not in self.rows:
            return
        mapper = inspect(self.rows[named.name].model)
        for name, declared in self.declared[named.name].items():
            declaration = declared.declaration
            if not isinstance(declaration, fields.Column):
                continue
            attribute = declaration.attribute or declaration.name
            where = f"{named.name}.{name}"
            if attribute not in mapper.all_orm_descriptors:
                raise DeclarationError(f"{where}: {mapper.class_.__name__} has no {attribute}")
            prop = mapper.attrs.get(attribute)
            nullable = isinstance(prop, ColumnProperty) and getattr(prop.columns[0], "nullable", True)
            if nullable and is_non_null_type(named.fields[name].type):
                raise DeclarationError(f"{where} promises never to be null, but its column may be")


def _check_names() -> None:
    """Raises DeclarationError that lists every name in an annotation that no room declares."""
    unknown: dict[str, set[str]] = {}
    for declared in registry.types.values():
        definition = getattr(declared, "__strawberry_definition__", None)
        for field in getattr(definition, "fields", ()):
            for annotation in (field.type_annotation, *(each.type_annotation for each in field.arguments)):
                try:
                    if annotation is not None:
                        annotation.evaluate()
                except NameError as error:
                    unknown.setdefault(error.name, set()).add(f"{declared.__name__}.{field.python_name}")
    if unknown:
        names = "; ".join(
            f"{name} (in {', '.join(sorted(places))})" for name, places in sorted(unknown.items())
        )
        raise DeclarationError(f"named, but declared in no room: {names}")


def _declaration(origin: type[Any], python_name: str) -> fields.Declaration | None:
    for cls in origin.__mro__:
        declared = vars(cls).get("__declared__", {}).get(python_name)
        if declared is not None:
            return declared
    return None
