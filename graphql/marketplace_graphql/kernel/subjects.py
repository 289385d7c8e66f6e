"""What a mutation is about, where several arguments may name it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from strawberry import ID
from strawberry.utils.str_converters import to_camel_case

from marketplace.kit.errors import DomainError, NotFoundError
from marketplace_graphql.kernel import fields
from marketplace_graphql.kernel.info import Info


@dataclass(frozen=True)
class Subject:
    """What mutations are about: `id`, and its other names."""

    find: Callable[..., Awaitable[Any]]
    """(info, **arguments) -> what the mutation's method gets after `info`."""
    arguments: tuple[fields.Argument, ...]

    def without(self, *names: str) -> "Subject":
        """The same, for mutations that never had some of the names."""
        return replace(self, arguments=tuple(each for each in self.arguments if each.name not in names))


def subject(**outdated: str) -> Callable[[Callable[..., Awaitable[Any]]], Subject]:
    """Declare what mutations are about: `async def the_thing(info, **arguments)`, arguments being those that
    name it. `outdated` says of some of them, by their Python names, why they are deprecated.
    """

    def declare(function: Callable[..., Awaitable[Any]]) -> Subject:
        return Subject(function, tuple(fields.arguments_of(function, 1, outdated=outdated)))

    return declare


def row_by(model: type[Any], *names: str, lock: bool = False) -> Subject:
    """A row that its global id names, or else one of its other unique columns: `row_by(Product,
    "external_reference")`. Exactly one of them must be given, as Saleor words it.
    """

    async def find(info: Info, **arguments: Any) -> Any:
        given = {name: value for name, value in arguments.items() if value is not None}
        if not given:
            wanted = ", ".join(f"'{name}'" for name in ("id", *names))
            raise DomainError(f"At least one of arguments is required: {wanted}.", code="GRAPHQL_ERROR")
        (first, value), *rest = given.items()
        if rest:
            others = ", ".join(f"'{name}'" for name, _ in rest)
            raise DomainError(f"Argument '{first}' cannot be combined with {others}", code="GRAPHQL_ERROR")
        if first == "id":
            return await info.find(model, value, lock=lock)
        found = await info.seen(model, [value], by=lambda row: getattr(row, first), lock=lock)
        if value not in found:
            raise NotFoundError(f"Couldn't resolve to a node: {value}", field=to_camel_case(first))
        return found[value]

    arguments = [fields.Argument("id", ID | None, None)]
    arguments += [fields.Argument(name, str | None, None) for name in names]
    return Subject(find, tuple(arguments))
