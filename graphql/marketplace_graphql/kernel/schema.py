"""The schema: Strawberry's, plus what the reader must know of each of its types, looked up once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
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
    """Strawberry's names; a list of products is a `ProductCountableConnection`.

    Where Saleor calls a list otherwise than its items, their class says how in `__listed_as__`.
    """

    def from_generic(
        self, generic_type: StrawberryObjectDefinition, types: list[StrawberryType | type]
    ) -> str:
        return "".join(self._listed_as(type_) for type_ in types) + generic_type.name

    def _listed_as(self, type_: StrawberryType | type) -> str:
        resolved = type_.resolve_type() if isinstance(type_, LazyType) else type_
        said: str | None = getattr(resolved, "__listed_as__", None)
        return said or self.get_name_from_type(type_)

    def apply_naming_config(self, name: str) -> str:
        """Names of Apollo Federation begin with an underscore."""
        return (
            "_" + super().apply_naming_config(name[1:])
            if name.startswith("_")
            else super().apply_naming_config(name)
        )

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

    @cached_property
    def python_names(self) -> dict[str, str]:
        """The arguments' Python names by their GraphQL names."""
        return {name: argument.name for name, argument in self.arguments.items()}


class ApiSchema:
    """Built once, at the start. Raises DeclarationError for what could not be answered later."""

    def __init__(
        self,
        query: type[Any],
        mutation: type[Any] | None = None,
        types: Iterable[type[Any]] = (),
        channels: ChannelSource | None = None,
        subscription: type[Any] | None = None,
    ) -> None:
        config = StrawberryConfig(name_converter=SaleorNames(), scalar_map=scalars.definitions())
        try:
            self.strawberry = strawberry.Schema(
                query=query,
                mutation=mutation,
                subscription=subscription,
                types=list(types),
                config=config,
            )
        except (TypeError, StrawberryException):
            _check_names()  # Says more than Strawberry does where a name is the reason.
            raise
        self.graphql = self.strawberry._schema  # noqa: SLF001 - graphql-core's schema has no public name
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

    def object_type(self, name: str) -> GraphQLObjectType:
        """An object type by its name. Raises DeclarationError where there is none."""
        found = self.graphql.type_map.get(name)
        if not isinstance(found, GraphQLObjectType):
            raise DeclarationError(f"{name} is no object type of this schema")
        return found

    def type_of_model(self, model: type[Any]) -> str:
        """The node type that a model's rows are read as."""
        return self.types_of_model(model)[0]

    def types_of_model(self, model: type[Any]) -> tuple[str, ...]:
        """All node types that a model's rows are read as, the one of the model's own name first.

        Raises DeclarationError where there is none.
        """
        found = [
            name for name, rows in self.rows.items() if rows.model is model and "id" in self.declared[name]
        ]
        names = tuple(sorted(found, key=lambda name: name != model.__name__))
        if not names:
            raise DeclarationError(f"no node type reads {model.__name__}")
        return names

    def _learn(self, named: GraphQLNamedType) -> None:
        """Look up, once, what the reader will ask of a type."""
        if isinstance(named, GraphQLUnionType) and named.name in UNIONS:
            self.kinds[named.name] = UNIONS[named.name]
        origin = getattr((named.extensions or {}).get(DEFINITION), "origin", None)
        if origin is None or isinstance(named, GraphQLUnionType):
            return
        self.classes[named.name] = origin
        if isinstance(named, GraphQLInputObjectType):
            for input_field in named.fields.values():
                input_field.out_name = _python_name(input_field)
        elif isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            self._learn_fields(named, origin)

    def _learn_fields(self, named: GraphQLObjectType | GraphQLInterfaceType, origin: type[Any]) -> None:
        own = vars(origin)
        if "__rows__" in own:
            self.rows[named.name] = own["__rows__"]
        if "__kinds__" in own:
            self.kinds[named.name] = own["__kinds__"]
        self.python_names[named.name] = {name: _python_name(field) for name, field in named.fields.items()}
        self.declared[named.name] = {}
        for name, field in named.fields.items():
            declaration = _declaration(origin, _python_name(field))
            if declaration is None:
                continue
            if declaration.needs_from:
                needs = registry.private_needs.get(named.name, (getattr(origin, declaration.needs_from),))
                declaration = replace(declaration, needs=needs)
            by_python_name = {argument.name: argument for argument in declaration.arguments}
            arguments = {
                each: by_python_name[_python_name(argument)] for each, argument in field.args.items()
            }
            self.declared[named.name][name] = DeclaredField(declaration, arguments)

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


def _python_name(part: GraphQLField | GraphQLInputField | GraphQLArgument) -> str:
    return str(part.extensions[DEFINITION].python_name)


def _check_names() -> None:
    """Raises DeclarationError that lists every name in an annotation that no room declares."""
    unknown: dict[str, set[str]] = {}
    for declared in list(registry.types.values()):
        definition = getattr(declared, "__strawberry_definition__", None)
        for field in getattr(definition, "fields", ()):
            for annotation in (field.type_annotation, *(each.type_annotation for each in field.arguments)):
                try:
                    if annotation is not None:
                        annotation.evaluate()
                except NameError as error:
                    unknown.setdefault(str(error.name), set()).add(f"{declared.__name__}.{field.python_name}")
    if unknown:
        names = "; ".join(
            f"{name} (in {', '.join(sorted(places))})" for name, places in sorted(unknown.items())
        )
        raise DeclarationError(f"named, but declared in no room: {names}")


def _declaration(origin: type[Any], python_name: str) -> fields.Declaration | None:
    for cls in origin.__mro__:
        declared: dict[str, fields.Declaration] = vars(cls).get("__declared__", {})
        if python_name in declared:
            return declared[python_name]
    return None
