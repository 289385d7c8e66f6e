"""Mutations: a service's work in a transaction of its own, its result read back before the commit."""

import enum
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING, Any, Self, get_origin

from graphql import GraphQLNonNull, GraphQLObjectType
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit.announcements import announce
from marketplace.kit.errors import DomainError, Errors
from marketplace_graphql.kernel import fields
from marketplace_graphql.kernel.errors import QueryError, entry, response, told
from marketplace_graphql.kernel.inputs import python_arguments
from marketplace_graphql.kernel.reader.completion import Completer, Later, NullError
from marketplace_graphql.kernel.registry import DeclarationError
from marketplace_graphql.kernel.subjects import Subject
from marketplace_graphql.kernel.transactions import Transactions
from marketplace_graphql.kernel.types import enum as declared_enum
from marketplace_graphql.kernel.types import object_type

if TYPE_CHECKING:
    from marketplace_graphql.kernel.execution import Run


@dataclass(frozen=True)
class ErrorType:
    """The GraphQL type of a mutation's errors, and the codes it may have."""

    declared: type[Any]
    codes: type[enum.Enum]
    twin: str | None
    """Saleor's older name of the same list (`productErrors`), where its contract has one."""
    extra: Mapping[str, Any]
    """Its further fields, and what each is where the error says nothing of it: null, or no items."""


def error_type(
    name: str,
    codes: type[enum.Enum] | Sequence[str],
    *,
    twin: str | None = None,
    code_name: str = "code",
    path_only: bool = False,
    codes_name: str | None = None,
    **extra: Any,
) -> ErrorType:
    """`<name> { field message code ... }`. Extra fields are filled from the DomainError's details.

    Codes given as words make the enum `<name>Code`, or `codes_name`. With `path_only` the wrong field stands
    in `path` and there is no `field`, as in errors of Saleor's bulk mutations.
    """
    module = sys._getframe(1).f_globals["__name__"]  # noqa: SLF001 - the caller's names
    if not isinstance(codes, type):
        codes = _codes(codes_name or f"{name}Code", codes, module)
    where = "path" if path_only else "field"
    namespace: dict[str, Any] = {
        "__annotations__": {where: str | None, "message": str | None, code_name: codes, **extra},
        "__module__": module,
        "__doc__": "Why a mutation changed nothing.",
        where: fields.column(description=ERROR_DOCS["field"]),
        "message": fields.column(description=ERROR_DOCS["message"]),
        code_name: fields.column(description="What kind of mistake it is."),
    }
    left_out: dict[str, Any] = {
        each: [] if get_origin(annotation) is list else None for each, annotation in extra.items()
    }
    return ErrorType(object_type(type(name, (), namespace)), codes, twin, left_out)


def _codes(name: str, words: Sequence[str], module: str) -> type[enum.Enum]:
    made = enum.Enum(name, {word: word for word in words}, module=module)  # type: ignore[misc]
    made.__doc__ = "What kind of mistake it is."
    declared: type[enum.Enum] = declared_enum(made)
    return declared


ERROR_DOCS = {
    "field": "The input's field that is wrong; null where it is none of them alone.",
    "message": "What is wrong, for a person to read.",
}


@dataclass
class Mutation(fields.Declaration):
    """A root field that changes something."""

    errors: ErrorType | None = None
    returns: tuple[str, ...] = ()
    failed: Mapping[str, object] = dataclass_field(default_factory=dict)
    single: bool = False
    about: Subject | None = None
    tells: str | None = None
    sellers: bool = False

    positional = 2

    def __call__(self, function: fields.Function) -> Self:
        """Take the method. What the mutation is about comes after `info`, and has arguments of its own."""
        if self.about is None:
            return super().__call__(function)
        self.function = function
        self.arguments = [
            *self.about.arguments,
            *fields.arguments_of(function, self.positional + 1, outdated=self.outdated),
        ]
        return self

    async def call(self, info: Any, given: dict[str, Any]) -> Any:
        """The method's answer to the given arguments."""
        if self.function is None:
            raise DeclarationError(f"{self.name} has no method")
        if self.about is None:
            return await self.function(None, info, **given)
        naming = {each.name: given.pop(each.name) for each in self.about.arguments if each.name in given}
        return await self.function(None, info, await self.about.find(info, **naming), **given)

    def complete(self, name: str, annotation: Any, description: str | None) -> None:
        function = self.function
        super().complete(name, annotation, description or (function and inspect.getdoc(function)))


def mutation(
    *,
    returns: Any,
    errors: ErrorType,
    needs: fields.Needs = (),
    payload_name: str | None = None,
    field: str | None = None,
    failed: Mapping[str, object] | None = None,
    deprecated: str | None = None,
    about: Subject | None = None,
    outdated: Mapping[str, str] | None = None,
    tells: str | None = None,
    sellers: bool = False,
) -> Callable[[fields.Function], Any]:
    """Declare a mutation: `async def name(self, info, **arguments)`.

    `returns` is the payload's type, under its own name in lower case (or `field`), and the method returns its
    row; or a dict of Python field names to annotations, and the method returns a dict (or None for all null),
    with DomainErrors under `errors` where some of the work was done and some was refused.
    `failed` says what the payload's fields that are never null have when nothing was changed. With `about`,
    the method is `name(self, info, it, **arguments)`: see `subject`. `tells` names the event that is
    announced of the payload's first field once the method has returned (`PRODUCT_UPDATED`). With `sellers`,
    members of a seller may call it if they hold a needed permission within the seller; `info.find` then gives
    them only what is the seller's own, and what is everybody's: see `owned` and `shared`.
    """
    made = _payload_fields(returns, field)

    def declare(function: fields.Function) -> Any:
        payload = _payload(payload_name or _camel(function.__name__), function.__module__, made, errors)
        declared = Mutation(
            errors=errors,
            returns=tuple(made),
            single=not isinstance(returns, Mapping),
            failed=failed or {},
            deprecated=deprecated,
            about=about,
            outdated=outdated or {},
            tells=tells,
            sellers=sellers,
            needs=(needs,) if isinstance(needs, str) else tuple(needs),
        )
        declared(function)
        declared.function.__annotations__["return"] = payload | None
        return declared

    return declare


def _payload_fields(returns: Any, field: str | None) -> dict[str, Any]:
    if isinstance(returns, Mapping):
        return dict(returns)
    if returns is None:
        return {}
    name = returns if isinstance(returns, str) else returns.__name__
    annotation = f"{name} | None" if isinstance(returns, str) else returns | None
    return {field or _snake(name): annotation}


def _payload(name: str, module: str, made: dict[str, Any], errors: ErrorType) -> type[Any]:
    annotations: dict[str, Any] = {**made, "errors": list[errors.declared]}  # type: ignore[name-defined]
    namespace: dict[str, Any] = {
        "__module__": module,
        "__doc__": "What has changed, or why nothing has.",
        "errors": fields.column(description="Why nothing was changed; empty when all went well."),
    }
    if errors.twin is not None:
        twin = _snake(errors.twin)
        annotations[twin] = list[errors.declared]  # type: ignore[name-defined]
        namespace[twin] = fields.column(deprecated="Use the `errors` field instead.")
    namespace["__annotations__"] = annotations
    declared: type[Any] = object_type(type(name, (), namespace))
    return declared


async def run(execution: "Run", root: GraphQLObjectType) -> bytes:
    """All root fields of a mutation, one after the other."""
    data: dict[str, Any] = {}
    errors: list[dict[str, Any]] = []
    selected = execution.selection.of(root, [execution.operation.node.selection_set])
    for key, nodes in selected.items():
        if nodes[0].name.value == "__typename":
            data[key] = root.name
            continue
        field = root.fields[nodes[0].name.value]
        try:
            data[key] = await _run_one(execution, root, key, nodes, errors)
        except NullError:
            data[key] = None
        if data[key] is None and isinstance(field.type, GraphQLNonNull):
            return response(None, errors)
    return response(data, errors)


async def _run_one(
    execution: "Run", root: GraphQLObjectType, key: str, nodes: list[Any], errors: list[dict[str, Any]]
) -> Any:
    """One mutation: its payload, or None when an error was reported instead.

    Commits, or changes nothing; only an error that `keeps_changes` is both told and committed.
    """
    name = nodes[0].name.value
    declaration = execution.schema.declared[root.name][name].declaration
    if not isinstance(declaration, Mutation):
        raise DeclarationError(f"Mutation.{name} is no mutation")
    try:
        within = execution.permit(declaration)
        return await _committed(execution, root, key, nodes, declaration, errors, within)
    except (DomainError, Errors) as error:
        try:
            payload = _failure(declaration, error)
        except QueryError as untold:
            errors.append(entry(told(untold, f"{root.name}.{name}"), (key,)))
            return None
        completer = execution.completer(execution.api.database.reads.fetch_json)
        completer.errors = errors
        return await completer.python(payload, root.fields[name].type, nodes, (key,), f"{root.name}.{name}")
    except NullError:
        raise
    except Exception as error:  # noqa: BLE001 - told to the client, and to the log if it's our fault
        errors.append(entry(told(error, f"{root.name}.{name}"), (key,)))
    return None


async def _committed(
    execution: "Run",
    root: GraphQLObjectType,
    key: str,
    nodes: list[Any],
    declaration: Mutation,
    errors: list[dict[str, Any]],
    within: tuple[int, ...] | None,
) -> Any:
    """The service's work and the reading of its result, in one transaction (or several: `info.outside`)."""
    name = nodes[0].name.value
    field = root.fields[name]
    declared = execution.schema.declared[root.name][name]
    async with Transactions(execution.api.database) as transactions:
        keywords = python_arguments(
            execution.schema, field, declared.python_names, nodes[0], execution.inputs.variables
        )
        info = execution.info(transactions.session)
        info.within, info.transactions = within, transactions
        try:
            result = await declaration.call(info, keywords)
            await execution.api.acted(info, name)
            payload = _success(declaration, result)
            await execution.api.settle(info)
            await _tell(info.session, declaration, payload)
        except DomainError as refused:
            if not refused.keeps_changes:
                raise
            payload = _failure(declaration, refused)
        session = info.session
        await session.flush()
        completer: Completer = execution.completer(execution.fetch_in(session), session)
        completer.errors, completer.left_to_do = errors, info.left_to_do
        made = await completer.python(payload, field.type, nodes, (key,), f"{root.name}.{name}")
        await completer.finish()
        await execution.api.settle(info)
        return made


async def _tell(session: AsyncSession, declaration: Mutation, payload: Mapping[str, Any]) -> None:
    """Announce what the mutation says it tells of, of what it made."""
    if declaration.tells is None:
        return
    made = payload[declaration.returns[0]]
    if isinstance(made, Later):
        made = made.value
    rows = made if isinstance(made, list) else [made]
    await announce(session, declaration.tells, *(row for row in rows if row is not None))


def _success(declaration: Mutation, result: Any) -> dict[str, Any]:
    payload: dict[str, Any] = dict.fromkeys(declaration.returns)
    if declaration.single and declaration.returns:
        payload[declaration.returns[0]] = result
    elif isinstance(result, Mapping):
        payload |= result
    found = payload.pop("errors", [])
    if any(isinstance(each, Mapping) for each in found):  # A bulk has told its rows' errors in its own words.
        return _errors(declaration, []) | payload | {"errors": found}
    return payload | _errors(declaration, found)


def _failure(declaration: Mutation, error: DomainError | Errors) -> dict[str, Any]:
    all_of_them = error.errors if isinstance(error, Errors) else [error]
    return dict.fromkeys(declaration.returns) | dict(declaration.failed) | _errors(declaration, all_of_them)


def _errors(declaration: Mutation, found: list[DomainError]) -> dict[str, Any]:
    if declaration.errors is None:
        raise DeclarationError("a mutation says the type of its errors")
    kind = declaration.errors
    entries = error_entries(kind, found)
    made: dict[str, Any] = {"errors": entries}
    if kind.twin is not None:
        made[_snake(kind.twin)] = entries
    return made


def error_entries(kind: ErrorType, found: Sequence[DomainError]) -> list[dict[str, Any]]:
    """Errors in the shape of an error type: for payloads that tell the errors of each of their rows."""
    return [
        {
            "field": error.field,
            "path": error.field,
            "message": error.message,
            "code": _code(kind, error),
            **{name: error.details.get(name, left_out) for name, left_out in kind.extra.items()},
        }
        for error in found
    ]


def _code(kind: ErrorType, error: DomainError) -> enum.Enum:
    """The error's code in the mutation's own terms. A rule of another room may have one that these lack.

    Raises QueryError where Saleor's codes have no word for what is merely wrong: it is told at the field.
    """
    by_value = {member.value: member for member in kind.codes} | {
        member.name: member for member in kind.codes
    }
    known = [by_value[code] for code in (error.code, "INVALID", "GRAPHQL_ERROR") if code in by_value]
    if not known:
        raise QueryError(error.message)
    return known[0]


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
