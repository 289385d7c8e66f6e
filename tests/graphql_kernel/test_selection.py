"""What GraphQL says of selections holds: aliases, fragments, directives, types."""

import pytest

from tests.graphql_kernel.conftest import Ask


async def test_aliases_name_the_answer_and_its_order_is_the_selections(ask: Ask) -> None:
    answer = await ask('{ b: book(title: "Barley") { z: title a: title } a: book(title: "Argan") { title } }')
    assert str(answer["data"]) == str({"b": {"z": "Barley", "a": "Barley"}, "a": {"title": "Argan"}})


async def test_the_same_field_selected_twice_is_merged(ask: Ask) -> None:
    answer = await ask(
        """{ book(title: "Argan") { author { name } author { books { title } } ...More } }
           fragment More on Book { author { id name } }"""
    )
    author = answer["data"]["book"]["author"]
    assert author == {
        "name": "Najat",
        "books": [{"title": "Argan"}, {"title": "Couscous"}],
        "id": author["id"],
    }


async def test_fragments_are_opened_wherever_they_apply(ask: Ask) -> None:
    answer = await ask(
        """query { ...Root }
           fragment Root on Query { book(title: "Argan") { ...Title ... on Node { id }
             ... { subtitle } ... on ObjectWithMetadata { metafield(key: "a") } } }
           fragment Title on Book { title }"""
    )
    assert answer == {
        "data": {"book": {"title": "Argan", "id": "Qm9vazox", "subtitle": "An oil", "metafield": "1"}}
    }


@pytest.mark.parametrize(("with_title", "with_author"), [(True, True), (True, False), (False, True)])
async def test_skip_and_include_obey_variables(ask: Ask, with_title: bool, with_author: bool) -> None:
    answer = await ask(
        """query($title: Boolean!, $author: Boolean!) { book(title: "Argan") {
             title @include(if: $title) ... @skip(if: $author) { subtitle } ...A @include(if: $author) } }
           fragment A on Book { author { name } }""",
        title=with_title,
        author=with_author,
    )
    expected: dict[str, object] = {"title": "Argan"} if with_title else {}
    expected |= {"author": {"name": "Najat"}} if with_author else {"subtitle": "An oil"}
    assert answer["data"]["book"] == expected


async def test_skip_and_include_obey_literals(ask: Ask) -> None:
    answer = await ask(
        """{ book(title: "Argan") {
             title @skip(if: true) subtitle @include(if: true) id @include(if: false) } }"""
    )
    assert answer["data"]["book"] == {"subtitle": "An oil"}


async def test_an_interface_over_one_table_gives_each_row_its_type(ask: Ask) -> None:
    answer = await ask(
        """{ book(title: "Argan") { chapters { __typename name
             ... on Prose { words book { title } } ... on Verse { lines } } } }"""
    )
    assert answer["data"]["book"]["chapters"] == [
        {"__typename": "Prose", "name": "Trees", "words": 100, "book": {"title": "Argan"}},
        {"__typename": "Verse", "name": "Songs", "lines": 20},
    ]


async def test_a_union_over_one_table_gives_what_its_fragments_select(ask: Ask) -> None:
    answer = await ask('{ book(title: "Argan") { pieces { ... on Verse { name lines } } } }')
    assert answer["data"]["book"]["pieces"] == [{}, {"name": "Songs", "lines": 20}]


async def test_a_union_over_several_tables_gives_the_row_that_exists(ask: Ask) -> None:
    document = """query($id: ID!) { loan(id: $id) {
                    subject { __typename ... on Book { title } ... on Author { name } } } }"""
    of_book = await ask(document, id="TG9hbjowMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMGE=")
    of_author = await ask(document, id="TG9hbjowMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMGI=")
    of_hidden = await ask(document, id="TG9hbjowMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMGM=")
    assert of_book["data"]["loan"]["subject"] == {"__typename": "Book", "title": "Argan"}
    assert of_author["data"]["loan"]["subject"] == {"__typename": "Author", "name": "Omar"}
    assert of_hidden["data"]["loan"]["subject"] is None


async def test_a_value_says_which_type_of_a_union_it_is(ask: Ask) -> None:
    answer = await ask(
        """{ book(title: "Argan") {
             gentle: verdict(gently: true) { __typename ... on TooLong { limit } ... on TooOld { since } }
             verdict { __typename ... on TooLong { limit } ... on TooOld { since } }
             judgement { ... on TooLong { limit } ... on TooOld { since } } } }"""
    )
    assert answer["data"]["book"] == {
        "gentle": {"__typename": "TooLong", "limit": 5},
        "verdict": {"__typename": "TooOld", "since": "Argan"},
        "judgement": {"since": "Argan"},
    }


async def test_node_gives_whatever_its_id_names(ask: Ask) -> None:
    document = (
        """query($id: ID!) { node(id: $id) { __typename id ... on Book { title } ... on Author { name } } }"""
    )
    assert (await ask(document, id="Qm9vazox"))["data"]["node"] == {
        "__typename": "Book",
        "id": "Qm9vazox",
        "title": "Argan",
    }
    assert (await ask(document, id="QXV0aG9yOjI="))["data"]["node"]["name"] == "Omar"
    assert (await ask(document, id="UHJvc2U6MQ=="))["data"]["node"]["__typename"] == "Prose"


@pytest.mark.parametrize("wrong", ["", "nonsense", "Qm9vazo5OTk=", "Qm9vaw==", "VmlsbGE6MQ==", "Qm9vazp4"])
async def test_node_gives_null_or_an_error_for_ids_that_name_nothing(ask: Ask, wrong: str) -> None:
    answer = await ask("query($id: ID!) { node(id: $id) { id } }", id=wrong)
    assert answer["data"] == {"node": None}


async def test_a_lookup_keeps_to_the_types_of_its_field(ask: Ask) -> None:
    answer = await ask(
        '{ thing(id: "UHJvc2U6MQ==") { __typename } other: thing(id: "QXV0aG9yOjI=") { __typename } }'
    )
    assert answer["data"] == {"thing": None, "other": {"__typename": "Author"}}
