"""What goes wrong in one field is told with its place, and the rest is still answered."""

from tests.graphql_kernel.conftest import Ask


async def test_wrong_ids_are_told_at_their_fields_and_the_others_still_answer(ask: Ask) -> None:
    answer = await ask(
        """query($wrong: ID!) { book(id: $wrong) { title } other: book(id: "QXV0aG9yOjE=") { title }
             good: book(id: "Qm9vazox") { title } }""",
        wrong="zzz",
    )
    assert answer["data"] == {"book": None, "other": None, "good": {"title": "Argan"}}
    assert {tuple(error["path"]): error["message"] for error in answer["errors"]} == {
        ("book",): "Invalid ID: zzz.",
        ("other",): "Invalid ID: QXV0aG9yOjE=. Expected: Book.",
    }


async def test_a_right_id_after_a_wrong_one_is_answered(ask: Ask) -> None:
    document = "query($id: ID!) { book(id: $id) { title } }"
    assert "errors" in await ask(document, id="zzz")
    assert await ask(document, id="Qm9vazox") == {"data": {"book": {"title": "Argan"}}}


async def test_a_wrong_id_deep_down_takes_only_its_field(ask: Ask) -> None:
    answer = await ask('{ books(first: 2) { edges { node { title chapter(id: "zzz") { name } } } } }')
    assert [edge["node"] for edge in answer["data"]["books"]["edges"]] == [
        {"title": "Argan", "chapter": None},
        {"title": "Barley", "chapter": None},
    ]
    assert [error["path"] for error in answer["errors"]] == [
        ["books", "edges", place, "node", "chapter"] for place in range(2)
    ]


async def test_a_wrong_id_in_a_filter_is_told_at_the_list(ask: Ask) -> None:
    answer = await ask('{ books(first: 2, filter: {ids: ["QXV0aG9yOjE="]}) { totalCount } }')
    assert answer["data"] == {"books": None}
    assert answer["errors"][0]["path"] == ["books"]


async def test_a_null_where_none_may_be_is_an_error_and_rises(ask: Ask) -> None:
    answer = await ask('{ book(title: "Barley") { title promised } }')
    assert answer == {
        "errors": [
            {
                "message": "Cannot return null for non-nullable field Book.promised.",
                "path": ["book", "promised"],
                "extensions": {"exception": {"code": "GraphQLError"}},
            }
        ],
        "data": {"book": None},
    }
    assert (await ask('{ book(title: "Argan") { promised } }'))["data"]["book"] == {"promised": "An oil"}


async def test_a_hidden_row_where_one_was_promised_is_an_error_and_rises(ask: Ask) -> None:
    answer = await ask('{ book(title: "Dates") { requiredAuthor { name } } }')
    assert answer["data"]["book"] is None
    assert answer["errors"][0]["path"] == ["book", "requiredAuthor"]


async def test_a_list_of_nullable_items_keeps_the_others(ask: Ask) -> None:
    answer = await ask("{ hits(ids: [2, 1]) { promised } }")
    assert answer["data"]["hits"] == [None, {"promised": "An oil"}]
    assert answer["errors"][0]["path"] == ["hits", 0, "promised"]


async def test_a_declarations_refusal_is_told_at_its_field(ask: Ask) -> None:
    answer = await ask('{ book { title } other: book(title: "Argan") { title } }')
    assert answer["data"] == {"book": None, "other": {"title": "Argan"}}
    assert answer["errors"][0]["message"] == "Either id or title is needed."


async def test_a_text_that_the_database_cannot_hold_is_refused(ask: Ask) -> None:
    answer = await ask("query($title: String) { book(title: $title) { title } }", title="a\x00b")
    assert answer["data"] == {"book": None}
    assert "U+0000" in answer["errors"][0]["message"]


async def test_a_users_text_that_looks_like_the_readers_mark_is_only_text(ask: Ask) -> None:
    answer = await ask('{ __reader__: book(title: "Argan") { shouted(mark: "__reader__") } }')
    assert answer == {"data": {"__reader__": {"shouted": "ARGAN__reader__"}}}


async def test_a_failing_resolver_takes_what_it_must(ask: Ask) -> None:
    answer = await ask('{ failing book(title: "Argan") { title } }')
    assert answer["data"] is None
    assert answer["errors"][0] == {
        "message": "No.",
        "path": ["failing"],
        "extensions": {"exception": {"code": "GraphQLError"}},
    }
