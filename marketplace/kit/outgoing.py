"""Requests to addresses that others have told us: webhooks' targets, apps' manifests and registrations.

Whoever may name such an address must not reach by it what only this machine or its network can: a name is
looked up once, every address it stands for is judged, and the connection goes to one that was. Redirects are
not followed, and an answer is neither waited for nor read without end.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from time import monotonic
from typing import Any, Self
from urllib.parse import urlsplit

import httpcore
import httpx

from marketplace.kit.settings import Settings

PATIENCE_SECONDS = 10.0
"""For the whole of a request: Saleor's, of asynchronous webhooks."""
ANSWER_BYTES = 64 * 1024
"""So much of an answer is read, and the rest left."""
REFUSED = "This address is not on the public net."
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NotSentError(Exception):
    """There is no answer: the address is refused, unknown, or silent. Its message says why, for a person."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    headers: dict[str, str]
    """By lower-case names."""
    body: bytes
    seconds: float

    @property
    def is_success(self) -> bool:
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace").replace("\x00", "")


def is_web_address(url: str) -> bool:
    """Whether this is an http or https address of a host, without a name and password in it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    has_host = parts.hostname is not None and re.fullmatch(r"[\w.:\[\]%-]+", parts.hostname) is not None
    return (
        parts.scheme in ("http", "https")
        and has_host
        and "@" not in parts.netloc
        and port != 0
        and re.search(r"[\s\x00-\x1f\\]", url) is None
    )


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public net, also where it stands for one in another notation."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return found.is_global and not found.is_multicast


class Outgoing:
    """The connections of some requests: `async with Outgoing(settings) as outgoing`."""

    def __init__(self, settings: Settings) -> None:
        judged = _JudgedAddresses(private_too=settings.may_call_private_addresses)
        self._pool = httpcore.AsyncConnectionPool(ssl_context=_tls(), network_backend=judged)

    async def __aenter__(self) -> Self:
        await self._pool.__aenter__()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._pool.aclose()

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
        at_most_bytes: int = ANSWER_BYTES,
    ) -> Answer:
        """Ask once. Raises NotSentError."""
        if not is_web_address(url):
            raise NotSentError("This is no http or https address.")
        sent = [(name.encode(), value.encode()) for name, value in _complete(headers or {}).items()]
        waits = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), patience_seconds)}
        asked = self._pool.stream(method, _as_ascii(url), headers=sent, content=content, extensions=waits)
        started = monotonic()
        try:
            async with asyncio.timeout(patience_seconds), asked as answer:
                body = await _read(answer, at_most_bytes)
        except (TimeoutError, httpcore.TimeoutException):
            raise NotSentError(f"No answer within {patience_seconds:g} seconds.") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ssl.SSLError) as error:
            raise NotSentError(f"{type(error).__name__}: {error}".rstrip(": ")) from error
        return Answer(
            answer.status,
            {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers},
            body,
            monotonic() - started,
        )


async def send(settings: Settings, method: str, url: str, **options: Any) -> Answer:
    """A single request, on a connection of its own: see `Outgoing.send`. Raises NotSentError."""
    async with Outgoing(settings) as outgoing:
        return await outgoing.send(method, url, **options)


def _complete(headers: Mapping[str, str]) -> dict[str, str]:
    """An answer is taken as it comes: packed, a small one could unpack to any size."""
    return {"accept": "*/*", "accept-encoding": "identity", "user-agent": "SIL-Marketplace"} | dict(headers)


def _as_ascii(url: str) -> str:
    """The address as it travels: other letters in the host by IDNA, elsewhere as UTF-8 in percent."""
    return str(httpx.URL(url))


async def _read(answer: httpcore.Response, at_most: int) -> bytes:
    body = b""
    async for part in answer.aiter_stream():
        body += part
        if len(body) >= at_most:
            break
    return body[:at_most]


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return httpcore.default_ssl_context()


class _JudgedAddresses(httpcore.AsyncNetworkBackend):
    """Connects to an address that has been judged, and asks nobody once more what a name stands for."""

    def __init__(self, *, private_too: bool) -> None:
        self._backend = httpcore.AnyIOBackend()
        self._private_too = private_too

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore names it
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"Nobody knows {host}.") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not self._private_too and not all(map(is_public, addresses)):
            raise httpcore.ConnectError(REFUSED)
        failure: Exception = httpcore.ConnectError(f"Nobody knows {host}.")
        for address in addresses:
            try:
                return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)
