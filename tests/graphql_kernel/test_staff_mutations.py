"""Rows by their other names, many rows at once, and what a seller's member may change."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.kit import events
from marketplace.kit.announcements import Announcement
from marketplace.kit.database import Database
from marketplace_graphql.kernel import Requester
from tests.graphql_kernel import models
from tests.graphql_kernel.conftest import NAJAT, NOW, STAFF, Ask

BULK = """mutation($books: [ShelvedInput!]!, $policy: ErrorPolicyEnum) {
  bookBulkCreate(books: $books, errorPolicy: $policy) {
    count errors { path } results { book { title rating } errors { path code } } } }"""
MIXED = [
    {"title": "Quince", "rating": 2.0},
    {"title": "", "rating": 2.0},
    {"title": "Rose", "rating": 9.0},
]
GOOD = {"book": {"title": "Quince", "rating": 2.0}, "errors": None}
NAMELESS = {"book": None, "errors": [{"path": "title", "code": "REQUIRED"}]}
TOO_GOOD = [{"path": "listings.0.rating", "code": "INVALID"}]


@pytest.fixture
async def made(library: Database) -> AsyncIterator[dict[str, str]]:
    """Global ids by title of three books of the first author, and one of the second; all forgotten later."""
    books = [
        models.Book(title=title, rating=rating, created_at=NOW, author_id=author)
        for title, rating, author in (("Mint", 1.0, 1), ("Nuts", 1.0, 1), ("Olive", 5.0, 1), ("Plum", 1.0, 2))
    ]
    async with library.transaction() as session:
        before = await session.scalar(select(func.max(models.Book.id)))
        session.add_all(books)
    yield {book.title: base64.b64encode(f"Book:{book.id}".encode()).decode() for book in books}
    async with library.transaction() as session:
        await session.execute(delete(models.Book).where(models.Book.id > before))


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """Every announcement, with the titles of its books."""
    found: list[tuple[str, list[str]]] = []

    async def listen(_session: AsyncSession, told: Announcement) -> None:
        found.append((told.event, [row.title for row in told.rows if isinstance(row, models.Book)]))

    monkeypatch.setitem(events._subscribers, Announcement, [listen])
    return found


async def titles(library: Database) -> set[str]:
    async with library.transaction() as session:
        return set(await session.scalars(select(models.Book.title)))


RATE = """mutation($id: ID, $title: String) { bookRate(id: $id, title: $title, rating: 3) {
  errors { path message code } book { title rating } } }"""


@pytest.mark.parametrize("by", ["id", "title"])
async def test_a_row_is_found_by_its_id_or_by_another_name(
    ask: Ask, made: dict[str, str], heard: list[Any], by: str
) -> None:
    given = {"id": made["Mint"]} if by == "id" else {"title": "Mint"}
    answer = await ask(RATE, STAFF, **given)
    assert answer["data"]["bookRate"] == {"errors": [], "book": {"title": "Mint", "rating": 3.0}}
    assert heard == [("BOOK_UPDATED", ["Mint"])]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, {"path": None, "code": "GRAPHQL_ERROR"}),
        ({"title": "Nothing"}, {"path": "title", "code": "NOT_FOUND"}),
        ({"id": "Qm9vazo5OTk5OQ=="}, {"path": "id", "code": "NOT_FOUND"}),
        ({"id": "Qm9vazo5OTk5OQ==", "title": "Mint"}, {"path": None, "code": "GRAPHQL_ERROR"}),
    ],
)
async def test_exactly_one_name_must_be_given_and_be_somebodys(
    ask: Ask, made: dict[str, str], heard: list[Any], given: dict[str, str], error: dict[str, Any]
) -> None:
    answer = (await ask(RATE, STAFF, **given))["data"]["bookRate"]
    assert [{key: each[key] for key in error} for each in answer["errors"]] == [error]
    assert heard == []


DELETE = "mutation($id: ID!) { bookDelete(id: $id) { errors { path message } book { id title } } }"


async def test_what_is_deleted_is_shown_as_it_was(
    ask: Ask, library: Database, made: dict[str, str], heard: list[Any]
) -> None:
    answer = (await ask(DELETE, STAFF, id=made["Mint"]))["data"]["bookDelete"]
    assert answer == {"errors": [], "book": {"id": made["Mint"], "title": "Mint"}}
    assert heard == [("BOOK_DELETED", ["Mint"])]
    assert "Mint" not in await titles(library)


async def test_what_must_stay_is_not_deleted(ask: Ask, library: Database, made: dict[str, str]) -> None:
    answer = (await ask(DELETE, STAFF, id=made["Olive"]))["data"]["bookDelete"]
    assert answer == {"errors": [{"path": "id", "message": "The best stay."}], "book": None}
    assert "Olive" in await titles(library)


BULK_DELETE = "mutation($ids: [ID!]!) { bookBulkDelete(ids: $ids) { count errors { path code } } }"


async def test_many_are_deleted_at_once(
    ask: Ask, library: Database, made: dict[str, str], heard: list[Any]
) -> None:
    answer = await ask(BULK_DELETE, STAFF, ids=[made["Mint"], made["Nuts"], made["Mint"]])
    assert answer["data"]["bookBulkDelete"] == {"count": 2, "errors": []}
    assert heard == [("BOOK_DELETED", ["Mint", "Nuts"])]
    assert not {"Mint", "Nuts"} & await titles(library)


async def test_one_that_must_stay_keeps_them_all(ask: Ask, library: Database, made: dict[str, str]) -> None:
    answer = await ask(BULK_DELETE, STAFF, ids=[made["Mint"], made["Olive"]])
    assert answer["data"]["bookBulkDelete"]["count"] == 0
    assert {"Mint", "Olive"} <= await titles(library)


async def test_a_bulk_is_bounded(ask: Ask, made: dict[str, str]) -> None:
    answer = await ask(BULK_DELETE, STAFF, ids=list(made.values()))
    assert answer["data"]["bookBulkDelete"] == {"count": 0, "errors": [{"path": "ids", "code": "INVALID"}]}


async def test_one_fault_rejects_everything(ask: Ask, library: Database, made: dict[str, str]) -> None:
    for policy in ("REJECT_EVERYTHING", None):
        answer = (await ask(BULK, STAFF, books=MIXED, policy=policy))["data"]["bookBulkCreate"]
        assert answer["count"] == 0
        assert answer["results"] == [GOOD | {"book": None}, NAMELESS, {"book": None, "errors": TOO_GOOD}]
    assert not {"Quince", "Rose"} & await titles(library)


async def test_failed_rows_are_rejected_alone(ask: Ask, library: Database, made: dict[str, str]) -> None:
    answer = (await ask(BULK, STAFF, books=MIXED, policy="REJECT_FAILED_ROWS"))["data"]["bookBulkCreate"]
    assert answer["count"] == 1
    assert answer["results"] == [GOOD, NAMELESS, {"book": None, "errors": TOO_GOOD}]
    assert "Quince" in await titles(library)
    assert "Rose" not in await titles(library)


async def test_failed_parts_are_left_out(ask: Ask, library: Database, made: dict[str, str]) -> None:
    answer = (await ask(BULK, STAFF, books=MIXED, policy="IGNORE_FAILED"))["data"]["bookBulkCreate"]
    assert answer["count"] == 2
    kept = {"book": {"title": "Rose", "rating": None}, "errors": TOO_GOOD}
    assert answer["results"] == [GOOD, NAMELESS, kept]
    assert {"Quince", "Rose"} <= await titles(library)


AUTHOR = Requester(user_id=7, vendor_ids=(1,), within={"MANAGE_BOOKS": (1,)})
IDLE_AUTHOR = Requester(user_id=7, vendor_ids=(1,), within={"MANAGE_LOANS": (1,)})


async def test_a_sellers_member_changes_its_own(ask: Ask, made: dict[str, str]) -> None:
    answer = await ask(RATE, AUTHOR, title="Mint")
    assert answer["data"]["bookRate"]["book"] == {"title": "Mint", "rating": 3.0}
    assert (await ask(BULK_DELETE, AUTHOR, ids=[made["Nuts"]]))["data"]["bookBulkDelete"]["count"] == 1


async def test_a_strangers_row_reads_as_if_it_were_not_there(
    ask: Ask, library: Database, made: dict[str, str]
) -> None:
    """Though everybody reads the book."""
    assert (await ask(RATE, AUTHOR, id=made["Plum"]))["data"]["bookRate"]["errors"][0]["code"] == "NOT_FOUND"
    answer = await ask(BULK_DELETE, AUTHOR, ids=[made["Mint"], made["Plum"]])
    assert answer["data"]["bookBulkDelete"] == {"count": 0, "errors": [{"path": "ids", "code": "NOT_FOUND"}]}
    assert {"Mint", "Plum"} <= await titles(library)


@pytest.mark.parametrize("requester", [NAJAT, IDLE_AUTHOR, None])
async def test_a_role_without_the_permission_changes_nothing(
    ask: Ask, made: dict[str, str], requester: Requester | None
) -> None:
    answer = await ask(RATE, requester, id=made["Mint"])
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_a_mutation_that_is_not_for_sellers_is_refused_to_them(ask: Ask, made: dict[str, str]) -> None:
    answer = await ask(DELETE, AUTHOR, id=made["Mint"])
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_what_does_not_say_whose_it_is_is_a_fault_of_the_program(
    ask: Ask, made: dict[str, str]
) -> None:
    tag = base64.b64encode(b"Tag:1").decode()
    answer = await ask("mutation($id: ID!) { tagTouch(id: $id) { tag { name } } }", AUTHOR, id=tag)
    assert answer["data"]["tagTouch"]["tag"] == {"name": "red"}
    author = base64.b64encode(b"Author:1").decode()
    answer = await ask("mutation($id: ID!) { authorTouch(id: $id) { errors { code } } }", AUTHOR, id=author)
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "InternalServerError"
