"""Whatever is sent to a root field, it is answered clearly, and soon: never by an error of ours.

The questions are generated from the schema, so that a field that is added is asked them too.
"""

import time
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    Undefined,
    get_named_type,
    is_leaf_type,
)
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.people.permissions import Permission
from marketplace_graphql.kernel import Requester
from marketplace_graphql.kernel.errors import INTERNAL
from marketplace_graphql.schema import api_schema
from tests.factories.catalog import make_listed_product
from tests.factories.markets import make_channel
from tests.graphql.conftest import Ask

SECONDS = 5.0
"""For all questions to one field; each takes some milliseconds, its statement some more to be made."""
REQUESTERS = (
    Requester(),
    Requester(user_id=1, vendor_ids=(1, 2)),
    Requester(user_id=2, permissions=frozenset(Permission), is_staff=True),
)


def _id(text: str) -> str:
    return b64encode(text.encode()).decode()


UUID_TEXT = "00000000-0000-0000-0000-000000000001"
IDS = [
    "",
    "x",
    "1",
    "=",
    "é",
    "\x00",
    "a" * 5000,
    _id("Product"),
    _id("Product:"),
    _id(":1"),
    _id("Nonsense:1"),
    _id("Product:x"),
    _id("Product:-1"),
    _id("Product:1.5"),
    _id("Product:" + "9" * 40),
    _id("Product:1\x00"),
    _id("Product:1; DROP TABLE product"),
    _id(f"Product:{UUID_TEXT}"),
    *(_id(f"{name}:{key}") for name in ("Product", "Order", "User", "Category") for key in ("1", UUID_TEXT)),
]
TEXTS = ["", " ", "\x00", "%", "_", "\\", "'; DROP TABLE product; --", "\u202e", "💥" * 50, "a" * 20_000]
CURSORS = ["", "x", "W10=", "bnVsbA==", "WzFd", "WyIxIiwgIjIiXQ==", _id('["x", null, {}]'), _id("[" * 2000)]
WORTHLESS: dict[str, list[Any]] = {
    "ID": IDS,
    "String": TEXTS,
    "Int": [0, -1, 2**31 - 1, -(2**31), 2**40, 1.5, "1", None],
    "Float": [0, -1e308, 1e308, "x", None],
    "Boolean": [True, False, None, "x"],
    "UUID": ["", "x", UUID_TEXT, "\x00"],
    "DateTime": ["", "x", "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00", "2026-02-30T00:00:00Z"],
    "Date": ["", "x", "0001-01-01", "9999-12-31", "2026-02-30"],
    "Decimal": ["x", "NaN", "Infinity", 10**40, -1],
    "PositiveDecimal": ["x", "NaN", 10**40, -1],
    "JSONString": ["", "{", "null", "\x00"],
}


def worthless(type_: Any, depth: int = 2) -> list[Any]:
    """Values of an input type that mean nothing, and some that are none of it."""
    if isinstance(type_, GraphQLNonNull):
        return worthless(type_.of_type, depth)
    if isinstance(type_, GraphQLList):
        inner = worthless(type_.of_type, depth)
        return [[], [None], inner[:40], [inner[0]] * 500, "x", *([one] for one in inner)]
    if isinstance(type_, GraphQLEnumType):
        return [*list(type_.values)[:3], "NO_SUCH_MEMBER", 7]
    if isinstance(type_, GraphQLInputObjectType):
        made: list[Any] = [{}, {"noSuchField": 1}, "x"]
        if depth:
            for name, field in type_.fields.items():
                needed = _needed(type_, apart_from=name)
                made += [needed | {name: value} for value in worthless(field.type, depth - 1)[:12]]
        return made
    return WORTHLESS.get(type_.name, [None, "x", -1])


def _needed(type_: GraphQLInputObjectType, apart_from: str) -> dict[str, Any]:
    return {
        name: worthless(field.type, 1)[-1]
        for name, field in type_.fields.items()
        if isinstance(field.type, GraphQLNonNull) and name != apart_from
    }


def questions(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Documents with variables: each argument of a root field in turn, with each worthless value."""
    query: Any = api_schema().graphql.query_type
    field = query.fields[name]
    below = _below(field.type)
    for argument, each in field.args.items():
        given = {argument} | {other for other, one in field.args.items() if _is_needed(one)}
        if "edges" in below and not given & {"first", "last"}:
            given.add("last" if argument == "before" else "first")
        if "channel" in field.args:
            given.add("channel")
        declared = ", ".join(f"${one}: {field.args[one].type}" for one in sorted(given))
        passed = ", ".join(f"{one}: ${one}" for one in sorted(given))
        document = f"query ({declared}) {{ {name}({passed}) {below} }}"
        usual = {"first": 2, "last": 2, "channel": "maroc"}
        others = {one: usual.get(one, _id("Product:1")) for one in given}
        values = CURSORS if argument in ("after", "before") else worthless(each.type)
        for value in values:
            yield document, others | {argument: value}


def _below(type_: Any) -> str:
    named = get_named_type(type_)
    if is_leaf_type(named):
        return ""
    if named.name.endswith("CountableConnection"):
        return "{ totalCount pageInfo { endCursor } edges { cursor node { __typename } } }"
    return "{ __typename }"


def _is_needed(argument: GraphQLArgument) -> bool:
    return isinstance(argument.type, GraphQLNonNull) and argument.default_value is Undefined


def root_fields() -> list[str]:
    query: Any = api_schema().graphql.query_type
    return sorted(name for name, field in query.fields.items() if field.args)


@pytest.mark.parametrize("name", root_fields())
async def test_worthless_arguments_are_answered_clearly_and_soon(
    session: AsyncSession, ask: Ask, name: str
) -> None:
    await make_listed_product(session, await make_channel(session, slug="maroc"))
    asked = list(questions(name))
    began, failures = time.process_time(), []
    for number, (document, variables) in enumerate(asked):
        answer = await ask(document, REQUESTERS[number % len(REQUESTERS)], **variables)
        codes = {error["extensions"]["exception"]["code"] for error in answer.get("errors", ())}
        if INTERNAL in codes:
            failures.append(str(variables)[:200])
    assert failures == []
    assert time.process_time() - began < SECONDS * (1 + len(asked) / 100)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("{ " + " ".join(f"a{number}: shop {{ name }}" for number in range(4000)) + " }", "too long"),
        ("{ " + " ".join(f"a{number}:__typename" for number in range(2500)) + " }", "fields"),
        ("{ " + "products(first: 1) { edges { node { category { " * 8 + "id" + " } } } }" * 8 + " }", "deep"),
        ("{ products(first: 2147483647) { edges { node { id } } } }", "100"),
        ("{ products(first: -1) { edges { node { id } } } }", "first"),
        ("{ a " * 15_000, "too long"),
        ("{ a " * 4000, "deep"),
        ("{ a(b: " + "[" * 9000, "too deeply"),
        ("query A { shop { ...F } } fragment F on Shop { ...F }", "itself"),
    ],
    ids=[
        "aliases",
        "more aliases",
        "depth",
        "first",
        "negative first",
        "long",
        "braces",
        "brackets",
        "fragments",
    ],
)
async def test_greedy_documents_are_refused_in_words(
    client: httpx.AsyncClient, query: str, told: str
) -> None:
    began = time.process_time()
    answer = await client.post("/graphql/", json={"query": query})
    assert time.process_time() - began < SECONDS
    assert answer.status_code == 200
    assert any(told in error["message"] for error in answer.json()["errors"]), answer.text[:500]


async def test_ten_megabytes_are_not_read_to_their_end(client: httpx.AsyncClient) -> None:
    began = time.process_time()
    variables = {"email": "x" * 10_000_000}
    document = 'mutation ($email: String!) { tokenCreate(email: $email, password: "x") { token } }'
    answer = await client.post("/graphql/", json={"query": document, "variables": variables})
    assert time.process_time() - began < SECONDS
    assert answer.status_code == 413
    assert "longer than" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("text", ["\x00", "a" * 400_000, "💥" * 1000, "' OR 1=1 --", ""])
async def test_signing_in_with_nonsense_is_refused_like_a_wrong_password(
    client: httpx.AsyncClient, text: str
) -> None:
    document = """
      mutation ($email: String!, $password: String!) {
        tokenCreate(email: $email, password: $password) { token errors { code } }
      }
    """
    for email, password in ((text, "secret"), ("nobody@example.test", text), (text, text)):
        variables = {"email": email, "password": password}
        began = time.process_time()
        answer = (await client.post("/graphql/", json={"query": document, "variables": variables})).json()
        assert time.process_time() - began < SECONDS
        payload = answer["data"]["tokenCreate"]
        if payload is None:  # No text at all, rather than a wrong one.
            [error] = answer["errors"]
            assert "U+0000" in error["message"]
            continue
        assert payload["token"] is None
        assert payload["errors"][0]["code"] in ("INVALID_CREDENTIALS", "REQUIRED", "INVALID")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "Bearer",
        "Bearer x",
        "Bearer a.b.c",
        "Bearer " + "a" * 5000,
        "JWT " + "e30." * 3,
        "Basic eDp5",
    ],
)
async def test_tokens_that_are_none_are_refused_in_words(client: httpx.AsyncClient, token: str) -> None:
    answer = await client.post("/graphql/", json={"query": "{ me { id } }"}, headers={"authorization": token})
    assert answer.status_code == 200
    told = answer.json()
    assert told["data"] in (None, {"me": None})
    for error in told.get("errors", ()):
        assert error["extensions"]["exception"]["code"] != INTERNAL
