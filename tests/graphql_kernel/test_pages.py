"""Pages of lists: walked in either direction they give each row once, in order."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from marketplace.kit.database import Database
from tests.graphql_kernel import models
from tests.graphql_kernel.conftest import NOW, Ask

PAGE = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id title } }"
WALK = f"""query(
    $first: Int, $last: Int, $after: String, $before: String, $sort: BookOrder, $where: BookFilter) {{
  books(first: $first, last: $last, after: $after, before: $before, sortBy: $sort, filter: $where,
        channel: "ma") {{ {PAGE} totalCount }} }}"""


async def test_a_page_says_where_it_lies(ask: Ask) -> None:
    answer = await ask(f"{{ books(first: 2) {{ {PAGE} totalCount __typename }} }}")
    page = answer["data"]["books"]
    assert [edge["node"]["title"] for edge in page["edges"]] == ["Argan", "Barley"]
    assert page["totalCount"] == 5
    assert page["__typename"] == "BookCountableConnection"
    assert page["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": page["edges"][0]["cursor"],
        "endCursor": page["edges"][1]["cursor"],
    }
    assert json.loads(base64.b64decode(page["edges"][1]["cursor"])) == ["Barley", "2"]


async def test_an_empty_page_has_no_cursors(ask: Ask) -> None:
    answer = await ask(f'{{ books(first: 2, where: {{title: {{eq: "None"}}}}) {{ {PAGE} totalCount }} }}')
    assert answer["data"]["books"] == {
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
        "edges": [],
        "totalCount": 0,
    }


async def test_the_number_of_rows_alone_needs_no_page_size(ask: Ask) -> None:
    answer = await ask("{ books { totalCount n: totalCount pageInfo { hasNextPage startCursor } } }")
    assert answer["data"]["books"] == {
        "totalCount": 5,
        "n": 5,
        "pageInfo": {"hasNextPage": False, "startCursor": None},
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "You must provide a `first` or `last` value to properly paginate the `books` connection."),
        ("(first: 0)", "You must provide a `first` or `last` value"),
        ("(first: 101)", "Requesting 101 records on the `books` connection exceeds the `first` limit of 100"),
        ("(last: 101)", "exceeds the `last` limit of 100 records."),
        ("(first: -1)", "Argument `first` must be a non-negative integer."),
        ("(first: 1, last: 1)", "Argument `last` cannot be combined with `first`."),
        ('(first: 1, before: "x")', "Argument `first` cannot be combined with `before`."),
        ('(last: 1, after: "x")', "Argument `last` cannot be combined with `after`."),
        ('(first: 1, after: "x")', "Received cursor is invalid."),
        ('(first: 1, after: "WyJhIl0=")', "Received cursor is invalid."),
        ('(first: 1, after: "WyJhIiwgIngiXQ==")', "Received cursor is invalid."),
        ('(first: 1, after: "W251bGwsICIxIl0=")', "Received cursor is invalid."),
        ('(first: 1, after: "eyJhIjogMX0=")', "Received cursor is invalid."),
        (
            "(first: 1, filter: {}, where: {})",
            "Only one filtering argument (filter or where) can be specified.",
        ),
        ("(first: 1, sortBy: {field: RANK, direction: DESC})", "available only when using a search"),
    ],
)
async def test_what_makes_no_page_is_refused_as_saleor_does(ask: Ask, arguments: str, message: str) -> None:
    answer = await ask(f"{{ books{arguments} {{ edges {{ node {{ title }} }} }} }}")
    assert answer["data"] == {"books": None}
    assert message in answer["errors"][0]["message"]
    assert answer["errors"][0]["path"] == ["books"]


async def test_an_empty_cursor_is_none(ask: Ask) -> None:
    answer = await ask(WALK, first=1, after="")
    assert answer["data"]["books"]["edges"][0]["node"]["title"] == "Argan"
    assert answer["data"]["books"]["pageInfo"]["hasPreviousPage"] is False


async def test_search_narrows_the_list_and_puts_the_best_first(ask: Ask) -> None:
    answer = await ask('{ books(first: 9, search: "ar") { totalCount edges { node { title } } } }')
    assert [edge["node"]["title"] for edge in answer["data"]["books"]["edges"]] == ["Barley", "Argan"]
    answer = await ask(
        """{ books(first: 9, search: "ar", sortBy: {field: RANK, direction: ASC}) {
             edges { node { title } } } }"""
    )
    assert [edge["node"]["title"] for edge in answer["data"]["books"]["edges"]] == ["Argan", "Barley"]


async def test_lists_inside_lists_have_pages_of_their_own(ask: Ask) -> None:
    answer = await ask(
        """{ allAuthors { name library(first: 1) {
             totalCount pageInfo { hasNextPage } edges { node { title author { name } } } } } }"""
    )
    najat, omar, zahra = (author["library"] for author in answer["data"]["allAuthors"])
    assert najat["totalCount"] == 2
    assert najat["pageInfo"] == {"hasNextPage": True}
    assert najat["edges"] == [{"node": {"title": "Argan", "author": {"name": "Najat"}}}]
    assert omar["edges"][0]["node"]["title"] == "Barley"
    assert zahra == {"totalCount": 0, "pageInfo": {"hasNextPage": False}, "edges": []}


async def test_cursors_survive_any_text(ask: Ask) -> None:
    page = (await ask(WALK, last=1))["data"]["books"]
    assert page["edges"][0]["node"]["title"] == 'Fig "and" \\ ثمر'
    before = (await ask(WALK, last=1, before=page["pageInfo"]["startCursor"]))["data"]["books"]
    assert before["edges"][0]["node"]["title"] == "Dates"
    again = (await ask(WALK, first=1, after=before["pageInfo"]["endCursor"]))["data"]["books"]
    assert again["edges"] == page["edges"]


BY_AUTHORS = """query($where: BookWhere, $first: Int, $last: Int, $after: String, $sort: BookOrder) {
  books(where: $where, first: $first, last: $last, after: $after, sortBy: $sort) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { title } } } }"""
NAJAT_AND_OMAR = ["QXV0aG9yOjE=", "QXV0aG9yOjI="]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"writtenBy": NAJAT_AND_OMAR}, ["Argan", "Barley", "Couscous", "Fig"]),
        ({"writtenBy": NAJAT_AND_OMAR[:1]}, ["Argan", "Couscous"]),
        ({"writtenBy": []}, []),
        ({"AND": [{"writtenBy": NAJAT_AND_OMAR}, {"title": {"eq": "Barley"}}]}, ["Barley"]),
        (
            {"OR": [{"writtenBy": NAJAT_AND_OMAR[:1]}, {"title": {"eq": "Dates"}}]},
            ["Argan", "Couscous", "Dates"],
        ),
        ({"writtenBy": NAJAT_AND_OMAR, "AND": [{"writtenBy": NAJAT_AND_OMAR[1:]}]}, ["Barley", "Fig"]),
    ],
)
async def test_a_list_read_as_several_walks_is_the_same_list(
    ask: Ask, where: Any, expected: list[str]
) -> None:
    for sort in (None, {"field": "TITLE", "direction": "DESC"}, {"field": "CREATED", "direction": "ASC"}):
        page = (await ask(BY_AUTHORS, where=where, first=9, sort=sort))["data"]["books"]
        titles = [edge["node"]["title"].split()[0] for edge in page["edges"]]
        assert titles == (expected[::-1] if sort and sort["direction"] == "DESC" else expected)
        assert page["totalCount"] == len(expected)
    last = (await ask(BY_AUTHORS, where=where, last=1))["data"]["books"]
    assert [edge["node"]["title"].split()[0] for edge in last["edges"]] == expected[-1:]
    walked: list[str] = []
    cursor, more = None, True
    while more:
        page = (await ask(BY_AUTHORS, where=where, first=1, after=cursor))["data"]["books"]
        walked += [edge["node"]["title"].split()[0] for edge in page["edges"]]
        cursor, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert walked == expected


@pytest.fixture(scope="module")
async def shelf(library: Database) -> AsyncIterator[None]:
    """Many books with few ratings, titles and prices: ties and nulls in all of them."""
    async with library.transaction() as session:
        books = [
            {
                "title": f"Shelf {number % 7}",
                "rating": [None, 1.0, 2.5, 2.5, 1 / 3][number % 5],
                "created_at": NOW,
                "labels": ["shelf"],
                "metadata": {},
                "private_metadata": {},
                "is_published": True,
            }
            for number in range(23)
        ]
        keys = list(await session.scalars(insert(models.Book.__table__).returning(models.Book.id), books))
        listings = [
            {"book_id": key, "market_id": 1, "price_minor": [None, 500, 700][key % 3], "is_live": True}
            for key in keys
            if key % 4
        ]
        await session.execute(insert(models.Listing), listings)
    yield
    async with library.transaction() as session:
        await session.execute(delete(models.Listing).where(models.Listing.book_id.in_(keys)))
        await session.execute(delete(models.Book).where(models.Book.id.in_(keys)))


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(
    size=st.integers(1, 12),
    backwards=st.booleans(),
    field=st.sampled_from(["TITLE", "RATING", "CREATED", "PRICE", None]),
    direction=st.sampled_from(["ASC", "DESC"]),
)
async def test_walking_all_pages_gives_every_row_once_and_in_order(
    shelf: None, ask: Ask, size: int, backwards: bool, field: str | None, direction: str
) -> None:
    del shelf
    sort = None if field is None else {"field": field, "direction": direction}
    whole = (await walked_page(ask, first=100, sort=sort))["edges"]
    assert len(whole) == 23
    walked: list[Any] = []
    cursor: str | None = None
    while True:
        where = {"last": size, "before": cursor} if backwards else {"first": size, "after": cursor}
        page = await walked_page(ask, **where, sort=sort)
        info, edges = page["pageInfo"], page["edges"]
        assert len(edges) <= size
        walked = [*edges, *walked] if backwards else [*walked, *edges]
        assert info["hasNextPage" if backwards else "hasPreviousPage"] is (cursor is not None)
        if not info["hasPreviousPage" if backwards else "hasNextPage"]:
            break
        cursor = info["startCursor" if backwards else "endCursor"]
    assert walked == whole


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(size=st.integers(1, 12), backwards=st.booleans(), name=st.sampled_from(["newest", "latest"]))
async def test_lists_that_go_down_of_themselves_are_walked_the_same(
    shelf: None, ask: Ask, size: int, backwards: bool, name: str
) -> None:
    del shelf
    document = f"""query($first: Int, $last: Int, $after: String, $before: String) {{
      page: {name}(first: $first, last: $last, after: $after, before: $before, filter: {{label: "shelf"}}) {{
        pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
        edges {{ node {{ title rating id }} }} }} }}"""
    whole = [edge["node"] for edge in (await ask(document, first=100))["data"]["page"]["edges"]]
    keys = [book["title"] if name == "latest" else -(book["rating"] or 99) for book in whole]
    assert keys == sorted(keys, reverse=name == "latest")
    walked: list[Any] = []
    cursor: str | None = None
    more = True
    while more:
        where = {"last": size, "before": cursor} if backwards else {"first": size, "after": cursor}
        page = (await ask(document, **where))["data"]["page"]
        nodes = [edge["node"] for edge in page["edges"]]
        walked = [*nodes, *walked] if backwards else [*walked, *nodes]
        more = page["pageInfo"]["hasPreviousPage" if backwards else "hasNextPage"]
        cursor = page["pageInfo"]["startCursor" if backwards else "endCursor"]
    assert walked == whole


async def walked_page(ask: Ask, **variables: Any) -> Any:
    answer = await ask(WALK, where={"label": "shelf"}, **variables)
    assert "errors" not in answer
    return answer["data"]["books"]
