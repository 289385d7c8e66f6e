"""A mutation commits all of its work or none, and reads its payload back as a query would."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import delete, select

from marketplace.kit.database import Database
from marketplace_graphql.kernel import Api, ApiSchema, Info, UploadedFile
from tests.graphql_kernel import models
from tests.graphql_kernel.conftest import NAJAT, NOW, STAFF, Ask

UPDATE = """mutation($id: ID!, $input: BookInput!) { bookUpdate(id: $id, input: $input) {
  __typename errors { field code message chapters }
  book { id title rating author { name } promised @include(if: false) } } }"""


@pytest.fixture
async def drafts(library: Database) -> AsyncIterator[list[str]]:
    """The ids of two books that nobody else reads."""
    books = [
        models.Book(title=title, rating=2.0, created_at=NOW, author_id=1, is_published=False)
        for title in ("Draft", "Sketch")
    ]
    async with library.transaction() as session:
        session.add_all(books)
    yield [base64.b64encode(f"Book:{book.id}".encode()).decode() for book in books]
    async with library.transaction() as session:
        await session.execute(delete(models.Book).where(models.Book.id.in_([book.id for book in books])))


@pytest.fixture
def book(drafts: list[str]) -> str:
    return drafts[0]


async def title_of(library: Database, global_id: str) -> str:
    key = int(base64.b64decode(global_id).decode().split(":")[1])
    async with library.transaction() as session:
        return str(await session.scalar(select(models.Book.title).where(models.Book.id == key)))


async def test_a_mutation_gives_what_it_changed(ask: Ask, library: Database, book: str) -> None:
    answer = await ask(UPDATE, STAFF, id=book, input={"title": "Ready"})
    assert answer == {
        "data": {
            "bookUpdate": {
                "__typename": "BookUpdate",
                "errors": [],
                "book": {"id": book, "title": "Ready", "rating": 2.0, "author": {"name": "Najat"}},
            }
        }
    }
    assert await title_of(library, book) == "Ready"


async def test_what_was_left_out_stays_and_what_was_null_is_cleared(ask: Ask, book: str) -> None:
    assert (await ask(UPDATE, STAFF, id=book, input={}))["data"]["bookUpdate"]["book"]["rating"] == 2.0
    answer = await ask(
        UPDATE, STAFF, id=book, input={"rating": None, "body": '{"a": [1]}', "prices": [{"gte": 1}]}
    )
    assert answer["data"]["bookUpdate"]["book"]["rating"] is None


async def test_a_domain_error_becomes_an_error_of_the_payload(ask: Ask, library: Database, book: str) -> None:
    answer = await ask(UPDATE, STAFF, id=book, input={"title": ""})
    assert "errors" not in answer
    assert answer["data"]["bookUpdate"] == {
        "__typename": "BookUpdate",
        "errors": [
            {"field": "title", "code": "REQUIRED", "message": "A book needs a title.", "chapters": ["1"]}
        ],
        "book": None,
    }
    assert await title_of(library, book) == "Draft"


async def test_several_errors_are_told_together_and_nothing_is_changed(
    ask: Ask, library: Database, book: str
) -> None:
    answer = await ask(
        """mutation($id: ID!) { bookUpdate(id: $id, input: {title: "Taken"}) {
             errors { code } bookErrors { message } } }""",
        STAFF,
        id=book,
    )
    assert answer["data"]["bookUpdate"] == {
        "errors": [{"code": "UNIQUE"}, {"code": "INVALID"}],
        "bookErrors": [{"message": "Taken."}, {"message": "And ugly."}],
    }
    assert await title_of(library, book) == "Draft"


async def test_without_the_permission_nothing_runs(ask: Ask, library: Database, book: str) -> None:
    answer = await ask(UPDATE, NAJAT, id=book, input={"title": "Stolen"})
    assert answer["data"] == {"bookUpdate": None}
    assert answer["errors"][0]["path"] == ["bookUpdate"]
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
    assert await title_of(library, book) == "Draft"


@pytest.mark.parametrize("wrong", ["Qm9vazo5OTk5", "QXV0aG9yOjE=", "zzz"])
async def test_an_id_that_names_nothing_is_told_in_the_payload(ask: Ask, wrong: str) -> None:
    answer = await ask(UPDATE, STAFF, id=wrong, input={})
    (error,) = answer["data"]["bookUpdate"]["errors"]
    assert error["field"] == "id"
    assert error["code"] in ("NOT_FOUND", "INVALID")


async def test_a_fault_of_ours_rolls_back_and_hides_its_inside(
    ask: Ask, library: Database, book: str
) -> None:
    answer = await ask(UPDATE, STAFF, id=book, input={"title": "Crash"})
    assert answer["data"] == {"bookUpdate": None}
    assert answer["errors"] == [
        {
            "message": "Internal Server Error",
            "path": ["bookUpdate"],
            "extensions": {"exception": {"code": "InternalServerError"}},
        }
    ]
    assert await title_of(library, book) == "Draft"


async def test_mutations_run_in_order_each_in_its_own_transaction(
    ask: Ask, library: Database, book: str
) -> None:
    answer = await ask(
        """mutation($id: ID!) {
             one: bookUpdate(id: $id, input: {title: "One"}) { book { title } }
             two: bookUpdate(id: $id, input: {title: "Crash"}) { book { title } }
             three: bookUpdate(id: $id, input: {rating: 5}) { book { title rating } } __typename }""",
        STAFF,
        id=book,
    )
    assert answer["data"] == {
        "one": {"book": {"title": "One"}},
        "two": None,
        "three": {"book": {"title": "One", "rating": 5.0}},
        "__typename": "Mutation",
    }
    assert await title_of(library, book) == "One"


async def test_a_null_that_must_not_be_takes_the_payload_and_is_told(ask: Ask, book: str) -> None:
    answer = await ask(
        "mutation($id: ID!) { bookUpdate(id: $id, input: {}) { book { promised } } }", STAFF, id=book
    )
    assert answer["data"] == {"bookUpdate": {"book": None}}
    assert answer["errors"][0]["path"] == ["bookUpdate", "book", "promised"]


async def test_a_payload_may_have_values_rows_and_lists_of_rows(ask: Ask) -> None:
    answer = await ask(
        """mutation { bookCount(channel: "ma") { count first { title price { currency } }
             all { title shouted } errors { code } } }"""
    )
    payload = answer["data"]["bookCount"]
    assert payload["first"] == {"title": "Argan", "price": {"currency": "MAD"}}
    assert payload["count"] == len(payload["all"])
    assert {"title": "Barley", "shouted": "BARLEY!"} in payload["all"]
    assert payload["errors"] == []


async def test_a_payloads_own_rows_are_read_even_where_a_list_would_hide_them(ask: Ask) -> None:
    answer = await ask("mutation { bookCount { all { title author { books { title } } } } }")
    titles = [book["title"] for book in answer["data"]["bookCount"]["all"]]
    assert "Embers" in titles
    najat = next(book for book in answer["data"]["bookCount"]["all"] if book["title"] == "Argan")
    assert {"title": "Embers"} not in najat["author"]["books"]


async def test_a_file_reaches_the_mutation(api: Api) -> None:
    document = "mutation($file: Upload!) { coverUpload(file: $file) { size name } }"
    file = UploadedFile("cover.png", "image/png", b"12345")
    answer = await api.execute(document, {"file": file})
    assert answer["data"]["coverUpload"] == {"size": 5, "name": "cover.png"}
    wrong: Any = await api.execute(document, {"file": "text"})
    assert "errors" in wrong
    assert "data" not in wrong


PRAISE = """mutation($ids: [ID!]!) {
  bookPraise(ids: $ids) { book { title rating } errors { field code message } } }"""


async def test_an_error_that_keeps_changes_is_told_and_what_was_written_stays(
    ask: Ask, library: Database, book: str
) -> None:
    review = """mutation($id: ID!) {
      bookReview(id: $id) { book { title } errors { field code } bookErrors { code } } }"""
    answer = await ask(review, STAFF, id=book)
    assert answer == {
        "data": {
            "bookReview": {
                "book": None,
                "errors": [{"field": "id", "code": "INVALID"}],
                "bookErrors": [{"code": "INVALID"}],
            }
        }
    }
    async with library.transaction() as session:
        assert await session.scalar(select(models.Book.rating).where(models.Book.title == "Draft")) == 1.0


async def test_a_mutation_finds_only_what_its_requester_may_see(ask: Ask, book: str) -> None:
    stranger = await ask(PRAISE, None, ids=[book])
    assert stranger["data"]["bookPraise"] == {
        "book": None,
        "errors": [
            {"field": "id", "code": "NOT_FOUND", "message": f"Couldn't resolve to a node: {book}"},
        ],
    }
    author = await ask(PRAISE, NAJAT, ids=[book])
    assert author["data"]["bookPraise"] == {"book": {"title": "Draft", "rating": 5.0}, "errors": []}


async def test_several_rows_are_found_in_the_order_asked_for_or_not_at_all(
    ask: Ask, drafts: list[str]
) -> None:
    both = await ask(PRAISE, STAFF, ids=drafts[::-1])
    assert both["data"]["bookPraise"]["book"]["title"] == "Draft"
    one_is_missing = await ask(PRAISE, STAFF, ids=[*drafts, "Qm9vazo5OTk="])
    assert one_is_missing["data"]["bookPraise"]["book"] is None
    assert one_is_missing["data"]["bookPraise"]["errors"][0]["code"] == "NOT_FOUND"


SCOLD = """mutation($id: ID, $title: String, $by: Float! = 0.5) {
  bookScold(id: $id, title: $title, by: $by) { book { title rating } errors { field code } } }"""


async def test_what_a_mutation_is_about_can_be_named_in_several_ways(ask: Ask, book: str) -> None:
    assert (await ask(SCOLD, STAFF, id=book))["data"]["bookScold"]["book"] == {
        "title": "Draft",
        "rating": 1.5,
    }
    by_title = (await ask(SCOLD, STAFF, title="Draft", by=1.0))["data"]["bookScold"]
    assert by_title == {"book": {"title": "Draft", "rating": 0.5}, "errors": []}
    nothing = (await ask(SCOLD, STAFF, title="Nothing"))["data"]["bookScold"]
    assert nothing == {"book": None, "errors": [{"field": "title", "code": "NOT_FOUND"}]}
    forgiven = await ask("mutation($id: ID) { bookForgive(id: $id) { book { rating } } }", STAFF, id=book)
    assert forgiven["data"]["bookForgive"]["book"] == {"rating": 2.0}


async def test_a_mutation_has_only_the_names_that_it_ever_had(ask: Ask) -> None:
    refused = await ask('mutation { bookForgive(title: "Draft") { book { rating } } }', STAFF)
    assert "Unknown argument" in refused["errors"][0]["message"]


def test_deprecated_arguments_and_fields_of_inputs_say_why(schema: ApiSchema) -> None:
    assert 'title: String @deprecated(reason: "Use `id`.")' in schema.sdl()
    assert 'reason: String @deprecated(reason: "Nobody asks.")' in schema.sdl()
    assert 'body: JSONString @deprecated(reason: "Nobody reads it.")' in schema.sdl()


async def test_a_text_that_no_table_takes_is_refused_before_anything_is_done(ask: Ask, book: str) -> None:
    for field, given in (
        ("title", {"title": "a\x00b"}),
        ("body", {"title": "x", "body": '{"a": ["\\u0000"]}'}),
    ):
        refused = (await ask(UPDATE, STAFF, id=book, input=given))["data"]["bookUpdate"]
        assert refused["book"] is None
        assert [(error["field"], error["code"]) for error in refused["errors"]] == [(field, "INVALID")]


OUTSIDE = "mutation ($id: ID!) { it: bookNameByAnother(id: $id) { book { title } errors { field code } } }"


async def test_who_waits_for_somebody_outside_has_committed_and_holds_no_lock(
    api: Api, library: Database, book: str
) -> None:
    key = int(base64.b64decode(book).decode().split(":")[1])

    async def outside() -> str:
        async with library.transaction() as session:
            locked = select(models.Book).where(models.Book.id == key).with_for_update(nowait=True)
            return (await session.scalars(locked)).one().title.upper()

    api.context = outside
    answer = await api.execute(OUTSIDE, {"id": book}, STAFF)
    assert answer["data"]["it"] == {"book": {"title": "Asked, ASKED"}, "errors": []}
    assert await title_of(library, book) == "Asked, ASKED"


async def test_what_came_before_somebody_outside_stays_whatever_comes_of_the_rest(
    api: Api, library: Database, book: str
) -> None:
    async def silent() -> None:
        return None

    async def broken() -> None:
        raise ConnectionError("the line is dead")

    api.context = silent
    answer = await api.execute(OUTSIDE, {"id": book}, STAFF)
    assert answer["data"]["it"] == {"book": None, "errors": [{"field": "title", "code": "REQUIRED"}]}
    assert await title_of(library, book) == "Asked"
    api.context = broken
    answer = await api.execute(OUTSIDE, {"id": book}, STAFF)
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "InternalServerError"
    assert await title_of(library, book) == "Asked"


async def test_what_is_left_to_do_is_done_before_the_payload_is_read(
    api: Api, library: Database, book: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And in a transaction of its own, if it is to be: what the mutation did is committed or undone first."""
    key = int(base64.b64decode(book).decode().split(":")[1])
    given = {"id": book, "input": {"title": "Changed"}}
    seen = []

    async def undo(info: Info) -> None:
        await info.undo()
        found = await info.session.get_one(models.Book, key)
        seen.append(found.title)
        found.title = "Settled"

    before = await title_of(library, book)
    monkeypatch.setattr(api, "settle", undo)
    answer = await api.execute(UPDATE, given, STAFF)
    assert answer["data"]["bookUpdate"]["book"]["title"] == "Settled"
    assert seen[0] == before
    assert await title_of(library, book) == "Settled"
