"""From a request's document and variables to the bytes of its answer."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import orjson
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLObjectType,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)
from graphql import (
    execute as execute_in_core,
)
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import clock
from marketplace.kit.acting import acting
from marketplace.kit.database import fetch_json_in
from marketplace_graphql.kernel import fields, mutations, resolvers
from marketplace_graphql.kernel.documents import (
    Documents,
    InvalidDocumentError,
    Operation,
)
from marketplace_graphql.kernel.errors import (
    LimitError,
    Path,
    QueryError,
    denied,
    entry,
    from_graphql,
    response,
    told,
)
from marketplace_graphql.kernel.info import Info
from marketplace_graphql.kernel.keeping import Kept
from marketplace_graphql.kernel.limits import Limits
from marketplace_graphql.kernel.reader.completion import Completer
from marketplace_graphql.kernel.reader.parameters import BindError, Inputs, values_of
from marketplace_graphql.kernel.reader.plan import (
    Plan,
    Setting,
    operation_plan,
    rows_plan,
)
from marketplace_graphql.kernel.reader.slots import Slot
from marketplace_graphql.kernel.reader.sql import MARK_BYTES
from marketplace_graphql.kernel.requester import Requester
from marketplace_graphql.kernel.schema import ApiSchema
from marketplace_graphql.kernel.selection import Fields, Selection

BYTES_PER_CHARACTER = 4
"""What a plan takes in memory, roughly, for each character of its statement."""

Fetch = Callable[[str, Sequence[str | None]], Any]


class Reads(Protocol):
    """Where statements are sent that only read."""

    async def fetch_json(self, sql: str, params: Sequence[object]) -> bytes: ...


class Database(Protocol):
    """What the API needs of `marketplace.kit.database.Database`."""

    @property
    def reads(self) -> Reads: ...

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]: ...


@dataclass(frozen=True)
class Request:
    """One operation to execute."""

    document: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    language: str = "en"
    headers: Mapping[str, str] = field(default_factory=dict)
    address: str | None = None
    """Where it comes from on the net, as far as that is known."""


Settle = Callable[[Info], Awaitable[None]]
Acted = Callable[[Info, str], Awaitable[None]]


async def _nothing_to_settle(info: Info) -> None:
    pass


async def _nobody_to_note(info: Info, name: str) -> None:
    pass


class Api:
    """The schema with the database behind it. One per process."""

    def __init__(
        self,
        schema: ApiSchema,
        database: Database,
        *,
        settings: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        context: Any = None,
        settle: Settle | None = None,
        acted: Acted | None = None,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self.schema = schema
        self.database = database
        self.settings = settings or {}
        self.limits = limits or Limits()
        self.context = context
        self.settle = settle or _nothing_to_settle
        """What is left to do for any mutation once its own work is done, before its payload is read."""
        self.acted = acted or _nobody_to_note
        """Told of each mutation that has done its work: of those who act for somebody else, it is noted."""
        self.now = now
        self.kept: Kept[Any] = Kept(self.limits.plans_bytes)
        self._documents = Documents(schema, self.limits)

    async def execute(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        requester: Requester | None = None,
        operation_name: str | None = None,
        language: str = "en",
        address: str | None = None,
    ) -> dict[str, Any]:
        """Execute in process: what pages use. The same path as a request over HTTP."""
        request = Request(document, variables or {}, operation_name, language, address=address)
        answer: dict[str, Any] = orjson.loads(await self.answer(request, requester or Requester()))
        return answer

    def operation(self, document: str, name: str | None) -> Operation:
        """An operation, judged and remembered. Raises InvalidDocumentError or LimitError."""
        return self._documents.operation(document, name)

    async def answer(self, request: Request, requester: Requester) -> bytes:
        """The response's JSON. Nothing is raised: what goes wrong is in its `errors`."""
        try:
            return await self._answered(request, requester)
        except InvalidDocumentError as error:
            return orjson.dumps({"errors": [from_graphql(each) for each in error.errors]})
        except LimitError as error:
            return orjson.dumps({"errors": [entry(QueryError(str(error)))]})
        except Exception as error:  # noqa: BLE001 - the client is told that it failed, the log why
            return response(None, [entry(told(error, request.operation_name or "an operation"))])

    async def _answered(self, request: Request, requester: Requester) -> bytes:
        operation = self._documents.operation(request.document, request.operation_name)
        variables = operation.coerced(request.variables)
        inputs = Inputs(variables, requester, self.now(), request.language, settings=self.settings)
        run = Run(self, operation, inputs, operation.shape(variables), request)
        if operation.node.operation is OperationType.MUTATION:
            return await run.mutation()
        if operation.node.operation is OperationType.SUBSCRIPTION:
            raise InvalidDocumentError([GraphQLError("Subscriptions are not served here.")])
        return await run.query()


class Run:
    """One operation in execution."""

    def __init__(
        self,
        api: Api,
        operation: Operation,
        inputs: Inputs,
        shape: tuple[object, ...],
        request: Request,
    ) -> None:
        self.api = api
        self.schema = api.schema
        self.operation = operation
        self.inputs = inputs
        self.request = request
        self._shape = (inputs.requester.kind, shape)

    @property
    def selection(self) -> Selection:
        return Selection(self.schema.graphql, self.operation.fragments, self.inputs.variables)

    async def query(self) -> bytes:
        root = self.schema.graphql.query_type
        if root is None:
            raise TypeError("the schema has no Query")
        parts = self._parts(root)
        if parts.is_plain:
            return await self._plain(root, parts.read)
        return await self._mixed(root, parts)

    def _parts(self, root: GraphQLObjectType) -> "RootParts":
        """Which root fields SQL answers, and which not. Kept, since it only depends on the shape."""
        key = (self.operation, "parts", self._shape[1])
        parts: RootParts | None = self.api.kept.get(key)
        if parts is None:
            parts = RootParts.of(self.schema, root, self.selection, self.operation.node)
            self.api.kept.put(key, parts, 500)
        return parts

    async def _plain(self, root: GraphQLObjectType, selected: Fields) -> bytes:
        """The usual case: SQL's bytes are the answer, unless there is something to see to."""
        raw, plan = await self._read_root(root, selected)
        if not plan.must_be_walked and MARK_BYTES not in raw:
            return b'{"data":' + raw + b"}"
        completer = self.completer(self.api.database.reads.fetch_json)
        data = await completer.root(orjson.loads(raw), plan.slots)
        return response(data, completer.errors)

    async def _mixed(self, root: GraphQLObjectType, parts: "RootParts") -> bytes:
        """Some root fields are answered by Python, or are introspection: merged in the selection's order."""
        data: dict[str, Any] | None = {}
        completer = self.completer(self.api.database.reads.fetch_json)
        if parts.read:
            raw, plan = await self._read_root(root, parts.read)
            data = await completer.root(orjson.loads(raw), plan.slots)
        if data is not None and parts.resolved:
            resolved = await resolvers.resolve(self, root, parts.resolved, completer)
            data = None if resolved is None else data | resolved
        if data is not None and parts.introspected is not None:
            data |= self._introspected(parts.introspected)
        if data is not None:
            data = {key: data.get(key) for key in parts.order}
        return response(data, completer.errors)

    def _introspected(self, selections: SelectionSetNode) -> dict[str, Any]:
        """What the schema says of itself, by graphql-core. Kept: it never changes, and takes a while."""
        key = (self.operation, "schema", orjson.dumps(self.inputs.variables, default=str))
        kept: bytes | None = self.api.kept.get(key)
        if kept is None:
            kept = orjson.dumps(self._introspect(selections))
            self.api.kept.put(key, kept, len(kept))
        data: dict[str, Any] = orjson.loads(kept)
        return data

    def _introspect(self, selections: SelectionSetNode) -> dict[str, Any]:
        node = self.operation.node
        only = OperationDefinitionNode(
            operation=node.operation, selection_set=selections, variable_definitions=node.variable_definitions
        )
        document = DocumentNode(definitions=(only, *self.operation.fragments.values()))
        result = execute_in_core(self.schema.graphql, document, variable_values=dict(self.inputs.variables))
        if not isinstance(result, ExecutionResult) or result.data is None or result.errors:
            raise TypeError(f"introspection failed: {result}")
        return result.data

    async def _read_root(self, root: GraphQLObjectType, selected: Fields) -> tuple[bytes, Plan]:
        return await self.read(
            ("root",),
            lambda setting: operation_plan(setting, root, selected),
            self.api.database.reads.fetch_json,
        )

    async def read(
        self, key: tuple[object, ...], compile_plan: Callable[[Setting], Plan], fetch: Fetch
    ) -> tuple[bytes, Plan]:
        """A statement's answer. Fields whose arguments turn out wrong are refused, the others still read."""
        rejected: dict[Path, QueryError] = {}
        while True:
            plan_key = (self.operation, *key, self._shape)
            plan: Plan | None = None if rejected else self.api.kept.get(plan_key)
            if plan is None:
                setting = Setting(self.schema, self.selection, self.inputs, self.api.limits.rows, rejected)
                plan = compile_plan(setting)
                if not rejected:
                    self.api.kept.put(plan_key, plan, BYTES_PER_CHARACTER * len(plan.sql))
            try:
                values = values_of(plan.parameters, self.inputs)
            except BindError as error:
                if error.path in rejected:
                    raise error.error from error
                rejected[error.path] = error.error
                continue
            return await fetch(plan.sql, values), plan

    def completer(self, fetch: Fetch, session: AsyncSession | None = None) -> Completer:
        """For one response. Rows that Python gives are read through `fetch`."""

        async def read_rows(
            type_: GraphQLObjectType, nodes: list[Any], keys: Sequence[object], path: Path
        ) -> tuple[list[Any], Sequence[Slot]]:
            self.inputs.keys = keys
            raw, plan = await self.read(
                ("rows", type_.name, path, self.inputs.channel_slug is not None),
                lambda setting: rows_plan(setting, type_, nodes, path),
                fetch,
            )
            return orjson.loads(raw), plan.slots

        return Completer(self.schema, self.selection, self.inputs.variables, self.info(session), read_rows)

    def info(self, session: AsyncSession | None = None) -> Info:
        request = self.request
        return Info(self.schema, self.inputs, session, request.headers, self.api.context, request.address)

    def permit(self, declaration: fields.Declaration) -> tuple[int, ...] | None:
        """The sellers within which a root field may be used; None: everywhere.

        Raises QueryError where the requester has none of the permissions that it needs.
        """
        requester = self.inputs.requester
        if not declaration.needs or requester.has_any(declaration.needs):
            return None
        if isinstance(declaration, mutations.Mutation) and declaration.sellers:
            within = requester.sellers_where(declaration.needs)
            if within:
                return within
        raise denied(declaration.needs)

    async def mutation(self) -> bytes:
        root = self.schema.graphql.mutation_type
        if root is None:
            raise TypeError("the schema has no Mutation")
        requester = self.inputs.requester
        with acting(requester.user_id, requester.app_id):
            return await mutations.run(self, root)

    def fetch_in(self, session: AsyncSession) -> Fetch:
        """Reads that see what the session has flushed."""

        async def fetch(sql: str, values: Sequence[str | None]) -> bytes:
            return await fetch_json_in(session, sql, values)

        return fetch


@dataclass(frozen=True)
class RootParts:
    """The root fields of a query, by who answers them."""

    read: Fields
    resolved: Fields
    introspected: SelectionSetNode | None
    order: list[str]

    @property
    def is_plain(self) -> bool:
        return not self.resolved and self.introspected is None

    @classmethod
    def of(
        cls, schema: ApiSchema, root: GraphQLObjectType, selection: Selection, node: OperationDefinitionNode
    ) -> "RootParts":
        selected = selection.of(root, [node.selection_set])
        read: Fields = {}
        resolved: Fields = {}
        introspected: list[Any] = []
        for key, nodes in selected.items():
            name = nodes[0].name.value
            if name in ("__schema", "__type"):
                introspected += nodes
            elif name != "__typename" and isinstance(
                schema.declared[root.name][name].declaration, fields.Resolver
            ):
                resolved[key] = nodes
            else:
                read[key] = nodes
        core = SelectionSetNode(selections=tuple(introspected)) if introspected else None
        return cls(read, resolved, core, list(selected))
