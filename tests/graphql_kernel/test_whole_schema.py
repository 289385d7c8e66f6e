"""Every field of every type of the real schema compiles to a statement that PostgreSQL accepts.

The tables are empty: what is proven is that no declaration names what is not there, compares what can't be
compared, or leaves a promise unkept. What the fields say of rows is for each room's own tests.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    Undefined,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    parse,
)

from marketplace.kit import clock
from marketplace.kit.errors import InvalidError
from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import ApiSchema, QueryError, Requester, fields
from marketplace_graphql.kernel.reader.parameters import Inputs
from marketplace_graphql.kernel.reader.plan import Plan, Setting, operation_plan, rows_plan
from marketplace_graphql.kernel.selection import Selection
from marketplace_graphql.schema import api_schema

REQUESTERS = {
    "nobody": Requester(),
    "a seller": Requester(user_id=1, vendor_ids=(1, 2)),
    "staff": Requester(user_id=2, permissions=frozenset(Permission), is_staff=True),
}
SAMPLES = {"Int": "1", "Float": "1.5", "Boolean": "true", "Decimal": "1.5", "PositiveInt": "1", "JSON": "{}"}
SAMPLES |= {"PositiveDecimal": "1.5", "WeightScalar": "1.5", "Minute": "1", "Hour": "1", "Day": "1"}
SAMPLES |= {"DateTime": '"2026-01-01T00:00:00+00:00"', "Date": '"2026-01-01"', "JSONString": '"{}"'}
SAMPLES |= {"UUID": '"00000000-0000-0000-0000-000000000001"'}


def sample(type_: Any, depth: int = 3) -> str:
    """Some value of an input type, as GraphQL writes it."""
    if isinstance(type_, GraphQLNonNull):
        return sample(type_.of_type, depth)
    if isinstance(type_, GraphQLList):
        return f"[{sample(type_.of_type, depth)}]"
    if isinstance(type_, GraphQLEnumType):
        return next(iter(type_.values))
    if isinstance(type_, GraphQLInputObjectType):
        inner = {
            name: sample(field.type, depth - 1)
            for name, field in type_.fields.items()
            if isinstance(field.type, GraphQLNonNull) or (depth > 1 and name not in ("AND", "OR", "NOT"))
        }
        return "{" + ", ".join(f"{name}: {value}" for name, value in inner.items()) + "}"
    return SAMPLES.get(type_.name, '"x"')


def needed_arguments(field: GraphQLField) -> dict[str, str]:
    """The arguments that a field can't do without; lists get a page."""
    given = {
        name: sample(argument.type)
        for name, argument in field.args.items()
        if isinstance(argument.type, GraphQLNonNull) and argument.default_value is Undefined
    }
    if "first" in field.args:
        given["first"] = "2"
    if "channel" in field.args:
        given["channel"] = '"x"'
    return given


def written(name: str, arguments: dict[str, str], below: str) -> str:
    listed = ", ".join(f"{argument}: {value}" for argument, value in arguments.items())
    return name + (f"({listed})" if listed else "") + (f" {{ {below} }}" if below else "")


def everything(schema: ApiSchema, type_: Any, depth: int = 2) -> str:
    """A selection of all that a type has; below other rows only what they are."""
    if is_leaf_type(type_):
        return ""
    if is_abstract_type(type_):
        parts = [f"... on {each.name} {{ __typename }}" for each in schema.graphql.get_possible_types(type_)]
        return " ".join(["__typename", *parts])
    if type_.name.endswith("CountableConnection"):
        node = everything(
            schema, get_named_type(get_named_type(type_.fields["edges"].type).fields["node"].type), 0
        )
        info = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
        return f"__typename totalCount {info} edges {{ cursor node {{ {node} }} }}"
    if depth <= 0 or (depth < 2 and type_.name in schema.rows):
        return "__typename id" if "id" in type_.fields else "__typename"
    parts = ["__typename"]
    for number, (name, field) in enumerate(type_.fields.items()):
        below = everything(schema, get_named_type(field.type), depth - 1)
        parts.append(f"f{number}: " + written(name, needed_arguments(field), below))
    return " ".join(parts)


def setting(requester: Requester) -> Setting:
    schema = api_schema()
    inputs = Inputs({}, requester, clock.now(), settings=defaultdict(lambda: "x"))
    return Setting(schema, Selection(schema.graphql, {}, {}), inputs, 10**9, {})


def execute(connection: psycopg.Connection, plan: Plan, inputs: Inputs) -> Any:
    """Send a plan; sample ids that name another type than wanted travel as null."""
    values = []
    for parameter in plan.parameters:
        try:
            values.append(parameter.value(inputs))
        except (QueryError, InvalidError):
            values.append(None)
    return psycopg.RawCursor(connection).execute(plan.sql, values).fetchone()


def nodes_of(selection: str) -> list[FieldNode]:
    document: Any = parse(selection)
    return list(document.definitions[0].selection_set.selections)


@pytest.fixture(scope="module")
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SET plan_cache_mode = force_generic_plan")
        yield connection


@pytest.mark.parametrize("who", REQUESTERS)
@pytest.mark.parametrize("type_name", sorted(api_schema().rows))
def test_every_field_of_a_type_can_be_read(connection: psycopg.Connection, type_name: str, who: str) -> None:
    here = setting(REQUESTERS[who])
    here.inputs.channel_slug = "x"
    type_: Any = here.schema.graphql.type_map[type_name]
    if not isinstance(type_, GraphQLObjectType):
        pytest.fail(f"{type_name} is no object type")
    nodes = nodes_of(f"{{ it {{ {everything(here.schema, type_)} }} }}")
    plan = rows_plan(here, type_, nodes, ("it",))
    assert execute(connection, plan, here.inputs) == ([],)


def lists() -> Iterator[tuple[str, str]]:
    """Every list of every type, with each of the ways to narrow and order it."""
    schema = api_schema()
    for type_name, declared in schema.declared.items():
        for name, each in declared.items():
            if isinstance(each.declaration, fields.Connection):
                yield type_name, name


def variants(field: GraphQLField) -> Iterator[dict[str, str]]:
    base = needed_arguments(field)
    yield base
    yield base | {"after": '"WyJ4Il0="'}
    for name in ("filter", "where"):
        if name in field.args:
            type_: Any = get_named_type(field.args[name].type)
            for part, inner in type_.fields.items():
                yield base | {name: f"{{{part}: {sample(inner.type)}}}"}
    if "sortBy" in field.args:
        order: Any = get_named_type(field.args["sortBy"].type)
        enum: Any = get_named_type(order.fields["field"].type)
        for member in enum.values:
            for direction in ("ASC", "DESC"):
                sort = {"sortBy": f"{{field: {member}, direction: {direction}}}"}
                yield base | sort | ({"search": '"x"'} if "search" in field.args else {})
    if "search" in field.args:
        yield base | {"search": '"x"'}


@pytest.mark.parametrize(("type_name", "name"), sorted(lists()))
def test_every_filter_and_order_of_a_list_can_be_read(
    connection: psycopg.Connection, type_name: str, name: str
) -> None:
    for who in REQUESTERS.values():
        here = setting(who)
        here.inputs.channel_slug = "x"
        type_: Any = here.schema.graphql.type_map[type_name]
        for arguments in variants(type_.fields[name]):
            text = written(
                name, arguments, "totalCount pageInfo { endCursor } edges { cursor node { __typename } }"
            )
            nodes = nodes_of(f"{{ {text} }}")
            if type_name == "Query":
                plan = operation_plan(here, type_, {name: nodes})
            else:
                plan = rows_plan(here, type_, nodes_of(f"{{ it {{ {text} }} }}"), ("it",))
            assert execute(connection, plan, here.inputs) is not None, text


def roots() -> list[str]:
    declared = api_schema().declared["Query"]
    return sorted(
        name for name, each in declared.items() if not isinstance(each.declaration, fields.Resolver)
    )


@pytest.mark.parametrize("who", REQUESTERS)
@pytest.mark.parametrize("name", roots())
def test_every_root_field_can_be_read(connection: psycopg.Connection, name: str, who: str) -> None:
    here = setting(REQUESTERS[who])
    query: Any = here.schema.graphql.query_type
    field = query.fields[name]
    below = everything(here.schema, get_named_type(field.type))
    optional = {
        argument: sample(each.type) for argument, each in field.args.items() if argument in ("id", "slug")
    }
    for more in [{}, *({argument: value} for argument, value in optional.items())]:
        nodes = nodes_of(f"{{ {written(name, needed_arguments(field) | more, below)} }}")
        plan = operation_plan(here, query, {name: nodes})
        assert execute(connection, plan, here.inputs) is not None
