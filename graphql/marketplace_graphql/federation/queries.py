"""Root fields of Apollo Federation: the schema as a gateway wants it, and things by what it calls them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, false, func, inspect, true

from marketplace.kit.errors import DomainError
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import (
    AnyScalar,
    ApiSchema,
    Info,
    QueryError,
    Requester,
    Row,
    object_type,
    resolver,
    union_of_declared,
)

ENTITIES_AT_ONCE = 100

Rule = Callable[[Any, Requester], ColumnElement[bool]]


def _email(row: Any) -> ColumnElement[str]:
    return func.lower(row.email)


def _own_or_staffs(row: Any, requester: Requester) -> ColumnElement[bool]:
    """Addresses are seen along what they belong to; by themselves, only by their person and by staff."""
    if requester.has_any((Permission.MANAGE_USERS, Permission.MANAGE_STAFF)):
        return true()
    return false() if requester.user_id is None else row.user_id == requester.user_id


def _staffs(row: Any, requester: Requester) -> ColumnElement[bool]:
    return true() if requester.has_any((Permission.MANAGE_STAFF,)) else false()


def _manages_apps(row: Any, requester: Requester) -> ColumnElement[bool]:
    return true() if requester.has_any((Permission.MANAGE_APPS,)) else false()


@dataclass(frozen=True)
class Entity:
    """Keys besides the id that a gateway may ask by, and a rule beyond the type's own visibility."""

    keys: Mapping[str, Callable[[Any], ColumnElement[Any]]] = field(default_factory=dict)
    rule: Rule | None = None


ENTITIES = {
    "App": Entity(rule=_manages_apps),
    "Address": Entity(rule=_own_or_staffs),
    "Category": Entity(),
    "Collection": Entity(),
    "Group": Entity(rule=_staffs),
    "Order": Entity(),
    "PageType": Entity(),
    "Product": Entity(),
    "ProductMedia": Entity(),
    "ProductType": Entity(),
    "ProductVariant": Entity(),
    "User": Entity(keys={"email": _email}),
}
"""Saleor's, of which those that the program declares are served."""

if TYPE_CHECKING:
    _Entity = Any
else:
    union_of_declared("_Entity", ENTITIES, description="What other services may refer to.")


@object_type(name="_Service")
class Service:
    """This service, for a gateway that joins several."""

    sdl: str | None
    """Its schema, with the keys by which other services refer to its types."""


@object_type
class FederationQueries:
    """What a gateway asks for."""

    @resolver
    async def _entities(info: Info, representations: list[AnyScalar]) -> "list[_Entity | None] | None":
        """Things by their type and key, in the order asked; null for what the requester may not see."""
        if len(representations) > ENTITIES_AT_ONCE:
            raise QueryError(f"At most {ENTITIES_AT_ONCE} entities can be asked for at once.")
        asked = [_asked(info, given) for given in representations]
        found: dict[tuple[str, str], dict[Any, Any]] = {}
        for type_name, key in dict.fromkeys((each.type_name, each.key) for each in asked):
            values = [each.value for each in asked if (each.type_name, each.key) == (type_name, key)]
            found[type_name, key] = await _seen(info, type_name, key, values)
        rows = [found[each.type_name, each.key].get(each.value) for each in asked]
        return [
            None if row is None else Row(inspect(row).identity[0], each.type_name)
            for each, row in zip(asked, rows, strict=True)
        ]

    @resolver
    def _service(info: Info) -> Service | None:
        """The schema, for a gateway."""
        return Service(sdl=federated_sdl(info.schema))


@dataclass(frozen=True)
class _Asked:
    type_name: str
    key: str
    value: Any


def _asked(info: Info, given: Any) -> _Asked:
    """What a representation names. Raises QueryError for what is none, or of no type that is served."""
    if not isinstance(given, Mapping):
        raise QueryError("A representation is an object.")
    type_name = given.get("__typename")
    if not isinstance(type_name, str):
        raise QueryError("A representation says its type as text in `__typename`.")
    entity = ENTITIES.get(type_name)
    if entity is None or type_name not in info.schema.rows:
        raise QueryError(f"{type_name} is no type that can be referred to.")
    for key in ("id", *entity.keys):
        value = given.get(key)
        if isinstance(value, str):
            return _Asked(type_name, key, _key(info, type_name, value) if key == "id" else value.lower())
    names = " or ".join(f"`{key}`" for key in ("id", *entity.keys))
    raise QueryError(f"A representation of {type_name} says its {names}.")


def _key(info: Info, type_name: str, global_id: str) -> Any:
    try:
        return info.key(global_id, type_name)
    except DomainError as error:
        raise QueryError(error.message) from error


async def _seen(info: Info, type_name: str, key: str, values: list[Any]) -> dict[Any, Any]:
    entity, model = ENTITIES[type_name], info.schema.rows_of(type_name).model
    rule = entity.rule
    return await info.seen(
        model,
        values,
        by=entity.keys.get(key),
        rule=None if rule is None else lambda row: rule(row, info.requester),
    )


@cache
def federated_sdl(schema: ApiSchema) -> str:
    """The schema with the keys of its entities, printed once."""
    sdl = schema.sdl()
    for type_name, entity in ENTITIES.items():
        keys = " ".join(f'@key(fields: "{key}")' for key in ("id", *entity.keys))
        start = sdl.find(f"\ntype {type_name} ")
        if start != -1:
            opened = sdl.index("{", start)
            sdl = f"{sdl[:opened]}{keys} {sdl[opened:]}"
    return sdl
