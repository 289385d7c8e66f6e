"""Arguments by literal and by variable mean the same, in every form that they may have."""

from typing import Any

import pytest

from tests.graphql_kernel.conftest import Ask

TITLES = "{ edges { node { title } } }"


def titles(answer: dict[str, Any]) -> list[str]:
    return [edge["node"]["title"] for edge in answer["data"]["books"]["edges"]]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"ids": ["Qm9vazoy", "Qm9vazox"]}, ["Argan", "Barley"]),
        ({"ids": []}, []),
        ({"isPublished": False}, []),
        ({"binding": ["HARD"]}, ["Argan"]),
        ({"binding": ["HARD", "SOFT"]}, ["Argan", "Barley"]),
        ({"price": {"gte": 7.5, "lte": 15}}, ["Barley", "Couscous"]),
        ({"price": {"lte": 5}}, ["Argan"]),
        ({"price": {}, "label": "tree"}, ["Argan"]),
        ({"price": None, "ids": None, "label": "oil"}, ["Argan"]),
    ],
)
async def test_filters_by_variable_and_by_literal_agree(
    ask: Ask, given: dict[str, Any], expected: list[str]
) -> None:
    by_variable = await ask(
        f'query($given: BookFilter) {{ books(first: 9, channel: "ma", filter: $given) {TITLES} }}',
        given=given,
    )
    by_literal = await ask(f'{{ books(first: 9, channel: "ma", filter: {literal(given)}) {TITLES} }}')
    assert titles(by_variable) == titles(by_literal) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"title": {"eq": "Argan"}}, ["Argan"]),
        ({"title": {"oneOf": ["Dates", "Barley", "None"]}}, ["Barley", "Dates"]),
        ({"author": {"eq": "QXV0aG9yOjI="}}, ["Barley", 'Fig "and" \\ ثمر']),
        ({"author": {"eq": None}}, ["Dates"]),
        ({"author": {"oneOf": ["QXV0aG9yOjE="]}}, ["Argan", "Couscous"]),
        ({"OR": [{"title": {"eq": "Argan"}}, {"author": {"eq": None}}]}, ["Argan", "Dates"]),
        (
            {"AND": [{"author": {"oneOf": ["QXV0aG9yOjE="]}}, {"OR": [{"title": {"eq": "Argan"}}]}]},
            ["Argan"],
        ),
        ({}, ["Argan", "Barley", "Couscous", "Dates", 'Fig "and" \\ ثمر']),
        ({"OR": []}, ["Argan", "Barley", "Couscous", "Dates", 'Fig "and" \\ ثمر']),
    ],
)
async def test_where_combines_operators(ask: Ask, given: dict[str, Any], expected: list[str]) -> None:
    answer = await ask(f"query($given: BookWhere) {{ books(first: 9, where: $given) {TITLES} }}", given=given)
    assert titles(answer) == expected


async def test_variables_inside_literals_are_found(ask: Ask) -> None:
    answer = await ask(
        f"""query($a: ID!, $low: Float, $absent: Float) {{
              books(first: 9, channel: "ma", filter: {{
                ids: [$a, "Qm9vazoy"], price: {{gte: $low, lte: $absent}}}}) {TITLES} }}""",
        a="Qm9vazox",
        low=6,
    )
    assert titles(answer) == ["Barley"]


async def test_one_item_stands_for_a_list_of_one(ask: Ask) -> None:
    assert titles(await ask(f'{{ books(first: 9, filter: {{ids: "Qm9vazoy"}}) {TITLES} }}')) == ["Barley"]
    answer = await ask(
        f"query($given: BookFilter) {{ books(first: 9, filter: $given) {TITLES} }}", given={"ids": "Qm9vazoy"}
    )
    assert titles(answer) == ["Barley"]


async def test_a_variables_default_holds_where_it_is_absent(ask: Ask) -> None:
    document = f"query($n: Int = 2) {{ books(first: $n) {TITLES} }}"
    assert titles(await ask(document)) == ["Argan", "Barley"]
    assert titles(await ask(document, n=1)) == ["Argan"]


async def test_a_null_argument_is_not_an_absent_one_with_a_default(ask: Ask) -> None:
    document = 'query($mark: String! = "?") { book(title: "Argan") { shouted(mark: $mark) } }'
    assert (await ask(document))["data"]["book"]["shouted"] == "ARGAN?"
    assert (await ask(document, mark="."))["data"]["book"]["shouted"] == "ARGAN."


@pytest.mark.parametrize(
    ("document", "variables", "message"),
    [
        ("query($n: Int) { books(first: $n) { totalCount } }", {"n": "many"}, "Int cannot represent"),
        ("query($n: Int!) { books(first: $n) { totalCount } }", {}, "$n"),
        ("query($f: BookFilter) { books(filter: $f) { totalCount } }", {"f": {"nose": 1}}, "nose"),
        (
            "query($o: BookOrder) { books(sortBy: $o) { totalCount } }",
            {"o": {"direction": "UP"}},
            "OrderDirection",
        ),
        ("{ nothing }", {}, "Cannot query field"),
        ("{ book(title: 3) { title } }", {}, "String cannot represent"),
        ("{ book", {}, "Syntax Error"),
        ("", {}, "Syntax Error"),
        ("query A { __typename } query B { __typename }", {}, "Must provide an operation name"),
        ("subscription { x }", {}, "subscription"),
    ],
)
async def test_what_is_wrong_in_itself_is_refused_with_an_error_and_no_data(
    ask: Ask, document: str, variables: dict[str, Any], message: str
) -> None:
    answer = await ask(document, **variables)
    assert "data" not in answer
    assert message in answer["errors"][0]["message"]


async def test_the_named_operation_is_executed(api: Any) -> None:
    document = 'query A { book(title: "Argan") { title } } query B { book(title: "Barley") { title } }'
    answer = await api.execute(document, operation_name="B")
    assert answer["data"]["book"]["title"] == "Barley"
    assert "C" in (await api.execute(document, operation_name="C"))["errors"][0]["message"]


def literal(value: Any) -> str:
    """A value as GraphQL writes it."""
    match value:
        case dict():
            return "{" + ", ".join(f"{name}: {literal(item)}" for name, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(literal(item) for item in value) + "]"
        case str() if value in ("HARD", "SOFT"):
            return value
        case str():
            return f'"{value}"'
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
    return str(value)
