"""What asks for too much is refused before a statement is built."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.kit.database import Database
from marketplace_graphql.kernel import Api, ApiSchema, Limits
from tests.graphql_kernel.conftest import Ask


def nested(levels: int) -> str:
    return "{ allAuthors " + "{ books { author " * levels + "{ name }" + " } }" * levels + " }"


async def refusal(ask: Ask, document: str, **variables: Any) -> str:
    answer = await ask(document, **variables)
    assert "data" not in answer
    return str(answer["errors"][0]["message"])


async def test_depth_is_bounded(ask: Ask) -> None:
    assert "levels deep" in await refusal(ask, nested(10))
    assert "data" in await ask(nested(1))


async def test_the_number_of_fields_is_bounded(ask: Ask) -> None:
    many = " ".join(f"a{number}: title" for number in range(1000))
    assert "fields" in await refusal(ask, f'{{ book(title: "Argan") {{ {many} }} }}')


async def test_fragments_count_at_each_use_but_are_measured_once(ask: Ask) -> None:
    bomb = " ".join(
        f"fragment F{number} on Book {{ a: author {{ books {{ ...F{number + 1} }} }} "
        f"...F{number + 1} ...F{number + 1} }}"
        for number in range(60)
    )
    document = f'{{ book(title: "Argan") {{ ...F0 }} }} {bomb} fragment F60 on Book {{ title }}'
    assert "fields" in await refusal(ask, document) or "levels" in await refusal(ask, document)


async def test_fragments_that_contain_themselves_are_refused(ask: Ask) -> None:
    document = '{ book(title: "Argan") { ...A } } fragment A on Book { ...B } fragment B on Book { ...A }'
    assert "itself" in await refusal(ask, document)


async def test_the_rows_of_nested_lists_are_bounded(ask: Ask) -> None:
    document = """query($n: Int!) { books(first: $n) { edges { node { author {
                    library(first: $n) { edges { node { author {
                      library(first: $n) { edges { node { title } } } } } } } } } } } }"""
    assert "rows" in await refusal(ask, document, n=50)
    assert "data" in await ask(document, n=2)


async def test_a_long_document_is_refused_unread(ask: Ask) -> None:
    assert "too long" in await refusal(ask, "{ __typename } #" + "x" * 60_000)


async def test_many_tokens_are_refused(ask: Ask) -> None:
    assert "token" in (await refusal(ask, "{ " + "a " * 12_000 + "}")).lower()


async def test_deep_values_are_refused(ask: Ask) -> None:
    deep = "[" * 3000 + "]" * 3000
    assert await refusal(ask, f"{{ book(title: {deep}) {{ title }} }}")
    inputs: Any = {"title": {"eq": "x"}}
    for _ in range(3000):
        inputs = {"AND": [inputs]}
    assert await refusal(ask, "query($w: BookWhere) { books(where: $w) { totalCount } }", w=inputs)


async def test_mutations_in_one_request_are_bounded(ask: Ask) -> None:
    many = " ".join(f"m{number}: bookCount {{ count }}" for number in range(11))
    assert "mutations" in await refusal(ask, f"mutation {{ {many} }}")


async def test_documents_and_plans_are_forgotten_in_time(schema: ApiSchema, library: Database) -> None:
    api = Api(schema, library, limits=Limits(documents_bytes=100_000, plans_bytes=100_000))
    for number in range(300):
        document = f"query($n: Int) {{ a{number}: books(first: $n) {{ totalCount }} }}"
        answer = await api.execute(document, {"n": number % 3 + 1})
        assert answer["data"]
        assert api.kept.size_bytes <= 100_000
        assert api._documents._kept.size_bytes <= 100_000
    assert 0 < len(api.kept) < 300
    assert 0 < len(api._documents._kept) < 300


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    st.text(alphabet='{}()[]:$!@."\\#, \nabqQ013ثé…\x00') | st.binary().map(lambda raw: raw.decode("latin-1"))
)
async def test_nonsense_is_answered_with_errors_never_with_a_fault(ask: Ask, nonsense: str) -> None:
    answer = await ask(nonsense)
    assert answer["errors"]
    assert "InternalServerError" not in str(answer)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["ids", "price", "gte", "label", "binding", "isPublished"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(variables=st.dictionaries(st.sampled_from(["filter", "first", "after", "id", "channel"]), json_values))
async def test_variables_of_any_kind_are_answered_never_with_a_fault(
    ask: Ask, variables: dict[str, Any]
) -> None:
    answer = await ask(
        """query($filter: BookFilter, $first: Int, $after: String, $id: ID, $channel: String) {
             books(filter: $filter, first: $first, after: $after, channel: $channel) {
               totalCount edges { cursor } }
             book(id: $id) { title } }""",
        **variables,
    )
    assert "InternalServerError" not in str(answer)
