"""A real HTTP server that stands for somebody else's: it notes what comes in, and answers as it was told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True)
class Received:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    """By lower-case names."""
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


Reply = tuple[int, bytes] | tuple[int, bytes, dict[str, str]]
Behave = Callable[[Received], Reply | Awaitable[Reply]]


@dataclass
class Receiver:
    """`url` is where it listens; `behave` gives its answers."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    behave: Behave = field(default=lambda _request: (200, b"ok"))
    came: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by whatever comes in."""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read(reader)) is not None:
                self.received.append(request)
                self.came.set()
                reply = self.behave(request)
                status, body, *more = reply if isinstance(reply, tuple) else await reply
                headers = {"content-length": str(len(body)), **(more[0] if more else {})}
                lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in headers.items())]
                writer.write("\r\n".join([*lines, "", ""]).encode() + body)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # The other side left, as those do who have waited long enough.
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Received | None:
    first = await reader.readline()
    if not first:
        return None
    method, path, _version = first.decode().split()
    headers: dict[str, str] = {}
    while line := (await reader.readline()).decode().strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Received(method, path, headers, body)


@asynccontextmanager
async def receiving(behave: Behave | None = None) -> AsyncIterator[Receiver]:
    """A receiver that listens on a port of this machine."""
    receiver = Receiver()
    if behave is not None:
        receiver.behave = behave
    tasks: set[asyncio.Task[None]] = set()

    def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(receiver.handle(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield receiver
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
