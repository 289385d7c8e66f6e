"""Who may see what: rules on rows hold on every path, permissions leave nulls and say why."""

import pytest

from marketplace_graphql.kernel import Requester
from tests.graphql_kernel.conftest import NAJAT, STAFF, Ask

STRANGER = Requester(user_id=1)
NEEDED = "To access this path, you need one of the following permissions: MANAGE_BOOKS"

PATHS_TO_BOOKS = {
    "root": '{ book(title: "Embers") { title } }',
    "node": '{ node(id: "Qm9vazo1") { ... on Book { title } } }',
    "connection": '{ books(first: 9, where: {title: {eq: "Embers"}}) { edges { node { title } } } }',
    "many": "{ allAuthors { books { title } } }",
    "nested connection": "{ allAuthors { library(first: 9) { edges { node { title } } } } }",
    "one of several": """{ loan(id: "TG9hbjowMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMGM=") {
        subject { ... on Book { title } } } }""",
    "one": '{ loan(id: "TG9hbjowMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMGM=") { book { title } } }',
}


@pytest.mark.parametrize("path", PATHS_TO_BOOKS)
async def test_a_hidden_row_is_hidden_on_every_path(ask: Ask, path: str) -> None:
    document = PATHS_TO_BOOKS[path]
    for requester, sees in ((None, False), (STRANGER, False), (NAJAT, True), (STAFF, True)):
        answer = await ask(document, requester)
        assert ("Embers" in str(answer["data"])) is sees, (path, requester)
        assert "errors" not in answer


async def test_hidden_rows_are_not_counted(ask: Ask) -> None:
    document = "{ books { totalCount } }"
    assert (await ask(document))["data"]["books"]["totalCount"] == 5
    assert (await ask(document, STAFF))["data"]["books"]["totalCount"] == 6


async def test_a_nullable_field_without_its_permission_is_null_and_the_error_has_its_path(ask: Ask) -> None:
    answer = await ask('{ book(title: "Argan") { a: author { name note: diary } } }')
    assert answer["data"]["book"]["a"] == {"name": "Najat", "note": None}
    assert answer["errors"] == [
        {
            "message": NEEDED,
            "path": ["book", "a", "note"],
            "extensions": {"exception": {"code": "PermissionDenied"}},
        }
    ]


async def test_a_field_that_cannot_be_null_takes_its_parents_with_it(ask: Ask) -> None:
    answer = await ask('{ book(title: "Argan") { title author { secret } } }')
    assert answer["data"]["book"] == {"title": "Argan", "author": None}
    assert answer["errors"][0]["path"] == ["book", "author", "secret"]

    answer = await ask('{ book(title: "Argan") { title requiredAuthor { secret } } }')
    assert answer["data"]["book"] is None

    answer = await ask("{ allAuthors { secret } }")
    assert answer["data"] is None


async def test_each_item_of_a_list_reports_its_own_place(ask: Ask) -> None:
    answer = await ask("{ allAuthors { diary } }")
    assert answer["data"]["allAuthors"] == [{"diary": None}] * 3
    assert [error["path"] for error in answer["errors"]] == [
        ["allAuthors", place, "diary"] for place in range(3)
    ]

    answer = await ask("{ books(first: 2) { edges { node { author { diary } } } } }")
    assert [error["path"] for error in answer["errors"]] == [
        ["books", "edges", place, "node", "author", "diary"] for place in range(2)
    ]


async def test_where_nothing_is_there_nothing_is_denied(ask: Ask) -> None:
    answer = await ask(
        '{ book(title: "Dates") { author { secret } } none: book(title: "None") { author { secret } } }'
    )
    assert answer == {"data": {"book": {"author": None}, "none": None}}


async def test_with_the_permission_nothing_is_reported(ask: Ask) -> None:
    answer = await ask(
        '{ book(title: "Argan") { author { secret diary } privateMetadata { key value } } }', STAFF
    )
    assert answer == {
        "data": {
            "book": {
                "author": {"secret": "tea", "diary": "tea"},
                "privateMetadata": [{"key": "cost", "value": "3"}],
            }
        }
    }


async def test_a_list_that_needs_a_permission_is_not_even_read_without_it(ask: Ask) -> None:
    assert (await ask("{ authors(first: 1) { totalCount } }"))["data"] is None
    assert (await ask("{ authors(first: 1) { totalCount } }", STAFF))["data"]["authors"] == {"totalCount": 3}


async def test_a_rule_on_the_row_decides_for_each_row(ask: Ask) -> None:
    answer = await ask("{ allAuthors { name letters } }", NAJAT)
    assert [author["letters"] for author in answer["data"]["allAuthors"]] == ["tea", None, None]
    assert [error["path"] for error in answer["errors"]] == [
        ["allAuthors", place, "letters"] for place in (1, 2)
    ]
    assert {error["extensions"]["exception"]["code"] for error in answer["errors"]} == {"PermissionDenied"}


async def test_types_of_an_interface_report_only_what_they_have(ask: Ask) -> None:
    answer = await ask('{ book(title: "Argan") { chapters { __typename ... on Prose { secret } } } }')
    assert answer["data"]["book"]["chapters"] == [
        {"__typename": "Prose", "secret": None},
        {"__typename": "Verse"},
    ]
    assert [error["path"] for error in answer["errors"]] == [["book", "chapters", 0, "secret"]]


async def test_a_resolver_for_the_signed_in_is_denied_to_nobody(ask: Ask) -> None:
    answer = await ask("{ me { name } }")
    assert answer["data"] == {"me": None}
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


async def test_requesters_of_different_rights_never_share_an_answer(ask: Ask) -> None:
    document = "{ allAuthors { diary } }"
    for _ in range(2):
        assert "errors" in await ask(document)
        assert "errors" not in await ask(document, STAFF)


@pytest.mark.parametrize("who", [NAJAT, Requester(user_id=8)])
async def test_requesters_of_one_kind_share_a_statement_but_not_its_answer(ask: Ask, who: Requester) -> None:
    answer = await ask("{ allAuthors { user: letters } }", who)
    seen = [author["user"] for author in answer["data"]["allAuthors"] if author["user"]]
    assert seen == {7: ["tea"], 8: ["coffee"]}[who.user_id or 0]
