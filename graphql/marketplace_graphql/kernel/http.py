"""GraphQL over HTTP: a raw ASGI application, so that nothing stands between the socket and the reader.

POST takes JSON (one operation, or a list of them), a bare document, or a multipart request with files
(https://github.com/jaydenseric/graphql-multipart-request-spec). GET gives the explorer's page.
Whatever GraphQL has to say comes with status 200, as clients of Saleor expect; only what is no request
at all is refused by status.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.types import Receive, Scope, Send

from marketplace.kit.uploads import UploadedFile
from marketplace_graphql.kernel.errors import QueryError, entry
from marketplace_graphql.kernel.execution import Api, Request
from marketplace_graphql.kernel.requester import Requester

Authenticate = Callable[[Mapping[str, str]], Awaitable[Requester]]
"""The request's headers (names in lower case) -> who asks. Raises AuthenticationError."""

EXPLORER = Path(__file__).parent / "explorer"
EXPLORER_FILES = {
    "": ("explorer.html", b"text/html; charset=utf-8"),
    "explorer.js": ("explorer.js", b"text/javascript; charset=utf-8"),
    "explorer.css": ("explorer.css", b"text/css; charset=utf-8"),
}
JSON = b"application/json"


class AuthenticationError(Exception):
    """The token is no good. `code` is what Saleor's clients look for, such as ExpiredSignatureError."""

    def __init__(self, code: str, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class BadRequestError(Exception):
    """The request is none, whatever its document might say."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class GraphQLApp:
    """Serves an Api at the path where it is mounted."""

    def __init__(
        self,
        api: Api,
        authenticate: Authenticate,
        *,
        body_bytes: int = 1_000_000,
        upload_bytes: int = 20_000_000,
    ) -> None:
        self._api = api
        self._authenticate = authenticate
        self._body_bytes = body_bytes
        self._upload_bytes = upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        method = scope["method"]
        if method == "POST":
            status, body = await self._post(scope, receive)
            await _send(send, status, JSON, body)
        elif method in ("GET", "HEAD"):
            await _explorer(scope, send)
        else:
            await _send(send, 405, JSON, _refusal("Use POST."), [(b"allow", b"GET, POST, OPTIONS")])

    async def _post(self, scope: Scope, receive: Receive) -> tuple[int, bytes]:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        address = scope["client"][0] if scope.get("client") else None
        try:
            given = await self._given(headers, receive)
            requester = await self._authenticate(headers)
            if isinstance(given, list):
                self._check_batch(given)
                return 200, await self._batch([_request(each, headers, address) for each in given], requester)
            return 200, await self._api.answer(_request(given, headers, address), requester)
        except BadRequestError as error:
            return error.status, _refusal(str(error))
        except AuthenticationError as error:
            body = {"errors": [entry(QueryError(str(error), error.code))], "data": None}
            return error.status, orjson.dumps(body)

    def _check_batch(self, given: list[Any]) -> None:
        if not 0 < len(given) <= self._api.limits.batch:
            raise BadRequestError(f"A list has one to {self._api.limits.batch} operations.")

    async def _batch(self, requests: list[Request], requester: Requester) -> bytes:
        answers = [await self._api.answer(each, requester) for each in requests]
        return b"[" + b",".join(answers) + b"]"

    async def _given(self, headers: Mapping[str, str], receive: Receive) -> Any:
        """What was posted: an operation's parts, or a list of such. Raises BadRequestError."""
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type == "multipart/form-data":
            return await _multipart(headers, _stream(receive, self._upload_bytes))
        body = b"".join([chunk async for chunk in _stream(receive, self._body_bytes)])
        if content_type == "application/graphql":
            return {"query": body.decode("utf-8", "replace")}
        if content_type not in ("application/json", "application/graphql-response+json"):
            raise BadRequestError("Send application/json or multipart/form-data.", 415)
        return _parsed(body)


def _request(given: Any, headers: Mapping[str, str], address: str | None) -> Request:
    if not isinstance(given, dict):
        raise BadRequestError("Unable to parse query.")
    document, variables, name = given.get("query"), given.get("variables"), given.get("operationName")
    if not isinstance(document, str) or not document:
        raise BadRequestError("Must provide a query string.")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequestError("Variables must be an object.")
    if name is not None and not isinstance(name, str):
        raise BadRequestError("The operation's name must be a string.")
    return Request(document, variables or {}, name or None, headers=headers, address=address)


def _parsed(body: bytes | str) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadRequestError("Unable to parse query.") from None


async def _stream(receive: Receive, limit_bytes: int) -> AsyncGenerator[bytes, None]:
    """The body's pieces. Raises BadRequestError once it is longer than allowed."""
    received = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadRequestError("The request was cut off.")
        piece = message.get("body", b"")
        received += len(piece)
        if received > limit_bytes:
            raise BadRequestError(f"The request is longer than {limit_bytes} bytes.", 413)
        yield piece
        if not message.get("more_body", False):
            return


async def _multipart(headers: Mapping[str, str], stream: AsyncGenerator[bytes, None]) -> Any:
    """Operations with the files of the request put in where the map says."""
    parser = MultiPartParser(Headers(headers), stream, max_files=20, max_fields=20)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError):
        raise BadRequestError("Unable to parse the multipart request.") from None
    try:
        return await _with_files(form)
    finally:
        await form.close()


async def _with_files(form: FormData) -> Any:
    operations, places = _parsed(str(form.get("operations", ""))), _parsed(str(form.get("map", "{}")))
    if not isinstance(places, dict):
        raise BadRequestError("The map must be an object.")
    for name, paths in places.items():
        upload = form.get(name)
        if not isinstance(upload, UploadFile) or not isinstance(paths, list):
            raise BadRequestError(f"The map names a file that is not there: {name}.")
        file = UploadedFile(upload.filename or "", upload.content_type or "", await upload.read())
        for path in paths:
            _put(operations, str(path).split("."), file)
    return operations


def _put(target: Any, path: list[str], file: UploadedFile) -> None:
    """Put a file where the operations have a null for it."""
    nothing = BadRequestError(f"The map points to nothing: {'.'.join(path)}.")
    try:
        for step in path[:-1]:
            target = target[int(step)] if isinstance(target, list) else target[step]
        last: Any = int(path[-1]) if isinstance(target, list) else path[-1]
        there = target[last]
    except (KeyError, IndexError, ValueError, TypeError):
        raise nothing from None
    if there is not None or not isinstance(target, list | dict):
        raise nothing
    target[last] = file


def _refusal(message: str) -> bytes:
    return orjson.dumps({"errors": [entry(QueryError(message))]})


async def _explorer(scope: Scope, send: Send) -> None:
    """The explorer's page, its script and its style."""
    path = scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/")
    found = EXPLORER_FILES.get(path)
    if found is None:
        await _send(send, 404, JSON, _refusal("Nothing is here."))
        return
    name, content_type = found
    await _send(send, 200, content_type, b"" if scope["method"] == "HEAD" else _file(name))


@cache
def _file(name: str) -> bytes:
    return (EXPLORER / name).read_bytes()


async def _send(
    send: Send, status: int, content_type: bytes, body: bytes, more: list[tuple[bytes, bytes]] | None = None
) -> None:
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode()), *(more or ())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
