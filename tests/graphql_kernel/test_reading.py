"""Each kind of field gives what it declares, in one statement."""

from tests.graphql_kernel.conftest import NAJAT, STAFF, Ask


async def test_columns_are_written_as_their_graphql_types_want_them(ask: Ask) -> None:
    answer = await ask(
        """{ book(title: "Argan") { id title subtitle rating weight printedOn created isbn binding labels
             body raw isRated again { title } } }"""
    )
    assert answer == {
        "data": {
            "book": {
                "id": "Qm9vazox",
                "title": "Argan",
                "subtitle": "An oil",
                "rating": 4.5,
                "weight": 0.35,
                "printedOn": "2020-02-29",
                "created": "2026-01-01T10:30:00+00:00",
                "isbn": "00000000-0000-0000-0000-000000000001",
                "binding": "HARD",
                "labels": ["oil", "tree"],
                "body": '{"blocks": [1, "a \\"quoted\\" word"]}',
                "raw": {"blocks": [1, 'a "quoted" word']},
                "isRated": True,
                "again": {"title": "Argan"},
            }
        }
    }


async def test_nulls_stay_nulls(ask: Ask) -> None:
    answer = await ask(
        '{ book(title: "Dates") { subtitle weight printedOn isbn binding body raw author { name } } }'
    )
    assert set(answer["data"]["book"].values()) == {None}


async def test_expressions_take_arguments_with_their_defaults(ask: Ask) -> None:
    answer = await ask(
        """{ book(title: "Argan") {
             longer: longerThan(other: "abc") same: longerThan(other: "abcde")
             loosely: longerThan(other: "abcde", strictly: false) } }"""
    )
    assert answer["data"]["book"] == {"longer": True, "same": False, "loosely": True}


async def test_relations_follow_relationships_foreign_keys_and_predicates(ask: Ask) -> None:
    answer = await ask(
        """{ book(title: "Argan") {
             author { name books { title } translations { title } } translator { name }
             tags { name } chapter(position: 2) { name } first: chapter(position: 9) { name } } }"""
    )
    assert answer["data"]["book"] == {
        "author": {"name": "Najat", "books": [{"title": "Argan"}, {"title": "Couscous"}], "translations": []},
        "translator": {"name": "Omar"},
        "tags": [{"name": "blue"}, {"name": "red"}],
        "chapter": {"name": "Songs"},
        "first": None,
    }


async def test_lists_are_in_their_types_order_and_bounded(ask: Ask) -> None:
    answer = await ask("{ allAuthors { name } strictAuthors { name } }")
    assert [author["name"] for author in answer["data"]["allAuthors"]] == ["Najat", "Omar", "Zahra"]
    assert [author["name"] for author in answer["data"]["strictAuthors"]] == ["Najat", "Omar"]


async def test_values_are_built_of_expressions_rows_and_lists(ask: Ask) -> None:
    answer = await ask(
        """{ book(title: "Argan") {
             numbers { chapters longest { name } all { name } money { amount currency } }
             words { key value } } }"""
    )
    assert answer["data"]["book"] == {
        "numbers": {
            "chapters": 2,
            "longest": {"name": "Trees"},
            "all": [{"name": "Trees"}, {"name": "Songs"}],
            "money": {"amount": 4.5, "currency": "MAD"},
        },
        "words": [{"key": "Argan", "value": "Argan"}],
    }


async def test_a_value_is_null_where_its_condition_holds(ask: Ask) -> None:
    answer = await ask(
        '{ book(title: "Couscous") { numbers { money { amount } longest { name } all { name } } } }'
    )
    assert answer["data"]["book"]["numbers"] == {"money": None, "longest": None, "all": []}


async def test_the_channel_argument_holds_below_its_field(ask: Ask) -> None:
    document = """query($channel: String) { book(title: "Argan", channel: $channel) {
        market price { amount currency } offer { price { amount currency } cheap } } }"""
    moroccan = await ask(document, channel="ma")
    european = await ask(document, channel="eu")
    assert moroccan["data"]["book"]["price"] == {"amount": 5, "currency": "MAD"}
    assert european["data"]["book"] == {
        "market": "eu",
        "price": {"amount": 4.5, "currency": "EUR"},
        "offer": {"price": {"amount": 4.5, "currency": "EUR"}, "cheap": True},
    }


async def test_an_unknown_channel_or_none_has_no_prices(ask: Ask) -> None:
    document = (
        'query($channel: String) { book(title: "Argan", channel: $channel) { price { amount } market } }'
    )
    assert (await ask(document, channel="mars"))["data"]["book"]["price"] is None
    assert (await ask(document, channel=None))["data"]["book"] == {"price": None, "market": None}
    assert (await ask(document))["data"]["book"] == {"price": None, "market": None}


async def test_a_row_with_a_channel_of_its_own_puts_it_in_force(ask: Ask) -> None:
    loan = "TG9hbjowMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMGE="
    answer = await ask("query($id: ID!) { loan(id: $id) { book { price { currency } } } }", id=loan)
    assert answer["data"]["loan"]["book"]["price"] == {"currency": "EUR"}


async def test_translations_are_found_by_language(ask: Ask) -> None:
    answer = await ask(
        """{ book(title: "Argan") { fr: translation(languageCode: FR) { title }
             ar: translation(languageCode: AR) { title } } }"""
    )
    assert answer["data"]["book"] == {"fr": {"title": "Arganier"}, "ar": None}


async def test_metadata_is_listed_by_key_and_found_by_key(ask: Ask) -> None:
    answer = await ask(
        """{ book(title: "Argan") { metadata { key value } metafield(key: "b") none: metafield(key: "z")
             metafields(keys: ["a", "z"]) all: metafields empty: metafields(keys: []) } }"""
    )
    assert answer["data"]["book"] == {
        "metadata": [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}],
        "metafield": "2",
        "none": None,
        "metafields": {"a": "1"},
        "all": {"a": "1", "b": "2"},
        "empty": {},
    }


async def test_computed_fields_run_python_over_what_they_select(ask: Ask) -> None:
    answer = await ask(
        '{ book(title: "Argan") { shouted loud: shouted(mark: "!!") complaints { __typename } } }'
    )
    assert answer["data"]["book"] == {
        "shouted": "ARGAN!",
        "loud": "ARGAN!!",
        "complaints": [{"__typename": "TooLong"}, {"__typename": "TooOld"}],
    }


async def test_settings_time_language_and_requester_are_there_to_be_asked(ask: Ask) -> None:
    answer = await ask("{ library { name reader today language } }", NAJAT)
    assert answer["data"]["library"] == {
        "name": "Zagora",
        "reader": "user 7",
        "today": "2026-05-01T12:00:00+00:00",
        "language": "en",
    }


async def test_resolvers_answer_beside_the_reader_in_the_order_of_the_selection(ask: Ask) -> None:
    answer = await ask(
        """{ __typename greeting(name: "Safi") book(title: "Argan") { title } hits(ids: [3, 1, 999]) { title }
             __type(name: "Tag") { name } }"""
    )
    assert list(answer["data"].items()) == [
        ("__typename", "Query"),
        ("greeting", "Hello, Safi"),
        ("book", {"title": "Argan"}),
        ("hits", [{"title": "Couscous"}, {"title": "Argan"}]),
        ("__type", {"name": "Tag"}),
    ]


async def test_texts_with_quotes_backslashes_and_arabic_come_back_as_they_are(ask: Ask) -> None:
    title = 'Fig "and" \\ ثمر'
    answer = await ask("query($title: String) { book(title: $title) { title } }", title=title)
    assert answer["data"]["book"]["title"] == title


async def test_an_object_of_more_fields_than_a_function_has_arguments_is_read_whole(ask: Ask) -> None:
    fields = " ".join(f"f{number}: title" for number in range(150))
    answer = await ask(f'{{ book(title: "Argan") {{ {fields} }} }}', STAFF)
    assert list(answer["data"]["book"]) == [f"f{number}" for number in range(150)]
    assert set(answer["data"]["book"].values()) == {"Argan"}


async def test_a_sub_select_may_speak_of_a_row_far_outside(ask: Ask) -> None:
    answer = await ask("{ books(first: 3) { edges { node { title longestIsProse } } } }")
    nodes = [edge["node"] for edge in answer["data"]["books"]["edges"]]
    found = {node["title"]: node["longestIsProse"] for node in nodes}
    assert found == {"Argan": True, "Barley": True, "Couscous": False}


async def test_lists_deep_inside_lists_keep_to_their_own_rows(ask: Ask) -> None:
    answer = await ask(
        """{ books(first: 9) { edges { node { title author { library(last: 1) { edges { node { title
             author { library(first: 9) { totalCount edges { node { title } } } } } } } } } } } }"""
    )
    for edge in answer["data"]["books"]["edges"]:
        book = edge["node"]
        if book["author"] is None:
            continue
        (last,) = book["author"]["library"]["edges"]
        titles = [each["node"]["title"] for each in last["node"]["author"]["library"]["edges"]]
        assert book["title"] in titles
        assert last["node"]["title"] == titles[-1]
        assert last["node"]["author"]["library"]["totalCount"] == len(titles) == 2
