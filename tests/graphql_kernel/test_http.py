"""The API as clients meet it: over HTTP, with what they send by mistake or on purpose."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import orjson
import pytest

from marketplace_graphql.kernel import ANONYMOUS, Api, Requester
from marketplace_graphql.kernel.http import AuthenticationError, GraphQLApp
from tests.graphql_kernel.conftest import STAFF

UPLOAD = "mutation($file: Upload!) { coverUpload(file: $file) { size name } }"


async def authenticate(headers: Mapping[str, str]) -> Requester:
    match headers.get("authorization"):
        case "Bearer staff":
            return STAFF
        case "Bearer old":
            raise AuthenticationError("ExpiredSignatureError", "Signature has expired")
    return ANONYMOUS


@pytest.fixture
async def client(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    app = GraphQLApp(api, authenticate, body_bytes=100_000, upload_bytes=200_000)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://library") as client:
        yield client


async def test_an_operation_is_answered_as_json(client: httpx.AsyncClient) -> None:
    answer = await client.post("/", json={"query": '{ book(title: "Argan") { title } }'})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"data": {"book": {"title": "Argan"}}}


async def test_a_bare_document_is_answered_too(client: httpx.AsyncClient) -> None:
    answer = await client.post("/", content="{ __typename }", headers={"content-type": "application/graphql"})
    assert answer.json() == {"data": {"__typename": "Query"}}


async def test_a_list_of_operations_is_answered_by_a_list(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/", json=[{"query": "{ __typename }"}, {"query": "{ nothing }"}, {"query": "{ a: __typename }"}]
    )
    first, second, third = answer.json()
    assert (first, third) == ({"data": {"__typename": "Query"}}, {"data": {"a": "Query"}})
    assert "errors" in second


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"3", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"[3]", "application/json", 400),
        (b"{}", "application/json", 400),
        (b'{"query": 3}', "application/json", 400),
        (b'{"query": "{ __typename }", "variables": []}', "application/json", 400),
        (b'{"query": "{ __typename }", "operationName": {}}', "application/json", 400),
        (orjson.dumps([{"query": "{ __typename }"}] * 11), "application/json", 400),
        (b"query=x", "application/x-www-form-urlencoded", 415),
        (b'{"query": "{ __typename }"}', "text/plain", 415),
        (b" " * 100_001, "application/json", 413),
        (b"nonsense", "multipart/form-data", 400),
        (b"nonsense", "multipart/form-data; boundary=x", 400),
    ],
)
async def test_what_is_no_request_is_refused_by_status(
    client: httpx.AsyncClient, body: bytes, content_type: str, status: int
) -> None:
    answer = await client.post("/", content=body, headers={"content-type": content_type})
    assert answer.status_code == status
    assert answer.json()["errors"][0]["message"]


async def test_graphqls_own_errors_come_with_status_200(client: httpx.AsyncClient) -> None:
    for document in ("{", "{ nothing }", "{ authors(first: 1) { totalCount } }"):
        answer = await client.post("/", json={"query": document})
        assert answer.status_code == 200
        assert answer.json()["errors"]


async def test_the_token_says_who_asks(client: httpx.AsyncClient) -> None:
    body = {"query": "{ authors(first: 1) { totalCount } }"}
    answer = await client.post("/", json=body, headers={"authorization": "Bearer staff"})
    assert answer.json() == {"data": {"authors": {"totalCount": 3}}}


async def test_a_token_that_is_no_good_is_told_by_its_code(client: httpx.AsyncClient) -> None:
    answer = await client.post("/", json={"query": "{ __typename }"}, headers={"authorization": "Bearer old"})
    assert answer.status_code == 200
    assert answer.json() == {
        "errors": [
            {
                "message": "Signature has expired",
                "extensions": {"exception": {"code": "ExpiredSignatureError"}},
            }
        ],
        "data": None,
    }


async def test_introspection_needs_no_sign_in(client: httpx.AsyncClient) -> None:
    document = """{ __schema { types { name }
                      queryType { name fields { name args { name type { ...T } } type { ...T } } } }
                    book(title: "Argan") { title } __type(name: "Book") { name kind interfaces { name } } }
                  fragment T on __Type { kind name
                    ofType { kind name ofType { kind name ofType { name } } } }"""
    data = (await client.post("/", json={"query": document})).json()["data"]
    assert list(data) == ["__schema", "book", "__type"]
    assert data["book"] == {"title": "Argan"}
    assert data["__type"]["interfaces"] == [{"name": "Node"}, {"name": "ObjectWithMetadata"}]
    assert "PageInfo" in {each["name"] for each in data["__schema"]["types"]}


async def upload(client: httpx.AsyncClient, operations: Any, places: Any, **files: bytes) -> httpx.Response:
    sent = {name: (f"{name}.png", content, "image/png") for name, content in files.items()}
    data = {"operations": orjson.dumps(operations).decode(), "map": orjson.dumps(places).decode()}
    return await client.post("/", data=data, files=sent)


async def test_files_are_put_where_the_map_says(client: httpx.AsyncClient) -> None:
    one = {"query": UPLOAD, "variables": {"file": None}}
    answer = await upload(client, one, {"a": ["variables.file"]}, a=b"12345")
    assert answer.json() == {"data": {"coverUpload": {"size": 5, "name": "a.png"}}}
    answer = await upload(
        client, [one, one], {"a": ["0.variables.file"], "b": ["1.variables.file"]}, a=b"1", b=b"22"
    )
    assert [each["data"]["coverUpload"]["size"] for each in answer.json()] == [1, 2]


@pytest.mark.parametrize(
    "places",
    [
        {"b": ["variables.file"]},
        {"a": "variables.file"},
        {"a": ["variables.nothing.file"]},
        {"a": ["query"]},
        {"a": ["0.variables.file"]},
        {"a": [""]},
        [],
    ],
)
async def test_a_map_that_points_to_nothing_is_refused(client: httpx.AsyncClient, places: Any) -> None:
    answer = await upload(client, {"query": UPLOAD, "variables": {"file": None}}, places, a=b"1")
    assert answer.status_code == 400


async def test_a_file_that_is_too_large_is_refused(client: httpx.AsyncClient) -> None:
    answer = await upload(
        client, {"query": UPLOAD, "variables": {"file": None}}, {"a": ["variables.file"]}, a=b"1" * 200_001
    )
    assert answer.status_code == 413


async def test_a_file_cannot_be_sent_as_json(client: httpx.AsyncClient) -> None:
    answer = await client.post("/", json={"query": UPLOAD, "variables": {"file": {"filename": "x"}}})
    assert "data" not in answer.json()


async def test_a_browser_gets_the_explorer(client: httpx.AsyncClient) -> None:
    page = await client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    for part in ("explorer.js", "explorer.css"):
        assert part in page.text
        assert (await client.get(f"/{part}")).status_code == 200
    assert (await client.head("/")).content == b""
    assert (await client.get("/secrets.txt")).status_code == 404
    assert (await client.put("/")).status_code == 405
