"""Every mutation of the real schema, called with what no client should send: an error, never a fault.

The calls are made from the schema, so a new mutation is tried with the day it is declared.
"""

import base64
from typing import Any
from uuid import UUID

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from marketplace.kit.settings import Settings
from marketplace.kit.storage import storage_from
from marketplace.people.permissions import Permission
from marketplace_graphql.asgi import make_api
from marketplace_graphql.kernel import Requester
from marketplace_graphql.schema import api_schema
from tests.factories.people import make_user
from tests.shared_connection import SharedConnection

Values = dict[str, Any]
NOBODY_UUID = str(UUID(int=1))


def global_id(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def node_types() -> list[str]:
    schema = api_schema()
    return sorted(name for name in schema.rows if "id" in schema.declared[name])


PLAIN: Values = {
    "ID": "nonsense",
    "String": "x",
    "Int": 1,
    "Float": 1.5,
    "Boolean": True,
    "UUID": NOBODY_UUID,
    "DateTime": "2026-01-01T00:00:00+00:00",
    "Date": "2026-01-01",
    "JSON": {},
    "JSONString": "{}",
    "Metadata": {},
    "PositiveInt": 1,
    "Minute": 1,
    "Hour": 1,
    "Day": 1,
    "Decimal": 1.5,
    "PositiveDecimal": 1.5,
    "WeightScalar": 1.5,
    "GenericScalar": "x",
    "_Any": {},
    "Upload": None,
}
FLAVOURS: dict[str, Values] = {
    "ids that are none": PLAIN,
    "ids of nothing at all": PLAIN | {"ID": ""},
    "ids without a key": PLAIN | {"ID": global_id("Product:")},
    "ids of no such type": PLAIN | {"ID": global_id("Nothing:1")},
    "keys too long for any row": PLAIN | {"ID": global_id("Product:" + "9" * 40)},
    "keys below zero": PLAIN | {"ID": global_id("Product:-1")},
    "keys with signs of other scripts": PLAIN | {"ID": global_id("Product:١٢")},
    "the greatest numbers": PLAIN
    | {"Int": 2**31 - 1, "PositiveInt": 2**31 - 1, "Float": 1e308, "Decimal": 1e29, "PositiveDecimal": 1e29}
    | {"WeightScalar": 1e30, "Minute": 2**31 - 1, "Hour": 2**31 - 1, "Day": 2**31 - 1},
    "the least numbers": PLAIN
    | {"Int": -(2**31), "Float": -1e308, "Decimal": -1e29, "PositiveDecimal": 0, "PositiveInt": 0}
    | {"WeightScalar": -1.5, "Minute": -1, "Hour": -1, "Day": -1},
    "nothing where a text belongs": PLAIN | {"String": "", "JSONString": "null", "JSON": None},
    "texts that no table takes": PLAIN
    | {"String": "a\x00b", "JSONString": '"\\u0000"', "JSON": {"a": "\x00"}},
    "texts that look like others": PLAIN | {"String": "\u202e\u200b\ufeffа\u0301\U0001f9ff" * 50},
    "texts without end": PLAIN | {"String": "ا" * 20_000},
    "days at the end of time": PLAIN | {"DateTime": "9999-12-31T23:59:59+00:00", "Date": "0001-01-01"},
}
REQUESTERS = ("nobody", "buyer", "staff")


def value(type_: Any, values: Values, depth: int = 4) -> Any:
    """A value of an input type, everything given that can be."""
    if isinstance(type_, GraphQLNonNull):
        return value(type_.of_type, values, depth)
    if isinstance(type_, GraphQLList):
        return [value(type_.of_type, values, depth)]
    if isinstance(type_, GraphQLEnumType):
        return next(iter(type_.values))
    if isinstance(type_, GraphQLInputObjectType):
        return {
            name: value(field.type, values, depth - 1)
            for name, field in type_.fields.items()
            if isinstance(field.type, GraphQLNonNull) or depth > 1
        }
    return values[type_.name]


def mutations() -> dict[str, Any]:
    root = api_schema().graphql.mutation_type
    assert root is not None
    return dict(root.fields)


def takes_ids(field: Any) -> bool:
    return "nonsense" in str([value(argument.type, PLAIN) for argument in field.args.values()])


def selection(payload: GraphQLObjectType) -> str:
    """What went wrong, and of what changed no more than that it is there."""
    parts = ["__typename"]
    for name, field in payload.fields.items():
        named = get_named_type(field.type)
        if is_leaf_type(named):
            parts.append(name)
        elif name == "errors" and isinstance(named, GraphQLObjectType):
            leaves = [
                each for each, inner in named.fields.items() if is_leaf_type(get_named_type(inner.type))
            ]
            parts.append(f"errors {{ {' '.join(leaves)} }}")
        else:
            parts.append(f"{name} {{ __typename }}")
    return " ".join(parts)


def call(name: str, field: Any, values: Values, *, only_needed: bool = False) -> tuple[str, Values]:
    """A document that calls a mutation with variables, and these."""
    arguments = {
        argument: each
        for argument, each in field.args.items()
        if not only_needed or isinstance(each.type, GraphQLNonNull)
    }
    declared = ", ".join(f"${argument}: {each.type}" for argument, each in arguments.items())
    given = ", ".join(f"{argument}: ${argument}" for argument in arguments)
    head, inner = (f"({declared})", f"({given})") if arguments else ("", "")
    document = f"mutation M{head} {{ {name}{inner} {{ {selection(get_named_type(field.type))} }} }}"
    return document, {argument: value(each.type, values) for argument, each in arguments.items()}


async def requesters(session: AsyncSession) -> dict[str, Requester]:
    buyer, clerk = await make_user(session), await make_user(session, is_staff=True)
    return {
        "nobody": Requester(),
        "buyer": Requester(user_id=buyer.id),
        "staff": Requester(user_id=clerk.id, permissions=frozenset(Permission), is_staff=True),
    }


@pytest.fixture
async def api(connection: AsyncConnection, settings: Settings) -> Any:
    database = SharedConnection(settings, connection)
    yield make_api(settings, database, storage=storage_from(settings))
    await database.close()


def assert_clear(answer: dict[str, Any], name: str, sent: object) -> None:
    """It is an answer: data or errors in GraphQL's form, and no fault of ours."""
    assert "InternalServerError" not in str(answer), (name, sent, answer)
    assert answer.get("errors") or name in answer["data"], (name, sent, answer)
    for error in answer.get("errors") or ():
        assert error["message"]
    payload = (answer.get("data") or {}).get(name) or {}
    for error in payload.get("errors") or ():
        assert error["message"], (name, error)


@pytest.mark.parametrize("name", sorted(mutations()))
async def test_no_mutation_fails_at_what_no_client_should_send(
    api: Any, session: AsyncSession, name: str
) -> None:
    field = mutations()[name]
    people = await requesters(session)
    await session.commit()
    sent: set[str] = set()
    for flavour, values in FLAVOURS.items():
        for only_needed in (False, True):
            document, variables = call(name, field, values, only_needed=only_needed)
            if (said := document + str(variables)) in sent:
                continue  # The flavour is of something that the mutation does not take.
            sent.add(said)
            for who in REQUESTERS:
                answer = await api.execute(document, variables, people[who])
                assert_clear(answer, name, (flavour, who, only_needed))


@pytest.mark.parametrize("name", sorted(name for name, field in mutations().items() if takes_ids(field)))
async def test_no_mutation_fails_at_ids_of_other_types_or_of_nothing_there_is(
    api: Any, session: AsyncSession, name: str
) -> None:
    field = mutations()[name]
    clerk = (await requesters(session))["staff"]  # The one who gets furthest.
    await session.commit()
    for type_name in node_types():
        for key in ("987654321", NOBODY_UUID):
            values = PLAIN | {"ID": global_id(f"{type_name}:{key}")}
            document, variables = call(name, field, values)
            answer = await api.execute(document, variables, clerk)
            assert_clear(answer, name, (type_name, key))
