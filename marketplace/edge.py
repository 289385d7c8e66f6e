"""What every request passes before the rooms: a name for it, headers for its answer, files as they are."""

import re
import time
from pathlib import Path
from uuid import uuid4

import structlog
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from marketplace.kit.storage import CACHE_CONTROL

log = structlog.get_logger(__name__)

SLOW_SECONDS = 1.0
SERVER_ERROR = 500
REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")

SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(self), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
}
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data: blob: https: http:; style-src 'self' 'unsafe-inline'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
"""For HTML. Pictures may come from the bucket, wherever it is; scripts only from us."""


class Edge:
    """Names each request, in its logs and its answer; adds security headers; reports what fails or drags."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = list(SECURITY_HEADERS.items())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started_at = time.perf_counter()
        status, started = SERVER_ERROR, False

        async def send_with_headers(message: Message) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                status, started = message["status"], True
                self._complete(MutableHeaders(raw=message.setdefault("headers", [])), request_id)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            log.exception("request failed unexpectedly", method=scope["method"], path=_shown(scope["path"]))
            if not started:
                answer = PlainTextResponse("Internal Server Error", SERVER_ERROR)
                await answer(scope, receive, send_with_headers)
        finally:
            self._report(scope, status, time.perf_counter() - started_at)
            structlog.contextvars.unbind_contextvars("request_id")

    def _complete(self, headers: MutableHeaders, request_id: str) -> None:
        headers["x-request-id"] = request_id
        for name, value in self._headers:
            headers.setdefault(name, value)
        if headers.get("content-type", "").startswith("text/html"):
            headers.setdefault("content-security-policy", CONTENT_SECURITY_POLICY)

    @staticmethod
    def _report(scope: Scope, status: int, seconds: float) -> None:
        if status < SERVER_ERROR and seconds < SLOW_SECONDS:
            return
        report = log.error if status >= SERVER_ERROR else log.warning
        report(
            "request failed" if status >= SERVER_ERROR else "slow request",
            method=scope["method"],
            path=_shown(scope["path"]),
            status=status,
            duration_ms=round(seconds * 1000),
        )


def _shown(path: str) -> str:
    """A path as logs show it: whoever has the address of a private file can fetch it for some minutes."""
    return "/files/..." if path.startswith("/files/") else path


def _request_id(scope: Scope) -> str:
    """The id a proxy gave, if it looks like one, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and REQUEST_ID.fullmatch(value):
            return str(value, "ascii")
    return uuid4().hex


class MediaFiles(StaticFiles):
    """The folder of media. A file never changes, so it may be kept; and it never acts as a page of ours."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        super().__init__(directory=directory)

    async def get_response(self, path: str, scope: Scope) -> Response:
        if any(part.startswith(".") for part in Path(path).parts):  # A draft that is still being written.
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = CACHE_CONTROL
        response.headers["content-security-policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        response.headers["access-control-allow-origin"] = "*"
        response.headers["cross-origin-resource-policy"] = "cross-origin"
        return response
