"""One statement per query, shared by all requests of the same shape."""

from collections.abc import Sequence
from typing import Any

import pytest

from marketplace.kit.database import Database
from marketplace_graphql.kernel import Api, ApiSchema
from tests.graphql_kernel.conftest import NAJAT, STAFF


class Counting:
    """A database that writes down what it is asked."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.asked: list[tuple[str, Sequence[object]]] = []

    @property
    def reads(self) -> "Counting":
        return self

    def transaction(self) -> Any:
        return self._database.transaction()

    async def fetch_json(self, sql: str, params: Sequence[object]) -> bytes:
        self.asked.append((sql, params))
        return await self._database.reads.fetch_json(sql, params)


@pytest.fixture
def counting(library: Database) -> Counting:
    return Counting(library)


@pytest.fixture
def counted(schema: ApiSchema, counting: Counting) -> Api:
    return Api(schema, counting)


DOCUMENT = """query($first: Int, $given: BookFilter, $channel: String, $deep: Boolean = true) {
  books(first: $first, filter: $given, channel: $channel) { totalCount edges { node { title
    author @include(if: $deep) { name books { tags { name } } } chapters { name } price { amount } } } } }"""


async def test_a_query_is_one_statement_however_deep(counted: Api, counting: Counting) -> None:
    answer = await counted.execute(DOCUMENT, {"first": 5, "channel": "ma"})
    assert len(answer["data"]["books"]["edges"]) == 5
    assert len(counting.asked) == 1


async def test_values_are_parameters_of_one_statement(counted: Api, counting: Counting) -> None:
    for channel, low in (("ma", 1), ("eu", 2.5), ("'; DROP TABLE toy_book; --", 3)):
        await counted.execute(DOCUMENT, {"first": 5, "channel": channel, "given": {"price": {"gte": low}}})
    assert len({sql for sql, _ in counting.asked}) == 1
    assert len({tuple(map(str, params)) for _, params in counting.asked}) == 3
    assert "DROP" not in counting.asked[-1][0]


async def test_shapes_have_statements_of_their_own(counted: Api, counting: Counting) -> None:
    shapes: list[dict[str, Any]] = [
        {"first": 5},
        {"first": 6},
        {"first": 5, "channel": "ma"},
        {"first": 5, "channel": None},
        {"first": 5, "given": {"label": "x"}},
        {"first": 5, "given": {"isPublished": True}},
        {"first": 5, "given": {"isPublished": False}},
        {"first": 5, "given": {"binding": ["HARD"]}},
        {"first": 5, "given": {"binding": ["SOFT"]}},
        {"first": 5, "deep": False},
    ]
    for _ in range(2):
        for variables in shapes:
            await counted.execute(DOCUMENT, variables)
    statements = {sql for sql, _ in counting.asked}
    assert len(counting.asked) == 2 * len(shapes)
    # Absent and null differ in shape, yet say the same here.
    assert len(statements) == len(shapes) - 1


async def test_values_never_stand_in_the_statement(counted: Api, counting: Counting) -> None:
    await counted.execute('{ book(title: "o\'Hara \\\\ \\" {}%s") { title } }')
    sql, params = counting.asked[0]
    assert "Hara" not in sql
    assert params == ["o'Hara \\ \" {}%s"]


async def test_requesters_of_one_kind_share_their_statements(counted: Api, counting: Counting) -> None:
    for requester in (NAJAT, STAFF, None):
        await counted.execute("{ books(first: 1) { edges { node { title } } } }", {}, requester)
    assert len({sql for sql, _ in counting.asked}) == 3


async def test_a_refused_list_asks_nothing_of_its_table(counted: Api, counting: Counting) -> None:
    await counted.execute("{ authors(first: 1) { totalCount } }")
    assert "toy_author" not in counting.asked[0][0]
