"""Class decorators: what turns a class of declarations into a GraphQL type."""

import ast
import enum as enum_module
import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ForwardRef, TypeVar, Union, cast, dataclass_transform

import strawberry
from sqlalchemy import ColumnElement
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from marketplace_graphql.kernel import fields
from marketplace_graphql.kernel.registry import (
    DeclarationError,
    Predicate,
    Rows,
    TypeNames,
    registry,
)

T = TypeVar("T", bound=type[Any])


@dataclass(frozen=True)
class Kinds:
    """How a row of one table says which of an interface's or union's types it is."""

    rows: Rows
    kind: Callable[[Any, Any], ColumnElement[Any]]
    types: Mapping[str, str]
    """The kind's text -> the type's name."""


def node(
    model: type[Any],
    *,
    visible: Predicate | None = None,
    channel: Callable[[Any], ColumnElement[Any]] | None = None,
    order_by: fields.Function | None = None,
    name: str | None = None,
) -> Callable[[T], T]:
    """A type over a model's rows with a global id. The class derives from `Node`.

    `visible` is `(row, ctx) -> predicate`: which rows the requester may see, on every path to the model.
    `channel` is `(row) -> channel key`: the channel in force below a row, as a checkout or an order has one.
    `order_by` is `(row, ctx) -> expression or tuple`: the order of lists where nothing else is asked.
    """

    def declare(cls: T) -> T:
        if not issubclass(cls, Node):
            raise DeclarationError(f"{cls.__name__} derives from Node, or is a record")
        return record(model, visible=visible, channel=channel, order_by=order_by, name=name)(cls)

    return declare


def record(
    model: type[Any],
    *,
    visible: Predicate | None = None,
    channel: Callable[[Any], ColumnElement[Any]] | None = None,
    order_by: fields.Function | None = None,
    name: str | None = None,
) -> Callable[[T], T]:
    """A type over a model's rows that has no global id, such as a price that is stored as a row."""

    def declare(cls: T) -> T:
        if visible is not None:
            registry.add_rule(model, visible)
        cls.__rows__ = Rows(model, channel, order_by)
        return _declared(cls, name=name)

    return declare


@dataclass_transform(kw_only_default=True)
def object_type(cls: T | None = None, *, name: str | None = None) -> Any:
    """A type without rows: what a `value`, a resolver or a mutation gives; also the parts of Query."""

    def declare(cls: T) -> T:
        return _declared(cls, name=name)

    return declare if cls is None else declare(cls)


def interface(
    cls: T | None = None,
    *,
    rows: type[Any] | None = None,
    kind: Callable[[Any, Any], ColumnElement[Any]] | None = None,
    types: Mapping[str, str] | None = None,
    name: str | None = None,
) -> Any:
    """A GraphQL interface. Where one table holds all its types, `kind` is `(row, ctx) -> text` that `types`
    maps to type names.
    """

    def declare(cls: T) -> T:
        if rows is not None:
            if kind is None or types is None:
                raise DeclarationError(f"{cls.__name__}: rows need a kind, and types to map it to")
            cls.__kinds__ = Kinds(Rows(rows), kind, types)
        return _declared(cls, name=name, as_interface=True)

    return declare if cls is None else declare(cls)


UNIONS: dict[str, Kinds] = {}
"""Unions whose types are all read from one table, by name."""


def union(
    name: str,
    *members: type[Any] | str,
    rows: type[Any] | None = None,
    kind: Callable[[Any, Any], ColumnElement[Any]] | None = None,
    types: Mapping[str, str] | None = None,
    description: str | None = None,
) -> Any:
    """A GraphQL union; members may be given by name. `rows`, `kind` and `types` are as in `interface`."""
    if rows is not None:
        if kind is None or types is None:
            raise DeclarationError(f"{name}: rows need a kind, and types to map it to")
        UNIONS[name] = Kinds(Rows(rows), kind, types)
    parts = tuple(ForwardRef(member) if isinstance(member, str) else member for member in members)
    made = Annotated[Union[parts], strawberry.union(name, description=description)]  # type: ignore[valid-type]  # noqa: UP007
    registry.add_type(name, cast("type[Any]", made))
    return made


def union_of_declared(name: str, members: Iterable[str], *, description: str | None = None) -> None:
    """A union of those of some types that the program declares, in whichever room: the rest may come later.

    Annotations name it as a string.
    """

    def make() -> None:
        union(name, *(member for member in members if member in registry.types), description=description)

    registry.unions[name] = make


def input_type(
    cls: T | None = None, *, name: str | None = None, outdated: Mapping[str, str] | None = None
) -> Any:
    """A GraphQL input. What may be null may also be left out, and is UNSET then.

    `outdated` says of fields, by their Python names, why they are deprecated.
    """

    def declare(cls: T) -> T:
        names = TypeNames(sys.modules[cls.__module__].__dict__)
        docs = _field_docs(cls)
        types: dict[str, StrawberryAnnotation] = {}
        for field_name, annotation in inspect.get_annotations(cls).items():
            default = cls.__dict__.get(field_name, strawberry.UNSET)
            if isinstance(default, StrawberryField):
                continue
            made = StrawberryField(
                python_name=field_name,
                description=docs.get(field_name),
                default=default,
                deprecation_reason=(outdated or {}).get(field_name),
            )
            setattr(cls, field_name, made)
            types[field_name] = StrawberryAnnotation(annotation, namespace=names)
        return _made(strawberry.input, cls, name, types)

    return declare if cls is None else declare(cls)


def enum(cls: type[enum_module.Enum], *, name: str | None = None) -> Any:
    """A GraphQL enum. Columns hold the members' values; clients see their names."""
    declared = strawberry.enum(cls, name=name, description=_doc(cls))
    registry.add_type(name or cls.__name__, declared)
    return declared


def register(cls: T) -> T:
    """Let annotations of every module name a type that Strawberry declared itself."""
    registry.add_type(cls.__name__, cls)
    return cls


def _declared(cls: T, *, name: str | None, as_interface: bool = False) -> T:
    names = TypeNames(sys.modules[cls.__module__].__dict__)
    annotations = inspect.get_annotations(cls)
    docs = _field_docs(cls)
    declared: dict[str, fields.Declaration] = {}
    for field_name in dict.fromkeys([*annotations, *cls.__dict__]):
        found = cls.__dict__.get(field_name)
        if isinstance(found, fields.Declaration):
            declaration = found
        elif field_name in annotations and found is None:
            declaration = fields.Column()
        else:
            continue
        declaration.complete(field_name, annotations.get(field_name), docs.get(field_name))
        declared[field_name] = declaration
        setattr(cls, field_name, _strawberry_field(declaration, names))
    cls.__declared__ = declared
    types = {
        field_name: StrawberryAnnotation(declaration.annotation, namespace=names)
        for field_name, declaration in declared.items()
    }
    return _made(strawberry.interface if as_interface else strawberry.type, cls, name, types)


def _made(make: Callable[..., Any], cls: T, name: str | None, types: Mapping[str, StrawberryAnnotation]) -> T:
    """Have Strawberry make the type; names in annotations are looked up when the schema is joined."""
    annotations = inspect.get_annotations(cls)
    cls.__annotations__ = annotations | dict.fromkeys(types, object)
    made = make(cls, name=name, description=_doc(cls))
    for field in made.__strawberry_definition__.fields:
        if field.python_name in types:
            field.type_annotation = types[field.python_name]
    made.__annotations__ = annotations
    registry.add_type(name or cls.__name__, made)
    return cast("T", made)


def _strawberry_field(declaration: fields.Declaration, names: TypeNames) -> StrawberryField:
    made = StrawberryField(
        python_name=declaration.name,
        description=declaration.description,
        deprecation_reason=declaration.deprecated,
    )
    made.arguments = [
        StrawberryArgument(
            argument.name,
            None,
            StrawberryAnnotation(argument.annotation, namespace=names),
            # A default of None is what being absent means already; the schema need not say so.
            default=inspect.Parameter.empty if argument.default is None else argument.default,
            deprecation_reason=argument.deprecated,
        )
        for argument in declaration.arguments
    ]
    return made


def _doc(cls: type[Any]) -> str | None:
    """The class's own docstring: an inherited one would describe something else."""
    doc = cls.__dict__.get("__doc__")
    return inspect.cleandoc(doc) if doc else None


def _field_docs(cls: type[Any]) -> dict[str, str]:
    return _module_docs(cls.__module__).get(cls.__qualname__.rpartition(".")[2], {})


@functools.lru_cache(maxsize=256)
def _module_docs(module_name: str) -> dict[str, dict[str, str]]:
    """Strings that stand below the fields of a module's classes: {class: {field: text}}."""
    path = getattr(sys.modules[module_name], "__file__", None)
    if path is None:
        return {}
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    found: dict[str, dict[str, str]] = {}
    for part in tree.body:
        if not isinstance(part, ast.ClassDef):
            continue
        docs = found.setdefault(part.name, {})
        for statement, following in zip(part.body, part.body[1:], strict=False):
            match statement, following:
                case (
                    ast.AnnAssign(target=ast.Name(id=field_name)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ):
                    docs[field_name] = inspect.cleandoc(text)
    return found


@interface
class Node:
    """Something with a global id."""

    id: strawberry.ID
    """Unique among all objects of the API."""
