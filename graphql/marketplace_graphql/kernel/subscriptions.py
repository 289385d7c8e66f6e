"""Subscriptions: documents that say what is told of an event, read like a query when one happens.

Nobody holds a connection open: whoever keeps a document (a webhook) has it read. Event types read no table;
their fields are declared on a `Happened`, the event itself, and lead from there to rows. All events of one
type that one document is read for are one statement.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSyntaxError,
    InlineFragmentNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    StringValueNode,
    parse,
)
from sqlalchemy import ColumnElement, cast, func, select
from sqlalchemy.sql.type_api import TypeEngine

from marketplace_graphql.kernel.documents import InvalidDocumentError, Operation
from marketplace_graphql.kernel.errors import LimitError, QueryError
from marketplace_graphql.kernel.execution import Api, Fetch, Request, Run
from marketplace_graphql.kernel.reader.arguments import arguments_of
from marketplace_graphql.kernel.reader.completion import NullError
from marketplace_graphql.kernel.reader.context import Context
from marketplace_graphql.kernel.reader.parameters import Inputs
from marketplace_graphql.kernel.reader.plan import Plan, Setting, things_plan
from marketplace_graphql.kernel.requester import Requester

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

MOST_CHANNELS = 500
"""That a subscription may be narrowed to, as in Saleor."""
EVENT = "event"
"""The root field of all events; the others are of one event each."""


class Happened:
    """One event in a statement: an object of JSON, of which the declarations take what they need."""

    def __init__(self, value: ColumnElement[Any]) -> None:
        self._value = value

    def text(self, name: str) -> ColumnElement[str]:
        """A detail as text, NULL where it has none."""
        found: ColumnElement[str] = self._value[name].astext
        return found

    def typed(self, name: str, type_: TypeEngine[Any]) -> ColumnElement[Any]:
        """A detail as a value of an SQL type."""
        return cast(self.text(name), type_)

    def json(self, name: str) -> ColumnElement[Any]:
        """A detail as it is: JSON of any form."""
        found: ColumnElement[Any] = self._value[name]
        return found

    def items(self, name: str, type_: TypeEngine[Any]) -> Any:
        """The values of a list, as a sub-select."""
        listed = func.jsonb_array_elements_text(self._value[name]).column_valued("item")
        return select(cast(listed, type_))


@dataclass(frozen=True)
class EventType:
    """What is known of an event type besides its fields."""

    exists: Callable[[Happened, Context], "ColumnElement[bool] | None"]
    """Whether what it is about is still there."""
    channel: Callable[[Happened], ColumnElement[Any]] | None = None
    """The key of the channel that is in force below it."""
    in_channels: Callable[[Happened, ColumnElement[Any]], ColumnElement[bool]] | None = None
    """Whether it happened in one of the channels of these slugs (an array)."""


class SubscriptionError(Exception):
    """A document that no event can be told by. `code` is Saleor's."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


@dataclass(frozen=True)
class Subscription:
    """A document that has been found good."""

    operation: Operation
    events: tuple[str, ...]
    """The names of the event types that it says something of, in order of the alphabet."""
    channels: tuple[str, ...] = field(default=())
    """The slugs that it narrows its one event to."""


def subscription(api: Api, document: str) -> Subscription:
    """Judge a document as Saleor does when a webhook is made. Raises SubscriptionError."""
    try:
        parsed = parse(document, max_tokens=api.limits.tokens)
    except GraphQLSyntaxError as error:
        raise SubscriptionError(error.message, "SYNTAX") from None
    except GraphQLError as error:
        raise SubscriptionError(error.message, "GRAPHQL_ERROR") from None
    operations = [part for part in parsed.definitions if isinstance(part, OperationDefinitionNode)]
    found = next((part for part in operations if part.operation is OperationType.SUBSCRIPTION), None)
    if found is not None:
        _check_root(found)
    try:
        # By its name, where other operations stand beside it.
        operation = api.operation(document, found.name.value if found and found.name else None)
        operation.coerced({})
    except (InvalidDocumentError, LimitError) as error:
        raise SubscriptionError(str(error), "GRAPHQL_ERROR") from None
    if found is None:
        raise SubscriptionError("Subscription operation can't be found.", "MISSING_SUBSCRIPTION")
    channels = _channels(operation)
    if len(channels) > MOST_CHANNELS:
        message = f"Too many channels provided in the filter, the maximum number is {MOST_CHANNELS}"
        raise SubscriptionError(message, "INVALID")
    return Subscription(operation, _events(api, operation), channels)


def _check_root(node: OperationDefinitionNode) -> None:
    fields = [part for part in node.selection_set.selections if isinstance(part, FieldNode)]
    names = {part.name.value for part in fields}
    if len(node.selection_set.selections) > 1 and names != {EVENT}:
        raise SubscriptionError("Subscription must select only one top field.", "INVALID")
    if not fields:
        raise SubscriptionError("Event field can't be found.", "UNABLE_TO_PARSE")


def _events(api: Api, operation: Operation) -> tuple[str, ...]:
    root = _root(operation)
    if root.name.value != EVENT:
        subscriptions = api.schema.graphql.subscription_type
        if subscriptions is None:
            raise TypeError("the schema has no Subscription")
        return (_type_at(subscriptions, root).name,)
    names: set[str] = set()
    for each in operation.node.selection_set.selections:
        if isinstance(each, FieldNode) and each.selection_set is not None:
            _collect(each.selection_set, operation, names)
    if not names:
        raise SubscriptionError("Can't find a single event.", "MISSING_EVENT")
    return tuple(sorted(names))


def _collect(selections: SelectionSetNode, operation: Operation, names: set[str]) -> None:
    """The event types that a selection on `event` says something of."""
    for part in selections.selections:
        if isinstance(part, InlineFragmentNode):
            condition, below = part.type_condition, part.selection_set
        elif isinstance(part, FragmentSpreadNode):
            fragment = operation.fragments[part.name.value]
            condition, below = fragment.type_condition, fragment.selection_set
        else:
            continue
        if condition is None or condition.name.value == "Event":
            _collect(below, operation, names)
        else:
            names.add(condition.name.value)


def _root(operation: Operation) -> FieldNode:
    first = operation.node.selection_set.selections[0]
    if not isinstance(first, FieldNode):
        raise TypeError("a subscription's root is a field")
    return first


def _type_at(root: GraphQLObjectType, node: FieldNode) -> GraphQLObjectType:
    found = root.fields[node.name.value].type
    if not isinstance(found, GraphQLObjectType):
        raise TypeError(f"{node.name.value} is of no event type")
    return found


def _channels(operation: Operation) -> tuple[str, ...]:
    root = _root(operation)
    given = next((each.value for each in root.arguments or () if each.name.value == "channels"), None)
    listed = given.values if isinstance(given, ListValueNode) else (given,)
    return tuple(each.value for each in listed if isinstance(each, StringValueNode))


async def told(
    api: Api,
    kept: Subscription,
    type_name: str,
    happened: Sequence[Mapping[str, Any]],
    requester: Requester,
    session: "AsyncSession",
) -> list[dict[str, Any] | None]:
    """What a document says of events of one type, read as a requester in the session's transaction.

    None for an event of which it says nothing, that is in none of its channels, or whose subject is gone.
    Without a root field of its own (`orderCreated`) what is told is the event itself, as in Saleor. Raises
    QueryError for what no such event can be answered.
    """
    operation, root = kept.operation, _root(kept.operation)
    variables = operation.coerced({})
    inputs = Inputs(variables, requester, api.now(), "en", settings=api.settings, keys=list(happened))
    run = Run(api, operation, inputs, operation.shape(variables), Request(""))
    type_ = api.schema.object_type(type_name)
    nodes = [each for each in operation.node.selection_set.selections if isinstance(each, FieldNode)]
    if root.name.value != EVENT and type_name not in kept.events:
        return [None] * len(happened)
    selected = run.selection.below(type_, nodes)
    if not selected:
        return [None] * len(happened)
    key = root.alias.value if root.alias else root.name.value
    fetch = run.fetch_in(session)
    try:
        raw, plan = await run.read(
            ("happened", type_name), lambda setting: _plan(setting, type_, nodes, key), fetch
        )
    except LimitError as error:
        raise QueryError(str(error)) from error
    return [await _completed(run, fetch, session, item, plan, key) for item in orjson.loads(raw)]


async def _completed(
    run: Run, fetch: Fetch, session: "AsyncSession", item: dict[str, Any] | None, plan: Plan, key: str
) -> dict[str, Any] | None:
    if item is None:
        return None
    completer = run.completer(fetch, session)
    made: dict[str, Any] | None
    try:
        made = await completer.object(item, plan.slots, (key,))
    except NullError:
        made = None
    payload = (made or {}) if key == EVENT else {"data": {key: made}}
    return payload | {"errors": completer.errors} if completer.errors else payload


def _plan(setting: Setting, type_: GraphQLObjectType, nodes: list[FieldNode], key: str) -> Plan:
    known: EventType = setting.schema.classes[type_.name].__event__
    given = _channels_given(setting, nodes[0])

    def thing(value: ColumnElement[Any], ctx: Context) -> tuple[Any, Context, list[ColumnElement[bool]]]:
        happened = Happened(value)
        conditions = [known.exists(happened, ctx)]
        if given is not None and known.in_channels is not None:
            conditions.append(known.in_channels(happened, given) | (func.cardinality(given) == 0))
        if known.channel is not None:
            ctx = ctx.channel_with_id(known.channel(happened))
        return happened, ctx, [each for each in conditions if each is not None]

    return things_plan(setting, type_, setting.selection.below(type_, nodes), (key,), thing)


def _channels_given(setting: Setting, node: FieldNode) -> Any:
    root = setting.schema.graphql.subscription_type
    if root is None:
        raise TypeError("the schema has no Subscription")
    arguments = root.fields[node.name.value].args
    return arguments_of(node, arguments, setting.inputs.variables, ()).get("channels")
